"""Every protocol's probe against the real server, healthy and unhealthy in each way that it has: redis, PostgreSQL, php-fpm, gRPC by C-core (Python)
and by node's http2, TLS by nginx and openssl; and what needs no server, sockets and files.

The servers are started by the tests on free ports of 127.0.0.1 and sockets in a temporary folder, as users without rights where they refuse root.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from pid1 import KINGLET, until

NOBODY = 65534


def check(*argv):
    """Exit status and the one line."""
    done = subprocess.run([KINGLET, "check", *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False)
    line = done.stdout.decode()
    assert line.count("\n") == 1 and line.endswith("\n"), line
    assert re.fullmatch(r"[\x20-\x7e]*\n", line), line
    assert done.returncode == (0 if line.startswith("healthy: ") else 1), (done.returncode, line)
    return done.returncode, line.rstrip("\n")


def healthy(words, *argv):
    status, line = check(*argv)
    assert status == 0 and words in line, line
    return line


def unhealthy(words, *argv):
    status, line = check(*argv)
    assert status == 1 and words in line, line
    return line


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process of the tests' own, as another user if need be, stopped by its id."""

    def __init__(self, *argv, uid=None, ready=None, **more):
        if uid is not None:
            argv = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *argv)
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **more)
        if ready is not None:
            self.until(ready)

    def until(self, target):
        """Waits until the target is healthy, without a shell or a client."""
        status, line = check("--wait", "20s", target)
        assert status == 0, line + self.output()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """For names of sockets, which must be short, and servers that may not be root."""
    path = tmp_path_factory.mktemp("s")
    for up in [path, *path.parents][:3]:
        os.chmod(up, 0o755)
    os.chmod(path, 0o777)
    return path


# --- sockets and files

def test_tcp_and_unix_sockets(tmp_path):
    port, path = free_port(), str(tmp_path / "s")
    unhealthy("connection refused (127.0.0.1)", f"tcp://127.0.0.1:{port}")
    unhealthy("no such file or directory", f"unix://{path}")
    with socket.create_server(("127.0.0.1", port)), socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unhealthy("connection refused", f"unix://{path}")
        unix.listen()
        healthy("accepted", f"tcp://127.0.0.1:{port}")
        healthy("accepted", f"tcp://localhost:{port}")
        healthy("accepted", f"unix://{path}")


def test_heartbeat_files(tmp_path):
    beat = tmp_path / "beat"
    target = f"file://{beat}"
    unhealthy("no such file or directory", target)
    unhealthy("no such file or directory", target + "?max-age=30s")
    beat.touch()
    healthy("changed ", target)
    healthy("changed ", target + "?max-age=30s")
    os.utime(beat, (0, time.time() - 31))
    unhealthy("changed 31.", target + "?max-age=30s")
    healthy("changed 31.", target + "?max-age=1m")
    healthy("changed 31.", target)
    os.utime(beat, (0, time.time() + 20))  # the clock was set back a little, or a lot
    assert re.search(r"changed 19\.\d s in the future$", healthy("", target + "?max-age=30s"))
    os.utime(beat, (0, time.time() + 3600))
    unhealthy(" s in the future", target + "?max-age=30s")
    (tmp_path / "loop").symlink_to("loop")
    unhealthy("too many symbolic links", f"file://{tmp_path}/loop")
    unhealthy("not a directory", target + "/x")


# --- Redis

@pytest.fixture(scope="session")
def redis(folder):
    port = free_port()
    with Server("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--unixsocket", str(folder / "redis"),
                "--unixsocketperm", "777", uid=NOBODY, cwd=folder, ready=f"redis://127.0.0.1:{port}") as server:
        server.port = port
        yield server


def redis_cli(port, *command):
    return subprocess.run(["redis-cli", "-p", str(port), *command], stdout=subprocess.PIPE, check=True, timeout=20).stdout.decode()


def test_redis(redis, folder):
    target = f"redis://127.0.0.1:{redis.port}"
    healthy("+PONG in ", target)
    healthy("+PONG in ", f"redis+unix://{folder}/redis")
    # a replica without its master that was told not to serve stale data
    redis_cli(redis.port, "config", "set", "replica-serve-stale-data", "no")
    redis_cli(redis.port, "replicaof", "127.0.0.1", str(free_port()))
    unhealthy(": MASTERDOWN Link with MASTER is down", target)
    redis_cli(redis.port, "replicaof", "no", "one")
    healthy("+PONG", target)
    # a password: whoever does not know it learns that the server lives
    redis_cli(redis.port, "config", "set", "requirepass", "se cret")
    healthy(": NOAUTH Authentication required.", target)
    assert "cret" not in healthy("+PONG", f"redis://:se%20cret@127.0.0.1:{redis.port}")
    healthy("+PONG", f"redis://default:se%20cret@127.0.0.1:{redis.port}")
    unhealthy(": WRONGPASS", f"redis://:wrong@127.0.0.1:{redis.port}")
    redis_cli(redis.port, "-a", "se cret", "--no-auth-warning", "config", "set", "requirepass", "")
    unhealthy(": ERR AUTH", f"redis://:any@127.0.0.1:{redis.port}")
    # the default user may not PING
    redis_cli(redis.port, "acl", "setuser", "default", "-ping")
    healthy(": NOPERM", target)
    redis_cli(redis.port, "acl", "setuser", "default", "+ping")
    # a script that does not end
    redis_cli(redis.port, "config", "set", "busy-reply-threshold", "1")
    with subprocess.Popen(["redis-cli", "-p", str(redis.port), "eval", "while true do end", "0"], stdout=subprocess.DEVNULL) as busy:
        until(lambda: "BUSY" in check(target)[1])
        unhealthy(": BUSY Redis is busy running a script.", target)
        redis_cli(redis.port, "script", "kill")
        busy.wait(10)


def test_redis_that_loads(tmp_path):
    port = free_port()
    with Server("redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path), "--enable-debug-command", "yes", cwd=tmp_path,
                ready=f"redis://127.0.0.1:{port}") as server:
        redis_cli(port, "debug", "populate", "1000", "k", "100")
        redis_cli(port, "save")
        server.stop()
    with Server("redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path), "--key-load-delay", "2000",
                "--loading-process-events-interval-bytes", "1024", cwd=tmp_path):
        until(lambda: "LOADING" in check(f"redis://127.0.0.1:{port}")[1])
        unhealthy(": LOADING Redis is loading the dataset in memory", f"redis://127.0.0.1:{port}")
        healthy("+PONG", "--wait", "20s", f"redis://127.0.0.1:{port}")


# --- PostgreSQL

class Postgres(Server):
    bin = sorted((os.path.join("/usr/lib/postgresql", v, "bin") for v in os.listdir("/usr/lib/postgresql")))[-1]

    def __init__(self, data, port, **more):
        self.data, self.port = data, port
        super().__init__(f"{self.bin}/postgres", "-D", str(data), "-p", str(port), "-k", str(data), "-c", "listen_addresses=127.0.0.1",
                         "-c", "fsync=off", uid=NOBODY, cwd=data, **more)


@pytest.fixture(scope="session")
def cluster(folder):
    data = folder / "pg"
    subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"{Postgres.bin}/initdb", "-D", str(data), "-U",
                    "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"], stdout=subprocess.DEVNULL, check=True, cwd=folder)
    os.chmod(data, 0o755)
    os.chmod(data, 0o700)
    return data


def test_postgres(cluster):
    port = free_port()
    target = f"postgres://127.0.0.1:{port}"
    unhealthy("connection refused", target)
    with Postgres(cluster, port, ready=target) as server:
        told = server.output().count("FATAL")  # one that came while it was starting up
        healthy(": accepting connections in ", target)
        assert "secret" not in healthy(": accepting connections", f"postgres://postgres:secret@localhost:{port}/postgres?sslmode=disable")
        healthy(": accepting connections", f"postgres+unix://{cluster}/.s.PGSQL.{port}:/postgres")
        assert server.output().count("FATAL") == told, server.output()  # a probe leaves no trace in the log
        healthy(": accepting connections", f"postgres://no_such_role@127.0.0.1:{port}")
        assert 'role "no_such_role" does not exist' in server.output()
        # only encrypted connections, and then a password that nobody sends
        hba = cluster / "pg_hba.conf"
        for line, log in (("hostssl all all 0.0.0.0/0 trust", "no encryption"), ("host all all 0.0.0.0/0 scram-sha-256", None)):
            hba.write_text(line + "\n", encoding="ascii")
            server.process.send_signal(signal.SIGHUP)
            if log:
                until(lambda: log in (healthy("accepting connections", target), server.output())[1])
        healthy(": accepting connections", target)
        hba.write_text("local all all trust\nhost all all 0.0.0.0/0 trust\n", encoding="ascii")
        server.process.send_signal(signal.SIGHUP)
        # a smart shutdown waits for this client, and takes no others
        with socket.create_connection(("127.0.0.1", port)) as client:
            user = b"user\0postgres\0\0"
            client.sendall((8 + len(user)).to_bytes(4, "big") + b"\0\3\0\0" + user)
            until(lambda: b"Z\0\0\0\5I" in client.recv(4096))
            server.process.send_signal(signal.SIGTERM)
            until(lambda: check(target)[0] == 1)
            unhealthy(": rejecting connections: the database system is shutting down", target)
        server.process.wait(15)
    unhealthy("connection refused", target)


def test_postgres_that_starts(cluster):
    """A standby whose restore command does not end is starting up."""
    port = free_port()
    target = f"postgres://127.0.0.1:{port}"
    (cluster / "recovery.signal").touch()
    with open(cluster / "postgresql.auto.conf", "a", encoding="ascii") as conf:
        conf.write("restore_command = 'cat wait'\n")
    os.mkfifo(cluster / "wait")
    os.chown(cluster / "wait", NOBODY, NOBODY)
    with Postgres(cluster, port):
        until(lambda: "rejecting" in check(target)[1])
        unhealthy(": rejecting connections: the database system is starting up", target)
        with open(cluster / "wait", "wb"):  # the archive has nothing: recovery ends
            pass
        os.unlink(cluster / "wait")
        healthy(": accepting connections", "--wait", "20s", target)


# --- FastCGI

@pytest.fixture(scope="session")
def php(folder):
    port = free_port()
    (folder / "ok.php").write_text("<?php header('X: y'); echo $_SERVER['QUERY_STRING'];", encoding="ascii")
    (folder / "down.php").write_text("<?php http_response_code(503); echo 'database';", encoding="ascii")
    (folder / "noise.php").write_text("<?php error_log('noise'); http_response_code(204);", encoding="ascii")
    config = folder / "fpm.conf"
    pool = """
[{name}]
user = nobody
group = nogroup
listen = {listen}
listen.mode = 0666
pm = static
pm.max_children = 1
chdir = {folder}
{more}
"""
    config.write_text("[global]\nerror_log = /dev/stderr\ndaemonize = no\n"
                      + pool.format(name="with", listen=f"127.0.0.1:{port}", folder=folder, more="ping.path = /ping")
                      + pool.format(name="without", listen=folder / "fpm", folder=folder, more=""), encoding="ascii")
    fpm = sorted(f for f in os.listdir("/usr/sbin") if f.startswith("php-fpm"))[-1]
    with Server(fpm, "-y", str(config), "-R", "-n", cwd=folder, ready=f"fcgi://127.0.0.1:{port}") as server:
        server.port = port
        yield server


def test_php_fpm(php, folder):
    healthy(": FastCGI answers in ", f"fcgi://127.0.0.1:{php.port}")
    healthy(": 200 in ", f"fcgi://127.0.0.1:{php.port}/ping")
    healthy(": FastCGI answers in ", f"fcgi+unix://{folder}/fpm")
    unhealthy(": 404 in ", f"fcgi+unix://{folder}/fpm:/ping")  # no ping.path there, and no such script
    healthy(": 200 in ", f"fcgi+unix://{folder}/fpm:{folder}/ok.php?a=b")
    unhealthy(": 503 in ", f"fcgi://127.0.0.1:{php.port}{folder}/down.php")
    healthy(": 204 in ", f"fcgi://127.0.0.1:{php.port}{folder}/noise.php")
    # the only child is busy: nothing is there to answer, whatever the listen queue takes
    (folder / "slow.php").write_text("<?php fgets(fopen('fifo', 'r'));", encoding="ascii")
    os.mkfifo(folder / "fifo", 0o666)
    os.chmod(folder / "fifo", 0o666)
    with subprocess.Popen([KINGLET, "check", "-t", "20s", f"fcgi://127.0.0.1:{php.port}{folder}/slow.php"], stdout=subprocess.DEVNULL) as slow:
        fifo = until(lambda: open_writer(folder / "fifo"))
        unhealthy("no answer in time", "-t", "200ms", f"fcgi://127.0.0.1:{php.port}/ping")
        os.close(fifo)
        assert slow.wait(20) == 0
    healthy(": 200 in ", f"fcgi://127.0.0.1:{php.port}/ping")


def open_writer(path):
    """The descriptor once somebody reads, or None."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


# --- gRPC

PYTHON_GRPC = """
import sys, grpc
from concurrent import futures
target, health = sys.argv[1:]
answers = {b"": b"\\x08\\x01", b"down": b"\\x08\\x02", b"new": b""}
def check(request, context):
    assert request == b"" or request[:2] == bytes([10, len(request) - 2]), request
    service = request[2:]
    if service == b"broken":
        raise RuntimeError
    if service not in answers:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown")
    return answers[service]
server = grpc.server(futures.ThreadPoolExecutor(2))
if health == "yes":
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health",
                                     {"Check": grpc.unary_unary_rpc_method_handler(check)}),))
assert server.add_insecure_port(target)
server.start()
server.wait_for_termination()
"""

NODE_GRPC = """
const http2 = require('http2'), services = {'': 1, down: 2};
http2.createServer().on('stream', (stream, headers) => {
  if (headers[':path'] == '/grpc.health.v1.Health/Check' && headers.te == 'trailers') {
    const body = [];
    stream.on('data', chunk => body.push(chunk)).on('end', () => {
      const service = Buffer.concat(body).subarray(7).toString();
      if (service == 'reset') return stream.on('error', () => 0).close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      if (service == 'goaway') return stream.session.goaway(11);
      if (!(service in services)) {
        stream.respond({':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5'}, {endStream: true});
        return;
      }
      stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
      stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': '0', 'grpc-message': 'x'.repeat(300)}));
      stream.write(Buffer.from([0, 0, 0]));
      stream.end(Buffer.from([0, 2, 8, services[service]]));
    });
  } else {
    stream.respond({':status': 404});
    stream.end();
  }
}).listen(+process.argv[1], '127.0.0.1');
"""


@pytest.fixture(scope="session", params=["C-core", "node"])
def grpc(request, folder):
    port = free_port()
    command = {"C-core": [sys.executable, "-c", PYTHON_GRPC, f"127.0.0.1:{port}", "yes"], "node": ["node", "-e", NODE_GRPC, str(port)]}
    with Server(*command[request.param], cwd=folder, ready=f"grpc://127.0.0.1:{port}") as server:
        server.port = port
        yield server


def test_grpc(grpc):
    target = f"grpc://localhost:{grpc.port}"
    healthy(": SERVING in ", target)
    unhealthy(": NOT_SERVING in ", target + "/down")
    unhealthy(": unknown service 'my.Service' in ", target + "/my.Service")


def test_grpc_by_python_in_other_ways(folder):
    port, path = free_port(), folder / "grpc"
    with Server(sys.executable, "-c", PYTHON_GRPC, f"unix:{path}", "yes", cwd=folder, ready=f"grpc+unix://{path}") as server, \
            Server(sys.executable, "-c", PYTHON_GRPC, f"127.0.0.1:{port}", "no", cwd=folder, ready=f"tcp://127.0.0.1:{port}"):
        healthy(": SERVING in ", f"grpc+unix://{path}")
        unhealthy(": UNKNOWN in ", f"grpc+unix://{path}:/new")
        unhealthy(": gRPC status 2 in ", f"grpc+unix://{path}:/broken")
        unhealthy(": no health service in ", f"grpc://127.0.0.1:{port}")
        server.stop()
        unhealthy("grpc", f"grpc+unix://{path}")


def test_grpc_by_node_in_other_ways(folder):
    port = free_port()
    with Server("node", "-e", NODE_GRPC, str(port), cwd=folder, ready=f"tcp://127.0.0.1:{port}"):
        unhealthy(": reset by the server (HTTP/2 error 2) in ", f"grpc://127.0.0.1:{port}/reset")
        unhealthy(": closed by the server (HTTP/2 error 11) in ", f"grpc://127.0.0.1:{port}/goaway")


# --- TLS

@pytest.fixture(scope="session")
def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                    "-keyout", str(folder / "key"), "-out", str(folder / "cert")], stderr=subprocess.DEVNULL, check=True)
    return ["-cert", str(folder / "cert"), "-key", str(folder / "key")]


@pytest.mark.parametrize("options,words", [([], "ServerHello"), (["-tls1_3"], "ServerHello"), (["-tls1_2"], "ServerHello"),
                                           (["-tls1_3", "-groups", "P-384"], "ServerHello"), (["-Verify", "1"], "ServerHello"),
                                           (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "alert 70"),
                                           (["-tls1_2", "-cipher", "ECDHE-ECDSA-CAMELLIA256-SHA384"], "alert 40")])
def test_tls_of_openssl(certificate, folder, options, words):
    port = free_port()
    with Server("openssl", "s_server", "-accept", f"127.0.0.1:{port}", *certificate, *options, "-quiet", cwd=folder,
                ready=f"tcp://127.0.0.1:{port}"):
        healthy(f": {words} in ", f"tls://localhost:{port}")
        healthy(f": {words} in ", f"tls://127.0.0.1:{port}")


def test_tls_of_nginx(certificate, folder):
    tls, mutual, named, plain, old = (free_port() for _ in range(5))
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log info; events {{}}
http {{ access_log off; ssl_certificate {certificate[1]}; ssl_certificate_key {certificate[3]};
{" ".join(f"{x}_temp_path {folder}/{x};" for x in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
server {{ listen 127.0.0.1:{tls} ssl http2; }}
server {{ listen 127.0.0.1:{mutual} ssl; ssl_verify_client on; ssl_client_certificate {certificate[1]}; }}
server {{ listen 127.0.0.1:{named} ssl; server_name localhost; }}
server {{ listen 127.0.0.1:{named} ssl default_server; ssl_reject_handshake on; }}
server {{ listen 127.0.0.1:{plain} http2; }}
server {{ listen 127.0.0.1:{old}; }} }}
""", encoding="ascii")
    with Server("nginx", "-p", str(folder), "-c", str(config), cwd=folder, ready=f"tcp://127.0.0.1:{tls}"):
        healthy(": ServerHello in ", f"tls://localhost:{tls}")
        healthy(": ServerHello in ", f"tls://localhost:{mutual}")
        healthy(": ServerHello in ", f"tls://localhost:{named}")
        healthy(": alert 112 in ", f"tls://127.0.0.1:{named}")  # unrecognized_name: an address is no name
        unhealthy(": not TLS in ", f"tls://127.0.0.1:{plain}")
        unhealthy(": not TLS but HTTP/1 in ", f"tls://127.0.0.1:{old}")
        unhealthy(": not gRPC but HTTP/1 in ", f"grpc://127.0.0.1:{old}")
        unhealthy(": not Redis but HTTP/1 in ", f"redis://127.0.0.1:{old}")
        unhealthy(": not PostgreSQL but HTTP/1 in ", f"postgres://127.0.0.1:{old}")
        unhealthy(": not FastCGI but HTTP/1 in ", f"fcgi://127.0.0.1:{old}")
        text = (folder / "nginx.log").read_text(encoding="utf-8", errors="replace")
        assert "[error]" not in text and "[crit]" not in text, text
        unhealthy(": HTTP status 404 in ", f"grpc://127.0.0.1:{plain}")
        unhealthy(": not gRPC but HTTP/1 in ", f"grpc://127.0.0.1:{tls}")


# --- what is something else

def test_strangers(redis, php, folder):
    """Each probe against a server of another kind."""
    with Server(sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port := free_port()), cwd=folder,
                ready=f"tcp://127.0.0.1:{port}"):
        for kind, name in (("grpc", "gRPC"), ("tls", "TLS"), ("redis", "Redis")):
            unhealthy(f": not {name} in ", f"{kind}://127.0.0.1:{port}")  # it answers with bare HTML
        for kind in ("postgres", "fcgi"):
            unhealthy("", "-t", "300ms", f"{kind}://127.0.0.1:{port}")
    for kind in ("grpc", "tls", "postgres", "fcgi"):
        unhealthy("", "-t", "300ms", f"{kind}://127.0.0.1:{redis.port}")
    for kind in ("grpc", "tls", "postgres", "redis"):
        unhealthy("", "-t", "300ms", f"{kind}://127.0.0.1:{php.port}")


def test_all_side_by_side(redis, php):
    done = subprocess.run([KINGLET, "check", f"redis://127.0.0.1:{redis.port}", f"fcgi://127.0.0.1:{php.port}/ping", f"grpc://127.0.0.1:{redis.port}"],
                          stdout=subprocess.PIPE, timeout=20, check=False)
    lines = done.stdout.decode().splitlines()
    assert [line.split(":")[0] for line in lines] == ["healthy", "healthy", "unhealthy"], lines
    assert done.returncode == 1

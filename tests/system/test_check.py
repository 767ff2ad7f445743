"""`kinglet check`: what it sends, what it says, what it refuses before any connection is made, and whom it becomes."""
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest
from pid1 import KINGLET, Pid1, until

TIME = r"[\d.]+ (us|ms|s)"


def check(*argv, env=None, **more):
    p = subprocess.run([KINGLET, "check", *argv], capture_output=True, text=True, timeout=60, check=False,
                       env={"PATH": "/", **(env or {})}, **more)
    assert p.returncode in (0, 1)
    return p


class Listener:
    """Answers every request with `answer`; the requests are kept in `seen`, the peers' credentials (Unix sockets) in `peers`."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\n\r\n", path=None):
        self.answer, self.seen, self.peers, self.path = answer, [], [], path
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
            os.chmod(path, 0o777)
            self.socket.listen(16)
        else:
            self.socket = socket.create_server(("127.0.0.1", 0))
            self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)  # ends the accept of the thread
        self.socket.close()

    def serve(self):
        while True:
            try:
                c = self.socket.accept()[0]
            except OSError:
                return
            with c:
                if self.path:
                    self.peers.append(struct.unpack("3i", c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:])
                data = b""
                while b"\r\n\r\n" not in data:
                    some = c.recv(4096)
                    if not some:
                        break
                    data += some
                self.seen.append(data)
                if data:
                    c.sendall(self.answer() if callable(self.answer) else self.answer)


def test_lines():
    with Listener() as s:
        url = f"http://127.0.0.1:{s.port}/health"
        p = check(url)
        assert p.returncode == 0 and p.stderr == "" and re.fullmatch(rf"healthy: {url}: 200 in {TIME}\n", p.stdout)
        p = check("-v", url)
        assert re.fullmatch(rf"healthy: {url}: 200 in {TIME} \(connect {TIME}, first byte {TIME}, end {TIME}\)\n", p.stdout)
        p = check("-q", url)
        assert (p.returncode, p.stdout, p.stderr) == (0, "", "")
        p = check(f"http://user:secret@localhost:{s.port}/health")
        assert p.returncode == 0 and p.stdout.startswith(f"healthy: http://localhost:{s.port}/health: 200 in ")
    p = check(f"http://localhost:{s.port}/health")
    assert p.returncode == 1 and p.stdout == f"unhealthy: http://localhost:{s.port}/health: connection refused (127.0.0.1, ::1)\n"
    p = check("-q", f"http://localhost:{s.port}/health")
    assert (p.returncode, p.stdout, p.stderr) == (1, "", "")
    p = check("unix:///nonexistent")
    assert p.returncode == 1 and p.stdout == "unhealthy: unix:///nonexistent: no such file or directory\n"


def test_localhost_is_ipv4_and_then_ipv6():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as s:
        p = check(f"tcp://localhost:{s.getsockname()[1]}")
        assert p.returncode == 0 and ": accepted in " in p.stdout
        assert check(f"tcp://[::1]:{s.getsockname()[1]}").returncode == 0


def test_requests():
    with Listener() as s:
        base = f"127.0.0.1:{s.port}"
        check(f"http://{base}")
        check("-X", "HEAD", "-H", "X-One: 1", "--header=user-agent: me", "-H", "Host: example.test", f"http://{base}/a%20b?c=d#e")
        check(f"http://us%20er:p%3Aw@{base}/")
        check(f"http://{base}/", env={"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "x"})
        check("http://${HOST:-nowhere.invalid}:${PORT}/${PATH_:-x}", env={"HOST": "127.0.0.1", "PORT": str(s.port)})
        version = re.search(rb"kinglet/([\d.]+)", s.seen[0])[1]
        common = b"User-Agent: kinglet/" + version + b"\r\nAccept: */*\r\nConnection: close"
        host = b"Host: " + base.encode()
        assert s.seen == [
            b"GET / HTTP/1.1\r\n" + host + b"\r\n" + common + b"\r\n\r\n",
            b"HEAD /a%20b?c=d HTTP/1.1\r\nAccept: */*\r\nConnection: close\r\nX-One: 1\r\nuser-agent: me\r\nHost: example.test\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"\r\n" + common + b"\r\nAuthorization: Basic dXMgZXI6cDp3\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"\r\n" + common + b"\r\n\r\n",
            b"GET /x HTTP/1.1\r\n" + host + b"\r\n" + common + b"\r\n\r\n",
        ]


@pytest.mark.parametrize("status,options,healthy", [
    (200, [], True), (204, [], True), (301, [], True), (399, [], True), (400, [], False), (503, [], False),
    (503, ["--status", "503"], True), (200, ["--status", "503"], False), (429, ["--status", "200-299,429,473"], True),
    (301, ["--status", "200-299"], False), (101, ["--status", "101"], True)])
def test_status(status, options, healthy):
    with Listener(b"HTTP/1.1 %d X\r\n\r\n" % status) as s:
        p = check(*options, f"http://127.0.0.1:{s.port}/")
        assert (p.returncode == 0) == healthy and re.match(rf"(un)?healthy: \S+: {status} in ", p.stdout)


def test_bodies():
    body = b'{"status":"UP","components":{"db":{"status":"DOWN","n":[1,2.50]}},"status2":null}'
    with Listener(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as s:
        url = f"http://127.0.0.1:{s.port}/"
        assert check("--body", "DOWN", "--json", "status=UP", "--json", "components.db.n.1=2.50", "--json", "status2=null", url).returncode == 0
        for options, words in ((["--body", "SIDEWAYS"], "200, but the body does not hold what --body asks for"),
                               (["--json", "status=UP", "--json", "components.db.status=UP"], "200, but components.db.status is not UP"),
                               (["--json", "components.db=UP"], "200, but components.db is not UP"),
                               (["--json", 'status2="null"'], "200, but status2 is not null"),
                               (["--json", "nope=1"], "200, but nope is not 1")):
            p = check(*options, url)
            assert p.returncode == 1 and f": {words} in " in p.stdout, p


def test_wait():
    """Retries until it is healthy, and gives up in time."""
    answers = iter([b"HTTP/1.1 503 No\r\n\r\n"] * 2 + [b"HTTP/1.1 200 OK\r\n\r\n"] * 9)
    with Listener(lambda: next(answers)) as s:
        p = check("--wait", "20s", f"http://127.0.0.1:{s.port}/")
        assert p.returncode == 0 and p.stdout.count("\n") == 1 and len(s.seen) == 3
    began = time.monotonic()
    p = check("--wait", "600ms", "-t", "10s", f"http://127.0.0.1:{s.port}/")
    assert p.returncode == 1 and "connection refused" in p.stdout and 0.3 <= time.monotonic() - began <= 3


def test_all_have_to_pass_and_each_has_its_line():
    with Listener() as s:
        p = check(f"http://127.0.0.1:{s.port}/", "tcp://127.0.0.1:1", f"tcp://127.0.0.1:{s.port}", "file:///etc/passwd", "file:///nonexistent")
        assert p.returncode == 1
        assert [line.split(":")[0] for line in p.stdout.splitlines()] == ["healthy", "unhealthy", "healthy", "healthy", "unhealthy"]


def test_targets_of_the_environment():
    with Listener() as s:
        p = check(env={"KINGLET_HEALTH": f"http://127.0.0.1:{s.port}/a tcp://127.0.0.1:{s.port}", "KINGLET_STATUS": "200", "KINGLET_VERBOSE": "1"})
        assert p.returncode == 0 and p.stdout.count("\n") == 2 and "(connect " in p.stdout


BAD = [
    ["--nonsense"], ["-z"], ["--timeout"], ["--timeout", "x"], ["--timeout", ""], ["--timeout", "-1s"], ["--timeout", "5x"], ["-t", "99999999h"],
    ["--wait", "1.2.3s"], ["--wait", "s"], ["--status", ""], ["--status", "abc"], ["--status", "200-"], ["--status", "300-200"], ["--status", "99"],
    ["--status", "1000"], ["--status", "200,,201"], ["--status", "200 201"], ["--status", "200,201,202,203,204,205,206,207,208"],
    ["--header", ""], ["--header", "X"], ["--header", ": x"], ["--header", "X y: z"], ["--header", "X: y\r\nZ: secret"], ["--header", "X\x7f: y"],
    ["--header", "X: " + "y" * 5000], ["--method", "POST"], ["--method", "get"], ["--method", ""], ["-X", "HEAD", "--body", "x"],
    ["-X", "HEAD", "--json", "a=1"], ["--json", "a"], ["--json", "=1"], ["--json", ".a=1"], ["--json", "a..b=1"], ["--json", "a.=1"],
    ["--json", "a=" + "x" * 200], [x for i in range(9) for x in ("--json", f"a{i}=1")],
    *[[target] for target in (
        "", "x", "localhost:80", "http://", "http:///x", "http://:80", "http://h:", "http://h:0", "http://h:65536", "http://h:80x", "http://h:-1",
        "http://[::1", "http://[::1]x", "http://[zz]", "http://[1::2::3]", "http://[::1%lo]", "http://256.1.1.1", "http://1.2.3", "http://1", "http://a..b",
        "http://.a", "http://" + "x" * 64, "http://" + "x." * 140, "http://a b", "http://h/\r\nX: y", "http://h/\x7f", "http://h$/", "http://h\\x",
        "http://u:se%0acret@h/", "http://u:%zz@h/", "https://h/", "ftp://h/", "HTTP://h/", "tcp://h", "tcp+unix:///x", "unix://x", "unix:///" + "x" * 200,
        "http+unix://:/x", "file://x", "file:///x?age=3", "file:///x?max-age=y", "http://${NOT_SET}/", "http://${", "http://u:secret@${NOT_SET}/",
        "http://${A:?must be set}/", "http://h/" + "x" * 5000)],
]


@pytest.mark.parametrize("bad", BAD, ids=[" ".join(b)[:40].encode("ascii", "backslashreplace").decode() or "nothing" for b in BAD])
def test_bad_input_is_one_line_and_no_connection(bad):
    with socket.create_server(("127.0.0.1", 0)) as s:
        good = f"http://127.0.0.1:{s.getsockname()[1]}/"
        for argv in ([*bad, good],) if bad[0].startswith("-") else ([good, *bad], [*bad, good]):
            p = check(*argv)
            assert p.returncode == 1 and p.stdout == "" and p.stderr.count("\n") == 1 and p.stderr.startswith("kinglet: error: "), p
            assert "secret" not in p.stderr and not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", p.stderr)
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.accept()


def test_everything_that_is_wrong_is_told_at_once():
    p = check("--status", "x", "--json", "y", "-t", "z", "ftp://h", "tcp://h")
    assert p.returncode == 1 and p.stderr.count("\n") == 1
    for words in ("-t: 'z'", "--status: 'x'", "--json: 'y'", "target 'ftp://h'", "target 'tcp://h'"):
        assert words in p.stderr


@pytest.mark.parametrize("options", [["--status", "200"], ["-H", "A: b"], ["-X", "HEAD"], ["--body", "x"], ["--json", "a=1"]])
def test_options_for_http_alone_need_an_http_target(options):
    with Listener() as s:
        p = check(*options, f"tcp://127.0.0.1:{s.port}")
        assert p.returncode == 1 and p.stdout == "" and "are for HTTP targets, and there is none" in p.stderr
        assert check("--status", "200", f"tcp://127.0.0.1:{s.port}", f"http://127.0.0.1:{s.port}/").returncode == 0


def test_a_server_that_takes_one_connection_at_a_time():
    """The connection to a target that is done is closed then, and not when all are done."""
    with Listener() as s:
        p = check("-t", "10s", f"tcp://127.0.0.1:{s.port}", f"http://127.0.0.1:{s.port}/", f"http://127.0.0.1:{s.port}/")
        assert p.returncode == 0


def test_sixteen_targets_and_no_more():
    with Listener() as s:
        url = f"tcp://127.0.0.1:{s.port}"
        assert check(*[url] * 16).returncode == 0
        p = check(*[url] * 17)
        assert p.returncode == 1 and "more than 16 targets" in p.stderr


def test_root_becomes_what_a_dropped_pid_1_is():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        becomes(folder)


def becomes(folder):
    with Listener(path=f"{folder}/s") as s, Pid1("--user", "10001:10002", "--", "sleep", "100") as c:
        c.ready()
        enter = ["nsenter", "-t", str(c.pid), "-p", "-m", "--"]
        for argv, peer in (([], (10001, 10002)), (["setpriv", "--reuid", "10005", "--regid", "10006", "--clear-groups", "--"], (10005, 10006))):
            s.peers.clear()
            p = subprocess.run([*enter, *argv, KINGLET, "check", f"unix://{folder}/s"], capture_output=True, text=True, timeout=30, check=False)
            assert p.returncode == 0, p
            until(lambda: s.peers)
            assert s.peers == [peer]


def test_root_stays_root_where_pid_1_is_root(tmp_path):
    with Listener(path=str(tmp_path / "s")) as s, Pid1("--log-level", "error", "--", "sleep", "100") as c:
        c.ready()
        p = subprocess.run(["nsenter", "-t", str(c.pid), "-p", "-m", "--", KINGLET, "check", f"unix://{tmp_path}/s"], capture_output=True, timeout=30,
                           check=False)
        assert p.returncode == 0
        until(lambda: s.peers)
        assert s.peers == [(0, 0)]


def test_check_forks_nothing():
    with Listener() as s:
        p = subprocess.run(["strace", "-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve", KINGLET, "check", f"http://127.0.0.1:{s.port}/"],
                           capture_output=True, text=True, timeout=60, check=False)
        assert p.returncode == 0 and p.stderr.count("\n") == 1 and "execve" in p.stderr

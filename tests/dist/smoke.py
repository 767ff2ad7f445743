"""A part of the system tests that needs no pytest and runs a binary of another machine: smoke.py BINARY [EMULATOR]

What depends on the machine is what is looked at: word size, byte order, layouts and numbers of system calls. PROGRAM and the servers are
the build machine's own. The closing line is `N passed, N failed`.
"""
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY = os.path.abspath(sys.argv[1])
COMMAND = sys.argv[2:] + [BINARY]
PYTHON = sys.executable
ENV = {"PATH": os.environ["PATH"]}
FOLDER = tempfile.mkdtemp(prefix="kinglet-smoke-")
SAYS_SIGNALS = """
import signal
wanted = {%s}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print("ready", flush=True)
while True:
    s = signal.sigwait(wanted)
    print("got", int(s), flush=True)
    if s == signal.SIGTERM: raise SystemExit(9)
"""


def kinglet(*argv, env=(), prefix=()):
    """(status, output)"""
    p = subprocess.run([*prefix, *COMMAND, *argv], env={**ENV, **dict(env)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                       text=True, stdin=subprocess.DEVNULL)
    return p.returncode if p.returncode >= 0 else 128 - p.returncode, p.stdout


def expect(wanted, *argv, **more):
    status, pattern = wanted
    got = kinglet(*argv, **more)
    assert got[0] == status and re.search(pattern, got[1], re.M), f"{argv}: {got}, wanted {wanted}"
    return got[1]


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hang":
            self.server.stopping.wait(30)
            return
        self.send_response(503 if self.path == "/bad" else 200)
        self.end_headers()
        self.wfile.write(b'{"database": {"connected": true}, "workers": 70000}')

    def log_message(self, *_):
        pass


class Server6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def serve(family):
    server = (Server6 if family == socket.AF_INET6 else http.server.ThreadingHTTPServer)(
        ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Server)
    server.stopping = threading.Event()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.server_address[1]


def test_version_and_help():
    expect((0, r"\Akinglet [0-9.]+\n\Z"), "--version")
    expect((0, "^usage: kinglet .*PROGRAM"), "--help")
    expect((0, "^usage: kinglet check"), "check", "--help")


def test_exit_codes():
    for code in (0, 1, 7, 127, 128, 254, 255):
        expect((code, ""), "--", "sh", "-c", f"exit {code}")
    expect((127, "no such file"), "--", "/does/not/exist")
    expect((126, "permission denied"), "--", "/etc/passwd")
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
        expect((128 + number, ""), "--", "sh", "-c", f"kill -{int(number)} $$")


def test_signals_are_passed_on():
    numbers = [signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGWINCH, signal.SIGPWR, signal.SIGTERM]
    with subprocess.Popen([*COMMAND, "--", PYTHON, "-c", SAYS_SIGNALS % ", ".join(str(int(n)) for n in numbers)], env=ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as p:
        assert p.stdout.readline() == "ready\n"
        for n in numbers:
            p.send_signal(n)
            assert p.stdout.readline() == f"got {int(n)}\n", n
        assert p.wait(30) == 9


def test_stop_timeout():
    with subprocess.Popen([*COMMAND, "--stop-timeout", "300ms", "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
                          env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as p:
        assert p.stdout.readline() == "ready\n"
        began = time.monotonic()
        p.send_signal(signal.SIGTERM)
        assert p.wait(30) == 137
        assert 0.25 < time.monotonic() - began < 10


def test_sleep_takes_its_time():
    began = time.monotonic()
    expect((0, ""), "sleep", "1300ms")
    assert 1.25 < time.monotonic() - began < 6


def test_orphans_of_pid1_are_reaped():
    expect((0, r"^zombies 0$"), "--", "sh", "-c",
           "for i in $(seq 50); do (sleep 0 & sleep 0 &) ; done; sleep 0.5;"
           " set -- $(grep -ls '^State:.Z' /proc/[0-9]*/status); echo zombies $#",
           prefix=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])


def test_ids_of_more_than_sixteen_bits():
    out = expect((0, ""), "--user", "70001:70002", "--", "sh", "-c", "id -u; id -g; id -G; grep -E '^(NoNewPrivs|CapEff|CapBnd)' /proc/self/status")
    assert out.endswith("70001\n70002\n70002\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n"), out


def test_check():
    server, port = serve(socket.AF_INET)
    server6, port6 = serve(socket.AF_INET6)
    expect((0, r"\Ahealthy: http://127.0.0.1:\d+/: 200 in [0-9.]+ [mu]?s\n\Z"), "check", f"http://127.0.0.1:{port}/")
    expect((1, r"^unhealthy: .*: 503"), "check", f"http://localhost:{port}/bad")
    expect((0, r"^healthy: .*: 200"), "check", f"http://[::1]:{port6}/")
    expect((0, r"^healthy: .*: 200"), "check", f"http://localhost:{port6}/", "tcp://127.0.0.1:%d" % port)
    expect((0, "^healthy"), "check", "--json", "database.connected=true", "--json", "workers=70000", f"http://localhost:{port}/")
    expect((1, "^unhealthy"), "check", "--json", "workers=4464", f"http://localhost:{port}/")
    began = time.monotonic()
    expect((1, "^unhealthy: .*: no answer in time"), "check", "--timeout", "400ms", f"http://localhost:{port}/hang")
    assert 0.35 < time.monotonic() - began < 5
    server.stopping.set()
    expect((1, "^unhealthy: .*refused"), "check", "tcp://127.0.0.1:1")


def test_check_of_a_socket_and_a_file():
    path = f"{FOLDER}/s"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen()
        expect((0, "^healthy: .*accepted"), "check", f"unix://{path}")
    heartbeat = f"{FOLDER}/heartbeat"
    with open(heartbeat, "w", encoding="ascii"):
        pass
    expect((0, "^healthy"), "check", f"file://{heartbeat}?max-age=30s")
    os.utime(heartbeat, (time.time() - 100, time.time() - 100))
    expect((1, r"^unhealthy: .*changed 100\.\d s ago"), "check", f"file://{heartbeat}?max-age=30s")


def test_refusals():
    expect((125, "^kinglet: error: --nope: unknown option"), "--nope", "--", "true")
    expect((125, "at most 2147483647"), "--user", "4294967296", "--", "true")
    expect((125, "A: required.*B: required"), "--require", "A,B:port", "--", "true", env={"B": "65536"})
    expect((1, "unknown scheme"), "check", "gopher://x")


def test_environment():
    with open(f"{FOLDER}/secret", "w", encoding="ascii") as f:
        f.write("word\n")
    expect((0, r"^word 8000$"), "--secret", "KEY", "--default", "PORT=8000", "--require", "KEY,PORT:port", "--expand", "--", "sh", "-c",
           'echo "$KEY $0"', "${PORT:-1}", env={"KEY_FILE": f"{FOLDER}/secret"})


def test_log_lines_carry_the_time():
    out = expect((125, ""), "--log-format", "json", "--nope")
    seconds = time.mktime(time.strptime(json.loads(out)["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(seconds - time.time()) < 30, out


def test_restart_with_backoff():
    began = time.monotonic()
    out = expect((3, ""), "--restart", "on-failure:2", "--", "sh", "-c", "echo run; exit 3")
    assert out.count("run\n") == 3 and time.monotonic() - began > 0.29


def test_health_supervision():
    expect((69, "stopping PROGRAM because it is unhealthy"), "--health", "tcp://127.0.0.1:1", "--health-interval", "50ms", "--health-retries", "1",
           "--health-on-failure", "stop", "--", "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done")


def test_install():
    expect((0, r"\A\Z"), "install", f"{FOLDER}/copy")
    with open(f"{FOLDER}/copy", "rb") as a, open(BINARY, "rb") as b:
        assert a.read() == b.read()
    assert os.stat(f"{FOLDER}/copy").st_mode & 0o777 == 0o755


def main():
    passed = failed = 0
    os.chmod(FOLDER, 0o755)
    for name, test in sorted(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
        except Exception as e:  # a crash of one is a failure of that one
            failed += 1
            print(f"{name}: {type(e).__name__}: {e}")
    subprocess.run(["rm", "-rf", FOLDER], check=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()

"""Health supervision: what PID 1 finds out, says and does about PROGRAM, restarts, and waiting for dependencies.

PROGRAM is a server that answers, fails or hangs as the file `mode` beside its socket says.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from pid1 import KINGLET, NAMESPACE, PYTHON, Pid1, compile_c, run, until

SERVER = r"""
import os, signal, socket, sys
folder, end, late = sys.argv[1], sys.argv[2], float(sys.argv[3])
if end == "ignore":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(int(end)))
path, kept = folder + "/socket", []
if late:
    signal.sigtimedwait([signal.SIGTERM], late)
if os.path.exists(path):
    os.unlink(path)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(path)
    listener.listen(64)
    print("up", flush=True)
    while True:
        s = listener.accept()[0]
        with open(folder + "/mode", "rb") as f:
            mode = f.read()
        if mode == b"hang":
            kept.append(s)
            print("hung", flush=True)
            continue
        s.recv(4096)
        s.sendall({b"ok": b"HTTP/1.1 200 OK\r\n\r\n", b"fail": b"HTTP/1.1 503 No\r\n\r\n"}.get(mode, mode))
        s.close()
"""
FAST = ["--health-interval", "50ms", "--health-timeout", "200ms", "--health-retries", "2", "--health-start-period", "1h",
        "--health-start-interval", "50ms"]
NOT_ROOT = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]


class App:
    def __init__(self, folder):
        self.folder = str(folder)
        self.target = f"http+unix://{folder}/socket:/health"
        self.set("ok")

    def set(self, mode):
        with open(f"{self.folder}/new", "wb") as f:
            f.write(mode if isinstance(mode, bytes) else mode.encode())
        os.replace(f"{self.folder}/new", f"{self.folder}/mode")

    def argv(self, end="0", late="0"):
        return [PYTHON, "-c", SERVER, self.folder, end, late]

    def start(self, *options, end="0", late="0", **more):
        return Pid1("--health", self.target, *FAST, *options, "--", *self.argv(end, late), **more)


@pytest.fixture
def app():
    """In a folder that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="kinglet-app-") as folder:
        os.chmod(folder, 0o777)
        yield App(folder)


def name(c):
    with open(f"/proc/{c.pid}/comm", encoding="ascii") as f:
        return f.read().strip()


def becomes(c, wanted, seconds=20):
    until(lambda: name(c) == wanted, seconds, f"never {wanted}")


def check(c, *argv, env=None):
    """`kinglet check` beside PID 1, as an engine's probe: (status, output)."""
    p = subprocess.run(["nsenter", "-t", str(c.pid), "--pid", "--mount", KINGLET, "check", *argv], env=env or {}, check=False,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    return p.returncode, p.stdout


def probe_pid(c):
    """The probe that runs, seen from outside."""
    return until(lambda: next((p for p in c.children() if c.status(p, "Name") == "kinglet:probe"), None), what="no probe was started")


def hanging_probe(c, app):
    """PROGRAM is healthy and then hangs; the pid of the probe that it keeps waiting."""
    becomes(c, "init:healthy")
    app.set("hang")
    c.expect("^hung")
    return probe_pid(c)


def without_root(output):
    """The output without the line that these tests run as root."""
    return re.sub(r"^kinglet: warn: PROGRAM runs as root.*\n", "", output)


def ours(c):
    """What PID 1 has said."""
    return [line for line in without_root(c.output).splitlines() if line.startswith("kinglet: ")]


# --- the verdict ---


def test_verdict_follows_and_each_transition_is_one_line(app):
    with app.start() as c:
        c.expect("^up")
        for mode, verdict, line in (("ok", "healthy", "info: healthy: {}: 200 in "), ("fail", "unhealthy", "warn: unhealthy: {}: 503 in "),
                                    ("ok", "healthy", "info: healthy: {}: 200 in "),
                                    ("hang", "unhealthy", "warn: unhealthy: {}: no answer in time: ")):
            app.set(mode)
            becomes(c, f"init:{verdict}")
            status, output = check(c)
            assert status == (verdict != "healthy")
            assert output == f"{verdict}: PID 1 says {verdict} (since when is not known)\n"
            assert c.expect(r"^kinglet: .*\n").group().startswith("kinglet: " + line.format(app.target))
        c.signal(signal.SIGTERM)
        assert c.wait() == 0
        assert ours(c) == ["kinglet: info: stopping"]


def test_a_bad_line_names_the_targets_that_failed_and_a_good_one_all(app, tmp_path):
    beat, other = tmp_path / "beat", tmp_path / "beat2"
    beat.touch()
    other.touch()
    with app.start("--health", f"file://{beat}", "--health", f"file://{other}") as c:
        becomes(c, "init:healthy")
        other.unlink()
        line = c.expect(r"^kinglet: warn: (unh.*)\n").group(1)
        assert line == f"unhealthy: file://{other}: no such file or directory"
        other.touch()
        line = c.expect(r"^kinglet: info: (.*)\n").group(1)
        assert [part.split(": ")[:2] for part in line.split("; ")] == \
            [["healthy", app.target], ["healthy", f"file://{beat}"], ["healthy", f"file://{other}"]]


def test_stopping_is_a_verdict(app):
    with app.start("--stop-delay", "30s") as c:
        becomes(c, "init:healthy")
        c.signal(signal.SIGTERM)
        becomes(c, "init:stopping")
        assert check(c) == (1, "unhealthy: PID 1 says stopping (since when is not known)\n")
        c.signal(signal.SIGTERM)
        assert c.wait() == 0


def test_never_unhealthy_in_the_start_period_and_healthy_within_a_start_interval(app):
    """A start of 0.7 s, against which interval and retries alone would have lost."""
    seen = set()
    with app.start("--health-start-period", "30s", "--health-start-interval", "100ms", "--health-interval", "20s", late="0.7") as c:
        def until_up():
            seen.add(name(c))
            return re.search("^up", c.output, re.M)
        threading.Thread(target=lambda: c.expect("(?=^up)"), daemon=True).start()
        until(until_up)
        up = time.monotonic()
        becomes(c, "init:healthy")
        assert time.monotonic() - up < 5  # a start interval, and a busy machine; without one it is 20 s
        assert seen <= {"unshare", "kinglet", "init:starting", "init:healthy"}


def test_first_success_ends_the_start_period(app):
    with app.start("--health-start-period", "1h", "--health-start-interval", "50ms") as c:
        becomes(c, "init:healthy")
        app.set("fail")
        becomes(c, "init:unhealthy")


def test_by_environment_alone(app):
    """One variable for PID 1 and for the check, with a variable of its own in it."""
    env = {"PATH": os.environ["PATH"], "KINGLET_HEALTH": "http+unix://${FOLDER:-/nowhere}/socket:/health", "FOLDER": app.folder,
           "KINGLET_HEALTH_INTERVAL": "50ms", "KINGLET_HEALTH_START_PERIOD": "1h", "KINGLET_HEALTH_START_INTERVAL": "50ms",
           "KINGLET_HEALTH_ON_FAILURE": "stop", "KINGLET_HEALTH_RETRIES": "1",
           "KINGLET_LOG_FORMAT": "json"}
    with Pid1(*app.argv(), env=env) as c:
        becomes(c, "init:healthy")
        assert check(c, env=env) == (0, "healthy: PID 1 says healthy (since when is not known)\n")
        app.set("fail")
        assert c.wait() == 69
        lines = [json.loads(line) for line in c.output.splitlines() if line.startswith("{") and "runs as root" not in line]
        assert [(x["level"], x["message"].partition(": ")[0]) for x in lines] == \
            [("info", "healthy"), ("warn", "unhealthy"), ("warn", "stopping PROGRAM because it is unhealthy")]


@pytest.mark.parametrize("answer", [b'HTTP/1.1 503 "quoted" \\ back\r\n\r\n', b"\x00\x01\x02\x1b[31m", b'\xff\xc3\x28 {"a":1}\n',
                                    b"\xe2\x82" * 500, b'"' * 3000], ids=["quotes", "controls", "not-utf8", "half-characters", "long"])
def test_json_whatever_a_server_sends(app, answer):
    with app.start("--log-format", "json", "--health-retries", "1", "--log-level", "debug") as c:
        becomes(c, "init:healthy")
        app.set(answer)
        seen = c.expect(r'(?s).*"level":"warn"[^\n]*"unhealthy.*"level":"debug"[^\n]*"unhealthy[^\n]*\n').group()
        c.signal(signal.SIGTERM)
        assert c.wait() == 0
        lines = (seen + c.output).splitlines()
        assert sum("unhealthy: " in json.loads(line)["message"] for line in lines if line not in ("up", "hung")) >= 2


@pytest.mark.parametrize("word", [b'"\\\n\x01', b"\xff\xc2\x9b\xed\xa0\x80", "\u20ac\U0001f426".encode() * 600,
                                  b"a" + "\u20ac".encode() * 999, b'"' * 4000], ids=["quotes", "not-utf8", "long", "odd", "long-quotes"])
def test_json_whatever_an_argument_holds(word):
    p = subprocess.run([os.fsencode(KINGLET), b"--log-format", b"json", b"--restart", word, b"true"], check=False, stderr=subprocess.PIPE,
                       timeout=20)
    assert p.returncode == 125
    line, end = p.stderr.decode("utf-8", "strict").split("\n")
    assert end == "" and json.loads(line)["message"].startswith("--restart: '")


# --- what only PID 1 can say ---

FORGE = compile_c(r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>
static void put(const char *path) {
    int fd = open(path, O_WRONLY);
    int written = fd >= 0 && write(fd, "init:forged", 11) == 11;
    printf("%s: %s\n", path, written ? "forged" : "refused");
}
/* forge PROBE: as the owner of PID 1 */
int main(int c, char **v) {
    prctl(PR_SET_NAME, "init:forged");
    put("/proc/1/comm");
    put("/proc/1/task/1/comm");
    for (int i = 1; i < c; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s/mem", v[i]);
        printf("%s: %s\n", path, open(path, O_RDWR) >= 0 ? "forged" : "refused");
        printf("ptrace %s: %s\n", v[i], ptrace(PTRACE_ATTACH, atoi(v[i]), 0, 0) == 0 ? "forged" : "refused");
    }
    return 0;
}
""")


@pytest.mark.parametrize("wrap, options, uid", [([], [], 0), ([], ["--user", "12345"], 12345), (NOT_ROOT, [], 12345),
                                                (NOT_ROOT, ["--user", "12345"], 12345)],
                         ids=["root", "root-drops", "not-root", "not-root-user"])
def test_nobody_else_can_forge_it(app, wrap, options, uid):
    """Another process of the same user writes to PID 1's name, and, unless it is root, which may trace everything, traces PID 1 and
    the probe, whose exit status would be as good."""
    with app.start("--health-timeout", "60s", *options, init=[shutil.copy(KINGLET, app.folder)], wrap=[*NAMESPACE, *wrap]) as c:
        probe = hanging_probe(c, app)
        assert c.status(c.pid, "Uid").split() == [str(uid)] * 4
        inside = re.search(r"\s(\d+)$", c.status(probe, "NSpid")).group(1)
        enter = ["nsenter", "-t", str(c.pid), "--pid", "--mount"]
        output = subprocess.run([*enter, *(NOT_ROOT if uid else []), FORGE, *(["1", inside] if uid else [])], check=True,
                                stdout=subprocess.PIPE, text=True, timeout=20).stdout
        assert output.count("refused") == (6 if uid else 2) and "forged" not in output
        assert name(c) == "init:healthy" and c.status(probe, "State").startswith("S")


def test_supervision_shows_before_privileges_are_dropped():
    """Whatever takes its time before PROGRAM does so as init:starting."""
    trace = subprocess.run(["strace", "-e", "trace=prctl,setresuid", KINGLET, "--user", "12345", "--health", "tcp://127.0.0.1:1", "true"],
                           check=True, stderr=subprocess.PIPE, text=True, timeout=20).stderr
    assert 0 <= trace.find('PR_SET_NAME, "init:starting"') < trace.find("setresuid(12345")


# --- check without a target ---


def test_check_says_why_it_cannot_tell(app):
    with subprocess.Popen([*NAMESPACE, "sleep", "100"]) as process:
        other = Pid1.__new__(Pid1)
        other.process, other.inside = process, True
        until(lambda: name(other) == "sleep")
        status, output = check(other)
        process.kill()
    assert status == 1
    assert output == "kinglet: error: check: no TARGET is given, KINGLET_HEALTH is not set, and PID 1 is another program: sleep\n"
    with Pid1(*app.argv()) as c:
        c.expect("^up")
        status, output = check(c)
        assert status == 1 and output.endswith(" and PID 1 does not supervise health: kinglet\n")
        # then what KINGLET_HEALTH names is probed
        status, output = check(c, env={"KINGLET_HEALTH": app.target})
        assert status == 0 and output.startswith(f"healthy: {app.target}: 200 in ")
        app.set("fail")
        status, output = check(c, env={"KINGLET_HEALTH": app.target})
        assert status == 1 and output.startswith(f"unhealthy: {app.target}: 503 in ")
        status, output = check(c, env={"KINGLET_HEALTH": "nonsense"})
        assert status == 1 and "'nonsense' is not a target" in output


def test_check_waits_for_pid1_too(app):
    with app.start() as c:
        becomes(c, "init:healthy")
        app.set("fail")
        becomes(c, "init:unhealthy")
        assert check(c, "--wait", "100ms", "-q") == (1, "")
        threading.Timer(0.3, app.set, ["ok"]).start()
        assert check(c, "--wait", "20s") == (0, "healthy: PID 1 says healthy (since when is not known)\n")


# --- what unhealthy leads to ---


@pytest.mark.parametrize("end, status", [("0", 69), ("7", 7)])
def test_on_failure_stop(app, end, status):
    with app.start("--health-on-failure", "stop", "--restart", "always", end=end) as c:
        becomes(c, "init:healthy")
        app.set("hang")
        began = time.monotonic()
        assert c.wait() == status
        assert time.monotonic() - began >= 2 * 0.2  # two probes that timed out
        assert [line.split(": ")[1] for line in ours(c)] == ["info", "warn", "warn"]
        assert ours(c)[1].startswith(f"kinglet: warn: unhealthy: {app.target}: no answer in time")
        assert ours(c)[2] == "kinglet: warn: stopping PROGRAM because it is unhealthy"


def test_on_failure_stop_has_a_time_out(app):
    with app.start("--health-on-failure", "stop", "--stop-timeout", "200ms", end="ignore") as c:
        becomes(c, "init:healthy")
        app.set("fail")
        assert c.wait() == 137
        assert "the stop time-out has passed" in c.output


def test_on_failure_restart_keeps_the_container(app):
    with app.start("--health-on-failure", "restart") as c:
        pid1 = c.pid
        becomes(c, "init:healthy")
        program = c.children()[0]
        app.set("hang")
        c.expect("^kinglet: warn: restarting PROGRAM because it is unhealthy\n")
        c.expect("^kinglet: warn: PROGRAM is started again in 100.0 ms\n")
        app.set("ok")
        c.expect(f"^kinglet: info: healthy: {re.escape(app.target)}")
        becomes(c, "init:healthy")
        assert c.pid == pid1 and c.children() and program not in c.children()
        c.signal(signal.SIGTERM)
        assert c.wait() == 0


def test_on_failure_kill(app):
    with app.start("--health-on-failure", "kill", end="ignore") as c:
        becomes(c, "init:healthy")
        app.set("hang")
        assert c.wait() == 137
        assert "killing PROGRAM because it is unhealthy" in c.output


def test_stop_signal_wins_over_the_restart_of_an_unhealthy_program(app):
    with app.start("--health-on-failure", "restart", "--stop-timeout", "1s", end="ignore") as c:
        becomes(c, "init:healthy")
        app.set("fail")
        c.expect("restarting PROGRAM")
        c.signal(signal.SIGTERM)
        assert c.wait() == 137
        assert "started again" not in c.output


def test_exit_of_program_is_not_bad_health(app):
    """PROGRAM ends by itself while the last probe fails: PID 1, which was away, sees both at once."""
    with app.start("--health-timeout", "60s", "--health-retries", "1", "--health-on-failure", "stop") as c:
        probe = hanging_probe(c, app)
        program = next(p for p in c.children() if p != probe)
        c.signal(signal.SIGSTOP)
        until(lambda: (c.status(c.pid, "State") or "").startswith("T"))
        for pid, number in ((probe, signal.SIGKILL), (program, signal.SIGTERM)):
            os.kill(pid, number)
            until(lambda p=pid: (c.status(p, "State") or "Z").startswith("Z"))
        c.signal(signal.SIGCONT)
        assert c.wait() == 0
        assert "unhealthy" not in c.output


# --- probes that do not behave ---


def test_a_probe_that_overruns_is_killed_and_reaped(app):
    """One that does not keep its own deadline: it is stopped."""
    with app.start("--health-retries", "1", "--health-timeout", "500ms") as c:
        probe = hanging_probe(c, app)
        os.kill(probe, signal.SIGSTOP)
        c.expect("^kinglet: warn: unhealthy: a probe did not end in time and was killed\n")
        until(lambda: probe not in c.children())
        app.set("ok")
        becomes(c, "init:healthy")


def test_a_probe_that_dies_is_told(app):
    with app.start("--health-retries", "1", "--health-timeout", "60s") as c:
        os.kill(hanging_probe(c, app), signal.SIGKILL)
        c.expect("^kinglet: warn: unhealthy: a probe was killed")
        becomes(c, "init:unhealthy")


def test_a_probe_ends_with_program(app):
    with app.start("--health-timeout", "60s") as c:
        probe = hanging_probe(c, app)
        began = time.monotonic()
        c.signal(signal.SIGTERM)
        assert c.wait() == 0 and time.monotonic() - began < 10
        assert not os.path.exists(f"/proc/{probe}")


def test_a_probe_does_not_outlive_its_supervisor(app):
    """Where that is PID 1 the kernel sees to it; elsewhere it is the probe's own doing."""
    with app.start("--health-timeout", "60s", wrap=()) as c:
        probe = hanging_probe(c, app)
        program = next(p for p in c.children() if p != probe)
        c.signal(signal.SIGKILL)
        try:
            until(lambda: not os.path.exists(f"/proc/{probe}"))
        finally:
            os.kill(program, signal.SIGKILL)


def test_a_flood_of_probes_leaves_nothing():
    """The short form of the soak: no zombie, no descriptor, no memory."""
    soak = os.path.join(os.path.dirname(__file__), "../bench/soak_probes.py")
    p = subprocess.run([sys.executable, soak, "5"], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert p.returncode == 0, p.stdout


# --- restart ---


def test_crash_loop_ends_after_max_with_growing_gaps():
    status, output = run("--restart", "on-failure:3", "--", "sh", "-c", "date +at=%s%N; exit 7")
    assert status == 7
    at = [int(t) / 1e9 for t in re.findall(r"at=(\d+)", output)]
    gaps = [b - a for a, b in zip(at, at[1:])]
    assert len(at) == 4 and gaps[0] >= 0.1 and gaps[1] >= 0.2 and gaps[2] >= 0.4 and gaps[2] < 10, gaps
    assert re.findall(r"started again in ([\d.]+ m?s)", output) == ["100.0 ms", "200.0 ms", "400.0 ms"]


def test_restart_always_and_the_stop_signal_in_the_pause():
    with Pid1("--restart", "always", "--", "sh", "-c", "echo run") as c:
        for _ in range(3):
            c.expect("^run")
        c.expect("started again in 800.0 ms")
        began = time.monotonic()
        c.signal(signal.SIGTERM)
        assert c.wait() == 0 and time.monotonic() - began < 0.7
        assert "run" not in c.output


def test_stop_signal_wins_while_what_program_left_is_swept():
    with Pid1("--restart", "always", "--sweep-timeout", "700ms", "--", "sh", "-c",
              "(trap '' TERM; echo left; sleep 100) & sleep 0.2; exit 3") as c:
        c.expect("^left")
        until(lambda: len(c.children()) == 1 and c.status(c.children()[0], "SigIgn")[-4] in "4567cdef")
        c.signal(signal.SIGTERM)
        assert c.wait() == 3
        assert not re.search("^left", c.output, re.M) and "started again" not in c.output


def test_restart_of_a_program_that_vanishes(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nrm $0; exit 1\n")
    program.chmod(0o755)
    status, output = run("--restart", "on-failure:2", "--", str(program))
    assert status == 127
    assert output.count("cannot be executed: no such file or directory") == 2


# --- dependencies ---


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_program_waits_for_its_dependencies(app):
    port = free_port()
    with app.start("--wait-for", f"tcp://127.0.0.1:{port}", "--wait-for", f"tcp://localhost:{port}") as c:
        becomes(c, "init:starting")
        probe_pid(c)
        time.sleep(0.3)  # nothing is to happen
        assert name(c) == "init:starting" and len(c.children()) == 1
        assert check(c) == (1, "unhealthy: PID 1 says starting (since when is not known)\n")
        with socket.create_server(("127.0.0.1", port)):
            c.expect("^up")
        becomes(c, "init:healthy")


def test_signal_while_waiting_ends_at_once():
    with Pid1("--wait-for", f"tcp://127.0.0.1:{free_port()}", "--", "echo", "started") as c:
        probe_pid(c)
        began = time.monotonic()
        c.signal(signal.SIGTERM)
        assert c.wait() == 143 and time.monotonic() - began < 0.9
        assert without_root(c.output) == ""


def test_what_never_answers_is_named_with_its_reason(tmp_path):
    port, log = free_port(), tmp_path / "termination-log"
    log.touch()
    with socket.create_server(("127.0.0.1", 0)) as there, socket.create_server(("127.0.0.1", 0)) as mute:
        good, silent = there.getsockname()[1], mute.getsockname()[1]
        status, output = run("--termination-log", str(log), "--wait-timeout", "400ms", "--wait-for", f"tcp://127.0.0.1:{good}",
                             "--wait-for", f"tcp://127.0.0.1:{port}", "--wait-for", f"http://127.0.0.1:{silent}/", "--", "echo", "started")
    assert status == 125
    reason = re.fullmatch(r"kinglet: error: (.*)\n", without_root(output)).group(1)
    assert reason.startswith("not started, because what it waits for did not answer: "
                             f"unhealthy: tcp://127.0.0.1:{port}: connection refused (127.0.0.1); "
                             f"unhealthy: http://127.0.0.1:{silent}/: no answer in time")
    assert str(good) not in reason
    assert log.read_text() == reason


def test_a_wait_goes_on_until_its_time_is_over():
    """The pauses would have ended it at 750 ms."""
    began = time.monotonic()
    assert run("--wait-timeout", "1s", "--wait-for", f"tcp://127.0.0.1:{free_port()}", "--", "true")[0] == 125
    assert 0.9 <= time.monotonic() - began < 10


def test_a_wait_that_dies_is_a_refusal_too(tmp_path):
    log = tmp_path / "termination-log"
    log.touch()
    with Pid1("--termination-log", str(log), "--wait-for", f"tcp://127.0.0.1:{free_port()}", "--", "true") as c:
        os.kill(probe_pid(c), signal.SIGKILL)
        assert c.wait() == 125
        assert "not started" in c.output and "was killed" in log.read_text()


def test_waiting_retries_ever_more_slowly_and_gives_each_attempt_a_time_out():
    """Attempts 50, 100, 200 ms apart while it fails, and one that is never answered is given up for the next."""
    at = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            kept = []
            while True:
                try:
                    s = server.accept()[0]
                except OSError:
                    return
                at.append(time.monotonic())
                kept.append(s)
                if len(at) < 5:
                    s.sendall(b"HTTP/1.1 503 Not yet\r\n\r\n")
                    s.close()
                elif len(at) > 5:
                    s.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    s.close()
        threading.Thread(target=serve, daemon=True).start()
        status, output = run("--wait-for", f"http://127.0.0.1:{server.getsockname()[1]}/", "--", "echo", "started")
        server.shutdown(socket.SHUT_RDWR)
    gaps = [b - a for a, b in zip(at, at[1:])]
    assert (status, without_root(output)) == (0, "started\n")
    assert len(gaps) == 5 and all(gap >= least for gap, least in zip(gaps, (0.05, 0.1, 0.2, 0.4, 2.0))), gaps
    assert gaps[3] < 2 < gaps[4] < 10, gaps

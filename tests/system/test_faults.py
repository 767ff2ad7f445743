"""Every system call that Kinglet makes, failed in turn with the errors that its manual page documents.

strace injects them (-e inject), which needs nothing in the binary. Before the start: one call of a whole run fails at a time, and either
PROGRAM is not started and one line says why, or it runs just as it does without the fault. Afterwards: a kind of call fails for as long
as strace is attached to PID 1, and the container lives, obeys and reports the right status.

    KINGLET=build/kinglet python3 tests/system/test_faults.py     prints the table: call, error, outcome
"""
import collections
import http.server
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from pid1 import KINGLET, Pid1, until

ERRORS = {  # by section 2 of the manual; what a seccomp profile may add is EPERM and ENOSYS
    "mmap": ["ENOMEM"],
    "openat": ["EACCES", "EMFILE", "ENFILE", "ENOMEM", "ENOENT", "ELOOP"],
    "fcntl": ["EPERM"],
    "fstat": ["ENOMEM", "EOVERFLOW"],
    "read": ["EIO", "EINTR"],
    "close": ["EIO", "EINTR"],
    "close_range": ["ENOSYS", "EPERM", "ENOMEM"],
    "getresuid": ["EPERM"],
    "getresgid": ["EPERM"],
    "getgroups": ["EPERM"],
    "capget": ["EPERM"],
    "capset": ["EPERM"],
    "prctl": ["EPERM", "EINVAL"],
    "setgroups": ["EPERM", "EINVAL", "ENOMEM"],
    "setresgid": ["EPERM", "EINVAL"],
    "setresuid": ["EPERM", "EINVAL", "EAGAIN"],
    "ioctl": ["ENOTTY", "EPERM", "ENXIO"],
    "vfork": ["EAGAIN", "ENOMEM", "ENOSYS", "EPERM"],
    "fork": ["EAGAIN", "ENOMEM", "ENOSYS", "EPERM"],
    "chdir": ["EACCES"],
    "rt_sigaction": ["EPERM"],
    "rt_sigtimedwait": ["EINTR", "EAGAIN"],
    "wait4": ["EINTR"],
    "clock_gettime": ["EPERM"],
    "kill": ["EPERM", "ESRCH"],
    "poll": ["EINTR", "ENOMEM"],
    "pwritev2": ["EAGAIN", "EPIPE", "EIO", "ENOSYS"],
    "write": ["EAGAIN", "EPIPE", "EIO", "ENOSPC", "EINTR"],
    "socket": ["EMFILE", "ENFILE", "ENOBUFS", "EACCES", "EAFNOSUPPORT"],
    "connect": ["ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EADDRNOTAVAIL", "EAGAIN", "EACCES", "EPERM"],
    "getsockopt": ["ENOBUFS", "EPERM"],
    "sendto": ["EPIPE", "ECONNRESET", "ENOBUFS", "EPERM"],
    "recvfrom": ["ECONNRESET", "ENOMEM", "ECONNREFUSED", "EPERM"],
}
SHOW = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status; echo secret $X $A"


def strace(log, *options):
    return ["strace", "-qq", "-o", log, *options]


def calls(log):
    """The calls of a trace as (name, how many of that name came before it and it, what it was for), one for each purpose."""
    count, seen = collections.Counter(), set()
    for line in open(log, encoding="utf-8", errors="replace"):
        match = re.match(r"(\w+)\((?:AT_FDCWD, )?(.*?)[,)]", line)
        if not match or match[1] not in ERRORS:
            continue
        name, first = match[1], match[2]
        count[name] += 1
        purpose = (name, first if name in ("prctl", "openat", "ioctl", "fstat") else count[name] if count[name] <= 6 else 0)
        if purpose not in seen:
            seen.add(purpose)
            yield name, count[name], first


class Start:
    """A start that uses all that is done before PROGRAM runs, and the life of a short PROGRAM."""

    def __init__(self, folder):
        self.log = f"{folder}/trace"
        self.environment = {"PATH": os.environ["PATH"], "X_FILE": f"{folder}/secret"}
        for name, text in (("secret", "value\n"), ("env", "A=b\n")):
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write(text)
        os.chmod(f"{folder}/secret", 0o400)
        os.chmod(folder, 0o755)
        self.argv = [KINGLET, "--user", "10001", "--groups", "10001,5", "--keep-cap", "NET_BIND_SERVICE", "--env-file", f"{folder}/env",
                     "--secret", "X", "--require", "X,A", "--health", "tcp://127.0.0.1:1", "--health-interval", "1h", "--", "sh", "-c", SHOW]
        self.status, self.output = self.run(["-e", "trace=all"])
        assert self.status == 0 and "secret value b" in self.output, self.output
        self.calls = list(calls(self.log))

    def run(self, options):
        p = subprocess.run([*strace(self.log, *options), *self.argv], env=self.environment, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
        return p.returncode, p.stdout

    def outcomes(self):
        for name, number, first in self.calls:
            for error in ERRORS[name]:
                status, output = self.run(["-e", f"inject={name}:error={error}:when={number}"])
                yield f"{name}({first})#{number}", error, status, output

    def judge(self, status, output):
        """What came of it, or None for what must not be."""
        ran = "".join(line + "\n" for line in output.splitlines() if not line.startswith("kinglet: "))
        said = [line for line in output.splitlines() if line.startswith("kinglet: error: ")]
        if status == 125 and not ran and len(said) == 1:
            return "refused: " + said[0][len("kinglet: error: "):]
        if status == 0 and ran == self.output and not said:
            return "as without"
        weaker = re.sub(r"CapBnd:.*", "CapBnd", ran) == re.sub(r"CapBnd:.*", "CapBnd", self.output)
        if status == 0 and weaker and "kinglet: warn: the bounding set cannot be emptied" in output:
            return "runs, and says that the bounding set is not empty"
        return None


MUST_REFUSE = ("setgroups(", "setresgid(10001", "setresuid(10001", "capset(", "prctl(PR_SET_NO_NEW_PRIVS", "prctl(PR_SET_DUMPABLE",
               "vfork(", "mmap(")


@pytest.mark.timeout(240)
def test_a_start_is_whole_or_refused(tmp_path):
    start = Start(str(tmp_path))
    names = {c[0] for c in start.calls}
    assert names >= {"openat", "read", "prctl", "capset", "setgroups", "setresuid", "vfork", "rt_sigtimedwait", "wait4"}
    for call, error, status, output in start.outcomes():
        outcome = start.judge(status, output)
        assert outcome, f"{call} fails with {error}: exit status {status}, {output}"
        if call.startswith(MUST_REFUSE):
            assert outcome.startswith("refused"), f"{call} fails with {error}: {outcome}"


AFTERWARDS = {
    "kill": ["EPERM", "ESRCH", "EINVAL"],
    "fork": ["EAGAIN", "ENOMEM", "ENOSYS", "EPERM"],
    "pwritev2": ["EAGAIN", "EPIPE", "EIO", "ENOSYS", "EPERM"],
    "pwritev2,write": ["EAGAIN", "EPIPE", "EIO", "ENOSPC", "EINTR"],
    "poll": ["EINTR", "ENOMEM", "EPERM"],
    "wait4": ["ECHILD", "EINTR"],
    "rt_sigtimedwait": ["EINTR", "EAGAIN"],
    "clock_gettime": ["EPERM", "EINVAL"],
}
PROGRAM = "trap 'exit 5' TERM; trap : USR1; echo begun; while :; do (sleep 0.01 &); sleep 0.01; done"


def live_through(calls_, error, log):
    """PID 1 lives with these calls failing, and serves afterwards. Returns how many have failed."""
    with Pid1("--log-level", "debug", "-w", "--health", "tcp://127.0.0.1:1", "--health-interval", "20ms", "--sweep-timeout", "5s",
              "--", "sh", "-c", PROGRAM) as c:
        c.expect("begun")
        reader = threading.Thread(target=lambda: all(iter(lambda: os.read(c.process.stdout.fileno(), 65536), b"")), daemon=True)
        reader.start()
        pid = c.pid
        tracer = subprocess.Popen([*strace(log, "-p", str(pid), "-e", f"trace={calls_}"),
                                   *(x for n in calls_.split(",") for x in ("-e", f"inject={n}:error={error}"))])
        try:
            def failed():
                os.kill(pid, signal.SIGUSR1)
                with open(log, encoding="utf-8", errors="replace") as f:
                    return f.read().count("(INJECTED)")
            until(lambda: os.path.exists(log) and failed() >= 5, what=f"{calls_} was not called")
            assert c.process.poll() is None and tracer.poll() is None
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        count = failed()
        os.kill(pid, signal.SIGTERM)
        assert c.process.wait(20) == 5
        reader.join(20)
        return count


@pytest.mark.parametrize("calls_,error", [(c, e) for c, errors in AFTERWARDS.items() for e in errors])
def test_nothing_is_fatal_once_program_runs(calls_, error, tmp_path):
    assert live_through(calls_, error, str(tmp_path / "trace")) >= 5


class Ok(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def probes(folder):
    """(call, error, exit status, output, seconds) of a probe with each of its calls failing."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ok)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    argv = [KINGLET, "check", "-t", "1s", "--body", "ok", f"http://127.0.0.1:{server.server_address[1]}/"]
    log = f"{folder}/trace"
    try:
        assert subprocess.run([*strace(log), *argv], stdout=subprocess.DEVNULL, check=False).returncode == 0
        for name, number, first in list(calls(log)):
            for error in ERRORS[name]:
                began = time.monotonic()
                p = subprocess.run([*strace(log, "-e", f"inject={name}:error={error}:when={number}"), *argv], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
                yield f"{name}({first})#{number}", error, p.returncode, p.stdout, time.monotonic() - began
    finally:
        server.shutdown()
        server.server_close()


def test_a_probe_is_right_or_unhealthy(tmp_path):
    seen = set()
    for call, error, status, output, seconds in probes(str(tmp_path)):
        what = f"{call} fails with {error}: exit status {status} after {seconds:.1f} s, {output}"
        name = call.split("(")[0]
        seen.add(name)
        assert status in (0, 1), what
        assert seconds < 5, what
        if name in ("socket", "connect", "sendto") or (name == "recvfrom" and call.endswith("#1")):
            assert status == 1, what  # later ones only drain what nobody needs any more
        if name not in ("write", "mmap"):
            assert output.count("\n") == 1 and output.startswith("healthy: " if status == 0 else "unhealthy: "), what
    assert seen >= {"socket", "connect", "poll", "sendto", "recvfrom", "write", "clock_gettime"}


def table():
    with tempfile.TemporaryDirectory() as folder:
        start = Start(folder)
        print("before the start: one call fails, once")
        for call, error, status, output in start.outcomes():
            print(f"  {call:34} {error:10} {start.judge(status, output) or f'WRONG: {status} {output}'}"[:150])
        print("afterwards: every such call of PID 1 fails")
        for names, errors in AFTERWARDS.items():
            for error in errors:
                count = live_through(names, error, f"{folder}/after-{names}-{error}")
                print(f"  {names:34} {error:10} lives through {count}, then ends with PROGRAM's status")
        print("a probe: one call fails, once")
        for call, error, status, output, seconds in probes(folder):
            print(f"  {call:34} {error:10} {status} {output.strip()} ({seconds:.2f} s under strace)"[:150])


if __name__ == "__main__":
    sys.exit(table())

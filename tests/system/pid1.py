"""The real binary as the real PID 1 of a new PID namespace.

    with Pid1("--user", "10001", "--", "sleep", "100") as c:
        c.ready()                      # PROGRAM has been started
        c.signal(signal.SIGTERM)       # sent to PID 1 from outside, as an engine does
        assert c.wait() == 143         # the exit status of PID 1

`expect` waits for output, `status` reads /proc/PID/status from outside, `until` polls a condition with a deadline. Whatever happens,
leaving the block kills the whole namespace.
"""
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

KINGLET = os.environ["KINGLET"]
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
SECONDS = 20  # what any single wait may take on a busy machine


def until(condition, seconds=SECONDS, what=None):
    """The first true value of condition(), polled."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, what or f"never became true: {condition}"
        time.sleep(0.002)


class Pid1:
    def __init__(self, *argv, init=(KINGLET,), env=None, stdin=subprocess.DEVNULL, wrap=NAMESPACE, **popen):
        environment = {"PATH": os.environ["PATH"]} if env is None else env
        self.process = subprocess.Popen([*wrap, *init, *argv], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment, **popen)
        self.output = ""
        self.inside = bool(wrap)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for pid in self._children(self.process.pid) if self.inside else []:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.kill()
        self.process.communicate()

    @staticmethod
    def _children(pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                return [int(p) for p in f.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []

    @property
    def pid(self):
        """PID 1, as seen from outside."""
        if not self.inside:
            return self.process.pid
        return until(lambda: self._children(self.process.pid), what="PID 1 was not started")[0]

    def children(self):
        return self._children(self.pid)

    def ready(self, count=1):
        """Waits until PID 1 is our binary (or another init) and has `count` children: PROGRAM has been executed."""
        until(lambda: len(self.children()) >= count and not any(re.match("kinglet|unshare|init:", self.status(c, "Name") or "init:")
                                                                for c in self.children()),
              what="PROGRAM was not started: " + self.output)
        return self

    @staticmethod
    def status(pid, field):
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as f:
                match = re.search(rf"^{field}:\s*(.*)$", f.read(), re.M)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return match and match.group(1)

    @staticmethod
    def has_blocked_signals(pid):
        """Whether PID 1 is our binary already (and not still unshare) and has done the first thing it does."""
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = f.read()
        return "Name:\tkinglet\n" in status and re.search(r"^SigBlk:\tffffffff[0-9a-f]{7}[bf]", status, re.M)

    def signal(self, number, pid=None):
        os.kill(pid or self.pid, number)

    def expect(self, pattern, seconds=SECONDS):
        """Waits until the output of everything in there matches; what was matched is consumed."""
        deadline = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.output, re.M)
            if match:
                self.output = self.output[match.end():]
                return match
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            assert ready, f"{pattern!r} was not printed; there is: {self.output!r}"
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, f"{pattern!r} was not printed before the end; there is: {self.output!r}"
            self.output += data.decode(errors="replace")

    def wait(self, seconds=SECONDS):
        """The exit status of PID 1; what was printed until then goes to `output`."""
        rest, _ = self.process.communicate(timeout=seconds)
        self.output += rest.decode(errors="replace")
        code = self.process.returncode
        return 128 - code if code < 0 else code


def run(*argv, seconds=SECONDS, **more):
    """Runs to the end. Returns (status, output)."""
    with Pid1(*argv, **more) as c:
        status = c.wait(seconds)
        return status, c.output


def compile_c(source, *flags):
    """A static program from C source, for things that no shell can do; made once a session."""
    folder = os.path.join(tempfile.gettempdir(), f"kinglet-tests-{os.getpid()}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{abs(hash((source, flags))):x}")
    if not os.path.exists(path):
        subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", path, "-", *flags], input=source.encode(), check=True)
        os.chmod(path, 0o755)
        os.chmod(folder, 0o755)
    return path


PYTHON = sys.executable

"""Terminals: Kinglet as PID 1 (and not) of a real pseudo-terminal, as `docker run -it` makes it.

Each session is typed as a person would, and compared with the same one without an init where that makes sense.
"""
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import fcntl
import time

import pytest

KINGLET = os.environ["KINGLET"]
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
LEADER = [sys.executable, "-c", """
import os, sys, fcntl, termios
# what runc does: a new session with the terminal as its own, in the container's first process
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 1)
os.execvp(sys.argv[1], sys.argv[1:])
"""]


class Terminal:
    """A program on a pseudo-terminal; `expect` waits for what it prints, `key` types."""

    def __init__(self, argv, rows=24, columns=80):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        self.leader = self.pid
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ.update(PS1="ready> ", TERM="dumb", HISTFILE="")
            os.execvp(argv[0], argv)

    def expect(self, pattern, seconds=15):
        deadline = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self.fd], [], [], left)[0]
            assert ready, f"{pattern!r} not seen; the terminal shows: {self.seen!r}"
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace").replace("\r\n", "\n")
            except OSError:
                raise AssertionError(f"{pattern!r} not seen before the end: {self.seen!r}") from None

    def key(self, text):
        os.write(self.fd, text.encode())

    def wait(self, seconds=15):
        """The exit status, as a shell would say it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([self.fd], [], [], 0.02)[0]:
                try:
                    self.seen += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        raise AssertionError(f"has not ended; the terminal shows: {self.seen!r}")

    def interrupt(self, pattern=None, seconds=15):
        """Ctrl-C, again and again as a person would, until `pattern` is seen or the end: an interpreter that
        gets its SIGINT just before it begins to read does not notice it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.key("\x03")
                return self.expect(pattern, 0.5) if pattern else self.wait(0.5)
            except (AssertionError, OSError):
                if time.monotonic() > deadline:
                    raise

    def close(self):
        """Ends the whole session: a shell's stopped jobs outlive it otherwise."""
        for name in os.listdir("/proc"):
            try:
                if name.isdecimal() and os.getsid(int(name)) == self.leader:
                    os.kill(int(name), signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.pid:
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal():
    opened = []

    def run(*argv, pid1=True, **more):
        opened.append(Terminal(NAMESPACE + LEADER + list(argv) if pid1 else list(argv), **more))
        return opened[-1]

    yield run
    for t in opened:
        t.close()


TRAP = ["bash", "-c", "trap 'echo caught INT; exit 3' INT; echo begun; while :; do sleep 0.05; done"]


def test_ctrl_c_reaches_program_once(terminal):
    t = terminal(KINGLET, "--", *TRAP)
    t.expect("begun")
    t.key("\x03")
    t.expect("caught INT")
    assert t.wait() == 3
    assert "caught INT" not in t.seen


def test_ctrl_c_ends_a_program_without_a_handler(terminal):
    t = terminal(KINGLET, "--", "sh", "-c", "echo begun; exec sleep 100")
    t.expect("begun")
    t.key("\x03")
    assert t.wait() == 128 + signal.SIGINT


def test_job_control_in_a_shell_as_program(terminal):
    t = terminal(KINGLET, "--", "bash", "--norc", "-i")
    t.expect("ready> ")
    assert "no job control" not in t.seen
    t.key("sleep 100\n")
    time.sleep(0.3)  # until the shell has handed the terminal over; there is nothing to see
    t.key("\x1a")
    t.expect(r"Stopped +sleep 100")
    t.expect("ready> ")
    t.key("fg\n")
    t.expect("sleep 100")
    time.sleep(0.3)
    t.key("\x03")
    t.expect("ready> ")
    t.key("echo still $((40+2))\n")
    t.expect("still 42")
    t.key("exit 5\n")
    assert t.wait() == 5


def test_ctrl_z_on_a_lone_program_does_not_hang(terminal):
    """Without an init a lone program is PID 1 and the kernel keeps SIGTSTP from stopping it."""
    t = terminal(KINGLET, "--", sys.executable, "-uc", "print('begun')\nwhile True: print('read', input())")
    t.expect("begun")
    t.key("\x1a")
    t.key("one\n")
    t.expect("read one")
    t.key("\x1a")
    t.key("two\n")
    t.expect("read two")
    assert t.interrupt() == 128 + signal.SIGINT


def test_ctrl_z_below_a_shell_stops_and_fg_continues(terminal):
    """Not PID 1: the shell above must see its job stop, and fg must bring it back."""
    t = terminal("bash", "--norc", "-i")
    t.expect("ready> ")
    t.key(f"{KINGLET} -- {sys.executable} -uc \"print('beg'+'un')\nwhile True: print('read', input())\"\n")
    t.expect("begun")
    t.key("\x1a")
    t.expect("Stopped")
    t.expect("ready> ")
    t.key("fg\n")
    t.expect("kinglet")
    t.key("one\n")
    t.expect("read one")
    t.interrupt("ready> ")
    t.key("exit 0\n")
    assert t.wait() == 0


def test_window_size_changes_reach_program(terminal):
    t = terminal(KINGLET, "--", "bash", "-c",
                 "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done", rows=20, columns=70)
    t.expect("20 70")
    fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    t.expect("33 99")


def test_program_has_the_terminal_as_without_an_init(terminal):
    program = ["bash", "-c", "tty; ps -o tpgid=,pgid= -p $$ | awk '{print ($1==$2) ? \"fore\" \"ground\" : \"back\" \"ground\"}'"]
    t = terminal(KINGLET, "--", *program)
    t.expect("/dev/pts/")
    t.expect("foreground")
    assert t.wait() == 0


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null", "</dev/zero", "</etc/passwd"])
def test_odd_standard_input_is_nothing(terminal, stdin):
    t = terminal("sh", "-c", f"exec {KINGLET} -- sh -c 'echo begun; exit 4' {stdin}")
    t.expect("begun")
    assert t.wait() == 4


def test_background_job_does_not_take_the_terminal(terminal):
    t = terminal("bash", "--norc", "-i")
    t.expect("ready> ")
    t.key(f"{KINGLET} -- sh -c 'sleep 0.2; exit 6' & wait; echo waited $((40+2))\n")
    t.expect("waited 42")
    t.key("exit 0\n")
    assert t.wait() == 0

"""Under other names: each peer from Debian's package and Kinglet under its name, side by side, in the same situations.

A case is something that can be observed of an init: run with the peer and with Kinglet it must come out the same. Where Kinglet differs
on purpose the case names the bug that is not kept, and says what comes out of either. The table of all of them:

    KINGLET=build/kinglet python3 tests/system/test_drop_in.py --table
"""
import atexit
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
from pid1 import KINGLET, NAMESPACE, Pid1, compile_c, until
from test_terminal import LEADER, Terminal

PEERS = {"tini": "/usr/bin/tini", "tini-static": "/usr/bin/tini-static", "dumb-init": "/usr/bin/dumb-init",
         "catatonit": "/usr/bin/catatonit", "gosu": "/usr/sbin/gosu"}
INITS = ("tini", "dumb-init", "catatonit")
FOLDER = tempfile.mkdtemp(prefix="kinglet-names-")
os.chmod(FOLDER, 0o755)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
for link in (*PEERS, "docker-init", "podman-init", "su-exec"):
    os.symlink(os.path.abspath(KINGLET), f"{FOLDER}/{link}")

# What PROGRAM finds when it starts, a line each; then it waits for SIGTERM, or ends at once with `end` behind it.
LOOK = compile_c(r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int c, char **v) {
    char line[256], cwd[4096];
    FILE *f = fopen("/proc/self/status", "r");
    printf("group %s\n", getpgrp() == getpid() ? "own" : getpgrp() == getpgid(getppid()) ? "the init's" : "another");
    printf("session %s\n", getsid(0) == getpid() ? "own" : getsid(0) == getsid(getppid()) ? "the init's" : "another");
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    printf("terminal %s\n", tty < 0 ? "none" : tcgetpgrp(tty) == getpgrp() ? "foreground" : "background");
    while (fgets(line, sizeof line, f)) if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6)) fputs(line, stdout);
    printf("cwd %s\n", getcwd(cwd, sizeof cwd));
    for (int fd = 3; fd < 1024; fd++) if (fd != fileno(f) && fd != tty && fcntl(fd, F_GETFD) >= 0) printf("descriptor %d\n", fd);
    puts("looked"); fflush(stdout);
    while (c < 2) pause();
}
""")
# Says which signals come; SIGTERM ends it.
CATCH = compile_c(r"""
#include <signal.h>
#include <stdio.h>
int main(void) {
    sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
    puts("ready"); fflush(stdout);
    for (;;) { int s = sigwaitinfo(&all, 0); if (s < 0) continue; printf("got %d\n", s); fflush(stdout); if (s == SIGTERM) return 9; }
}
""")
# With a child in the same group; both say what comes. SIGTERM ends the parent.
PAIR = compile_c(r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
    const char *me = fork() ? "parent" : "child";
    printf("%s ready\n", me); fflush(stdout);
    for (;;) { int s = sigwaitinfo(&all, 0); if (s < 0) continue; printf("%s got %d\n", me, s); fflush(stdout); if (s == SIGTERM && *me == 'p') exit(0); }
}
""")
# Runs the rest after a set-up that is spelled as letters: b blocks, i ignores, c ignores SIGCHLD, k loses CAP_KILL.
AS = [sys.executable, "-c", """
import os, signal, sys
what = sys.argv[1]
for s in (signal.SIGPIPE, signal.SIGXFSZ): signal.signal(s, signal.SIG_DFL)
if "i" in what: [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGHUP, signal.SIGUSR2, signal.SIGTTOU)]
if "c" in what: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if "b" in what: signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1, signal.SIGTSTP, 40])
os.execvp(sys.argv[2], sys.argv[2:])
"""]

Case = collections.namedtuple("Case", "peer name observe bug theirs ours")
CASES = []


LUCK = object()  # what the peer does differs from run to run: it sends SIGTERM, say, and ends at once


def case(peers, name, observe, bug=None, theirs=None, ours=None):
    """`observe(init)` is what is compared; without a bug both must be the same, and `ours` where that is given."""
    for peer in [peers] if isinstance(peers, str) else peers:
        CASES.append(Case(peer, name, observe, bug, theirs, ours))


def clean_env(env):
    return {"PATH": os.environ["PATH"], **(env or {})}


def plain(text):
    """Output without what differs from run to run, or by whose version it is."""
    text = text.replace(" (kinglet ", "\n(kinglet ")
    text = re.sub(r"\((catatonit:)?\d+\)", r"(\1N)", text)
    return re.sub(r"(pid=|PID )\d+", r"\1N", text)


def ends(*argv, lines=None, env=None, pid1=False, via=(), **more):
    """The exit status of `init argv...`, and which of its lines match `lines`."""
    def observe(init):
        with Pid1(*argv, init=(*via, init), env=clean_env(env), wrap=NAMESPACE if pid1 else (), **more) as c:
            status = c.wait()
        return (status, re.findall(lines, plain(c.output), re.M)) if lines else status
    return observe


def looks(*options, field, via=(), **more):
    """What PROGRAM finds of `field`."""
    def observe(init):
        with Pid1(*options, "--", LOOK, "end", init=(*via, init), wrap=(), **more) as c:
            c.wait()
        return re.findall(rf"^{field}:?\s+(.*)$", c.output, re.M)
    return observe


def hears(*options, signals, env=None, program=CATCH, pid1=True):
    """Which of `signals` reach PROGRAM, in that order; SIGTERM is the last."""
    def observe(init):
        with Pid1(*options, "--", program, init=(init,), env=clean_env(env), wrap=NAMESPACE if pid1 else ()) as c:
            for _ in range(2 if program == PAIR else 1):
                c.expect("ready")
            heard, pid = [], c.pid
            for number in signals:
                c.signal(number, pid)
                try:
                    heard.append(int(c.expect(r"got (?!18)(\d+)\n", 0.4).group(1)))  # SIGCONT comes behind a stop
                except AssertionError:
                    heard.append(None)
        return heard
    return observe


def group_hears(*options, env=None):
    """Who hears a SIGUSR1."""
    def observe(init):
        with Pid1(*options, "--", PAIR, init=(init,), env=clean_env(env)) as c:
            c.expect("ready")
            c.expect("ready")
            c.signal(signal.SIGUSR1)
            until(lambda: "parent got 10" in read(c))
            c.signal(signal.SIGUSR2)  # whatever else was to come has come before this
            until(lambda: "parent got 12" in read(c))
            if "child got" in c.output:
                until(lambda: "child got 12" in read(c))
            return sorted(set(re.findall(r"(parent|child) got 10", c.output)))
    return observe


def read(c):
    """The output so far."""
    try:
        c.expect("(?!)", 0.02)
    except AssertionError:
        pass
    return c.output


# --- usage, versions, exit status ---

SH = ("--", "sh", "-c")
case(("tini", "tini-static"), "--version", ends("--version", lines=r"^tini version 0\.19\.0$"), ours=(0, ["tini version 0.19.0"]))
case("dumb-init", "--version", ends("--version", lines=r"^dumb-init v1\.2\.5$"), ours=(0, ["dumb-init v1.2.5"]))
case("dumb-init", "-V", ends("-V", lines=r"^dumb-init v1\.2\.5$"), ours=(0, ["dumb-init v1.2.5"]))
case("catatonit", "--version", ends("--version", lines=r"^tini version \S+_catatonit$"))
case("catatonit", "-V", ends("-V", lines=r"^tini version \S+_catatonit$"))
case("gosu", "--version", ends("--version", lines=r"^\d+\.\d+"))
case("gosu", "-v", ends("-v", lines=r"^\d+\.\d+"))
for options in ("--version", "-h"):
    case("dumb-init", f"{options} is on standard error", lambda init, o=options: subprocess.run([init, o], stderr=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout, ours=b"")
    case("tini", f"{options} is on standard output", lambda init, o=options: subprocess.run([init, o], stderr=subprocess.PIPE).stderr, ours=b"")
for peer in PEERS:
    case(peer, "-h", ends("-h", lines=r"^[Uu](sage: )"))
    case(peer, "no PROGRAM", ends(), ours=1)
case(("dumb-init", "gosu"), "--help", ends("--help", lines=r"^[Uu](sage: )"))
case(("tini", "catatonit"), "--help", ends("--help"), "a request for help is refused as a fault", 1, 0)
case(INITS, "-- and nothing behind it", ends("--"), ours=1)
case(INITS, "unknown short option", ends("-x", "true"), ours=1)
case(INITS, "unknown long option", ends("--foo", "true"), ours=1)
case(INITS, "a word with a dash behind --", ends("--", "-x"))
case("tini", "-l", lambda init: "MIT" in ends("-l", lines="MIT")(init)[1], ours=True)
case("catatonit", "-L", ends("-L"), ours=0)
case(INITS, "options end at the first word that is none", ends("sh", "-c", "exit 3"),
     "the options of PROGRAM are taken for its own", {"tini": 1, "catatonit": 1, "dumb-init": None}, 3)
for code in (0, 1, 42, 127, 255):
    case(INITS, f"exit {code}", ends(*SH, f"exit {code}"), ours=code)
for number in (1, 9, 11, 15, 64):
    case(INITS, f"killed by {number}", ends(*SH, f"kill -{number} $$"), ours=128 + number)
NOTHING, NOT_EXECUTABLE, DIRECTORY, NO_INTERPRETER = "/nonexistent", "/etc/passwd", "/etc", f"{FOLDER}/no-interpreter"
with open(NO_INTERPRETER, "w", encoding="ascii") as f:
    f.write("exit 7\n")
os.chmod(NO_INTERPRETER, 0o755)
for what, path in (("not there", NOTHING), ("not in PATH", "nonexistent-program"), ("not executable", NOT_EXECUTABLE), ("a directory", DIRECTORY)):
    case("tini", f"PROGRAM is {what}", ends("-s", "--", path, lines=r"^\[FATAL tini \(N\)\] exec .*$"))
    case("dumb-init", f"PROGRAM is {what}", ends(path, lines=r"^.+$"))
    case("catatonit", f"PROGRAM is {what}", ends(path, lines=r"^ERROR \(catatonit:N\): .*exec.*: ((?:No|Per).*)$"))
    case("gosu", f"PROGRAM is {what}", ends("0", path), ours=1)
case(INITS, "a script without #!", ends("--", NO_INTERPRETER), "a text of any kind is run by /bin/sh",
     7, {"tini": 126, "dumb-init": 2, "catatonit": 1})
case("gosu", "a script without #!", ends("0", NO_INTERPRETER), ours=1)

# --- tini ---

for value in ("300", "256", "-1", "x", "99999999999"):
    case("tini", f"-e '{value}'", ends("-s", "-e", value, "true"), ours=1)
case("tini", "-e ''", ends("-s", "-e", "", "true"), "nothing at all is a number", 0, 1)
for code in (3, 4, 143, 5):
    case("tini", f"-e 3 -e 4 -e 143, exit {code}", ends("-s", "-e", "3", "-e", "4", "-e143", *SH, f"exit {code}"))
case("tini", "-e of a signal's status", ends("-s", "-e", "143", *SH, "kill -TERM $$"), ours=0)
case("tini", "-e 31 leaves the others alone", ends("-s", "-e", "31", *SH, "exit 63"), ours=63)
case("tini", "-p FOO", ends("-p", "FOO", "true"), ours=1)
case("tini", "-p SIGTERM", ends("-s", "-p", "SIGTERM", "true"), ours=0)
for word in ("TERM", "15"):
    case("tini", f"-p {word}", ends("-s", "-p", word, "true"), "signals have one spelling alone", 1, 0)
case("tini", "an option's value is missing", ends("-e"), ours=1)
case("tini", "-gsw grouped", ends("-gsw", *SH, "exit 6"), ours=6)
case("tini", "a value in the same word", ends("-swe6", *SH, "exit 6"), ours=0)
WARNS = r"zombie reaping won't work"
case(("tini", "tini-static"), "neither PID 1 nor subreaper", ends("--", "true", lines=WARNS), ours=(0, [WARNS]))
case("tini", "-s", ends("-s", "--", "true", lines=r"^.+$"), ours=(0, []))
case("tini", "PID 1 says nothing", ends("--", "true", lines=r"^.+$", pid1=True), ours=(0, []))
case(INITS, "nothing is said of root", ends(*(["--"]), "true", lines="root", pid1=True), ours=(0, []))
for value in ("", "0", "1"):
    case("tini", f"TINI_SUBREAPER={value}", ends("--", "true", lines=WARNS, env={"TINI_SUBREAPER": value}), ours=(0, []))
for value, said in (("0", []), ("", []), ("x", []), ("1", [WARNS]), ("2", [WARNS]), ("10", [WARNS])):
    case("tini", f"TINI_VERBOSITY={value}", ends("--", "true", lines=WARNS, env={"TINI_VERBOSITY": value}), ours=(0, said))
ORPHAN = "(sleep 0.02 &) ; sleep 0.2"
REAPED = r"Reaped zombie process with pid=N$"
case("tini", "-w", ends("-w", *SH, ORPHAN, lines=REAPED, pid1=True), ours=(0, ["Reaped zombie process with pid=N"]))
case("tini", "without -w", ends(*SH, ORPHAN, lines=REAPED, pid1=True), ours=(0, []))
case("tini", "debug lines at -vv", lambda init: bool(ends("-svv", "--", "true", lines=r"^\[DEBUG tini \(N\)\] ")(init)[1]), ours=True)
case("tini", "none at one -v", ends("-sv", "--", "true", lines=r"^\[DEBUG tini \(N\)\] "), ours=(0, []))
case("tini", "-g", group_hears("-g"), ours=["child", "parent"])
case(("tini", "catatonit"), "without -g", group_hears(), ours=["parent"])
for value in ("", "0"):
    case("tini", f"TINI_KILL_PROCESS_GROUP={value}", group_hears(env={"TINI_KILL_PROCESS_GROUP": value}), ours=["child", "parent"])


def adopts(*options, env=None):
    """Whether an orphan comes to an init that is not PID 1."""
    def observe(init):
        with Pid1(*options, "--", "sh", "-c", "(sleep 2 >/dev/null 2>&1 &) ; echo orphaned; exec sleep 5", init=(init,), env=clean_env(env), wrap=()) as c:
            c.expect("orphaned")
            found = c.children()
            for pid in found:
                os.kill(pid, signal.SIGKILL)
            c.wait()
        return len(found) == 2
    return observe


case("tini", "-s adopts orphans", adopts("-s"), ours=True)
case("tini", "TINI_SUBREAPER adopts orphans", adopts(env={"TINI_SUBREAPER": ""}), ours=True)
case(("tini", "dumb-init"), "does not adopt unasked", adopts(), ours=False)
case("catatonit", "adopts orphans", adopts(), ours=True)


def outlives(*options):
    """Whether PROGRAM outlives an init that is killed."""
    def observe(init):
        with Pid1(*options, "--", "sh", "-c", "echo $$; exec sleep 5", init=(init,), wrap=()) as c:
            pid = int(c.expect(r"^(\d+)$").group(1))
            until(lambda: Pid1.status(pid, "Name") == "sleep")
            os.kill(c.pid, signal.SIGKILL)
            c.process.wait()
            try:
                until(lambda: Pid1.status(pid, "State") in (None, "Z (zombie)"), 0.3)
                return False
            except AssertionError:
                os.kill(pid, signal.SIGKILL)
                return True
    return observe


case("tini", "the init is killed", outlives("-s"), ours=True)
case("tini", "the init is killed, with -p SIGKILL", outlives("-s", "-p", "SIGKILL"), "only tini itself hears of its parent's death, PROGRAM not of tini's", True, False)

# --- dumb-init ---

for word in ("15", "0:3", "99:3", "-1:3", "15:99", "x:3", "15:", ":3", ""):
    case("dumb-init", f"-r '{word}'", ends("-r", word, "true"), ours=1)
case("dumb-init", "-r without a value", ends("-r"), ours=1)
case("dumb-init", "-r 15:3junk", ends("-r", "15:3junk", "true"), "what stands behind a number is not looked at", 0, 1)
case("dumb-init", "-r TERM:QUIT", ends("-r", "TERM:QUIT", "true"), "signals have numbers alone", 1, 0)
case("dumb-init", "--rew 15:3", ends("--rew", "15:3", "true"), "a long option cut short works until another begins alike", 0, 1)
for options in (["-r", "15:3"], ["-r15:3"], ["--rewrite", "15:3"], ["--rewrite=15:3"], ["-vr", "15:3"], ["-c", "-r", "15:3"]):
    case("dumb-init", " ".join(options), hears(*options, signals=[15, 10, 3]), ours=[3, 10, 3])
case("dumb-init", "-r 10:12 -r 12:10", hears("-r", "10:12", "-r", "12:10", signals=[10, 12, 15]), ours=[12, 10, 15])
case("dumb-init", "-r 10:0", hears("-r", "10:0", signals=[10, 15]), ours=[None, 15])
SAYS = r"^\[dumb-init\] (?:Child|setsid|Received signal (?!17)|Forwarded signal (?!15)|A child).*$"
for options, env in ((["-v"], {}), (["--verbose"], {}), (["-vc"], {}), ([], {"DUMB_INIT_DEBUG": "1"}), (["--single-child", "-v"], {})):
    case("dumb-init", f"lines of {' '.join(options) or env}", ends(*options, *SH, "exit 3", lines=SAYS, env=env))
case("dumb-init", "lines of a signal", ends("-v", *SH, "kill -USR1 $PPID; while :; do :; done", lines=SAYS, pid1=True))
for value in ("0", "", "10", "yes"):
    case("dumb-init", f"DUMB_INIT_DEBUG={value}", ends("--", "true", lines="^.+$", env={"DUMB_INIT_DEBUG": value}), ours=(0, []))
case("dumb-init", "signals reach the group", group_hears(), ours=["child", "parent"])
case("dumb-init", "-c", group_hears("-c"), ours=["parent"])
case("dumb-init", "--single-child", group_hears("--single-child"), ours=["parent"])
for value, who in (("0", ["parent"]), ("1", ["child", "parent"]), ("", ["child", "parent"])):
    case("dumb-init", f"DUMB_INIT_SETSID={value}", group_hears(env={"DUMB_INIT_SETSID": value}), ours=who)


def suspends(*options, number=signal.SIGTSTP):
    """Whether PROGRAM and the init are stopped by `number`, and whether SIGCONT continues both."""
    def observe(init):
        with Pid1(*options, "--", LOOK, init=(init,), wrap=(), start_new_session=True) as c:
            c.expect("looked")
            pid = c.children()[0]
            c.signal(number)
            stopped = []
            for each in (pid, c.pid):
                try:
                    until(lambda: Pid1.status(each, "State").startswith("T"), 0.5)
                    stopped.append(True)
                except AssertionError:
                    stopped.append(False)
            c.signal(signal.SIGCONT)
            until(lambda: not any(Pid1.status(each, "State").startswith("T") for each in (pid, c.pid)))
            c.signal(signal.SIGTERM)
            return stopped, c.wait()
    return observe


for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
    case("dumb-init", f"{number.name} stops PROGRAM and itself, SIGCONT continues", suspends(number=number), ours=([True, True], 143))
case("dumb-init", "SIGTSTP with -c", suspends("-c"))
case("dumb-init", "SIGTSTP rewritten to nothing", suspends("-r", "20:0"), ours=([False, True], 143))
case("tini", "SIGTSTP stops PROGRAM alone", suspends(), ours=([True, False], 143))

# --- catatonit ---

case("catatonit", "-g", group_hears("-g"), ours=["child", "parent"])
case("catatonit", "PROGRAM behind --", ends(*SH, "exit 3"), ours=3)
for value in ("", "0", "1"):
    case("catatonit", f"CATATONIT_DEBUG={value}", lambda init, v=value: bool(ends("--", "true", lines=r"^DEBUG \(catatonit:N\): ", env={"CATATONIT_DEBUG": v})(init)[1]), ours=True)
case("catatonit", "without CATATONIT_DEBUG", ends("--", "true", lines="^.+$"), ours=(0, []))


def pauses(*options, number, pid1=True):
    """What the end of pause mode by `number` is: a status, or None where it goes on."""
    def observe(init):
        with Pid1(*options, init=(init,), wrap=NAMESPACE if pid1 else (), env=clean_env(None)) as c:
            for _ in range(2):  # asleep, and not for a moment only
                until(lambda: Pid1.status(c.pid, "Name") == "catatonit" and Pid1.status(c.pid, "State").startswith("S"))
            c.signal(number)
            try:
                return c.process.wait(0.3 if number not in (signal.SIGTERM, signal.SIGINT) else 10)
            except subprocess.TimeoutExpired:
                return None
    return observe


for number in (signal.SIGTERM, signal.SIGINT):
    case("catatonit", f"-P, {number.name}", pauses("-P", number=number), ours=0)
    case("catatonit", f"-P as not PID 1, {number.name}", pauses("-P", number=number, pid1=False), ours=0)
case("catatonit", "-gP", pauses("-gP", number=signal.SIGTERM), ours=0)
case("catatonit", "-P with a PROGRAM", pauses("-P", "true", number=signal.SIGTERM), ours=0)
for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT):
    case("catatonit", f"-P, {number.name} means nothing", pauses("-P", number=number), ours=None)


def pause_reaps(init):
    with Pid1("-c", f"(sleep 0.1 &) ; exec {init} -P", init=("sh",)) as c:
        until(lambda: Pid1.status(c.pid, "Name") == "catatonit" and c.children() == [])
        return True


case("catatonit", "-P reaps", pause_reaps, ours=True)

# --- what PROGRAM finds ---

for field in ("group", "session", "terminal", "cwd"):
    case(INITS, f"{field} of PROGRAM", looks(field=field))
    case("dumb-init", f"{field} of PROGRAM with -c", looks("-c", field=field))
for field in ("SigBlk", "SigIgn"):
    case(("tini", "dumb-init"), f"{field} of PROGRAM, inherited", looks(field=field, via=[*AS, "bi"]))
    case("catatonit", f"{field} of PROGRAM", looks(field=field, via=[*AS, ""]), *(
        ("SIGTSTP, SIGTTIN and SIGTTOU stay blocked: Ctrl-Z is dead", ["0000000000380000"], ["0000000000000000"]) if field == "SigBlk" else ()))
case("dumb-init", "SigIgn of PROGRAM with -c", looks("-c", field="SigIgn", via=[*AS, "bi"]), ours=["0000000000000000"])
HOLD = [sys.executable, "-c", "import os, sys; [os.dup2(os.open('/dev/null', 0), fd) for fd in (7, 9)]; os.execvp(sys.argv[1], sys.argv[1:])"]
case(INITS, "descriptors of PROGRAM", looks(field="descriptor", via=HOLD), ours=["7", "9"])


def environment(init):
    with Pid1("--", "env", init=(init,), env={"PATH": os.environ["PATH"], "A": "", "B": "1", "KINGLET_USER": "5", "KINGLET_EXPAND": "1", "TINI_X": "${B}"}, wrap=()) as c:
        c.wait()
        return [line for line in c.output.splitlines() if not line.startswith(("[WARN", "Zombie", "To fix"))]


case(INITS, "the environment, KINGLET_ variables among it, is PROGRAM's alone", environment)


def holds(what):
    """What the init itself holds while PROGRAM runs."""
    def observe(init):
        with Pid1("--", LOOK, init=(*HOLD, init), wrap=(), cwd=FOLDER) as c:
            c.expect("looked")
            def held():
                if what == "cwd":
                    return os.readlink(f"/proc/{c.pid}/cwd") != "/"
                return bool(set(os.listdir(f"/proc/{c.pid}/fd")) & {"7", "9"})
            try:
                until(lambda: not held(), 0.3)
            except AssertionError:
                pass
            found = held()
            c.signal(signal.SIGKILL, c.children()[0])
            c.wait()
            return found
    return observe


case(("tini", "catatonit"), "holds its working directory", holds("cwd"), "a mount cannot be unmounted while PROGRAM runs", True, False)
case("dumb-init", "holds its working directory", holds("cwd"), ours=False)
case(("tini", "dumb-init"), "holds what only PROGRAM was given", holds("descriptor"), "a socket is not closed when PROGRAM closes it", True, False)
case("catatonit", "holds what only PROGRAM was given", holds("descriptor"), ours=False)


def socket_activation(init):
    """Whether PROGRAM is the one that LISTEN_PID names (sd_listen_fds)."""
    with Pid1("-c", f'exec 3</dev/null; LISTEN_PID=$$; export LISTEN_PID; exec {init} -- sh -c \'[ "$LISTEN_PID" = $$ ]\'', init=("sh",), wrap=(),
              env=clean_env({"LISTEN_FDS": "1"})) as c:
        return c.wait()


case("catatonit", "LISTEN_PID", socket_activation, ours=0)
case(("tini", "dumb-init"), "LISTEN_PID", socket_activation, "sockets are passed, and LISTEN_PID says they are another's", 1, 0)


def writes_to_pid1(init):
    """What cron jobs and access logs do: to PID 1's standard output, without the capability SYS_PTRACE."""
    with Pid1("--", "sh", "-c", "echo logged > /proc/1/fd/1",
              init=("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", init)) as c:
        return c.wait(), "logged" in c.output


case(INITS, "/proc/1/fd/1 can be written to", writes_to_pid1, ours=(0, True))

# --- signals ---

USUAL = [1, 2, 3, 10, 12, 13, 14, 16, 23, 24, 25, 26, 27, 28, 29, 30, 15]
case(INITS, "signals that reach PROGRAM", hears(signals=USUAL), ours=USUAL)
case(INITS, "real-time signals", hears(signals=[34, 40, 64, 15]))
case("tini", "signals of a fault, sent", hears(signals=[4, 5, 6, 7, 8, 11, 31, 15]), "a signal that is sent is not passed on", [None] * 7 + [15], [4, 5, 6, 7, 8, 11, 31, 15])


def stopped_and_terminated(init):
    """TERM for a PROGRAM that is stopped: the status, or None where it hangs."""
    with Pid1("--", "sleep", "50", init=(init,)) as c:
        child = until(lambda: [p for p in c.children() if Pid1.status(p, "Name") == "sleep"])[0]
        os.kill(child, signal.SIGSTOP)
        until(lambda: Pid1.status(child, "State").startswith("T"))
        c.signal(signal.SIGTERM)
        try:
            return c.process.wait(0.5)
        except subprocess.TimeoutExpired:
            return None


case(INITS, "SIGTERM for a stopped PROGRAM", stopped_and_terminated, "it is left pending for ever", None, 143)


def without_reaping(init):
    with Pid1("--", "sleep", "0.1", init=(*AS, "c", init), wrap=()) as c:  # one that is gone at once is another failure there
        try:
            return c.process.wait(0.7)
        except subprocess.TimeoutExpired:
            c.signal(signal.SIGKILL)
            return None


case(("tini", "catatonit"), "SIGCHLD ignored on entry", without_reaping, "it hangs for ever", None, 0)
case("dumb-init", "SIGCHLD ignored on entry", without_reaping, ours=0)


def not_permitted(init):
    """A signal for a PROGRAM of another user, from a root without the capability KILL: what the status is."""
    with Pid1("--", "setpriv", "--reuid", "10001", "--clear-groups", CATCH, init=("setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill", init)) as c:
        c.expect("ready")
        c.signal(signal.SIGUSR1)
        try:
            return c.process.wait(0.5)
        except subprocess.TimeoutExpired:
            return "lives"


case("tini", "a signal that may not be passed on", not_permitted, "it dies, and the container with it", 1, "lives")
case("dumb-init", "a signal that may not be passed on", not_permitted, ours="lives")


# --- what is left when PROGRAM ends ---

LEAVES = "sh -c 'trap \"echo cleaned; exit\" TERM; echo ready >&2; while :; do sleep 0.02; done' {}& sleep 0.2; exit 4"


def left(as_pid1):
    def observe(init):
        with Pid1("--", "sh", "-c", LEAVES.format("") if as_pid1 else LEAVES.format(">/dev/null 2>&1 ") , init=(init,), wrap=NAMESPACE if as_pid1 else (),
                  env=clean_env({"TINI_SUBREAPER": "1"})) as c:
            return c.wait(), "cleaned" in c.output
    return observe


case(INITS, "what PROGRAM leaves", left(True), "it is killed without a chance to clean up",
     {"tini": (4, False), "catatonit": (4, False), "dumb-init": LUCK}, (4, True))


def survivors(init):
    """Not PID 1: whether a process that PROGRAM leaves lives on."""
    with Pid1("--", "sh", "-c", "sleep 5 >/dev/null 2>&1 & echo $!; exit 4", init=(init,), wrap=(), env=clean_env({"TINI_SUBREAPER": "1"})) as c:
        status = c.wait()
    pid = int(re.search(r"^(\d+)$", c.output, re.M).group(1))
    try:
        until(lambda: Pid1.status(pid, "State") in (None, "Z (zombie)"), 0.3)
        return status, False
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        return status, True


case(("tini", "catatonit"), "not PID 1: what PROGRAM leaves lives on", survivors, ours=(4, True))
case("dumb-init", "not PID 1: the session that PROGRAM leaves is terminated", survivors, ours=(4, False))

# --- terminals ---


class Session:
    """A terminal that is closed whatever happens."""

    def __init__(self, *argv, pid1):
        self.terminal = Terminal([*(NAMESPACE + LEADER if pid1 else []), *argv])

    def __enter__(self):
        return self.terminal

    def __exit__(self, *_):
        self.terminal.close()


def at_terminal(*options, field):
    def observe(init):
        with Session(init, *options, "--", LOOK, "end", pid1=True) as t:
            found = t.expect(rf"{field} ([^\n]*)\n").group(1)
            t.expect("looked")
            return found, t.wait()
    return observe


for field in ("terminal", "group", "session"):
    case(INITS, f"{field} of PROGRAM on a terminal", at_terminal(field=field))
    case("dumb-init", f"{field} of PROGRAM on a terminal with -c", at_terminal("-c", field=field))


def interrupted(init):
    """Ctrl-C: how often PROGRAM hears of it, and its status."""
    with Session(init, "--", CATCH, pid1=True) as t:
        t.expect("ready")
        t.key("\x03")
        t.expect("got 2\n")
        t.key("\x1c")
        t.expect("got 3\n")
        os.kill(Pid1._children(Pid1._children(t.pid)[0])[0], signal.SIGTERM)
        return t.wait(), "got 2" in t.seen


case(INITS, "Ctrl-C reaches PROGRAM once", interrupted, ours=(9, False))


def nothing_at_start(init):
    """No signal comes of the handing over of a terminal."""
    with Session(init, "--", CATCH, pid1=True) as t:
        t.expect("ready")
        os.kill(Pid1._children(Pid1._children(t.pid)[0])[0], signal.SIGTERM)
        t.expect("got 15")
        return t.wait()


case(INITS, "no SIGHUP at the start", nothing_at_start, ours=9)


def job_control(init):
    """Ctrl-Z and fg of PROGRAM below a shell. It does not read: below dumb-init it could, beside the shell."""
    with Session("bash", "--norc", "-i", pid1=False) as t:
        t.expect("ready> ")
        t.key(f"{init} {'-s' if init.endswith('tini') else ''} -- bash -c \"trap 'echo contin''ued' CONT; echo beg''un; while :; do sleep 0.02; done\"\n")
        t.expect("begun")
        t.key("\x1a")
        try:
            t.expect("Stopped", 0.7)
        except AssertionError:
            return "hangs"
        t.expect("ready> ")
        t.key("fg\n")
        t.expect("continued")
        t.interrupt("ready> ")
        return "comes back"


case(("tini", "catatonit"), "Ctrl-Z and fg below a shell", job_control, "it hangs: the shell does not hear of it", "hangs", "comes back")
case("dumb-init", "Ctrl-Z and fg below a shell", job_control, ours="comes back")


def lone_suspend(init):
    """Ctrl-Z on a lone program as PID 1: whether it still answers."""
    with Session(init, "--", sys.executable, "-uc", "print('begun')\nwhile True: print('read', input())", pid1=True) as t:
        t.expect("begun")
        t.key("\x1a")
        t.key("one\n")
        try:
            t.expect("read one", 1)
            return "answers"
        except AssertionError:
            return "hangs"


case("tini", "Ctrl-Z on a lone PROGRAM", lone_suspend, "nobody is there to continue it", "hangs", "answers")
case("catatonit", "Ctrl-Z on a lone PROGRAM", lone_suspend)
case("dumb-init", "Ctrl-Z on a lone PROGRAM", lone_suspend, ours="answers")


def odd_input(redirection):
    def observe(init):
        with Session("sh", "-c", f"exec {init} -- sh -c 'echo begun; exit 4' {redirection}", pid1=True) as t:
            return t.wait()
    return observe


case("tini", "standard input closed", odd_input("<&-"), "it dies of it", 1, 4)
case(("dumb-init", "catatonit"), "standard input closed", odd_input("<&-"), ours=4)
for redirection in ("</dev/null", "</dev/zero", "</etc/passwd"):
    case(INITS, f"standard input {redirection}", odd_input(redirection))

# --- gosu ---

SHOW = ("sh", "-c", "id -u; id -g; id -G; echo $HOME; grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status")
for spec in ("10001:10002", "33:33", "0:0", "0", "10001:0", "33:5", "65534:65534", "2147483647:1"):
    case("gosu", spec, ends(spec, *SHOW, lines=r"^.+$"))
case("gosu", "HOME is that of the user", ends("33:33", "sh", "-c", "echo $HOME", lines="^.+$", env={"HOME": "/somewhere"}), ours=(0, ["/var/www"]))
case("gosu", "HOME of a user that is not listed", ends("10001:10001", "sh", "-c", "echo $HOME", lines="^.+$", env={"HOME": "/root"}), ours=(0, ["/"]))
for spec in ("-1", "4294967296", "99999999999", "2147483648", "nobody-there", "0x10", "1:nobody-there", "1:-1", "1:4294967296"):
    case("gosu", f"refuses {spec}", ends(spec, "true"), ours=1)
case("gosu", "exit status", ends("10001:10001", "sh", "-c", "exit 77"), ours=77)
case("gosu", "is gone: one process, the same pid", lambda init: len(Pid1(*["10001:10001", "sh", "-c", "ps -o pid= --ppid $PPID"], init=(init,), wrap=()).process.communicate()[0].split()) < 3)
case("gosu", "descriptors", lambda init: ends("10001:10001", LOOK, "end", lines="^descriptor .*$", via=HOLD)(init), ours=(0, ["descriptor 7", "descriptor 9"]))
case("gosu", "blocked signals", ends("10001:10001", LOOK, "end", lines="^SigBlk.*$", via=[*AS, "b"]))
case("gosu", "ignored signals", ends("10001:10001", LOOK, "end", lines=r"^SigIgn:\s+(.*)$", via=[*AS, "i"]), "the runtime resets SIGUSR2 and the like",
     (0, ["0000000000200001"]), (0, ["0000000000200801"]))
case("gosu", "words behind UID are PROGRAM's", ends("10001:10001", "--", "true"), ours=1)
case("gosu", "UID alone", ends("10001", "id", "-g", lines="^.+$"), "a user that is not listed gets root's group", (0, ["0"]), (0, ["10001"]))
for spec in ("", ":", ":5"):
    case("gosu", f"'{spec}'", ends(spec, "true"), "a variable that is not set makes it root", 0, 1)
case("gosu", "10001:", ends("10001:", "true"), "a variable that is not set makes it root's group", 0, 1)
case("gosu", "10001:1:2", ends("10001:1:2", "true"), "what stands behind the gid is not looked at", 0, 1)
case("gosu", "+5", ends("+5:5", "true"), "a sign is taken", 0, 1)
case("gosu", "a user's name", ends("nobody", "true"), "names need /etc/passwd", 0, 1)
case("gosu", "another user may not", ends("10002:10002", "true", via=["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups"]), ours=1)
case("gosu", "is that user already", ends("10001:10001", "true", via=["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups"]),
     "it fails where there is nothing to change", 1, 0)


def judge(c):
    """Raises where a case does not come out as it must. Returns whether it agreed."""
    theirs, ours = c.observe(PEERS[c.peer]), c.observe(f"{FOLDER}/{c.peer}")
    expected, wanted = (v.get(c.peer) if isinstance(v, dict) else v for v in (c.theirs, c.ours))
    if c.bug and (expected is not None or not isinstance(c.theirs, dict)):
        assert expected is LUCK or theirs == expected, f"{c.peer} itself has changed: {theirs!r}"
        assert ours == wanted, f"Kinglet: {ours!r}"
        return False
    assert wanted is None or ours == wanted, f"Kinglet: {ours!r}; {c.peer}: {theirs!r}"
    assert theirs == ours, f"{c.peer}: {theirs!r}; Kinglet: {ours!r}"
    return True


@pytest.mark.parametrize("c", CASES, ids=[f"{c.peer}: {c.name}" for c in CASES])
def test_side_by_side(c):
    judge(c)


@pytest.mark.parametrize("options", [["tini", "-g", "--"], ["dumb-init"], ["catatonit", "-g", "--"]])
def test_sigterm_as_soon_as_there_is_a_child(options):
    """The peers send it to a group that is not there yet, and lose it: tests/bench/early_term.py counts how often."""
    for _ in range(15):
        with Pid1(*options[1:], "sleep", "50", init=(f"{FOLDER}/{options[0]}",)) as c:
            until(lambda: c.children())
            c.signal(signal.SIGTERM)
            assert c.wait() == 143


def test_catatonit_lives_on_when_a_signal_may_not_be_passed_on():
    """The peer dies of it in some of the tries, which is nothing to compare with."""
    assert {not_permitted(f"{FOLDER}/catatonit") for _ in range(3)} == {"lives"}


@pytest.mark.parametrize("name,version", [("docker-init", "tini version 0.19.0 (kinglet "), ("podman-init", "tini version 0.1.7_catatonit (kinglet ")])
def test_what_engines_call_them(name, version):
    assert subprocess.check_output([f"{FOLDER}/{name}", "--version"], text=True).startswith(version)
    assert ends("--", "sh", "-c", "exit 3", lines="^.+$", pid1=True)(f"{FOLDER}/{name}") == (3, [])


SU_EXEC = f"{FOLDER}/su-exec"


def test_su_exec_becomes_program():
    status, lines = ends("10001:10002", *SHOW, lines="^.+$", env={"HOME": "/root"})(SU_EXEC)
    assert status == 0 and lines[:4] == ["10001", "10002", "10002", "/"]
    assert "CapPrm:\t0000000000000000" in lines and "CapEff:\t0000000000000000" in lines and "NoNewPrivs:\t0" in lines
    assert ends("33", "id", "-g", lines="^.+$")(SU_EXEC) == (0, ["33"])
    assert ends("0", "id", "-u", lines="^.+$")(SU_EXEC) == (0, ["0"])
    assert ends("10001", "sh", "-c", "exit 77")(SU_EXEC) == 77


@pytest.mark.parametrize("argv,says", [
    (["", "id"], "'': an id is missing"), ([":", "id"], "':': an id is missing"), (["10001:", "id"], "'10001:': an id is missing"),
    (["4294967296", "id"], "'4294967296': an id is at most 2147483647"), (["0x0", "id"], "ids are decimal numbers"),
    (["root", "id"], "'root': ids are decimal numbers"), (["10001"], "usage: su-exec"), ([], "usage: su-exec"),
    (["10001", "/nonexistent"], "/nonexistent: No such file or directory"), (["10001", "/etc/passwd"], "/etc/passwd: Permission denied")])
def test_su_exec_refuses(argv, says):
    status, lines = ends(*argv, lines="^.+$")(SU_EXEC)
    assert status == 1 and len(lines) == 1 and says in lines[0]


def test_su_exec_without_the_capabilities_for_it():
    status, lines = ends("10001", "id", lines="^.+$", via=["setpriv", "--bounding-set", "-setuid", "--inh-caps", "-setuid"])(SU_EXEC)
    assert status == 1 and "SETUID and SETGID" in lines[0]


def table():
    count = collections.Counter()
    named, wrong = collections.defaultdict(list), []
    for c in CASES:
        count[c.peer, "cases"] += 1
        try:
            agreed = judge(c)
        except Exception as e:  # whatever it is, it is the case's result
            count[c.peer, "otherwise"] += 1
            wrong.append(f"{c.peer}: {c.name}: {e}")
            continue
        count[c.peer, "agreed" if agreed else "purpose"] += 1
        if not agreed:
            named[c.bug].append(f"{c.peer} ({c.name})")
    print(f"{'peer':12} {'cases':>6} {'agreed':>7} {'differing on purpose':>21} {'differing otherwise':>20}")
    for peer in PEERS:
        print(f"{peer:12} {count[peer, 'cases']:6} {count[peer, 'agreed']:7} {count[peer, 'purpose']:21} {count[peer, 'otherwise']:20}")
    print("\ndiffering on purpose, by what is not kept:")
    for bug, where in named.items():
        print(f"- {bug}: {', '.join(where)}")
    for line in wrong:
        print("OTHERWISE", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(table())

"""The main job: start, signals, reaping, exit status, refusals."""
import os
import re
import signal
import time

import pytest
from pid1 import KINGLET, Pid1, compile_c, run, until

CATCH = compile_c(r"""
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
/* says which signals come, one a line; SIGTERM ends it with 9 */
int main(void) {
    sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
    /* the C library keeps 32 and 33 for itself */
    puts("ready"); fflush(stdout);
    for (;;) { siginfo_t i; int s = sigwaitinfo(&all, &i); if (s < 0) continue; printf("got %d\n", s); fflush(stdout); if (s == SIGTERM) return 9; }
}
""")
DIE = compile_c(r"""
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
/* raises signal N at default disposition, or exits with code N - 1000 */
int main(int c, char **v) {
    int n = atoi(v[1]);
    if (n >= 1000) _exit(n - 1000);
    unsigned long none[1] = {0};
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, 0, 8);
    syscall(SYS_kill, getpid(), n);
    for (;;) pause();
}
""")
ORPHANS = compile_c(r"""
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int c, char **v) {
    for (int i = atoi(v[1]); i > 0; i--) {
        pid_t p = fork();
        if (p == 0) { if (fork() == 0) _exit(i & 127); _exit(0); }
        if (p < 0) { usleep(1000); i++; continue; }
        waitpid(p, 0, 0);
    }
    _exit(atoi(v[2]));
}
""")


@pytest.mark.timeout(300)
def test_all_256_exit_codes():
    with Pid1("-c", f'for i in $(seq 0 255); do {KINGLET} -- {DIE} $((1000+i)); [ $? = $i ] || echo wrong $i; done; echo done',
              init=("sh",)) as c:
        c.expect("done")
        assert "wrong" not in c.output
    for code in (0, 1, 69, 125, 126, 127, 128, 143, 255):
        assert run("--", DIE, str(1000 + code))[0] == code


def test_death_by_every_signal():
    ignored = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN,
               signal.SIGTTOU}
    deadly = [s for s in range(1, 65) if s not in ignored]
    script = "; ".join(f'{KINGLET} -- {DIE} {s}; [ $? = {128 + s} ] || echo wrong {s}' for s in deadly)
    with Pid1("-c", f"ulimit -c 0; {script}; echo done", init=("sh",)) as c:
        c.expect("done")
        assert "wrong" not in c.output
    for s in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, 64):
        assert run("--", DIE, str(int(s)))[0] == 128 + s


def test_every_signal_is_passed_on():
    kept = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTERM, 32, 33}
    with Pid1("--", CATCH) as c:
        c.expect("ready")
        for s in range(1, 65):
            if s not in kept:
                c.signal(s)
                c.expect(f"^got {s}$")
        c.signal(signal.SIGTERM)
        assert c.wait() == 9


def test_signals_the_c_library_keeps_for_itself_are_passed_on_too():
    for s in (32, 33):
        with Pid1("--", "sleep", "100") as c:
            c.ready()
            c.signal(s)
            assert c.wait() == 128 + s


def test_no_signal_that_comes_early_is_lost():
    """From the first instruction: a SIGTERM that comes as soon as PID 1 has blocked signals reaches PROGRAM."""
    for i in range(50):
        with Pid1(*(["-g"] if i % 2 else []), "--", "sleep", "100") as c:
            pid = c.pid
            until(lambda: c.has_blocked_signals(pid) or c.children())
            c.signal(signal.SIGTERM)
            assert c.wait() == 143


def test_ten_thousand_orphans():
    with Pid1("--", "sh", "-c", f"{ORPHANS} 10000 0; echo swept; read x; exit 5", stdin=-1) as c:
        c.expect("swept", 100)
        until(lambda: len(c.children()) == 1, what="zombies are left")
        c.process.stdin.write(b"\n")
        c.process.stdin.flush()
        assert c.wait() == 5


def test_idle_costs_nothing():
    with Pid1("--", "sleep", "100") as c:
        c.ready()
        pid = c.pid

        def switches():
            return int(c.status(pid, "voluntary_ctxt_switches")), int(c.status(pid, "nonvoluntary_ctxt_switches"))

        # asleep once the number no longer moves
        last = [None, 0]

        def settled():
            now = switches()
            last[1] = last[1] + 1 if now == last[0] else 0
            last[0] = now
            return last[1] > 50

        until(settled)
        before = switches()
        time.sleep(10)  # the claim is about ten seconds
        assert switches() == before


def test_program_gets_mask_and_dispositions_as_they_came():
    launcher = compile_c(r"""
#include <signal.h>
#include <unistd.h>
int main(int c, char **v) {
    sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1); sigaddset(&s, SIGTERM); sigprocmask(SIG_SETMASK, &s, 0);
    signal(SIGPIPE, SIG_IGN); signal(SIGCHLD, SIG_IGN); signal(SIGHUP, SIG_IGN);
    execvp(v[1], v + 1); return 1;
}
""")
    direct = run(launcher, "grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status", init=(), wrap=())
    through = run(launcher, KINGLET, "--log-level", "error", "--", "grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status", init=(), wrap=())
    assert direct == through
    assert direct[0] == 0


def test_ignored_sigchld_on_entry_does_not_hang():
    status, _ = run("-c", f"trap '' CHLD; exec {KINGLET} -- sh -c 'exit 3'", init=("bash",))
    assert status == 3


@pytest.mark.parametrize("program,status,words", [
    ("/nonexistent", 127, "no such file"),
    ("nonexistent", 127, "no such file"),
    ("/tmp", 126, "permission denied"),
    ("/etc/passwd", 126, "permission denied"),
])
def test_what_cannot_be_executed(program, status, words):
    code, output = run("--", program)
    assert code == status
    assert re.fullmatch(rf"kinglet: error: {program}: cannot be executed: {words}.*\n", output.split("\n", 1)[1] if "warn" in output else output)


def test_program_is_looked_for_in_its_own_path(tmp_path):
    """PATH as PROGRAM will see it; what may not be executed is passed over, and told of when nothing else is found."""
    for folder, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool").write_text("#!/bin/sh\nexit 7\n")
        (tmp_path / folder / "tool").chmod(mode)
    assert run("--default", f"PATH={tmp_path}/none:{tmp_path}/first:{tmp_path}/second", "--", "tool", env={}, wrap=())[0] == 7
    status, output = run("--default", f"PATH={tmp_path}/first:{tmp_path}/none", "--", "tool", env={}, wrap=())
    assert status == 126 and "permission denied" in output
    assert run("--", "tool", env={"PATH": ":/none"}, wrap=(), cwd=tmp_path / "second")[0] == 7
    assert run("--", "true", env={}, wrap=())[0] == 0
    assert run("--", "", env={"PATH": "/usr/bin"}, wrap=())[0] == 127


def test_a_script_without_an_interpreter_line_is_not_run(tmp_path):
    script = tmp_path / "script"
    script.write_text("echo it ran\n")
    script.chmod(0o755)
    code, output = run("--", str(script))
    assert code == 126 and "exec format error" in output and "it ran" not in output


BAD = [
    (["--nonsense", "true"], "--nonsense: unknown option"),
    (["-z", "true"], "-z: unknown option"),
    (["--user"], "--user: a value is missing"),
    (["--stop-delay", "5x", "true"], "--stop-delay: '5x' is not a duration"),
    (["--stop-delay", "x", "true"], "--stop-delay: 'x' is not a duration"),
    (["--stop-delay", "99999999h", "true"], "too long a duration"),
    (["--stop-signal", "NOPE", "true"], "--stop-signal: 'NOPE' is not a signal"),
    (["--stop-signal", "KILL", "true"], "--stop-signal: SIGKILL cannot be waited for"),
    (["--rewrite", "KILL:TERM", "true"], "--rewrite: 'KILL:TERM': that signal never comes"),
    (["--rewrite", "STOP:TERM", "true"], "--rewrite: 'STOP:TERM': that signal never comes"),
    (["--rewrite", "15:2junk", "true"], "--rewrite: '15:2junk' is not FROM:TO"),
    (["-e", "256", "true"], "--success: '256' is not an exit code"),
    (["-g", "-c", "true"], "contradict each other"),
    (["--restart", "sometimes", "true"], "--restart: 'sometimes' is none of"),
    (["--health-on-failure", "stop", "true"], "--health-on-failure needs a --health TARGET"),
    (["--log-level", "loud", "true"], "--log-level: 'loud' is none of error|warn|info|debug"),
    (["--default", "secret", "true"], "--default: 'secret...' is not NAME=VALUE"),
    (["--require", "PORT:number", "true"], "--require: 'PORT:number' is not NAME[:TYPE]"),
    (["--health", "ftp://x", "true"], "target 'ftp://x' has an unknown scheme"),
    (["--wait-for", "tcp://db", "true"], "target 'tcp://db' needs a port"),
    ([], "PROGRAM is missing"),
    *[(["--user", user, "true"], f"--user: '{user}'") for user in
      ("app", "", ":1000", "1000:", "-1", "+5", " 5", "0x10", "4294967296", "1000:4294967296", "0")],
]


@pytest.mark.parametrize("argv,words", BAD, ids=[" ".join(a) or "nothing" for a, _ in BAD])
def test_bad_usage_is_one_line_and_125(argv, words, tmp_path):
    mark = tmp_path / "started"
    argv = [str(mark) if a == "true" else a for a in argv]
    mark.write_text("#!/bin/sh\necho started\n")
    mark.chmod(0o755)
    status, output = run(*argv)
    assert status == 125
    assert output.startswith("kinglet: error: ") and output.count("\n") == 1
    assert words in output and "started\n" not in output.splitlines()


def test_everything_that_is_wrong_is_told_at_once():
    status, output = run("--user", "app", "--require", "A,B:port,C:a|b", "--stop-delay", "1y", "--bogus", "--", "true",
                         env={"B": "hunter2", "C": "hunter3"})
    assert status == 125 and output.count("\n") == 1
    for words in ("--user: 'app'", "A: required, but not set", "B: required to be of type port", "C: required to be one of a|b",
                  "'1y'", "--bogus"):
        assert words in output
    assert "hunter" not in output


def test_options_from_the_environment_and_the_command_line_wins():
    env = {"KINGLET_REQUIRE": "ONE TWO", "KINGLET_PORT": "tcp://10.0.0.1:80", "KINGLET_SERVICE_HOST": "10.0.0.1"}
    status, output = run("--", "true", env=env)
    assert status == 125 and "ONE: required" in output and "TWO: required" in output
    assert run("--require", "ONE", "--", "true", env={**env, "ONE": "1", "PATH": os.environ["PATH"]})[0] == 0
    status, output = run("--", "true", env={"KINGLET_STOP_DELAY": "soon"})
    assert status == 125 and "KINGLET_STOP_DELAY: 'soon' is not a duration" in output


def test_a_container_of_non_utf8_and_control_bytes_is_shown_escaped():
    _, output = run("--", b"/no\x1b[31m\xff")
    assert "/no\\x1b[31m\\xff" in output


def test_full_standard_error_does_not_stop_pid1():
    """A pipe that nobody reads is full; the warning of each orphan must not block the loop."""
    read, write = os.pipe()
    try:
        os.set_blocking(write, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(write, b"x" * 65536)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(write, b"x")
        os.set_blocking(write, True)
        import subprocess
        p = subprocess.Popen([*("unshare --pid --fork --mount-proc --kill-child".split()), KINGLET, "-w", "--", "sh", "-c",
                              f"{ORPHANS} 50 0; exit 4"], stderr=write, stdin=subprocess.DEVNULL)
        assert p.wait(20) == 4
    finally:
        os.close(read)
        os.close(write)


def test_closed_standard_error_is_nothing():
    assert run("-c", f"exec {KINGLET} -w -- sh -c '{ORPHANS} 5 0; exit 4' 2>&-", init=("sh",))[0] == 4
    # nobody at the other end: the SIGPIPE is ours, and PROGRAM must not get it
    status, _ = run("-c", f"exec {KINGLET} -w -- sh -c '{ORPHANS} 5 0; sleep 0.1; exit 4' 2> >(exit)", init=("bash",))
    assert status == 4


def test_version_and_help_fit_a_screen():
    assert re.fullmatch(r"kinglet \d+\.\d+\.\d+\n", run("--version", wrap=())[1])
    for words in (["--help"], ["check", "--help"]):
        status, output = run(*words, wrap=())
        assert status == 0 and len(output.splitlines()) <= 24 and all(len(line) <= 80 for line in output.splitlines())

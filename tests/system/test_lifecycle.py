"""The traps that inits fall into: one test each, that fails on an init that has it."""
import os
import re
import signal
import subprocess
import time

import pytest
from pid1 import KINGLET, Pid1, compile_c, run, until

# Says what comes, and ends when told to: slow N needs N ms for its clean-up on SIGTERM.
SLOW = compile_c(r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static const char *name; static int ms;
static void say(const char *what) { char b[80]; int n = snprintf(b, sizeof b, "%s %s\n", name, what); if (write(1, b, n) < 0) _exit(99); }
static void term(int s) { (void)s; usleep(ms * 1000); say("clean"); _exit(0); }
/* slow MS GENERATIONS: a tree, each with a child, all with a handler */
int main(int c, char **v) {
    ms = atoi(v[1]); int left = atoi(v[2]); static char n[16]; snprintf(n, sizeof n, "generation%d", left); name = n;
    signal(SIGTERM, term);
    if (left > 1 && fork() == 0) { char b[16]; snprintf(b, sizeof b, "%d", left - 1); execl(v[0], v[0], v[1], b, (char *)0); }
    say("ready");
    if (c > 3) { usleep(atoi(v[3]) * 1000); _exit(7); }
    for (;;) pause();
}
""")
STUBBORN = ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done"]


def test_three_generations_all_clean_up():
    with Pid1("--sweep-timeout", "10s", "--", SLOW, "300", "3") as c:
        c.expect("generation1 ready")
        c.signal(signal.SIGTERM)
        assert c.wait() == 0
        assert all(f"generation{g} clean" in c.output for g in (1, 2, 3)), c.output


def test_what_program_leaves_is_asked_to_stop_first():
    """PROGRAM exits by itself; its child still gets its SIGTERM and the time to obey it (trap 17)."""
    with Pid1("--sweep-timeout", "10s", "--", SLOW, "200", "2", "300") as c:
        assert c.wait() == 7
        assert "generation1 clean" in c.output


def test_stragglers_that_do_not_obey_are_killed_after_the_sweep_timeout():
    began = time.monotonic()
    status, output = run("--sweep-timeout", "300ms", "--", "sh", "-c", "(trap '' TERM; sleep 100) & sleep 0.2; exit 3")
    assert status == 3 and 0.3 <= time.monotonic() - began < 8
    assert "do not stop: killing them" in output


def test_nothing_is_waited_for_where_nothing_is_left():
    began = time.monotonic()
    assert run("--sweep-timeout", "1h", "--", "true")[0] == 0
    assert time.monotonic() - began < 5


def test_stop_timeout():
    with Pid1("--stop-timeout", "500ms", "--", *STUBBORN) as c:
        c.expect("begun")
        began = time.monotonic()
        c.signal(signal.SIGTERM)
        assert c.wait() == 137
        assert 0.5 <= time.monotonic() - began < 5


def test_stop_delay_keeps_serving_and_a_second_signal_ends_it():
    with Pid1("--stop-delay", "60s", "--", "sh", "-c", "trap 'echo got TERM; exit 0' TERM; trap 'echo got HUP' HUP; echo begun; while :; do sleep 0.02; done") as c:
        c.expect("begun")
        c.signal(signal.SIGTERM)
        c.signal(signal.SIGHUP)
        c.expect("got HUP")
        assert "got TERM" not in c.output
        c.signal(signal.SIGTERM)
        c.expect("got TERM")
        assert c.wait() == 0
    with Pid1("--stop-delay", "300ms", "--", "sleep", "100") as c:
        c.ready()
        began = time.monotonic()
        c.signal(signal.SIGTERM)
        assert c.wait() == 143 and time.monotonic() - began >= 0.3


def test_a_stopped_program_can_obey():
    """Trap 4: a stopped child keeps its SIGTERM pending for ever, unless it is continued."""
    with Pid1("--", "sleep", "100") as c:
        child = c.ready().children()[0]
        os.kill(child, signal.SIGSTOP)
        until(lambda: (c.status(child, "State") or "").startswith("T"))
        c.signal(signal.SIGTERM)
        assert c.wait() == 143


@pytest.mark.parametrize("rewrite,sent,got", [("15:3", signal.SIGTERM, "QUIT"), ("TERM:QUIT", signal.SIGTERM, "QUIT"),
                                              ("HUP:USR1", signal.SIGHUP, "USR1"), ("RTMIN+1:USR2", 35, "USR2")])
def test_rewrite(rewrite, sent, got):
    with Pid1("-r", rewrite, "--", "bash", "-c", f"trap 'echo got {got}; exit 4' {got}; echo begun; while :; do sleep 0.02; done") as c:
        c.expect("begun")
        c.signal(sent)
        c.expect(f"got {got}")
        assert c.wait() == 4


def test_rewrite_to_nothing_swallows():
    with Pid1("-r", "USR1:0", "-r", "TERM:0", "--", "bash", "-c", "trap 'echo end; exit 6' HUP; echo begun; while :; do sleep 0.02; done") as c:
        c.expect("begun")
        c.signal(signal.SIGUSR1)
        c.signal(signal.SIGTERM)
        c.signal(signal.SIGHUP)
        c.expect("end")
        assert c.wait() == 6


def test_stop_signal():
    with Pid1("--stop-signal", "INT", "--stop-timeout", "300ms", "--", "bash", "-c", "trap '' INT; trap 'echo got TERM' TERM; echo begun; while :; do sleep 0.02; done") as c:
        c.expect("begun")
        c.signal(signal.SIGTERM)
        c.expect("got TERM")  # only passed on: no time-out runs
        c.signal(signal.SIGINT)
        assert c.wait() == 137


@pytest.mark.parametrize("flags,both", [(["-g"], True), ([], False)])
def test_group(flags, both):
    script = "trap 'echo parent' USR1; sh -c 'trap \"echo child\" USR1; echo ready; while :; do sleep 0.02; done' & wait; while :; do sleep 0.02; done"
    with Pid1(*flags, "--", "bash", "-c", script) as c:
        c.expect("ready")
        c.signal(signal.SIGUSR1)
        heard = {c.expect("child|parent").group() for _ in range(2 if both else 1)}
        assert heard == ({"child", "parent"} if both else {"parent"})
        if not both:  # whatever else was to come has come before this
            c.signal(signal.SIGUSR1)
            assert c.expect("child|parent").group() == "parent"


def test_success_codes():
    assert run("-e", "143", "-e", "7", "--", "sh", "-c", "exit 7")[0] == 0
    assert run("-e", "143,7", "--", "sh", "-c", "kill -TERM $$")[0] == 0
    assert run("-e", "143", "--", "sh", "-c", "exit 8")[0] == 8


def test_not_pid1_is_a_subreaper_by_itself():
    with Pid1("--", "sh", "-c", "(sleep 0.1; sleep 99 & exit) & exec sleep 100", wrap=()) as c:
        c.ready()
        until(lambda: len(c.children()) == 2, what="the orphan did not come to us")
        c.signal(signal.SIGTERM)
        assert c.wait() == 143


def test_not_pid1_stops_its_descendants_and_nobody_else():
    other = subprocess.Popen(["sleep", "100"])
    try:
        with Pid1("--sweep-timeout", "300ms", "--", "sh", "-c", "(trap '' TERM; exec sleep 987654) & echo begun; sleep 0.1; exit 5", wrap=()) as c:
            assert c.wait() == 5
        assert other.poll() is None
        assert subprocess.run(["pgrep", "-f", "sleep 987654"], stdout=subprocess.DEVNULL).returncode == 1
    finally:
        other.kill()
        other.wait()


def test_parent_death_signal():
    with Pid1("-c", f"{KINGLET} -p TERM -- sleep 100 & echo $!; wait", init=("sh",), wrap=()) as c:
        pid = int(c.expect(r"^(\d+)$").group(1))
        until(lambda: Pid1._children(pid))
        until(lambda: Pid1.status(Pid1._children(pid)[0], "Name") == "sleep")
        os.kill(c.process.pid, signal.SIGKILL)
        until(lambda: not os.path.exists(f"/proc/{pid}") or Pid1.status(pid, "State").startswith("Z"))


def test_descriptors_and_working_directory_are_not_pinned(tmp_path):
    """Trap 18: the init must not hold what only PROGRAM was given, and PROGRAM gets no descriptor by accident."""
    r, w = os.pipe()
    with Pid1("--", "sh", "-c", "ls -l /proc/self/fd; echo listed; exec sleep 100", cwd=tmp_path, pass_fds=(r, w)) as c:
        shown = c.expect(r"(?s)(.*)listed").group(1)
        assert f" {r} ->" not in shown and f" {w} ->" not in shown
        c.ready()
        pid = c.pid
        until(lambda: os.readlink(f"/proc/{pid}/cwd") == "/")
        assert set(os.listdir(f"/proc/{pid}/fd")) <= {"0", "1", "2"}
        assert os.readlink(f"/proc/{c.children()[0]}/cwd") == str(tmp_path)
    os.close(r)
    os.close(w)


def test_sockets_passed_on_purpose():
    script = '[ "$LISTEN_PID" = $$ ] && echo pid is right; ls /proc/self/fd; exec sleep 100'
    with Pid1("-c", f'exec 3</dev/null; exec {KINGLET} -- sh -c "$0"', script, init=("sh",),
              env={"LISTEN_FDS": "1", "LISTEN_PID": "1", "PATH": os.environ["PATH"]}) as c:
        c.expect("pid is right")
        c.expect(r"^3$")


def test_kill_with_eperm_is_not_fatal():
    """Trap 5: PID 1 is root without CAP_KILL, PROGRAM another user's."""
    with Pid1("-c", f"exec setpriv --bounding-set -kill --inh-caps -kill {KINGLET} -- setpriv --reuid 10001 --regid 10001 --clear-groups sleep 100",
              init=("sh",)) as c:
        child = c.ready().children()[0]
        until(lambda: (c.status(child, "Uid") or "").startswith("10001") and c.status(child, "Name") == "sleep")
        c.signal(signal.SIGUSR1)
        c.expect("SIGUSR1 could not be passed on: operation not permitted")
        assert c.process.poll() is None
        os.kill(child, signal.SIGTERM)
        assert c.wait() == 143


def test_denied_setpgid_prctl_and_ioctl_are_not_fatal():
    """Trap 14: a seccomp profile that denies what can be done without."""
    deny = compile_c(r"""
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
/* runs v[1]... with setpgid, setsid, ioctl and close_range failing with EPERM */
int main(int c, char **v) {
    static struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setpgid, 3, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsid, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 436, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
    struct sock_fprog p = { sizeof f / sizeof f[0], f };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) return 99;
    execvp(v[1], v + 1); return 98;
}
""")
    for flags in ([], ["-g"]):
        with Pid1(KINGLET, *flags, "--", "sleep", "100", init=(deny,)) as c:
            c.ready()
            c.signal(signal.SIGTERM)
            assert c.wait() == 143


def test_fork_that_fails_later_is_not_fatal():
    """RLIMIT_NPROC is used up by PROGRAM: a probe cannot be started, that is said, and the container lives."""
    with Pid1("-c", f"ulimit -u 3; exec {KINGLET} --user 54321 --health tcp://127.0.0.1:1 --health-interval 50ms "
              "-- bash -c 'sleep 100 & exec sleep 100'", init=("bash",)) as c:
        c.expect("a probe could not be started: resource unavailable")
        assert c.process.poll() is None
        os.kill(c.children()[0], signal.SIGTERM)
        c.wait()


def test_sleep_and_pause():
    began = time.monotonic()
    assert run("sleep", "0.2")[0] == 0 and time.monotonic() - began >= 0.2
    with Pid1("sleep", "100") as c:
        pid = c.pid
        until(lambda: c.status(pid, "Name") == "kinglet" and c.status(pid, "State").startswith("S"))
        c.signal(signal.SIGTERM)
        assert c.wait() == 143
    for s, status in ((signal.SIGTERM, 0), (signal.SIGINT, 0)):
        with Pid1("pause") as c:
            pid = c.pid
            until(lambda: c.status(pid, "Name") == "kinglet" and c.status(pid, "State").startswith("S"))
            c.signal(s)
            assert c.wait() == status
    for bad in (["sleep"], ["sleep", "5x"], ["sleep", "1", "2"], ["pause", "x"]):
        status, output = run(*bad)
        assert status == 125 and re.fullmatch(r"kinglet: error: .*\n", output)


def test_install(tmp_path):
    for target, made in ((tmp_path / "k", tmp_path / "k"), (tmp_path, tmp_path / "kinglet")):
        assert run("install", str(target), wrap=())[0] == 0
        assert made.read_bytes() == open(KINGLET, "rb").read() and os.stat(made).st_mode & 0o7777 == 0o755
    assert sorted(os.listdir(tmp_path)) == ["k", "kinglet"]
    status, output = run("install", str(tmp_path / "no" / "k"), wrap=())
    assert status == 125 and "no such file or directory" in output


@pytest.mark.timeout(300)
def test_fifty_thousand_orphans_while_signals_rain():
    source = compile_c(r"""
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int got; static void count(int s) { (void)s; got++; }
int main(int c, char **v) {
    signal(SIGUSR1, count);
    for (int i = atoi(v[1]); i > 0; i--) { pid_t p = vfork(); if (p == 0) { if (vfork() == 0) _exit(0); _exit(0); }
        if (p < 0) { i++; usleep(500); continue; } while (waitpid(p, 0, 0) < 0) {} if (i % 10 == 0) kill(1, SIGUSR1); }
    return got > 0 ? 42 : 41;
}
""")
    status, _ = run("--", source, "50000", seconds=100)
    assert status == 42

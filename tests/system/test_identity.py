"""Who PROGRAM is, from every state that a container can start in; and what of PID 1 it can get at."""
import os
import re
import shutil
import socket
import subprocess
import tempfile

import pytest
from pid1 import KINGLET, NAMESPACE, Pid1, compile_c, run

SHOW = ["grep", "-E", "^(Uid|Gid|Groups|Cap...|NoNewPrivs):", "/proc/self/status"]
DOCKER = "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap"
SETUID, SETGID, BIND = 1 << 7, 1 << 6, 1 << 10
# What PROGRAM can get of PID 1: `WHAT ok` or `WHAT errno`
SPY = compile_c(r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>
static void say(const char *what, long r) { if (r < 0) printf("%s %d\n", what, errno); else printf("%s ok\n", what); }
int main(void) {
    char b[64], *p = b; unsigned long a = 0; FILE *m;
    say("mem", open("/proc/1/mem", O_RDWR)); say("environ", open("/proc/1/environ", O_RDONLY)); say("fd", readlink("/proc/1/fd/0", b, 64));
    say("maps", (m = fopen("/proc/1/maps", "r")) == 0 || fscanf(m, "%lx", &a) != 1 ? -1 : 0);
    struct iovec l = {p, 64}, r = {(void *)a, 64}; say("vm", a == 0 ? (errno = EPERM, -1) : process_vm_readv(1, &l, 1, &r, 1, 0));
    say("cwd", readlink("/proc/1/cwd", b, 64)); say("ptrace", ptrace(PTRACE_SEIZE, 1, 0, 0));
    return 0;
}
""")


# where every user can execute it, wherever it was built
shutil.copy(KINGLET, os.path.dirname(SPY))
KINGLET = os.path.join(os.path.dirname(SPY), os.path.basename(KINGLET))


def caps(words):
    return ("setpriv", "--inh-caps", "-all", "--bounding-set", ",".join(["-all", *(f"+{w}" for w in words.split(",") if w)]))


def as_user(uid, gid, groups=None, *more):
    return ("setpriv", "--reuid", str(uid), "--regid", str(gid), *(["--groups", groups] if groups else ["--clear-groups"]), *more)


def mapped(count):
    """A user namespace in which the ids from 0 are mapped, as the engines do it: by newuidmap where it is more than one."""
    if count == 1:
        return ["unshare", "--user", "--map-root-user", *NAMESPACE[1:]]
    script = ('d=$(mktemp -d) && echo root:100000:65536 >$d/ids && mount --bind $d/ids /etc/subuid && mount --bind $d/ids /etc/subgid && rm -r $d 2>/dev/null; '
              f'exec unshare --user --map-users=100000,0,{count} --map-groups=100000,0,{count} --setuid 0 --setgid 0 {" ".join(NAMESPACE[1:])} "$@"')
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


ROOT_DROPPED = {"Uid": "10001", "Gid": "10001", "Groups": "10001", "CapPrm": 0, "CapEff": 0, "CapInh": 0, "CapAmb": 0, "CapBnd": 0, "NoNewPrivs": "1"}
REFUSED = 125
TO = ["--user", "10001:10001"]
# name, what stands before the init, the namespace, options; the exit status or what PROGRAM is; what is said
MATRIX = [
    ("full root", (), NAMESPACE, TO, ROOT_DROPPED, []),
    ("Docker's default capabilities", caps(DOCKER), NAMESPACE, TO, ROOT_DROPPED, []),
    ("Docker's default, no-new-privileges", (*caps(DOCKER), "--no-new-privs"), NAMESPACE, TO, ROOT_DROPPED, []),
    ("root, cap-drop ALL", caps(""), NAMESPACE, TO, REFUSED, ["setresgid: operation not permitted", "add the capabilities SETUID and SETGID (--cap-add)"]),
    ("the same with foreign groups", (*caps(""), "--groups", "4,27"), NAMESPACE, TO, REFUSED, ["setgroups", "--groups keep", "SETUID and SETGID"]),
    ("root, SETUID and SETGID only", caps("setuid,setgid"), NAMESPACE, TO, {**ROOT_DROPPED, "CapBnd": SETUID | SETGID},
     ["warn: the bounding set cannot be emptied without the capability SETPCAP"]),
    ("root, SETUID only", caps("setuid"), NAMESPACE, TO, REFUSED, ["SETUID and SETGID"]),
    ("root without groups, SETUID only", (*caps("setuid"), "--clear-groups"), NAMESPACE, TO, REFUSED, ["setresgid", "SETUID and SETGID"]),
    ("root, SETGID only", caps("setgid"), NAMESPACE, TO, REFUSED, ["setresuid", "SETUID and SETGID"]),
    ("root, secure bit no_setuid_fixup", ("setpriv", "--securebits", "+no_setuid_fixup"), NAMESPACE, TO, ROOT_DROPPED, []),
    ("root, secure bit keep_caps", ("capsh", "--secbits=16", "--", "-c", 'exec "$@"', "sh"), NAMESPACE, TO, ROOT_DROPPED, []),
    ("root with inheritable capabilities", ("setpriv", "--inh-caps", "+net_raw,+sys_admin"), NAMESPACE, TO, ROOT_DROPPED, []),
    ("root with foreign groups", ("setpriv", "--groups", "0,4,27"), NAMESPACE, TO, ROOT_DROPPED, []),
    ("root with foreign groups, SETUID and SETGID only", (*caps("setuid,setgid"), "--groups", "0,4,27"), NAMESPACE, TO,
     {**ROOT_DROPPED, "CapBnd": SETUID | SETGID}, ["warn: the bounding set"]),
    ("non-root that matches", as_user(10001, 10001), NAMESPACE, TO, {"Uid": "10001", "Gid": "10001", "Groups": "", "CapEff": 0, "NoNewPrivs": "1"}, []),
    ("non-root that matches, foreign groups", as_user(10001, 10001, "4,27"), NAMESPACE, TO, {"Uid": "10001", "Groups": "4 27"},
     ["info: started as 10001:10001 with further groups, which stay"]),
    ("non-root, right uid, gid 0", as_user(10001, 0), NAMESPACE, TO, {"Uid": "10001", "Gid": "0", "NoNewPrivs": "1"},
     ["warn: started as 10001:0, which cannot become --user 10001:10001: going on as 10001:0"]),
    ("non-root that does not match", as_user(1000690000, 0), NAMESPACE, TO, {"Uid": "1000690000", "Gid": "0", "CapEff": 0, "NoNewPrivs": "1"},
     ["warn: started as 1000690000:0, which cannot become"]),
    ("non-root with ambient capabilities", as_user(10001, 10001, None, "--inh-caps", "+net_raw", "--ambient-caps", "+net_raw"), NAMESPACE, TO,
     {"Uid": "10001", "CapPrm": 0, "CapInh": 0, "CapAmb": 0, "CapEff": 0}, []),
    ("user namespace, one id", (), mapped(1), TO, REFUSED, ["setresgid: invalid argument: that id is not mapped in this user namespace"]),
    ("user namespace, one id, its root", (), mapped(1), ["--user", "0:0", "--allow-root", "--groups", "keep"], {"Uid": "0", "NoNewPrivs": "1"}, []),
    ("user namespace, 0 to 999", (), mapped(1000), TO, REFUSED, ["invalid argument", "that id is not mapped in this user namespace"]),
    ("user namespace, 0 to 999, an id of these", (), mapped(1000), ["--user", "900"], {**ROOT_DROPPED, "Uid": "900", "Gid": "900", "Groups": "900"}, []),
    ("user namespace, 64k", (), mapped(65536), TO, ROOT_DROPPED, []),
    ("--user of a uid alone", (), NAMESPACE, ["--user", "10001"], ROOT_DROPPED, []),
    ("--user with another gid", (), NAMESPACE, ["--user", "10001:20002"], {**ROOT_DROPPED, "Gid": "20002", "Groups": "20002"}, []),
    ("--user with gid 0", (), NAMESPACE, ["--user", "10001:0"], {**ROOT_DROPPED, "Gid": "0", "Groups": "0"}, []),
    ("--groups", ("setpriv", "--groups", "4,27"), NAMESPACE, [*TO, "--groups", "20,30"], {**ROOT_DROPPED, "Groups": "20 30"}, []),
    ("--groups keep", ("setpriv", "--groups", "4,27"), NAMESPACE, [*TO, "--groups", "keep"], {**ROOT_DROPPED, "Groups": "4 27"}, []),
    ("--groups keep, SETUID and SETGID only", (*caps("setuid,setgid"), "--groups", "4,27"), NAMESPACE, [*TO, "--groups", "keep"], {"Uid": "10001", "Groups": "4 27"}, ["warn: the bounding set"]),
    ("--keep-cap", (), NAMESPACE, [*TO, "--keep-cap", "NET_BIND_SERVICE"],
     {**ROOT_DROPPED, "CapPrm": BIND, "CapEff": BIND, "CapInh": BIND, "CapAmb": BIND}, []),
    ("--keep-cap, Docker's default capabilities", caps(DOCKER), NAMESPACE, [*TO, "--keep-cap", "CAP_NET_BIND_SERVICE"],
     {**ROOT_DROPPED, "CapPrm": BIND, "CapEff": BIND, "CapInh": BIND, "CapAmb": BIND}, []),
    ("--keep-cap of one that is not there", caps("setuid,setgid,setpcap"), NAMESPACE, [*TO, "--keep-cap", "NET_BIND_SERVICE"], REFUSED,
     ["--keep-cap", "the container does not have it", "--cap-add"]),
    ("--keep-cap, non-root", as_user(10001, 10001), NAMESPACE, [*TO, "--keep-cap", "NET_BIND_SERVICE"], REFUSED, ["the container does not have it"]),
    ("--keep-cap, non-root that has it", as_user(10001, 10001, None, "--inh-caps", "+net_bind_service", "--ambient-caps", "+net_bind_service"), NAMESPACE,
     [*TO, "--keep-cap", "NET_BIND_SERVICE"], {"Uid": "10001", "CapEff": BIND, "CapAmb": BIND, "CapPrm": BIND}, []),
    ("--allow-new-privs", (), NAMESPACE, [*TO, "--allow-new-privs"], {**ROOT_DROPPED, "NoNewPrivs": "0"}, []),
    ("--allow-root", (), NAMESPACE, ["--user", "0:0", "--allow-root"], {"Uid": "0", "Gid": "0", "Groups": "0", "NoNewPrivs": "1"}, []),
    ("no --user", (), NAMESPACE, [], {"Uid": "0", "NoNewPrivs": "0"}, ["warn: PROGRAM runs as root: give --user UID[:GID]"]),
    ("no --user, non-root", as_user(10001, 10001), NAMESPACE, [], {"Uid": "10001"}, []),
    ("--strict-user, matches", as_user(10001, 10001), NAMESPACE, [*TO, "--strict-user"], {"Uid": "10001"}, []),
    ("--strict-user, does not match", as_user(1000690000, 0), NAMESPACE, [*TO, "--strict-user"], REFUSED,
     ["--strict-user: started as 1000690000:0, not as 10001:10001"]),
    ("--strict-user, foreign groups", as_user(10001, 10001, "4,27"), NAMESPACE, [*TO, "--strict-user"], REFUSED, ["with further groups"]),
    ("--strict-user, --groups keep", as_user(10001, 10001, "4,27"), NAMESPACE, [*TO, "--strict-user", "--groups", "keep"], {"Uid": "10001", "Groups": "4 27"}, []),
    ("--strict-user, started as root", (), NAMESPACE, [*TO, "--strict-user"], ROOT_DROPPED, []),
]


def seen(output):
    """What PROGRAM has printed of its status: ids that are all the same as one, sets as numbers."""
    fields = {}
    for name, value in re.findall(r"^(Uid|Gid|Groups|Cap...|NoNewPrivs):[ \t]*(.*?)[ \t]*$", output, re.M):
        if name in ("Uid", "Gid"):
            value = value.split()[0] if len(set(value.split())) == 1 else value
        fields[name] = int(value, 16) if name.startswith("Cap") else value
    return fields


@pytest.mark.parametrize("prefix,wrap,options,expected,words", [m[1:] for m in MATRIX], ids=[m[0] for m in MATRIX])
def test_matrix(prefix, wrap, options, expected, words):
    status, output = run(*options, "--", *SHOW, init=(*prefix, KINGLET), wrap=wrap)
    if expected == REFUSED:
        assert status == 125 and seen(output) == {}, output
        assert len([line for line in output.splitlines() if ": error: " in line]) == 1, output
    else:
        assert status == 0, output
        got = seen(output)
        assert {k: got[k] for k in expected} == expected, output
    assert all(w in output for w in words), output
    if not words:
        assert "kinglet: " not in output, output


@pytest.mark.parametrize("prefix,options", [((), TO), (as_user(10001, 10001), TO), (as_user(10001, 10001), []), (as_user(10002, 0), TO), (caps(DOCKER), [])],
                         ids=["root-dropped", "non-root", "non-root-no-user", "non-root-other", "root-stays-root"])
def test_pid1_cannot_be_traced_or_read(prefix, options):
    status, output = run(*options, "--", SPY, init=(*prefix, KINGLET), env={"PATH": os.environ["PATH"], "KEY": "value"})
    assert status == 0
    got = dict(re.findall(r"^([a-z]+) (ok|\d+)$", output, re.M))
    assert set(got) == {"mem", "environ", "fd", "maps", "vm", "cwd", "ptrace"}
    assert all(v in ("1", "13") for v in got.values()), got  # EPERM, EACCES


def test_an_init_that_stays_dumpable_can_be_read():
    """What the test above would find."""
    _, output = run("--", SPY, init=(*as_user(10001, 10001), "tini"))
    got = dict(re.findall(r"^([a-z]+) (ok|\d+)$", output, re.M))
    assert got["mem"] == got["environ"] == got["ptrace"] == got["vm"] == "ok"


def test_a_probe_and_a_restarted_program_are_no_way_in():
    """After --health and --restart too PID 1 is not dumpable, and PROGRAM is."""
    with Pid1("--user", "10001", "--restart", "on-failure:1", "--health", "tcp://127.0.0.1:1", "--", "sh", "-c",
              f"{SPY}; cat /proc/self/environ >/dev/null && echo mine") as c:
        c.expect("environ 13")
        c.expect("mine")
        assert c.wait() == 0


@pytest.mark.parametrize("user,home,expected", [("10001", "/root", "/"), ("10001", None, "/"), ("10001", "/srv/app", "/srv/app"), ("1", "/root", "/usr/sbin"),
                                                ("1", None, "/usr/sbin"), ("2147483647", "/root", "/")])
def test_home_follows_the_user(user, home, expected):
    env = {"PATH": os.environ["PATH"], **({"HOME": home} if home else {})}
    status, output = run("--user", user, "--expand", "--", "sh", "-c", 'echo "$HOME $1"', "sh", "${HOME}", env=env)
    assert (status, output) == (0, f"{expected} {expected}\n")


def test_home_of_a_user_that_the_platform_chose():
    _, output = run("--user", "10001", "--log-level", "error", "--", "sh", "-c", "echo $HOME", init=(*as_user(1, 0), KINGLET), env={"PATH": os.environ["PATH"], "HOME": "/root"})
    assert output == "/usr/sbin\n"


def test_standard_streams_can_be_reopened():
    script = "echo out >/dev/stdout; echo err >/dev/stderr; read x </dev/stdin; echo in $x"
    with Pid1("--user", "10001", "--", "sh", "-c", script, stdin=subprocess.PIPE) as c:
        c.process.stdin.write(b"hello\n")
        c.process.stdin.flush()
        assert c.wait() == 0
        assert c.output == "out\nerr\nin hello\n"


def test_files_and_devices_of_others_are_not_given_away_with_the_streams():
    folder = tempfile.mkdtemp()
    try:
        with open(f"{folder}/out", "wb") as out, open("/dev/null", "rb") as null:
            subprocess.run([KINGLET, "--user", "10001", "--", "true"], stdin=null, stdout=out, stderr=out, check=True)
        assert os.stat(f"{folder}/out").st_uid == 0 and os.stat("/dev/null").st_uid == 0
    finally:
        shutil.rmtree(folder)


def test_descriptors_are_closed_but_for_those_passed_on_purpose():
    read, write = os.pipe()
    listener = socket.socket()
    try:
        high = os.dup2(read, 77)
        os.dup2(listener.fileno(), 3)
        script = "ls /proc/self/fd | tr '\\n' ' '; echo pid $$ $LISTEN_PID"
        base = {"PATH": os.environ["PATH"]}
        options = {"init": (KINGLET,), "wrap": (), "pass_fds": (3, high)}
        _, output = run("--user", "10001", "--", "bash", "-c", script, env=base, **options)
        assert re.match(r"0 1 2 3 pid", output), output  # 3 is that of ls
        _, output = run("--user", "10001", "--", "bash", "-c", script, env={**base, "LISTEN_FDS": "1", "LISTEN_PID": "1"}, **options)
        assert re.match(r"0 1 2 3 4 pid (\d+) \1\n", output), output
        _, output = run("--user", "10001", "--", "bash", "-c", script, env={**base, "LISTEN_FDS": "x1"}, **options)
        assert re.match(r"0 1 2 3 pid", output), output
        os.close(high)
    finally:
        os.close(read)
        os.close(write)
        listener.close()


def test_a_limit_of_processes_is_told_as_such():
    status, output = run("--user", "12345", "--", "true", init=("prlimit", "--nproc=1", KINGLET))
    assert status == 125 and "true: no process can be made for it: resource unavailable (a limit?)" in output


BAD = [
    (["--groups", "x"], "--groups: 'x': ids are decimal numbers"), (["--groups", "1,-2"], "--groups: '-2'"), (["--groups", "4294967296"], "at most 2147483647"),
    (["--groups", ",".join(map(str, range(65)))], "--groups: more than 64 groups"), (["--groups", "keep,4"], "--groups: 'keep'"),
    (["--keep-cap", "ROOT"], "--keep-cap: 'ROOT' is not a capability"), (["--keep-cap", "CAP_"], "--keep-cap: 'CAP_'"),
    (["--keep-cap", "net_bind_service"], "--keep-cap: 'net_bind_service' is not a capability (like NET_BIND_SERVICE)"), (["--user", "0:5"], "is root"),
    (["--user", "1:2:3"], "ids are decimal"), (["--user", "1:"], "an id is missing"), (["--user", "4294967295"], "at most 2147483647"),
]


@pytest.mark.parametrize("argv,words", BAD, ids=[" ".join(a)[:40] for a, _ in BAD])
def test_bad_usage(argv, words):
    status, output = run(*(TO if argv[0] != "--user" else []), *argv, "--", "echo", "started")
    assert status == 125 and output.count("\n") == 1 and words in output and "started\n" not in output


@pytest.mark.parametrize("argv", [["--groups", "4"], ["--keep-cap", "CHOWN"], ["--strict-user"]])
def test_what_needs_user(argv):
    status, output = run(*argv, "--", "echo", "started")
    assert status == 125 and output == "kinglet: error: --groups, --keep-cap and --strict-user need --user UID[:GID]\n"

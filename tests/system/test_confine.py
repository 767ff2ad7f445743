"""--write: what PROGRAM can write to, what it still can do, and kernels that have no Landlock."""
import errno
import fcntl
import os
import pty
import re
import shutil
import subprocess
import tempfile
import termios

import pytest
from pid1 import KINGLET, Pid1, compile_c, run, until

# Denies the system calls FIRST to LAST with ERRNO, as an old seccomp profile does, and executes the rest: deny ERRNO FIRST LAST PROGRAM...
DENY = compile_c(r"""
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int c, char **v) {
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, atoi(v[2]), 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, atoi(v[3]), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(v[1])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog p = {5, f};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0) return 99;
    execv(v[4], v + 4);
    return 98;
}
""")
# One line for each way to change something: `WHAT ok` or `WHAT errno`
TRY = compile_c(r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
static void say(const char *what, long r) { printf("%s %d\n", what, r < 0 ? errno : 0); fflush(stdout); }
static int bind_to(const char *p) { struct sockaddr_un a = {.sun_family = AF_UNIX}; strncpy(a.sun_path, p, 100); int s = socket(AF_UNIX, SOCK_STREAM, 0); return bind(s, (void *)&a, sizeof a); }
int main(int c, char **v) {
    if (chdir(v[1]) != 0) return 97;
    say("read", open("file", O_RDONLY)); say("list", open(".", O_RDONLY | O_DIRECTORY));
    say("write", open("file", O_WRONLY)); say("append", open("file", O_WRONLY | O_APPEND)); say("create", open("new", O_CREAT | O_WRONLY, 0600));
    say("truncate", truncate("file", 0)); say("mkdir", mkdir("newdir", 0700)); say("rmdir", rmdir("folder")); say("unlink", unlink("other"));
    say("symlink", symlink("x", "newlink")); say("link", link("file", "newhard")); say("fifo", mkfifo("newfifo", 0600)); say("socket", bind_to("newsock"));
    say("rename", rename("file", "file2")); say("move", rename("sub/in", "moved")); say("mknod", mknod("newnode", S_IFREG | 0600, 0));
    return 0;
}
""")
CHANGES = ("write", "append", "create", "truncate", "mkdir", "rmdir", "unlink", "symlink", "link", "fifo", "socket", "rename", "move", "mknod")
IN_FORCE = r"kinglet: info: --write is in force \(Landlock, ABI \d+\)\n"


@pytest.fixture
def place():
    top = tempfile.mkdtemp(prefix="kinglet-write-")
    os.chmod(top, 0o755)
    for name in ("data", "elsewhere"):
        os.makedirs(f"{top}/{name}/folder")
        os.makedirs(f"{top}/{name}/sub")
        for file in ("file", "other", "sub/in"):
            with open(f"{top}/{name}/{file}", "w", encoding="ascii"):
                pass
    for folder, _, files in os.walk(top):
        for path in [folder, *(os.path.join(folder, f) for f in files)]:
            if path != top:
                os.chown(path, 10001, 10001)
    yield top
    shutil.rmtree(top)


def results(output):
    return {w: int(n) for w, n in re.findall(r"^([a-z]+) (\d+)$", output, re.M)}


@pytest.mark.parametrize("user", [["--user", "10001"], []], ids=["dropped", "as-root"])
def test_writes_elsewhere_are_refused_reads_are_not(place, user):
    for name in ("data", "elsewhere"):
        status, output = run(*user, "--write", f"{place}/data", "--", TRY, f"{place}/{name}")
        assert status == 0 and re.search(IN_FORCE, output), output
        got = results(output)
        assert got["read"] == got["list"] == 0
        if name == "data":
            assert all(got[c] == 0 for c in CHANGES), got
        else:
            assert all(got[c] in (errno.EACCES, errno.EXDEV) for c in CHANGES), got
    assert sorted(os.listdir(f"{place}/elsewhere")) == ["file", "folder", "other", "sub"]


def test_without_write_nothing_is_confined(place):
    _, output = run("--user", "10001", "--", TRY, f"{place}/elsewhere")
    assert all(n == 0 for n in results(output).values()) and "Landlock" not in output


def test_exec_the_usual_devices_and_the_standard_output_stay(place):
    script = (f"echo a >/dev/null && echo b >/dev/stdout && echo c >/dev/stderr && echo d >/dev/shm/kinglet-$$ && rm /dev/shm/kinglet-$$ && "
              f"echo e >{place}/data/x && cat {place}/elsewhere/file /etc/passwd >/dev/null && ls / >/dev/null && grep NoNewPrivs /proc/self/status; "
              f"echo f >{place}/elsewhere/x; echo g >/tmp/kinglet-$$")
    status, output = run("--user", "10001", "--write", f"{place}/data", "--", "sh", "-c", script)
    assert "b\nc\nNoNewPrivs:\t1\n" in output and output.count("Permission denied") == 2, output
    assert status == 2


def test_standard_output_that_is_a_file_can_be_reopened(place):
    with open(f"{place}/log", "wb") as log:
        os.chown(f"{place}/log", 10001, 10001)
        argv = [KINGLET, "--user", "10001", "--write", f"{place}/data", "--", "sh", "-c", f"echo one >>/dev/stdout; echo two >>/proc/self/fd/1; cat <>{place}/elsewhere/file"]
        assert subprocess.run(argv, stdout=log, stderr=subprocess.DEVNULL, check=False).returncode != 0
    with open(f"{place}/log", encoding="ascii") as log:
        assert log.read() == "one\ntwo\n"


def test_a_terminal_can_be_reopened(place):
    leader, follower = pty.openpty()
    p = subprocess.Popen([KINGLET, "--user", "10001", "--write", f"{place}/data", "--", "sh", "-c", "echo again >/dev/stdout; echo more >/dev/tty"],
                         stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(follower)
    seen = b""
    while not seen.endswith(b"more\r\n"):
        seen += os.read(leader, 4096)
    assert b"again\r\n" in seen and p.wait(20) == 0
    os.close(leader)


def test_a_single_file_and_several_paths(place):
    script = f"echo 1 >{place}/elsewhere/file && echo 2 >{place}/data/sub/in && echo 3 >{place}/data/file"
    status, output = run("--user", "10001", "--write", f"{place}/elsewhere/file", "--write", f"{place}/data/sub", "--", "sh", "-c", script)
    assert status == 2 and "data/file: Permission denied" in output
    status, output = run("--", "sh", "-c", f"echo 3 >{place}/data/file", env={"KINGLET_WRITE": f"{place}/elsewhere {place}/data", "PATH": os.environ["PATH"]})
    assert status == 0, output


def test_each_start_of_program_is_confined(place):
    count = f"{place}/data/count"
    script = f"exec 2>/dev/null; echo x >>{count}; echo x >>{place}/elsewhere/no; exit 1"
    with Pid1("--user", "10001", "--restart", "always", "--write", f"{place}/data", "--", "sh", "-c", script):
        until(lambda: os.path.exists(count) and os.path.getsize(count) >= 8)
        assert not os.path.exists(f"{place}/elsewhere/no")


def test_pid1_is_not_confined_itself(place):
    """Otherwise restarts would lie on one another: of the kernel's 16 layers PROGRAM has one on it and can add 15."""
    nested = compile_c(r"""
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { unsigned long long w = 2; int n = 0; int fd = syscall(444, &w, sizeof w, 0); while (syscall(446, fd, 0) == 0) n++; printf("%d layers\n", n); return 0; }
""")
    _, output = run("--write", f"{place}/data", "--", nested)
    assert "15 layers" in output


@pytest.mark.parametrize("code,words", [(errno.ENOSYS, "not known to this kernel"), (errno.EPERM, "operation not permitted"),
                                        (errno.EOPNOTSUPP, "not supported, or off")])
def test_a_kernel_without_landlock(place, code, words):
    deny = (DENY, str(code), "444", "446", KINGLET)
    status, output = run("--user", "10001", "--write", f"{place}/data", "--", "sh", "-c", f"echo x >{place}/elsewhere/y", init=deny)
    assert status == 0
    assert output == f"kinglet: warn: --write is not in force: Landlock: {words}\n"
    status, output = run("--user", "10001", "--write", f"{place}/data", "--write-strict", "--", "echo", "started", init=deny)
    assert status == 125
    assert output == f"kinglet: error: --write is not in force: Landlock: {words}\n"


def test_a_profile_that_denies_the_last_step_only(place):
    deny = (DENY, str(errno.EPERM), "446", "446", KINGLET)
    status, output = run("--write", f"{place}/data", "--user", "10001", "--", "echo", "started", init=deny)
    assert status == 0 and output == "kinglet: warn: --write is not in force: Landlock: operation not permitted\nstarted\n"
    status, output = run("--write", f"{place}/data", "--write-strict", "--user", "10001", "--", "echo", "started", init=deny)
    assert status == 125 and output == "kinglet: error: --write is not in force: Landlock: operation not permitted\n"


def test_strict_is_nothing_where_landlock_is_there(place):
    assert run("--user", "10001", "--write", f"{place}/data", "--write-strict", "--", "true")[0] == 0


@pytest.mark.parametrize("argv,words", [
    (["--write", "/nonexistent/a", "--write", "/nonexistent/b"], ["--write: /nonexistent/a: no such file or directory", "--write: /nonexistent/b: no such file"]),
    (["--write", ""], ["--write: '' is empty"]),
    (["--write-strict"], ["--write-strict needs a --write PATH"]),
    (["--write", "/tmp", "--allow-new-privs"], ["--write and --allow-new-privs contradict each other"]),
])
def test_bad_usage(argv, words):
    status, output = run(*argv, "--", "echo", "started")
    assert status == 125 and output.count("\n") == 1 and "started\n" not in output
    assert all(w in output for w in words)

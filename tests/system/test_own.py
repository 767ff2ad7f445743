"""--own: volumes given away as root, with everything in them that is meant to lead the walk astray."""
import errno
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile

import pytest
from pid1 import KINGLET, NAMESPACE, Pid1, compile_c, run
from test_confine import DENY

USER = 10001
MOUNTS = ["unshare", "--mount", *NAMESPACE[1:]]
# exchanges A and B until it is killed
SWAP = compile_c(r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int c, char **v) { puts("swapping"); fflush(stdout); for (;;) syscall(SYS_renameat2, AT_FDCWD, v[1], AT_FDCWD, v[2], 2); }
""")
# makes a hard link to A at B, and takes it away, until it is killed; in between B is an ordinary file
LINK = compile_c(r"""
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(int c, char **v) { puts("swapping"); fflush(stdout); for (;;) { unlink(v[2]); link(v[1], v[2]); unlink(v[2]); close(open(v[2], O_CREAT | O_WRONLY, 0600)); } }
""")


@pytest.fixture
def place():
    """A folder that every user can reach, in memory, so that nobody's disk decides how long it takes: `volume`, and `outside` it what must
    stay root's."""
    top = tempfile.mkdtemp(prefix="kinglet-own-", dir="/dev/shm")
    os.chmod(top, 0o755)
    os.makedirs(f"{top}/volume")
    os.makedirs(f"{top}/outside")
    yield top
    shutil.rmtree(top, ignore_errors=True)


def put(path, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii"):
        os.chmod(path, mode)
    return path


def fill(top, folders=20, files=100):
    for d in range(folders):
        os.makedirs(f"{top}/{d}")
        for f in range(files):
            os.close(os.open(f"{top}/{d}/{f}", os.O_CREAT | os.O_WRONLY))
    return [f"{top}/{d}/{f}" for d in range(folders) for f in range(files)]


def owner(path):
    st = os.lstat(path)
    return st.st_uid, st.st_gid


def owners(top):
    return {owner(top)} | {owner(os.path.join(d, n)) for d, ds, fs in os.walk(top) for n in ds + fs}


def own(place, *more, user=USER, **options):
    return run("--user", str(user), "--own", f"{place}/volume", *more, "--", "true", **options)


def test_everything_is_given_away_whatever_its_name(place):
    fill(f"{place}/volume", 30, 100)
    for name in ("new\nline", "\n", "-rf", " ", "\udcff", "é", "..x", ".hidden", "x" * 255):
        put(f"{place}/volume/odd/{name}/{name}")
    os.mkfifo(f"{place}/volume/fifo")
    os.symlink("nowhere", f"{place}/volume/odd/dangling")
    status, output = own(place)
    assert status == 0
    assert re.fullmatch(r"kinglet: info: --own: \S+/volume: 3052 entries given to 10001:10001\n", output), output
    assert owners(f"{place}/volume") == {(USER, USER)}
    assert owner(f"{place}/outside") == (0, 0)


def test_the_gid_of_user_is_given_too(place):
    put(f"{place}/volume/a")
    assert own(place, user="10001:20002")[0] == 0
    assert owners(f"{place}/volume") == {(10001, 20002)}


def test_program_can_write_there(place):
    status, output = run("--user", "10001", "--own", f"{place}/volume", "--", "sh", "-c", f"umask 022; echo hi >{place}/volume/x && cat {place}/volume/x")
    assert status == 0 and output.endswith("hi\n")


def test_planted_links_are_not_followed(place):
    victim = put(f"{place}/outside/victim")
    put(f"{place}/outside/folder/victim")
    os.symlink(victim, f"{place}/volume/leaf")
    os.symlink(f"{place}/outside/folder", f"{place}/volume/folder")
    os.symlink("..", f"{place}/volume/up")
    os.symlink("/", f"{place}/volume/root")
    assert own(place)[0] == 0
    assert owners(f"{place}/outside") == {(0, 0)} and owner(place) == (0, 0)
    assert owner(f"{place}/volume/leaf") == (USER, USER)  # the link itself


def test_files_with_further_links_and_devices_are_left_alone(place):
    victim = put(f"{place}/outside/victim")
    os.link(victim, f"{place}/volume/linked")
    put(f"{place}/volume/plain")
    os.mknod(f"{place}/volume/null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    status, output = own(place)
    assert status == 0 and "1 files with further hard links stay as they are" in output
    assert owner(victim) == (0, 0) and owner(f"{place}/volume/null") == (0, 0)
    assert owner(f"{place}/volume/plain") == owner(f"{place}/volume") == (USER, USER)


def test_what_is_owned_already_is_not_touched(place):
    """A chown to the same owner would take the setuid bit and the file's capabilities."""
    kept = put(f"{place}/volume/kept")
    os.chown(kept, USER, USER)
    os.chmod(kept, 0o4755)
    subprocess.run(["setcap", "cap_net_bind_service=ep", shutil.copy("/bin/true", f"{place}/volume/capable")], check=True)
    os.chown(f"{place}/volume/capable", USER, USER)
    subprocess.run(["setcap", "cap_net_bind_service=ep", f"{place}/volume/capable"], check=True)
    put(f"{place}/volume/other")
    before = os.stat(kept).st_ctime_ns
    assert own(place)[0] == 0
    assert os.stat(kept).st_ctime_ns == before and os.stat(kept).st_mode & 0o7777 == 0o4755
    assert b"cap_net_bind_service" in subprocess.check_output(["getcap", f"{place}/volume/capable"])
    assert owner(f"{place}/volume/other") == (USER, USER)


def test_a_top_that_is_owned_already_costs_one_look(place):
    put(f"{place}/volume/roots")
    os.chown(f"{place}/volume", USER, USER)
    status, output = own(place)
    assert status == 0 and output == ""
    assert owner(f"{place}/volume/roots") == (0, 0)


def test_mounts_below_are_not_entered(place):
    put(f"{place}/outside/folder/victim")
    victim = put(f"{place}/outside/victim")
    os.makedirs(f"{place}/volume/deep/folder")
    os.makedirs(f"{place}/volume/tmpfs")
    put(f"{place}/volume/deep/file")
    put(f"{place}/volume/last")
    script = (f"cd {place} && mount --bind outside/folder volume/deep/folder && mount --bind outside/victim volume/deep/file && "
              f"mount -t tmpfs none volume/tmpfs && exec {KINGLET} --user {USER} --own {place}/volume -- "
              f"stat -c '%n %u' volume/tmpfs volume/deep/folder volume/deep/file volume/deep volume/last")
    status, output = run("-c", script, init=("sh",), wrap=MOUNTS)
    assert status == 0, output
    assert re.findall(r"^(\S+) (\d+)$", output, re.M) == [("volume/tmpfs", "0"), ("volume/deep/folder", "0"), ("volume/deep/file", "0"),
                                                         ("volume/deep", str(USER)), ("volume/last", str(USER))]
    assert owners(f"{place}/outside") == {(0, 0)} and owner(victim) == (0, 0)


def test_deeper_than_the_limit_of_descriptors(place):
    here = os.open(f"{place}/volume", os.O_RDONLY)
    for depth in range(2000):
        os.mkdir("d", dir_fd=here)
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        if depth % 2:
            os.mkdir("e", dir_fd=here)
        nxt = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = nxt
    os.close(here)
    status, output = run("-c", f"ulimit -n 8; exec {KINGLET} --user {USER} --own {place}/volume -- true", init=("sh",))
    assert status == 0 and "5001 entries given" in output, output
    assert subprocess.check_output(["find", f"{place}/volume", "!", "-user", str(USER)]) == b""
    subprocess.run(["rm", "-rf", f"{place}/volume"], check=True)


def test_without_a_second_process(place):
    """fork(2) is denied, as a pids limit of 1 would: the one process does it all."""
    fill(f"{place}/volume", 10, 20)
    status, output = own(place, init=(DENY, str(errno.EAGAIN), "57", "57", KINGLET))
    assert status == 0 and "211 entries given" in output, output
    assert owners(f"{place}/volume") == {(USER, USER)}


def test_without_the_right_to_pass_by_modes(place):
    """cap-drop ALL, and CHOWN, SETUID, SETGID added: a folder given away too early could not be entered any more."""
    for name in ("a/b/c/d", "a/b/e", "f/g"):
        put(f"{place}/volume/{name}/file", 0o600)
    subprocess.run(["chmod", "-R", "u=rwX,go=", f"{place}/volume"], check=True)
    status, output = own(place, init=("setpriv", "--bounding-set", "-all,+chown,+setuid,+setgid", "--inh-caps", "-all", KINGLET))
    assert status == 0 and "warn: --own" not in output, output
    assert owners(f"{place}/volume") == {(USER, USER)}


WITHOUT_CHOWN = ("setpriv", "--bounding-set", "-chown", KINGLET)


def test_what_cannot_be_changed_is_refused_only_where_it_matters(place):
    put(f"{place}/volume/one")
    os.chmod(f"{place}/volume", 0o755)
    status, output = own(place, init=WITHOUT_CHOWN)
    assert status == 125
    assert re.search(r"2 entries stay as they are \('(one|\.)': operation not permitted\)", output)
    assert "the user cannot write there: permission denied: add the capability CHOWN" in output
    os.chmod(f"{place}/volume", 0o777)
    status, output = own(place, init=WITHOUT_CHOWN)
    assert status == 0 and "2 entries stay as they are" in output


def test_read_only(place):
    files = fill(f"{place}/volume", 3, 10)
    script = f"mount --bind {place}/volume {place}/volume && mount -o remount,bind,ro {place}/volume && exec {KINGLET} --user {USER} --own {place}/volume -- true"
    status, output = run("-c", script, init=("sh",), wrap=MOUNTS)
    assert status == 125 and "read-only file system" in output and "the user cannot write there" in output
    assert "1 entries stay" in output or "2 entries stay" in output  # the first in each process ends it
    for path in [*files, *(os.path.dirname(f) for f in files), f"{place}/volume"]:
        os.chown(path, USER, USER)
    assert run("-c", script, init=("sh",), wrap=MOUNTS) == (0, "")  # there is nothing to change


def test_an_interrupted_walk_finishes_next_time(place):
    files = fill(f"{place}/volume", 20, 500)
    user, caught = USER, False
    while not caught:
        assert user < USER + 20, "no walk was caught in the middle"
        user += 1
        with Pid1("--user", str(user), "--own", f"{place}/volume", "--", "true") as c:
            pid = c.pid
            while owner(f"{place}/volume")[0] != user and not any(owner(f)[0] == user for f in files[::250]):
                pass
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            c.wait()
        caught = owner(f"{place}/volume")[0] != user
        assert caught or owners(f"{place}/volume") == {(user, user)}
    assert len(owners(f"{place}/volume")) > 1
    assert own(place, user=user)[0] == 0
    assert owners(f"{place}/volume") == {(user, user)}


@pytest.mark.parametrize("mode", [0o755, 0o777], ids=["roots-folder", "anybodys-folder"])
def test_swapped_while_it_walks(place, mode):
    """Folders exchanged for links to the outside, and a file for a hard link, all the time."""
    victims = [put(f"{place}/outside/{n}") for n in ("0", "folder/0", "folder/sub/0")]
    os.mkdir(f"{place}/spare")
    fill(f"{place}/volume", 4, 50)
    put(f"{place}/volume/1/sub/0")
    os.symlink(f"{place}/outside/folder", f"{place}/spare/1")
    os.symlink(victims[0], f"{place}/spare/0")
    for path in [f"{place}/volume", *(f"{place}/volume/{n}" for n in range(4))]:
        os.chmod(path, mode)
    swappers = [subprocess.Popen(argv, stdout=subprocess.PIPE) for argv in
                ([SWAP, f"{place}/volume/1", f"{place}/spare/1"], [SWAP, f"{place}/volume/2/0", f"{place}/spare/0"],
                 [LINK, victims[0], f"{place}/volume/3/0"])]
    try:
        for s in swappers:
            assert s.stdout.readline() == b"swapping\n"
        for user in range(USER, USER + 25):
            status, output = own(place, user=user)
            assert status == 0 or "directories are moved" in output, output
            assert all(owner(v) == (0, 0) for v in victims)
            assert owners(f"{place}/outside") == {(0, 0)}
    finally:
        for s in swappers:
            s.kill()
            s.communicate()


def test_removed_while_it_walks(place):
    fill(f"{place}/volume", 4, 50)
    script = f"echo removing; while :; do mkdir -p {place}/volume/x/y/z; : >{place}/volume/x/y/z/f; rm -rf {place}/volume/x; done"
    remover = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert remover.stdout.readline() == b"removing\n"
        for user in range(USER, USER + 25):
            status, output = own(place, user=user)
            assert status == 0 and "warn" not in output, output
    finally:
        remover.kill()
        remover.communicate()


def test_folders_moved_away_while_it_is_in_them_lead_nowhere(place):
    """The way back of a folder that was moved out of the volume would be the outside."""
    for i in range(8):
        fill(f"{place}/volume/{i}/in", 3, 30)
    os.mkdir(f"{place}/outside/0")
    put(f"{place}/outside/victim")
    swapper = subprocess.Popen([SWAP, f"{place}/volume/1/in", f"{place}/outside/0"], stdout=subprocess.PIPE)
    try:
        assert swapper.stdout.readline() == b"swapping\n"
        for user in range(USER, USER + 25):
            status, output = own(place, user=user)
            assert status == 0 or (status == 125 and "directories are moved while it is walked" in output), output
            assert owner(f"{place}/outside") == owner(f"{place}/outside/victim") == owner(place) == (0, 0)
    finally:
        swapper.kill()
        swapper.communicate()


def test_paths_that_are_never_given_away(place):
    for path in ("/", "/proc", "/sys", "/dev", "/etc", "/usr", "/usr/", "//etc", "/usr/../etc", f"/etc/../{place}/../../../etc/."):
        before = owner(path)
        status, output = run("--user", str(USER), "--own", path, "--", "true")
        assert status == 125 and f"--own: {path}: is the system's own, and never given away" in output
        assert owner(path) == before
    script = f"mount --bind /etc {place}/volume && exec {KINGLET} --user {USER} --own {place}/volume -- true"
    status, output = run("-c", script, init=("sh",), wrap=MOUNTS)
    assert status == 125 and "never given away" in output and owner("/etc") == (0, 0)


def test_bad_paths_are_told_all_at_once_and_nothing_is_changed(place):
    put(f"{place}/volume/file")
    os.symlink("/etc", f"{place}/link")
    status, output = own(place, "--own", "relative", "--own", f"{place}/missing", "--own", f"{place}/volume/file", "--own", f"{place}/link",
                         "--own", f"{place}/link/x", "--own", "/" + "x" * 300)
    assert status == 125 and output.count("\n") == 1
    for words in ("relative: is not an absolute path", "missing: no such file or directory", "file: is not a directory",
                  "link: is not a directory, or leads over a symbolic link", "link/x: is not a directory, or leads", "name too long"):
        assert words in output, output
    assert owners(f"{place}/volume") == {(0, 0)}
    status, output = run("--own", f"{place}/volume", "--", "true")
    assert status == 125 and "--own needs --user UID[:GID]" in output


def test_not_started_as_root(place):
    put(f"{place}/volume/file")
    os.chmod(f"{place}/volume", 0o755)
    init = ("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", KINGLET)
    status, output = own(place, init=init)
    assert status == 0
    assert output == f"kinglet: warn: --own: {place}/volume: permission denied, and only a start as root could change that\n"
    os.chmod(f"{place}/volume", 0o777)
    assert own(place, init=init) == (0, "")
    assert owners(f"{place}/volume") == {(0, 0)}

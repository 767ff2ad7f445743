"""kinglet audit against what means it ill: names, trees and processes, in a root of its own that holds little."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from pid1 import KINGLET, NAMESPACE, compile_c

ESCAPES = b"\x1b[31m\"\\\n\xff"
# PROGRAM by a name of its own choice, which sleeps (or makes 600 more of itself), beside an audit
PROGRAM = r"""
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    prctl(PR_SET_NAME, argv[1]);
    for (int i = 0; argc > 3 && i < 600; i++)
        if (fork() == 0)
            for (;;)
                pause();
    if (fork() == 0) {
        usleep(50000);
        execl("/kinglet", "kinglet", "audit", "--format", argv[2], (char *)0);
        _exit(127);
    }
    for (;;)
        pause();
}
"""


@pytest.fixture
def root(tmp_path):
    """A file system of two programs, and what else a test puts there."""
    (tmp_path / "proc").mkdir()
    shutil.copy(KINGLET, tmp_path / "kinglet")
    shutil.copy(compile_c(PROGRAM), tmp_path / "program")
    os.chmod(tmp_path, 0o755)
    return tmp_path


def audit(root, *options, command=("/kinglet", "audit"), env=None):
    """PID 1 of a new namespace, in the new root. Returns (exit status, output as bytes)."""
    p = subprocess.run([*NAMESPACE, "--root", str(root), *command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env=env or {}, timeout=60, check=False)
    return p.returncode, p.stdout


def report(root, **more):
    found = json.loads(audit(root, "--format", "json", **more)[1])
    return {c["id"]: c for c in found["checks"]}


def beside(root, name, *more):
    """The audit's report (JSON) of a PROGRAM that runs under `name`, as PID 1."""
    with subprocess.Popen([*NAMESPACE, "--root", str(root), "/program", name, "json", *more], stdout=subprocess.PIPE, env={}) as p:
        try:
            line = p.stdout.readline()
        finally:
            p.kill()
    return line


def test_a_name_of_control_characters_stays_a_name(root):
    line = beside(root, b"\x1b[2J\"\\\nU")
    checks = {c["id"]: c for c in json.loads(line)["checks"]}
    assert checks["user"]["evidence"].startswith('1 (\\x1b[2J"\\\\\\nU) 0:0')
    assert checks["init"]["verdict"] == "fail"
    assert b"\x1b" not in line and b"2J\\\"" in line


def test_more_processes_than_are_looked_at_make_no_pass(root):
    checks = {c["id"]: c for c in json.loads(beside(root, b"many", "more"))["checks"]}
    assert checks["user"]["verdict"] == "fail" and checks["user"]["evidence"].count("(many)") == 3
    assert checks["secrets"]["verdict"] == "unknown" and checks["zombies"]["verdict"] == "unknown"


def test_file_names_with_escapes(root):
    folder = os.path.join(os.fsencode(root), b"bin" + ESCAPES)
    os.mkdir(folder)
    for name in (b"sh", b"x" * 200 + ESCAPES):
        path = os.path.join(folder, name)
        with open(path, "wb"):
            pass
        os.chmod(path, 0o4755)
    status, text = audit(root)
    assert status == 1 and b"\x1b" not in text and text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    checks = report(root)
    assert checks["tools"]["evidence"] == '/bin\\x1b[31m"\\\\x0a\\xff/sh: in the image'
    assert checks["set-id"]["verdict"] == "fail" and "/bin\\x1b[31m" in checks["set-id"]["evidence"]


def test_loops_links_depth_and_mounts(root):
    (root / "a").mkdir()
    (root / "a" / "loop").symlink_to("..")
    (root / "a" / "self").symlink_to("self")
    os.symlink("/a/loop/a/loop/proc/1/root", root / "a" / "far")
    os.mkfifo(root / "a" / "pipe")
    assert report(root)["set-id"]["verdict"] == "pass"
    # a program in a folder that is reached by a link alone is found where it is, once
    (root / "a" / "usr").mkdir()
    shutil.copy(root / "program", root / "a" / "usr" / "bash")
    os.chmod(root / "a" / "usr" / "bash", 0o6755)
    os.link(root / "a" / "usr" / "bash", root / "a" / "usr" / "bash-too")
    (root / "bin").symlink_to("a/usr")
    checks = report(root)
    assert checks["tools"]["evidence"] == "/a/usr/bash: in the image"
    assert re.fullmatch("/a/usr/bash(-too)?: .*", checks["set-id"]["evidence"])
    shutil.rmtree(root / "a" / "usr")
    deep = root
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert report(root)["set-id"]["verdict"] == "unknown"


def test_a_file_capability_is_found(root):
    subprocess.run(["setcap", "cap_net_raw+ep", root / "program"], check=True)
    assert report(root)["set-id"]["evidence"].startswith("/program: ")


def test_a_tree_of_very_many_files_is_bounded_in_time(root):
    folder = root / "many"
    folder.mkdir()
    first = folder / "0"
    first.touch()
    os.chmod(first, 0o755)
    made, number = time.monotonic(), 0
    while time.monotonic() - made < 4:  # as many names as fit
        for _ in range(1000):
            number += 1
            try:
                os.link(first, folder / str(number))
            except OSError:  # a file has at most so many names
                first = folder / f"next{number}"
                first.touch()
                os.chmod(first, 0o755)
    began = time.monotonic()
    verdict = report(root)["set-id"]["verdict"]
    took = time.monotonic() - began
    print(f"{number} names in {took:.1f} s: {verdict}")
    assert took < 8 and verdict in ("pass", "unknown")


def test_usage_errors_are_one_line_and_1(root):
    for words in (["--policy", "strict"], ["--nonsense"], ["more"], ["--min-uid", "x"]):
        status, output = audit(root, *words)
        assert status == 1 and output.count(b"\n") == 1 and output.startswith(b"kinglet: error: audit: ")
        assert words[-1].encode() in output
    status, output = audit(root, "--help")
    assert status == 0 and output.startswith(b"usage: kinglet audit")
    status, output = audit(root, env={"KINGLET_FORMAT": "json", "KINGLET_POLICY": "restricted"})
    assert json.loads(output)["summary"]["fail"] > 0


def test_without_proc_nothing_is_claimed(root):
    (root / "proc").rmdir()
    (root / "proc").write_text("Uid:\t1\n")
    p = subprocess.run(["unshare", "--root", str(root), "/kinglet", "audit", "--format", "json"], stdout=subprocess.PIPE, env={}, check=False)
    assert p.returncode == 0
    assert {c["verdict"] for c in json.loads(p.stdout)["checks"]} == {"unknown"}


def test_colour_is_for_a_terminal_alone(root):
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
        p = subprocess.run(["script", "-qec", " ".join([*NAMESPACE, "--root", str(root), "/kinglet", "audit"]), "/dev/null"],
                           stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], **env}, check=False)
        assert (b"\x1b[31mfail\x1b[m" in p.stdout) == coloured, p.stdout
    assert b"\x1b" not in audit(root)[1]


def test_it_writes_and_runs_nothing(root):
    trace = pathlib.Path(root) / "trace"
    subprocess.run(["strace", "-f", "-o", trace, KINGLET, "audit"], stdout=subprocess.DEVNULL, env={}, check=False)
    calls = trace.read_text(errors="replace")
    names = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", calls, re.M))
    assert not names & {"access", "faccessat", "faccessat2", "fork", "vfork", "clone", "clone3", "unlink", "unlinkat", "rename", "mkdir",
                        "chmod", "fchmod", "chown", "fchownat", "truncate", "ftruncate", "socket", "connect", "kill"}, names
    assert calls.count("execve(") == 1
    assert not re.search(r"open(at)?\(.*O_(WRONLY|RDWR|CREAT|TRUNC)", calls)
    assert set(re.findall(r" write\((\d+)", calls)) == {"1"}

"""A hostile server: the verdict and the words for each of its cases, in time, and in 64 KiB of memory that the kernel itself enforces."""
import os
import re
import struct
import subprocess
import time

import pytest
from hostile import BODY, CASES, JSON, OK, Case, Server, reset, send
from pid1 import KINGLET

TIMEOUT = 0.3
SLACK = 0.05      # what a deadline may be exceeded by, as the probe itself measures it
BUSY = 2.0        # and what a busy machine may add from outside
KIB = 1024


def image_size(path):
    """Bytes that the binary's segments take when mapped."""
    with open(path, "rb") as f:
        data = f.read()
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    loads = [struct.unpack_from("<IIQQQQQQ", data, offset + i * size) for i in range(count)]
    return max(p[3] + p[6] for p in loads if p[0] == 1)


# Beside the binary itself and the kernel's own pages in every process (vdso, vvar): the stack, arguments and environment included, and what
# is mapped, 40 KiB together.
MEMORY, STACK, KERNEL = 40 * KIB, 16 * KIB, 32 * KIB


def limited(memory=MEMORY):
    if os.environ.get("SANITIZED"):  # its shadow memory is terabytes
        return ["/usr/bin/prlimit", "--core=0", "--"]
    return ["/usr/bin/prlimit", f"--stack={STACK}", f"--as={image_size(KINGLET) + memory + KERNEL}", "--core=0", "--"]


LIMITS = limited()


def check(*argv, timeout=TIMEOUT):
    """Returns (healthy, the words behind the target, seconds the probe says it took or None, seconds from outside)."""
    began = time.monotonic()
    p = subprocess.run([*LIMITS, KINGLET, "check", "-v", "-t", f"{int(timeout * 1000)}ms", *argv], capture_output=True, timeout=30,
                       env={"PATH": "/"}, check=False)
    outside = time.monotonic() - began
    assert p.returncode in (0, 1), p
    assert p.stderr == b"" and p.stdout.count(b"\n") == 1 and p.stdout.endswith(b"\n"), p
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", p.stdout), p
    line = re.fullmatch(r"(un)?healthy: \S+: (.*?)(?:(?: in |: )([\d.]+) (us|ms|s))? \([^()]*\)\n", p.stdout.decode())
    assert line and (p.returncode == 1) == bool(line[1]), p
    inside = float(line[3]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[line[4]] if line[3] else None
    return p.returncode == 0, line[2], inside, outside


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_case(case):
    timeout = TIMEOUT if case.at_deadline else 5
    for _ in range(3):  # a machine that is busy with others may hold the probe up for longer than the slack
        with Server(case) as port:
            healthy, words, inside, outside = check(*case.options, f"http://127.0.0.1:{port}/", timeout=timeout)
        assert healthy == case.verdict and words == case.words
        assert outside <= timeout + BUSY
        print(f"{case.name}: {inside * 1000:.1f} ms inside, {outside * 1000:.1f} ms outside")
        if inside <= timeout + SLACK:
            break
    assert inside <= timeout + SLACK


def test_the_limits_are_real():
    """The same limits a few pages lower end the probe: they do bound it."""
    p = subprocess.run([*limited(-KERNEL), KINGLET, "check", "http://127.0.0.1:1/"], capture_output=True, env={"PATH": "/"}, check=False)
    assert p.returncode not in (0, 1), p


def each(options, data, edit, healthy_too):
    """Probes a server once for each place in `data`; edit(i) is what it sends then. A verdict every time, and healthy only where allowed."""
    current = [b""]

    def play(c):
        c.sendall(current[0])

    slowest = 0
    with Server(Case("each", play, None, None)) as port:
        for i in range(len(data)):
            current[0] = edit(i)
            healthy, words, inside, _ = check(*options, f"http://127.0.0.1:{port}/", timeout=5)
            assert not healthy or healthy_too(i), (i, current[0], words)
            slowest = max(slowest, inside)
    assert slowest <= 5
    return slowest


@pytest.mark.parametrize("options,data,decided", [((), OK, 13), (("--body", "ok"), OK, len(OK)), (("--json", "a.1.b=x"), JSON, len(JSON))],
                         ids=["status", "body", "json"])
def test_cut_at_every_byte(options, data, decided):
    each(options, data, lambda i: data[:i], lambda i: i >= decided)


@pytest.mark.parametrize("options,data", [((), OK[:20]), (("--body", "ok"), OK), (("--json", "a.1.b=x"), JSON)], ids=["status", "body", "json"])
def test_garbage_at_every_byte(options, data):
    each(options, data, lambda i: data[:i] + b"\xff\x00\x1b" + data[i + 3:], lambda i: True)


def test_reset_at_every_byte_of_the_status_line():
    current = [0]
    with Server(Case("reset", lambda c: reset(OK[:current[0]])(c), None, None)) as port:
        for current[0] in range(0, 13, 3):
            healthy, words, _, _ = check(f"http://127.0.0.1:{port}/", timeout=5)
            assert not healthy and words == "connection reset"


def test_sixteen_hostile_servers_at_once():
    """None delays another, and all of them together stay within the deadline and the memory."""
    chosen = [c for c in CASES if not c.options][:16]
    servers = [Server(c) for c in chosen]
    try:
        began = time.monotonic()
        p = subprocess.run([*LIMITS, KINGLET, "check", "-t", "1s", *[f"http://127.0.0.1:{s.port}/" for s in servers]], capture_output=True,
                           text=True, timeout=30, env={"PATH": "/"}, check=False)
        assert time.monotonic() - began <= 1 + BUSY
    finally:
        for s in servers:
            s.__exit__()
    assert p.returncode == 1 and p.stderr == ""
    for case, line in zip(chosen, p.stdout.splitlines(), strict=True):
        assert line.startswith("healthy" if case.verdict else "unhealthy") and f": {case.words}" in line, (case.name, line)


@pytest.mark.parametrize("count,limit", [(1, 64), (16, 128)])
def test_resident_memory_in_the_middle_of_it(count, limit):
    """What is resident and not the binary's file, page by page: stack, mapped memory, data, relocated tables."""
    chosen = [c for c in CASES if c.name == "never answers"] + [c for c in CASES if c.options == BODY]
    servers = [Server(c) for c in chosen[:count]]
    try:
        p = subprocess.Popen([KINGLET, "check", "-t", "1s", *BODY, *[f"http://127.0.0.1:{s.port}/" for s in servers]],
                             stdout=subprocess.PIPE, env={"PATH": "/"})
        peak = 0
        while p.poll() is None:
            try:
                with open(f"/proc/{p.pid}/smaps_rollup", encoding="ascii") as f:
                    anonymous = re.search(r"^Anonymous:\s+(\d+)", f.read(), re.M)
            except ProcessLookupError:
                continue
            peak = max(peak, int(anonymous[1]) if anonymous else 0)
        p.communicate()
    finally:
        for s in servers:
            s.__exit__()
    assert p.returncode == 1
    assert 0 < peak <= limit
    print(f"anonymous memory, the most that was seen with {count}: {peak} kB")


def test_what_a_server_sends_is_never_printed_as_it_is():
    with Server(Case("escape", send(b'HTTP/1.1 200 OK\r\n\r\n{"a":"\x1b]0;owned\x07"}'), None, None)) as port:
        healthy, words, _, _ = check("--json", "a=1", f"http://127.0.0.1:{port}/")
    assert not healthy and "owned" not in words


def test_output_that_nobody_reads_changes_no_exit_status():
    with Server(CASES[0]) as port:
        for target, status in ((f"http://127.0.0.1:{port}/", 0), ("http://127.0.0.1:1/", 1)):
            reader, writer = os.pipe()
            os.close(reader)
            p = subprocess.run([KINGLET, "check", target], stdout=writer, stderr=subprocess.PIPE, check=False,
                               restore_signals=True)
            os.close(writer)
            assert p.returncode == status

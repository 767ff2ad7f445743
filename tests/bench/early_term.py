"""SIGTERM that comes early: how many are lost? python3 tests/bench/early_term.py [TIMES]

Each init is started as PID 1 of a new namespace with a PROGRAM that dies of SIGTERM. As soon as PID 1 has blocked SIGTERM (before that
the kernel itself drops it, whatever the init) and 0 to 3 ms more, it is sent SIGTERM, once. A container that has not ended two
seconds later has lost it. Rounds are interleaved. Exits with 1 when Kinglet has lost one.
"""
import os
import random
import re
import signal
import subprocess
import sys
import time

KINGLET = os.path.abspath(os.environ.get("KINGLET", "build/kinglet"))
NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child"]
LOST_AFTER = 2.0
INITS = {
    "kinglet": [KINGLET, "--log-level", "error", "--"],
    "kinglet -g": [KINGLET, "--log-level", "error", "-g", "--"],
    "tini": ["/usr/bin/tini", "--"],
    "tini -g": ["/usr/bin/tini", "-g", "--"],
    "dumb-init": ["/usr/bin/dumb-init", "--"],
    "catatonit": ["/usr/bin/catatonit", "--"],
    "catatonit -g": ["/usr/bin/catatonit", "-g", "--"],
}
INITS = {k: v for k, v in INITS.items() if os.path.exists(v[0])}


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []


def blocks_term(pid, name):
    """Whether the process is the init already, and blocks SIGTERM."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = f.read()
    except OSError:
        return False
    blocked = int(re.search(r"SigBlk:\t(\w+)", status)[1], 16) >> (signal.SIGTERM - 1) & 1
    # an init that waits for signals shows none as blocked, but has started PROGRAM by then
    return status.startswith(f"Name:\t{name}\n") and (blocked or children(pid))


def send(init, delay):
    """Starts one and sends SIGTERM. Returns the process to wait for, and PID 1's pid; or None where it did not come up."""
    p = subprocess.Popen([*NAMESPACE, *init, "sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    name = os.path.basename(init[0])[:15]
    deadline = time.monotonic() + 5
    pid = 0
    while not pid or not blocks_term(pid, name):
        pid = (children(p.pid) or [0])[0]
        if time.monotonic() > deadline:
            p.kill()
            p.wait()
            return None
    end = time.perf_counter() + delay
    while time.perf_counter() < end:
        pass
    os.kill(pid, signal.SIGTERM)
    return p, pid


def settle(waiting, lost):
    """Takes out of `waiting` what has ended, and what is lost."""
    for item in list(waiting):
        name, (p, pid), since = item
        if p.poll() is None and time.monotonic() - since < LOST_AFTER:
            continue
        if p.poll() is None:
            lost[name] += 1
            os.kill(pid, signal.SIGKILL)
            p.wait()
        waiting.remove(item)


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    lost, sent = dict.fromkeys(INITS, 0), dict.fromkeys(INITS, 0)
    waiting = []
    for _ in range(times):
        delay = random.uniform(0, 0.003)
        for name, init in INITS.items():
            started = send(init, delay)
            if started:
                sent[name] += 1
                waiting.append((name, started, time.monotonic()))
        settle(waiting, lost)
    while waiting:
        settle(waiting, lost)
        time.sleep(0.01)
    print("SIGTERM 0 to 3 ms after PID 1 has blocked it")
    for name in INITS:
        print(f"  {name:14} {sent[name]:6} sent {lost[name]:6} lost")
    sys.exit(any(lost[n] or not sent[n] for n in INITS if n.startswith("kinglet")))


main()

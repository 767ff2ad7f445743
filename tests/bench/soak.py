"""An hour of a busy container, scaled by rate: python3 tests/bench/soak.py [FRACTION]

1,000,000 orphans, 100,000 signals, 100,000 probes, 10,000 whole lives of a container, and as many restarts as docker's backoff lets happen
in half a minute, each times FRACTION (default 1). Nothing may be lost, and the memory of PID 1 must be flat. Exits with 1 otherwise.
"""
import http.server
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

KINGLET = os.path.abspath(os.environ.get("KINGLET", "build/kinglet"))
FRACTION = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
TOOLS = tempfile.TemporaryDirectory(prefix="kinglet-soak-")
FAILED = []


def build(name, source):
    path = f"{TOOLS.name}/{name}"
    subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", path, "-"], input=source.encode(), check=True)
    return path


ORPHANS = build("orphans", r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
/* N orphans; a line for each tenth; then it waits */
int main(int c, char **v) { long n = atol(v[1]); for (long i = 1; i <= n; i++) { pid_t p = vfork();
    if (p == 0) { if (vfork() == 0) _exit(0); _exit(0); } if (p < 0) { i--; usleep(500); continue; } waitpid(p, 0, 0);
    if (i % (n / 10) == 0) { printf("%ld\n", i); fflush(stdout); } } pause(); }
""")
COUNT = build("count", r"""
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
/* counts a real-time signal, which queues; a line for each thousand */
int main(void) { sigset_t s; sigemptyset(&s); sigaddset(&s, SIGRTMIN + 1); sigprocmask(SIG_BLOCK, &s, 0); puts("ready"); fflush(stdout);
    for (long n = 1;; n++) { int got; sigwait(&s, &got); if (n % 1000 == 0) { printf("%ld\n", n); fflush(stdout); } } }
""")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


def memory(pid):
    """RssAnon in kB, and the number of descriptors and of children."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        anonymous = int(re.search(r"RssAnon:\s+(\d+)", f.read())[1])
    return anonymous, len(os.listdir(f"/proc/{pid}/fd")), len(children(pid))


def start(*argv):
    p = subprocess.Popen([*NAMESPACE, KINGLET, "--log-level", "error", *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    while not children(p.pid) or not children(children(p.pid)[0]):
        time.sleep(0.01)
    return p, children(p.pid)[0]


def report(what, began, before, after, good):
    print(f"{what:44} {time.monotonic() - began:7.1f} s   RssAnon, descriptors, children: {before} before, {after} after"
          f"   {'good' if good else 'NOT GOOD'}", flush=True)
    if not good:
        FAILED.append(what)


def flat(before, after):
    return after[0] <= before[0] + 4 and after[1] == before[1] and after[2] <= before[2]


def finish(p, pid, status):
    os.kill(pid, signal.SIGTERM)
    return p.wait(30) == status


def orphans():
    count = int(1_000_000 * FRACTION)
    began = time.monotonic()
    p, pid = start("--", ORPHANS, str(count))
    p.stdout.readline()  # a tenth of them
    before = memory(pid)
    for _ in range(9):
        p.stdout.readline()
    deadline = time.monotonic() + 30
    while len(children(pid)) > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    after = memory(pid)
    report(f"{count} orphans", began, before, after, flat(before, after) and finish(p, pid, 128 + 15))


def signals():
    count = int(100_000 * FRACTION) // 1000
    began = time.monotonic()
    p, pid = start("--", COUNT)
    p.stdout.readline()
    before = memory(pid)
    good = True
    for i in range(1, count + 1):
        for _ in range(1000):
            os.kill(pid, 35)
        good = good and int(p.stdout.readline()) == i * 1000
    after = memory(pid)
    report(f"{count * 1000} signals, each counted by PROGRAM", began, before, after, good and flat(before, after) and finish(p, pid, 128 + 15))


class Counting(http.server.BaseHTTPRequestHandler):
    seen = 0

    def do_GET(self):
        Counting.seen += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def probes():
    count = int(100_000 * FRACTION)
    server = http.server.HTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    p, pid = start("--health", f"http://127.0.0.1:{server.server_address[1]}/", "--health-interval", "100us", "--", "sleep", "100000")
    while Counting.seen < count / 10:
        time.sleep(0.05)
    before = memory(pid)
    while Counting.seen < count:
        time.sleep(0.05)
    after = memory(pid)
    with open(f"/proc/{pid}/comm", encoding="ascii") as f:
        healthy = f.read() == "init:healthy\n"
    # a probe may run at either moment
    report(f"{count} probes", began, before, after, healthy and flat(before, (after[0], after[1], after[2] - 1)) and finish(p, pid, 128 + 15))
    server.shutdown()


def lives():
    count = int(10_000 * FRACTION)
    began = time.monotonic()
    wrong = 0
    for i in range(count):
        wrong += subprocess.run([KINGLET, "--log-level", "error", "--", "sh", "-c", f"exit {i % 256}"], check=False).returncode != i % 256
    report(f"{count} lives, each with its exit status", began, "-", "-", wrong == 0)


def restarts():
    began = time.monotonic()
    log = f"{TOOLS.name}/starts"
    p, pid = start("--restart", "always", "--", "sh", "-c", f"echo >>{log}")
    before = memory(pid)
    while time.monotonic() - began < 30 * FRACTION + 2:
        time.sleep(0.2)
    after = memory(pid)
    with open(log, encoding="ascii") as f:
        seen = len(f.readlines())
    report(f"{seen - 1} restarts", began, before, after, seen > 2 and flat(before, (after[0], after[1], 0)) and finish(p, pid, 0))


for part in (orphans, signals, probes, lives, restarts):
    part()
sys.exit(bool(FAILED))

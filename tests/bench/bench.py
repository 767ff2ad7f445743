"""Figures beside the peers, in one run: python3 tests/bench/bench.py [--json FILE] [--quick]

Every comparison is interleaved: one round runs each candidate once, in turn. Medians and quartiles are printed, and ratios to Kinglet.
Peers are Debian's packages; those that are not installed are left out and named.
"""
import json
import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import checks
from figures import RESULTS, serve, spread, table, timed

KINGLET = os.environ["KINGLET"]
QUICK = "--quick" in sys.argv
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
TOOLS = tempfile.mkdtemp(prefix="kinglet-bench-")


def build(name, source):
    path = f"{TOOLS}/{name}"
    subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", path, "-"], input=source.encode(), check=True)
    return path


NOTHING = build("nothing", "int main(void) { return 0; }")
ORPHANS = build("orphans", r"""
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
/* orphans N: N orphans, each gone at once; orphans N alone: the next one only when PID 1 has reaped the last */
int main(int c, char **v) { for (int i = atoi(v[1]); i > 0; i--) { volatile pid_t orphan = 0; pid_t p = vfork();
    if (p == 0) { orphan = vfork(); _exit(0); }
    if (p < 0 || orphan < 0) { i++; usleep(500); continue; }
    waitpid(p, 0, 0); while (c > 2 && kill(orphan, 0) == 0) usleep(50); } return 0; }
""")
HANDLER = build("handler", r"""
#include <signal.h>
#include <time.h>
#include <unistd.h>
/* for each SIGTERM the clock, as eight bytes */
static void at(int s) { (void)s; struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); long long n = t.tv_sec * 1000000000LL + t.tv_nsec; write(1, &n, 8); }
int main(void) { signal(SIGTERM, at); long long z = 0; write(1, &z, 8); for (;;) pause(); }
""")

PEAK = build("peak", r"""
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
/* runs v[1]... and prints its peak memory in kB: a parent as small as this one adds nothing to it */
int main(int c, char **v) { struct rusage u; int s; pid_t p = vfork(); if (p == 0) { close(1); open("/dev/null", 1); execv(v[1], v + 1); _exit(127); }
    wait4(p, &s, 0, &u); printf("%ld\n", u.ru_maxrss); return s != 0; }
""".replace("#include <stdio.h>", "#include <fcntl.h>\n#include <stdio.h>"))

INITS = {
    "kinglet": [KINGLET, "--log-level", "error", "--"],
    "tini": ["/usr/bin/tini", "--"],
    "tini-static": ["/usr/bin/tini-static", "--"],
    "dumb-init": ["/usr/bin/dumb-init", "--"],
    "catatonit": ["/usr/bin/catatonit", "--"],
}
INITS = {k: v for k, v in INITS.items() if os.path.exists(v[0])}


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


def field(pid, name, file="status"):
    with open(f"/proc/{pid}/{file}", encoding="ascii") as f:
        return int(re.search(rf"^{name}:\s+(\d+)", f.read(), re.M).group(1))


def scheduled(pid):
    """Nanoseconds on a CPU (Documentation/scheduler/sched-stats, /proc/PID/schedstat)."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


def start(init, *program, **more):
    """An init as PID 1 of a new namespace, PROGRAM started. Returns (the process to wait for, PID 1's pid)."""
    p = subprocess.Popen([*NAMESPACE, *init, *program], **{"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more})
    while True:
        for pid in children(p.pid):
            if children(pid):
                return p, pid
        time.sleep(0.001)


def stop(p, pid):
    os.kill(pid, signal.SIGKILL)
    p.wait()


def sizes():
    files = {k: v[0] for k, v in INITS.items()}
    files.update({n: shutil.which(n) or "/usr/sbin/gosu" for n in ("gosu", "curl", "busybox") if shutil.which(n) or n == "gosu"})
    table("file size", "bytes", {k: os.path.getsize(os.path.realpath(v)) for k, v in files.items() if os.path.exists(v)}, 0)
    print(subprocess.run(["size", KINGLET], capture_output=True, text=True).stdout.rstrip())


def idle():
    memory, pss, dirty, wakeups, running = {}, {}, {}, {}, {}
    for name, init in INITS.items():
        running[name] = start(init, "sleep", "1000")
    time.sleep(0.5)
    before = {n: field(pid, "voluntary_ctxt_switches") + field(pid, "nonvoluntary_ctxt_switches") for n, (_, pid) in running.items()}
    time.sleep(10)
    for name, (p, pid) in running.items():
        wakeups[name] = field(pid, "voluntary_ctxt_switches") + field(pid, "nonvoluntary_ctxt_switches") - before[name]
        memory[name] = field(pid, "VmRSS")
        pss[name] = field(pid, "Pss", "smaps_rollup")
        dirty[name] = field(pid, "Private_Dirty", "smaps_rollup")
        stop(p, pid)
    table("resident memory as idle PID 1", "VmRSS, kB", memory, 0)
    table("proportional set size", "PSS, kB", pss, 0)
    table("private dirty memory", "kB", dirty, 0)
    table("wakeups in 10 s", "", wakeups, 0)


def exec_time():
    rounds = 100 if QUICK else 400
    times = {"direct": [], **{n: [] for n in INITS}}
    for _ in range(rounds):
        for name in times:
            argv = [*INITS.get(name, []), NOTHING]
            if name.startswith("tini"):
                argv.insert(1, "-s")
            began = time.perf_counter_ns()
            pid = os.posix_spawn(argv[0], argv, os.environ)
            os.waitpid(pid, 0)
            times[name].append((time.perf_counter_ns() - began) / 1000)
    direct = statistics.median(times["direct"])
    table("an empty program, start to end", "us", {n: spread(t) for n, t in times.items()})
    table("time added by the init", "us", {n: statistics.median(t) - direct for n, t in times.items() if n != "direct"})


def orphans():
    """CPU of PID 1, as the scheduler accounts it. As they come, one wakeup may find one orphan or hundreds: that is the scheduler's luck, so
    the two ends are measured too, each orphan alone, and many that are there when PID 1 looks.
    """
    def cpu(init, count, how):
        p, pid = start(init, "sh", "-c", f"read go; {ORPHANS} {count} {'alone' if how == 'alone' else ''}; echo; exec sleep 1000",
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if how == "waiting":
            os.kill(pid, signal.SIGSTOP)
        before = scheduled(pid)
        p.stdin.write(b"go\n")
        p.stdin.flush()
        p.stdout.readline()
        if how == "waiting":
            os.kill(pid, signal.SIGCONT)
        while len(children(pid)) > 1:
            time.sleep(0.01)
        used = (scheduled(pid) - before) / 1000 / count
        stop(p, pid)
        p.stdin.close()
        p.stdout.close()
        return used

    runs = [("alone", 1000, 3), ("waiting", 1000, 5), ("waiting", 10000, 5), ("come", 1000, 5), ("come", 10000, 5), ("come", 100000, 3)]
    titles = {"alone": "{} orphans, each alone", "waiting": "{} orphans that wait for it", "come": "{} orphans as they come"}
    for how, count, rounds in runs[:-1] if QUICK else runs:
        seen = {}
        for _ in range(rounds):
            for name, init in INITS.items():
                seen.setdefault(name, []).append(cpu(init, count, how))
        table(f"CPU of PID 1 for each of {titles[how].format(count)}", "us", {n: spread(v) for n, v in seen.items()}, 2)


def calls():
    """System calls of PID 1 for each orphan, counted by strace."""
    if not shutil.which("strace"):
        return
    count, seen = 1000, {}
    for name, init in INITS.items():
        p, pid = start(init, "sh", "-c", f"read go; {ORPHANS} {count}; echo; exec sleep 1000", stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        with tempfile.NamedTemporaryFile("r", encoding="ascii") as log:
            tracer = subprocess.Popen(["strace", "-qq", "-c", "-o", log.name, "-p", str(pid)])
            while field(pid, "TracerPid") == 0:
                time.sleep(0.01)
            p.stdin.write(b"go\n")
            p.stdin.flush()
            p.stdout.readline()
            while len(children(pid)) > 1:
                time.sleep(0.01)
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
            total = next(line for line in log.read().splitlines() if line.endswith(" total"))
            seen[name] = int(total.split()[3]) / count
        stop(p, pid)
        p.stdout.close()
        p.stdin.close()
    table(f"system calls of PID 1 for each of {count} orphans", "", seen, 2)


def supervision():
    """What it costs to have a hundred containers probe themselves once a second for a minute."""
    count, seconds = (10, 6) if QUICK else (100, 60)
    server, url = serve()

    def cpu(*options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = [start([KINGLET, "--log-level", "error", *options, "--"], "sleep", "1000") for _ in range(count)]
        time.sleep(seconds)
        for p, pid in running:
            os.kill(pid, signal.SIGTERM)
            p.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    used = cpu("--health", url, "--health-interval", "1s") - cpu()
    server.shutdown()
    table(f"{count} containers supervised for {seconds} s, a probe a second", "s of CPU beyond the same without", {"kinglet": used}, 2)
    table("the same for each probe", "ms of CPU", {"kinglet": used / count / seconds * 1000}, 3)


def bars():
    """The bars that the project has set itself."""
    def values(title):
        found = next(v["values"] for k, v in RESULTS.items() if k.startswith(title))
        return {k: v[0] if isinstance(v, list) else v for k, v in found.items()}

    def best(title):
        return min(v for k, v in values(title).items() if k in INITS and k != "kinglet")

    rows = [
        ("file size, bytes", values("file size")["kinglet"], 81920),
        ("VmRSS as idle PID 1, kB", values("resident memory")["kinglet"], 72),
        ("wakeups in 10 idle seconds", values("wakeups")["kinglet"], 0),
        *((f"CPU for each orphan, {how}, us: the best peer's", values(title)["kinglet"], best(title))
          for how, title in (("alone", "CPU of PID 1 for each of 1000 orphans, each alone"),
                             ("waiting", "CPU of PID 1 for each of 1000 orphans that wait"))),
        ("time added to exec, us: half of the best peer's", values("time added")["kinglet"], best("time added") / 2),
        ("user instructions of one HTTP probe", values("one HTTP probe, user")["kinglet"], 10000),
    ]
    print("\nbars")
    RESULTS["bars"] = {}
    for name, value, bar in rows:
        met = "met" if value <= bar else "not met"
        RESULTS["bars"][name] = {"value": value, "bar": bar, "met": value <= bar}
        print(f"  {name:50} {value:10.1f}   at most {bar:10.1f}   {met}")


def latency():
    rounds = 200 if QUICK else 1000
    times, running = {n: [] for n in INITS}, {}
    for name, init in INITS.items():
        p, pid = start(init, HANDLER, stdout=subprocess.PIPE)
        p.stdout.read(8)
        running[name] = p, pid
    for _ in range(rounds):
        for name, (p, pid) in running.items():
            began = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            os.kill(pid, signal.SIGTERM)
            times[name].append((int.from_bytes(p.stdout.read(8), sys.byteorder) - began) / 1000)
    for p, pid in running.values():
        stop(p, pid)
        p.stdout.close()
    table("SIGTERM at PID 1 to PROGRAM's handler", "us", {n: spread(t) for n, t in times.items()})


def probes():
    server, url = serve()
    python = f"import urllib.request; urllib.request.urlopen('{url}', timeout=2)"
    candidates = {
        "kinglet": [KINGLET, "check", url],
        "busybox wget": ["/bin/busybox", "wget", "-q", "-O", "/dev/null", url],
        "curl": ["/usr/bin/curl", "-fsS", "-o", "/dev/null", url],
        "wget": ["/usr/bin/wget", "-q", "-O", "/dev/null", url],
        "python3": ["/usr/bin/python3", "-c", python],
        "node": ["/usr/bin/node", "-e", f"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1))"],
    }
    candidates = {k: v for k, v in candidates.items() if os.path.exists(v[0])}
    wall, cpu, memory = ({n: [] for n in candidates} for _ in range(3))
    for _ in range(10 if QUICK else 40):
        for name, argv in candidates.items():
            spent = timed(argv)
            wall[name].append(spent[0])
            cpu[name].append(spent[1])
            memory[name].append(int(subprocess.run([PEAK, *argv], capture_output=True, check=True).stdout))
    table("one HTTP probe, wall", "ms", {n: spread(v) for n, v in wall.items()}, 2)
    table("one HTTP probe, CPU", "ms", {n: spread(v) for n, v in cpu.items()}, 2)
    table("one HTTP probe, peak memory", "kB", {n: statistics.median(v) for n, v in memory.items()}, 0)
    instructions = {}
    for name in ("kinglet", "busybox wget", "wget", "curl", "python3"):
        if name in candidates and shutil.which("valgrind"):
            p = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *candidates[name]],
                               capture_output=True, text=True)
            instructions[name] = int(re.search(r"Collected : (\d+)", p.stderr).group(1))
    table("one HTTP probe, user instructions (callgrind)", "", instructions, 0)
    server.shutdown()


def main():
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="ascii").read())
    print(f"{platform.system()} {platform.release()}, {os.cpu_count()} x {cpu.group(1) if cpu else platform.machine()}")
    missing = sorted({"tini", "tini-static", "dumb-init", "catatonit"} - set(INITS))
    if missing:
        print("not installed, so not compared:", ", ".join(missing))
    for part in (sizes, idle, exec_time, orphans, calls, latency, probes, supervision):
        part()
    checks.alone(10 if QUICK else 100)
    checks.through_docker(5 if QUICK else 20)
    bars()
    if "--json" in sys.argv:
        with open(sys.argv[sys.argv.index("--json") + 1], "w", encoding="utf-8") as f:
            json.dump(RESULTS, f, indent=1)
    shutil.rmtree(TOOLS)


main()

"""What one health check costs, by kind: python3 tests/bench/check_cost.py [ROUNDS]

In one container, in one run, each round in turn. First the process alone, started from inside the container: `kinglet check` that reads
PID 1's verdict, `kinglet check URL`, busybox wget, curl. Then the same through `docker exec`, as an engine's probe has it. Last
what PID 1 pays itself for a probe of its own, by the CPU of its process and of the probes that it has reaped.
"""
import http.server
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

KINGLET = os.environ["KINGLET"]
INSIDE = sys.argv[1:2] == ["--inside"]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 and not INSIDE else 100


def table(title, rows):
    """rows: name -> list of numbers; the ratio is to the first."""
    print(f"\n{title}")
    base = statistics.median(next(iter(rows.values())))
    for name, values in rows.items():
        values = sorted(values)
        middle = statistics.median(values)
        print(f"  {name:32} {middle:10.2f} {middle / base:8.2f} x  [{values[len(values) // 4]:.2f} .. {values[3 * len(values) // 4]:.2f}]")


def commands(url, kinglet):
    found = {"kinglet check": [kinglet, "check"], "kinglet check URL": [kinglet, "check", url],
             "busybox wget URL": ["/bin/busybox", "wget", "-q", "-O", "/dev/null", url],
             "curl URL": ["/usr/bin/curl", "-fsS", "-o", "/dev/null", url]}
    return found


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def inside(port, rounds):
    """As PROGRAM under a supervising PID 1: the processes alone."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while open("/proc/1/comm", encoding="ascii").read() != "init:healthy\n":
        time.sleep(0.01)
    candidates = {k: v for k, v in commands(f"http://127.0.0.1:{port}/", KINGLET).items() if os.path.exists(v[0])}
    wall, cpu = ({n: [] for n in candidates} for _ in range(2))
    for _ in range(rounds):
        for name, argv in candidates.items():
            began = time.perf_counter_ns()
            pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
            _, status, usage = os.wait4(pid, 0)
            assert status == 0, argv
            wall[name].append((time.perf_counter_ns() - began) / 1e6)
            cpu[name].append((usage.ru_utime + usage.ru_stime) * 1000)
    table("the process alone, wall (ms)", wall)
    table("the process alone, CPU (ms)", cpu)
    if shutil.which("valgrind"):
        count = {}
        for name, argv in list(candidates.items())[:3]:
            p = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *argv],
                               capture_output=True, text=True, check=False)
            count[name] = [int(re.search(r"Collected : (\d+)", p.stderr).group(1))]
        table("the process alone, user instructions (callgrind)", count)
    sys.stdout.flush()
    os._exit(0)


def docker(*argv):
    return subprocess.run(["docker", *argv], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env={**os.environ, "DOCKER_BUILDKIT": "0"}).stdout.strip()


def through_docker(rounds):
    tag = f"kinglet-bench-check-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as context:
        shutil.copy(KINGLET, context)
        shutil.copy("/bin/busybox", context)
        with open(f"{context}/Dockerfile", "w", encoding="ascii") as f:
            f.write("FROM scratch\nCOPY busybox /bin/busybox\nCOPY kinglet /kinglet\n")
        docker("build", "-q", "-t", tag, context)
    try:
        docker("run", "-d", "--name", tag, tag, "/kinglet", "--user", "10001", "--health", "http://127.0.0.1:8000/bin/busybox",
               "--health-interval", "100ms", "--", "/bin/busybox", "httpd", "-f", "-p", "8000", "-h", "/")
        candidates = commands("http://127.0.0.1:8000/bin/busybox", "/kinglet")
        candidates.pop("curl URL", None)  # not in this image
        while subprocess.run(["docker", "exec", tag, "/kinglet", "check", "-q"], check=False).returncode != 0:
            time.sleep(0.05)
        wall = {n: [] for n in candidates}
        for _ in range(rounds):
            for name, argv in candidates.items():
                began = time.perf_counter_ns()
                docker("exec", tag, *argv)
                wall[name].append((time.perf_counter_ns() - began) / 1e6)
        table("through docker exec, wall (ms)", wall)
        pid = docker("inspect", "-f", "{{.State.Pid}}", tag)
        before, began = cpu_of(pid), time.monotonic()
        time.sleep(5)
        probes = (time.monotonic() - began) / 0.1
        each = (cpu_of(pid) - before) * 1000 / probes
        print(f"\nPID 1's own probes, ten a second: {each:.2f} ms of CPU each, by the clock tick of 10 ms")
    finally:
        subprocess.run(["docker", "rm", "-f", tag], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(["docker", "rmi", "-f", tag], check=False, stdout=subprocess.DEVNULL)


def cpu_of(pid):
    """Seconds of CPU of a process and of its children that it has reaped, PROGRAM not among them as long as it runs (proc(5), stat)."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return sum(int(x) for x in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def main():
    if INSIDE:
        inside(int(sys.argv[2]), int(sys.argv[3]))
    subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", KINGLET, "--log-level", "error",
                    "--health", "http://127.0.0.1:18731/", "--health-interval", "100ms",
                    "--", sys.executable, __file__, "--inside", "18731", str(ROUNDS)], check=True)
    through_docker(max(ROUNDS // 5, 5))


main()

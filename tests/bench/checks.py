"""What one health check costs, by kind, for bench.py: the process alone, in a container whose PID 1 supervises; then through `docker exec`,
as an engine's probe has it.
"""
import json
import os
import subprocess
import sys
import time
import uuid

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docker"))
import dockerd
from figures import serve, spread, table, timed

KINGLET = os.environ["KINGLET"]


def commands(url, kinglet):
    return {"kinglet check": [kinglet, "check"], "kinglet check URL": [kinglet, "check", url],
            "busybox wget URL": ["/bin/busybox", "wget", "-q", "-O", "/dev/null", url],
            "curl URL": ["/usr/bin/curl", "-fsS", "-o", "/dev/null", url]}


def inside(port, rounds):
    """As PROGRAM under a supervising PID 1."""
    _, url = serve(port)
    while open("/proc/1/comm", encoding="ascii").read() != "init:healthy\n":
        time.sleep(0.01)
    candidates = {k: v for k, v in commands(url, KINGLET).items() if os.path.exists(v[0])}
    wall, cpu = ({n: [] for n in candidates} for _ in range(2))
    for _ in range(rounds):
        for name, argv in candidates.items():
            spent = timed(argv)
            wall[name].append(spent[0])
            cpu[name].append(spent[1])
    print(json.dumps([wall, cpu]), flush=True)
    os._exit(0)


def alone(rounds):
    port = 18731
    p = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", KINGLET, "--log-level", "error",
                        "--health", f"http://127.0.0.1:{port}/", "--health-interval", "100ms",
                        "--", sys.executable, __file__, str(port), str(rounds)], check=True, stdout=subprocess.PIPE)
    wall, cpu = json.loads(p.stdout)
    table("one check in a supervised container, wall", "ms", {n: spread(v) for n, v in wall.items()}, 2)
    table("one check in a supervised container, CPU", "ms", {n: spread(v) for n, v in cpu.items()}, 2)


def through_docker(rounds):
    """To be set beside what PID 1 pays for a probe of its own, which bench.py measures as supervision."""
    name = f"kinglet-bench-{uuid.uuid4().hex[:8]}"
    dockerd.start()
    try:
        dockerd.build(name, None, {"busybox": "/bin/busybox", "kinglet": KINGLET},
                      "FROM scratch\nCOPY busybox /bin/busybox\nCOPY kinglet /kinglet\n")
        dockerd.docker("run", "-d", "--name", name, name, "/kinglet", "--user", "10001", "--health", "http://127.0.0.1:8000/bin/busybox",
                       "--health-interval", "1s", "--", "/bin/busybox", "httpd", "-f", "-p", "8000", "-h", "/")
        candidates = commands("http://127.0.0.1:8000/bin/busybox", "/kinglet")
        del candidates["curl URL"]  # it is not in this image
        dockerd.wait_for(lambda: dockerd.docker("exec", name, "/kinglet", "check", "-q", check=False)[0] == 0)
        wall = {n: [] for n in candidates}
        for _ in range(rounds):
            for what, argv in candidates.items():
                began = time.perf_counter_ns()
                dockerd.docker("exec", name, *argv)
                wall[what].append((time.perf_counter_ns() - began) / 1e6)
        table("one check through docker exec, wall", "ms", {n: spread(v) for n, v in wall.items()}, 1)
    finally:
        dockerd.docker("rm", "-f", name, check=False)
        dockerd.docker("rmi", "-f", name, check=False)
        dockerd.stop()


if __name__ == "__main__":
    inside(int(sys.argv[1]), int(sys.argv[2]))

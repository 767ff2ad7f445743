"""A flood of probes: python3 tests/bench/soak_probes.py [SECONDS]

PID 1 probes a server every 10 ms for SECONDS (60 without), one probe in three failing, and PROGRAM leaves an orphan now and then.
Afterwards there must be no zombie, no descriptor more than before, and no more memory. Exits with 1 where there is.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

KINGLET = os.environ["KINGLET"]
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60
PROGRAM = r"""
import os, socket, sys
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen(64)
    n = 0
    while True:
        s = listener.accept()[0]
        n += 1
        s.recv(4096)
        s.sendall(b"HTTP/1.1 503 No\r\n\r\n" if n % 3 == 0 else b"HTTP/1.1 200 OK\r\n\r\n")
        s.close()
        if n % 50 == 0 and os.fork() == 0:
            os._exit(0) if os.fork() else os._exit(0)
        if n % 50 == 0:
            os.wait()
        if n % 10 == 0:
            with open(sys.argv[1] + ".new", "w") as f:
                f.write(str(n))
            os.replace(sys.argv[1] + ".new", sys.argv[1] + ".n")
"""


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(p) for p in f.read().split()]


def status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return re.search(rf"^{field}:\s+(\S+)", f.read(), re.M).group(1)


def zombies(pid):
    count = 0
    for child in children(pid):
        try:
            count += status(child, "State") == "Z"
        except (FileNotFoundError, ProcessLookupError, AttributeError):
            pass
    return count


def look(pid):
    return {"RssAnon": int(status(pid, "RssAnon")), "VmSize": int(status(pid, "VmSize")), "fds": len(os.listdir(f"/proc/{pid}/fd")),
            "children": len(children(pid))}


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/s"
        init = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", KINGLET, "--health", f"http+unix://{path}:/",
                                 "--health-interval", "10ms", "--log-level", "error", "--", sys.executable, "-c", PROGRAM, path])

        def probes():
            try:
                with open(path + ".n", encoding="ascii") as f:
                    return int(f.read())
            except FileNotFoundError:
                return 0

        try:
            deadline = time.monotonic() + 30
            while probes() < 50:
                assert time.monotonic() < deadline, "no probes come"
                time.sleep(0.01)
            pid = children(init.pid)[0]
            before, first, began = look(pid), probes(), time.monotonic()
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
                cpu = int(f.read().split()[0])
            while time.monotonic() < began + SECONDS:
                time.sleep(0.1)
            count, seconds = probes() - first, time.monotonic() - began
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
                cpu = int(f.read().split()[0]) - cpu
            lasting = min(zombies(pid) for _ in range(20) if not time.sleep(0.011))
            after = look(pid)
            name = status(pid, "Name")
            os.kill(pid, signal.SIGKILL)
        finally:
            init.kill()
            init.wait()
    print(f"{count} probes in {seconds:.1f} s, {cpu / 1000 / max(count, 1):.0f} us of PID 1's CPU each; PID 1 says {name}")
    for key, was in before.items():
        print(f"  {key:10} {was:8} before {after[key]:8} after")
    print(f"  {'zombies':10} {'':8}        {lasting:8} that last")
    bad = [k for k in ("RssAnon", "VmSize", "fds") if after[k] > before[k]]
    if lasting or bad or after["children"] > 2 or count < SECONDS * 10:
        sys.exit("something was left, or there was no flood: " + ", ".join(bad))


main()

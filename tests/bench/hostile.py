"""What a probe makes of a hostile server, beside curl -f and busybox wget in the same run: python3 tests/bench/hostile.py

The cases are those of tests/system/test_hostile.py. Each candidate gets the same case at the same time; one that is still waiting after
LIMIT seconds is killed and shown as hanging. The last column of a candidate is its wall time from outside, in milliseconds.
"""
import os
import subprocess
import sys
import threading
import time

os.environ.setdefault("KINGLET", os.path.abspath("build/kinglet"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
from hostile import CASES, Server  # noqa: E402

LIMIT = 4
TIMEOUT = 1


def look(argv):
    began = time.monotonic()
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        out, _ = p.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
        return "hangs", LIMIT * 1000, b""
    return "healthy" if p.returncode == 0 else "not", (time.monotonic() - began) * 1000, out


def main():
    print(f"{'case':40} {'kinglet':>8} {'ms':>6}   {'curl -f':>8} {'ms':>6}   {'wget':>8} {'ms':>6}   kinglet says (-t {TIMEOUT}s)")
    worst = 0
    for case in CASES:
        with Server(case) as port:
            url = f"http://127.0.0.1:{port}/"
            candidates = [[os.environ["KINGLET"], "check", "-t", f"{TIMEOUT}s", *case.options, url],
                          ["curl", "-fsS", "-o", "/dev/null", url], ["busybox", "wget", "-q", "-O", "/dev/null", url]]
            results = [None] * len(candidates)

            def run(i):
                results[i] = look(candidates[i])
            threads = [threading.Thread(target=run, args=(i,)) for i in range(len(candidates))]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        words = results[0][2].decode().strip().split(": ", 2)[2]
        worst = max(worst, results[0][1])
        print(f"{case.name:40} " + "   ".join(f"{verdict:>8} {ms:6.0f}" for verdict, ms, _ in results) + f"   {words}", flush=True)
    print(f"slowest of kinglet's, from outside: {worst:.0f} ms, with a deadline of {TIMEOUT * 1000} ms")


main()

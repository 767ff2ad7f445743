"""What the benchmarks share: tables with ratios, which are kept for the JSON, and a server that says ok."""
import http.server
import os
import statistics
import threading
import time

RESULTS = {}


def spread(values):
    """(median, lower quartile, upper quartile)"""
    values = sorted(values)
    return statistics.median(values), values[len(values) // 4], values[3 * len(values) // 4]


def table(title, unit, rows, digits=1):
    """rows: name -> (value, low, high) or value; the ratio is to the first one whose name begins with kinglet."""
    print(f"\n{title}" + (f" ({unit})" if unit else ""), flush=True)
    RESULTS[title] = {"unit": unit, "values": {k: list(v) if isinstance(v, tuple) else v for k, v in rows.items()}}
    base = next((v[0] if isinstance(v, tuple) else v for k, v in rows.items() if k.startswith("kinglet")), 0)
    for name, value in rows.items():
        middle = value[0] if isinstance(value, tuple) else value
        extra = f"  [{value[1]:.{digits}f} .. {value[2]:.{digits}f}]" if isinstance(value, tuple) else ""
        ratio = f"{middle / base:8.2f} x" if base else " " * 10
        print(f"  {name:18} {middle:14.{digits}f} {ratio}{extra}")


def timed(argv):
    """Runs a command that must succeed. Returns (wall, CPU) in milliseconds."""
    began = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, argv
    return (time.perf_counter_ns() - began) / 1e6, (usage.ru_utime + usage.ru_stime) * 1000


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def serve(port=0):
    """A server on the loopback interface, in threads of this process. Returns (it, its URL)."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}/"

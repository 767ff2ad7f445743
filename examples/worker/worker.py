"""Takes jobs (files NAME.job) from the folder QUEUE, one at a time, and leaves NAME.done."""
import os
import pathlib
import signal
import threading

queue = pathlib.Path(os.environ["QUEUE"])
heartbeat = pathlib.Path("/tmp/heartbeat")
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())

while not stop.is_set():
    heartbeat.touch()
    for job in sorted(queue.glob("*.job")):
        job.with_suffix(".done").write_text(job.read_text().upper())
        job.unlink()
        heartbeat.touch()
        if stop.is_set():
            break
    stop.wait(1)
print("stopped between two jobs")

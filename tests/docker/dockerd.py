"""A Docker daemon for the tests: the one that runs, or one of our own.

`docker(...)` runs the client. Where no daemon answers at the default socket, `start` brings one up with folders, pid file and socket
of its own, and `stop` takes it down by its pid.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time

KINGLET = os.environ["KINGLET"]
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUSYBOX = "/bin/busybox"
_own = {}


def docker(*argv, check=True, **more):
    """Runs the client. Returns its output (both streams), stripped; with check=False, (status, output)."""
    p = subprocess.run(["docker", *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       env={**os.environ, "DOCKER_BUILDKIT": "0"}, **more)
    if not check:
        return p.returncode, p.stdout.strip()
    assert p.returncode == 0, f"docker {' '.join(argv)}: {p.stdout}"
    return p.stdout.strip()


def start():
    if docker("version", check=False)[0] == 0:
        return
    folder = tempfile.mkdtemp(prefix="kinglet-dockerd-")
    socket = f"unix://{folder}/docker.sock"
    with open(f"{folder}/log", "wb") as log:
        process = subprocess.Popen(["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile",
                                    f"{folder}/pid", "-H", socket], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    _own.update(process=process, folder=folder)
    os.environ["DOCKER_HOST"] = socket
    deadline = time.monotonic() + 60
    while docker("version", check=False)[0] != 0:
        assert process.poll() is None and time.monotonic() < deadline, open(f"{folder}/log", encoding="utf-8").read()
        time.sleep(0.2)


def stop():
    if not _own:
        return
    _own["process"].terminate()
    _own["process"].wait(60)
    shutil.rmtree(_own["folder"], ignore_errors=True)
    _own.clear()
    del os.environ["DOCKER_HOST"]


def inspect(name, template):
    return docker("inspect", "-f", template, name)


def state(name):
    return json.loads(docker("inspect", "-f", "{{json .State}}", name))


def wait_for(condition, seconds=30, what="never happened"):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.05)


def wait_health(name, wanted="healthy", seconds=30):
    wait_for(lambda: state(name)["Health"]["Status"] == wanted, seconds,
             lambda: f"not {wanted}: {state(name)} {docker('logs', name)}")


def wait_exit(name, seconds=30):
    wait_for(lambda: state(name)["Status"] == "exited", seconds, lambda: f"has not ended: {docker('logs', name)}")
    return state(name)["ExitCode"]


def processes(name):
    """For each process of a running container its /proc/PID/status as a dict, read from the host."""
    found = []
    for line in docker("top", name, "-o", "pid").splitlines()[1:]:
        try:
            with open(f"/proc/{line.strip()}/status", encoding="utf-8", errors="replace") as f:
                found.append(dict(row.rstrip("\n").split(":\t", 1) for row in f if ":\t" in row))
        except FileNotFoundError:
            pass
    return found


def build(tag, folder, files=None, dockerfile=None, args=()):
    """Builds `folder` (copied, with `files`: name -> path or bytes added)."""
    with tempfile.TemporaryDirectory() as context:
        if folder:
            shutil.copytree(folder, context, dirs_exist_ok=True)
        for name, source in (files or {}).items():
            path = os.path.join(context, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(source, bytes):
                with open(path, "wb") as f:
                    f.write(source)
                os.chmod(path, 0o755)
            else:
                shutil.copy(source, path)
        if dockerfile:
            with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as f:
                f.write(dockerfile)
        docker("build", "-q", "-t", tag, *(x for a in args for x in ("--build-arg", a)), context)
    return tag

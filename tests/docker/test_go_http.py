"""Go's net/http, as the Docker daemon has it, over its Unix socket."""
import os
import re
import subprocess

from dockerd import KINGLET


def check(path, *options):
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    p = subprocess.run([KINGLET, "check", "-t", "20s", *options, f"http+unix://{socket}:{path}"], capture_output=True, text=True, timeout=60, check=False)
    assert p.stderr == "" and p.stdout.count("\n") == 1
    return p.returncode, p.stdout


def test_healthy_and_not():
    status, line = check("/_ping")
    assert status == 0 and re.search(r"^healthy: http\+unix:///\S+:/_ping: 200 in ", line)
    assert check("/_ping", "-X", "HEAD")[0] == 0
    assert check("/_ping", "--body", "OK")[0] == 0  # chunked, or with a length
    assert check("/version", "--json", "Os=linux", "--json", "Components.0.Name=Engine")[0] == 0
    status, line = check("/nowhere")
    assert status == 1 and ": 404 in " in line
    assert check("/nowhere", "--status", "404", "--body", "page not found")[0] == 0

"""Stopping, as `docker stop` does it."""
import subprocess
import time

import dockerd

# $1: how many generations are still to come. Each needs 300 ms for its clean-up.
TREE = """trap "sleep 0.3; echo generation $1 clean; exit 0" TERM
[ $1 -gt 1 ] && sh /tree $(($1 - 1)) &
echo generation $1 ready
while :; do sleep 0.02; done"""


def tree_image(daemon, shell_image):
    tag = f"{shell_image}-tree"
    dockerd.build(tag, None, {"tree": TREE.encode()}, f"FROM {shell_image}\nCOPY tree /tree\n")
    daemon.append(tag)
    return tag


def test_three_generations_all_clean_up(daemon, container, shell_image):
    name = container(tree_image(daemon, shell_image), "/kinglet", "--sweep-timeout", "10s", "--", "sh", "/tree", "3")
    dockerd.wait_for(lambda: dockerd.docker("logs", name).count("ready") == 3)
    dockerd.docker("stop", "-t", "20", name)
    assert dockerd.state(name)["ExitCode"] == 0
    assert dockerd.docker("logs", name).count("clean") == 3


def test_a_server_serves_on_during_the_stop_delay(container, shell_image):
    name = container(shell_image, "/kinglet", "--stop-delay", "2s", "--health", "http://localhost:8000/etc/", "--health-interval", "100ms",
                     "--", "httpd", "-f", "-p", "8000", "-h", "/")
    check = ("exec", name, "/kinglet", "check", "--status", "200-499", "http://localhost:8000/")
    dockerd.wait_for(lambda: dockerd.docker(*check, check=False)[0] == 0)
    began = time.monotonic()
    stop = subprocess.Popen(["docker", "stop", "-t", "20", name], stdout=subprocess.DEVNULL)
    dockerd.wait_for(lambda: dockerd.docker("exec", name, "cat", "/proc/1/comm") == "init:stopping")
    assert dockerd.docker(*check, check=False)[0] == 0  # it has been told to stop, and serves
    assert dockerd.docker("exec", name, "/kinglet", "check", check=False)[0] == 1  # but takes no new work
    stop.wait(30)
    assert time.monotonic() - began >= 2
    assert dockerd.state(name)["ExitCode"] == 143


def test_stop_timeout_ends_what_ignores_term(container, shell_image):
    name = container(shell_image, "/kinglet", "--stop-timeout", "1s", "--", "sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done")
    dockerd.wait_for(lambda: "begun" in dockerd.docker("logs", name))
    began = time.monotonic()
    dockerd.docker("stop", "-t", "30", name)
    assert 1 <= time.monotonic() - began < 15  # docker itself would have waited for thirty
    assert dockerd.state(name)["ExitCode"] == 137
    assert "the stop time-out has passed" in dockerd.docker("logs", name)

"""examples/scratch, as its users would run it."""
import time

import dockerd
import pytest

VARIABLES = ["-e", "SITE_NAME=mine", "-e", "GREETING=hello"]
HARDENED = ["--read-only", "--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--security-opt", "no-new-privileges",
            "--pids-limit", "8", "--memory", "6m"]
NOT_ROOT = ["--user", "10001:10001", "--cap-drop", "ALL"]


@pytest.mark.parametrize("options", [[], HARDENED, NOT_ROOT, [*NOT_ROOT, "--read-only", "--pids-limit", "8", "--memory", "6m"]],
                         ids=["as-it-is", "hardened", "not-root", "not-root-hardened"])
def test_healthy_dropped_and_stopped(container, scratch_image, options):
    name = container(scratch_image, options=[*VARIABLES, *options])
    dockerd.wait_health(name)
    health = dockerd.state(name)["Health"]["Log"][-1]
    assert health["ExitCode"] == 0
    assert health["Output"].startswith("healthy: http://localhost:8000/index.html: 200 in ")
    seen = dockerd.processes(name)
    assert {p["Name"] for p in seen} >= {"kinglet", "httpd"}
    for p in seen:
        if p["Name"].startswith("runc"):
            continue
        assert p["Uid"].split() == ["10001"] * 4 and p["Gid"].split() == ["10001"] * 4, p
        assert p["Groups"].split() in ([], ["10001"])
        sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"] + ([] if options == HARDENED else ["CapBnd"])
        assert all(int(p[s], 16) == 0 for s in sets), p
        assert p["NoNewPrivs"] == "1"
    began = time.monotonic()
    dockerd.docker("stop", "-t", "10", name)
    assert time.monotonic() - began < 5  # docker's own time-out, and SIGKILL, would have been ten
    assert dockerd.state(name)["ExitCode"] == 143  # busybox httpd dies of SIGTERM


def test_refusal_names_all_that_is_missing(container, scratch_image):
    name = container(scratch_image)
    assert dockerd.wait_exit(name) == 125
    assert dockerd.docker("logs", name) == \
        "kinglet: error: SITE_NAME: required, but not set; GREETING: required, but not set"


def test_without_what_a_drop_needs_it_refuses_and_says_so(container, scratch_image):
    name = container(scratch_image, options=[*VARIABLES, "--cap-drop", "ALL"])
    assert dockerd.wait_exit(name) == 125
    assert "SETUID and SETGID" in dockerd.docker("logs", name)


def test_unhealthy_when_the_page_is_gone(container, scratch_image):
    name = container(scratch_image, "/httpd", "-f", "-p", "8000", "-h", "/", options=VARIABLES)
    dockerd.wait_health(name, "unhealthy")
    assert dockerd.state(name)["Health"]["Log"][-1]["Output"].startswith(
        "unhealthy: http://localhost:8000/index.html: 404 in ")


def test_there_is_no_shell_in_the_image(container, scratch_image):
    name = container(scratch_image, options=VARIABLES)
    status, output = dockerd.docker("exec", name, "/bin/sh", "-c", "true", check=False)
    assert status != 0 and "no such file" in output

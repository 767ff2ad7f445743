"""kinglet audit, as `docker exec` runs it: for each check a container that passes and one that does not."""
import json
import os
import uuid

import dockerd
import pytest

HARDENED = ["-e", "SITE_NAME=mine", "-e", "GREETING=hello", "--read-only", "--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add",
            "SETGID", "--security-opt", "no-new-privileges", "--pids-limit", "16", "--memory", "16m", "--cpus", "0.5", "--ulimit", "core=0"]
# for each container: image, options, command. `sleep` as PID 1 takes no SIGTERM and reaps nothing.
CONTAINERS = {
    "hardened": ("scratch", HARDENED, []),
    "loose": ("loose", ["--network", "host", "--ipc", "host", "--uts", "host", "--security-opt", "seccomp=unconfined", "--ulimit", "core=-1",
                        "-e", "API_KEY=never-printed", "-v", "/etc:/host/etc:ro", "-v", "SOCKET:/run/docker.sock",
                        "-v", "/dev/null:/dev/termination-log", "--tmpfs", "/run/secrets/kubernetes.io/serviceaccount"],
              ["/bin/sh", "-c", "sleep 0 & exec sleep 1000"]),
    # not as root: some engines run in a machine whose own bounding set is not full, and cannot give it to a container
    "privileged": ("shell", ["--privileged", "--user", "1000:0", "-v", "SOCKET:/run/docker.sock"], ["/bin/sleep", "1000"]),
    "supervised": ("shell", ["-v", "/dev/null:/dev/termination-log", "--pids-limit", "16"],
                   ["/kinglet", "--user", "10001", "--health", "file:///bin/busybox", "--health-interval", "100ms", "--", "/bin/sleep",
                    "1000"]),
    "unhealthy": ("shell", [], ["/kinglet", "--user", "10001", "--health", "file:///none", "--health-interval", "100ms", "--health-retries",
                                "1", "--", "/bin/sleep", "1000"]),
}
# id: (container, verdict) that passes or does not apply, (container, verdict) that does not
ROWS = {
    "user": (("hardened", "pass"), ("loose", "fail")),
    "no-new-privs": (("hardened", "pass"), ("loose", "fail")),
    "capabilities": (("hardened", "pass"), ("loose", "fail")),
    "privileged": (("hardened", "pass"), ("privileged", "fail")),
    "seccomp": (("hardened", "pass"), ("loose", "fail")),
    "read-only-root": (("hardened", "pass"), ("loose", "warn")),
    "memory-limit": (("hardened", "pass"), ("loose", "fail")),
    "cpu-limit": (("hardened", "pass"), ("loose", "warn")),
    "pids-limit": (("hardened", "pass"), ("privileged", "warn")),
    "core-files": (("hardened", "pass"), ("loose", "warn")),
    "host-namespaces": (("hardened", "pass"), ("loose", "fail")),
    "user-namespace": (("hardened", "pass"), ("loose", "warn")),
    "engine-sockets": (("hardened", "pass"), ("privileged", "fail")),
    "host-mounts": (("hardened", "pass"), ("loose", "warn")),
    "service-token": (("supervised", "pass"), ("loose", "warn")),
    "tools": (("hardened", "pass"), ("loose", "warn")),
    "set-id": (("hardened", "pass"), ("loose", "fail")),
    "app-folder": (("hardened", "pass"), ("loose", "warn")),
    "secrets": (("hardened", "pass"), ("loose", "warn")),
    "init": (("hardened", "pass"), ("loose", "fail")),
    "zombies": (("hardened", "pass"), ("loose", "warn")),
    "health": (("supervised", "pass"), ("unhealthy", "warn")),
}


def audit(name, *options, user=None):
    """Returns (exit status, the report as JSON)."""
    status, output = dockerd.docker("exec", *(["--user", user] if user else []), name, "/kinglet", "audit", "--format", "json", *options,
                                    check=False)
    report = json.loads(output)
    report["by_id"] = {c["id"]: c for c in report["checks"]}
    assert report["summary"] == {v: sum(c["verdict"] == v for c in report["checks"]) for v in report["summary"]}
    return status, report


@pytest.fixture(scope="module")
def running(daemon, shell_image, scratch_image):
    """The containers by name, each started once."""
    tag = f"kinglet-test-loose-{uuid.uuid4().hex[:8]}"
    dockerd.build(tag, None, {}, f"FROM {shell_image}\nRUN cp /bin/busybox /bin/other && chmod 4755 /bin/other\n")
    daemon.append(tag)
    images = {"scratch": scratch_image, "shell": shell_image, "loose": tag}
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")[len("unix://"):]
    names = {}
    for key, (image, options, command) in CONTAINERS.items():
        names[key] = f"kinglet-test-{key}-{uuid.uuid4().hex[:8]}"
        dockerd.docker("run", "-d", "--name", names[key], *(o.replace("SOCKET", socket) for o in options), images[image], *command)
    for key, wanted in (("hardened", "httpd"), ("supervised", "init:healthy"), ("unhealthy", "init:unhealthy"), ("loose", "sleep")):
        dockerd.wait_for(lambda k=key, w=wanted: w in [p["Name"] for p in dockerd.processes(names[k])],
                         what=f"{key} has no {wanted}")
    yield names
    for name in names.values():
        dockerd.docker("rm", "-f", "-v", name, check=False)


@pytest.fixture(scope="module")
def reports(running):
    # the hardened one as its server's user: root of such a container may not look into another user's process without SETUID
    return {key: audit(name)[1] for key, name in running.items()}


@pytest.mark.parametrize("check", ROWS)
def test_each_check_tells_good_from_bad(reports, check):
    for container, verdict in ROWS[check]:
        found = reports[container]["by_id"][check]
        print(f"{check:16} {container:11} {found['verdict']:5} {found['evidence']}")
        assert found["verdict"] == verdict, found
        assert bool(found["mend"]) == (verdict in ("warn", "fail"))
    assert "never-printed" not in json.dumps(reports)


def test_every_check_is_here(reports):
    assert [c["id"] for c in reports["hardened"]["checks"]] == list(dict.fromkeys(["user", "no-new-privs", "capabilities", "privileged",
                                                                                  "seccomp", "lsm", *ROWS]))
    # where the kernel has no such module there is nothing to tell
    assert reports["hardened"]["by_id"]["lsm"]["verdict"] in ("n/a", "pass")


@pytest.mark.parametrize("user", [None, "10001:10001", "4242:4242"])
def test_hardened_has_neither_fail_nor_warn(running, user):
    status, report = audit(running["hardened"], "--fail-on", "warn", user=user)
    assert status == 0 and report["summary"]["fail"] == 0 and report["summary"]["warn"] == 0, report
    # a stranger may not look into the server's environment, and says so
    assert report["by_id"]["secrets"]["verdict"] == ("unknown" if user == "4242:4242" else "pass")


def test_policies_and_exit_status(running):
    assert audit(running["privileged"])[0] == 1
    assert audit(running["loose"])[0] == 1
    assert audit(running["hardened"], "--policy", "restricted")[1]["by_id"]["capabilities"]["verdict"] == "fail"  # bounding set
    assert audit(running["hardened"], "--min-uid", "10002")[1]["by_id"]["user"]["verdict"] == "warn"
    assert audit(running["hardened"], "--min-uid", "10002")[0] == 0
    assert audit(running["hardened"], "--min-uid", "10002", "--fail-on", "warn")[0] == 1
    assert audit(running["loose"], "--policy", "restricted")[1]["by_id"]["host-mounts"]["verdict"] == "fail"


def test_text_is_lines_of_80_columns(running):
    for name in running.values():
        lines = dockerd.docker("exec", name, "/kinglet", "audit", check=False)[1].splitlines()
        assert lines[0].split()[1] == "user:" and max(map(len, lines)) <= 80


def test_with_the_hosts_processes_in_sight_the_own_container_alone_is_judged(container, shell_image):
    name = container(shell_image, "/bin/sleep", "1000", options=["--pid", "host", "--user", "10001:10001"])
    report = audit(name)[1]["by_id"]
    assert report["host-namespaces"]["verdict"] == "fail" and report["init"]["verdict"] == "n/a"
    assert report["user"]["evidence"].endswith("(sleep) 10001:10001") and report["user"]["verdict"] == "pass"

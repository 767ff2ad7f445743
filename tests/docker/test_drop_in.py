"""Kinglet where engines and images have another init today: dockerd's --init-path, podman's, and ENTRYPOINT lines as they are in use."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

import dockerd
import pytest

sys.path.insert(0, f"{dockerd.TOP}/tests/system")
from test_terminal import Terminal  # noqa: E402

APPLETS = ("sh", "sleep", "ps", "cat", "id", "kill", "env", "ls")
# busybox ash: TERM ends it at once with 5, after its word
SERVER = "trap 'echo stopping; exit 5' TERM; trap 'echo quitting; exit 6' QUIT; trap 'echo interrupted; exit 7' INT; echo begun; while :; do sleep 0.05; done"
CONTAINERS_CONF = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""


@pytest.fixture(scope="module")
def folder():
    path = tempfile.mkdtemp(prefix="kinglet-drop-in-")
    os.makedirs(f"{path}/root/bin")
    shutil.copy(dockerd.BUSYBOX, f"{path}/root/bin/busybox")
    for applet in APPLETS:
        os.symlink("busybox", f"{path}/root/bin/{applet}")
    os.mkdir(f"{path}/root/proc")
    subprocess.run(["tar", "-C", f"{path}/root", "-cf", f"{path}/image.tar", "."], check=True)
    shutil.copy(dockerd.KINGLET, f"{path}/docker-init")
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Engine:
    """docker or podman, with what it needs to be told each time."""

    def __init__(self, *command, run=()):
        self.command, self.options = command, run
        self.name = os.path.basename(command[0])

    def __call__(self, *argv, check=True):
        p = subprocess.run([*self.command, *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert p.returncode == 0 or not check, f"{self.command} {argv}: {p.stdout}"
        return p.stdout.strip() if check else (p.returncode, p.stdout.strip())

    def run(self, *argv, init=True, **more):
        return self("run", *(["--init", *self.options] if init else []), "--network", "none", *argv, **more)


@pytest.fixture(scope="module")
def own_docker(folder, daemon):
    """A daemon of its own beside the other, in a network namespace of its own: with `--bridge none` a daemon removes docker0."""
    del daemon
    socket = f"unix://{folder}/docker.sock"
    with open(f"{folder}/log", "wb") as log:
        process = subprocess.Popen(["unshare", "--net", "dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid",
                                    "-H", socket, "--bridge", "none", "--iptables=false", "--ip-forward=false", "--init-path", f"{folder}/docker-init"],
                                   stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    engine = Engine("docker", "-H", socket)
    try:
        dockerd.wait_for(lambda: engine("version", check=False)[0] == 0, 60, lambda: open(f"{folder}/log", encoding="utf-8").read())
        engine("import", f"{folder}/image.tar", "box")
        yield engine
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def own_podman(folder):
    with open(f"{folder}/containers.conf", "w", encoding="ascii") as f:
        f.write(CONTAINERS_CONF)
    os.environ["CONTAINERS_CONF"] = f"{folder}/containers.conf"
    engine = Engine("podman", "--root", f"{folder}/podman", "--runroot", f"{folder}/podman-run", "--tmpdir", f"{folder}/podman-tmp",
                    run=("--init-path", f"{folder}/docker-init"))
    try:
        engine("import", f"{folder}/image.tar", "box")
        yield engine
    finally:
        engine("rm", "-f", "-a", "-t", "0", check=False)
        engine("rmi", "-f", "-a", check=False)


@pytest.fixture(params=["own_docker", "own_podman"])
def engine(request):
    return request.getfixturevalue(request.param)


def test_init_is_kinglet_and_status_is_exact(engine):
    """The init is ours, under the engine's name for it; it prints nothing; the status is PROGRAM's."""
    assert engine.run("--rm", "box", "sh", "-c", "exit 3", check=False) == (3, "")
    assert engine.run("--rm", "box", "sh", "-c", "kill -9 $$", check=False) == (137, "")
    said = engine.run("--rm", "box", "sh", "-c", "$(cat /proc/1/cmdline | tr '\\0' '\\n' | head -n 1) --version".replace("tr", "busybox tr").replace("head", "busybox head"))
    assert re.match(r"tini version 0\.\S+ \(kinglet ", said)
    status, output = engine.run("--rm", "box", "nonexistent", check=False)
    assert status == 127 if engine.name == "docker" else status in (1, 127), output


def test_orphans_are_reaped(engine):
    output = engine.run("--rm", "box", "sh", "-c", "for i in 1 2 3 4 5; do sh -c 'sleep 0.05 &'; done; sleep 0.4; ps -o pid,stat,args; echo --; cat /proc/[0-9]*/stat")
    assert "--" in output and not re.search(r"^\d+ \(.*\) Z ", output, re.M), output


def test_stop_is_quick_and_told(engine):
    name = f"drop-in-{uuid.uuid4().hex[:8]}"
    engine.run("-d", "--name", name, "box", "sh", "-c", SERVER)
    dockerd.wait_for(lambda: "begun" in engine("logs", name))
    began = time.monotonic()
    engine("stop", "-t", "20", name)
    took = time.monotonic() - began
    assert engine("inspect", "-f", "{{.State.ExitCode}}", name) == "5" and "stopping" in engine("logs", name)
    assert took < 5, took
    print(f"{engine.name} stop: {took:.2f} s")
    engine("rm", name)


def test_what_program_leaves_is_asked_to_stop(engine):
    output = engine.run("--rm", "box", "sh", "-c", "sh -c 'trap \"echo cleaned; exit\" TERM; echo there; while :; do sleep 0.02; done' & sleep 0.4; exit 4", check=False)
    assert output[0] == 4 and "cleaned" in output[1].splitlines(), output


def test_ctrl_c_in_an_interactive_session(engine):
    terminal = Terminal([*engine.command, "run", "--init", *engine.options, "--rm", "-it", "--network", "none", "box", "sh"])
    try:
        terminal.expect(r"# ")
        terminal.key("ps -o pid,args\n")
        terminal.expect(r"1 \S*-init -- sh")
        terminal.expect(r"# ")
        terminal.key("sleep 100\n")
        terminal.expect("sleep 100")
        terminal.interrupt(r"# ")
        terminal.key("echo still $((40+2))\n")
        terminal.expect("still 42")
        terminal.key("exit 9\n")
        assert terminal.wait() == 9
    finally:
        terminal.close()


def test_docker_info_reads_the_version(own_docker):
    """dockerd runs `docker-init --version` and complains of what it cannot read."""
    info = own_docker("info")
    assert re.search(r"^ Init Binary: .*/docker-init$", info, re.M) and re.search(r"^ init version: *", info, re.M)
    assert not re.search(r"init.*(expected|N/A|failed)", info), info
    found = re.search(r"docker-init:\n +Version: +(\S+) .*kinglet", own_docker("version"))
    assert found and found.group(1) == "0.19.0"
    with open(os.path.join(os.path.dirname(own_docker.command[2][7:]), "log"), encoding="utf-8") as f:
        assert not re.search(r"level=(warning|error).*init( binary| version|Version)", f.read())


ENTRYPOINTS = {
    "tini": ("/sbin/tini", '["/sbin/tini", "-g", "--"]', 5, "stopping"),
    "dumb-init": ("/usr/bin/dumb-init", '["dumb-init", "--rewrite", "15:3", "--"]', 6, "quitting"),
    "catatonit": ("/usr/bin/catatonit", '["/usr/bin/catatonit", "-P"]', 0, None),
    "gosu": ("/usr/local/bin/gosu", '["gosu", "10001:10001"]', 5, "stopping"),
}


@pytest.fixture(scope="module", params=ENTRYPOINTS)
def entrypoint(request, daemon):
    path, words, status, said = ENTRYPOINTS[request.param]
    tag = f"kinglet-test-{request.param}-{uuid.uuid4().hex[:8]}"
    dockerd.build(tag, None, {"busybox": dockerd.BUSYBOX, "kinglet": dockerd.KINGLET}, f"""
FROM scratch
COPY busybox /bin/busybox
COPY kinglet {path}
RUN ["/bin/busybox", "--install", "/bin"]
ENV PATH=/usr/local/bin:/usr/bin:/bin
ENTRYPOINT {words}
""")
    daemon.append(tag)
    return request.param, tag, status, said


def test_entrypoints_as_they_are_in_use(container, entrypoint):
    init, image, status, said = entrypoint
    name = container(image, *(["sh", "-c", SERVER] if said else []), options=["--network", "none"])
    if said:
        dockerd.wait_for(lambda: "begun" in dockerd.docker("logs", name))
    else:
        dockerd.wait_for(lambda: dockerd.state(name)["Running"])
    first = dockerd.processes(name)[0]
    if init == "gosu":
        assert first["Name"] == "sh" and first["Uid"].split() == ["10001"] * 4 and first["Gid"].split() == ["10001"] * 4
        assert int(first["CapEff"], 16) == 0 and first["NoNewPrivs"] == "0"
    else:
        assert first["Name"] == init
    began = time.monotonic()
    dockerd.docker("stop", "-t", "20", name)
    assert time.monotonic() - began < 5
    assert dockerd.state(name)["ExitCode"] == status
    words = {"Terminated", "Quit"}  # the shell's, of its own children in that group
    assert set(dockerd.docker("logs", name).splitlines()) - words == ({"begun", said} if said else set())

"""Health supervision in real containers, around a real server: Python's http.server, from the machine's own Python."""
import glob
import json
import os
import pwd
import re
import subprocess
import uuid

import dockerd
import pytest
from dockerd import docker

# /hang: every later request is accepted and never answered; /fail: 503; /ok: as it was. $SLOW seconds pass before it listens.
SERVER = r"""
import http.server, os, signal, threading, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
state = "/ok"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global state
        if self.path in ("/ok", "/fail", "/hang"):
            state = self.path
        elif state == "/hang":
            threading.Event().wait()
        self.send_response(503 if state == "/fail" and self.path != state else 200)
        self.end_headers()
    def log_message(self, *_):
        pass
time.sleep(float(os.environ.get("SLOW", 0)))
server = http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", 8000))), Handler)
print("up", flush=True)
server.serve_forever()
"""
FAST = ["--health-interval", "300ms", "--health-timeout", "500ms", "--health-retries", "2", "--health-start-period", "30s",
        "--health-start-interval", "100ms"]


def python_files(imports):
    """The host's Python as far as these imports need it: path -> path."""
    code = (f"import {imports}, json, sys; print(json.dumps([f for m in list(sys.modules.values()) for f in "
            "(getattr(m, '__file__', None), getattr(m, '__cached__', None)) if f]))")
    listing = subprocess.run(["/usr/bin/python3", "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    files = {os.path.realpath("/usr/bin/python3"), *json.loads(listing.stdout)}
    objects = [f for f in files if f.endswith(".so")] + [os.path.realpath("/usr/bin/python3")]
    libraries = subprocess.run(["ldd", *objects], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {f for f in files | set(re.findall(r"(/\S+) \(0x", libraries)) if os.path.exists(f)}


@pytest.fixture(scope="module")
def image(daemon):
    """The server behind kinglet, as a production image has it: one variable for PID 1 and for HEALTHCHECK."""
    tag = f"kinglet-test-health-{uuid.uuid4().hex[:8]}"
    files = {"root" + f: f for f in python_files("encodings.idna, http.server, signal, threading")}
    dockerd.build(tag, None, {**files, "root/kinglet": dockerd.KINGLET, "root/server.py": SERVER.encode()}, f"""
FROM scratch
COPY root /
ENV KINGLET_HEALTH=http://localhost:\\${{PORT:-8000}}/health
ENTRYPOINT ["/kinglet", "--user", "10001"]
CMD ["--", "{os.path.realpath('/usr/bin/python3')}", "/server.py"]
HEALTHCHECK --interval=500ms --retries=1 CMD ["/kinglet", "check"]
""")
    daemon.append(tag)
    return tag


SERVE = ["--", os.path.realpath("/usr/bin/python3"), "/server.py"]


def says(name):
    """The verdict, as anybody beside PID 1 reads it: (status, line)."""
    return docker("exec", name, "/kinglet", "check", check=False)


def becomes(name, verdict):
    dockerd.wait_for(lambda: f"PID 1 says {verdict} " in says(name)[1], what=lambda: f"not {verdict}: {docker('logs', name)}")


def order(name, path, port=8000):
    assert docker("exec", name, "/kinglet", "check", f"http://localhost:{port}{path}").startswith("healthy")


def died_with(name):
    """The exit statuses of all the runs of a container."""
    return docker("events", "--since", docker("inspect", "-f", "{{.Created}}", name), "--until", "0s", "--filter", f"container={name}",
                  "--filter", "event=die", "--format", "{{.Actor.Attributes.exitCode}}").split()


def test_a_hanging_server_is_stopped_and_docker_starts_it_again(container, image):
    name = container(image, "--health-on-failure", "stop", *FAST, *SERVE, options=["--restart", "on-failure"])
    becomes(name, "healthy")
    order(name, "/hang")
    dockerd.wait_for(lambda: dockerd.inspect(name, "{{.RestartCount}}") == "1")
    becomes(name, "healthy")
    assert died_with(name) == ["69"]
    logs = docker("logs", name)
    assert "unhealthy: http://localhost:8000/health: no answer in time" in logs
    assert logs.count("stopping PROGRAM because it is unhealthy") == 1 and logs.count("info: healthy: ") == 2


def test_a_hanging_server_is_restarted_in_the_container(container, image):
    name = container(image, "--health-on-failure", "restart", *FAST, *SERVE)
    becomes(name, "healthy")
    started, pid = dockerd.inspect(name, "{{.State.StartedAt}}"), dockerd.inspect(name, "{{.State.Pid}}")
    order(name, "/hang")
    dockerd.wait_for(lambda: docker("logs", name).count("info: healthy: ") == 2, what=lambda: docker("logs", name))
    becomes(name, "healthy")
    assert (started, pid) == (dockerd.inspect(name, "{{.State.StartedAt}}"), dockerd.inspect(name, "{{.State.Pid}}"))
    assert dockerd.inspect(name, "{{.RestartCount}}") == "0" and died_with(name) == []
    docker("stop", "-t", "20", name)
    assert dockerd.state(name)["ExitCode"] == 0


def test_healthcheck_follows_the_verdict_of_pid1(container, image):
    """And KINGLET_HEALTH, with a variable in it, is all that either of them was told."""
    name = container(image, *FAST, *SERVE, options=["-e", "PORT=8123"])
    for path, wanted in ((None, "healthy"), ("/fail", "unhealthy"), ("/ok", "healthy"), ("/hang", "unhealthy")):
        if path:
            order(name, path, 8123)
        dockerd.wait_health(name, wanted)
        assert dockerd.state(name)["Health"]["Log"][-1]["Output"] == f"{wanted}: PID 1 says {wanted} (since when is not known)\n"
    lines = [line for line in docker("logs", name).splitlines() if line.startswith("kinglet")]
    assert [line.split(":")[2].strip() for line in lines] == ["healthy", "unhealthy", "healthy", "unhealthy"]
    assert all("http://localhost:8123/health" in line for line in lines)


def test_check_probes_where_pid1_does_not_supervise(container, image):
    name = container(image, "/server.py", options=["--entrypoint", SERVE[1]])
    dockerd.wait_health(name)
    assert dockerd.state(name)["Health"]["Log"][-1]["Output"].startswith("healthy: http://localhost:8000/health: 200 in ")
    status, output = docker("exec", "-e", "KINGLET_HEALTH=", name, "/kinglet", "check", check=False)
    assert status == 1 and "KINGLET_HEALTH is not set, and PID 1 is another program: python3" in output


def test_a_crash_loop_ends_with_the_status_of_program(container, shell_image):
    name = container(shell_image, "/kinglet", "--restart", "on-failure:3", "--", "sh", "-c", "echo run; exit 7")
    assert dockerd.wait_exit(name) == 7
    logs = docker("logs", name)
    assert logs.count("run\n") == 3 and logs.endswith("run")
    assert re.findall(r"again in (\S+ \S+)", logs) == ["100.0 ms", "200.0 ms", "400.0 ms"]


def test_a_slow_start_is_never_unhealthy(container, image):
    name = container(image, "--health-start-period", "30s", "--health-start-interval", "200ms", "--health-interval", "20s",
                     "--health-retries", "1", *SERVE, options=["-e", "SLOW=3"])
    becomes(name, "starting")
    becomes(name, "healthy")
    at = {line.split(" ")[1] if "info" not in line else "healthy": line.split(" ")[0] for line in docker("logs", "-t", name).splitlines()
          if line.endswith(" up") or "info: healthy" in line}
    seconds = {k: sum(float(x) * f for x, f in zip(re.search(r"T(\d+):(\d+):([\d.]+)Z", v).groups(), (3600, 60, 1))) for k, v in at.items()}
    assert -0.5 < (seconds["healthy"] - seconds["up"]) % 86400 < 2  # one start interval, on a busy machine; the interval is 20 s
    assert "unhealthy" not in docker("logs", name)


def test_a_service_waits_for_another(container, shell_image):
    """Two services on one network; the second comes up late."""
    app = container(shell_image, "/kinglet", "--wait-for", "tcp://127.0.0.1:5432", "--health", "tcp://127.0.0.1:5432", "--", "sh", "-c",
                    "echo started; exec sleep 1000")
    becomes(app, "starting")
    assert "started" not in docker("logs", app)
    container(shell_image, "httpd", "-f", "-p", "5432", "-h", "/data", options=["--network", f"container:{app}"])
    dockerd.wait_for(lambda: "started" in docker("logs", app))


def test_a_service_waits_for_a_real_postgres(daemon, container, shell_image):
    """The machine's own PostgreSQL, which has its cluster to make first: it listens, and rejects, before it is ready."""
    tag = f"{shell_image}-postgres"
    dockerd.build(tag, None, {}, f"FROM {shell_image}\nRUN ln -s usr/lib /lib && ln -s usr/lib64 /lib64\n")
    daemon.append(tag)
    folder = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    app = container(shell_image, "/kinglet", "--user", "10001", "--wait-for", "postgres://localhost:5432", "--", "sh", "-c",
                    "echo started; exec sleep 1000")
    server = container(tag, "/kinglet", "--user", str(pwd.getpwnam("postgres").pw_uid), "--", "sh", "-c",
                       f"{folder}/initdb -N -A trust -D /tmp/d >/dev/null && exec {folder}/postgres -F -D /tmp/d -k /tmp",
                       options=["--network", f"container:{app}", "-v", "/usr:/usr:ro", "-v", "/etc/passwd:/etc/passwd:ro"])
    dockerd.wait_for(lambda: "started" in docker("logs", app), what=lambda: docker("logs", server))
    assert "ready to accept connections" in docker("logs", server)


def test_what_never_comes_is_named(container, shell_image):
    app = container(shell_image, "/kinglet", "--wait-for", "tcp://127.0.0.1:5432", "--wait-timeout", "1s", "--", "echo", "started")
    assert dockerd.wait_exit(app) == 125
    assert docker("logs", app).splitlines()[-1] == ("kinglet: error: not started, because what it waits for did not answer: "
                                                    "unhealthy: tcp://127.0.0.1:5432: connection refused (127.0.0.1)")


def test_a_stop_while_waiting_ends_at_once(container, shell_image):
    app = container(shell_image, "/kinglet", "--health", "tcp://127.0.0.1:1", "--wait-for", "tcp://127.0.0.1:5432", "--", "echo", "started")
    becomes(app, "starting")
    docker("stop", "-t", "30", app)
    assert dockerd.state(app)["ExitCode"] == 143 and "started" not in docker("logs", app)

"""The examples, as their READMEs build and run them, on base images made from Debian packages (see bases.py).

Each is built by its own Dockerfile, whole. Only what its ARGs name is another image, and the versions in requirements.txt are left
out, so that pip takes those that Debian has. The table of what was seen is written to build/examples.txt.
"""
import concurrent.futures
import dataclasses
import http.client
import json
import os
import pathlib
import re
import subprocess
import time
import uuid

import bases
import dockerd
import podman
import pytest
import yaml

pytestmark = pytest.mark.timeout(600)  # the first one makes the base images
EXAMPLES = pathlib.Path(dockerd.TOP, "examples")
FAST = ["--health-interval", "200ms"]
HARDENED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "512m", "--cpus", "1",
            "--pids-limit", "100"]
LIMIT = 5  # seconds that a graceful stop may take; docker's own time-out, and SIGKILL, come after ten


def ask(name, port, path, headers=(), method="GET"):
    """The status and the body of an answer over HTTP, by a client outside of the container."""
    address = dockerd.inspect(name, "{{.NetworkSettings.IPAddress}}")
    connection = http.client.HTTPConnection(address, port, timeout=10)
    connection.request(method, path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, answer.headers


def fastapi(name):
    assert ask(name, 8000, "/")[0] == 401
    assert ask(name, 8000, "/", {"X-API-Key": "key"})[:2] == (200, '{"message":"hello"}')


def gunicorn(name):
    status, body, _ = ask(name, 8000, "/")
    assert status == 200 and body.startswith("hello from worker ")
    # kinglet, gunicorn and GUNICORN_WORKERS workers, which it starts one after the other
    dockerd.wait_for(lambda: len(application(name)) == 2 + 3, what=lambda: application(name))


def flask(name):
    _, body, headers = ask(name, 5000, "/")
    assert json.loads(body) == {"visits": 1}
    assert json.loads(ask(name, 5000, "/", {"Cookie": headers["Set-Cookie"]})[1]) == {"visits": 2}


def django(name):
    assert json.loads(ask(name, 8000, "/", {"Host": "example.org"})[1]) == {"host": "example.org"}
    assert ask(name, 8000, "/", {"Host": "example.com"})[0] == 400


def model(name):
    assert json.loads(ask(name, 8000, "/predict?a=3&b=3")[1])["positive"] > 0.9
    assert dockerd.docker("exec", name, "stat", "-c", "%u:%g", "/models", "/models/sum.npy").split() == ["10001:10001"] * 2


def greeting(port):
    def serves(name):
        assert ask(name, port, "/")[:2] == (200, "hello\n")
    return serves


def page(name):
    status, body, headers = ask(name, 8080, "/")
    assert status == 200 and "It is served." in body and headers["Content-Type"] == "text/html"


def sql(name):
    def run(query):
        return dockerd.docker("exec", "-e", "PGPASSWORD=word", name, "psql", "-h", "localhost", "-U", "postgres", "-Atc", query)
    assert run("create table t(a int); insert into t values (41); update t set a = a + 1 returning a").splitlines()[-2] == "42"
    status, output = dockerd.docker("exec", "-e", "PGPASSWORD=no", name, "psql", "-h", "localhost", "-U", "postgres", check=False)
    assert status != 0 and "password authentication failed" in output


def cache(name):
    def cli(*words):
        return dockerd.docker("exec", "-e", "REDISCLI_AUTH=word", name, "redis-cli", *words)
    assert cli("set", "a", "1") == "OK" and cli("incr", "a") == "2"
    assert "NOAUTH" in dockerd.docker("exec", name, "redis-cli", "get", "a")


def jobs(name):
    dockerd.docker("exec", name, "sh", "-c", "echo hello >/queue/.new && mv /queue/.new /queue/1.job")
    dockerd.wait_for(lambda: dockerd.docker("exec", name, "cat", "/queue/1.done", check=False) == (0, "HELLO"))


def php(name):
    output = dockerd.docker("exec", "-e", "SCRIPT_FILENAME=/app/index.php", "-e", "REQUEST_METHOD=GET", name,
                            "cgi-fcgi", "-bind", "-connect", "localhost:9000")
    assert output.splitlines()[-1] == "hello"


def greeter(name):
    client = ("import grpc; c = grpc.insecure_channel('localhost:50051'); "
              "print(c.unary_unary('/example.Greeter/Greet')(b'world', timeout=9).decode())")
    assert dockerd.docker("exec", name, "python", "-c", client) == "hello, world"


@dataclasses.dataclass
class Example:
    folder: str
    options: list  # of docker run, without which it does not start
    refusal: str
    serves: object
    wrong: list = dataclasses.field(default_factory=list)  # the options with which it refuses
    hardened: list = dataclasses.field(default_factory=list)  # what it needs besides HARDENED
    farewell: str = ""  # what its log says after a graceful stop
    status: int = 0
    args: tuple = ("BASE=stacks",)


ROOT = ["--cap-add", "CHOWN", "--cap-add", "SETUID", "--cap-add", "SETGID"]
TMP = ["--tmpfs", "/tmp"]
TABLE = [
    Example("python-fastapi", ["-e", "API_KEY=key"], "API_KEY: required, but not set", fastapi,
            farewell="Application shutdown complete"),
    Example("python-gunicorn", ["-e", "GREETING=hello", "-e", "GUNICORN_WORKERS=3"], "GREETING: required, but not set", gunicorn,
            hardened=TMP, farewell="Shutting down: Master"),
    Example("flask", ["-v", "{readable}:/run/secrets/key:ro", "-e", "SECRET_KEY_FILE=/run/secrets/key"],
            "SECRET_KEY: required, but not set", flask, hardened=TMP, farewell="Shutting down: Master"),
    Example("django", ["-e", "SECRET_KEY=key", "-e", "ALLOWED_HOSTS=example.org"],
            "ALLOWED_HOSTS: required, but not set", django, hardened=TMP, farewell="Shutting down: Master"),
    Example("ai-ml", ["-e", "MODEL_NAME=sum", "-v", "{volume}:/models"], "MODEL_NAME: required, but not set", model, hardened=ROOT,
            farewell="Application shutdown complete"),
    Example("node", ["-e", "GREETING=hello"], "GREETING: required, but not set", greeting(3000)),
    Example("go-scratch", ["-e", "GREETING=hello"], "GREETING: required, but not set", greeting(8080), args=("GO=go",)),
    Example("nginx", ["-e", "NGINX_WORKERS=2"], "NGINX_WORKERS: ", page, wrong=["-e", "NGINX_WORKERS=many"], hardened=TMP),
    Example("postgres", ["-v", "{secret}:/run/secrets/password:ro", "-e", "POSTGRES_PASSWORD_FILE=/run/secrets/password", "-v",
                         "{volume}:/data"], "POSTGRES_PASSWORD: required, but not set", sql, hardened=[*ROOT, *TMP],
            farewell="received fast shutdown request"),
    Example("redis", ["-v", "{acl}:/run/secrets/acl:ro", "-e", "REDIS_ACL=/run/secrets/acl", "-v", "{volume}:/data"],
            "REDIS_ACL: ", cache, wrong=["-e", "REDIS_ACL=/run/secrets/missing"], hardened=ROOT,
            farewell="Redis is now ready to exit"),
    Example("worker", ["-e", "QUEUE=/queue", "--tmpfs", "/queue:uid=10001"], "QUEUE: required, but not set", jobs, hardened=TMP,
            farewell="stopped between two jobs"),
    Example("php-fpm", ["-e", "GREETING=hello"], "GREETING: required, but not set", php, hardened=TMP, farewell="exiting, bye-bye!"),
    Example("grpc", ["-e", "GREETING=hello"], "GREETING: required, but not set", greeter),
    Example("distroless", ["-e", "GREETING=hello"], "GREETING: required, but not set", greeting(8000), args=("BASE=distroless",)),
]
each = pytest.mark.parametrize("example", TABLE, ids=lambda example: example.folder)


@pytest.fixture(scope="module")
def images(daemon):
    """images(example) is its image, built once; base images are made before the first."""
    run = uuid.uuid4().hex[:8]
    tags = {base: f"kinglet-test-{base}-{run}" for base in ("stacks", "distroless", "go")}
    built = {}
    daemon.extend(tags.values())

    def build(folder, args, dockerfile="Dockerfile"):
        context = EXAMPLES / folder
        files = {"kinglet": dockerd.KINGLET}
        if (context / "requirements.txt").exists():
            files["requirements.txt"] = re.sub("==.*", "", (context / "requirements.txt").read_text()).encode()
        tag = f"kinglet-test-{folder}-{dockerfile.lower()}-{run}"
        daemon.append(tag)
        values = (value.split("=") for value in args)
        return dockerd.build(tag, context, files, (context / dockerfile).read_text(),
                             [f"{name}={tags.get(value, value)}" for name, value in values])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        # the Go server is compiled while packages are fetched
        server = pool.submit(lambda: (bases.go(tags["go"]), build("go-scratch", ["GO=go"])))
        bases.stacks(tags["stacks"])
        bases.distroless(tags["distroless"], tags["stacks"])
        built["go-scratch", "Dockerfile"] = server.result()[1]

    def image(folder, args=(), dockerfile="Dockerfile"):
        if (folder, dockerfile) not in built:
            built[folder, dockerfile] = build(folder, args, dockerfile)
        return built[folder, dockerfile]

    return image


@pytest.fixture(scope="module")
def seen():
    """Results by example, for the table."""
    rows = {}
    yield lambda example, **results: rows.setdefault(example, {}).update(results)
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [" | ".join(["example", *columns])]
    lines += [" | ".join([example, *(str(row.get(column, "")) for column in columns)]) for example, row in rows.items()]
    pathlib.Path(os.path.dirname(dockerd.KINGLET), "examples.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def options(tmp_path, request):
    """The options of an example, with files and a volume of its own in their places."""
    (tmp_path / "secret").write_text("word\n")
    (tmp_path / "secret").chmod(0o400)  # root's: PID 1 reads it before it drops
    (tmp_path / "readable").write_text("word\n")
    (tmp_path / "acl").write_text("user default on >word ~* &* +@all\n")
    volume = f"kinglet-test-{uuid.uuid4().hex[:10]}"
    files = {file: tmp_path / file for file in ("secret", "readable", "acl")}
    yield lambda words: [word.format(volume=volume, **files) for word in words]
    dockerd.docker("volume", "rm", "-f", volume, check=False)


def application(name):
    """PID 1 and everything below it: no probe, and nothing that the engine started."""
    family = {int(dockerd.inspect(name, "{{.State.Pid}}"))}
    members = []
    for p in sorted(dockerd.processes(name), key=lambda p: int(p["Pid"])):
        if int(p["Pid"]) in family or int(p["PPid"]) in family:
            family.add(int(p["Pid"]))
            members.append(p)
    return members


def check_dropped(name, bounding=True):
    members = application(name)
    assert len(members) >= 2
    for p in members:
        assert p["Uid"].split() == ["10001"] * 4 and p["Gid"].split() == ["10001"] * 4, p
        assert p["Groups"].split() in ([], ["10001"]), p
        sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"] + (["CapBnd"] if bounding else [])
        assert all(int(p[s], 16) == 0 for s in sets), p
        assert p["NoNewPrivs"] == "1", p
    return len(members)


def check_stop(name, status, farewell):
    began = time.monotonic()
    dockerd.docker("stop", "-t", "10", name)
    took = time.monotonic() - began
    assert took < LIMIT
    assert dockerd.state(name)["ExitCode"] == status, dockerd.docker("logs", name)
    assert farewell in dockerd.docker("logs", name)
    return took


@each
def test_refuses_without_what_it_needs(example, images, container, seen):
    name = container(images(example.folder, example.args), options=example.wrong)
    assert dockerd.wait_exit(name) == 125
    log = dockerd.docker("logs", name)
    assert log.startswith("kinglet: error: ") and example.refusal in log and len(log.splitlines()) == 1, log
    seen(example.folder, refuses="125")


@each
def test_serves_as_10001_and_stops(example, images, options, container, seen):
    name = container(images(example.folder, example.args), options=[*FAST, *options(example.options)])
    dockerd.wait_health(name, seconds=60)
    example.serves(name)
    # a container that starts without root keeps the bounding set, which is of no use under no_new_privs
    processes = check_dropped(name, bounding=dockerd.inspect(name, "{{.Config.User}}") == "")
    took = check_stop(name, example.status, example.farewell)
    seen(example.folder, healthy="yes", serves="yes", **{"as 10001": f"{processes} processes"}, stop=f"{took:.1f} s",
         status=example.status)


@each
def test_hardened(example, images, options, container, seen):
    name = container(images(example.folder, example.args),
                     options=[*FAST, *HARDENED, *example.hardened, *options(example.options)])
    dockerd.wait_health(name, seconds=60)
    example.serves(name)
    check_dropped(name, bounding="--cap-add" not in example.hardened)
    status, report = dockerd.docker("exec", name, "/kinglet", "audit", "--format", "json", check=False)
    verdicts = [check["verdict"] for check in json.loads(report)["checks"]]
    assert status == 0 and "fail" not in verdicts, report
    check_stop(name, example.status, example.farewell)
    seen(example.folder, hardened="yes", audit=f"{verdicts.count('pass')} pass, {verdicts.count('warn')} warn, 0 fail")


# --- what the Dockerfiles promise, read from them ---

DOCKERFILES = sorted(path for path in EXAMPLES.glob("*/*Dockerfile"))


def instructions(path):
    """(INSTRUCTION, arguments) of a Dockerfile, lines that go on joined."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.M)
    return [tuple(line.split(None, 1)) for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_dockerfile_is_as_one_would_publish_it(path):
    lines = instructions(path)
    last = {name: words for name, words in lines}
    for name in ("ENTRYPOINT", "CMD"):
        assert isinstance(json.loads(last[name]), list), name
    entry = json.loads(last["ENTRYPOINT"])
    assert entry[0] == "/kinglet" and entry[entry.index("--user") + 1] == "10001:10001" and entry[-1] == "--"
    assert last.get("USER", "10001:10001") == "10001:10001"
    assert "--require" in entry or "KINGLET_REQUIRE=" in last["ENV"]
    probe = last["HEALTHCHECK"].split("CMD ", 1)[1]
    assert json.loads(probe)[:2] == ["/kinglet", "check"]
    assert "org.opencontainers.image.title" in last["LABEL"]
    for name, words in lines:
        if name == "ARG" and "/" in words.split("=")[1] and "://" not in words and ":" in words:
            assert re.search(r":[\w.-]*(\d|nonroot)[\w.-]*$", words), f"not pinned: {words}"
        if name in ("ARG", "ENV"):
            assert not re.search(r"(PASSWORD|SECRET|KEY|TOKEN)\w*=", words), words
        assert name != "ADD"
    copies = [words for name, words in lines if name == "COPY"]
    assert any(words.startswith("--chown=") for words in copies)
    requirements = path.parent / "requirements.txt"
    if requirements.exists():
        assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in requirements.read_text().splitlines())


def test_every_folder_has_a_readme_and_a_test(seen):
    tested = {example.folder for example in TABLE} | {"base", "compose", "kubernetes", "ecs", "scratch"}
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert folders == tested
    index = (EXAMPLES / "README.md").read_text()
    for folder in folders:
        assert (EXAMPLES / folder / "README.md").exists() and f"| [{folder}]({folder}) |" in index


# --- the base image ---

def test_base_image_needs_from_and_copy_only(images, daemon, container, tmp_path, seen):
    base = images("base", ["BUILDER=stacks"])
    server = tmp_path / "server"
    made = dockerd.docker("create", images("go-scratch"))
    dockerd.docker("cp", f"{made}:/server", str(server))
    dockerd.docker("rm", made)
    tag = dockerd.build(f"kinglet-test-app-{uuid.uuid4().hex[:8]}", None, {"app": server.read_bytes()}, f"FROM {base}\nCOPY app /app\n")
    daemon.append(tag)
    name = container(tag, options=[*FAST, *HARDENED, "-e", "GREETING=hello"])
    dockerd.wait_health(name)
    greeting(8080)(name)
    check_dropped(name)
    status, _ = dockerd.docker("exec", name, "kinglet", "audit", check=False)
    assert status == 0
    check_stop(name, 0, "")
    with subprocess.Popen(["docker", "export", container(tag)], stdout=subprocess.PIPE) as export:
        listing = subprocess.check_output(["tar", "-tv"], stdin=export.stdout, text=True)
    files = {line.split()[5]: line.split()[0] for line in listing.splitlines()}
    assert files["tmp/"] == "drwxrwxrwt" and files["etc/ssl/certs/ca-certificates.crt"].startswith("-rw")
    assert not any(path.endswith(("/sh", "/bash", "/busybox")) for path in files)
    wrong = container(tag, options=["-e", "PORT=http"])
    assert dockerd.wait_exit(wrong) == 125 and "PORT" in dockerd.docker("logs", wrong)
    seen("base", refuses="125", healthy="yes", serves="yes", **{"as 10001": "yes"}, status=0, hardened="yes")


# --- Compose ---

@pytest.fixture
def compose(images, tmp_path):
    """docker-compose in a copy of the example, its images by the test's bases; gone afterwards."""
    for dockerfile in ("web.Dockerfile", "cache.Dockerfile"):
        images("compose", ["WEB_BASE=stacks", "CACHE_BASE=stacks"], dockerfile)
    for path in (EXAMPLES / "compose").iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    project = f"kinglet-test-{uuid.uuid4().hex[:8]}"
    override = "services:\n" + "".join(f"  {service}:\n    image: {images('compose', (), f'{service}.Dockerfile')}\n"
                                       for service in ("web", "cache"))
    (tmp_path / "override.yaml").write_text(override)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/cache_password").write_text("word\n")
    (tmp_path / "secrets/cache_users").write_text("user default on >word ~* &* +@all\n")

    def run(*argv):
        return subprocess.run(["docker-compose", "-p", project, "-f", "compose.yaml", "-f", "override.yaml", *argv], cwd=tmp_path,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)

    yield lambda *argv: run(*argv), project
    run("down", "--volumes", "--timeout", "3")


def test_compose(compose, seen):
    run, project = compose
    web, cache_service = f"{project}_web_1", f"{project}_cache_1"
    started = run("up", "-d", "--no-build", "web")
    assert started.returncode == 0, started.stdout
    # without its cache the web service waits, and PROGRAM has not started
    dockerd.wait_for(lambda: dockerd.state(web)["Running"])
    assert len(application(web)) <= 2 and "Booting worker" not in dockerd.docker("logs", web)
    assert run("up", "-d", "--no-build", "cache").returncode == 0
    for name in (cache_service, web):
        dockerd.wait_health(name, seconds=60)
        check_dropped(name, bounding=name == web)
    address = dockerd.inspect(web, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
    for visits in (1, 2):
        connection = http.client.HTTPConnection(address, 8000, timeout=10)
        connection.request("GET", "/")
        assert json.loads(connection.getresponse().read()) == {"visits": visits}
    limits = json.loads(dockerd.inspect(web, "{{json .HostConfig}}"))
    assert limits["Memory"] == 256 << 20 and limits["PidsLimit"] == 50 and limits["ReadonlyRootfs"]
    assert dockerd.docker("exec", web, "/kinglet", "audit", check=False)[0] == 0
    assert run("stop").returncode == 0
    # by itself: killed, it would be 137
    assert dockerd.state(web)["ExitCode"] == 0 and dockerd.state(cache_service)["ExitCode"] == 0
    seen("compose", healthy="yes", serves="yes", **{"as 10001": "yes"}, status="0, 0", hardened="yes", audit="0 fail")


# --- Kubernetes ---

def restricted(pod):
    """What the Pod Security Standards' level "restricted" forbids in a pod's spec, as a list of reasons."""
    wrong = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    wrong += [f"volume {volume['name']}" for volume in pod.get("volumes", [])
              if not set(volume) - {"name"} <= {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
                                                "projected", "secret"}]
    of_pod = pod.get("securityContext", {})
    for c in [*pod.get("initContainers", []), *pod["containers"]]:
        own = c.get("securityContext", {})
        both = {**of_pod, **own}
        checks = {
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "privileged": not own.get("privileged"),
            "runAsNonRoot": both.get("runAsNonRoot") is True,
            "runAsUser": both.get("runAsUser") != 0,
            "seccompProfile": both.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "drop": "ALL" in own.get("capabilities", {}).get("drop", []),
            "add": set(own.get("capabilities", {}).get("add", [])) <= {"NET_BIND_SERVICE"},
            "procMount": own.get("procMount", "Default") == "Default",
            "hostPort": not any(port.get("hostPort") for port in c.get("ports", [])),
        }
        wrong += [f"{c['name']}: {key}" for key, holds in checks.items() if not holds]
    return wrong


def test_kubernetes_manifest_is_restricted():
    deployment, = yaml.safe_load_all((EXAMPLES / "kubernetes/deployment.yaml").read_text())
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    assert deployment["kind"] == "Deployment" and deployment["apiVersion"] == "apps/v1"
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert restricted(pod) == []
    assert restricted({**pod, "securityContext": {}}) != []
    volumes = {volume["name"] for volume in pod["volumes"]}
    for c in [*pod["initContainers"], *pod["containers"]]:
        assert {mount["name"] for mount in c["volumeMounts"]} <= volumes
        assert c["securityContext"]["readOnlyRootFilesystem"] and {"cpu", "memory"} <= set(c["resources"]["limits"])
    web, = pod["containers"]
    sleep = web["lifecycle"]["preStop"]["exec"]["command"]
    assert sleep[1:] == ["sleep", "5s"] and pod["terminationGracePeriodSeconds"] >= 5 + 10
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert web[probe]["exec"]["command"][:2] == ["/opt/kinglet/kinglet", "check"]


@pytest.fixture
def engine():
    p = podman.Podman()
    yield p
    p.close()


def test_kubernetes_pod_under_podman(engine, images, tmp_path, seen):
    base = images("base", ["BUILDER=stacks"])
    engine.load(base, "registry.example.com/kinglet-base:0.1.0")
    engine.load(images("go-scratch"), "registry.example.com/web:1.0.0")
    deployment = yaml.safe_load((EXAMPLES / "kubernetes/deployment.yaml").read_text())
    deployment["spec"]["replicas"] = 1
    pod = deployment["spec"]["template"]["spec"]["containers"][0]
    del pod["ports"]  # podman publishes none without a network
    # as Kubernetes, which keeps an init container that has ended; podman removes it at once, and fails where it is not quite gone
    deployment["spec"]["template"]["metadata"]["annotations"] = {"io.podman.annotations.init.container.type": "always"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "data": {"greeting": "aGVsbG8="}}
    (tmp_path / "pod.yaml").write_text(yaml.safe_dump_all([secret, deployment]))
    status, output = engine("kube", "play", "--network", "none", str(tmp_path / "pod.yaml"), check=False)
    name, = [line for line in engine("ps", "-a", "--format", "{{.Names}}").splitlines() if line.endswith("-web")]
    if status != 0:
        # Debian's podman removes an init container when it has ended, and at times takes it for running still
        assert "failed to remove once init container" in output, output
        engine("start", name)
    kinglet = "/opt/kinglet/kinglet"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        dockerd.wait_for(lambda command=pod[probe]["exec"]["command"]: engine("exec", name, *command, check=False)[0] == 0,
                         what=lambda: engine("logs", name))
    # the secret reaches the server; podman before 4.4 mounts it as it stands in the manifest
    assert any(engine("exec", name, kinglet, "check", "--body", body, "http://localhost:8080/", check=False)[0] == 0
               for body in ("hello", secret["data"]["greeting"]))
    status = pathlib.Path("/proc", engine("inspect", "-f", "{{.State.Pid}}", name), "status").read_text()
    assert re.search(r"^Uid:\t10001\t10001\t10001\t10001$", status, re.M) and "CapBnd:\t0000000000000000" in status
    began = time.monotonic()
    engine("exec", name, *pod["lifecycle"]["preStop"]["exec"]["command"])
    assert 5 <= time.monotonic() - began < 10
    began = time.monotonic()
    engine("stop", "-t", "10", name)
    assert time.monotonic() - began < LIMIT and engine("inspect", "-f", "{{.State.ExitCode}}", name) == "0"
    seen("kubernetes", healthy="yes", serves="yes", **{"as 10001": "yes"}, status=0, hardened="restricted")


def test_kubernetes_refusal_goes_to_the_termination_message(images, container, tmp_path):
    message = tmp_path / "termination-log"
    message.touch(mode=0o666)
    message.chmod(0o666)
    name = container(images("go-scratch"), options=["-v", f"{message}:/dev/termination-log"])
    assert dockerd.wait_exit(name) == 125
    assert "GREETING: required, but not set" in message.read_text()


# --- Amazon ECS ---

def test_ecs_task_definition(images, container, seen):
    """What the task definition says, said to docker run."""
    task = json.loads((EXAMPLES / "ecs/task-definition.json").read_text())
    web, = task["containerDefinitions"]
    assert {"family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities"} <= set(task)
    assert web["healthCheck"]["command"][0] == "CMD" and web["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
    assert web["readonlyRootFilesystem"] and not web["linuxParameters"]["initProcessEnabled"]
    variables = [x for v in web["environment"] for x in ("-e", f"{v['name']}={v['value']}")]
    secrets = [x for v in web["secrets"] for x in ("-e", f"{v['name']}=hello")]
    options = ["--user", web["user"], "--read-only", "--cap-drop", "ALL", "--memory", f"{web['memory']}m", *variables]
    refused = container(images("go-scratch"), options=options)
    assert dockerd.wait_exit(refused) == 125
    name = container(images("go-scratch"), options=[*options, *secrets])
    dockerd.wait_for(lambda: dockerd.docker("exec", name, *web["healthCheck"]["command"][1:], check=False)[0] == 0)
    greeting(web["portMappings"][0]["containerPort"])(name)
    check_dropped(name)
    took = check_stop(name, 0, "")
    seen("ecs", refuses="125", healthy="yes", serves="yes", **{"as 10001": "yes"}, stop=f"{took:.1f} s", status=0, hardened="yes")

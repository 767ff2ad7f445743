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
import pytest

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
    assert len(application(name)) == 2 + 3  # kinglet, gunicorn and GUNICORN_WORKERS workers


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
    Example("flask", ["-v", "{secret}:/run/secrets/key:ro", "-e", "SECRET_KEY_FILE=/run/secrets/key"],
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

    def build(folder, args, dockerfile="Dockerfile"):
        context = EXAMPLES / folder
        files = {"kinglet": dockerd.KINGLET}
        if (context / "requirements.txt").exists():
            files["requirements.txt"] = re.sub("==.*", "", (context / "requirements.txt").read_text()).encode()
        tag = f"kinglet-test-{folder}-{dockerfile.lower()}-{run}"
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

    yield image
    daemon.extend([*built.values(), *tags.values()])


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
    (tmp_path / "acl").write_text("user default on >word ~* &* +@all\n")
    volume = f"kinglet-test-{uuid.uuid4().hex[:10]}"
    yield lambda words: [word.format(secret=tmp_path / "secret", acl=tmp_path / "acl", volume=volume) for word in words]
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
def test_serves_as_10001_and_stops(example, images, container, options, seen):
    name = container(images(example.folder, example.args), options=[*FAST, *options(example.options)])
    dockerd.wait_health(name, seconds=60)
    example.serves(name)
    # a container that starts without root keeps the bounding set, which is of no use under no_new_privs
    processes = check_dropped(name, bounding=dockerd.inspect(name, "{{.Config.User}}") == "")
    took = check_stop(name, example.status, example.farewell)
    seen(example.folder, healthy="yes", serves="yes", **{"as 10001": f"{processes} processes"}, stop=f"{took:.1f} s",
         status=example.status)


@each
def test_hardened(example, images, container, options, seen):
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

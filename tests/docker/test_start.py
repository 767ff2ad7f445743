"""An image whose Dockerfile has no RUN and no shell, started as root: secrets that only root can read, a volume that is root's, and an
application that writes to /dev/stdout and to the volume as 10001. And the same application under --write, with and without Landlock."""
import json
import os
import re
import subprocess
import tempfile
import uuid

import dockerd
import pytest

# Writes where it is told to, and says who it is and what it has got: app PATH...
APP = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int c, char **v) {
    const char *s = getenv("DB_PASSWORD");
    char b[300];
    for (int i = 1; i < c; i++) {
        int fd = open(v[i], O_WRONLY | O_CREAT | O_APPEND, 0600);
        int n = snprintf(b, sizeof b, "%d:%d wrote here, secret of %zu bytes\n", getuid(), getgid(), s == NULL ? 0 : strlen(s));
        if (fd < 0 || write(fd, b, n) != n) printf("%s: %s\n", v[i], strerror(errno)); else printf("%s: ok\n", v[i]);
        fflush(stdout);
    }
    printf("read: %s\n", open("/etc/passwd", O_RDONLY) >= 0 || errno == ENOENT ? "ok" : strerror(errno));
    if (getenv("AGAIN") == NULL) { setenv("AGAIN", "1", 1); fflush(stdout); execl("/app", "/app", (char *)0); printf("exec: %s\n", strerror(errno)); }
    return 0;
}
"""


@pytest.fixture(scope="module")
def image(daemon):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", f"{folder}/app", "-"], input=APP.encode(), check=True)
        tag = f"kinglet-test-start-{uuid.uuid4().hex[:8]}"
        dockerfile = """
FROM scratch
COPY kinglet app /
COPY data /data
ENTRYPOINT ["/kinglet", "--user", "10001", "--secret", "DB_PASSWORD", "--require", "DB_PASSWORD", "--own", "/data", "--"]
CMD ["/app", "/dev/stdout", "/data/log"]
"""
        assert "RUN" not in dockerfile
        dockerd.build(tag, None, {"kinglet": dockerd.KINGLET, "app": f"{folder}/app", "data/a/b/c/file": b"1", "data/a/b/file": b"2", "data/d/file": b"3"}, dockerfile)
    daemon.append(tag)
    return tag


@pytest.fixture
def secret():
    with tempfile.NamedTemporaryFile(prefix="kinglet-secret-") as f:
        f.write(b"hunter2hunter2\n")
        f.flush()
        os.chown(f.name, 0, 0)
        os.chmod(f.name, 0o400)
        yield ["-v", f"{f.name}:/run/secrets/db:ro", "-e", "DB_PASSWORD_FILE=/run/secrets/db"]


@pytest.fixture
def volume():
    name = f"kinglet-test-{uuid.uuid4().hex[:10]}"
    dockerd.docker("volume", "create", name)
    where = dockerd.inspect(name, "{{.Mountpoint}}")
    yield name, where
    dockerd.docker("volume", "rm", "-f", name, check=False)


def program_lines(logs):
    """Without our own, which come by another stream and so in between."""
    return "".join(f"{line}\n" for line in logs.splitlines() if not line.startswith("kinglet: "))


HARDENED = ["--read-only", "--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "CHOWN", "--security-opt", "no-new-privileges",
            "--pids-limit", "4", "--memory", "6m"]


@pytest.mark.parametrize("options", [[], HARDENED], ids=["as-it-is", "hardened"])
def test_secrets_volume_and_standard_output(container, image, secret, volume, options):
    name, where = volume
    for folder in ("", "/deep", "/deep/er"):  # so it is not empty, and the engine copies nothing of the image's /data into it
        os.makedirs(where + folder, exist_ok=True)
        with open(f"{where}{folder}/file", "wb"):
            pass
    c = container(image, options=[*secret, "-v", f"{name}:/data", *options])
    assert dockerd.wait_exit(c) == 0
    logs = dockerd.docker("logs", c)
    assert program_lines(logs) == "10001:10001 wrote here, secret of 14 bytes\n/dev/stdout: ok\n/data/log: ok\nread: ok\nread: ok\n", logs
    assert "hunter2" not in logs and "kinglet: info: --own: /data: 6 entries given to 10001:10001" in logs
    for folder, _, files in os.walk(where):
        assert os.stat(folder).st_uid == 10001 and all(os.stat(f"{folder}/{f}").st_uid == 10001 for f in files)
    # the next start finds it done, and what another has put there since is not looked at
    c = container(image, options=[*secret, "-v", f"{name}:/data", *options])
    assert dockerd.wait_exit(c) == 0 and "--own" not in dockerd.docker("logs", c)


def test_a_folder_of_the_image_itself(container, image, secret):
    """On overlayfs each change of owner copies the file, and its folders, to the upper layer: the way back must still be found."""
    c = container(image, options=secret)
    assert dockerd.wait_exit(c) == 0
    logs = dockerd.docker("logs", c)
    assert "kinglet: info: --own: /data: 8 entries given to 10001:10001" in logs and "/data/log: ok" in logs, logs


def test_without_the_secret_nothing_is_started(container, image, volume):
    c = container(image, options=["-v", f"{volume[0]}:/data"])
    assert dockerd.wait_exit(c) == 125
    assert dockerd.docker("logs", c) == "kinglet: error: DB_PASSWORD: required, but not set (also accepted: DB_PASSWORD_FILE)"
    assert os.stat(volume[1]).st_uid == 0


def test_a_volume_that_is_read_only(container, image, secret, volume):
    c = container(image, options=[*secret, "-v", f"{volume[0]}:/data:ro"])
    assert dockerd.wait_exit(c) == 125
    assert "--own: /data: the user cannot write there" in dockerd.docker("logs", c)


def without_landlock(folder):
    """Docker's own idea of a profile: everything is allowed but the three calls."""
    path = os.path.join(folder, "profile.json")
    with open(path, "w", encoding="ascii") as f:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}, f)
    return ["--security-opt", f"seccomp={path}"]


def with_landlock(folder):
    path = os.path.join(folder, "all.json")
    with open(path, "w", encoding="ascii") as f:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW"}, f)
    return ["--security-opt", f"seccomp={path}"]


def test_write_is_in_force_or_said_not_to_be(container, image, secret, volume, tmp_path):
    options = [*secret, "-v", f"{volume[0]}:/data", "--tmpfs", "/tmp:mode=1777", "-e", "KINGLET_WRITE=/data"]
    app = ["/app", "/dev/stdout", "/data/log", "/tmp/x"]
    c = container(image, *app, options=[*options, *with_landlock(tmp_path)])
    assert dockerd.wait_exit(c) == 0
    logs = dockerd.docker("logs", c)
    assert re.search(r"--write is in force \(Landlock, ABI \d+\)", logs), logs
    # the second read is after an exec
    assert program_lines(logs).endswith("/dev/stdout: ok\n/data/log: ok\n/tmp/x: Permission denied\nread: ok\nread: ok\n"), logs
    c = container(image, *app, options=[*options, *without_landlock(tmp_path)])
    assert dockerd.wait_exit(c) == 0
    logs = dockerd.docker("logs", c)
    assert "kinglet: warn: --write is not in force: Landlock: not known to this kernel" in logs.splitlines() and "/tmp/x: ok" in logs, logs
    c = container(image, *app, options=[*options, *without_landlock(tmp_path), "-e", "KINGLET_WRITE_STRICT=1"])
    assert dockerd.wait_exit(c) == 125
    assert dockerd.docker("logs", c).splitlines()[-1] == "kinglet: error: --write is not in force: Landlock: not known to this kernel"

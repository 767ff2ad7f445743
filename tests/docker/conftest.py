"""The daemon for the whole session; containers and images that are removed whatever happens."""
import uuid

import dockerd
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session", autouse=True)
def daemon():
    dockerd.start()
    images = []
    yield images
    for image in images:
        dockerd.docker("rmi", "-f", image, check=False)
    dockerd.stop()


@pytest.fixture(scope="session")
def shell_image(daemon):
    """busybox with all its applets, and kinglet."""
    tag = f"kinglet-test-shell-{uuid.uuid4().hex[:8]}"
    dockerd.build(tag, None, {"busybox": dockerd.BUSYBOX, "kinglet": dockerd.KINGLET}, """
FROM scratch
COPY busybox /bin/busybox
COPY kinglet /kinglet
RUN ["/bin/busybox", "--install", "/bin"]
RUN mkdir -p /tmp /data && chmod 1777 /tmp
""")
    daemon.append(tag)
    return tag


@pytest.fixture(scope="session")
def scratch_image(daemon):
    """examples/scratch, as its README builds it."""
    tag = f"kinglet-test-scratch-{uuid.uuid4().hex[:8]}"
    dockerd.build(tag, f"{dockerd.TOP}/examples/scratch", {"kinglet": dockerd.KINGLET, "httpd": dockerd.BUSYBOX})
    daemon.append(tag)
    return tag


@pytest.fixture
def container():
    """run(image, *command, options=[...]) starts a container in the background and returns its name."""
    names = []

    def run(image, *command, options=()):
        name = f"kinglet-test-{uuid.uuid4().hex[:10]}"
        names.append(name)
        dockerd.docker("run", "-d", "--name", name, *options, image, *command)
        return name

    yield run
    for name in names:
        dockerd.docker("rm", "-f", "-v", name, check=False)

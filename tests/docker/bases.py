"""Base images for the examples, made from Debian packages: what the Dockerfiles name by ARG is not needed.

`stacks` holds every stack of the examples in one root file system, for that is the cheapest; its tar is kept below build/ under a
name that changes with what is in it. pip is there as in the public images, but finds what it is asked for installed already and
may fetch nothing. `distroless` is the same Python without a shell; `go` is the compiler and nothing else.
"""
import hashlib
import os
import subprocess
import tempfile

import dockerd

PACKAGES = """
python-is-python3 python3-pip python3-fastapi uvicorn gunicorn python3-flask python3-django python3-redis python3-numpy python3-grpcio
nodejs nginx redis-server postgresql-15 php8.2-fpm libfcgi-bin ca-certificates
""".split()
LEFT_OUT = """
/usr/share/man/* /usr/share/doc/* /usr/share/info/* /usr/share/locale/* /usr/lib/postgresql/*/lib/bitcode/* /usr/lib/*/libLLVM*
/usr/lib/*/libz3*
""".split()
# As the public images have it: the names of programs, and a pip that may install. It looks at what it is asked for alone: Debian's
# FastAPI and Starlette get along, but not by the versions that they state.
LAY_OUT = r"""ln -s php-fpm8.2 "$1/usr/sbin/php-fpm"
printf '[global]\nno-index = true\nbreak-system-packages = true\n[install]\nno-deps = true\n' >"$1/etc/pip.conf"
"""
PATH = "/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WITHOUT_SHELL = """
base-files libc6 libgcc-s1 libcrypt1 zlib1g libexpat1 libffi8 libssl3 libbz2-1.0 liblzma5 libuuid1 libsqlite3-0 libncursesw6 libtinfo6
libreadline8 libnsl2 libtirpc3 libdb5.3 media-types python3-minimal python3.11-minimal libpython3.11-minimal libpython3.11-stdlib
""".split()


def _tar():
    recipe = "\n".join([*PACKAGES, *LEFT_OUT, LAY_OUT])
    folder = os.path.dirname(dockerd.KINGLET)
    path = f"{folder}/stacks-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.tar"
    if os.path.exists(path):
        return path
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".tar", delete=False) as partial:
        p = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io",
                            *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT), f"--customize-hook={LAY_OUT}",
                            f"--include={','.join(PACKAGES)}", "bookworm", "-"],
                           stdout=partial, stderr=subprocess.PIPE, text=True)
    if p.returncode != 0:
        os.unlink(partial.name)
    assert p.returncode == 0, p.stderr
    os.rename(partial.name, path)
    return path


def stacks(tag):
    dockerd.docker("import", "--change", f"ENV PATH={PATH}", _tar(), tag)
    return tag


def _import(tag, pack, *changes):
    """Takes what the command `pack` writes, a tar, as an image."""
    with subprocess.Popen(pack, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tar:
        dockerd.docker("import", *(x for change in changes for x in ("--change", change)), "-", tag, stdin=tar.stdout)
    return tag


def distroless(tag, base):
    """The files of a few packages of `base`."""
    script = r"""{ printf "/usr\n/usr/lib\n/usr/lib64\n"; dpkg -L "$@"; } | awk '!seen[$0]++' | tar -c --no-recursion --ignore-failed-read -T -"""
    return _import(tag, ["docker", "run", "--rm", "--net", "none", base, "sh", "-c", script, "sh", *WITHOUT_SHELL])


def go(tag):
    """This machine's compiler, less its own tests and compiled packages."""
    root = subprocess.check_output(["go", "env", "GOROOT"], text=True).strip()
    share = os.path.dirname(os.path.realpath(f"{root}/src"))
    libraries = [word for word in subprocess.check_output(["ldd", f"{root}/bin/go"], text=True).split() if word.startswith("/")]
    libraries = [f"{os.path.realpath(os.path.dirname(path))}/{os.path.basename(path)}" for path in libraries]
    libraries = dict.fromkeys([*libraries, *map(os.path.realpath, libraries)])  # links, and where they lead
    files = [root, f"{share}/src", f"{share}/pkg", *libraries]
    return _import(tag, ["tar", "-c", "-C", "/", "--exclude=*_test.go", "--exclude=testdata", f"--exclude={root[1:]}/pkg/linux_*",
                         "--no-recursion", "tmp", "lib", "lib64", "--recursion", *(f[1:] for f in files)],
                   f"ENV PATH={root}/bin", "ENV HOME=/tmp")

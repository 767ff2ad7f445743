"""What is shipped: installation, Debian package, sizes, sums, and that two builds are one."""
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.timeout(240)
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINGLET = os.environ["KINGLET"]
PLACES = {"bin/kinglet": 0o755, "share/man/man1/kinglet.1": 0o644, "share/bash-completion/completions/kinglet": 0o644,
          "share/zsh/site-functions/_kinglet": 0o644}


def run(*argv, **more):
    p = subprocess.run(argv, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert p.returncode == 0, f"{argv}: {p.stdout}"
    return p.stdout


def files(folder):
    return {os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names}


def makefile(name):
    with open(f"{TOP}/Makefile", encoding="utf-8") as f:
        return re.search(rf"^{name} +:= (\S+)", f.read(), re.M).group(1)


def test_install_and_uninstall(tmp_path):
    run("make", "-s", "install", f"DESTDIR={tmp_path}", "PREFIX=/opt/k")
    assert files(tmp_path) == {f"opt/k/{p}" for p in PLACES}
    for place, mode in PLACES.items():
        assert os.stat(tmp_path / "opt/k" / place).st_mode & 0o777 == mode
    assert run(f"{tmp_path}/opt/k/bin/kinglet", "--version") == f"kinglet {makefile('VERSION')}\n"
    (tmp_path / "opt/k/bin/another").write_text("")
    run("make", "-s", "uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/k")
    assert files(tmp_path) == {"opt/k/bin/another"}


def test_default_prefix(tmp_path):
    run("make", "-s", "install", f"DESTDIR={tmp_path}")
    assert (tmp_path / "usr/local/bin/kinglet").exists()


def test_debian_package(tmp_path):
    run("tests/dist/deb", makefile("VERSION"), makefile("DATE"), str(tmp_path), "make")
    package = str(next(tmp_path.glob("kinglet_*.deb")))
    said = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    assert not re.search("^[EW]:", said, re.M), said
    run("dpkg-deb", "-x", package, f"{tmp_path}/root")
    assert run(f"{tmp_path}/root/usr/bin/kinglet", "--version") == f"kinglet {makefile('VERSION')}\n"
    with open(f"{tmp_path}/root/usr/share/doc/kinglet/copyright", encoding="utf-8") as f:
        licence = f.read()
    assert "Kinglet authors" in licence and "WITHOUT WARRANTY OF ANY KIND" in licence and "musl" in licence
    assert "Dt KINGLET 1" in run("zcat", f"{tmp_path}/root/usr/share/man/man1/kinglet.1.gz")


def test_size_passes_its_bar_and_fails_above_it(tmp_path):
    p = subprocess.run([f"{TOP}/tests/size", KINGLET], stdout=subprocess.PIPE, text=True, check=False)
    said = p.stdout
    assert p.returncode == (os.path.getsize(KINGLET) > 81920), said
    assert int(re.search(r"^the whole +(\d+)", said, re.M).group(1)) == os.path.getsize(KINGLET)
    parts = sum(int(n) for n in re.findall(r"^(?!the whole)[a-z, ]+?  +(\d+) +\d+", said.split("\n\n")[0], re.M))
    assert parts == os.path.getsize(KINGLET), said
    with open(KINGLET, "rb") as f, open(tmp_path / "kinglet", "wb") as g:
        g.write(f.read().ljust(81921, b"\0"))
    os.symlink(f"{KINGLET}.map", tmp_path / "kinglet.map")
    p = subprocess.run([f"{TOP}/tests/size", f"{tmp_path}/kinglet"], stdout=subprocess.PIPE, text=True, check=False)
    assert p.returncode == 1 and "over the bar" in p.stdout


def test_sums_and_sbom(tmp_path):
    version = makefile("VERSION")
    for machine in ("x86_64", "aarch64"):
        (tmp_path / f"kinglet-{version}-linux-{machine}").write_text(machine)
    run("tests/dist/sums", version, makefile("DATE"), str(tmp_path))
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    with open(tmp_path / f"kinglet-{version}.spdx", encoding="utf-8") as f:
        document = f.read()
    for line in document.splitlines():
        assert line == "" or re.match(r"[A-Z][A-Za-z]+: \S|SPDXVersion|SPDXID", line), line
    assert document.count("\nFileName: ") == 2 and "PackageName: musl" in document and document.count("PackageLicenseDeclared: MIT") == 2
    ids = re.findall(r"^SPDXID: (\S+)", document, re.M)
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i) for i in ids)
    assert all(end in ids for line in re.findall(r"^Relationship: (\S+) \S+ (\S+)", document, re.M) for end in line)
    assert re.search(r"^DocumentNamespace: urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", document, re.M)


def test_two_builds_are_one():
    said = run("tests/dist/repro", makefile("VERSION"), makefile("DATE"))
    assert re.search(r"^same: .* build/kinglet$", said, re.M) and re.search(r"^same: .*\.deb$", said, re.M)
    assert said.endswith("7 passed, 0 failed\n")

"""The manual is well-formed, fits the screen, and carries the release's date."""
import json
import re
import subprocess
import time

import pytest
from documents import TOP, kinglet, manual, read

pytestmark = pytest.mark.timeout(60)


def mandoc(*argv):
    return subprocess.run(["mandoc", *argv, f"{TOP}/src/kinglet.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def test_lint_has_nothing_to_say():
    said = mandoc("-Tlint").stdout
    # whether other packages' manuals are installed is no fault of this one
    assert [line for line in said.splitlines() if "referenced manual not found" not in line] == []


def test_fits_eighty_columns():
    text = subprocess.run(["col", "-b"], input=mandoc("-Tutf8").stdout, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert len(text.splitlines()) > 300
    assert [line for line in text.expandtabs().splitlines() if len(line) > 80] == []


def test_date_is_the_releases():
    makefile = read("Makefile")
    date = time.strptime(re.search(r"^DATE +:= (\S+)", makefile, re.M).group(1), "%Y-%m-%d")
    version = re.search(r"^VERSION +:= (\S+)", makefile, re.M).group(1)
    assert f".Dd {time.strftime('%B', date)} {date.tm_mday}, {date.tm_year}\n" in manual()
    assert f"{version}, {time.strftime('%Y-%m-%d', date)}" in read("README.md").split("## Changes")[1]


def test_every_command_and_status_is_there():
    for command in ("check", "audit", "sleep", "pause", "install"):
        assert f".It Cm {command}" in manual("DESCRIPTION")
    for status in re.findall(r"STATUS_\w+ = (\d+)", read("include/kinglet/status.h")):
        assert re.search(rf"\b{status}\b", manual("EXIT STATUS"))


def test_audit_checks_are_those_it_reports():
    report = json.loads(kinglet("audit", "--format", "json").stdout)
    ids = [check["id"] for check in report["checks"]]
    assert len(ids) > 20 and [i for i in ids if f".Li {i}" not in manual("AUDIT")] == []
    for key in {*report, *report["checks"][0]}:
        assert f".Li {key}" in manual("AUDIT"), key


def test_drop_in_names_are_there():
    names = "tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init", "gosu", "su-exec"
    for name in names:
        assert name in manual("DROP-IN")

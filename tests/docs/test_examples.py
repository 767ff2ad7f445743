"""What the README and the manual show behind a `$` is run, and says what is shown there. `...` stands for whatever differs each time.

Each document's examples run in turn in one empty folder, in a network of their own, with a web server on port 8000 as they assume.
"""
import os
import re
import subprocess
import sys

import pytest
from documents import KINGLET, examples, manual, read

pytestmark = pytest.mark.timeout(120)
DOCUMENTS = {"README.md": lambda: read("README.md"), "kinglet.1": manual}


def flexible(expected):
    """A pattern for what is shown: times and `...` differ."""
    pattern = re.escape(expected.strip("\n"))
    pattern = pattern.replace(r"\.\.\.", ".*")
    return re.sub(r"[0-9]+\\\.[0-9]\\ [mu]?s", "[0-9.]+ [mu]?s", pattern)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples_are_true(document, tmp_path):
    shown = list(examples(DOCUMENTS[document]()))
    assert sum(map(len, shown)) >= 4
    tmp_path.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    work.chmod(0o755)
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "health").write_text('{"status": "ok", "database": {"connected": true}}')
    separator = "--- next ---"
    script = ["ip link set lo up", f"{sys.executable} -m http.server 8000 --bind 127.0.0.1 -d {tmp_path}/www >/dev/null 2>&1 & server=$!",
              "kinglet check -q --wait 30s http://127.0.0.1:8000/health"]
    for block in shown:
        for command, _ in block:
            script += [f"echo '{separator}'", command]
    script += ["kill $server"]
    os.symlink(KINGLET, tmp_path / "kinglet")
    ran = subprocess.run(["unshare", "--net", "sh", "-c", "\n".join(script)], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=100, check=False,
                         env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}).stdout
    outputs = ran.split(f"{separator}\n")[1:]
    for (command, expected), said in zip([c for block in shown for c in block], outputs, strict=True):
        said = "".join(line for line in said.splitlines(True) if not re.match(r"kinglet: warn: (neither PID 1|PROGRAM runs as root)", line))
        assert re.fullmatch(flexible(expected), said.strip("\n")), f"{command!r} said {said!r} and not {expected!r}"

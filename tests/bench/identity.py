"""The matrix of starting states, run beside gosu: python3 tests/bench/identity.py

Every row is what PROGRAM's /proc/self/status said, or how it was refused. (su-exec is not in Debian.) Rows of options that gosu does not
have are Kinglet's alone; the rows of ids are words that each is given for the user.
"""
import os
import sys

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/../system")
from pid1 import NAMESPACE, run  # noqa: E402
from test_identity import DOCKER, KINGLET, MATRIX, SHOW, caps, seen  # noqa: E402


def outcome(status, output):
    got = seen(output)
    if status != 0 or not got:
        why = [line for line in output.splitlines() if "error" in line or "warn" not in line]
        words = (why or [""])[0].replace("kinglet: error: ", "").replace("privileges cannot be dropped: ", "")
        return f"refused, {status}: {words[:58]}"
    groups = got["Groups"].replace(" ", ",") or "-"
    sets = "no capabilities" if not any(got[c] for c in ("CapPrm", "CapEff", "CapInh", "CapAmb")) else f"eff {got['CapEff']:x} inh {got['CapInh']:x} amb {got['CapAmb']:x}"
    return f"{got['Uid']}:{got['Gid']} groups {groups}, {sets}, bounding {got['CapBnd']:x}, nnp {got['NoNewPrivs']}"


def row(name, ours, theirs):
    print(f"{name}\n    kinglet  {ours}\n    gosu     {theirs}")


for name, prefix, wrap, options, _, _ in MATRIX:
    ours = outcome(*run("--log-level", "error", *options, "--", *SHOW, init=(*prefix, KINGLET), wrap=wrap))
    alone = options[:1] != ["--user"] or len(options) != 2
    row(name, ours, "-" if alone else outcome(*run(options[1], *SHOW, init=(*prefix, "gosu"), wrap=wrap)))
for word in ("10001", "4294967296", "-2", "", ":10001", "10001:", "10001:4294967296", "0", "root", "nobody", "app"):
    row(f"the word '{word}', Docker's default capabilities", outcome(*run("--log-level", "error", "--user", word, "--", *SHOW, init=(*caps(DOCKER), KINGLET), wrap=NAMESPACE)),
        outcome(*run(word, *SHOW, init=(*caps(DOCKER), "gosu"), wrap=NAMESPACE)))

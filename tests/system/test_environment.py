"""The environment that PROGRAM gets: the order of the options' effects, everything bad that a secret, a file or a word can be, and that no
value is ever part of a message."""
import json
import os
import re
import shutil
import tempfile

import pytest
from pid1 import KINGLET, run

CANARY = "c4n4ry-v4lu3"
PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture
def folder():
    top = tempfile.mkdtemp(prefix="kinglet-env-")
    os.chmod(top, 0o755)
    yield top
    shutil.rmtree(top)


def put(path, content, mode=0o644):
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    os.chmod(path, mode)
    return path


def variables(*argv, env=None, **more):
    status, output = run("--log-level", "error", *argv, "--", "env", "-0", env={**PATH, **(env or {})}, **more)
    assert status == 0, output
    return dict(v.split("=", 1) for v in output.split("\0") if v)


def refused(*argv, env=None, **more):
    """The one line of a refusal."""
    status, output = run(*argv, "--", "echo", "started", env={**PATH, **(env or {})}, **more)
    assert status == 125, output
    assert output.startswith("kinglet: error: ") and output.count("\n") == 1 and output.endswith("\n"), output
    assert CANARY not in output, output
    return output


# --- order ---

def test_the_order_of_effects(folder):
    """env-file, default, unset, secret, require, expand: each sees what those before it have done."""
    put(f"{folder}/secret", "from-secret\n")
    put(f"{folder}/env", f"A=file\nB=file\nC=file\nD_FILE={folder}/secret\nGIVEN=file\nEMPTY=file\n")
    got = variables("--require", "A,B,D,E", "--secret", "D", "--unset", "C,F", "--default", "B=default", "--default", "E=default", "--default", "F=default",
                    "--env-file", f"{folder}/env", env={"GIVEN": "given", "EMPTY": ""})
    assert got == {**PATH, "A": "file", "B": "file", "D": "from-secret", "E": "default", "GIVEN": "given", "EMPTY": "file"}


def test_arguments_are_expanded_last(folder):
    put(f"{folder}/secret", "s3cret")
    status, output = run("--expand", "--secret", "S", "--default", "P=80", "--", "echo", "${S} ${P} ${N:-none} ${P:+yes} $P $${P} ${N-}", env={**PATH, "S_FILE": f"{folder}/secret"})
    assert (status, output.splitlines()[-1]) == (0, "s3cret 80 none yes $P ${P} ")
    status, output = run("--", "echo", "${P}", env=PATH)
    assert output.endswith("${P}\n")  # not without --expand


def test_later_files_win_and_what_is_there_wins_over_all(folder):
    put(f"{folder}/1", "A=1\nB=1\nC=1\n")
    put(f"{folder}/2", "B=2\nC=2\n")
    got = variables("--env-file", f"{folder}/1", "--env-file", f"{folder}/2", env={"C": "given"})
    assert (got["A"], got["B"], got["C"]) == ("1", "2", "given")


def test_what_stands_in_a_file(folder):
    put(f"{folder}/env", "# a comment\n\n  export A=1\nB='single $X \\n'\nC=\"dou\\\"ble\\$\"\nD=with = and # in it\nE=\nF=\"\" # behind\nG=crlf\r\nH=last")
    got = variables("--env-file", f"{folder}/env")
    assert {k: got[k] for k in "ABCDEFGH"} == {"A": "1", "B": "single $X \\n", "C": 'dou"ble$', "D": "with = and # in it", "E": "", "F": "", "G": "crlf", "H": "last"}


def test_default_counts_empty_as_not_set():
    got = variables("--default", "A=x", "--default", "B=y", "--default", "C=", env={"A": "", "B": "kept"})
    assert (got["A"], got["B"], got["C"]) == ("x", "kept", "")


def test_unset_takes_every_occurrence():
    assert "A" not in variables("--unset", "A,NOT_THERE", env={"A": CANARY})


# --- secrets ---

@pytest.mark.parametrize("content,value", [("plain", "plain"), ("newline\n", "newline"), ("many\n\n\n", "many"), ("in\nside\n", "in\nside"), (" blanks \n", " blanks "),
                                           ("\n", ""), ("", ""), ("x" * (131071 - len("DB=")), "x" * (131071 - len("DB=")))],
                         ids=["plain", "newline", "newlines", "inside", "blanks", "only-newline", "empty", "largest"])
def test_secrets(folder, content, value):
    put(f"{folder}/s", content, 0o400)
    got = variables("--user", "10001", "--secret", "DB", env={"DB_FILE": f"{folder}/s", "OTHER_FILE": "/etc/ssl/cert.pem"})
    assert got["DB"] == value and "DB_FILE" not in got and got["OTHER_FILE"] == "/etc/ssl/cert.pem"


def test_a_secret_without_a_file_is_left_to_require():
    assert "DB" not in variables("--secret", "DB")
    assert variables("--secret", "DB", env={"DB": "v", "DB_FILE": ""})["DB"] == "v"
    assert "DB: required, but not set (also accepted: DB_FILE)" in refused("--secret", "DB", "--require", "DB")


def test_a_secret_over_links_as_kubernetes_makes_them(folder):
    os.mkdir(f"{folder}/..2026")
    put(f"{folder}/..2026/token", "t0ken\n")
    os.symlink("..2026", f"{folder}/..data")
    os.symlink("..data/token", f"{folder}/token")
    assert variables("--secret", "T", env={"T_FILE": f"{folder}/token"})["T"] == "t0ken"


def bad_secrets(folder):
    os.mkdir(f"{folder}/folder")
    os.mkfifo(f"{folder}/fifo")
    put(f"{folder}/big", "x" * (131072 - len("DB=")))
    put(f"{folder}/huge", CANARY + "x" * 200000)
    put(f"{folder}/nul", CANARY.encode() + b"\0rest")
    os.symlink("loop", f"{folder}/loop")
    return {"folder": "is a directory", "fifo": "not a regular file", "big": "too large for a variable (131071 bytes)", "huge": "too large for a variable",
            "nul": "holds a NUL byte", "missing": "no such file or directory", "loop": "too many symbolic links", "/dev/zero": "not a regular file"}


def test_bad_secrets(folder):
    for name, words in bad_secrets(folder).items():
        line = refused("--secret", "DB", env={"DB_FILE": os.path.join(folder, name)})
        assert f"--secret: the file that DB_FILE names: {words}" in line, line
    put(f"{folder}/unreadable", CANARY, 0o400)
    line = refused("--user", "10001", "--secret", "DB", env={"DB_FILE": f"{folder}/unreadable"}, init=("setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups", KINGLET))
    assert "permission denied: readable by the user that the container starts as?" in line
    line = refused("--secret", "DB", env={"DB": CANARY, "DB_FILE": f"{folder}/nul"})
    assert "--secret: DB and DB_FILE are both set: unset one" in line


def test_a_value_that_stands_in_the_place_of_a_path_is_not_told():
    refused("--secret", "DB", env={"DB_FILE": CANARY})
    refused("--secret", "DB", env={"DB_FILE": f"/{CANARY}"})


# --- files of variables ---

@pytest.mark.parametrize("line", ["no equals", f"={CANARY}", f"1A={CANARY}", f"A B={CANARY}", f"A='{CANARY}", f'A="{CANARY}', f"A='x' {CANARY}", f"export {CANARY}", "export", f"A={CANARY}\0b",
                                  "LONG=" + "x" * 131072])
def test_bad_lines_are_named_by_their_number(folder, line):
    put(f"{folder}/env", f"GOOD=1\n# comment\n{line}\nB=2\n")
    assert f"--env-file: {folder}/env:3: " in refused("--env-file", f"{folder}/env")


def test_every_bad_line_of_every_file_is_told(folder):
    put(f"{folder}/1", "bad\nA=1\nworse\n")
    put(f"{folder}/2", "A=1\nbad")
    line = refused("--env-file", f"{folder}/1", "--env-file", f"{folder}/2", "--env-file", f"{folder}/missing", "--env-file", folder)
    for where in (f"{folder}/1:1: not a NAME=VALUE line", f"{folder}/1:3: ", f"{folder}/2:2: ", f"{folder}/missing: no such file", f"{folder}: is a directory"):
        assert f"--env-file: {where}" in line, line


def test_files_that_are_none(folder):
    os.mkfifo(f"{folder}/fifo")
    assert "not a regular file" in refused("--env-file", f"{folder}/fifo")
    with open(f"{folder}/huge", "wb") as f:
        f.truncate((1 << 20) + 1)
    assert "file too large" in refused("--env-file", f"{folder}/huge")


# --- required variables ---

TYPES = [("int", ["0", "-5", "9223372036854775807"], ["x", "1.5", "", "9223372036854775808", "+1", "-", " 1", "0x1"]),
         ("port", ["1", "65535"], ["0", "65536", "-1", "http"]), ("bool", ["true", "FALSE", "yes", "No", "on", "off", "1", "0"], ["2", "t", "maybe"]),
         ("url", ["http://x", "postgres://u:p@h/db"], ["x", "http:/x", "://x", "http://", "http://a b"]), ("str", ["x"], [""]),
         ("path", ["/", "/etc/passwd"], ["/nonexistent", ""]), ("debug|info", ["debug", "info"], ["Debug", "inf", "debug|info", ""])]


@pytest.mark.parametrize("kind,good,bad", TYPES, ids=[t[0] for t in TYPES])
def test_types(kind, good, bad):
    for value in good:
        assert variables("--require", f"A:{kind}", env={"A": value})["A"] == value
    for value in bad:
        line = refused("--require", f"A:{kind}", env={"A": value})
        assert "A: required" in line and (len(value) < 4 or value in kind or value not in line), line


# --- expansion ---

@pytest.mark.parametrize("word,words", [
    ("${", "must be followed by the name of a variable"), ("${}", "must be followed by the name"), ("${SET", "${ is not closed"), ("${NONE:-x", "${ is not closed"),
    ("${SET:=x}", "unknown operator (known are :- - :+ + :? ?)"), ("${SET%x}", "unknown operator"), ("${SET:1}", "unknown operator"), ("${#SET}", "must be followed by"),
    ("${NONE}", "'${NONE}': is not set (:- where empty is meant)"), ("${EMPTY:?}", "'${EMPTY:?}': is not set"), ("${NONE:?give it}", "'${NONE:?give it}': give it"),
    ("${NONE?give it}", "'${NONE?give it}': give it"), ("${NONE:-" * 9 + "x" + "}" * 9, "${ is nested too deep"), ("${BIG}${BIG}", "is too long once expanded"),
])
def test_bad_words(word, words):
    env = {"SET": CANARY, "EMPTY": "", "BIG": "x" * 100000}
    status, output = run("--expand", "--", "echo", word, "${SET}", env={**PATH, **env})
    assert status == 125 and output.count("\n") == 1 and words in output and CANARY not in output, output[:500]


# --- all at once ---

def test_no_value_is_ever_printed_and_everything_is_told_at_once(folder):
    put(f"{folder}/s", f"{CANARY}\0")
    put(f"{folder}/env", f"A={CANARY}\n{CANARY}\n")
    env = {"A": CANARY, "B": CANARY, "C": CANARY, "S_FILE": f"{folder}/s", "D": CANARY, "D_FILE": CANARY, "E_FILE": CANARY, "F": CANARY, "G": CANARY, "H": CANARY, "HOME": CANARY}
    for extra in ([], ["--log-format", "json"], ["--log-level", "debug"]):
        status, output = run("--user", "app", "--secret", "S,D,E,UNSET", "--env-file", f"{folder}/env", "--require", "A:int,B:port,C:bool,F:url,G:path,H:x|y,MISSING,UNSET",
                             "--unset", f"X={CANARY}", "--default", f"={CANARY}", "--expand", *extra, "--", "echo", "${A", "${B:=x}", "${MISSING}", env={**PATH, **env})
        assert status == 125 and output.count("\n") == 1 and CANARY not in output, output
        assert "--user: 'app'" in output and "--unset: 'X...'" in output
    status, output = run("--secret", "S,D,E,UNSET", "--env-file", f"{folder}/env", "--require", "A:int,B:port,C:bool,F:url,G:path,H:x|y,MISSING,UNSET", "--expand",
                         "--", "echo", "${A", "${B:=x}", "${MISSING}", env={**PATH, **env})
    assert status == 125 and output.count("\n") == 1 and CANARY not in output, output
    for words in ("S_FILE names: holds a NUL", "D and D_FILE are both set", "E_FILE names: no such file", "env:2: ", "A: required to be of type int", "B: required to be of type port",
                  "C: required to be of type bool", "F: required to be of type url", "G: required to be the path", "H: required to be one of x|y", "MISSING: required, but not set",
                  "UNSET: required, but not set (also accepted: UNSET_FILE)", "'${A': ${ is not closed", "'${B:=x}': unknown operator", "'${MISSING}': is not set"):
        assert words in output, (words, output)


def test_a_refusal_changes_nothing(folder):
    """Not even what comes before the fault in the order of things: a volume keeps its owner, standard output too."""
    os.mkdir(f"{folder}/volume")
    status, output = run("--user", "10001", "--own", f"{folder}/volume", "--require", "MISSING", "--", "echo", "started")
    assert status == 125 and os.stat(f"{folder}/volume").st_uid == 0
    status, output = run("--user", "10001", "--own", f"{folder}/volume", "--expand", "--", "echo", "${MISSING}")
    assert status == 125 and os.stat(f"{folder}/volume").st_uid == 0


# --- the termination log ---

def test_the_termination_log_has_all_reasons(folder):
    log = put(f"{folder}/log", "what an earlier start has left behind, which is much longer than the reason is" * 3, 0o600)
    for argv, status, words in ((["--require", "A,B", "--", "true"], 125, "A: required, but not set; B: required, but not set"),
                                (["--user", "10001", "--", "/nonexistent"], 127, "/nonexistent: cannot be executed: no such file or directory"),
                                (["--user", "10001", "--", "/etc/passwd"], 126, "/etc/passwd: cannot be executed: permission denied"),
                                (["--wait-for", "tcp://127.0.0.1:1", "--wait-timeout", "50ms", "--user", "10001", "--", "true"], 125, "not started, because what it waits for did not answer")):
        got, output = run("--termination-log", log, *argv, env=PATH)
        assert got == status
        with open(log, encoding="ascii") as f:
            reason = f.read()
        assert reason.startswith(words) and f"kinglet: error: {reason}" in output, reason


def test_the_termination_log_is_never_made_and_no_link_is_followed(folder):
    run("--termination-log", f"{folder}/log", "--require", "A", "--", "true")
    assert os.listdir(folder) == []
    target = put(f"{folder}/target", "kept")
    os.symlink("target", f"{folder}/link")
    run("--termination-log", f"{folder}/link", "--require", "A", "--", "true")
    os.mkfifo(f"{folder}/fifo")
    assert run("--termination-log", f"{folder}/fifo", "--require", "A", "--", "true")[0] == 125
    with open(target, encoding="ascii") as f:
        assert f.read() == "kept"


def test_the_termination_log_stays_empty_where_all_is_well(folder):
    log = put(f"{folder}/log", "old")
    assert run("--termination-log", log, "--", "sh", "-c", "exit 3")[0] == 3
    assert os.path.getsize(log) == 0


def test_refusal_as_json():
    status, output = run("--log-format", "json", "--require", 'A,B:x"|y', "--", "true", env={**PATH, "B": CANARY})
    line = json.loads(output)
    assert status == 125 and line["level"] == "error" and line["message"].startswith("A: required, but not set; B: required to be one of")


# --- every option ---

VALUES = {
    "user": "x", "groups": "x", "own": "x", "keep-cap": "x", "write": "/nonexistent", "require": "A:x", "default": "x", "unset": "1", "env-file": "/nonexistent", "secret": "1",
    "wait-for": "x", "wait-timeout": "x", "stop-signal": "x", "stop-delay": "x", "stop-timeout": "x", "sweep-timeout": "x", "rewrite": "x", "success": "x",
    "parent-death-signal": "x", "health": "x", "health-interval": "x", "health-timeout": "x", "health-retries": "x", "health-start-period": "x", "health-start-interval": "x",
    "health-on-failure": "x", "restart": "x", "log-level": "x", "log-format": "x",
}
FLAGS = ["allow-new-privs", "allow-root", "strict-user", "write-strict", "expand", "group", "single-child", "subreaper", "warn-reaped", "verbose", "help", "version"]


@pytest.mark.parametrize("name", VALUES)
def test_every_option_that_takes_a_value(name):
    """A bad one by each way to give it, and none: one line that names the option (a target names itself), 125."""
    head = "target 'x'" if name in ("health", "wait-for") else f"--{name}: "
    variable = "KINGLET_" + name.upper().replace("-", "_")
    assert head in refused(f"--{name}", VALUES[name])
    assert head in refused(f"--{name}={VALUES[name]}")
    line = refused(env={variable: VALUES[name]})
    assert head in line or f"{variable}: " in line
    status, output = run(f"--{name}", env=PATH)
    assert status == 125 and f"--{name}: a value is missing" in output and output.count("\n") == 1


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag(name):
    variable = "KINGLET_" + name.upper().replace("-", "_")
    assert f"{variable}: 'x' is n" in refused(env={variable: "x"})


def test_the_help_names_every_option_and_these_are_all():
    _, output = run("--help")
    named = set(re.findall(r"--([a-z][a-z-]+)", output)) - {"help", "version"}
    assert named <= set(VALUES) | set(FLAGS) | {"termination-log"} | {"verbose"}
    assert set(VALUES) | set(FLAGS) - {"verbose"} <= named | {"help", "version"}

"""Option tables, binary, help, manual, README and completions say the same."""
import re

import pytest
from documents import BUILD, COMMANDS, TABLES, help_of, kinglet, long_options, longs, manual, manual_options, read, table

pytestmark = pytest.mark.timeout(60)

# long options of other programs that the documents speak of
OTHERS = {"init-path", "name", "no-install-recommends"}
SECTION = {"run": "OPTIONS", "check": "PROBING", "audit": "AUDIT"}


@pytest.mark.parametrize("command", TABLES)
def test_binary_knows_what_its_table_has(command):
    """The table was read right: the binary takes each of them, and nothing else."""
    first = [] if command == "run" else [command]
    for name in longs(command) - {"help", "version"}:
        flag = table(command)[name][1] in ("FLAG", "COUNT")
        for argv in ([f"--{name}"] if flag else [f"--{name}", "x"], [f"--{name}=x"]):
            said = kinglet(*first, *argv, "--no-such-option").stdout
            assert "--no-such-option: unknown option" in said, said
            assert f"--{name}: unknown option" not in said, said
            assert flag or f"--{name}: a value is missing" in kinglet(*first, f"--{name}").stdout
    for name in set().union(*(longs(c) for c in TABLES)) - longs(command):
        assert f"--{name}: unknown option" in kinglet(*first, f"--{name}", "x").stdout


@pytest.mark.parametrize("command", TABLES)
def test_help_has_every_option_and_no_other(command):
    said = help_of(command)
    assert said.returncode == 0
    in_help = long_options(said.stdout.replace("--stop-delay is KINGLET", ""))
    assert in_help | {"help"} == longs(command) | {"help"}
    for letter, _ in table(command).values():
        if letter and letter != "h":
            assert re.search(rf"(?<![\w-])-{letter}\b", said.stdout), letter


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen(command):
    said = help_of(command)
    lines = said.stdout.split("\n")
    assert said.returncode == 0 and lines[0].startswith("usage: kinglet") and lines[-1] == ""
    assert len(lines) - 1 <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", TABLES)
def test_manual_has_every_option_and_no_other(command):
    text = manual(SECTION[command])
    assert manual_options(text) == longs(command)
    for name, (letter, _) in table(command).items():
        if letter:
            assert re.search(rf"^\.It Fl {letter}\b" + (rf" , Fl -{name}\b" if len(name) > 1 else ""), text, re.M), (name, letter)


def test_manual_speaks_of_no_option_that_is_not():
    everywhere = set().union(*(longs(c) for c in TABLES))
    spoken = set(re.findall(r"Fl -([a-z][a-z-]*)", manual())) | long_options(manual())
    assert spoken - everywhere - OTHERS == set()


def test_readme_has_every_option_and_no_other():
    everywhere = set().union(*(longs(c) for c in TABLES))
    spoken = long_options(read("README.md"))
    assert everywhere - spoken - {"help", "version"} == set()
    assert spoken - everywhere - OTHERS == set()


def test_variables_are_those_of_options():
    variables = {"KINGLET_" + n.upper().replace("-", "_") for n in longs("run")}
    for document in (manual(), read("README.md"), help_of("run").stdout):
        spoken = set(re.findall(r"\bKINGLET_[A-Z][A-Z_]*\b", document)) - {"KINGLET_NAME"}
        assert spoken and spoken <= variables, spoken - variables


@pytest.mark.parametrize("file", ["kinglet.bash", "_kinglet"])
def test_completion_has_every_option_and_no_other(file):
    for command in TABLES:
        options = re.search(rf"^    {command}\) options='([^']*)'", read(f"{BUILD}/{file}"), re.M).group(1).split()
        assert {o[2:] for o in options if o.startswith("--")} == longs(command)
        assert {o[1:] for o in options if not o.startswith("--")} == {letter for letter, _ in table(command).values() if letter}


def test_targets_are_in_all_documents():
    schemes = set(re.findall(r'\{"([a-z]+)", TARGET_', read("src/cli/target.c")))
    assert len(schemes) >= 9
    for document in (manual("PROBING"), read("README.md"), help_of("check").stdout, read(f"{BUILD}/kinglet.bash")):
        assert {s for s in schemes if not re.search(rf"\b{s}://", document)} == set()

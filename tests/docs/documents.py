"""What is documented where, taken apart. The option tables in the source are what everything else is held against."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINGLET = os.environ["KINGLET"]
BUILD = os.path.dirname(KINGLET)
TABLES = {"run": f"{TOP}/src/cli/run_options.c", "check": f"{TOP}/src/probe/check.c", "audit": f"{TOP}/src/audit/audit.c"}
TABLES = {command: path for command, path in TABLES.items() if os.path.exists(path)}
COMMANDS = [*TABLES, "sleep", "pause", "install"]
ENTRY = re.compile(r'\bX\("([a-z-]*)(?:\\0[^"]*)?",\s*(?:0|\'(.)\'),\s*OPTION_([A-Z]+),')


def read(path):
    with open(path if path.startswith("/") else f"{TOP}/{path}", encoding="utf-8") as f:
        return f.read()


def kinglet(*argv, **more):
    return subprocess.run([KINGLET, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          **more)


def table(command):
    """long name -> (letter, kind), and letters alone under their letter"""
    found = {name or letter: (letter, kind) for name, letter, kind in ENTRY.findall(read(TABLES[command]))}
    assert len(found) >= 3, command
    return found


def longs(command):
    return {name for name in table(command) if len(name) > 1}


def long_options(text):
    """Every --name in running text."""
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])", text))


def help_of(command):
    return kinglet(*([] if command == "run" else [command]), "--help")


def manual(section=None):
    """The manual's source, or one section of it."""
    text = read("src/kinglet.1")
    if section is None:
        return text
    return re.search(rf"^\.Sh {section}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S).group(1)


def manual_options(text):
    """Those that the source marks as options: `.It Fl u , Fl -user`."""
    return set(re.findall(r"^\.It (?:Fl \w , )?Fl -([a-z][a-z-]*)", text, re.M))


def examples(text):
    """For each literal block that has a line beginning with `$ `: [(command, expected output)]."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S) or re.findall(r"(?:^    .*\n)+", text, re.M)
    for block in blocks:
        block = re.sub("^    ", "", block, flags=re.M)
        if re.search(r"^\$ ", block, re.M):
            yield [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in re.split(r"^\$ ", block, flags=re.M)[1:]]

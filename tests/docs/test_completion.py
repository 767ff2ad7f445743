"""The Tab key, in real shells on a terminal."""
import os
import pty
import re
import select
import time

import pytest
from documents import BUILD, KINGLET

pytestmark = pytest.mark.timeout(120)
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             f"PS1='ready> '; bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; . {BUILD}/kinglet.bash\n"),
    "zsh": (["zsh", "-f", "-i"], f"PS1='ready> '; fpath=({BUILD} $fpath); autoload -U compinit; compinit -u -D; setopt nobeep listpacked\n"),
}
PROMPT = r"\nready> (\x1b\[\?2004h)?$"


class Shell:
    def __init__(self, name, folder):
        argv, setup = START[name]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, {"PATH": f"{os.path.dirname(KINGLET)}:{os.environ['PATH']}", "TERM": "dumb", "HOME": str(folder), "COLUMNS": "500",
                                       "LC_ALL": "C.UTF-8"})
        self.said = ""
        os.write(self.fd, setup.encode())
        self.expect(PROMPT)

    def expect(self, pattern, seconds=30):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.said):
            assert select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0], f"{pattern!r} did not come: {self.said!r}"
            self.said += os.read(self.fd, 65536).decode(errors="replace").replace("\r", "\n")

    def complete(self, typed, pattern):
        """Types, and Tab: the pattern must appear behind it. Then the line is deleted."""
        self.said = ""
        os.write(self.fd, typed.encode() + b"\t")
        self.expect(pattern)
        self.said = ""
        os.write(self.fd, b"\x15\n")
        self.expect(PROMPT)

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


@pytest.mark.parametrize("name", START)
def test_tab(name, tmp_path):
    (tmp_path / "volume").mkdir()
    (tmp_path / "program-of-mine").write_text("")
    shell = Shell(name, tmp_path)
    try:
        shell.complete("kinglet --stop-s", "--stop-signal ")
        shell.complete("kinglet --health-on-failure re", "restart ")
        shell.complete("kinglet --own vol", "volume")
        shell.complete("kinglet au", "audit ")
        shell.complete("kinglet check --met", "--method ")
        shell.complete("kinglet check -X HE", "HEAD ")
        shell.complete("kinglet check grp", "grpc:")
        shell.complete("kinglet --user 10001 -- ec", "echo")
        shell.complete("kinglet --group cat program-of", "program-of-mine ")
        shell.complete("kinglet --health-start-", r"start-interval[\s\S]*start-period|start-period[\s\S]*start-interval")
    finally:
        shell.close()

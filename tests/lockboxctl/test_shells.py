"""Completion in real shells, and the manual page by a real formatter: no stack needed."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

SECONDS = 20
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; source {}\n"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -u -D; source {}\n"),
}


class Typed:
    """A shell behind a terminal. `lockboxctl` in it is a function that says how it was called."""

    def __init__(self, shell: str, script, home):
        command, setup = SHELLS[shell]
        environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(home), "PS1": "$ ", "LC_ALL": "C.UTF-8"}
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment, cwd=home,
                                        start_new_session=True)
        os.close(inner)
        self.said = ""
        self.type(setup.format(script) + "lockboxctl() { printf '<%s>' \"$@\"; echo '<done>'; }\n" + "echo rea''dy\n")
        self.wait("ready")

    def type(self, keys: str):
        os.write(self.terminal, keys.encode())

    def wait(self, words: str) -> str:
        deadline = time.monotonic() + SECONDS
        while words not in self.said:
            assert time.monotonic() < deadline, f"{words} is not in {self.said!r}"
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.said += os.read(self.terminal, 65536).decode(errors="replace")
        before, _, self.said = self.said.partition(words)
        return before + words

    def run(self, keys: str) -> list[str]:
        """The arguments that these keys lead to."""
        self.type(keys + "\r")
        return re.findall("<(.*?)>", self.wait("<done>"))[:-1]

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture(params=SHELLS)
def shell(request, bare, tmp_path):
    assert shutil.which(request.param), f"{request.param} is missing: tools/dev/packages.txt has it"
    script = tmp_path / "completion"
    script.write_text(bare("completion", request.param).stdout)
    typed = Typed(request.param, script, tmp_path)
    yield typed
    typed.end()


def test_commands_options_values_and_fields_complete(shell):
    assert shell.run("lockboxctl quar\tli\t-o js\t") == ["quarantine", "list", "-o", "json"]
    assert shell.run("lockboxctl appr\t019ab1a4 --sig\tkey") == ["approve", "019ab1a4", "--sign-with", "key"]
    assert shell.run("lockboxctl req\tlist --state cust\t") == ["request", "list", "--state", "customer_notified"]
    assert shell.run("lockboxctl ten\trole-a\tcontoso subs\t5c5c") == \
        ["tenant", "role-assign", "contoso", "subscription_id=5c5c"]
    assert shell.run("lockboxctl tenant role-assign contoso role=own\t") == \
        ["tenant", "role-assign", "contoso", "role=owner"]


def test_where_a_file_is_wanted_files_complete(shell, tmp_path):
    (tmp_path / "lena.pem").touch()
    assert shell.run("lockboxctl approve 019ab1a4 --sign-with le\t") == ["approve", "019ab1a4", "--sign-with", "lena.pem"]


def test_a_shell_that_is_not_known(bare):
    done = bare("completion", "fish")
    assert done.returncode == 2 and "bash or zsh" in done.stderr


def test_the_manual_page(bare, tmp_path):
    page = tmp_path / "lockboxctl.1"
    page.write_text(bare("man").stdout)
    assert page.read_text().isascii()
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, timeout=60)
    assert [line for line in lint.stdout.splitlines() if "missing date" not in line] == []
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", page], capture_output=True, text=True, timeout=60).stdout
    text = re.sub(".\x08", "", text)
    listed = re.findall(r"^  (\S.*?)  +\S", bare("--help").stdout, re.MULTILINE)
    for command in listed:
        assert re.search(rf"^   {command}$", text, re.MULTILINE), command
        example = bare(*command.split(), "--help").stdout.split("Example:\n")[1].strip()
        assert example in text

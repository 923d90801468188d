"""Whatever people start says what it is for, and takes no option that it does not know: before it has installed, built or begun anything."""
import os
import re
import subprocess
import sys

import pytest

from support.stack import REPOSITORY

COMMANDS = re.findall(r"^([a-z]+)", (REPOSITORY / "tools/dev/help.txt").read_text(), re.MULTILINE)

# Python programs that pages name; those of examples/ are tested in tests/integrate, the portal in tests/portal.
PYTHON = ["docs/verify_export.py", "tools/dev/pages.py", "tools/dev/vocabulary.py"]

# Executable, and started by no person: images, ./dev and dpkg-buildpackage begin with them.
STARTED_BY_OTHERS = {"deploy/compose/local/kafka/run", "deploy/compose/local/mail/mailpit", "deploy/compose/local/postgres/docker-entrypoint.sh",
                     "tools/dev/apt.sh", "tools/dev/cluster/build.sh", "debian/rules"}


def executables() -> set[str]:
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    files = (line.split(maxsplit=3) for line in listed.splitlines())
    return {path for mode, _, _, path in files if mode == "100755" and not path.startswith("tests/")}


PROGRAMS = [[path] for path in sorted(executables() - STARTED_BY_OTHERS)]
DEV = [["dev", command] for command in COMMANDS if command != "pytest"]


def run(tmp_path, program: list[str], *arguments: str) -> subprocess.CompletedProcess:
    """With a PATH in which nothing is found that it might start, and nothing of ours in the environment."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LOCKBOX_DEV_DIR": str(tmp_path / "state")}
    python = [sys.executable] if program[0].endswith(".py") else []
    return subprocess.run([*python, REPOSITORY / program[0], *program[1:], *arguments], cwd=tmp_path, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("program", [*PROGRAMS, *[[path] for path in PYTHON], *DEV], ids=" ".join)
def test_usage(tmp_path, program):
    helped = run(tmp_path, program, "--help")
    assert (helped.returncode, helped.stderr) == (0, "") and len(helped.stdout) > 40
    wrong = run(tmp_path, program, "--nope")
    assert (wrong.returncode, wrong.stdout) == (2, "") and re.search("--nope|usage:", wrong.stderr) and "Traceback" not in wrong.stderr
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("arguments", [["fmt", "common"], ["up", "--secure", "--nope=1"], ["bench", "mail", "--nope"], ["bench", "tracing", "--nope"], ["test", "no-such-group"]],
                         ids=" ".join)
def test_dev_begins_nothing_that_it_cannot_finish(tmp_path, arguments):
    wrong = run(tmp_path, ["dev"], *arguments)
    assert (wrong.returncode, wrong.stdout) == (2, "") and arguments[-1].partition("=")[0] in wrong.stderr
    assert not os.listdir(tmp_path)

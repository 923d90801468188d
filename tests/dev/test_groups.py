"""How ./dev test runs a group that is a program."""
import subprocess
import sys

from support.stack import REPOSITORY


def test_a_program_may_print_half_a_character(tmp_path):
    """A line is cut by its bytes here and there, as installers cut their bars."""
    program = tmp_path / "tests" / "halves" / "run"
    program.parent.mkdir(parents=True)
    (tmp_path / "tests" / "groups.txt").write_text("halves run\n")
    program.write_text("#!/bin/sh\nprintf 'fetching \\342\\224\\n2 passed, 1 failed\\n'\nexit 1\n")
    program.chmod(0o755)
    done = subprocess.run([sys.executable, REPOSITORY / "tools/dev/test.py", "halves"], cwd=tmp_path, capture_output=True, timeout=60)
    assert b"fetching" in done.stdout and b"2 passed, 1 failed" in done.stdout.splitlines()[-1], done.stderr
    assert done.returncode == 1

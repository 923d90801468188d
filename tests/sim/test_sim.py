"""A million interleavings of two processes that consume, and of two that publish; `ctest -R unit.simulate` tries the first twenty thousand.

    LOCKBOX_DEV_SIM_COUNT=5000000 LOCKBOX_DEV_SIM_FIRST=77 ./dev test sim
    build/release/tests/simulate_relay --tell SEED    one of them, step by step
"""
import os
import subprocess

import pytest

from support.stack import BUILD

COUNT, FIRST = os.environ.get("LOCKBOX_DEV_SIM_COUNT", "1000000"), os.environ.get("LOCKBOX_DEV_SIM_FIRST", "1")


@pytest.mark.parametrize("program", ["simulate", "simulate_relay"])
def test_no_interleaving_breaks_an_invariant(program):
    done = subprocess.run([BUILD / "tests" / program, COUNT, FIRST], capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout

"""The recipes on years of records: see tests/groups.txt.

    LOCKBOX_TEST_REQUESTS=100000 pytest tests/audit/scale     fewer than five million records
"""
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "models"), str(HERE.parents[1])]

from filled import Filled  # noqa: E402
from support.stack import Stack  # noqa: E402


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("scale"))
    stack.up("postgres", "kafka", "schema")
    yield stack
    stack.wipe()


@pytest.fixture(scope="session")
def young(stack):
    filled = Filled(stack, 10_000)
    yield filled
    filled.drop()


@pytest.fixture(scope="session")
def old(stack):
    """Five million records, in five years."""
    filled = Filled(stack, int(os.environ.get("LOCKBOX_TEST_REQUESTS", "500000")))
    yield filled
    filled.drop()

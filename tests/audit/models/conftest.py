"""The read models, over a whole stack: what its workers publish, and what enforcement points report.

    LOCKBOX_TEST_SEED=7 pytest tests/audit/models     other lives
    pytest tests/audit/models --stack DIR             uses the stack of that state directory, and leaves it running
"""
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from lives import Lives  # noqa: E402
from scratch import Scratch  # noqa: E402
from support.group import pytest_addoption, system, stack_of  # noqa: E402, F401


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_EMERGENCY_TTL="PT2S", LOCKBOX_ACKNOWLEDGE_TTL="PT3S") as stack:
        yield stack
        assert stack.crashed() == []


@pytest.fixture(scope="session")
def lives(system):  # noqa: F811
    """Lived, and in the store."""
    lives = Lives(system, int(os.environ.get("LOCKBOX_TEST_SEED", "21")))
    lives.live()
    return lives


@pytest.fixture
def scratch(stack):
    scratch = Scratch(stack)
    yield scratch
    scratch.drop()

"""A stack whose clocks run short, so that time acts while a test looks on.

    LOCKBOX_TEST_SEED=7 pytest tests/model    the same sequences again
    pytest tests/model --stack DIR            uses the stack of that state directory, and leaves it running"""
import os
import secrets
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from support.group import pytest_addoption, pytest_ignore_collect, stack_of  # noqa: E402, F401

SETTINGS = {"LOCKBOX_PENDING_TTL": "PT3S", "LOCKBOX_GRANT_TTL": "PT2S", "LOCKBOX_EMERGENCY_TTL": "PT1S",
            "LOCKBOX_ACKNOWLEDGE_TTL": "PT2S", "LOCKBOX_EMERGENCIES_PER_DAY": "40", "LOCKBOX_REMINDERS": "PT1S"}
PARTS = ("kafka", "postgres", "schema", "requester", "decider", "expirer", "relay")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, *PARTS, **SETTINGS) as stack:
        yield stack
        assert stack.crashed() == []


@pytest.fixture(scope="session")
def sizes():
    """How many events, races and probes."""
    return {"events": 2000, "races": 200, "probes": 2000}


@pytest.fixture(scope="session")
def seed():
    """The same every day; LOCKBOX_TEST_SEED tries another, and "random" any."""
    given = os.environ.get("LOCKBOX_TEST_SEED", "21")
    return secrets.randbelow(1 << 31) if given == "random" else int(given)

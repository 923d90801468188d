"""One stack for all of these tests. Each makes its own tenants, and so needs no order."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.broker import Feed  # noqa: E402
from support.group import nothing_untoward, pytest_addoption, pytest_ignore_collect, system, stack, tenant  # noqa: E402, F401
from support.schemas import schema_errors  # noqa: E402


@pytest.fixture(scope="session")
def accesses(system):  # noqa: F811
    """What enforcement points report, held against the schema."""
    feed = Feed(system.bootstrap, "lockbox.accesses.v1", lambda record: schema_errors(record.event))
    yield feed
    feed.close()
    assert feed.complaints == []

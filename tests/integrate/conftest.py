"""One stack for all of these tests. Each makes its own tenants, and so needs no order.

    pytest tests/integrate --stack DIR    uses the stack of that state directory, and leaves it running
"""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.broker import Feed  # noqa: E402
from support.road import Road  # noqa: E402
from support.scenario import Tenant  # noqa: E402
from support.schemas import schema_errors  # noqa: E402
from support.stack import Stack  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--stack", help="the state directory of a stack to use and to leave running")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("integrate"))
    stack.attach() if kept else stack.up()
    yield stack
    if not kept:
        stack.wipe()


@pytest.fixture(scope="session")
def road(stack):
    road = Road(stack)
    yield road
    road.close()


@pytest.fixture(scope="session")
def accesses(road):
    """What enforcement points report, held against the schema."""
    feed = Feed(road.bootstrap, "lockbox.accesses.v1", lambda record: schema_errors(record.event))
    yield feed
    feed.close()
    assert feed.complaints == []


@pytest.fixture(autouse=True)
def nothing_untoward(road):
    before = len(road.events.complaints)
    yield
    assert road.events.complaints[before:] == []
    assert road.stack.crashed() == []


@pytest.fixture(scope="session")
def tenant(road):
    """One that any test may ask for access, but that no test changes."""
    return Tenant(road)

"""One stack for all of these tests. Each makes its own tenants, and so needs no order.

    pytest tests/road --stack DIR    uses the stack of that state directory, and leaves it running
"""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.history import all_complaints  # noqa: E402
from support.road import Road  # noqa: E402
from support.scenario import Tenant  # noqa: E402
from support.stack import Stack  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--stack", help="the state directory of a stack to use and to leave running")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("road"))
    stack.attach() if kept else stack.up()
    yield stack
    if not kept:
        stack.wipe()


@pytest.fixture(scope="session")
def road(stack):
    road = Road(stack)
    yield road
    road.close()


@pytest.fixture(autouse=True)
def nothing_untoward(road):
    """Whatever a test is about: what Lockbox published meanwhile fits the schemas, and no worker died of itself."""
    before = len(road.events.complaints)
    yield
    assert road.events.complaints[before:] == []
    assert road.stack.crashed() == []


@pytest.fixture(scope="session", autouse=True)
def every_history_is_legal(road):
    """In the end, over everything that all tests caused."""
    yield
    assert all_complaints(road.events.records) == []


@pytest.fixture(params=["structured", "binary"])
def mode(request):
    return request.param


@pytest.fixture(scope="session")
def tenant(road):
    """One that any test may ask for access, but that no test changes."""
    return Tenant(road)

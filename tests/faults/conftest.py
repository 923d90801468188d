"""One stack for all of these tests; each puts right what it broke, and then looks at everything that ever happened."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.road import Road  # noqa: E402
from support.stack import Stack  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--stack", help="the state directory of a stack to use and to leave running")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("faults"), LOCKBOX_MAIL_RETRY="PT1S")
    stack.up()
    yield stack
    if not kept:
        stack.wipe()


@pytest.fixture(scope="session")
def road(stack):
    road = Road(stack)
    yield road
    road.close()


@pytest.fixture(autouse=True)
def whole_again(stack):
    yield
    stack.up()

"""The fixtures of the tests that break things: one stack, which each test leaves whole."""
import pytest

from .road import Road
from .stack import Stack


def pytest_addoption(parser):
    parser.addoption("--stack", help="the state directory of a stack to use and to leave running")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("faults"), LOCKBOX_MAIL_RETRY="PT1S", LOCKBOX_KAFKA_SESSION_TIMEOUT_MS="6000")
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

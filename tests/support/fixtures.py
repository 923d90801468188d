"""The fixtures of the tests that break things: one stack, which each test leaves whole."""
import pytest

from .clock import LIBRARY
from .group import pytest_addoption, system, stack_of  # noqa: F401


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_MAIL_RETRY="PT1S", LOCKBOX_KAFKA_SESSION_TIMEOUT_MS="6000",
                  LOCKBOX_DEV_POSTGRES_CLOCK=str(LIBRARY)) as stack:
        yield stack


@pytest.fixture(autouse=True)
def whole_again(stack):
    yield
    stack.up()

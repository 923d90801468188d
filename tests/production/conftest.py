"""What docs/production.md promises, each on servers of its own."""
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "nemesis"), str(TESTS / "recovery"), str(TESTS / "production")]

from support.group import pytest_addoption, stack_of  # noqa: E402, F401
from support.secure import librdkafka  # noqa: E402, F401
from support.system import System  # noqa: E402


@pytest.fixture(scope="module")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_MAIL_RETRY="PT1S") as stack:
        yield stack


@pytest.fixture(scope="module")
def system(stack):
    system = System(stack)
    yield system
    system.close()


@pytest.fixture(scope="module")
def secure(request, tmp_path_factory, librdkafka):  # noqa: F811
    """A stack that speaks TLS only, and asks everybody for a password."""
    with stack_of(request, tmp_path_factory, options=("--secure",), LOCKBOX_MAIL_RETRY="PT1S",
                  LOCKBOX_DEV_LIBRDKAFKA=str(librdkafka)) as stack:
        yield stack


@pytest.fixture(scope="module")
def secure_system(secure):
    system = System(secure)
    yield system
    system.close()


@pytest.fixture
def place():
    """A directory for a world, in the state directory."""
    return Path(os.environ["LOCKBOX_DEV_DIR"], "production", str(os.getpid()))

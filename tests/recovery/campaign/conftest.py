"""Each test loses servers of its own: no stack is shared here. What puts databases back is the folder's above, servers that are promoted
those of tests/nemesis."""
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "recovery"), str(TESTS / "nemesis")]

from support.group import pytest_addoption, stack_of  # noqa: E402, F401
from support.system import System  # noqa: E402


@pytest.fixture
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory) as stack:
        yield stack


@pytest.fixture
def system(stack):
    system = System(stack)
    yield system
    system.close()


@pytest.fixture
def place():
    """A directory for a world, in the state directory: its logs stay there."""
    return Path(os.environ["LOCKBOX_DEV_DIR"], "recovery", str(os.getpid()))

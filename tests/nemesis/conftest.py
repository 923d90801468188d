"""Each run makes a world of its own: no stack is shared here."""
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "nemesis")]

from support.group import pytest_ignore_collect  # noqa: E402, F401


@pytest.fixture
def place():
    """Directories for worlds, in the state directory: logs of one that failed stay there, until the next."""
    number = 0

    def make() -> Path:
        nonlocal number
        number += 1
        return Path(os.environ["LOCKBOX_DEV_DIR"], "nemesis", f"{os.getpid()}-{number}")
    return make

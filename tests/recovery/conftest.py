"""One stack for all of these tests, whose databases they set back and make again."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, pytest_ignore_collect, stack, system  # noqa: E402, F401

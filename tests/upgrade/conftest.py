import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption  # noqa: E402, F401

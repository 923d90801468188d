"""One stack, and a copy of the tree beside it, in which the pages' commands are run one page after the other."""
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from pages import Place  # noqa: E402
from support.group import pytest_addoption, pytest_ignore_collect, system, stack  # noqa: E402, F401


@pytest.fixture(scope="session")
def place(stack, tmp_path_factory):  # noqa: F811
    return Place(tmp_path_factory.mktemp("place"), stack)

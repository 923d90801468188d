"""One stack for all of these tests. Each makes its own tenants, and so needs no order."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import nothing_untoward, pytest_addoption, system, stack, tenant  # noqa: E402, F401
from support.history import all_complaints  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def every_history_is_legal(system):  # noqa: F811
    """In the end, over everything that all tests caused."""
    yield
    assert all_complaints(system.events.records) == []


@pytest.fixture(params=["structured", "binary"])
def mode(request):
    return request.param

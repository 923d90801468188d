"""A stack of which the databases refuse rows."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, stack_of, system  # noqa: E402, F401


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_MAIL_RETRY="PT1S") as stack:
        yield stack

"""What a part does that was taken over, by the login that it has, on one stack of ./dev up --secure."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacker import Attacker  # noqa: E402
from support.group import pytest_addoption, pytest_ignore_collect, system, tenant  # noqa: E402, F401
from support.secure import librdkafka, stack  # noqa: E402, F401


@pytest.fixture(scope="session")
def attacker(system):
    return Attacker(system)

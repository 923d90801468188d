"""A whole stack, and a real Prometheus that scrapes it and has the rules of deploy/prometheus/alerts.yml."""
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parents[1] / "recovery")]

from prometheus import Prometheus  # noqa: E402
from support.clock import LIBRARY  # noqa: E402
from support.group import pytest_addoption, stack_of, system  # noqa: E402, F401


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_MAIL_RETRY="PT1S", LOCKBOX_PENDING_TTL="PT20S", LOCKBOX_REMINDERS="",
                  LOCKBOX_DEV_POSTGRES_CLOCK=str(LIBRARY)) as stack:
        yield stack


@pytest.fixture(scope="session")
def prometheus(stack, tmp_path_factory):
    prometheus = Prometheus(stack, tmp_path_factory.mktemp("prometheus"))
    yield prometheus
    prometheus.stop()

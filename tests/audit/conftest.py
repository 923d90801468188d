"""Kafka, PostgreSQL and the auditor alone: what others would publish, the tests put into the topics themselves."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.audited import Store  # noqa: E402
from support.stack import Stack  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--stack", help="the state directory of a stack to use and to leave running")


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    kept = request.config.getoption("--stack")
    stack = Stack(kept or tmp_path_factory.mktemp("audit"), LOCKBOX_CHECKPOINT_INTERVAL="PT0.2S",
                  LOCKBOX_KAFKA_SESSION_TIMEOUT_MS="6000")
    stack.up("kafka", "postgres", "schema", "auditor")
    yield stack
    if not kept:
        stack.wipe()


@pytest.fixture(scope="session")
def store(stack):
    store = Store(stack)
    yield store
    store.close()

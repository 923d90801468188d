"""Kafka, PostgreSQL and the auditor alone: what others would publish, the tests put into the topics themselves."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.audited import Store  # noqa: E402
from support.group import pytest_addoption, pytest_ignore_collect, stack_of  # noqa: E402, F401


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, "kafka", "postgres", "schema", "auditor", LOCKBOX_CHECKPOINT_INTERVAL="PT0.2S",
                  LOCKBOX_KAFKA_SESSION_TIMEOUT_MS="6000") as stack:
        yield stack


@pytest.fixture(scope="session")
def store(stack):
    store = Store(stack)
    yield store
    store.close()

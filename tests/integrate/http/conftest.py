"""A stack with TLS and passwords, and beside it bridges between HTTP and Kafka, each as one principal."""
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[2] / "docs")]

from bridges import Bridges  # noqa: E402
from support.group import nothing_untoward, pytest_addoption, system  # noqa: E402, F401
from support.secure import librdkafka, stack  # noqa: E402, F401


@pytest.fixture(scope="session")
def bridges(stack, tmp_path_factory):  # noqa: F811
    """By principal, each started when it is first asked for."""
    bridges = Bridges(stack, tmp_path_factory.mktemp("bridges"))
    yield bridges
    bridges.close()

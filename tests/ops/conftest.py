"""One stack for all of these tests: its Kafka and PostgreSQL speak TLS only, ask for passwords and allow what is granted."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, pytest_ignore_collect, system  # noqa: E402, F401
from support.secure import librdkafka, stack  # noqa: E402, F401

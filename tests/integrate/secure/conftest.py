"""The examples on a stack with TLS and passwords, each program as its own principal."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from support.group import nothing_untoward, pytest_addoption, system  # noqa: E402, F401
from support.secure import librdkafka, stack  # noqa: E402, F401

"""The same stack and fixtures as tests/faults has."""
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "faults")]

from support.fixtures import *  # noqa: E402, F403

"""Mails as Chromium shows them: on a phone and on a desk, in light and dark."""
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests"), str(REPO / "tools" / "dev")]

from support.browser import Browser  # noqa: E402


@pytest.fixture(scope="session")
def browser():
    with Browser() as browser:
        yield browser

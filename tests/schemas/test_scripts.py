"""The databases' scripts, by their names."""
from collections import Counter
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "schemas/db"


@pytest.mark.parametrize("which", ["lockbox", "audit"])
def test_no_two_scripts_have_one_number(which):
    numbers = Counter(path.name.partition("__")[0] for path in (SCRIPTS / which).glob("V*.sql"))
    assert [number for number, count in numbers.items() if count > 1] == []

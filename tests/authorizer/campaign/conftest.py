"""The same at length."""
import pytest


@pytest.fixture(scope="session")
def sizes():
    return {"reviews": 1_000_000, "late": 100_000, "mutations": 10_000}

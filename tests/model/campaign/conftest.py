"""The same at length."""
import pytest


@pytest.fixture(scope="session")
def sizes():
    return {"events": 100_000, "races": 10_000, "probes": 100_000}

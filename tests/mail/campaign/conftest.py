"""The same at length."""
import pytest


@pytest.fixture(scope="session")
def sizes():
    return {"campaign": 10_000, "campaign_seconds": 400, "campaign_share": 1, "kills": 5_000, "starttls": 1_200}

"""What docker-compose.yml started, walked from outside. ./run starts it; on a machine with Docker and its registry:

    export COMPOSE_FILE=docker-compose.yml:deploy/compose/portal.yml PORTAL_URL=https://… PORTAL_OIDC_ISSUER=https://…
    docker-compose up -d --build && SECRETS_DIR=$PWD/deploy/compose/secrets python -m pytest tests/compose
"""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from composed import ComposedSystem, WORKERS, await_healthy  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def all_healthy():
    await_healthy("kafka", "postgres", "mail", *WORKERS, "portal")


@pytest.fixture(scope="session")
def system(all_healthy):
    system = ComposedSystem()
    yield system
    assert system.events.complaints == []
    system.close()

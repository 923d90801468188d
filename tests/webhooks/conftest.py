"""A stack that posts to webhooks on this machine, by an authority and with a key of ours, and a real receiver over TLS."""
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "mail")]

from authority import Authority  # noqa: E402
from hooks import Receiver  # noqa: E402
from support.group import nothing_untoward, pytest_addoption, stack_of, system  # noqa: E402, F401

PARTS = ("kafka", "postgres", "smtp", "schema", "requester", "decider", "relay", "notifier")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("key") / "webhook.pem"
    path.touch(mode=0o600)
    path.write_text(subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True, text=True).stdout)
    return path


@pytest.fixture(scope="session")
def receiver(authority):
    receiver = Receiver(*authority.issue("localhost", "DNS:localhost", "IP:127.0.0.1"))
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory, authority, key):
    settings = {"LOCKBOX_WEBHOOK_CA_FILE": str(authority.certificate), "LOCKBOX_WEBHOOK_KEY_FILE": str(key),
                "LOCKBOX_WEBHOOK_PRIVATE": "yes", "LOCKBOX_MAIL_RETRY": "PT1S", "LOCKBOX_LOG_LEVEL": "debug"}
    with stack_of(request, tmp_path_factory, *PARTS, **settings) as stack:
        yield stack

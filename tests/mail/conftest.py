"""Mail as it leaves: common/mail and common/smtp, seen by receivers that know nothing of them."""

import os
import secrets
import socket
import sys
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from authority import Authority  # noqa: E402
from support.group import pytest_ignore_collect  # noqa: E402, F401
from support.ledger import Ledger  # noqa: E402
from wire import Wire, server_context  # noqa: E402


class Inbox:
    """aiosmtpd's handler: keeps what it takes, and counts connections."""

    def __init__(self):
        self.envelopes = []
        self.connections = 0

    async def handle_DATA(self, _server, _session, envelope):
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


class Receiver(Controller):
    """A real SMTP server on a free loopback port."""

    def __init__(self, **options):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        super().__init__(Inbox(), hostname="127.0.0.1", port=port, data_size_limit=None, **options)

    def factory(self):
        inbox = self.handler

        class Counting(SMTP):
            def connection_made(self, transport):
                if self.session is None:  # and not the second time, after STARTTLS
                    inbox.connections += 1
                super().connection_made(transport)

        return Counting(self.handler, **self.SMTP_kwargs)

    def url(self, host="127.0.0.1", user="", query="?tls=off"):
        return f"smtp://{user}{host}:{self.port}{query}"


@pytest.fixture
def receiver():
    receivers = []

    def make(**options):
        receivers.append(Receiver(**options))
        receivers[-1].start()
        receivers[-1].handler.connections = 0  # the controller has tried it itself
        return receivers[-1]

    yield make
    for one in receivers:
        one.stop()


@pytest.fixture
def wire():
    wires = []

    def make(*arguments, **options):
        wires.append(Wire(*arguments, **options).__enter__())
        return wires[-1]

    yield make
    for one in wires:
        one.__exit__()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def tls(authority):
    """TLS of a server with a certificate for localhost and 127.0.0.1."""
    return server_context(*authority.issue("localhost", "DNS:localhost", "IP:127.0.0.1"))


@pytest.fixture(scope="session")
def one_ledger(tmp_path_factory):
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    yield ledger
    ledger.close()


@pytest.fixture
def ledger(one_ledger):
    """An empty one."""
    one_ledger.empty()
    yield one_ledger
    for notifier in one_ledger.notifiers:
        notifier.kill()
        notifier.wait()
    one_ledger.notifiers.clear()


@pytest.fixture(scope="session")
def sizes():
    """How many mails, and how long they may take."""
    return {"campaign": 400, "campaign_seconds": 120, "campaign_share": 0.5, "kills": 400, "starttls": 1_050}


@pytest.fixture(scope="session")
def seed():
    """The same every day; LOCKBOX_TEST_SEED tries another, and "random" any."""
    given = os.environ.get("LOCKBOX_TEST_SEED", "21")
    return secrets.randbelow(1 << 31) if given == "random" else int(given)

"""Mail as it leaves: common/core/mail, common/io/mime and common/io/smtp, seen by receivers that know nothing of them."""

import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from authority import Authority
from wire import Wire, server_context


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

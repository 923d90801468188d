"""Who is slow, on purpose, at a worker's pages: nobody is restarted for it, and nobody else is kept out."""
import socket
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from support.stack import free_port
from support.waiting import wait_until

SLOW = 24


def status(port: int, page: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=5) as answer:
        return answer.status


@pytest.fixture(scope="module")
def ports(stack):
    """Of the metrics and the probes of a worker that has nothing to do."""
    pages, probes = free_port(), free_port()
    child = stack.spawn("decider", "probed", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{pages}",
                        LOCKBOX_PROBES_LISTEN=f"127.0.0.1:{probes}")

    def answers() -> bool:
        try:
            return status(probes, "/healthz") == 200
        except OSError:
            return False
    try:
        wait_until(answers, "it answers", 60)
        yield pages, probes
    finally:
        child.kill()
        child.wait()


@contextmanager
def slow(port: int, source: str):
    """Connections that begin a request and leave it there."""
    held = [socket.create_connection(("127.0.0.1", port), source_address=(source, 0)) for _ in range(SLOW)]
    try:
        for connection in held:
            try:
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-")
            except OSError:
                pass  # one too many
        yield held
    finally:
        for connection in held:
            connection.close()


def test_probes_answer_while_the_pages_are_full(ports):
    pages, probes = ports
    with slow(pages, "127.0.0.1"):
        for _ in range(5):
            assert status(probes, "/healthz") == 200


def test_one_address_keeps_no_other_out(ports):
    with slow(ports[0], "127.0.0.2"):
        assert status(ports[0], "/metrics") == 200 and status(ports[0], "/healthz") == 200


def test_a_byte_now_and_then_keeps_no_connection(ports):
    """Ten seconds for all of a request: a client that goes on sending is cut off all the same."""
    with socket.create_connection(("127.0.0.1", ports[0])) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nX-")
        connection.settimeout(1)

        def ended() -> bool:
            try:
                connection.sendall(b"a")
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True
        began = time.monotonic()
        wait_until(ended, "the connection is ended", 60)
        assert time.monotonic() - began > 5  # not at once, either


def test_probes_are_all_that_their_listener_has(ports):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        status(ports[1], "/metrics")

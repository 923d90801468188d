"""A bare server and what stands beside it: see run, which makes the network that they meet in."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "docs"), str(TESTS / "operate"), str(TESTS.parent / "tools/dev/stack")]

from beside import Authority, Kafka  # noqa: E402
from server import Server  # noqa: E402
from support.receiver import Receiver  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--server", help="the folder in which tests/operate/run made a bare server")


@pytest.fixture(scope="session")
def place(request) -> Path:
    directory = request.config.getoption("--server")
    if not directory:
        pytest.skip("needs a server of its own: ./dev test operate")
    return Path(directory)


@pytest.fixture(scope="session")
def authority(place) -> Authority:
    return Authority(place / "authority")


@pytest.fixture(scope="session")
def mail(authority):
    with Receiver(tls=authority.context("mail.example"), user="lockbox", password="the mail server's word", port=587) as receiver:
        yield receiver


@pytest.fixture(scope="session")
def kafka(place, authority):
    kafka = Kafka(place / "kafka", Path(os.environ["LOCKBOX_DEV_KAFKA_JARS"]), authority)
    yield kafka
    kafka.stop()


@pytest.fixture(scope="session")
def server(place):
    server = Server(place / "server", place / "console.log")
    try:
        server.boot()
        yield server
    finally:
        print(server.run("journalctl --no-pager -n 60 -u 'lockbox*'").stdout if server.init else "")
        server.stop()


@pytest.fixture(scope="session")
def openssl(authority):
    def run(*arguments) -> str:
        return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, cwd=authority.directory).stdout
    return run

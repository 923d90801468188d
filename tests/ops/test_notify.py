"""What a worker tells systemd, heard on a datagram socket."""
import os
import signal
import socket

import pytest

from support.stack import WORKERS, free_port
from support.waiting import wait_until


class Listener:
    def __init__(self, address: str):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)
        self.heard: list[str] = []

    def lines(self) -> list[str]:
        while True:
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard


@pytest.mark.parametrize("worker", WORKERS)
@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_ready_watchdog_stopping(stack, tmp_path, worker, kind):
    path = str(tmp_path / "notify") if kind == "path" else f"lockbox-test-{os.getpid()}-{worker}"
    listener = Listener(path if kind == "path" else f"\0{path}")
    # Those that consume find no Kafka, and take no partition from the stack's.
    nowhere = {} if worker in ("expirer", "relay") else {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    child = stack.spawn(worker, "notify", LOCKBOX_INSTANCE="", WATCHDOG_USEC="200000", **nowhere,
                        LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{free_port()}", NOTIFY_SOCKET=path if kind == "path" else f"@{path}")
    try:
        if not nowhere:
            wait_until(lambda: "READY=1" in listener.lines(), "it is ready", 60)
        else:
            wait_until(lambda: any(line.startswith("STATUS=waiting") for line in listener.lines()), "it says what it waits for")
            assert "READY=1" not in listener.heard
        wait_until(lambda: listener.lines().count("WATCHDOG=1") >= 3, "the watchdog is fed")
        child.send_signal(signal.SIGTERM)
        assert child.wait(12) == 0
        assert "STOPPING=1" in listener.lines()
    finally:
        child.kill()
        child.wait()


def test_a_worker_that_hangs_starves_the_watchdog(stack, tmp_path):
    listener = Listener(str(tmp_path / "notify"))
    child = stack.spawn("expirer", "notify", WATCHDOG_USEC="200000", NOTIFY_SOCKET=str(tmp_path / "notify"),
                        LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{free_port()}")
    try:
        wait_until(lambda: "WATCHDOG=1" in listener.lines(), "it is fed")
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: not (listener.heard.clear() or listener.lines()), "it says nothing more")
    finally:
        child.kill()
        child.wait()

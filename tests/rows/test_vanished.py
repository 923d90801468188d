"""A worker whose machine is gone: the server ends its session, and what the session holds is free for others."""
import ctypes
import fcntl
import socket
import struct
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from support.waiting import wait_until

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
SO_ATTACH_FILTER, TIOCOUTQ = 26, 0x5411  # asm-generic/socket.h, asm-generic/ioctls.h
LONG = 120  # seconds; where a setting is missing a quarter of an hour is not enough
ABSENT = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")  # each would end the session's work as well


def asked(listener: socket.socket) -> str:
    """The options that the next one to connect asks for, of its startup message."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as reader:
        while True:
            length, what = struct.unpack("!II", reader.read(8))
            said = reader.read(length - 8)
            if what not in (SSL_REQUEST, GSS_REQUEST):
                words = said.split(b"\0")
                return dict(zip(words[0::2], words[1::2], strict=False))[b"options"].decode()
            connection.sendall(b"N")


@pytest.fixture(scope="module")
def options(system) -> str:
    """Those of a worker, of the program itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        parts = urlsplit(system.stack.own_role("decider")["LOCKBOX_DATABASE_URL"])
        url = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{listener.getsockname()[1]}"))
        worker = system.stack.spawn("decider", "asks", LOCKBOX_DATABASE_URL=url)
        try:
            return asked(listener)
        finally:
            worker.kill()
            worker.wait()


@contextmanager
def session(system, options: str):
    """One with a worker's options, but those that bound a statement. This end of it never asks whether the server is there."""
    without = " ".join(f"-c {setting}=0" for setting in ABSENT)
    opened = psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], keepalives=0, options=f"{options} {without}")
    try:
        yield opened
    finally:
        opened.close()


def vanish(connection: psycopg.Connection) -> None:
    """Nothing is said any more, and nothing is heard: the kernel drops what arrives for the socket, before it confirms it."""
    class Instruction(ctypes.Structure):
        _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_uint16), ("filter", ctypes.POINTER(Instruction))]

    with socket.socket(fileno=connection.pgconn.socket) as it:
        wait_until(lambda: struct.unpack("i", fcntl.ioctl(it, TIOCOUTQ, b"\0" * 4)) == (0,), "the server has what was said")
        drop = Instruction(0x06, 0, 0, 0)  # BPF_RET | BPF_K: of each segment, no byte
        it.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(Program(1, ctypes.pointer(drop))))
        it.detach()


def begin(system, opened: psycopg.Connection, statement: str, until: str) -> None:
    opened.pgconn.send_query(statement.encode())
    opened.pgconn.flush()
    wait_until(lambda: system.lockbox.rows(f"SELECT 1 AS one FROM pg_stat_activity WHERE pid = %s AND {until}", opened.info.backend_pid),
               f"{statement}: {until}")


def is_there(system, pid: int) -> bool:
    return bool(system.lockbox.rows("SELECT 1 AS one FROM pg_stat_activity WHERE pid = %s", pid))


def test_a_session_of_a_client_that_is_gone_is_ended(system, options):
    """Killed while its statement waits for a lock; gone without a word, likewise; and gone when it is answered."""
    waits = "wait_event_type = 'Lock'"
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as holder, psycopg.connect(
            system.stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as other, session(system, options) as killed, session(
            system, options) as gone, session(system, options) as answered:
        pids = {"killed": killed.info.backend_pid, "gone": gone.info.backend_pid, "answered": answered.info.backend_pid}
        holder.execute("SELECT pg_advisory_xact_lock(1501)")
        other.execute("SELECT pg_advisory_lock(1502)")
        begin(system, killed, "SELECT pg_advisory_lock(1501)", waits)
        begin(system, gone, "SELECT pg_advisory_lock(1501)", waits)
        begin(system, answered, "SELECT pg_advisory_lock(1502)", waits)
        for connection in (gone, answered):
            vanish(connection)
        killed.close()
        other.execute("SELECT pg_advisory_unlock(1502)")  # whose answer nobody confirms
        for how, pid in pids.items():
            wait_until(lambda: not is_there(system, pid), f"the session of the client that was {how} has ended", LONG, 0.2)  # noqa: B023
        holder.execute("SELECT 1")  # it still holds what two of them waited for

"""A row that somebody else's transaction holds, such as that of an operator's open psql, holds up its own key, and nobody else."""
import signal
import uuid
from contextlib import contextmanager

import psycopg

from support.outbox import write_events
from support.scenario import Tenant
from support.waiting import wait_until

LONG = 90
UNMARKED = "SELECT 1 FROM lockbox.outbox WHERE aggregateid = ANY (%s) AND published_at IS NULL"


@contextmanager
def held(system, condition: str, *parameters):
    """An operator's transaction holds rows, which the relay has not seen yet when it begins."""
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as operator:
        assert operator.execute(f"SELECT 1 FROM lockbox.{condition} FOR UPDATE", parameters).fetchall()
        system.stack.signal("relay", signal.SIGCONT)
        yield
        operator.rollback()


def new_key() -> str:
    return f"tenant-{uuid.uuid4()}"


def told(system, key: str) -> list:
    return system.events.where(lambda record: record.key == key.encode())


def await_told(system, key: str, times: int = 1) -> None:
    wait_until(lambda: len(told(system, key)) >= times, f"Kafka has {times} of {key}")


def test_an_event_that_a_stranger_holds(system, stack):
    key, others = new_key(), [new_key() for _ in range(3)]
    stack.signal("relay", signal.SIGSTOP)
    try:
        write_events(system, [key])
        with held(system, "outbox WHERE aggregateid = %s", key):
            await_told(system, key)
            for other in others:
                write_events(system, [other, key])
                await_told(system, other)
                wait_until(lambda: not system.lockbox.rows(UNMARKED, [other]), "it is marked meanwhile")  # noqa: B023
            wait_until(lambda: "another transaction holds a row" in stack.status()["relay"]["reason"], "the relay says so", LONG)
        wait_until(lambda: not system.lockbox.rows(UNMARKED, [key]), "the key's events are marked", LONG)
        stack.await_ready("relay")
    finally:
        stack.signal("relay", signal.SIGCONT)
    assert [len(told(system, it)) for it in (key, *others)] == [4, 1, 1, 1]


def test_a_dead_letter_that_a_stranger_holds(system, stack):
    tickets = [Tenant(system).ticket() for _ in range(2)]
    rows = "quarantine WHERE key = %s"

    def reject(ticket) -> bytes:
        ticket.publish("access.requested", **ticket.wish(engineer_id=7))
        key = ticket.id.encode()
        wait_until(lambda: system.lockbox.rows(f"SELECT 1 FROM lockbox.{rows}", key), "it is in quarantine")
        return key

    def is_marked(key: bytes) -> bool:
        return bool(system.lockbox.rows(f"SELECT 1 FROM lockbox.{rows} AND published_at IS NOT NULL", key))
    stack.signal("relay", signal.SIGSTOP)
    try:
        key = reject(tickets[0])
        with held(system, rows, key):
            other = reject(tickets[1])
            for it in (key, other):
                system.deadletters.wait_for(lambda record: record.key == it, "its dead letter")  # noqa: B023
            wait_until(lambda: is_marked(other), "the other one is marked meanwhile")
            assert not is_marked(key)
        wait_until(lambda: is_marked(key), "it is marked", LONG)
        stack.await_ready("relay")
    finally:
        stack.signal("relay", signal.SIGCONT)
    assert all(len(system.deadletters.where(lambda record: record.key == it)) == 1 for it in (key, other))  # noqa: B023

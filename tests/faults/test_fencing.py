"""Who lost its partitions commits nothing, whatever it still has in hand: the epoch in the database says so."""
import signal
from collections import Counter
from contextlib import contextmanager

import pytest

from support.events import event_in, outgoing
from support.scenario import Tenant
from support.traffic import complaints_about
from support.waiting import wait_until


def offsets(system) -> dict:
    rows = system.lockbox.rows('SELECT topic, "partition", epoch, next_offset, owner FROM lockbox.consumer_offset'
                             " WHERE consumer = 'lockbox.requester'")
    return {(row.topic, row.partition): row for row in rows}


def owners(system) -> set[int]:
    return {int(row.owner.rpartition(":")[2]) for row in offsets(system).values()}


def ask(system, tickets) -> list[str]:
    """One wish of each ticket, in one go; the ids of the events."""
    events = [event_in("access.requested", ticket.wish()) for ticket in tickets]
    system.publisher.send(*map(outgoing, events))
    return [event.get_id() for event in events]


def await_answers(system, asked: list[str], seconds: float = 60) -> None:
    for wish in asked:
        system.caused_by(wish, "request.", seconds)


def assert_answered_once(system, asked: list[str]) -> None:
    answers = Counter(record.cause for record in system.events.where(lambda record: record.kind == "request.created"))
    assert Counter(asked) == {wish: answers[wish] for wish in asked}


@pytest.fixture(scope="module")
def tickets(system):
    """Enough for every partition."""
    tenant = Tenant(system)
    tickets = [tenant.ticket() for _ in range(100)]
    await_answers(system, ask(system, tickets))
    assert len({record.partition for record in system.publisher.send(*[
        outgoing(event_in("ticket.reopened", {"ticket_id": ticket.id})) for ticket in tickets])}) == 8
    return tickets


def test_a_newer_epoch_in_the_database_stops_the_batch(system, tickets):
    fenced = system.stack.metrics("requester")["lockbox_fenced_total"]
    system.lockbox.rows("UPDATE lockbox.consumer_offset SET epoch = epoch + 1 WHERE consumer = 'lockbox.requester'")
    before = offsets(system)
    asked = ask(system, tickets)
    await_answers(system, asked)
    assert system.stack.metrics("requester")["lockbox_fenced_total"] > fenced
    assert all(row.epoch > before[place].epoch for place, row in offsets(system).items())
    assert_answered_once(system, asked)


@contextmanager
def no_commit_possible(system):
    """The requester's fence is turned away as if the disk were full, so that it holds its records and tries again."""
    system.lockbox.rows("""CREATE FUNCTION pg_temp_turn_away() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$""")
    system.lockbox.rows("""CREATE TRIGGER turn_away BEFORE UPDATE ON lockbox.consumer_offset FOR EACH ROW
        WHEN (new.consumer = 'lockbox.requester' AND new.epoch = old.epoch) EXECUTE FUNCTION pg_temp_turn_away()""")
    try:
        yield
    finally:
        system.lockbox.rows("DROP TRIGGER turn_away ON lockbox.consumer_offset")
        system.lockbox.rows("DROP FUNCTION pg_temp_turn_away")


def test_a_stopped_requester_that_wakes_with_records_in_hand_commits_nothing(system, tickets):
    retries = system.stack.metrics("requester")["lockbox_retries_total"]
    with no_commit_possible(system):
        asked = ask(system, tickets)
        wait_until(lambda: system.stack.metrics("requester")["lockbox_retries_total"] >= retries + 5, "it tries in vain")
        stopped = system.stack.signal("requester", signal.SIGSTOP)
    before = offsets(system)
    second = system.stack.spawn("requester", "2", LOCKBOX_INSTANCE="")
    try:
        await_answers(system, asked)
        wait_until(lambda: owners(system) == {second.pid}, "all partitions moved on")
        moved = offsets(system)
        assert all(moved[place].epoch > before[place].epoch for place in before)
        system.stack.signal("requester", signal.SIGCONT)
        wait_until(lambda: owners(system) == {second.pid, stopped}, "it has partitions again", 60)
        assert_answered_once(system, asked)
        more = ask(system, tickets)
        await_answers(system, more)
    finally:
        system.stack.signal("requester", signal.SIGCONT)
        second.send_signal(signal.SIGTERM)
        assert second.wait(10) == 0
    wait_until(lambda: owners(system) == {stopped}, "it has all of them again", 60)
    assert_answered_once(system, asked + more)
    assert complaints_about(system, []) == []

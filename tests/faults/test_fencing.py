"""Who lost its partitions commits nothing, whatever it still has in hand: the epoch in the database says so."""
import signal
from collections import Counter
from contextlib import contextmanager

import pytest

from support.events import event_in, outgoing
from support.scenario import Tenant
from support.traffic import complaints_about
from support.waiting import wait_until


def offsets(road) -> dict:
    rows = road.lockbox.rows('SELECT topic, "partition", epoch, next_offset, owner FROM lockbox.consumer_offset'
                             " WHERE consumer = 'lockbox.requester'")
    return {(row.topic, row.partition): row for row in rows}


def owners(road) -> set[int]:
    return {int(row.owner.rpartition(":")[2]) for row in offsets(road).values()}


def ask(road, tickets) -> list[str]:
    """One wish of each ticket, in one go; the ids of the events."""
    events = [event_in("access.requested", ticket.wish()) for ticket in tickets]
    road.publisher.send(*map(outgoing, events))
    return [event.get_id() for event in events]


def await_answers(road, asked: list[str], seconds: float = 60) -> None:
    for wish in asked:
        road.caused_by(wish, "request.", seconds)


def assert_answered_once(road, asked: list[str]) -> None:
    answers = Counter(record.cause for record in road.events.where(lambda record: record.kind == "request.created"))
    assert Counter(asked) == {wish: answers[wish] for wish in asked}


@pytest.fixture(scope="module")
def tickets(road):
    """Enough for every partition."""
    tenant = Tenant(road)
    tickets = [tenant.ticket() for _ in range(40)]
    await_answers(road, ask(road, tickets))
    assert len({record.partition for record in road.publisher.send(*[
        outgoing(event_in("ticket.reopened", {"ticket_id": ticket.id})) for ticket in tickets])}) == 8
    return tickets


def test_a_newer_epoch_in_the_database_stops_the_batch(road, tickets):
    fenced = road.stack.metrics("requester")["lockbox_fenced_total"]
    road.lockbox.rows("UPDATE lockbox.consumer_offset SET epoch = epoch + 1 WHERE consumer = 'lockbox.requester'")
    before = offsets(road)
    asked = ask(road, tickets)
    await_answers(road, asked)
    assert road.stack.metrics("requester")["lockbox_fenced_total"] > fenced
    assert all(row.epoch > before[place].epoch for place, row in offsets(road).items())
    assert_answered_once(road, asked)


@contextmanager
def no_commit_possible(road):
    """The requester's fence is turned away as if the disk were full, so that it holds its records and tries again."""
    road.lockbox.rows("""CREATE FUNCTION pg_temp_turn_away() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$""")
    road.lockbox.rows("""CREATE TRIGGER turn_away BEFORE UPDATE ON lockbox.consumer_offset FOR EACH ROW
        WHEN (new.consumer = 'lockbox.requester' AND new.epoch = old.epoch) EXECUTE FUNCTION pg_temp_turn_away()""")
    try:
        yield
    finally:
        road.lockbox.rows("DROP TRIGGER turn_away ON lockbox.consumer_offset")
        road.lockbox.rows("DROP FUNCTION pg_temp_turn_away")


def test_a_stopped_requester_that_wakes_with_records_in_hand_commits_nothing(road, tickets):
    retries = road.stack.metrics("requester")["lockbox_retries_total"]
    with no_commit_possible(road):
        asked = ask(road, tickets)
        wait_until(lambda: road.stack.metrics("requester")["lockbox_retries_total"] >= retries + 5, "it tries in vain")
        stopped = road.stack.signal("requester", signal.SIGSTOP)
    before = offsets(road)
    second = road.stack.spawn("requester", "2", LOCKBOX_INSTANCE="")
    try:
        await_answers(road, asked)
        wait_until(lambda: owners(road) == {second.pid}, "all partitions moved on")
        moved = offsets(road)
        assert all(moved[place].epoch > before[place].epoch for place in before)
        road.stack.signal("requester", signal.SIGCONT)
        wait_until(lambda: owners(road) == {second.pid, stopped}, "it has partitions again", 60)
        assert_answered_once(road, asked)
        more = ask(road, tickets)
        await_answers(road, more)
    finally:
        road.stack.signal("requester", signal.SIGCONT)
        second.send_signal(signal.SIGTERM)
        assert second.wait(10) == 0
    wait_until(lambda: owners(road) == {stopped}, "it has all of them again", 60)
    assert_answered_once(road, asked + more)
    assert complaints_about(road, []) == []

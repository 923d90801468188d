"""Inputs that wait for a stopped worker, while others go on: what counts is what came out, not the order of Kafka's times. On a
machine so slow that a deadline passes first, these say less, and nothing wrong."""
import signal
from contextlib import contextmanager

import pytest

from drive import Run
from generate import steps
from reference import World
from support.broker import Record
from support.waiting import wait_until
from test_model import SETTINGS
from test_race import Racers


@contextmanager
def stopped(stack, worker: str):
    stack.signal(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        stack.signal(worker, signal.SIGCONT)


@pytest.fixture
def run(stack, seed):
    run = Run(stack, World(SETTINGS), f"w{seed}")
    yield run
    run.close()


@pytest.fixture
def racers(run, seed):
    racers = Racers(seed, run.prefix)
    for drafts in steps(racers.found(f"{racers.tenant}0"), 100):
        run.step(drafts)
    return racers


def asked(run: Run, racers: Racers) -> tuple[str, int]:
    """A ticket, and the draft of the request under it that waits."""
    ticket = f"{racers.tenant}-0"
    number = racers.requests([ticket], "access.requested")[ticket]
    run.step(racers.drafts)
    return ticket, number


def test_time_ends_what_a_closing_waited_for(stack, run, racers):
    ticket, number = asked(run, racers)

    def send(records: list) -> list[Record]:
        with stopped(stack, "requester"):
            sent = run.publisher.send(*records)
            wait_until(lambda: run.database.value("SELECT state FROM lockbox.request WHERE request_id = %s",
                                                  run.ids[number]) == "expired", "time ends the request", 60)
        return sent

    run.step(racers.then_asked(racers.close(ticket, number)), send)
    run.finish()
    assert not run.broken, run.report()
    assert run.told[run.ids[number]][-1].state == "expired"


@pytest.mark.parametrize("more", [[], ["approve"]])
def test_a_revoke_meets_a_request_whose_closing_waits(stack, run, racers, more):
    """Decisions that are sent together have one Kafka time: the closing, handled last, has it, too."""
    ticket, number = asked(run, racers)

    def send(records: list) -> list[Record]:
        with stopped(stack, "requester"):
            sent = run.publisher.send(records[0]) + run.publisher.send(*records[1:])
            topic, partition, offset = sent[-1].place
            wait_until(lambda: run.database.value('SELECT max(next_offset) FROM lockbox.consumer_offset WHERE topic = %s'
                                                  ' AND "partition" = %s', topic, partition) > offset, "the decisions are judged", 60)
        return sent

    run.step([racers.close(ticket, number), *(racers.decision(number, it, 0) for it in ("revoke", *more))], send, is_race=True)
    run.finish()
    assert not run.broken, run.report()
    verdicts = {(decision, verdict) for _, decision, verdict in run.verdicts}
    assert verdicts & {("revoke", "conflict"), ("revoke", "late")} and len(verdicts) == 1 + len(more)

"""Debezium's outbox event router in the relay's place: the same records, in the same partitions and the same order."""
import os
import signal
import subprocess

from conftest import DEPLOY, psql
from support.broker import STRUCTURED, complaints
from support.debian import POSTGRES
from support.scenario import LOGS
from support.waiting import wait_until

HARD_TO_CARRY = "Zürich 日本 🔑 \"quoted\" \\ back\\slash \t tab\n{\"json\": null} ' '' $$ " + "é" * 900


def outbox(system, *where_and_parameters):
    where, *parameters = where_and_parameters or ["true"]
    return system.lockbox.rows(f"SELECT * FROM lockbox.outbox WHERE {where} ORDER BY seq", *parameters)


def records_of(system, rows) -> list:
    """The records of these rows as they stand in Kafka, once all are there."""
    wanted = {row.payload.encode() for row in rows}
    system.events.wait_until(lambda records: wanted <= {record.value for record in records}, "all rows of the outbox")
    return system.events.where(lambda record: record.value in wanted)


def test_what_the_relay_left_is_published_and_nothing_else(connect, system, published):
    created = system.caused_by(connect.left_wish, "request.created")
    assert created.request["ticket_id"] == connect.left.id
    assert created.headers == (("content-type", STRUCTURED),)
    marked = [row.payload.encode() for row in outbox(system, "published_at IS NOT NULL")]
    assert marked  # the relay's, before
    assert [len(system.events.where(lambda record: record.value == value)) for value in marked] == [1] * len(marked)


def test_a_request_s_whole_life(connect, system, published):
    """Every step waits for an event that only Debezium can have published."""
    request = published.ticket(title="Zürich 🔑").request(justification=HARD_TO_CARRY, duration="PT1H")
    assert request.first.request["justification"] == HARD_TO_CARRY
    request.approve(comment=HARD_TO_CARRY[:500])
    assert request.check(LOGS).allowed
    assert request.decide("revoke") == "applied"
    request.event("revoked")
    system.mailbox.wait_for(request.id, {published.owner.email}, "Revoked")
    events = request.events
    assert [record.event["sequence"] for record in events] == [f"{version:020}" for version in (1, 2, 3)]
    assert len({record.partition for record in events}) == 1
    assert [record.offset for record in events] == sorted(record.offset for record in events)


def test_many_requests_in_order(connect, system, published):
    tickets = [published.ticket() for _ in range(20)]
    wishes = [ticket.publish("access.requested", **ticket.wish()) for ticket in tickets]
    requests = [system.caused_by(wish, "request.created").request["request_id"] for wish in wishes]
    for decision in ("approve", "revoke"):
        for request_id in requests:
            system.publish("decision.submitted", {"request_id": request_id, "decision": decision, "by": published.owner.principal})
    wait_until(lambda: len(outbox(system, "type = 'lockbox.request.revoked.v1' AND aggregateid = ANY (%s)", requests))
               == len(requests), "all are revoked")
    rows = outbox(system, "aggregateid = ANY (%s)", requests)
    records = records_of(system, rows)
    assert len(records) == len(rows)
    for request_id in requests:
        told = [record.value.decode() for record in records if record.key == request_id.encode()]
        assert told == [row.payload for row in rows if row.aggregateid == request_id]


def test_rows_are_marked_once_kafka_has_them(connect, system, stack):
    rows = outbox(system, "published_at IS NULL")
    records_of(system, rows)
    assert rows
    psql(stack, "-f", str(DEPLOY / "mark.sql"))
    assert outbox(system, "seq = ANY (%s) AND published_at IS NULL", [row.seq for row in rows]) == []


def test_rows_are_not_marked_before(connect, system, stack, published):
    """The worker stands still, as one whose Kafka is away: the marker waits for it, and marks when it goes on."""
    os.kill(connect.process.pid, signal.SIGSTOP)
    try:
        ticket = published.ticket()
        wish = ticket.publish("access.requested", **ticket.wish())
        [row] = wait_until(lambda: outbox(system, "payload::json ->> 'causationid' = %s", wish), "it is in the outbox")
        marking = subprocess.Popen([POSTGRES / "psql", stack.env["LOCKBOX_SUPERUSER_URL"], "-qX",
                                    "-f", DEPLOY / "mark.sql"])
        wait_until(lambda: system.lockbox.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), "it waits")
        assert marking.poll() is None and outbox(system, "seq = %s", row.seq)[0].published_at is None
    finally:
        os.kill(connect.process.pid, signal.SIGCONT)
    assert marking.wait(60) == 0
    assert outbox(system, "seq = %s", row.seq)[0].published_at is not None
    assert system.caused_by(wish, "request.created")


def test_a_killed_worker_loses_nothing(connect, system, published):
    connect.kill()
    wishes = [ticket.publish("access.requested", **ticket.wish()) for ticket in [published.ticket() for _ in range(5)]]
    wait_until(lambda: len(outbox(system, "payload::json ->> 'causationid' = ANY (%s)", wishes)) == 5, "all are in the outbox")
    connect.start()
    for wish in wishes:
        assert system.caused_by(wish, "request.created").request["state"] == "customer_notified"


def test_the_relay_goes_on_with_dead_letters(connect, system, stack, published):
    stack.settings["LOCKBOX_RELAY_FROM"] = "quarantine"
    stack.up("relay")
    ticket = published.ticket()
    ticket.publish("access.requested", **ticket.wish(actions=[]))
    letter = system.deadletters.wait_for(lambda record: record.key == ticket.id.encode(), "the dead letter")
    assert dict(letter.headers)["__connect.errors.exception.message"] == b"/data/actions: empty"
    wish = ticket.publish("access.requested", **ticket.wish())
    created = system.caused_by(wish, "request.created")
    [row] = outbox(system, "payload::json ->> 'causationid' = %s", wish)
    assert row.published_at is None  # it was not the relay
    assert system.events.where(lambda record: record.value == created.value) == [created]


def test_the_relay_says_the_same(connect, system, stack):
    """Last: the relay comes back and publishes again what is not marked. Its records are Debezium's, in the same partitions."""
    psql(stack, "-c", "UPDATE lockbox.outbox SET published_at = NULL")
    rows = outbox(system)
    before = records_of(system, rows)
    assert len({record.value for record in before}) == len(rows) > 100
    connect.kill()
    del stack.settings["LOCKBOX_RELAY_FROM"]
    stack.up("relay")
    wait_until(lambda: outbox(system, "published_at IS NULL") == [], "the relay published all again")
    values = {row.payload.encode() for row in rows}
    theirs = {record.value: record for record in before}
    places = {record.place for record in before}

    def again(records) -> list:
        found = [record for record in records if record.value in values and record.place not in places]
        return found if {record.value for record in found} == values else []

    for record in system.events.wait_until(again, "every row once more"):
        same = theirs[record.value]
        assert (record.topic, record.partition, record.key, record.headers) == \
            (same.topic, same.partition, same.key, same.headers)
    assert [complaint for record in before for complaint in complaints(record)] == []

"""What holds up one key, and nobody else: an event that Kafka refuses for good, until an operator drops it, and a key that has
many rows."""
import hashlib
import json
import uuid
from contextlib import contextmanager

from support.broker import set_topic
from support.outbox import write_events
from support.scenario import Tenant
from support.waiting import wait_until

REFUSED = "SELECT seq, refused_at FROM lockbox.outbox WHERE aggregateid = %s AND refused_at IS NOT NULL"
TOO_LARGE = 3 << 20  # the relay's client takes 2 MiB


def test_a_refused_event_waits_for_an_operator(system, stack):
    tenant = Tenant(system)
    stuck, other = tenant.request(), tenant.request()
    write_events(system, [stuck.id], "x" * TOO_LARGE)
    stuck.submit("approve")
    [row] = wait_until(lambda: system.lockbox.rows(REFUSED, stuck.id), "it is refused for good")
    other.approve()
    other.event("approved")
    wait_until(lambda: "outbox list" in (stack.status()["relay"]["reason"]), "the relay is not ready, and says why")
    wait_until(lambda: stack.metrics("relay")["lockbox_outbox_refused"] == 1, "it is counted")
    waiting = "SELECT 1 FROM lockbox.outbox WHERE aggregateid = %s AND published_at IS NULL AND refused_at IS NULL"
    wait_until(lambda: system.lockbox.rows(waiting, stuck.id), "the approval waits behind it")
    assert not system.events.where(lambda record: record.kind == "request.approved" and record.request["request_id"] == stuck.id)

    [listed] = json.loads(stack.tool("outbox", "list", "-o", "json"))
    assert (int(listed["id"]), listed["key"], listed["type"]) == (row.seq, stuck.id, "lockbox.tenant.changed.v1")
    by = ("--by", "2c1f,jonas@lockbox.example", "--reason", "larger than the topic takes")
    assert stack.tool("outbox", "drop", str(row.seq), *by) == f"{row.seq} dropped\n"
    stuck.event("approved")
    stack.await_ready("relay")
    kept = system.lockbox.rows("SELECT operator_id, login, reason, length(payload) AS bytes FROM lockbox.outbox_dropped WHERE seq = %s",
                               row.seq)
    assert [tuple(row)[:3] for row in kept] == [("2c1f", "postgres", "larger than the topic takes")] and kept[0].bytes > TOO_LARGE


def refused(system, subject: str):
    """What is told of a row that Kafka refuses, once the audit store has it, too."""
    told = system.events.wait_for(lambda record: record.kind == "operator.row_refused" and record.event["subject"] == subject,
                                  f"it is told that {subject} is refused")
    wait_until(lambda: system.audit.rows("SELECT 1 FROM audit.activity_log WHERE event_data_id = %s", told.event["id"]), "it is audited")
    cause = (("outbox", told.data["row"], told.data["event_id"]) if "event_id" in told.data else system.lockbox.row(
        'SELECT consumer, topic, "partition", "offset", quarantine_id FROM lockbox.quarantine WHERE quarantine_id = %s', told.data["row"]))
    at_ms = uuid.UUID(told.data["event_id"]).int >> 80 if "event_id" in told.data else uuid.UUID(told.event["id"]).int >> 80
    assert told.event["id"] == str(caused_id(at_ms, "row_refused", told.data["topic"], *cause))
    return told.data


def caused_id(at_ms: int, *cause) -> uuid.UUID:
    """A UUIDv7 of a moment and the hash of a cause, as the page on ids says."""
    hash_ = int.from_bytes(hashlib.sha256(json.dumps(cause).encode()).digest()[:10], "big")
    return uuid.UUID(int=at_ms << 80 | 7 << 76 | (hash_ >> 64 & 0xfff) << 64 | 2 << 62 | hash_ & (1 << 62) - 1)


@contextmanager
def at_most(system, size: int, name: str = "lockbox.events.v1"):
    """The topic takes records of that many bytes."""
    set_topic(system.bootstrap, name, max_message_bytes=str(size))
    try:
        yield
    finally:
        set_topic(system.bootstrap, name, max_message_bytes=None)


def test_what_the_broker_refuses_among_others_delays_none_of_them(system, stack):
    """It is the broker that refuses, and a whole batch for one row: each innocent row arrives all the same."""
    tenant = Tenant(system)
    requests = [tenant.request() for _ in range(4)]
    keys = [f"tenant-{uuid.uuid4()}" for _ in range(3)]
    with at_most(system, 100_000):
        write_events(system, keys, "x" * 150_000)
        for request in requests:
            request.submit("approve")
        for request in requests:
            request.event("approved")
        wait_until(lambda: all(system.lockbox.rows(REFUSED, key) for key in keys), "each is refused for good")
        listed = {row["key"]: row for row in json.loads(stack.tool("outbox", "list", "-o", "json"))}
        assert {listed[key]["error"] for key in keys} == {"MSG_SIZE_TOO_LARGE"}
        for key in keys:
            data = refused(system, f"outbox {listed[key]['id']}")
            assert (data["topic"], data["error"], data["event_subject"]) == ("lockbox.events.v1", "MSG_SIZE_TOO_LARGE", key)
    for key in keys:
        stack.tool("outbox", "drop", str(listed[key]["id"]), "--by", "2c1f,jonas@lockbox.example", "--reason", "a test's")
    stack.await_ready("relay")


def test_a_dead_letter_that_the_broker_refuses_is_told_and_goes_out_later(system, stack):
    ticket = Tenant(system).ticket()
    with at_most(system, 20_000, "lockbox.deadletter.v1"):
        ticket.publish("access.requested", **ticket.wish(actions=[], justification="x" * 1_000, filler="y" * 60_000))
        [row] = wait_until(lambda: system.lockbox.rows(
            "SELECT quarantine_id FROM lockbox.quarantine WHERE key = %s AND refused_at IS NOT NULL", ticket.id.encode()), "it is refused")
        data = refused(system, f"quarantine {row.quarantine_id}")
        assert (data["topic"], data["row"], data.get("event_id")) == ("lockbox.deadletter.v1", row.quarantine_id, None)
        wait_until(lambda: "outbox list" in stack.status()["relay"]["reason"], "the relay is not ready, and says why")
    # Its next attempt is minutes away.
    system.lockbox.rows("UPDATE lockbox.quarantine SET next_attempt_at = now() WHERE quarantine_id = %s", row.quarantine_id)
    system.deadletters.wait_for(lambda record: record.key == ticket.id.encode(), "the dead letter")
    stack.await_ready("relay")


def test_a_hot_key_starves_nobody(system):
    """Thousands of rows of one key, and behind them one of another, all written at once: that one does not wait for the end of the
    others, which arrive in order."""
    hot, other, rows = f"tenant-{uuid.uuid4()}", f"tenant-{uuid.uuid4()}", 6000
    write_events(system, [*[hot] * rows, other])
    told = system.events.wait_until(
        lambda records: (mine := [record for record in records if record.key in (hot.encode(), other.encode())])
        and len(mine) > rows and mine, "all have arrived", 60)
    numbers = [int(record.data["name"]) for record in told if record.key == hot.encode()]
    assert list(dict.fromkeys(numbers)) == list(range(1, rows + 1))
    at = {record.key: record.timestamp_ms for record in told}  # of each key's last
    assert at[other.encode()] < at[hot.encode()]

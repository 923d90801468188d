"""Models are a function of the set of records: no order, no size of batch, no second reading makes other rows."""
import json
import urllib.request

import pytest
from confluent_kafka.admin import AdminClient
from scratch import MODELS, contents, ctl

from support.audit import await_auditor, ends_of_kafka
from support.stack import free_port
from support.waiting import wait_until

EDITS = {  # what a superuser might do to each
    "request_state": "UPDATE audit.request_state SET state = 'denied' WHERE request_id = (SELECT min(request_id) FROM audit.request_state)",
    "request_version": "DELETE FROM audit.request_version WHERE version = 1",
    "grant_item": "UPDATE audit.grant_item SET access_until = access_until + interval '1 microsecond'",
    "decision": "UPDATE audit.decision SET by_id = 'eve' WHERE event_id = (SELECT min(event_id) FROM audit.decision)",
    "notification": "INSERT INTO audit.notification SELECT 'one-more', request_id, version, tenant_id, kind, recipient, outcome, attempts,"
                    ' smtp_reply, message_id, at, event_id, topic, "partition", "offset" FROM audit.notification LIMIT 1',
    "access": "UPDATE audit.access SET covered_by = 'R' WHERE covered_by IS NULL",
    "subscription_owner": "UPDATE audit.subscription_owner SET tenant_id = 'mine'",
    "activity": "DELETE FROM audit.activity WHERE event_id = (SELECT max(event_id) FROM audit.activity)",
    "unreadable": "DELETE FROM audit.unreadable",
}


@pytest.fixture(scope="module")
def settled(system, lives):
    """What the auditor made of it, batch by batch as it came."""
    await_auditor(system)
    return contents(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])


@pytest.mark.parametrize("seed, chunk", [("a", 3), ("b", 20), ("c", 150), ("d", 100_000)])
def test_no_order_of_records_makes_other_models(settled, scratch, seed, chunk):
    scratch.take_events()
    scratch.project(seed, chunk)
    made = contents(scratch.superuser_url)
    for model in MODELS:
        assert made[model] == settled[model], model


def test_records_read_again_change_nothing(settled, scratch):
    scratch.take_events()
    for seed in ("a", "b"):
        scratch.project(seed, 50)
    assert contents(scratch.superuser_url) == settled


def test_a_second_auditor_makes_the_same_of_kafka(system, settled, scratch):
    """Another group, an empty audit database, from offset 0."""
    second = system.stack.spawn("auditor", "second", LOCKBOX_GROUP_PREFIX=f"{scratch.name}.",
                              LOCKBOX_AUDIT_DATABASE_URL=scratch.writer_url)
    try:
        ends = {place: high for place, (_, high) in ends_of_kafka(system).items()}

        def caught_up() -> bool:
            rows = scratch.database.rows('SELECT topic, "partition", base + size AS behind FROM audit.log')
            there = {(row.topic, row.partition): row.behind for row in rows}
            return all(there.get(place, 0) >= high for place, high in ends.items())
        wait_until(caught_up, "the second store has every record", 60)
    finally:
        second.terminate()
        assert second.wait(30) == 0
    made = contents(scratch.superuser_url)
    for model in MODELS:
        assert made[model] == settled[model], model


def test_an_auditor_of_two_lanes_is_one_member_of_its_group(system, scratch):
    """A second member would be told of by the first one's next heartbeat: here in ten minutes."""
    prefix, port = f"{scratch.name}.lanes.", free_port()
    patient = {"SESSION_TIMEOUT_MS": "1800000", "MAX_POLL_INTERVAL_MS": "1800000", "HEARTBEAT_INTERVAL_MS": "600000"}
    child = system.stack.spawn("auditor", "lanes", LOCKBOX_GROUP_PREFIX=prefix, LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                               LOCKBOX_AUDIT_DATABASE_URL=scratch.writer_url,
                               **{f"LOCKBOX_KAFKA_{name}": value for name, value in patient.items()})

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False
    try:
        wait_until(is_ready, "both lanes have partitions", 60)
        group = f"{prefix}auditor"
        admin = AdminClient({"bootstrap.servers": system.bootstrap})
        assert len(admin.describe_consumer_groups([group])[group].result().members) == 1
    finally:
        child.terminate()
        assert child.wait(30) == 0


def test_rebuild_makes_the_same_bytes(settled, scratch):
    scratch.take_events()
    assert contents(scratch.superuser_url)["request_state"] == []
    check = scratch.rebuild("--check", url=scratch.auditor_url)
    assert check.returncode == 1 and "audit.request_state: " in check.stderr and "not in the store" in check.stderr
    done = scratch.rebuild()
    assert done.returncode == 0, done.stderr
    assert contents(scratch.superuser_url) == settled
    for url in (scratch.auditor_url, scratch.writer_url):
        assert scratch.rebuild("--check", url=url).returncode == 0


def test_a_check_finds_each_edit_and_a_rebuild_mends_it(settled, scratch):
    scratch.take_events()
    assert scratch.rebuild().returncode == 0
    assert sorted(EDITS) == sorted(MODELS)
    for model, edit in EDITS.items():
        scratch.database.rows(edit)
        check = scratch.rebuild("--check", url=scratch.auditor_url)
        found = [line for line in check.stderr.splitlines() if line.startswith("lockboxctl: audit.")]
        assert check.returncode == 1 and len(found) == 1 and f"audit.{model}: " in found[0], (model, check.stderr)
        mended = scratch.rebuild()
        assert mended.returncode == 0 and f"audit.{model}: " in mended.stdout, mended.stderr
        assert contents(scratch.superuser_url) == settled, model


def test_a_check_finds_an_edited_record(settled, scratch):
    """Triggers off, as only a superuser can."""
    scratch.take_events()
    assert scratch.rebuild().returncode == 0
    [month] = scratch.database.rows("SELECT tableoid::regclass::text AS name FROM audit.event LIMIT 1")
    scratch.database.rows(f"ALTER TABLE {month.name} DISABLE TRIGGER ALL")
    scratch.database.rows(f"UPDATE {month.name} SET raw = convert_to(replace(convert_from(raw, 'UTF8'), '\"approve\"', '\"deny\"'), 'UTF8')"
                          " WHERE type = 'lockbox.decision.judged.v1'")
    check = scratch.rebuild("--check", url=scratch.auditor_url)
    assert check.returncode == 1 and "audit.decision: " in check.stderr and "differs in decision" in check.stderr


def test_only_the_owner_rebuilds(scratch):
    scratch.take_events()
    for url in (scratch.auditor_url, scratch.writer_url):
        done = scratch.rebuild(url=url)
        assert done.returncode == 1 and contents(scratch.superuser_url)["request_state"] == []


TICKET = "2611230040001234"
REQUEST = "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"
# What was recorded in one second: topic, type, id, what caused it, milliseconds. The grant was decided before the ticket was closed, and
# published after it.
STORY = [
    ("tickets.v1", "ticket.opened", "opened", None, 0), ("tickets.v1", "access.requested", "wish", None, 10),
    ("events.v1", "request.created", "created", "wish", 40), ("events.v1", "notification.sent", "mail", "created", 300),
    ("decisions.v1", "decision.submitted", "yes", None, 100), ("tickets.v1", "ticket.closed", "closed", None, 120),
    ("events.v1", "decision.judged", "judged", "yes", 200), ("events.v1", "request.approved", "approved", "yes", 200),
    ("events.v1", "request.revoked", "revoked", "closed", 200), ("decisions.v1", "decision.submitted", "no", None, 210),
    ("decisions.v1", "decision.submitted", "unread", None, 220), ("events.v1", "decision.judged", "late", "no", 250),
]
TOLD = ["wish", "created", "yes", "judged", "approved", "closed", "revoked", "unread", "no", "late", "mail"]


def test_a_timeline_tells_causes_before_what_they_caused(stack, scratch):
    prefix = stack.env.get("LOCKBOX_TOPIC_PREFIX", "lockbox.")
    second = scratch.database.value("SELECT date_trunc('second', now())")
    for offset, (topic, kind, event_id, cause, milliseconds) in enumerate(STORY):
        raw = json.dumps({"id": event_id} | ({"causationid": cause} if cause else {}))
        scratch.database.rows(
            """INSERT INTO audit.event (topic, "partition", "offset", kafka_timestamp, received_at, headers, raw, event_id, type,
                                        request_id, ticket_id, leaf_hash)
               VALUES (%s, 0, %s, %s + %s * interval '1 millisecond', now(), '\\x00000000',
                       convert_to(%s, 'UTF8'), %s, %s, %s, %s, '')""",
            prefix + topic, offset, second, milliseconds, raw, event_id, f"lockbox.{kind}.v1", None if topic == "tickets.v1" else REQUEST,
            TICKET if topic == "tickets.v1" or kind.startswith("request.") else None)
    done = ctl(stack, "request", "timeline", REQUEST, "-o", "json", LOCKBOX_AUDIT_DATABASE_URL=scratch.auditor_url)
    assert done.returncode == 0, done.stderr
    assert [row["event_id"] for row in json.loads(done.stdout)] == TOLD

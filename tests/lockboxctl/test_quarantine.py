"""quarantine replay and discard, notification retry, --watch: what an operator does about what went wrong."""
import json
import uuid

import pytest
from psycopg.errors import Error

from support.events import Outgoing, event_in, outgoing
from support.sql import as_role
from support.waiting import wait_until

BY = ("--by", "jonas,jonas@lockbox.example,Jonas Weber")
HEADER = "lockbox-replay-of"


def rows_of(done) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def operator(ctl, system, stack):
    """lockboxctl as somebody who is lockbox_operator and nothing else."""
    try:
        system.lockbox.rows("CREATE ROLE ctl_operator LOGIN IN ROLE lockbox_operator")
    except Error:
        pass  # of an earlier run on this stack
    url = as_role(stack.env["LOCKBOX_DATABASE_URL"], "ctl_operator")
    return lambda *arguments, **settings: ctl(*arguments, **{"LOCKBOX_DATABASE_URL": url, **settings})


@pytest.fixture(scope="module")
def reject(system, operator):
    """Publishes a record that ends in quarantine, and returns its row there."""
    def send(record: Outgoing) -> dict:
        [sent] = system.publisher.send(record)

        def found() -> list[dict]:
            rows = rows_of(operator("quarantine", "list", "-o", "json", "--limit", "1000"))
            return [row for row in rows if (row["topic"], row["partition"], row["offset"]) == sent.place]
        return wait_until(found, "the record in quarantine")[0]
    return send


@pytest.fixture(scope="module", autouse=True)
def broken_off(pool, operator, reject, tenant):
    """A record whose replay is begun without Kafka, and what becomes of that."""
    number = reject(Outgoing("lockbox.tenants.v1", tenant.id, b"nonsense, too"))["quarantine_id"]
    return number, pool.submit(operator, "quarantine", "replay", number, *BY, LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")


@pytest.fixture(scope="module", autouse=True)
def retried(operator, system, tenant):
    """A mail that was given up and is to be sent again. The notifier looks for such mails every few seconds."""
    request = tenant.request()
    ledger = ("SELECT notification_id, attempts FROM lockbox.notification WHERE request_id = %s AND recipient = %s"
              " AND state = 'sent'")

    def sent() -> list:
        return system.lockbox.rows(ledger, request.id, tenant.owner.email)
    [mail] = wait_until(sent, "the mail sent")
    system.lockbox.rows("UPDATE lockbox.notification SET state = 'failed', outcome = 'failed', smtp_code = 550,"
                      " next_attempt_at = NULL"
                      " WHERE notification_id = %s RETURNING 1", mail.notification_id)
    return request, sent, mail, operator("notification", "retry", mail.notification_id)


def told(system, kind: str, quarantine_id: int):
    return system.events.wait_for(lambda record: record.kind == f"quarantine.{kind}"
                                and record.event["subject"] == str(quarantine_id), f"quarantine.{kind}")


def settlement(system, quarantine_id: int):
    return system.lockbox.row("SELECT * FROM lockbox.quarantine_settlement WHERE quarantine_id = %s", quarantine_id)


@pytest.fixture
def lost(system, tenant):
    """A request that the operational database has lost, and gets back when asked to."""
    request, other = tenant.request(), uuid.uuid4()
    move = "UPDATE lockbox.request SET request_id = %s WHERE request_id = %s RETURNING 1"
    assert system.lockbox.rows(move, other, request.id)
    return request, lambda: system.lockbox.rows(move, request.id, other)


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_replay_after_the_fix_has_its_effect(operator, system, reject, lost, mode):
    """The requester rejects it only after it knows that the event is new: its id must be good again."""
    request, restore = lost
    event = event_in("access.withdrawn", {"ticket_id": request.ticket.id, "request_id": request.id,
                                          "engineer_id": request.ticket.engineer.id})
    record = outgoing(event, mode)
    row = reject(record)
    assert row["reason"] == "/data/request_id: no such request" and row["outcome"] is None
    restore()
    done = operator("quarantine", "replay", row["quarantine_id"], *BY, "--reason", "the request is back")
    assert done.returncode == 0, done.stderr
    assert request.event("cancelled").cause == event.get_id()
    kept = settlement(system, row["quarantine_id"])
    [again] = wait_until(lambda: system.audit.rows(
        'SELECT key, raw, headers FROM audit.event WHERE topic = %s AND "partition" = %s AND "offset" = %s',
        row["topic"], kept.partition, kept.offset), "the replayed record in the audit store")
    assert (again.key, again.raw) == (request.ticket.id.encode(), record.value)
    assert HEADER.encode() in again.headers and all(name.encode() in again.headers for name, _ in record.headers)
    assert f"{row['topic']}/{row['partition']}/{row['offset']}".encode() in again.headers
    assert (kept.outcome, kept.operator_id, kept.login, kept.reason) == \
        ("replayed", "jonas", "ctl_operator", "the request is back") and kept.settled_at >= kept.begun_at
    data = told(system, "replayed", row["quarantine_id"]).data
    assert (data["by"]["id"], data["login"], data["rejected_for"]) == ("jonas", "ctl_operator", row["reason"])
    assert (data["replayed_partition"], data["replayed_offset"]) == (kept.partition, kept.offset)
    [actor] = wait_until(lambda: system.audit.rows("SELECT actor FROM audit.event WHERE event_id = %s", str(kept.event_id)),
                         "the event in the audit store")
    assert actor.actor == "jonas"


def test_a_replay_without_a_fix_is_rejected_again(operator, system, reject, tenant):
    ticket = tenant.ticket()
    row = reject(Outgoing("lockbox.tickets.v1", ticket.id, b'{"no": "event"}', (("content-type", b"application/json"),)))
    first = row["quarantine_id"]
    done = operator("quarantine", "replay", first, *BY)
    assert done.returncode == 0 and "partition" in done.stdout
    kept = settlement(system, first)

    def again() -> list[dict]:
        rows = rows_of(operator("quarantine", "list", "-o", "json", "--open"))
        return [it for it in rows if (it["topic"], it["partition"], it["offset"]) == (row["topic"], kept.partition, kept.offset)]
    [second] = wait_until(again, "the replayed record in quarantine")
    shown = operator("quarantine", "show", second["quarantine_id"]).stdout
    assert HEADER in shown
    [whole] = rows_of(operator("quarantine", "show", first, "-o", "json"))
    assert (whole["outcome"], whole["operator_id"], whole["replayed_offset"]) == ("replayed", "jonas", kept.offset)
    repeated = operator("quarantine", "replay", first, second["quarantine_id"], *BY)
    assert repeated.returncode == 1 and f"{first}: replayed by jonas" in repeated.stderr  # and the other went on
    assert f"{second['quarantine_id']} replayed" in repeated.stdout


def test_a_null_record_is_replayed_as_it_was(operator, system, reject):
    row = reject(Outgoing("lockbox.decisions.v1", None, None))
    assert operator("quarantine", "replay", row["quarantine_id"], *BY).returncode == 0
    kept = settlement(system, row["quarantine_id"])
    [again] = wait_until(lambda: system.audit.rows(
        'SELECT key, raw FROM audit.event WHERE topic = %s AND "partition" = %s AND "offset" = %s', row["topic"],
        kept.partition, kept.offset), "the replayed record in the audit store")
    assert (again.key, again.raw) == (None, None)


def test_discard_needs_a_reason_and_is_told(operator, system, reject, tenant):
    row = reject(Outgoing("lockbox.tenants.v1", tenant.id, b"\x00nonsense"))
    number = row["quarantine_id"]
    assert "missing: --reason" in operator("quarantine", "discard", number, *BY).stderr
    assert "--reason" in operator("quarantine", "discard", number, *BY, "--reason", "").stderr
    done = operator("quarantine", "discard", number, *BY, "--reason", "a test's")
    assert (done.returncode, done.stdout) == (0, f"{number} discarded\n"), done.stderr
    data = told(system, "discarded", number).data
    assert (data["reason"], data["by"]["id"], data["consumer"]) == ("a test's", "jonas", row["consumer"])
    assert operator("quarantine", "replay", number, *BY).returncode == 1
    assert number not in [it["quarantine_id"] for it in rows_of(operator("quarantine", "list", "--open", "-o", "json"))]
    [listed] = [it for it in rows_of(operator("quarantine", "list", "-o", "json")) if it["quarantine_id"] == number]
    assert (listed["outcome"], listed["operator_id"]) == ("discarded", "jonas")


def test_a_replay_that_breaks_off_is_begun_again(operator, system, broken_off):
    number, replay = broken_off
    lost = replay.result()
    assert lost.returncode == 3 and "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS" in lost.stderr
    assert settlement(system, number).settled_at is None
    soon = operator("quarantine", "replay", number, *BY)
    assert soon.returncode == 1 and "is under way" in soon.stderr
    system.lockbox.rows("UPDATE lockbox.quarantine_settlement SET begun_at = begun_at - interval '2 minutes'"
                      " WHERE quarantine_id = %s RETURNING 1", number)
    assert operator("quarantine", "replay", number, *BY).returncode == 0
    assert settlement(system, number).settled_at


def test_an_operator_tells_nothing_else(operator, system, reject, tenant, stack):
    """The function makes the event of what is in quarantine: of what the operator hands in, only their address and name count."""
    rejected = reject(Outgoing("lockbox.tenants.v1", tenant.id, b"nonsense again"))
    number = rejected["quarantine_id"]
    begun = system.lockbox.row("SELECT * FROM lockbox.quarantine_begin(%s, 'discarded', 'jonas', 'x')", number)
    event_id = str(uuid.uuid4())
    by = '{"id":"eve","email":"j@lockbox.example","name":"Jo","name":"Jonas","login":"somebody"},"type":"lockbox.request.approved.v1"'
    settle = "SELECT lockbox.quarantine_settle(%s, %s, %s, %s, NULL, NULL)"
    with pytest.raises(Error):
        system.lockbox.rows(settle, number, begun.begun_at, event_id, by)
    system.lockbox.rows(settle, number, begun.begun_at, event_id, by.partition("}")[0] + "}")
    told = system.events.wait_for(lambda record: record.event["id"] == event_id, "the event of the record that was discarded")
    assert told.kind == "quarantine.discarded" and told.data["quarantine_id"] == number
    assert told.data["by"] == {"id": "jonas", "email": "j@lockbox.example", "name": "Jonas"}
    assert (told.data["login"], told.data["topic"]) == ("postgres", "lockbox.tenants.v1")


@pytest.mark.parametrize(("arguments", "words"), [
    (["quarantine", "replay"], "missing: ID…"),
    (["quarantine", "replay", "1"], "missing: --by"),
    (["quarantine", "replay", "1", "two", *BY], "not a quarantine id: two"),
    (["quarantine", "discard", "1", "--by", "jonas", "--reason", "x"], "--by takes"),
])
def test_wrong_usage(bare, arguments, words):
    done = bare(*arguments)
    assert done.returncode == 2 and words in done.stderr


def test_what_is_not_there(operator):
    done = operator("quarantine", "replay", "999999999", *BY)
    assert done.returncode == 1 and "999999999" in done.stderr


# ---- mails ----


def test_a_mail_that_was_given_up_is_sent_after_all(operator, retried, tenant):
    request, sent, mail, done = retried
    assert done.returncode == 0 and tenant.owner.email in done.stdout, done.stderr
    again = wait_until(sent, "the mail sent again")[0]
    assert again.attempts == mail.attempts + 1
    nothing = operator("notification", "retry", mail.notification_id)
    assert nothing.returncode == 1 and "no mail" in nothing.stderr
    assert operator("notification", "retry").returncode == 2
    assert operator("notification", "retry", "--request", request.id).returncode == 1
    assert operator("notification", "retry", "x").returncode == 2


# ---- watching ----


def test_watching_prints_what_changes(watched, tenant):
    request = tenant.request()
    process, said = watched("request", "list", "--ticket", request.ticket.id, "--watch")
    wait_until(lambda: "customer_notified" in said(), "the request in the list")
    story, told_so_far = watched("request", "timeline", request.id, "--watch")
    wait_until(lambda: "approvers to decide" in told_so_far(), "the story's beginning")
    request.decide("deny")
    wait_until(lambda: " denied " in said(), "its end in the list")
    wait_until(lambda: "ends the request: denied" in told_so_far(), "the story's end")
    assert process.poll() is None and story.poll() is None
    assert said().count("REQUEST_ID") == 2

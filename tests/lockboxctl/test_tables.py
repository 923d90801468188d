"""What lists show on a terminal: the columns that the line has room for, and what to do next."""
import json

import pytest

from support.events import Outgoing
from support.waiting import wait_until


def lines_of(done) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def ticket(tenant):
    ticket = tenant.ticket()
    ticket.request()
    return ticket


def test_requests_fit_80_columns(ctl, tenant, ticket):
    head, row = lines_of(ctl("request", "list", "--ticket", ticket.id, COLUMNS="80"))
    assert head.split() == ["REQUEST_ID", "STATE", "LEFT", "TICKET_ID"]
    [whole] = json.loads(ctl("request", "list", "--ticket", ticket.id, "-o", "json").stdout)
    assert row.split() == [whole["request_id"], "customer_notified", "95h", ticket.id] and "ends_in" not in whole
    assert max(map(len, (head, row))) <= 80


def test_a_wide_terminal_shows_more(ctl, ticket):
    head, row = lines_of(ctl("request", "list", "--ticket", ticket.id, COLUMNS="200"))
    assert {"ENGINEER_ID", "CLUSTER", "CREATED_AT", "ENDS_AT"} <= set(head.split()) and "aro-prod" in row
    assert max(map(len, (head, row))) <= 200


def test_rejected_records_say_where_why_and_what_next(ctl, system, tenant):
    [sent] = system.publisher.send(Outgoing("lockbox.tickets.v1", "T-tables", b"nonsense", (("content-type", b"application/json"),)))
    place = "/".join(map(str, sent.place))
    done = wait_until(lambda: place in (it := ctl("quarantine", "list", COLUMNS="80")).stdout and it, "the record in quarantine")
    head, *rows = lines_of(done)
    assert head.split()[:3] == ["ID", "QUARANTINED_AT", "TOPIC/PARTITION/OFFSET"] and head.endswith("REASON")
    assert all(len(row) <= 80 for row in rows)
    assert "open: " in done.stderr and "quarantine replay or quarantine discard" in done.stderr
    assert ctl("quarantine", "list", "-o", "json").stderr == ""


def test_mails_say_who_why_and_what_next(ctl, system, tenant):
    request = tenant.request()
    mails = ("SELECT notification_id FROM lockbox.notification WHERE request_id = %s AND state = 'sent'")
    [mail, *_] = wait_until(lambda: system.lockbox.rows(mails, request.id), "a mail is sent")
    system.lockbox.rows("UPDATE lockbox.notification SET state = 'failed', outcome = 'failed', smtp_code = 550,"
                      " smtp_reply = '550 5.1.1 no such user ' || repeat('é', 100), next_attempt_at = NULL WHERE notification_id = %s RETURNING 1",
                      mail.notification_id)
    done = ctl("notification", "list", "--request", request.id, "--state", "failed", COLUMNS="150")
    head, row = lines_of(done)
    assert head.split()[:3] == ["STATE", "KIND", "RECIPIENT"] and "550 5.1.1 no such user" in row
    assert str(mail.notification_id) in row and "given up: 1" in done.stderr and "notification retry" in done.stderr
    assert len(row) == 150 and row.endswith("é…")
    whole = ctl("notification", "list", "--request", request.id, "--state", "failed").stdout
    assert "é" * 100 in whole  # without a terminal nothing is cut
    assert ctl("notification", "retry", mail.notification_id).returncode == 0


def test_where_the_databases_stand(ctl, stack):
    head, *rows = lines_of(ctl("db", "status"))
    assert head.split() == ["DATABASE", "VERSION", "STATE", "SCRIPTS", "APPLIED_AT"]
    scripts = json.loads(ctl("db", "status", "-o", "json").stdout)
    for row, name in zip(rows, ("lockbox", "audit"), strict=True):
        known = [it["version"] for it in scripts if it["database"] == name]
        assert row.split()[:4] == [name, str(max(known)), "applied", str(len(known))]


def test_topics_say_what_to_do(ctl):
    done = ctl("topics", "check", COLUMNS="100")
    assert done.stdout.splitlines()[0].split() == ["TOPIC", "PARTITIONS", "REPLICATION", "IN_SYNC", "MAX_MESSAGE_BYTES", "KEPT", "STATE"]
    assert "for ever" in done.stdout and "kafka-reassign-partitions.sh" in done.stderr

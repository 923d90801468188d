"""Requests, decisions, mails and quarantine, with all six workers."""
import csv
import io
import json
import re
import uuid

import pytest
from psycopg.errors import Error

from support.content import content_of
from support.events import Outgoing
from support.hostile import TURNED, read_back
from support.scenario import LOGS
from support.sql import as_role
from support.waiting import wait_until

DELETE = {"action": "delete_object", "namespace": "shop", "kind": "Pod", "name": "cart-0"}


def by(person) -> str:
    return f"{person.id},{person.email},{person.name}"


def rows_of(done) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def request_(tenant):
    return tenant.request(actions=[LOGS, DELETE])


def test_list_by_ticket_and_state(ctl, tenant):
    asked = tenant.request()
    denied = asked.ticket.request()
    denied.decide("deny")
    ticket = ("request", "list", "-o", "json", "--ticket", asked.ticket.id)
    assert [row["request_id"] for row in rows_of(ctl(*ticket))] == [denied.id, asked.id]
    [row] = rows_of(ctl(*ticket, "--state", "customer_notified"))
    assert (row["request_id"], row["engineer_id"], row["cluster"], row["version"]) == \
        (asked.id, asked.ticket.engineer.id, "aro-prod", 1)
    assert row["created_at"] == asked.first.request["created_at"]
    limited = ctl(*ticket, "--limit", "1")
    assert len(rows_of(limited)) == 1 and "--limit" in limited.stderr
    assert rows_of(ctl("request", "list", "-o", "json", "--ticket", "none such")) == []
    table = ctl("request", "list", "--ticket", asked.ticket.id).stdout.splitlines()
    assert table[0].startswith("REQUEST_ID ") and table[1].startswith(denied.id) and "\x1b" not in "".join(table)


def test_show_in_words_and_as_published(ctl, request_):
    words = ctl("request", "show", request_.id).stdout
    for part in ("customer_notified", request_.ticket.id, "1. Get logs from every pod in openshift-ingress",
                 "2. Delete Pod cart-0 in shop", request_.ticket.engineer.name, "8 hours", "otto"):
        assert part in words
    shown = json.loads(ctl("request", "show", request_.id, "-o", "json").stdout)
    assert shown["digest"] == request_.first.request["digest"]
    [row] = csv.DictReader(io.StringIO(ctl("request", "show", request_.id, "-o", "csv").stdout))
    assert {name: value if isinstance(shown[name], str) else json.loads(value) for name, value in row.items() if value} == shown
    for form in ("table", "json", "csv"):
        missing = ctl("request", "show", uuid.uuid4(), "-o", form)
        assert (missing.returncode, missing.stdout) == (1, "") and "no request has the id" in missing.stderr


def test_show_says_a_change_whole(ctl, tenant):
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "router", "namespace": "openshift-ingress"}, "data": {"a": "1"}}
    content = content_of({**before, "data": {"a": "\u001b[31m" + TURNED, "b": "A" * 10000}}, before)
    request = tenant.request(actions=[{"action": "update_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "router",
                                       "content": content}])
    shown = ctl("request", "show", request.id).stdout
    lines = [found[1] for found in re.finditer(r"^ {23}([-@+!][ …].*)$", shown, re.MULTILINE)]
    assert read_back(lines) == content["changes"] and "\x1b" not in shown
    assert "! a text of 10000 characters" in lines


def test_approve_some_items_for_less_time(ctl, tenant):
    request = tenant.request(actions=[LOGS, DELETE])
    done = ctl("approve", request.id, "--by", by(tenant.owner), "--items", "1", "--duration", "PT2H",
               "--comment", "logs only", "--wait")
    assert done.returncode == 0, done.stderr
    event_id, verdict = done.stdout.split()
    assert verdict == "applied"
    approved = request.event("approved")
    assert approved.cause == event_id
    assert [item["kept"] for item in approved.request["actions"]] == [True, False]
    assert request.check(LOGS).allowed and not request.check(DELETE).allowed
    assert "(not granted)" in ctl("request", "show", request.id).stdout
    ended = ctl("revoke", request.id, "--by", by(tenant.owner), "--wait")
    assert ended.returncode == 0 and not request.check(LOGS).allowed


def test_a_decision_that_does_not_count_is_exit_1(ctl, tenant, request_):
    done = ctl("deny", request_.id, "--by", "mallory,mallory@evil.example", "--wait")
    assert (done.returncode, done.stdout.split()[1:]) == (1, ["not_an_approver"])


def test_what_is_published_is_a_portals_event(ctl, system, request_):
    done = ctl("deny", request_.id, "--by", "mallory,mallory@evil.example,Mallory, M.", "--comment", "é\n<b>")
    assert done.returncode == 0, done.stderr
    event_id = done.stdout.strip()
    assert uuid.UUID(event_id).version == 7
    [row] = wait_until(lambda: system.audit.rows(
        "SELECT key, headers, raw FROM audit.event WHERE event_id = %s", event_id), "the decision in the audit store")
    event = json.loads(row.raw)
    assert row.key.decode() == request_.id and b"application/cloudevents+json" in row.headers
    assert (event["specversion"], event["source"], event["type"]) == ("1.0", "/lockboxctl", "lockbox.decision.submitted.v1")
    assert event["data"] == {"request_id": request_.id, "decision": "deny", "comment": "é\n<b>",
                             "by": {"id": "mallory", "email": "mallory@evil.example", "name": "Mallory, M."}}


def test_without_kafka_a_decision_is_exit_3(without_kafka):
    done = without_kafka["deny"].result()
    assert done.returncode == 3 and "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert done.stdout == ""


def test_the_timeline_tells_the_whole_story(ctl, system, tenant):
    request = tenant.request()
    request.decide("approve", comment="be quick")
    request.ticket.close()
    request.event("revoked")
    words = ["asks: Get logs from every pod", "asks 2 approvers", "says yes: be quick", "judges the approval", "grants access",
             "is closed", "ends access: revoked"]

    def told() -> str:
        text = ctl("request", "timeline", request.id).stdout
        return text if all(part in text for part in words) else ""

    text = wait_until(told, "the whole story")
    assert [text.index(part) for part in words] == sorted(text.index(part) for part in words)
    rows = rows_of(ctl("request", "timeline", request.id, "-o", "json"))
    assert {"lockbox.access.requested.v1", "lockbox.request.created.v1", "lockbox.decision.judged.v1",
            "lockbox.ticket.closed.v1"} <= {row["type"] for row in rows}
    assert len({(row["topic"], row["partition"], row["offset"]) for row in rows}) == len(rows)
    assert ctl("request", "timeline", uuid.uuid4()).returncode == 1


def test_mails(ctl, tenant, system):
    request = tenant.request()

    def sent() -> list[dict]:
        rows = rows_of(ctl("notification", "list", "--request", request.id, "-o", "json"))
        return [row for row in rows if row["state"] == "sent"]

    rows = wait_until(lambda: len(sent()) >= 2 and sent(), "two mails sent")
    assert {row["recipient"] for row in rows} == {tenant.owner.email, tenant.approver.email}
    assert {row["kind"] for row in rows} == {"approval_needed"} and {row["smtp_code"] for row in rows} == {250}
    of_state = {state: rows_of(ctl("notification", "list", "--request", request.id, "--state", state, "-o", "json"))
                for state in ("sent", "failed")}
    assert (len(of_state["sent"]), of_state["failed"]) == (2, [])


def test_quarantine_shows_bytes_whole_and_harmless(ctl, system, request_):
    value = b'\x1b[2J{"text": "\xc3\xa4"}\x00\xff'
    headers = (("content-type", b"application/cloudevents+json"), ("empty", None))
    [sent] = system.publisher.send(Outgoing("lockbox.decisions.v1", request_.id, value, headers))

    def found() -> list[dict]:
        rows = rows_of(ctl("quarantine", "list", "-o", "json", "--limit", "1000"))
        return [row for row in rows if (row["topic"], row["partition"], row["offset"]) == sent.place]

    [row] = wait_until(found, "the record in quarantine")
    [whole] = rows_of(ctl("quarantine", "show", row["quarantine_id"], "-o", "json"))
    assert bytes.fromhex(whole["value"]["hex"]) == value and whole["value"]["text"] is None
    assert whole["key"]["text"] == request_.id
    assert [(header["name"], header["value"] and header["value"]["text"]) for header in whole["headers"]] == \
        [("content-type", "application/cloudevents+json"), ("empty", None)]
    words = ctl("quarantine", "show", row["quarantine_id"]).stdout
    assert "1b 5b 32 4a" in words and "\x1b" not in words and row["reason"] in words
    assert ctl("quarantine", "show", "999999999").returncode == 1


def test_an_operator_needs_no_more_than_his_role(ctl, system, stack, request_):
    operator = "ctl_test_operator"
    try:
        system.lockbox.rows(f"CREATE ROLE {operator} LOGIN IN ROLE lockbox_operator")
    except Error:
        pass  # of an earlier run on this stack
    url = {"LOCKBOX_DATABASE_URL": as_role(stack.env["LOCKBOX_DATABASE_URL"], operator)}
    for command in (["request", "list"], ["request", "show", request_.id], ["notification", "list"], ["quarantine", "list"]):
        done = ctl(*command, **url)
        assert done.returncode == 0, done.stderr
    auditor = {"LOCKBOX_AUDIT_DATABASE_URL": as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor")}
    assert ctl("request", "timeline", request_.id, **auditor).returncode == 0

"""The audit store, as auditors ask it: every record of every topic once, raw, and the log under Azure's names."""
import json
from datetime import datetime

import pytest
from psycopg.errors import InsufficientPrivilege

from support.audit import audit_complaints, await_auditor
from support.events import Outgoing, event_in, outgoing
from support.scenario import Tenant
from support.waiting import wait_until


def test_every_record_of_every_topic_is_there_once_as_it_was(system, tenant):
    request = tenant.request(duration="PT1S")
    request.approve()
    performed = event_in("access.performed", {
        "engineer_id": request.wish["engineer_id"], "resource_id": tenant.resource, "action": "get_pod_logs",
        "namespace": "openshift-ingress", "performed_at": "2026-11-23T09:00:00Z", "outcome": "allowed"})
    system.publisher.send(outgoing(performed),
                        Outgoing("lockbox.accesses.v1", None, None),
                        Outgoing("lockbox.tickets.v1", b"\x00\xff", b"\x00\xff",
                                 (("a", None), ("a", b""), ("a", bytes(range(256))))))
    request.event("completed")
    assert audit_complaints(system) == []


def test_completeness_counts_what_kafka_holds(system, tenant):
    tenant.request()
    await_auditor(system)
    rows = system.auditor.rows("SELECT * FROM audit.completeness")
    assert {"lockbox.tickets.v1", "lockbox.tenants.v1", "lockbox.events.v1"} <= {row.topic for row in rows}
    for row in rows:
        assert (row.first_offset, row.missing, row.rows) == (0, 0, row.last_offset + 1)


@pytest.fixture(scope="module")
def lived(system):
    """A whole life: approved, revoked, and a second request denied."""
    tenant = Tenant(system)
    ticket = tenant.ticket()
    request, denied = ticket.request(), ticket.request()
    request.approve(comment="Go ahead.")
    request.decide("revoke", by=tenant.approver)
    request.event("revoked")
    denied.decide("deny")
    denied.event("denied")
    await_auditor(system)
    wait_until(lambda: system.auditor.value("SELECT count(*) FROM audit.event WHERE request_id = %s AND type = 'lockbox.notification.sent.v1'",
                                            request.id), "what was mailed is recorded, behind others' mails", 120)
    return request, denied


def test_what_auditors_filter_by(system, lived):
    request, _ = lived
    rows = system.auditor.rows("SELECT * FROM audit.event WHERE request_id = %s ORDER BY kafka_timestamp", request.id)
    types = [row.type for row in rows]
    assert types.count("lockbox.decision.submitted.v1") == types.count("lockbox.decision.judged.v1") == 2
    assert {"lockbox.request.created.v1", "lockbox.request.approved.v1", "lockbox.request.revoked.v1",
            "lockbox.notification.sent.v1"} <= set(types)
    approved = rows[types.index("lockbox.request.approved.v1")]
    event = json.loads(approved.raw)
    assert (approved.event_id, approved.source, approved.subject) == (event["id"], "/lockbox/decider", request.id)
    assert approved.event_time == datetime.fromisoformat(event["time"])
    assert (approved.tenant_id, approved.subscription_id, approved.ticket_id) == (
        request.tenant.id, request.tenant.subscription, request.ticket.id)
    ticket = system.auditor.rows("SELECT type FROM audit.event WHERE ticket_id = %s AND topic = 'lockbox.tickets.v1'"
                               ' ORDER BY "offset"', request.ticket.id)
    assert [row.type for row in ticket] == [
        "lockbox.ticket.opened.v1", "lockbox.ticket.assigned.v1", *["lockbox.access.requested.v1"] * 2]


def test_the_activity_log_has_azures_names(system, lived):
    request, denied = lived
    query = ("SELECT * FROM audit.activity_log WHERE correlation_id = %s AND operation_name <> 'Judge Lockbox Decision'"
             " ORDER BY event_timestamp")
    log = system.auditor.rows(query, request.id)
    assert [(row.operation_name, row.status) for row in log] == [
        ("Create Lockbox Request", "Started"), ("Approve Lockbox Request", "Succeeded"),
        ("Revoke Lockbox Access", "Succeeded")]
    assert [row.operation_name for row in system.auditor.rows(query, denied.id)] == [
        "Create Lockbox Request", "Deny Lockbox Request"]
    for row, record in zip(log, request.events):
        assert row.event_data_id == record.event["id"]
        assert row.event_timestamp == datetime.fromisoformat(record.event["time"])
        assert row.submission_timestamp.timestamp() * 1000 == record.timestamp_ms
        assert (row.resource_id, row.subscription_id, row.category, row.resource_provider) == (
            request.tenant.resource, request.tenant.subscription, "Administrative", "Microsoft.RedHatOpenShift")
        assert row.properties == record.data
        assert row.level in ("Informational", "Warning")
    callers = [row.caller for row in log]
    assert callers == [request.ticket.engineer.email, request.tenant.owner.email, request.tenant.approver.email] or \
        callers == [request.ticket.engineer.id, request.tenant.owner.id, request.tenant.approver.id], callers


@pytest.mark.parametrize("statement", [
    "UPDATE audit.event SET raw = ''", "DELETE FROM audit.event", "TRUNCATE audit.event",
    "INSERT INTO audit.consumer_offset VALUES ('x', 'x', 0, 1, 0, 'x')", "SELECT audit.nothing_of_the_kind()"])
def test_the_auditor_only_reads(system, statement):
    with pytest.raises(Exception) as error:
        system.auditor.rows(statement)
    assert isinstance(error.value, InsufficientPrivilege) or "nothing_of_the_kind" in statement


@pytest.mark.parametrize("statement", ["UPDATE audit.event SET raw = ''", "DELETE FROM audit.event", "TRUNCATE audit.event"])
def test_the_writer_only_adds(system, statement):
    from support.sql import Database
    writer = Database(system.stack.audit_writer_url)
    with pytest.raises(InsufficientPrivilege):
        writer.rows(statement)
    writer.close()

"""W3C Trace Context: from the event to all that follows from it, and never in what is signed or derived."""
import json
import secrets

import pytest

from support.audit import await_auditor
from support.events import Outgoing, event_in, outgoing
from support.waiting import wait_until

STATE = 'rojo=00f067aa0ba902b7,vendor@lockbox="1\\2"'


def new_trace() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_of(event: dict) -> tuple:
    return event.get("traceparent"), event.get("tracestate")


def test_a_trace_goes_from_the_event_to_all_that_follows(system, tenant, mode):
    ticket, trace = tenant.ticket(), (new_trace(), STATE)
    asked = system.publish("access.requested", ticket.wish(duration="PT1S"), mode, traceparent=trace[0], tracestate=trace[1])
    created = system.caused_by(asked, "request.created")
    request_id = created.event["subject"]
    assert trace_of(created.event) == trace
    assert trace_of(system.caused_by(created.event["id"], "notification.sent").event) == trace
    for mail in system.mailbox.wait_for(request_id, {tenant.approver.email}):
        assert (mail.message["traceparent"], mail.message["tracestate"]) == trace

    # The decision says nothing of a trace: what it causes continues the request's, as does what time causes.
    decided = system.publish("decision.submitted", {"request_id": request_id, "decision": "approve", "by": tenant.approver.principal})
    assert trace_of(system.caused_by(decided, "request.approved").event) == trace
    completed = system.events.wait_for(lambda it: it.kind == "request.completed" and it.event["subject"] == request_id, "its end")
    assert trace_of(completed.event) == trace
    rows = system.lockbox.rows("SELECT payload FROM lockbox.outbox WHERE aggregateid = %s AND type LIKE 'lockbox.request.%%'", request_id)
    assert len(rows) == 3 and {trace_of(json.loads(row.payload)) for row in rows} == {trace}

    await_auditor(system)
    rows = system.auditor.rows("SELECT traceparent, tracestate, event_id FROM audit.event WHERE traceparent = %s", trace[0])
    assert {asked, created.event["id"], completed.event["id"]} <= {row.event_id for row in rows}
    assert {row.tracestate for row in rows} == {STATE}
    assert system.auditor.value("SELECT count(*) FROM audit.event WHERE event_id = %s AND traceparent IS NULL", decided) == 1


def test_a_decision_has_a_trace_of_its_own(system, tenant):
    ticket, ticketing, portal = tenant.ticket(), new_trace(), new_trace()
    asked = system.publish("access.requested", ticket.wish(duration="PT1S"), traceparent=ticketing)
    request_id = system.caused_by(asked, "request.created").event["subject"]
    decided = system.publish("decision.submitted", {"request_id": request_id, "decision": "approve", "by": tenant.approver.principal},
                             traceparent=portal)
    assert {trace_of(it.event) for it in (system.caused_by(decided, "request.approved"), system.caused_by(decided, "decision.judged"))} == {
        (portal, None)}
    completed = system.events.wait_for(lambda it: it.kind == "request.completed" and it.event["subject"] == request_id, "its end")
    assert trace_of(completed.event) == (ticketing, None)


@pytest.mark.parametrize("state", [7, ["a=1"], "a", "a=1\r\nBcc: x@y.example", "a=1,a=2", "a=" + 256 * "x" + ",b=" + 256 * "x"], ids=repr)
def test_a_tracestate_that_is_none_is_dropped(system, tenant, state):
    trace = new_trace()
    event = json.loads(outgoing(event_in("access.requested", tenant.ticket().wish(), traceparent=trace)).value)
    key = event["data"]["ticket_id"].encode()
    system.publisher.send(Outgoing("lockbox.tickets.v1", key, json.dumps({**event, "tracestate": state}).encode(),
                                   (("content-type", b"application/cloudevents+json"),)))
    assert trace_of(system.caused_by(event["id"], "request.created").event) == (trace, None)


def test_a_traceparent_that_is_none_is_dropped(system, tenant):
    asked = system.publish("access.requested", tenant.ticket().wish(), traceparent="00-a-b-01", tracestate=STATE)
    created = system.caused_by(asked, "request.created")
    assert trace_of(created.event) == (None, None)
    [mail] = system.mailbox.wait_for(created.event["subject"], {tenant.approver.email})[:1]
    assert mail.message["traceparent"] is None


def test_what_is_decided_does_not_hang_on_the_trace(system, tenant):
    """Neither consent nor what is signed has it: the digest of a request is that of its fields."""
    wish = tenant.ticket().wish()
    asked = [system.publish("access.requested", wish, **trace) for trace in ({}, {"traceparent": new_trace(), "tracestate": STATE})]
    made = [system.caused_by(it, "request.created").data["request"] for it in asked]
    assert all("trace" not in name for request in made for name in request)
    consents = system.lockbox.rows("SELECT consent FROM lockbox.request WHERE request_id = ANY (%s::uuid[])", [it["request_id"] for it in made])
    assert all("trace" not in row.consent for row in consents)


def test_a_line_about_an_event_names_its_trace(system, tenant):
    trace = new_trace()
    event = json.loads(outgoing(event_in("access.requested", tenant.ticket().wish(), traceparent=trace, tracestate=STATE)).value)
    key = event["data"]["ticket_id"].encode()
    event["data"]["justification"] = 7
    system.publisher.send(Outgoing("lockbox.tickets.v1", key, json.dumps(event).encode(), (("content-type", b"application/cloudevents+json"),)))

    def lines():
        return [line for line in map(json.loads, system.stack.log("requester").splitlines()) if line.get("traceparent") == trace]
    wait_until(lines, "the requester's line")
    [line] = lines()
    assert (line["message"], line["tracestate"], line["topic"]) == ("record quarantined", STATE, "lockbox.tickets.v1")

"""The same event again, the same id with other bytes, and a batch with one bad event in the middle."""
import dataclasses
import json
from collections import Counter

from support.events import Outgoing, event_in, outgoing
from support.scenario import new_engineer
from test_bad_input import assert_untouched, dead_letter_of


def test_the_same_event_again_does_nothing(system, tenant, mode):
    ticket = tenant.ticket()
    record = outgoing(event_in("access.requested", ticket.wish()), mode)
    system.publisher.send(record, record)  # within one batch, most likely
    marker = ticket.request()
    system.publisher.send(record)          # and in a later one
    again = ticket.request()
    asked = system.events.where(lambda it: it.kind == "request.created" and it.request["ticket_id"] == ticket.id)
    assert len(asked) == 3
    assert {it.request["request_id"] for it in asked} > {marker.id, again.id}


def test_the_same_decision_again_is_judged_once(system, tenant):
    request = tenant.request()
    event = event_in("decision.submitted", {"request_id": request.id, "decision": "approve",
                                            "by": tenant.owner.principal})
    system.publisher.send(*[outgoing(event)] * 3)
    request.event("approved")
    request.decide("deny", by=tenant.approver)  # behind them on the same partition
    judged = system.events.where(lambda it: it.kind == "decision.judged" and it.cause == event.get_id())
    assert [it.data["verdict"] for it in judged] == ["applied"]


def test_the_same_change_again_is_told_once(system, tenant):
    event = event_in("tenant.role_assigned", {"tenant_id": tenant.id, "subscription_id": tenant.subscription,
                                              "principal": tenant.owner.principal, "role": "owner"})
    system.publisher.send(*[outgoing(event)] * 2)
    tenant.change("role_assigned", principal=tenant.owner.principal, role="owner")
    assert len(system.events.where(lambda it: it.cause == event.get_id())) == 1


def test_the_same_id_with_other_bytes_is_an_incident(system, tenant):
    ticket = tenant.ticket()
    record = outgoing(event_in("access.requested", ticket.wish()))
    first, second = system.publisher.send(record, dataclasses.replace(record, value=record.value + b" "))
    assert_untouched(system, second, "/id")
    ticket.request()
    assert len(system.events.where(lambda it: it.kind == "request.created"
                                 and it.request["ticket_id"] == ticket.id)) == 2


def test_the_same_id_with_other_bytes_is_one_across_batches_and_modes(system, tenant):
    ticket = tenant.ticket()
    event = event_in("access.requested", ticket.wish())
    system.publisher.send(outgoing(event))
    created = system.caused_by(event.get_id(), "request.created")
    [other] = system.publisher.send(outgoing(event, "binary"))
    assert_untouched(system, other, "/id")
    assert len(system.events.where(lambda it: it.cause == event.get_id())) == 1
    assert created.request["state"] == "customer_notified"


def test_a_rejected_event_is_judged_again_and_keeps_its_id(system, tenant):
    ticket = tenant.ticket()
    record = outgoing(event_in("ticket.opened", {"ticket_id": ticket.id, "subscription_id": tenant.subscription, "title": "again"}))
    sent = system.publisher.send(record, record)
    sent += system.publisher.send(record)
    other = dataclasses.replace(record, value=record.value + b" ")
    sent_otherwise = system.publisher.send(other, record)  # in one batch, most likely
    for one in (*sent, sent_otherwise[1]):
        assert_untouched(system, one, "/data/ticket_id")
    assert_untouched(system, sent_otherwise[0], "/id")
    assert ticket.request().first.request["state"] == "customer_notified"


def test_another_source_may_use_the_same_id(system, tenant):
    ticket = tenant.ticket()
    event = event_in("access.requested", ticket.wish())
    other = event_in("access.requested", ticket.wish(), id=event.get_id(), source="https://other.example/tickets")
    system.publisher.send(outgoing(event), outgoing(other))
    system.events.wait_until(lambda records: len([it for it in records if it.cause == event.get_id()
                                                and it.kind == "request.created"]) == 2, "both were answered")


def test_an_id_of_another_topic_is_another_event(system, tenant):
    """A ticketing system that writes under the portal's name, and takes the id that the portal gives next, stops no revoke."""
    request = tenant.request()
    request.approve()
    revoke = event_in("decision.submitted", {"request_id": request.id, "decision": "revoke", "by": tenant.owner.principal})
    taken = event_in("ticket.reopened", {"ticket_id": request.ticket.id}, id=revoke.get_id(), source=revoke.get_source())
    system.publisher.send(outgoing(taken))
    request.ticket.request()  # behind it on the same partition
    system.publisher.send(outgoing(revoke))
    request.event("revoked")
    judged = system.caused_by(revoke.get_id(), "decision.judged")
    assert judged.data["verdict"] == "applied"


def test_a_separator_in_source_and_id_makes_no_two_events_one(system, tenant):
    """Both parts of an event's identity are any text: glued with U+001F they would be the same. One batch, since the worker
    was stopped meanwhile."""
    ticket = tenant.ticket()
    unique = new_engineer().id
    events = [event_in("access.requested", ticket.wish(), source=f"{unique}\x1fb", id=f"{unique}-c"),
              event_in("access.requested", ticket.wish(), source=unique, id=f"b\x1f{unique}-c")]
    system.stack.down("requester")
    system.publisher.send(*map(outgoing, events))
    system.stack.up("requester")
    for event in events:
        system.caused_by(event.get_id(), "request.created")


def test_a_bad_event_among_five_hundred_stops_nobody(system, tenant):
    """All on one partition, by one ticket, in one go; the worker was stopped meanwhile, so that they make few batches.
    50 requests of a ticket may wait."""
    ticket = tenant.ticket()
    events = [event_in("access.requested", ticket.wish()) for _ in range(499)]
    records = [outgoing(event, ("structured", "binary")[number % 2]) for number, event in enumerate(events)]
    bad = Outgoing("lockbox.tickets.v1", ticket.id, b'{"specversion": "1.0", "id": ',
                   (("content-type", b"application/cloudevents+json"),))
    system.stack.down("requester")
    sent = system.publisher.send(*records[:250], bad, *records[250:])
    system.stack.up("requester")
    assert len({record.partition for record in sent}) == 1
    assert dead_letter_of(system, sent[250]).value == bad.value
    wanted = {event.get_id() for event in events}
    system.events.wait_until(lambda all_records: wanted <= {it.cause for it in all_records}, "499 answers", 60)
    answers = system.events.where(lambda it: it.cause in wanted)
    assert len(answers) == 499
    assert Counter((it.kind, it.request.get("reason")) for it in answers) == {
        ("request.created", None): 50, ("request.refused", "too_many_requests"): 449}
    metrics = system.stack.metrics("requester")
    assert metrics["lockbox_batches_total"] <= 20, metrics


def test_an_event_that_waits_for_another_in_the_same_batch(system, tenant):
    """Opened, assigned, escalated, asked, closed: five events of one ticket at once, in their order."""
    ticket = tenant.ticket()
    second = new_engineer()
    events = [event_in("ticket.escalated", {"ticket_id": ticket.id, "engineer": second.engineer}),
              event_in("access.requested", ticket.wish(engineer_id=second.id)),
              event_in("ticket.closed", {"ticket_id": ticket.id}),
              event_in("access.requested", ticket.wish(engineer_id=second.id)),
              event_in("ticket.reopened", {"ticket_id": ticket.id}),
              event_in("access.requested", ticket.wish(engineer_id=second.id))]
    system.publisher.send(*map(outgoing, events))
    answers = {number: system.caused_by(events[number].get_id()).kind for number in (1, 2, 3, 5)}  # of requests in any order
    assert answers == {1: "request.created", 2: "request.cancelled", 3: "request.refused", 5: "request.created"}


def test_structured_without_the_structured_content_type(system, tenant):
    """As some SDK versions write it: application/json, and no ce_ headers."""
    ticket = tenant.ticket()
    event = event_in("access.requested", ticket.wish())
    record = dataclasses.replace(outgoing(event), headers=(("content-type", b"application/json"),))
    assert json.loads(record.value)["specversion"] == "1.0"
    system.publisher.send(record)
    system.caused_by(event.get_id(), "request.created")

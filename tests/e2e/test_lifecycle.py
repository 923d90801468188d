"""A ticket's request from asked to ended, in each way it can end."""
from datetime import datetime

from support.scenario import LOGS, Tenant, new_engineer


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def states(request) -> list[str]:
    return [record.request["state"] for record in request.events]


def test_approved_access_opens_and_ends_by_itself(system, mode):
    tenant = Tenant(system, mode=mode)
    request = tenant.request(duration="PT4S")
    assert not request.check().allowed
    approved = request.approve().request
    answer = request.check()
    assert (answer.allowed, str(answer.request_id), answer.reason) == (True, request.id, "approved")
    assert answer.expires_at == when(approved["expires_at"])
    assert (when(approved["expires_at"]) - when(approved["starts_at"])).total_seconds() == 4
    completed = request.event("completed").request
    answer = request.check()
    assert (answer.allowed, answer.request_id, answer.expires_at, answer.reason) == (False, None, None, "no_grant")
    assert completed["ended_at"] == approved["expires_at"]
    assert states(request) == ["customer_notified", "approved", "completed"]


def test_access_ends_at_its_moment_and_not_at_the_event(tenant):
    request = tenant.request(duration="PT2S")
    end = when(request.approve().request["expires_at"])
    asked_at = tenant.system.enforcer
    while (now := asked_at.value("SELECT clock_timestamp()")) < end:
        allowed, after = request.check().allowed, asked_at.value("SELECT clock_timestamp()")
        assert allowed or after >= end, f"denied between {now} and {after}, before {end}"
    assert not request.check().allowed


def test_overlapping_grants_never_end_each_other(tenant):
    """Two grants of one engineer for the same thing: whichever ends, by time or by a revoke, the other goes on."""
    ticket = tenant.ticket()
    short, long, other = (ticket.request(duration=duration) for duration in ("PT3S", "PT1H", "PT2H"))
    for request in (short, long, other):
        request.approve()
    short.event("completed")
    assert long.check().allowed
    assert other.decide("revoke") == "applied"
    answer = long.check()
    assert (answer.allowed, str(answer.request_id)) == (True, long.id)
    assert long.kinds == ["created", "approved"]


def test_denied(tenant):
    request = tenant.request()
    assert request.decide("deny", comment="Not today.") == "applied"
    denied = request.event("denied").request
    assert denied["decisions"][0]["by"]["id"] == tenant.owner.id
    assert (denied["decisions"][0]["decision"], denied["decisions"][0]["comment"]) == ("deny", "Not today.")
    assert "expires_at" not in denied
    assert not request.check().allowed


def test_revoked_by_an_approver(tenant):
    request = tenant.request()
    request.approve()
    assert request.check().allowed
    assert request.decide("revoke", by=tenant.approver) == "applied"
    request.event("revoked")
    assert not request.check().allowed
    assert request.kinds == ["created", "approved", "revoked"]


def test_ticket_closed_while_pending(tenant):
    request = tenant.request()
    closed = request.ticket.close()
    assert request.event("cancelled").cause == closed


def test_ticket_closed_while_granted(tenant):
    request = tenant.request()
    request.approve()
    closed = request.ticket.close()
    assert request.event("revoked").cause == closed
    assert not request.check().allowed


def test_ticket_goes_to_another_engineer(tenant):
    ticket = tenant.ticket()
    pending, granted = ticket.request(), ticket.request()
    granted.approve()
    reassigned = ticket.assign(new_engineer())
    assert pending.event("cancelled").cause == reassigned
    assert granted.event("revoked").cause == reassigned
    assert not granted.check().allowed


def test_withdrawn_by_the_engineer(tenant):
    ticket = tenant.ticket()
    request = ticket.request()
    withdrawn = ticket.publish("access.withdrawn", request_id=request.id, engineer_id=ticket.engineer.id)
    assert request.event("cancelled").cause == withdrawn


def test_reopened_ticket_asks_anew_and_revives_nothing(tenant):
    ticket = tenant.ticket()
    request = ticket.request()
    ticket.close()
    request.event("cancelled")
    ticket.publish("ticket.reopened")
    assert ticket.request().first.kind == "request.created"
    assert request.kinds == ["created", "cancelled"]


def test_escalation_engineer_asks_beside_the_assigned_one(tenant):
    ticket = tenant.ticket()
    second = new_engineer("redhat")
    ticket.escalate(second)
    request = ticket.request(engineer_id=second.id)
    request.approve()
    assert request.check().allowed
    assert not request.check(engineer_id=ticket.engineer.id).allowed


def test_approval_of_some_items(tenant):
    items = [LOGS, {"action": "delete_object", "namespace": "openshift-ingress", "kind": "Pod", "name": "router-1"},
             {"action": "list_or_get_objects", "kind": "Node"}]
    request = tenant.request(actions=items)
    approved = request.approve(actions=[3, 1]).request
    assert [(item["number"], item["kept"]) for item in approved["actions"]] == [(1, True), (2, False), (3, True)]
    assert [request.check(item).allowed for item in items] == [True, False, True]


def test_approval_of_no_item_is_a_denial(tenant):
    request = tenant.request()
    assert request.decide("approve", actions=[]) == "applied"
    request.event("denied")
    assert not request.check().allowed


def test_approval_for_a_shorter_time(tenant):
    request = tenant.request(duration="PT2H")
    approved = request.approve(duration="PT2S").request
    assert (approved["duration"], approved["granted_duration"]) == ("PT2H", "PT2S")
    assert (when(approved["expires_at"]) - when(approved["starts_at"])).total_seconds() == 2
    request.event("completed")
    assert not request.check().allowed


def test_access_begins_when_it_was_asked_for(tenant):
    now = tenant.system.lockbox.value("SELECT clock_timestamp() + interval '4 s'")
    request = tenant.request(starts_at=now.isoformat(), duration="PT3S")
    approved = request.approve().request
    assert when(approved["starts_at"]) == now
    assert (when(approved["expires_at"]) - now).total_seconds() == 3
    assert not request.check().allowed
    tenant.system.enforcer.rows("SELECT pg_sleep_until(%s)", now)
    assert request.check().allowed
    request.event("completed")
    assert not request.check().allowed

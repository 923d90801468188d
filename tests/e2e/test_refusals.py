"""Every reason to refuse a request, in the order in which they are checked; and where nobody needs to be asked."""
from datetime import datetime, timedelta, timezone

import pytest

from support.scenario import LOGS, Person, Tenant, Ticket, new_engineer

FAR = (datetime.now(timezone.utc) + timedelta(days=8)).isoformat()
BAD = {"actions": [LOGS, {"action": "reboot_node"}], "resource_id": "/subscriptions/other", "duration": "PT9H",
       "starts_at": FAR, "justification": " \t\n", "extends": "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"}


@pytest.fixture(scope="module")
def nobody(system):
    """Lockbox is enabled, and nobody may approve."""
    tenant = Tenant(system)
    for role, person in (("owner", tenant.owner), ("lockbox_approver", tenant.approver)):
        tenant.change("role_removed", principal=person.principal, role=role)
    return tenant


def reason(request) -> str:
    assert request.first.kind == "request.refused"
    assert request.first.request["state"] == "refused"
    assert not request.check().allowed
    return request.first.request["reason"]


def test_the_reasons_come_in_their_order(nobody):
    """One thing after the other is put right, and what is still wrong is said."""
    wish = {**BAD, "engineer_id": new_engineer().id}
    ticket = nobody.ticket(engineer=new_engineer("consultants"))
    ticket.id, known = "unheard-of", ticket.id
    assert reason(ticket.request(**wish)) == "ticket_unknown"
    ticket.id = known
    ticket.close()
    assert reason(ticket.request(**wish)) == "ticket_closed"
    ticket.publish("ticket.reopened")
    assert reason(ticket.request(**wish)) == "engineer_not_on_ticket"
    del wish["engineer_id"]
    assert reason(ticket.request(**wish)) == "organization_not_allowed"
    ticket.engineer = new_engineer("redhat")
    ticket.assign(ticket.engineer)
    assert reason(ticket.request(**wish)) == "action_not_permitted"
    for member, then in (("actions", "resource_outside_subscription"), ("resource_id", "duration_too_long"),
                         ("duration", "starts_too_late"), ("starts_at", "justification_missing"), ("justification", "extends_unknown"),
                         ("extends", "no_approvers")):
        del wish[member]
        assert reason(ticket.request(**wish)) == then
    nobody.change("role_assigned", principal=nobody.owner.principal, role="owner")
    assert ticket.request(**wish).first.kind == "request.created"


@pytest.mark.parametrize("resource", [
    "/subscriptions/{other}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro",
    "/subscriptions/{mine}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
    "/subscriptions/{mine}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro/extra",
    "/subscriptions/{mine}-2/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro",
    "/subscriptions/{mine}", "aro"])
def test_the_resource_is_a_cluster_of_the_subscription(tenant, resource):
    other = "5f3e0d7a-9b1c-4e2f-8a6d-0c4b7e9f1a23"
    request = tenant.request(resource_id=resource.format(mine=tenant.subscription, other=other))
    assert reason(request) == "resource_outside_subscription"


def test_the_resource_is_compared_without_case(tenant):
    assert tenant.request(resource_id=tenant.resource.upper()).first.kind == "request.created"


@pytest.mark.parametrize("justification", [None, "", " ", "\u00a0\u3000\r\n"])
def test_a_justification_says_something(tenant, justification):
    assert reason(tenant.request(justification=justification)) == "justification_missing"


def test_the_longest_duration_is_not_too_long(tenant):
    assert tenant.request(duration="PT8H").first.kind == "request.created"
    assert reason(tenant.request(duration="PT8H1S")) == "duration_too_long"


def test_an_extension_is_of_a_grant_of_the_same_engineer_and_cluster(tenant):
    ticket = tenant.ticket()
    granted = ticket.request()
    assert reason(ticket.request(extends=granted.id)) == "extends_unknown"  # not granted yet
    granted.approve()
    extension = ticket.request(extends=granted.id)
    assert (extension.first.kind, extension.first.request["extends"]) == ("request.created", granted.id)
    second = new_engineer()
    ticket.escalate(second)
    assert reason(ticket.request(extends=granted.id, engineer_id=second.id)) == "extends_unknown"
    assert reason(ticket.request(extends=granted.id, resource_id=tenant.resource + "-2")) == "extends_unknown"


def test_at_most_20_engineers_stand_beside_the_assigned_one(tenant):
    ticket = tenant.ticket()
    engineers = [new_engineer() for _ in range(21)]
    *taken, one_too_many = [ticket.escalate(engineer) for engineer in engineers]
    letter = tenant.system.deadletters.wait_for(lambda letter: one_too_many.encode() in (letter.value or b""), "the 21st escalation")
    assert b"too_many_escalations" in letter.headers[-1][1]
    assert ticket.request(engineer_id=engineers[19].id).first.kind == "request.created"
    assert reason(ticket.request(engineer_id=engineers[20].id)) == "engineer_not_on_ticket"
    ticket.escalate(engineers[0])  # who is there is told again
    assert ticket.request(engineer_id=engineers[0].id).first.kind == "request.created"


def test_at_most_50_requests_of_a_ticket_wait(system):
    tenant = Tenant(system)
    ticket = tenant.ticket()
    ids = [ticket.publish("access.requested", **ticket.wish()) for _ in range(51)]
    first, *_, last = [system.caused_by(id, "request.") for id in ids]
    assert (last.kind, last.request["reason"]) == ("request.refused", "too_many_requests")
    assert sum(system.caused_by(id, "request.").kind == "request.created" for id in ids) == 50
    assert tenant.request().first.kind == "request.created"  # another ticket's
    ticket.publish("access.withdrawn", request_id=first.request["request_id"], engineer_id=ticket.engineer.id)
    assert ticket.request().first.kind == "request.created"
    assert reason(ticket.request()) == "too_many_requests"


@pytest.fixture
def few(system):
    system.stack.settings["LOCKBOX_PENDING_PER_SUBSCRIPTION"] = "2"
    system.stack.up("requester")
    yield
    del system.stack.settings["LOCKBOX_PENDING_PER_SUBSCRIPTION"]
    system.stack.up("requester")


def test_so_many_requests_of_a_subscription_wait(system, few):
    """Each of a ticket of its own; what is decided waits no more."""
    tenant = Tenant(system)
    first, second = tenant.request(), tenant.request()
    assert [first.first.kind, second.first.kind] == ["request.created"] * 2
    assert reason(tenant.request()) == "too_many_requests"
    assert Tenant(system).request().first.kind == "request.created"  # another subscription's
    assert first.decide("deny") == "applied"
    assert tenant.request().first.kind == "request.created"
    assert reason(tenant.request()) == "too_many_requests"


def test_organizations_are_compared_without_case(tenant):
    assert tenant.ticket(engineer=new_engineer("RedHat")).request().first.kind == "request.created"


def test_a_role_elsewhere_makes_no_approver(system, nobody):
    """Global administrators enable Lockbox; they vote only with a role of the subscription."""
    assert reason(nobody_without_owner(nobody).request()) == "no_approvers"


def nobody_without_owner(tenant):
    tenant.change("role_removed", principal=tenant.owner.principal, role="owner")
    tenant.change("role_assigned", principal=tenant.admin.principal, role="global_administrator")
    return tenant


# ---- where Lockbox is not enabled ----


@pytest.fixture(scope="module")
def without(system):
    return Tenant(system, lockbox=False)


def test_not_required_is_told_recorded_and_bounded_like_a_grant(without):
    request = without.request(duration="PT3S")
    first = request.first.request
    assert request.first.kind == "request.not_required"
    assert first["state"] == "not_required"
    answer = request.check()
    assert (answer.allowed, str(answer.request_id), answer.reason) == (True, request.id, "not_required")
    assert answer.expires_at == datetime.fromisoformat(first["expires_at"])
    assert (answer.expires_at - datetime.fromisoformat(first["starts_at"])).total_seconds() == 3
    assert not request.check(engineer_id="somebody-else").allowed
    request.await_access_end()
    assert request.event("completed").request["state"] == "completed"
    assert request.kinds == ["not_required", "completed"]


def test_not_required_is_extended_as_a_grant_is(without):
    ticket = without.ticket()
    running = ticket.request()
    extension = ticket.request(extends=running.id)
    assert (extension.first.kind, extension.first.request["extends"]) == ("request.not_required", running.id)
    ticket = without.ticket()
    over = ticket.request(duration="PT1S")
    over.event("completed")
    assert reason(ticket.request(extends=over.id)) == "extends_unknown"


def ended_by(request, kind: str, cause: str) -> None:
    ended = request.event(kind)
    assert (ended.cause, ended.data["previous_state"]) == (cause, "not_required")
    request.await_access_end()


def test_not_required_ends_once_lockbox_is_enabled(system):
    """What was opened while nobody was asked does not outlive that; a request that was asked for does."""
    tenant = Tenant(system, lockbox=False)
    unasked, other = tenant.request(), Tenant(system, lockbox=False).request()
    assert unasked.check().allowed
    enabled = tenant.publish("lockbox_enabled", by=tenant.admin.principal)
    ended_by(unasked, "revoked", enabled)
    assert other.check().allowed


def test_not_required_ends_with_its_ticket(without):
    closed, changed = without.request(), without.request()
    ended_by(closed, "revoked", closed.ticket.close())
    ended_by(changed, "revoked", changed.ticket.assign(new_engineer()))


def test_not_required_can_be_withdrawn(without):
    request = without.request()
    withdrawn = request.system.publish("access.withdrawn", {
        "request_id": request.id, "ticket_id": request.ticket.id, "engineer_id": request.wish["engineer_id"]})
    ended_by(request, "revoked", withdrawn)


def test_not_required_is_revoked_by_who_may_approve_now(system):
    """Nobody was asked, so no list of approvers was made: it is the role that counts."""
    tenant = Tenant(system, lockbox=False)
    request = tenant.request()
    late = Person.new("lou")
    assert request.decide("revoke", by=late) == "not_an_approver"
    assert tenant.change("role_assigned", principal=late.principal, role="owner").kind == "tenant.changed"
    tenant.change("role_removed", principal=tenant.owner.principal, role="owner")
    assert request.decide("revoke", by=tenant.owner) == "not_an_approver"
    revoke = request.submit("revoke", by=late)
    assert request.judged(revoke).data["verdict"] == "applied"
    ended_by(request, "revoked", revoke)
    assert request.decide("revoke", by=late) == "late"


def test_what_could_not_be_asked_for_is_refused_there_too(without):
    """The first that is wrong is said, as where somebody is asked."""
    ticket = without.ticket()
    exec_in_pod = {"action": "exec_into_pod", "namespace": "openshift-ingress", "name": "router-1"}
    wish = {**BAD, "actions": [LOGS, exec_in_pod]}
    for member, then in (("actions", "action_not_permitted"), ("resource_id", "resource_outside_subscription"),
                         ("duration", "duration_too_long"), ("starts_at", "starts_too_late"),
                         ("justification", "justification_missing"), ("extends", "extends_unknown")):
        assert reason(ticket.request(**wish)) == then
        del wish[member]
    assert ticket.request(**wish).first.kind == "request.not_required"


def test_nothing_is_booked_for_another_year(without):
    request = without.request(starts_at="2031-01-01T00:00:00Z")
    assert reason(request) == "starts_too_late"
    soon = datetime.now(timezone.utc) + timedelta(days=6)
    assert without.request(starts_at=soon.isoformat()).first.kind == "request.not_required"


def test_a_subscription_that_nobody_added_is_refused(tenant):
    ticket = Ticket(tenant, subscription_id="5f3e0d7a-9b1c-4e2f-8a6d-0c4b7e9f1a23")
    assert reason(ticket.request()) == "subscription_unknown"


def test_not_required_still_wants_an_open_ticket_and_its_engineer(without):
    ticket = without.ticket()
    assert reason(ticket.request(engineer_id="somebody-else")) == "engineer_not_on_ticket"
    ticket.close()
    assert reason(ticket.request()) == "ticket_closed"


def test_disabling_lockbox_changes_no_request_that_exists(system):
    tenant = Tenant(system)
    ticket = tenant.ticket()
    pending, granted = ticket.request(), ticket.request(actions=[{"action": "list_or_get_objects", "kind": "Node"}])
    granted.approve()
    assert tenant.change("lockbox_disabled", by=tenant.admin.principal).kind == "tenant.changed"
    assert ticket.request(actions=[{"action": "list_or_get_objects", "kind": "ConfigMap"}]).first.kind == \
        "request.not_required"
    assert not pending.check().allowed
    assert granted.check().reason == "approved"
    pending.approve()
    assert pending.check().reason == "approved"

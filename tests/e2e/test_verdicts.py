"""Every decision gets one verdict, and the right one."""
import uuid

import pytest

from support.history import verdicts
from support.scenario import LOGS, Person, Tenant


def test_approving_again_is_a_duplicate_of_the_voter_and_a_conflict_of_others(tenant):
    request = tenant.request()
    request.approve()
    assert request.decide("approve") == "duplicate"
    assert request.decide("approve", by=tenant.approver) == "conflict"
    assert request.decide("deny", by=tenant.approver) == "conflict"
    assert request.kinds == ["created", "approved"]


def test_after_a_denial_votes_conflict(tenant):
    request = tenant.request()
    assert request.decide("deny") == "applied"
    assert request.decide("deny") == "duplicate"
    assert request.decide("deny", by=tenant.approver) == "conflict"
    assert request.decide("approve") == "conflict"
    assert request.decide("revoke") == "late"
    assert not request.check().allowed


def test_a_vote_after_the_end_is_late(tenant):
    request = tenant.request(duration="PT1S")
    request.approve()
    request.event("completed")
    assert request.decide("revoke") == "late"
    assert request.decide("approve", by=tenant.approver) == "late"
    assert request.decide("deny", by=tenant.approver) == "late"


def test_a_vote_on_a_cancelled_request_is_late(tenant):
    request = tenant.request()
    request.ticket.close()
    request.event("cancelled")
    assert request.decide("approve") == "late"
    assert not request.check().allowed


def test_nothing_to_revoke_is_a_conflict(tenant):
    assert tenant.request().decide("revoke") == "conflict"


def test_only_those_on_the_list_vote(tenant):
    request = tenant.request()
    for decision in ("approve", "deny", "revoke"):
        assert request.decide(decision, by=tenant.admin) == "not_an_approver"
        assert request.decide(decision, by=Person.new("mallory")) == "not_an_approver"
    assert request.kinds == ["created"]


def test_ids_are_compared_exactly(tenant):
    request, owner = tenant.request(), tenant.owner
    imposter = Person(owner.id.upper(), owner.email, owner.name)
    assert request.decide("approve", by=imposter) == "not_an_approver"


def test_who_lost_the_role_votes_no_more(system):
    tenant = Tenant(system)
    request = tenant.request()
    tenant.change("role_removed", principal=tenant.owner.principal, role="owner")
    assert request.decide("approve") == "not_an_approver"
    assert request.decide("approve", by=tenant.approver) == "applied"


def test_who_came_later_does_not_vote(system):
    """Approvers are resolved once, at creation, and never widened."""
    tenant = Tenant(system)
    request = tenant.request()
    late = Person.new("late")
    tenant.change("role_assigned", principal=late.principal, role="owner")
    assert request.decide("approve", by=late) == "not_an_approver"
    assert late.id in [entry["principal"]["id"] for entry in tenant.request().first.request["approvers"]]


@pytest.mark.parametrize("same", ["id", "email"])
def test_nobody_approves_his_own_request(system, same):
    tenant = Tenant(system)
    owner = tenant.owner
    email = owner.email.upper() if same == "email" else "other@elsewhere.example"
    engineer = Person(owner.id if same == "id" else "erin-himself", email, owner.name, "microsoft")
    request = tenant.ticket(engineer=engineer).request()
    assert request.decide("approve") == "self_approval"
    assert request.decide("approve", by=tenant.approver) == "applied"


@pytest.mark.parametrize("wider", [{"actions": [1, 3]}, {"duration": "PT2H1S"}, {"actions": [32]}])
def test_an_approval_never_widens(tenant, wider):
    request = tenant.request(actions=[LOGS, LOGS], duration="PT2H")
    assert request.decide("approve", **wider) == "widens"
    assert request.kinds == ["created"]
    assert not request.check().allowed


def test_an_unknown_request(system, tenant):
    for request_id in (str(uuid.uuid4()), "not-even-a-uuid"):
        decision = system.publish("decision.submitted", {"request_id": request_id, "decision": "approve",
                                                       "by": tenant.owner.principal})
        judged = system.caused_by(decision, "decision.judged")
        assert (judged.data["verdict"], judged.event["subject"]) == ("unknown_request", request_id)


def test_a_decision_is_judged_once_whatever_happens(system, tenant):
    request = tenant.request()
    decisions = [request.submit(decision, by=voter) for decision in ("approve", "deny", "approve", "revoke")
                 for voter in (tenant.owner, tenant.approver, tenant.admin)]
    for decision in decisions:
        request.judged(decision)
    by_decision = verdicts(system.events.records)
    assert [len(by_decision[decision]) for decision in decisions] == [1] * len(decisions)
    assert [by_decision[decision][0].data["verdict"] for decision in decisions] == [
        "applied", "conflict", "not_an_approver",            # approve
        "conflict", "conflict", "not_an_approver",           # deny
        "duplicate", "conflict", "not_an_approver",          # approve
        "applied", "late", "not_an_approver"]                # revoke


def test_what_is_said_of_a_decision(tenant):
    request = tenant.request()
    decision = request.submit("approve", comment="Only today.")
    data = request.judged(decision).data
    assert {**data, "at": ""} == {"request_id": request.id, "tenant_id": tenant.id, "decision": "approve",
                                  "verdict": "applied", "by": tenant.owner.principal, "at": "", "comment": "Only today."}

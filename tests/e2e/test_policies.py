"""What a subscription's policy asks for: several approvals, signatures, approval beforehand."""
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.content import content_of
from support.scenario import LOGS, Tenant
from support.signing import signed

NODES = {"action": "list_or_get_objects", "kind": "Node"}
PODS = {"action": "list_or_get_objects", "kind": "Pod", "namespace": "openshift-etcd"}


@pytest.fixture
def two(system):
    """Two approvals are needed."""
    tenant = Tenant(system)
    assert tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2).kind == "tenant.changed"
    return tenant


def test_the_first_of_two_approvals_is_recorded(two):
    request = two.request()
    assert request.decide("approve") == "recorded"
    assert request.decide("approve") == "duplicate"
    assert not request.check().allowed
    assert request.decide("approve", by=two.approver) == "applied"
    assert request.check().allowed
    request.event("approved")
    assert request.kinds == ["created", "approval_recorded", "approved"]


def test_one_denial_ends_it(two):
    request = two.request()
    assert request.decide("approve") == "recorded"
    assert request.decide("deny", by=two.approver) == "applied"
    request.event("denied")
    assert request.kinds == ["created", "approval_recorded", "denied"]
    assert not request.check().allowed


def test_what_all_approvers_kept_is_granted_for_the_shortest_time(two):
    request = two.request(actions=[LOGS, NODES, PODS], duration="PT6H")
    assert request.decide("approve", actions=[1, 2], duration="PT3H") == "recorded"
    assert request.decide("approve", by=two.approver, actions=[2, 3], duration="PT4H") == "applied"
    granted = request.event("approved").request
    assert [item["kept"] for item in granted["actions"]] == [False, True, False]
    assert granted["granted_duration"] == "PT3H"
    assert [request.check(item).allowed for item in (LOGS, NODES, PODS)] == [False, True, False]


def test_nothing_left_is_a_denial(two):
    request = two.request(actions=[LOGS, NODES])
    assert request.decide("approve", actions=[1]) == "recorded"
    assert request.decide("approve", by=two.approver, actions=[2]) == "applied"
    request.event("denied")
    assert request.kinds == ["created", "approval_recorded", "denied"]
    assert not request.check(LOGS).allowed and not request.check(NODES).allowed


def test_only_a_good_signature_counts_where_the_policy_asks_for_one(system):
    tenant = Tenant(system)
    _, key = tenant.sign_decisions(tenant.owner)
    request, other = tenant.request(actions=[LOGS, NODES]), tenant.request()
    for signature in (None, signed(Ed25519PrivateKey.generate(), request, decision="approve"),
                      signed(key, other, decision="approve"), signed(key, request, decision="deny"),
                      signed(key, request, decision="approve", actions=[1])):
        more = {"signature": signature} if signature else {}
        assert request.decide("approve", **more) == "bad_signature"
    assert not request.check().allowed
    assert request.decide("approve", actions=[1], signature=signed(key, request, decision="approve", actions=[1])) == "applied"
    assert request.check(LOGS).allowed and not request.check(NODES).allowed


def test_a_key_that_is_none_is_refused(system):
    tenant = Tenant(system)
    for key in ({"kty": "OKP", "crv": "Ed25519", "x": "c2hvcnQ"}, {"kty": "OKP", "crv": "X25519", "x": "A" * 43}):
        refused = tenant.change("approver_key_set", subscription_id=None, principal_id=tenant.owner.id, public_key=key,
                                by=tenant.owner.principal)
        assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "bad_key")


def test_what_the_policy_approves_beforehand_is_decided_by_policy(system):
    tenant = Tenant(system)
    tenant.change("policy_set", by=tenant.admin.principal,
                  auto_approve=[{"action": "get_pod_logs", "namespace": LOGS["namespace"], "reason_code": "sev1"}])
    asked = tenant.request(reason_code="sev1", actions=[LOGS, NODES])
    assert asked.kinds == ["created"]
    assert tenant.request(reason_code="sev2").kinds == ["created"]
    request = tenant.request(reason_code="sev1")
    approved = request.event("approved")
    assert [vote["by"] for vote in approved.request["decisions"]] == [{"id": "policy"}]
    assert request.check().allowed
    assert request.decide("revoke") == "applied"
    assert not request.check().allowed


def test_nobody_to_ask_is_refused_and_raises_an_alarm(system):
    tenant = Tenant(system)
    for role, person in (("owner", tenant.owner), ("lockbox_approver", tenant.approver)):
        tenant.change("role_removed", principal=person.principal, role=role)
    before = system.stack.metrics("requester")["lockbox_no_approvers_total"]
    request = tenant.request()
    assert (request.first.kind, request.first.request["reason"]) == ("request.refused", "no_approvers")
    assert system.stack.metrics("requester")["lockbox_no_approvers_total"] == before + 1
    assert request.id in system.stack.log("requester")


def test_exact_changes_refuse_what_says_not_what_an_object_is_to_be(system):
    tenant = Tenant(system)
    assert tenant.change("policy_set", by=tenant.admin.principal, exact_changes=True).kind == "tenant.changed"
    for action in ("create_object", "update_object"):
        change = {"action": action, "namespace": "openshift-dns", "kind": "ConfigMap", "name": "a"}
        refused = tenant.request(actions=[LOGS, change]).first
        assert (refused.kind, refused.request["reason"], refused.request["reason_item"]) == ("request.refused", "content_required", 2)
    assert tenant.request(actions=[LOGS, {**change, "action": "delete_object"}]).kinds == ["created"]


def backup(**spec) -> dict:
    """To be created, with its content."""
    made = {"apiVersion": "shop.example/v1", "kind": "Backup", "metadata": {"name": "nightly", "namespace": "shop"}, "spec": {"a": 1, **spec}}
    return {"action": "create_object", "namespace": "shop", "kind": "Backup.shop.example", "name": "nightly", "content": content_of(made)}


@pytest.mark.parametrize("spec", [{"duration": "PT5M"}, {"duration": "Pending"}, {"approvals_needed": 2}, {"approvals_needed": 10 ** 12}])
@pytest.mark.parametrize("is_asked", [True, False])
def test_an_objects_members_are_none_of_the_requests(system, is_asked, spec):
    """Both stand in what the database checks."""
    request = Tenant(system, lockbox=is_asked).request(actions=[backup(**spec)], duration="PT2H")
    if is_asked:
        assert request.decide("approve") == "applied"
        access = request.event("approved").request
    else:
        access = request.event("not_required").request
    lasts = datetime.fromisoformat(access["expires_at"]) - datetime.fromisoformat(access["starts_at"])
    assert lasts.total_seconds() == 2 * 3600


def test_what_the_policy_forbids_is_asked_again_where_access_is_opened(system):
    tenant = Tenant(system)
    request, whole = tenant.request(actions=[LOGS, NODES]), tenant.request(actions=[LOGS, NODES])
    forbid = [{"action": "get_pod_logs", "namespace": LOGS["namespace"]}]
    assert tenant.change("policy_set", by=tenant.admin.principal, forbid=forbid).kind == "tenant.changed"
    assert whole.decide("approve") == "conflict"
    assert request.decide("approve", actions=[2]) == "applied"
    assert request.check(NODES).allowed and not request.check(LOGS).allowed
    assert tenant.change("policy_set", by=tenant.admin.principal).kind == "tenant.changed"
    assert whole.decide("approve") == "applied"


def test_an_open_item_has_its_container_and_uid(system):
    logs = {**LOGS, "name": "router-1", "container": "router"}
    gone = {"action": "delete_object", "namespace": "openshift-ingress", "kind": "Pod", "name": "router-1", "uid": "0d9f-1"}
    request = Tenant(system).request(actions=[logs, gone])
    request.approve()
    rows = system.lockbox.rows("SELECT number, container, uid FROM lockbox.access_item WHERE request_id = %s ORDER BY number", request.id)
    assert [tuple(row) for row in rows] == [(1, "router", None), (2, None, "0d9f-1")]

"""Where decisions are signed, a change that gives up protection needs an administrator's signature: the portal's word is not enough."""
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.scenario import Person, Tenant
from support.signing import base64url, jwk, jws, proof, signed


@pytest.fixture(scope="module")
def guarded(system):
    """A tenant that signs: administrator and owner have keys, in self.keys."""
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    tenant.keys = tenant.sign_decisions(tenant.owner, approvals_needed=1, max_duration="PT4H")
    return tenant


def said(answer) -> str:
    return answer.data.get("reason") or answer.kind


def weakenings(tenant: Tenant) -> dict:
    by, kept = tenant.admin.principal, {"signed_decisions": True, "max_duration": "PT4H"}
    return {
        "disabled": ("lockbox_disabled", {"by": by}),
        "removed": ("subscription_removed", {"by": by}),
        "longer": ("policy_set", {"by": by, **kept, "max_duration": "PT8H"}),
        "approved beforehand": ("policy_set", {"by": by, **kept, "auto_approve": [{"action": "get_pod_logs"}]}),
        "signatures off": ("policy_set", {"by": by, "max_duration": "PT4H"}),
        "alternates": ("contacts_set", {"alternate_emails": []}),
        "an approver": ("role_assigned", {"principal": Person.new("eve").principal, "role": "lockbox_approver"}),
        "an administrator": ("role_assigned", {"principal": Person.new("eve").principal, "role": "global_administrator",
                                               "subscription_id": None}),
        "a key removed": ("approver_key_set", {"principal_id": tenant.owner.id, "public_key": None, "by": tenant.owner.principal,
                                               "subscription_id": None}),
    }


@pytest.mark.parametrize("which", [
    "disabled", "removed", "longer", "approved beforehand", "signatures off", "alternates", "an approver", "an administrator",
    "a key removed"])
def test_each_needs_a_signature(guarded, which):
    change, data = weakenings(guarded)[which]
    assert said(guarded.change(change, **data)) == "bad_signature"
    assert said(guarded.change(change, Ed25519PrivateKey.generate(), **data)) == "bad_signature"
    if which != "a key removed":  # the approver's own is good for that
        assert said(guarded.change(change, guarded.keys[1], **data)) == "bad_signature"


def test_a_first_key_and_another_key_need_one(guarded):
    key = Ed25519PrivateKey.generate()
    assert said(guarded.set_key(guarded.approver, key)) == "bad_signature"
    assert said(guarded.set_key(guarded.owner, key)) == "bad_signature"
    assert said(guarded.set_key(guarded.approver, key, guarded.keys[1])) == "bad_signature"
    assert said(guarded.set_key(guarded.approver, key, guarded.keys[0])) == "tenant.changed"
    other = Ed25519PrivateKey.generate()
    assert said(guarded.set_key(guarded.approver, other, key)) == "tenant.changed"  # by the key before
    assert said(guarded.set_key(guarded.approver, key, key)) == "bad_signature"


def test_a_key_that_is_set_while_a_request_waits_opens_nothing(system):
    """Neither a first key, of an approver who has none, nor another in its place: whoever writes for the portal would approve."""
    tenant, key = Tenant(system), Ed25519PrivateKey.generate()
    _, owner_key = tenant.sign_decisions(tenant.owner)
    request = tenant.request()
    for person in (tenant.approver, tenant.owner):
        assert said(tenant.set_key(person, key)) == "bad_signature"
        signature = signed(key, request, decision="approve", by=person.id)
        assert request.decide("approve", by=person, signature=signature) == "bad_signature"
    assert not request.check().allowed
    assert request.decide("approve", signature=signed(owner_key, request, decision="approve")) == "applied"


def test_a_removal_that_nobody_signed_leaves_a_cluster_of_five_signatures_closed(system):
    tenant = Tenant(system, owners=4)
    voters = [*tenant.all_owners, tenant.approver]
    _, *keys = tenant.sign_decisions(*voters, approvals_needed=5)
    unsaid = tenant.publish("subscription_removed")
    system.deadletters.wait_for(lambda letter: unsaid.encode() in (letter.value or b""), "the removal without by")
    assert said(tenant.change("subscription_removed", by=tenant.admin.principal)) == "bad_signature"
    assert said(tenant.change("subscription_added", name="Again")) == "tenant.changed"
    assert said(Tenant(system).change("subscription_added", subscription_id=tenant.subscription)) == "subscription_of_another_tenant"
    request = tenant.request()
    verdicts = [request.decide("approve", by=voter, signature=signed(key, request, decision="approve", by=voter.id))
                for voter, key in zip(voters, keys)]
    assert verdicts == ["recorded"] * 4 + ["applied"]
    request.event("approved")  # it comes behind the verdict
    assert request.kinds == ["created", *["approval_recorded"] * 4, "approved"] and request.check().allowed


def test_a_policy_that_approves_beforehand_opens_nothing_that_waits(system):
    tenant = Tenant(system)
    assert said(tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)) == "tenant.changed"
    waiting = tenant.request()
    told = tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2,
                         auto_approve=[{"action": "get_pod_logs"}])
    assert told.data["weakens"] is True
    assert waiting.decide("approve") == "recorded" and not waiting.check().allowed


def test_a_policy_that_approves_beforehand_unsigned_approves_nothing(guarded):
    change, data = weakenings(guarded)["approved beforehand"]
    assert said(guarded.change(change, **data)) == "bad_signature"
    request = guarded.request()
    assert request.decide("approve") == "bad_signature"
    assert request.kinds == ["created"] and not request.check().allowed


def test_a_signature_counts_once_for_what_it_says_while_it_is_new(system):
    tenant = Tenant(system)
    key, _ = tenant.sign_decisions(tenant.owner, max_duration="PT4H")
    data = {"tenant_id": tenant.id, "subscription_id": tenant.subscription, "by": tenant.admin.principal,
            "signed_decisions": True, "max_duration": "PT5H"}
    now = int(time.time())
    for signature in (jws(key, **data), jws(key, **data, iat=now - 1000), jws(key, **data, iat=now + 300),
                      jws(key, **{**data, "max_duration": "PT6H"}, iat=now), jws(key, **data, iat=now, more=1),
                      jws(key, **{name: it for name, it in data.items() if name != "signed_decisions"}, iat=now)):
        assert said(tenant.change("policy_set", **data, signature=signature)) == "bad_signature"
    good = jws(key, **dict(reversed(data.items())), iat=int(time.time()))
    assert said(tenant.change("policy_set", **data, signature=good)) == "tenant.changed"
    assert said(tenant.change("policy_set", by=tenant.admin.principal, signed_decisions=True, max_duration="PT1H")) == "tenant.changed"
    assert said(tenant.change("policy_set", **data, signature=good)) == "bad_signature"
    before = jws(key, **{**data, "max_duration": "PT9H"}, iat=int(time.time()) - 100)
    assert said(tenant.change("policy_set", **{**data, "max_duration": "PT9H"}, signature=before)) == "bad_signature"


def told_by(tenant: Tenant, **data) -> dict:
    return {"tenant_id": tenant.id, "subscription_id": tenant.subscription, "by": tenant.admin.principal, **data}


ALIKE = {
    "a role": ("role_removed", "role_assigned", {"principal": Person.new("eve").principal, "role": "lockbox_approver"}),
    "off": ("lockbox_enabled", "lockbox_disabled", {}),
    "away": ("lockbox_enabled", "subscription_removed", {}),
    "signatures off": ("lockbox_enabled", "policy_set", {}),
}


@pytest.mark.parametrize("which", ALIKE)
def test_a_signature_on_one_change_opens_no_other_of_the_same_members(system, which):
    """What was signed to take a role away would give it, within a quarter of an hour. Who signs the type, too, signs that one alone."""
    signed_for, wanted, data = ALIKE[which]
    tenant = Tenant(system)
    key, _ = tenant.sign_decisions(tenant.owner)
    told, now = told_by(tenant, **data), int(time.time())
    signature = jws(key, **told, iat=now)
    assert said(tenant.change(signed_for, **told, signature=signature)) == "tenant.changed"
    assert said(tenant.change(wanted, **told, signature=signature)) == "bad_signature"
    withheld = jws(key, **told, type=f"lockbox.tenant.{signed_for}.v1", iat=now)
    assert said(tenant.change(wanted, **told, signature=withheld)) == "bad_signature"
    right = jws(key, **told, type=f"lockbox.tenant.{wanted}.v1", iat=int(time.time()))
    assert said(tenant.change(wanted, **told, signature=right)) == "tenant.changed"


def test_a_signature_counts_once_also_where_none_is_needed(system):
    """What asked for more when it was signed asks for less once the policy is stricter still."""
    tenant = Tenant(system)
    key, _ = tenant.sign_decisions(tenant.owner)
    hours = {it: told_by(tenant, signed_decisions=True, max_duration=f"PT{it}H") for it in (6, 5, 2, 1)}
    signature = jws(key, **hours[6], iat=int(time.time()))
    assert said(tenant.change("policy_set", **hours[6], signature=signature)) == "tenant.changed"
    assert said(tenant.change("policy_set", **hours[2])) == "tenant.changed"
    assert said(tenant.change("policy_set", **hours[6], signature=signature)) == "bad_signature"
    before = jws(key, **hours[5], iat=int(time.time()) - 5)
    assert said(tenant.change("policy_set", **hours[1], signature=jws(key, **hours[1], iat=int(time.time())))) == "tenant.changed"
    assert said(tenant.change("policy_set", **hours[5], signature=before)) == "bad_signature"
    assert said(tenant.change("policy_set", key, **hours[5])) == "tenant.changed"


def test_a_signature_counts_once_also_where_it_switches_signatures_on(system):
    tenant = Tenant(system)
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    for person, key in zip((tenant.admin, tenant.owner), keys):
        assert said(tenant.set_key(person, key)) == "tenant.changed"
    on = told_by(tenant, signed_decisions=True)
    signature = jws(keys[0], **on, iat=int(time.time()))
    assert said(tenant.change("policy_set", **on, signature=signature)) == "tenant.changed"
    assert said(tenant.change("policy_set", **on, exact_changes=True)) == "tenant.changed"
    assert said(tenant.change("policy_set", **on, signature=signature)) == "bad_signature"


def test_what_asks_for_more_needs_none(guarded):
    stricter = {"by": guarded.admin.principal, "signed_decisions": True, "max_duration": "PT3H", "exact_changes": True}
    assert said(guarded.change("policy_set", **stricter)) == "tenant.changed"
    assert said(guarded.change("policy_set", guarded.keys[0], **{**stricter, "max_duration": "PT4H"})) == "tenant.changed"
    assert said(guarded.change("contacts_set", alternate_emails=["SOC@contoso.example", "more@contoso.example"])) == "tenant.changed"


def test_signatures_are_switched_on_where_people_can_sign(system):
    tenant = Tenant(system)
    on = {"by": tenant.admin.principal, "signed_decisions": True}
    assert said(tenant.change("policy_set", **on)) == "keys_missing"
    tenant.set_key(tenant.owner, Ed25519PrivateKey.generate())
    assert said(tenant.change("policy_set", **on)) == "keys_missing"  # of an administrator
    tenant.set_key(tenant.admin, Ed25519PrivateKey.generate())
    assert said(tenant.change("policy_set", **on, approvals_needed=2)) == "keys_missing"
    assert said(tenant.change("policy_set", **on)) == "tenant.changed"


def test_a_new_key_is_its_holders_alone(system):
    tenant, key = Tenant(system), Ed25519PrivateKey.generate()
    owner = tenant.owner
    for wrong in (None, proof(Ed25519PrivateKey.generate(), tenant.id, owner.id), proof(key, "another", owner.id),
                  proof(key, tenant.id, tenant.approver.id), jws(key, tenant_id=tenant.id, principal_id=owner.id)):
        assert said(tenant.set_key(owner, key, proof=wrong)) == "bad_key"
    assert said(tenant.set_key(owner, key)) == "tenant.changed"
    assert said(tenant.set_key(tenant.approver, key)) == "bad_key"
    assert said(tenant.change("approver_key_set", subscription_id=None, principal_id=owner.id, public_key=None,
                              by=owner.principal)) == "tenant.changed"
    assert said(tenant.set_key(tenant.approver, key)) == "bad_key"  # it was another person's


def test_a_point_of_small_order_is_no_key(system):
    """Under it a signature of zeros holds for every eighth message, at least: nobody has signed them."""
    tenant = Tenant(system)
    neutral = {**jwk(Ed25519PrivateKey.generate()), "x": base64url(bytes([1] + [0] * 31))}
    header = base64url(b'{"alg":"EdDSA"}')
    payload = base64url(f'{{"tenant_id":"{tenant.id}","principal_id":"{tenant.owner.id}","iat":1}}'.encode())
    forged = f"{header}.{payload}.{base64url(bytes([1] + [0] * 63))}"
    assert said(tenant.set_key(tenant.owner, Ed25519PrivateKey.generate(), public_key=neutral, proof=forged)) == "bad_key"

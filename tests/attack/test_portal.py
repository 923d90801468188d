"""Whoever has taken over the portal, with its Kafka login and its database, opens nothing where decisions are signed."""
import time

import pytest

from support.passkey import Passkey
from support.scenario import Person, Tenant


@pytest.fixture(scope="module")
def signing(system):
    """Its administrator and its owner have passkeys, and decisions are signed."""
    tenant = Tenant(system)
    tenant.passkeys = {tenant.admin: Passkey(), tenant.owner: Passkey()}
    for person, passkey in tenant.passkeys.items():
        assert tenant.change("approver_key_set", subscription_id=None, principal_id=person.id, public_key=passkey.jwk,
                             proof=passkey.proof(tenant.id, person.id), by=person.principal).kind == "tenant.changed"
    assert tenant.change("policy_set", by=tenant.admin.principal, signed_decisions=True).kind == "tenant.changed"
    return tenant


def test_it_says_yes_in_nobody_s_name(signing):
    """Unsigned, by a key of its own, by what the owner signed for another request, and by a page of its own origin."""
    request, other, mine = signing.request(), signing.request(), Passkey()
    owner = signing.passkeys[signing.owner]
    stolen = owner.signed(other, decision="approve")
    lured = Passkey(owner.rp_id, ("https://evil.example",), owner.key).signed(request, decision="approve")
    for more in ({}, {"assertion": mine.signed(request, decision="approve")}, {"assertion": stolen}, {"assertion": lured}):
        assert request.decide("approve", **more) == "bad_signature"
    assert not request.check().allowed
    assert other.decide("approve", assertion=stolen) == "applied"  # what was signed holds, and for that alone


def test_it_gives_nobody_a_key_or_a_role(signing):
    """Another key in the owner's place, a first one for the approver, and an approver of its own."""
    mine, eve = Passkey(), Person.new("eve")
    for person in (signing.owner, signing.approver):
        told = {"principal_id": person.id, "public_key": mine.jwk, "proof": mine.proof(signing.id, person.id), "by": person.principal}
        for signature in ({}, {"signature": mine.sign(tenant_id=signing.id, **told, iat=int(time.time()))}):
            assert signing.change("approver_key_set", subscription_id=None, **told, **signature).data["reason"] == "bad_signature"
    for role, subscription in (("owner", signing.subscription), ("global_administrator", None)):
        refused = signing.change("role_assigned", subscription_id=subscription, principal=eve.principal, role=role)
        assert refused.data["reason"] == "bad_signature"


def test_it_turns_nothing_off(signing):
    by = signing.admin.principal
    for change, data in (("lockbox_disabled", {}), ("subscription_removed", {}), ("policy_set", {"signed_decisions": False}),
                         ("policy_set", {"signed_decisions": True, "auto_approve": [{"action": "get_pod_logs"}]})):
        assert signing.change(change, by=by, **data).data["reason"] == "bad_signature"
    assert signing.request().first.request["signed_decisions"]

"""Passkeys on the real workers: registered, signed with for decisions and for changes, and refused where anything differs."""
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from support.passkey import PRESENT, VERIFIED, Passkey
from support.scenario import Tenant
from support.signing import base64url, from_base64url, jwk, proof, signed

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def said(answer) -> str:
    return answer.data.get("reason") or answer.kind


def register(tenant, person, passkey, **data):
    return tenant.change("approver_key_set", subscription_id=None, **{
        "principal_id": person.id, "public_key": passkey.jwk, "proof": passkey.proof(tenant.id, person.id), "by": person.principal,
        **data})


@pytest.fixture(scope="module")
def signing(system):
    """A tenant whose administrator and owner sign with passkeys, and must."""
    tenant = Tenant(system)
    tenant.passkeys = Passkey(), Passkey(origins=("https://lockbox.contoso.example", "https://other.contoso.example:8443"))
    for person, passkey in zip((tenant.admin, tenant.owner), tenant.passkeys):
        assert said(register(tenant, person, passkey)) == "tenant.changed"
    assert said(tenant.change("policy_set", by=tenant.admin.principal, signed_decisions=True, max_duration="PT4H")) == "tenant.changed"
    return tenant


def test_a_lifecycle_signed_with_a_passkey(signing):
    passkey = signing.passkeys[1]
    request = signing.request(actions=[{"action": "get_pod_logs", "namespace": "openshift-ingress"},
                                       {"action": "list_or_get_objects", "kind": "Node"}])
    assert request.decide("approve") == "bad_signature"
    assert request.decide("approve", actions=[1], duration="PT1H", assertion=passkey.signed(
        request, decision="approve", actions=[1], duration="PT1H")) == "applied"
    assert [item["kept"] for item in request.event("approved").request["actions"]] == [True, False]
    assert request.check().allowed
    assert request.decide("revoke", assertion=passkey.signed(request, decision="approve")) == "bad_signature"
    assert request.decide("revoke", assertion=passkey.signed(request, decision="revoke")) == "applied"
    request.await_access_end()


def broken(passkey: Passkey, request) -> dict:
    """What an assertion of an approval may not be."""
    payload = json.dumps({"request_id": request.id, "digest": request.first.request["digest"], "decision": "approve",
                          "iat": int(time.time()), "by": request.tenant.owner.id}).encode()
    good = passkey.touch(payload)
    return {
        "of another request": passkey.signed(request.tenant.request(), decision="approve"),
        "of another decision": passkey.signed(request, decision="deny"),
        "of fewer items": passkey.signed(request, decision="approve", actions=[1]),
        "of somebody else": passkey.signed(request, decision="approve", by="somebody"),
        "by another key": passkey.touch(payload, signs=Passkey()),
        "for another relying party": Passkey("other.example", key=passkey.key).touch(payload),
        "on a page of another origin": passkey.touch(payload, origin="https://evil.example"),
        "on a page whose origin begins like it": passkey.touch(payload, origin=passkey.origins[0] + ".evil.example"),
        "in a frame": passkey.touch(payload, crossOrigin=True),
        "at registration": passkey.touch(payload, type="webauthn.create"),
        "for another challenge": passkey.touch(payload, challenge=base64url(bytes(32))),
        "without a challenge": passkey.touch(payload, challenge=None),
        "by nobody who was there": passkey.touch(payload, flags=VERIFIED),
        "by who was not verified": passkey.touch(payload, flags=PRESENT),
        "with another payload": good | {"payload": base64url(payload + b" ")},
        "with another counter": good | {"authenticator_data": good["authenticator_data"][:-2] + "zz"},
        "with padding": good | {"signature": good["signature"] + "="},
        "with no signature": good | {"signature": ""},
        "with no client data": good | {"client_data_json": ""},
    }


def test_what_differs_is_no_signature(signing):
    """The request has waited, and is approved by the one that is right, by a page in no frame and of the other origin."""
    request, passkey = signing.request(), signing.passkeys[1]
    wrong = broken(passkey, request)
    sent = {what: request.submit("approve", assertion=assertion) for what, assertion in wrong.items()}
    verdicts = {what: request.judged(decision).data["verdict"] for what, decision in sent.items()}
    assert verdicts == {what: "bad_signature" for what in wrong}
    good = passkey.touch(json.dumps({"request_id": request.id, "digest": request.first.request["digest"], "decision": "approve",
                                     "iat": 1, "by": signing.owner.id}).encode(), origin=passkey.origins[1], crossOrigin=None)
    assert request.decide("approve", assertion=good) == "applied"


def test_both_forms_at_once_are_malformed(signing, system):
    request, passkey = signing.request(), signing.passkeys[1]
    both = {"assertion": passkey.signed(request, decision="approve"),
            "signature": signed(Ed25519PrivateKey.generate(), request, decision="approve")}
    event = request.submit("approve", **both)
    letter = system.deadletters.wait_for(lambda it: it.value and event.encode() in it.value, "its dead letter")
    assert dict(letter.headers)["__connect.errors.exception.message"] == b"/data: both signature and assertion"
    assert request.decide("approve", signature=both["signature"]) == "bad_signature"  # of the other kind of key
    assert request.decide("approve", assertion=both["assertion"]) == "applied"


def test_a_bad_key_is_refused(system):
    tenant, passkey = Tenant(system), Passkey()
    owner = tenant.owner
    for wrong in ({"y": passkey.jwk["x"]}, {"y": None}, {"rp_id": None}, {"origins": None}, {"origins": ["http://lockbox.contoso.example"]},
                  {"origins": ["https://lockbox.other.example"]}, {"rp_id": "other.example"}, {"crv": "P-384"}, {"kty": "OKP"}):
        public_key = {name: it for name, it in {**passkey.jwk, **wrong}.items() if it is not None}
        assert said(register(tenant, owner, passkey, public_key=public_key)) == "bad_key", wrong
    for wrong in (None, passkey.proof(tenant.id, tenant.admin.id), passkey.proof("another", owner.id),
                  Passkey().proof(tenant.id, owner.id), passkey.touch(b"{}"),
                  passkey.sign(tenant_id=tenant.id, principal_id=owner.id)):
        assert said(register(tenant, owner, passkey, proof=wrong)) == "bad_key", wrong
    assert said(register(tenant, owner, passkey)) == "tenant.changed"
    assert said(register(tenant, tenant.approver, passkey)) == "bad_key"  # it is another person's


def test_a_passkey_at_localhost(system):
    tenant = Tenant(system)
    passkey = Passkey("localhost", ("http://localhost:8080",))
    assert said(register(tenant, tenant.owner, passkey)) == "tenant.changed"
    request = tenant.request()
    assert request.decide("approve", assertion=passkey.signed(request, decision="approve")) == "applied"


def test_a_change_is_signed_with_a_passkey(signing):
    """And counts once, also where the signature is written in its other form: (r, -s) is as good as (r, s)."""
    admin = signing.passkeys[0]
    data = {"tenant_id": signing.id, "subscription_id": signing.subscription, "by": signing.admin.principal, "signed_decisions": True,
            "max_duration": "PT6H"}
    unsigned = {name: it for name, it in data.items() if name not in ("tenant_id", "subscription_id")}
    assert said(signing.change("policy_set", **unsigned)) == "bad_signature"
    assert said(signing.change("policy_set", **unsigned, signature=signing.passkeys[1].sign(**data, iat=int(time.time())))) == "bad_signature"
    signature = admin.sign(**data, iat=int(time.time()))
    assert said(signing.change("policy_set", **unsigned, signature=signature)) == "tenant.changed"
    assert said(signing.change("policy_set", **{**unsigned, "max_duration": "PT4H"})) == "tenant.changed"
    r, s = decode_dss_signature(from_base64url(signature["signature"]))
    other = signature | {"signature": base64url(encode_dss_signature(r, P256_ORDER - s))}
    for again in (signature, other):
        assert said(signing.change("policy_set", **unsigned, signature=again)) == "bad_signature"


def test_another_key_in_its_place(signing):
    """A key is replaced by one of the other kind, with the signature of the key before."""
    key, owner, passkey = Ed25519PrivateKey.generate(), signing.owner, signing.passkeys[1]
    data = {"tenant_id": signing.id, "principal_id": owner.id, "public_key": jwk(key), "proof": proof(key, signing.id, owner.id),
            "by": owner.principal}
    signature = passkey.sign(**data, iat=int(time.time()))
    assert said(signing.change("approver_key_set", subscription_id=None, **{**data, "tenant_id": signing.id},
                               signature=signature)) == "tenant.changed"
    request = signing.request()
    assert request.decide("approve", assertion=passkey.signed(request, decision="approve")) == "bad_signature"
    assert request.decide("approve", signature=signed(key, request, decision="approve")) == "applied"

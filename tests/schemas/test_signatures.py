"""docs/signatures.md: its vector is the examples', its verifier runs from the page, and C agrees with both."""

import base64
import copy
import hashlib
import json
import re
import subprocess
import sys

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import EXAMPLES, SCHEMAS, example_files, example_id, read_json

sys.path.insert(0, str(SCHEMAS.parent / "tests"))
from support.passkey import Passkey  # noqa: E402

PAGE = SCHEMAS.parent / "docs" / "signatures.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(?:json|text)? ?(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
ROWS = re.findall(r"^\| ([\w.\[\] ]+) \| `([0-9a-f]{8})` \| (.*?) ?\|$", TEXT, re.MULTILINE)

VERIFIER = {}
exec(compile(BLOCKS["python"], str(PAGE), "exec"), VERIFIER)

KEY, REQUEST = json.loads(BLOCKS["key"]), json.loads(BLOCKS["request"])
SIGNATURE = "".join(BLOCKS["signature"].split())
DECISION = json.loads(BLOCKS["decision"]) | {"signature": SIGNATURE}


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(payload, header='{"alg":"EdDSA"}', key=KEY):
    text = encoded(header.encode()) + "." + encoded(payload.encode())
    return text + "." + encoded(Ed25519PrivateKey.from_private_bytes(decoded(key["d"])).sign(text.encode()))


def verified(request, decision, key):
    try:
        return VERIFIER["verify"](request, decision, key)
    except (InvalidSignature, ValueError, KeyError):
        return False


def judged(check_signature, request, decision, key):
    told = {"tenant_id": "t", "principal_id": "p", "public_key": {name: it for name, it in key.items() if name != "d"},
            "by": {"id": "p", "email": "p@contoso.example", "name": "P"}}
    (answer,) = check_signature([{"request": request, "decision": decision, "key": told}])
    return {"good": True, "bad": False}[answer]


# ---- passkeys ----

PASSKEY = Passkey("contoso.example", ("https://lockbox.contoso.example",))  # another one, of the same page
VECTOR_KEY, VECTOR = json.loads(BLOCKS["passkey"]), json.loads(BLOCKS["passkey_decision"])


def test_the_passkey_s_vector_is_the_examples():
    submitted = read_json(EXAMPLES / "lockbox.decision.submitted.v1" / "valid-assertion.json")
    registered = read_json(EXAMPLES / "lockbox.tenant.approver_key_set.v1" / "valid-passkey.json")
    assert (VECTOR, VECTOR_KEY) == (submitted["data"], registered["data"]["public_key"])
    assert decoded(VECTOR["assertion"]["payload"]).decode() == BLOCKS["passkey_payload"].strip()
    assert decoded(VECTOR["assertion"]["client_data_json"]).decode() == BLOCKS["client_data"].strip()
    challenge = hashlib.sha256(BLOCKS["passkey_payload"].strip().encode()).digest()
    assert json.loads(BLOCKS["client_data"])["challenge"] == encoded(challenge)


def test_the_passkey_s_vector_holds(check_signature):
    assert verified(REQUEST, VECTOR, VECTOR_KEY) is True
    assert judged(check_signature, REQUEST, VECTOR, VECTOR_KEY)
    for key in (KEY, PASSKEY.jwk):
        assert not verified(REQUEST, VECTOR, key)
        assert not judged(check_signature, REQUEST, VECTOR, key)


POINT = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04")  # SubjectPublicKeyInfo of P-256 (RFC 5480), uncompressed


@pytest.mark.parametrize(("damage", "says"), [(0, "Verified OK\n"), (1, "Verification failure\n")])
def test_openssl_verifies_the_passkey_s_vector(tmp_path, damage, says):
    """As the page says it: the key as SubjectPublicKeyInfo, and what is signed in a file."""
    assertion = {name: decoded(it) for name, it in VECTOR["assertion"].items()}
    signed_bytes = bytearray(assertion["authenticator_data"] + hashlib.sha256(assertion["client_data_json"]).digest())
    signed_bytes[-1] ^= damage
    files = {"key.der": POINT + decoded(VECTOR_KEY["x"]) + decoded(VECTOR_KEY["y"]), "signature.der": assertion["signature"],
             "signed": signed_bytes}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    [command] = re.findall(r"^openssl dgst .*$", TEXT, re.MULTILINE)
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (says, damage)


PASSKEY_PAYLOAD = BLOCKS["passkey_payload"].strip().encode()
TOUCHES = {
    "well": ({}, True),
    "another origin": ({"origin": "https://lockbox.other.example"}, False),
    "the origin with a slash": ({"origin": "https://lockbox.contoso.example/"}, False),
    "in a frame": ({"crossOrigin": True}, False),
    "no word of frames": ({"crossOrigin": None}, True),
    "registration": ({"type": "webauthn.create"}, False),
    "another challenge": ({"challenge": encoded(bytes(32))}, False),
    "not verified": ({"flags": 0x01}, False),
    "not present": ({"flags": 0x04}, False),
    "backed up": ({"flags": 0x1d}, True),
    "by another key": ({"signs": Passkey()}, False),
}


@pytest.mark.parametrize("what", TOUCHES)
def test_what_a_browser_and_an_authenticator_say(check_signature, what):
    changes, good = TOUCHES[what]
    decision = VECTOR | {"assertion": PASSKEY.touch(PASSKEY_PAYLOAD, **changes)}
    assert verified(REQUEST, decision, PASSKEY.jwk) is good
    assert judged(check_signature, REQUEST, decision, PASSKEY.jwk) is good


@pytest.mark.parametrize("what", ["decision", "actions", "duration", "digest", "by", "request_id"])
def test_a_passkey_signs_one_decision(check_signature, what):
    other = {"decision": "deny", "actions": [1, 2], "duration": "PT4H", "digest": "0" * 64, "by": "another", "request_id": "another"}
    signed_as = json.loads(PASSKEY_PAYLOAD) | {what: other[what]}
    decision = VECTOR | {"assertion": PASSKEY.sign(**signed_as)}
    assert not verified(REQUEST, decision, PASSKEY.jwk)
    assert not judged(check_signature, REQUEST, decision, PASSKEY.jwk)


# ---- the page ----


def test_the_verifier_is_short():
    assert len(BLOCKS["python"].splitlines()) < 60


def test_the_vector_is_the_examples():
    created = read_json(EXAMPLES / "lockbox.request.created.v1" / "valid-two-signed-approvals.json")
    submitted = read_json(EXAMPLES / "lockbox.decision.submitted.v1" / "valid-signed.json")
    registered = read_json(EXAMPLES / "lockbox.tenant.approver_key_set.v1" / "valid-set.json")
    assert REQUEST == created["data"]["request"]
    assert DECISION == submitted["data"]
    assert registered["data"]["public_key"] == {name: KEY[name] for name in ("kty", "crv", "x")}
    assert registered["data"]["principal_id"] == DECISION["by"]["id"]


def test_the_bytes_are_the_digest_s():
    absent = [text for _, length, text in ROWS if length == "ffffffff"]
    assert absent and set(absent) == {""}
    parts = [bytes.fromhex(length) + text.encode() for _, length, text in ROWS]
    assert [len(text.encode()) for _, length, text in ROWS if length != "ffffffff"] == [
        int(length, 16) for _, length, _ in ROWS if length != "ffffffff"]
    assert f"{len(b''.join(parts))} bytes in all" in TEXT
    assert hashlib.sha256(b"".join(parts)).hexdigest() == BLOCKS["digest"].strip()


def test_the_digest(consent_digest):
    """Of the vector: by the page's words, by its verifier, and by what Lockbox runs."""
    assert BLOCKS["digest"].strip() == REQUEST["digest"] == VERIFIER["digest"](REQUEST)
    assert consent_digest([REQUEST]) == [REQUEST["digest"]]


def test_the_signature_is_the_key_s():
    """Ed25519 signs the same bytes to the same signature always (RFC 8032)."""
    assert signed(BLOCKS["payload"].strip()) == SIGNATURE
    assert encoded(Ed25519PrivateKey.from_private_bytes(decoded(KEY["d"])).public_key().public_bytes_raw()) == KEY["x"]


def test_the_payload_has_the_page_s_members():
    table = TEXT[TEXT.index("Its payload:") : TEXT.index("Lockbox finds the key")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(json.loads(BLOCKS["payload"]))


# ---- the digest ----

FIRST = [path for path in example_files("valid") if path.parent.name.startswith("lockbox.request.")
         and read_json(path)["data"]["request"]["version"] == 1]
LATER = [path for path in example_files("valid") if path.parent.name.startswith("lockbox.request.")
         and read_json(path)["data"]["request"]["version"] > 1]


@pytest.mark.parametrize("path", FIRST, ids=example_id)
def test_digest_of_a_first_event(consent_digest, path):
    request = read_json(path)["data"]["request"]
    assert consent_digest([request]) == [VERIFIER["digest"](request)] == [request["digest"]]


@pytest.mark.parametrize("path", LATER, ids=example_id)
def test_digest_stays(path):
    """starts_at is the one asked for, or that of the approval: the digest knows only the first."""
    request = read_json(path)["data"]["request"]
    as_asked = {name: value for name, value in request.items() if name != "starts_at"}
    assert request["digest"] in (VERIFIER["digest"](request), VERIFIER["digest"](as_asked))


COVERED = {
    "request_id": lambda r: r.update(request_id="019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"),
    "tenant_id": lambda r: r.update(tenant_id="another"),
    "no tenant_id": lambda r: r.pop("tenant_id"),
    "subscription_id": lambda r: r.update(subscription_id="another"),
    "ticket_id": lambda r: r.update(ticket_id="another"),
    "engineer's id": lambda r: r["engineer"].update(id="another"),
    "engineer's e-mail": lambda r: r["engineer"].update(email="a@b"),
    "organization": lambda r: r["engineer"].update(organization="another"),
    "resource_id": lambda r: r.update(resource_id="another"),
    "one action less": lambda r: r["actions"].pop(),
    "a number": lambda r: r["actions"][0].update(number=4),
    "an action": lambda r: r["actions"][0].update(action="another"),
    "a namespace": lambda r: r["actions"][0].update(namespace="another"),
    "a namespace more": lambda r: r["actions"][2].update(namespace=""),
    "a kind": lambda r: r["actions"][1].update(kind="Secret"),
    "a name": lambda r: r["actions"][1].update(name="another"),
    "kind and name exchanged": lambda r: r["actions"][1].update(kind="etcd-master-1", name="Pod"),
    "justification": lambda r: r.update(justification="another"),
    "an empty justification": lambda r: r.update(justification=""),
    "reason_code": lambda r: r.update(reason_code="ETCD"),
    "duration": lambda r: r.update(duration="PT4H0.000001S"),
    "starts_at": lambda r: r.update(starts_at="2026-11-24T09:00:00.000000Z"),
    "decide_by": lambda r: r.update(decide_by="2026-11-28T07:40:12.118404Z"),
    "a container": lambda r: r["actions"][0].update(container="etcd"),
    "a uid": lambda r: r["actions"][1].update(uid="5f0c"),
    "approvals_needed": lambda r: r.update(approvals_needed=1),
    "no approvals_needed": lambda r: r.pop("approvals_needed"),
    "signed_decisions": lambda r: r.update(signed_decisions=False),
    "no signed_decisions": lambda r: r.pop("signed_decisions"),
    "version 1": lambda r: r.pop("digest_version"),
}
NOT_COVERED = {
    "state, version and what came of it": lambda r: r.update(
        state="approved", version=3, granted_duration="PT2H", decisions=[
            {"by": {"id": "policy"}, "decision": "approve", "at": "2026-11-24T08:05:33.641090Z"}]),
    "kept": lambda r: r["actions"][1].update(kept=False),
    "engineer's name": lambda r: r["engineer"].update(name="another"),
    "approvers": lambda r: r.update(approvers=[], alternate_emails=[]),
    "opened_by": lambda r: r.pop("opened_by"),
}


def changed(whole, change):
    result = copy.deepcopy(whole)
    change(result)
    assert result != whole
    return result


@pytest.mark.parametrize("what", COVERED)
def test_digest_covers(consent_digest, what):
    request = changed(REQUEST, COVERED[what])
    assert consent_digest([request]) == [VERIFIER["digest"](request)]
    assert VERIFIER["digest"](request) != REQUEST["digest"]
    assert not verified(request, DECISION, KEY)


@pytest.mark.parametrize("what", NOT_COVERED)
def test_digest_does_not_cover(consent_digest, what):
    request = changed(REQUEST, NOT_COVERED[what])
    assert consent_digest([request]) == [VERIFIER["digest"](request)] == [REQUEST["digest"]]


def test_version_1_stays_valid(consent_digest, check_signature):
    """Its digest ends with decide_by, and its signature may leave out who signed."""
    first = {name: value for name, value in REQUEST.items() if name != "digest_version"}
    first["digest"] = VERIFIER["digest"](first)
    assert first["digest"] == "2b6f7932781ad0cdbf3d91d03f4076d690453f6c1ec9b78b7f1545e9e0bd36e4"
    assert consent_digest([first]) == [first["digest"]]
    for by in (None, DECISION["by"]["id"]):
        decision = DECISION | {"signature": signed(payload(digest=first["digest"], by=by))}
        assert verified(first, decision, KEY)
        assert judged(check_signature, first, decision, KEY)


# ---- the signature ----


def payload(**changes):
    members = json.loads(BLOCKS["payload"]) | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}, separators=(",", ":"))


ANOTHER = KEY | {"d": encoded(bytes(range(32)))}
HEADER, PAYLOAD, MARK = SIGNATURE.split(".")
TAMPERED = {
    "another decision": {"decision": "deny"},
    "an item more": {"actions": [1, 2, 3]},
    "an item less": {"actions": [1]},
    "items in another order": {"actions": [3, 1]},
    "no item": {"actions": []},
    "every item": {"actions": None},
    "a longer grant": {"duration": "PT3H"},
    "the whole grant": {"duration": None},
    "another signature": {"signature": ".".join([HEADER, PAYLOAD, "A" + MARK[1:]])},
    "another payload": {"signature": ".".join([HEADER, encoded(payload(iat=1).encode()), MARK])},
    "another header": {"signature": ".".join([encoded(b'{"alg": "EdDSA"}'), PAYLOAD, MARK])},
    "half a signature": {"signature": ".".join([HEADER, PAYLOAD, MARK[:43]])},
    "two parts": {"signature": ".".join([HEADER, PAYLOAD])},
    "no parts": {"signature": ""},
    "somebody else's key": {"signature": signed(payload(), key=ANOTHER)},
    "no algorithm": {"signature": signed(payload(), header='{"alg":"none"}')},
    "a demand in the header": {"signature": signed(payload(), header='{"alg":"EdDSA","crit":["b64"],"b64":false}')},
    "signed for another request": {"signature": signed(payload(request_id="019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"))},
    "signed over another digest": {"signature": signed(payload(digest="0" * 64))},
    "signed without a digest": {"signature": signed(payload(digest=None))},
    "signed by somebody else": {"signature": signed(payload(by="another"))},
    "signed by nobody": {"signature": signed(payload(by=None))},
    "signed as a denial": {"signature": signed(payload(decision="deny"))},
    "signed for every item": {"signature": signed(payload(actions=None))},
    "signed for no item": {"signature": signed(payload(actions=[]))},
    "signed without a duration": {"signature": signed(payload(duration=None))},
}


def test_the_vector_holds(check_signature):
    assert verified(REQUEST, DECISION, KEY) is True
    assert judged(check_signature, REQUEST, DECISION, KEY)


@pytest.mark.parametrize("what", TAMPERED)
def test_tampered(check_signature, what):
    decision = {name: value for name, value in (DECISION | TAMPERED[what]).items() if value is not None}
    assert not verified(REQUEST, decision, KEY)
    assert not judged(check_signature, REQUEST, decision, KEY)


def test_another_key(check_signature):
    public = Ed25519PrivateKey.from_private_bytes(decoded(ANOTHER["d"])).public_key().public_bytes_raw()
    key = KEY | {"x": encoded(public)}
    assert not verified(REQUEST, DECISION, key)
    assert not judged(check_signature, REQUEST, DECISION, key)


def test_another_request_s_decision(check_signature):
    """Lockbox looks the request up by the decision's request_id; a reader is given both, and has to compare them."""
    another = {"request_id": "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"}
    assert not verified(REQUEST, DECISION | another, KEY)
    own = DECISION | another | {"signature": signed(payload(**another))}
    assert not verified(REQUEST, own, KEY)
    assert not judged(check_signature, REQUEST, own, KEY)


@pytest.mark.parametrize("change", [
    {"comment": "Whatever you need."},
    {"comment": None},
    {"by": DECISION["by"] | {"name": "another", "email": "a@b"}},
    {"signature": signed(payload(iat=1))},
    {"signature": signed(payload(), header='{"typ":"JWT","kid":"1","alg":"EdDSA"}')},
    {"signature": signed(payload(more="members"))},
], ids=["comment", "no comment", "name and e-mail", "signed at another time", "more in the header", "more in the payload"])
def test_not_covered(check_signature, change):
    decision = {name: value for name, value in (DECISION | change).items() if value is not None}
    assert verified(REQUEST, decision, KEY)
    assert judged(check_signature, REQUEST, decision, KEY)


@pytest.mark.parametrize("decision", [
    {"decision": "approve"},
    {"decision": "approve", "actions": []},
    {"decision": "deny"},
    {"decision": "revoke"},
    {"decision": "acknowledge"},
], ids=json.dumps)
def test_every_decision_can_be_signed(check_signature, decision):
    said = {"request_id": REQUEST["request_id"], "by": DECISION["by"]} | decision
    of_it = {"request_id": REQUEST["request_id"], "digest": REQUEST["digest"], "iat": 1795507533,
             "by": DECISION["by"]["id"]} | decision
    said["signature"] = signed(json.dumps(of_it))
    assert verified(REQUEST, said, KEY)
    assert judged(check_signature, REQUEST, said, KEY)

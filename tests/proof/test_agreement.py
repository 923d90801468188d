"""Three verifiers of an export that share no code, given the same odd and forged exports: all three say the same of each, and what it should be."""
import base64
import contextlib
import copy
import importlib.util
import hashlib
import io
import json
import sys

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from support.browser import Browser
from support.passkey import Passkey
from support.signing import base64url, digest_of, from_base64url, jwk
from support.translog import Signer, leaf_bytes, leaf_hash, path_of, root_of
from support.waiting import wait_until

from conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/verify.html").read_text()
VERIFIER = REPOSITORY / "docs/verify_export.py"
EXAMPLES = REPOSITORY / "schemas/examples"
TENANT = "6f1d3c1e-7a52-4e0b-9d2b-0c5f1a9e7c11"
STRUCTURED = [(b"content-type", b"application/cloudevents+json")]
EVENTS, DECISIONS = "lockbox.events.v1", "lockbox.decisions.v1"
ANN, BOB = ({"id": f"{name}-1", "email": f"{name}@contoso.example", "name": name.title()} for name in ("ann", "bob"))
KEY, PASSKEY = Ed25519PrivateKey.generate(), Passkey()
LOG_KEY = Ed25519PrivateKey.generate()


def event(type_: str, id_: str, subject: str, data: dict, **more) -> dict:
    return {"specversion": "1.0", "id": id_, "source": "/lockbox/test", "type": f"lockbox.{type_}.v1", "subject": subject,
            "time": "2026-11-24T07:00:00.000000Z", "datacontenttype": "application/json", **more, "data": data}


def jws_of(payload: bytes, header: bytes = b'{"alg":"EdDSA"}') -> str:
    signing = f"{base64url(header)}.{base64url(payload)}"
    return f"{signing}.{base64url(KEY.sign(signing.encode()))}"


class Case:
    """An export of one request that two people approved, the one by a JWS, the other by a passkey, with its parts to bend."""

    def __init__(self):
        example = json.loads((EXAMPLES / "lockbox.request.created.v1/valid-two-signed-approvals.json").read_text())
        self.created = example | {"id": "created-1", "causationid": "ask-1"}
        self.request = self.created["data"]["request"]
        self.keys = {it["id"]: event("tenant.changed", f"key-{it['id']}", TENANT, {
            "tenant_id": TENANT, "change": "approver_key_set", "principal_id": it["id"], "public_key": key, "by": it,
            "at": "2026-11-24T06:00:00.000000Z"}) for it, key in ((ANN, jwk(KEY)), (BOB, PASSKEY.jwk))}
        self.said = {it["id"]: {"request_id": self.request["request_id"], "decision": "approve", "iat": 1795507533, "by": it["id"]} for it in (ANN, BOB)}
        self.decisions = {it["id"]: event("decision.submitted", f"decision-{it['id']}", self.request["request_id"], {
            "request_id": self.request["request_id"], "decision": "approve", "by": it}) for it in (ANN, BOB)}
        self.judged = {it["id"]: event("decision.judged", f"judged-{it['id']}", self.request["request_id"], {
            "request_id": self.request["request_id"], "tenant_id": TENANT, "decision": "approve", "verdict": verdict, "by": it,
            "at": "2026-11-24T08:00:00.000000Z"}, causationid=f"decision-{it['id']}") for it, verdict in ((ANN, "recorded"), (BOB, "applied"))}
        self.client, self.flags = {}, 0x05
        self.more: list[tuple] = []  # further records: topic, partition, key, headers, value
        self.bytes_of_created = lambda octets: octets

    def data(self, person: dict) -> dict:
        return self.decisions[person["id"]]["data"]

    def digest(self, **other) -> None:
        self.request["digest"] = digest_of(self.request | other)

    def payload(self, person: dict = ANN) -> bytes:
        return json.dumps({"digest": self.request["digest"], **self.said[person["id"]]}, ensure_ascii=False).encode()

    def sign(self) -> None:
        self.data(ANN)["signature"] = jws_of(self.payload(ANN))
        self.data(BOB)["assertion"] = PASSKEY.touch(self.payload(BOB), flags=self.flags, **self.client)

    def told(self) -> list[tuple]:
        """topic, partition, key, headers, value: as Kafka has them."""
        rows = [(EVENTS, 0, it["subject"], it) for it in self.keys.values()]
        rows += [(EVENTS, 1, it["subject"], it) for it in (self.created, *self.judged.values())]
        rows += [(DECISIONS, 1, it["data"]["request_id"], it) for it in self.decisions.values()]
        bent = lambda it: self.bytes_of_created(json.dumps(it).encode()) if it is self.created else json.dumps(it).encode()
        return [*[(topic, partition, str(key).encode(), STRUCTURED, bent(it)) for topic, partition, key, it in rows], *self.more]


def packed(headers) -> bytes:
    out = len(headers).to_bytes(4)
    for pair in headers:
        for it in pair:
            out += b"\xff" * 4 if it is None else len(it).to_bytes(4) + it
    return out


def export_of(records) -> dict[str, bytes]:
    """Names and bytes of an export of these records, in order; each is the next one of its log."""
    logs: dict[tuple, list[bytes]] = {}
    for topic, partition, key, headers, value in records:
        leaves = logs.setdefault((topic, partition), [])
        leaves.append(leaf_bytes(topic, partition, len(leaves), 1795507533000, key, packed(headers), value))
    manifest = {"format": "lockbox-export/1", "made_at": "2026-11-25T00:00:00.000000Z", "origin": "t/x", "records": len(records), "logs": [
        {"topic": topic, "partition": partition, "base": 0, "origin": f"t/x/{topic}/{partition}", "size": len(leaves), "records": len(leaves)}
        for (topic, partition), leaves in logs.items()]}
    files = {"manifest.json": json.dumps(manifest).encode(), "vkeys.txt": b""}
    for (topic, partition), leaves in logs.items():
        signer = Signer(f"t/x/{topic}/{partition}", key=LOG_KEY)
        hashes = [leaf_hash(it) for it in leaves]
        note = signer.checkpoint(len(leaves), root_of(hashes))
        files["vkeys.txt"] += f"{signer.verifier.vkey}\n".encode()
        files[f"checkpoints/{topic}/{partition}.txt"] = note.encode()
        for offset, leaf in enumerate(leaves):
            proof = [f"index {offset}", *(base64.b64encode(it).decode() for it in path_of(offset, hashes))]
            files[f"records/{topic}/{partition}/{offset:020}.leaf"] = leaf
            files[f"records/{topic}/{partition}/{offset:020}.tlog-proof"] = "\n".join(["c2sp.org/tlog-proof@v1", *proof, "", note]).encode()
    return files


@pytest.fixture(scope="module")
def verifier():
    spec = importlib.util.spec_from_file_location("verify_export", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    with Browser() as browser:
        yield browser.open(PAGE, 360)


def by_lockboxctl(bare, folder) -> tuple[str, str]:
    done = bare("audit", "verify", folder)
    if done.returncode != 0:
        return "wrong", done.stdout + done.stderr
    hold = [line.split() for line in done.stdout.splitlines() if "signatures of decisions hold" in line]
    hold = hold[0] if hold else ["0"]
    return f"right {hold[0]} {hold[6] if len(hold) > 6 else 0}", done.stdout


def by_python(verifier, monkeypatch, folder) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "argv", ["verify_export", str(folder)])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = verifier.main()
    if code:
        return "wrong", err.getvalue()
    words = out.getvalue().rpartition("; ")[2].split()
    return f"right {words[0]} {words[3] if len(words) > 3 else 0}", out.getvalue()


def by_page(page, files) -> tuple[str, str]:
    held = json.dumps({name: base64.b64encode(it).decode() for name, it in files.items()})
    page.run("window.said = null")
    page.run(f"verify(new Map(Object.entries({held}).map(([name, it]) => [name, Uint8Array.from(atob(it), c => c.charCodeAt(0))])), null, async () => {{}})"
             ".then(it => { window.said = `right ${it.signatures.hold} ${it.signatures.unknown}`; },"
             " error => { window.said = `wrong: ${error.file}: ${error.message}`; }); 0")
    said = wait_until(lambda: page.run("window.said"), "the page has looked", 120)
    return said.split(":")[0], said


RIGHT, WRONG = "right 2 0", "wrong"
OTHER_ID = "01a20c7f-0000-7f7e-b0e5-021544f4834b"
OTHER_KEY = jwk(Ed25519PrivateKey.generate())
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ORDER_OF_25519 = 2**252 + 27742317777372353535851937790883648493
NEUTRAL = b"\x01" + bytes(31)


# What Ann signs: a JWS

def said(**members):
    """Members of what Ann signs; None: left out. What her decision says is the same."""
    def bend(case):
        case.said["ann-1"] = {name: it for name, it in (case.said["ann-1"] | members).items() if it is not None}
        case.sign()
        case.data(ANN).update({name: it for name, it in members.items() if name in ("actions", "duration", "decision")})
    return bend


def signs(change, header: bytes = b'{"alg":"EdDSA"}', **decision):
    """The bytes that Ann signs, bent."""
    def bend(case):
        case.sign()
        case.data(ANN).update(signature=jws_of(change(case.payload()), header), **decision)
    return bend


def headed(header: bytes):
    return signs(lambda payload: payload, header)


def jws(change):
    def bend(case):
        case.sign()
        case.data(ANN)["signature"] = change(case.data(ANN)["signature"])
    return bend


def with_other_last_bits(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def in_base64(text: str) -> str:
    head, payload, signature = text.split(".")
    return f"{head}.{payload}.{base64.b64encode(from_base64url(signature)).decode()}"


def with_order_added(text: str) -> str:
    signing, _, signature = text.rpartition(".")
    raw = from_base64url(signature)
    return f"{signing}.{base64url(raw[:32] + (int.from_bytes(raw[32:], 'little') + ORDER_OF_25519).to_bytes(32, 'little'))}"


def member(text: bytes):
    return signs(lambda payload: payload[:-1] + b"," + text + b"}")


SIGNED = {
    "a duration": (RIGHT, said(duration="PT1H")),
    "a duration of another form": (RIGHT, lambda case: (said(duration="PT60M")(case), case.data(ANN).update(duration="PT1H"))),
    "another duration": (WRONG, lambda case: (said(duration="PT2H")(case), case.data(ANN).update(duration="PT1H"))),
    "a duration of months": (WRONG, lambda case: (said(duration="P1M")(case), case.data(ANN).update(duration="PT1H"))),
    "items in another order": (WRONG, lambda case: (said(actions=[3, 1])(case), case.data(ANN).update(actions=[1, 3]))),
    "an item twice": (WRONG, lambda case: (said(actions=[1, 1])(case), case.data(ANN).update(actions=[1]))),
    "no item, and all": (WRONG, lambda case: (said(actions=[])(case), case.data(ANN).pop("actions"))),
    "1.0": (WRONG, signs(lambda it: it[:-1] + b',"actions":[1.0]}', actions=[1])),
    "1e0": (WRONG, signs(lambda it: it[:-1] + b',"actions":[1e0]}', actions=[1])),
    "true": (WRONG, signs(lambda it: it[:-1] + b',"actions":[true]}', actions=[1])),
    "a number as text": (WRONG, signs(lambda it: it[:-1] + b',"actions":["1"]}', actions=[1])),
    "no time": (WRONG, said(iat=None)), "a time as text": (WRONG, said(iat="1795507533")), "half a second": (WRONG, said(iat=1795507533.5)),
    "a time before 1970": (WRONG, said(iat=-1)), "a time of 70 bits": (WRONG, said(iat=2**70)),
    "NaN": (WRONG, signs(lambda it: it.replace(b"1795507533", b"NaN"))),
    "no signer": (WRONG, said(by=None)),
    "another signer": (WRONG, said(by="bob-1")),
    "a signer that looks the same": (WRONG, said(by="ann-1\u200b")),
    "another digest": (WRONG, said(digest="0" * 64)), "a denial": (RIGHT, said(decision="deny")),
    "a member twice": (WRONG, signs(lambda it: b'{"decision":"deny",' + it[1:])),
    "a member twice, escaped": (WRONG, signs(lambda it: b'{"d\\u0065cision":"deny",' + it[1:])),
    "another member": (RIGHT, said(more={"a": [1, {}]})), "spaces": (RIGHT, signs(lambda it: b" \n" + it + b"\t\r\n")),
    "nulls": (RIGHT, member(b'"actions":null,"duration":null')), "another space": (WRONG, signs(lambda it: it + "\u00a0".encode())),
    "a byte order mark": (WRONG, signs(lambda it: b"\xef\xbb\xbf" + it)),
    "UTF-16": (WRONG, signs(lambda it: it.decode().encode("utf-16-le"))),
    "Latin-1": (WRONG, member(b'"x":"\xe9"')), "half a pair": (WRONG, member(b'"x":"\\ud800"')), "a NUL": (WRONG, member(b'"x":"\\u0000"')),
    "more behind": (WRONG, signs(lambda it: it + b"{}")), "an array": (WRONG, signs(lambda it: b"[" + it + b"]")),
    "four parts": (WRONG, jws(lambda it: it + ".e30")), "padding": (WRONG, jws(lambda it: it + "==")),
    "a line break": (WRONG, jws(lambda it: it[:-5] + "\n" + it[-5:])),
    "base64": (WRONG, jws(in_base64)),
    "other last bits": (WRONG, jws(with_other_last_bits)),
    "S plus the order": (WRONG, jws(with_order_added)), "an empty signature": (WRONG, jws(lambda _: "")),
    "no algorithm": (WRONG, headed(b'{"alg":"none"}')), "another algorithm": (WRONG, headed(b'{"alg":"Ed25519"}')),
    "an algorithm twice": (WRONG, headed(b'{"alg":"none","alg":"EdDSA"}')),
    "crit": (WRONG, headed(b'{"alg":"EdDSA","crit":["b64"],"b64":false}')),
    "crit null": (RIGHT, headed(b'{"alg":"EdDSA","crit":null}')),
    "more in the header": (RIGHT, headed(b'{"typ":"JWT","alg":"EdDSA","kid":"x"}')),
    "a header with a byte order mark": (WRONG, headed(b'\xef\xbb\xbf{"alg":"EdDSA"}')),
}


# What Bob signs: an assertion

def touch(flags: int = 0x05, **client):
    def bend(case):
        case.flags, case.client = flags, client
        case.sign()
    return bend


def touched(client=lambda it: it, data=lambda it: it):
    """Client data or authenticator data, bent and signed."""
    def bend(case):
        case.sign()
        assertion = case.data(BOB)["assertion"]
        parts = client(from_base64url(assertion["client_data_json"])), data(from_base64url(assertion["authenticator_data"]))
        signature = PASSKEY.key.sign(parts[1] + hashlib.sha256(parts[0]).digest(), ec.ECDSA(hashes.SHA256()))
        assertion.update(client_data_json=base64url(parts[0]), authenticator_data=base64url(parts[1]), signature=base64url(signature))
    return bend


def der(change):
    def bend(case):
        case.sign()
        assertion = case.data(BOB)["assertion"]
        assertion["signature"] = base64url(change(from_base64url(assertion["signature"])))
    return bend


def with_other_s(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDER_OF_P256 - s)


def a_padded_challenge(case) -> None:
    case.client = {"challenge": base64.urlsafe_b64encode(hashlib.sha256(case.payload(BOB)).digest()).decode()}
    case.sign()


ASSERTED = {
    "crossOrigin": (WRONG, touch(crossOrigin=True)),
    "no crossOrigin": (RIGHT, touch(crossOrigin=None)),
    "crossOrigin 0": (WRONG, touch(crossOrigin=0)),
    "crossOrigin as text": (WRONG, touch(crossOrigin="false")),
    "crossOrigin empty": (WRONG, touch(crossOrigin="")),
    "crossOrigin a list": (WRONG, touch(crossOrigin=[])),
    "a registration": (WRONG, touch(type="webauthn.create")),
    "a longer origin": (WRONG, touch(origin="https://lockbox.contoso.example.evil.example")),
    "an origin with a slash": (WRONG, touch(origin="https://lockbox.contoso.example/")),
    "an origin with a port": (WRONG, touch(origin="https://lockbox.contoso.example:443")),
    "an origin in capitals": (WRONG, touch(origin="https://LOCKBOX.contoso.example")),
    "more client data": (RIGHT, touch(topOrigin="https://evil.example")),
    "a padded challenge": (WRONG, a_padded_challenge), "a challenge twice": (WRONG, touched(lambda it: b'{"challenge":"AAAA",' + it[1:])),
    "client data with a byte order mark": (WRONG, touched(lambda it: b"\xef\xbb\xbf" + it)),
    "client data in UTF-16": (WRONG, touched(lambda it: it.decode().encode("utf-16"))),
    "client data and more": (WRONG, touched(lambda it: it + b" x")),
    "nobody there": (WRONG, touch(4)),
    "nobody verified": (WRONG, touch(1)),
    "a new key's data": (WRONG, touch(0x45)),
    "backed up": (RIGHT, touch(0x1D)),
    "extensions that are not there": (WRONG, touch(0x85)),
    "more data": (WRONG, touched(data=lambda it: it + b"\0")),
    "less data": (WRONG, touched(data=lambda it: it[:33])),
    "extensions": (RIGHT, touched(data=lambda it: it[:32] + b"\x85" + it[33:] + b"\xa0")),
    "counter 0": (RIGHT, touched(data=lambda it: it[:33] + bytes(4))),
    "the other s": (RIGHT, der(with_other_s)),
    "DER with a long length": (WRONG, der(lambda it: b"\x30\x81" + it[1:])),
    "DER and more": (WRONG, der(lambda it: it + b"\0")),
    "DER with a zero more": (WRONG, der(lambda it: bytes([0x30, it[1] + 1, 2, it[3] + 1, 0]) + it[4:])),
    "no DER": (WRONG, der(lambda it: b"".join(number.to_bytes(32) for number in decode_dss_signature(it)))),
}


# Keys

def key(person: dict, **members):
    def bend(case):
        case.sign()
        case.keys[person["id"]]["data"].update(members)
    return bend


def another_key(first: bool = False, at: str = "2026-11-24T06:00:00.000000Z", public_key=OTHER_KEY):
    """One more registration for Ann; before or behind hers in the log."""
    def bend(case):
        case.sign()
        more = copy.deepcopy(case.keys["ann-1"]) | {"id": "key-more"}
        more["data"].update(public_key=public_key, at=at)
        case.keys = {"more": more, **case.keys} if first else {**case.keys, "more": more}
    return bend


def a_key_of_two(case) -> None:
    case.sign()
    case.keys["bob-1"]["data"]["public_key"] = jwk(KEY)
    case.data(BOB).pop("assertion")
    case.data(BOB)["signature"] = jws_of(case.payload(BOB))


def a_key_under_which_anybody_signs(case) -> None:
    case.sign()
    case.keys["ann-1"]["data"]["public_key"] = {"kty": "OKP", "crv": "Ed25519", "x": base64url(NEUTRAL)}
    signing = case.data(ANN)["signature"].rpartition(".")[0]
    case.data(ANN)["signature"] = f"{signing}.{base64url(NEUTRAL + bytes(32))}"


def two_first_keys_of_a_second(case) -> None:
    another_key(at="2026-11-24T06:00:00Z")(case)
    case.keys["ann-1"]["data"]["at"] = "2026-11-24T06:00:00.500000Z"


KEYS = {
    "none": ("right 1 1", key(ANN, public_key=None)), "another person's": (WRONG, key(ANN, public_key=OTHER_KEY)),
    "registered later": ("right 1 1", key(ANN, at="2026-11-24T08:00:00.000001Z")),
    "registered then": (RIGHT, key(ANN, at="2026-11-24T08:00:00.000000Z")),
    "another of the same time, later in the log": (WRONG, another_key()),
    "another of the same time, earlier in the log": (RIGHT, another_key(first=True)),
    "replaced before": (WRONG, another_key(at="2026-11-24T07:00:00.000000Z")),
    "replaced behind": (RIGHT, another_key(at="2026-11-24T09:00:00.000000Z")),
    "removed before": ("right 1 1", another_key(at="2026-11-24T07:00:00.000000Z", public_key=None)),
    "a whole second": (RIGHT, two_first_keys_of_a_second),
    "another zone": (RIGHT, key(ANN, at="2026-11-24T09:00:00.000000+02:00")), "of two": (WRONG, a_key_of_two),
    "of small order": (WRONG, a_key_under_which_anybody_signs),
    "a passkey's x": (WRONG, key(ANN, public_key=PASSKEY.jwk | {"x": jwk(KEY)["x"]})),
    "another curve": (WRONG, key(ANN, public_key=jwk(KEY) | {"crv": "X25519"})), "another kind": (WRONG, key(BOB, public_key=jwk(KEY))),
    "no origins": (WRONG, key(BOB, public_key={name: it for name, it in PASSKEY.jwk.items() if name != "origins"})),
    "origins as text": (WRONG, key(BOB, public_key=PASSKEY.jwk | {"origins": PASSKEY.origins[0]})),
    "another rp_id": (WRONG, key(BOB, public_key=PASSKEY.jwk | {"rp_id": "evil.example"})),
    "an x too long": (WRONG, key(ANN, public_key=jwk(KEY) | {"x": jwk(KEY)["x"] + "AA"})),
}


# Decisions and verdicts

def decided(person: dict, change):
    """What a person decided, bent behind their back."""
    def bend(case):
        case.sign()
        change(case.data(person))
    return bend


def same_id(change=lambda it: it, first: bool = True, partition: int = 1, topic_key: str | None = None):
    """One more decision with the id of Ann's, unsigned: before hers, or behind."""
    def bend(case):
        case.sign()
        more = copy.deepcopy(case.decisions["ann-1"])
        more["data"].pop("signature")
        more = change(more) or more
        if partition == 1 and not topic_key:
            case.decisions = {"more": more, **case.decisions} if first else {**case.decisions, "more": more}
        else:
            value = more if isinstance(more, bytes) else json.dumps(more).encode()
            case.more = [(DECISIONS, partition, (topic_key or case.request["request_id"]).encode(), STRUCTURED, value)]
    return bend


def judged(**members):
    def bend(case):
        case.sign()
        case.judged["ann-1"]["data"].update(members)
        case.judged["ann-1"]["subject"] = case.judged["ann-1"]["data"]["request_id"]
    return bend


def judged_again(**members):
    def bend(case):
        case.sign()
        case.judged["more"] = case.judged["ann-1"] | members
    return bend


def binary(more: list = (), content_type: bytes = b"application/json"):
    def bend(case):
        case.sign()
        it = case.decisions.pop("ann-1")
        headers = [(b"content-type", content_type), *((b"ce_" + name.encode(), str(value).encode()) for name, value in it.items() if not name.startswith("data")), *more]
        case.more = [(DECISIONS, 1, it["data"]["request_id"].encode(), headers, json.dumps(it["data"]).encode())]
    return bend


def encoded(encode):
    def bend(case):
        case.sign()
        it = case.decisions.pop("ann-1")
        case.more = [(DECISIONS, 1, it["data"]["request_id"].encode(), STRUCTURED, encode(json.dumps(it)))]
    return bend


def junk(topic: str, *values):
    def bend(case):
        case.sign()
        case.more = [(topic, 0, b"x", STRUCTURED, value) for value in values]
    return bend


DECIDED = {
    "as it was": (RIGHT, lambda case: case.sign()), "no signature": (WRONG, decided(ANN, lambda it: it.pop("signature"))),
    "both kinds": ("right 1 0", lambda case: (case.sign(), case.data(ANN).update(assertion=case.data(BOB)["assertion"]))),
    "an empty assertion": ("right 1 0", decided(BOB, lambda it: it.update(assertion={}))),
    "half an assertion": ("right 1 0", decided(BOB, lambda it: it["assertion"].pop("client_data_json"))),
    "nulls": (RIGHT, decided(ANN, lambda it: it.update(actions=None, duration=None, comment=None, assertion=None))),
    "more of the signer": (RIGHT, decided(ANN, lambda it: it.update(by=ANN | {"picture": "x"}))),
    "a signer without an address": ("right 1 0", decided(ANN, lambda it: it.update(by={"id": "ann-1"}))),
    "another signer": ("right 1 0", judged(by=BOB)),
    "another request": ("right 1 0", judged(request_id=OTHER_ID)),
    "a verdict that counts for nothing": ("right 1 0", judged(verdict="bad_signature")),
    "a verdict twice": (RIGHT, judged_again()), "a verdict under two ids": (RIGHT, judged_again(id="judged-more")),
    "a decision twice": (RIGHT, lambda case: (case.sign(), case.decisions.update(more=copy.deepcopy(case.decisions["ann-1"])))),
    "one JWS for two": (WRONG, lambda case: (a_key_of_two(case), case.data(BOB).update(signature=case.data(ANN)["signature"]))),
    "the id again, before": (RIGHT, same_id()),
    "the id again, behind": (RIGHT, same_id(first=False)),
    "the id again, in another partition": (RIGHT, same_id(partition=0)),
    "the id on another request": (RIGHT, same_id(lambda it: it["data"].update(request_id=OTHER_ID))),
    "the id under another key": (RIGHT, same_id(partition=0, topic_key="x")),
    "the id of another type": (RIGHT, same_id(lambda it: it.update(type="lockbox.access.performed.v1"), partition=0)),
    "the id of no decision": (RIGHT, same_id(lambda it: it["data"].update(decision="perhaps"), partition=0)),
    "the id twice in an event": (RIGHT, same_id(lambda it: b'{"id":"x",' + json.dumps(it).encode()[1:], partition=0)),
    "binary mode": (RIGHT, binary()),
    "a header twice": ("right 1 0", binary([(b"ce_id", b"other")])),
    "both modes": ("right 1 0", binary(content_type=b"application/cloudevents+json")),
    "UTF-16": ("right 1 0", encoded(lambda it: it.encode("utf-16"))),
    "a byte order mark": ("right 1 0", encoded(lambda it: b"\xef\xbb\xbf" + it.encode())),
    "no decisions": (RIGHT, junk(DECISIONS, b"", None, b"null", b"[]", b"{", b"\xff", b'"x"', b'{"data":1}', b"[" * 100000, b'{"id":"decision-ann-1","data":{"by":[]}}')),
    "no events": (RIGHT, junk(EVENTS, b"", None, b"null", b"[]", b"{", b"\xff", b'{"data":[]}', b'{"type":1,"data":{}}', b'{"data":{"request":null}}')),
    "an event that says little": (WRONG, junk(EVENTS, b'{"id":"1","type":"lockbox.request.created.v1","subject":"x","data":{"request":null}}')),
}


# Requests

def asked(digest: bool = True, **members):
    """The request's members; its digest is theirs."""
    def bend(case):
        case.request.update(members)
        if digest:
            case.digest()
        case.sign()
    return bend


def told_again(version: int, **members):
    """One more event of the request, with the digest of what it says."""
    def bend(case):
        case.sign()
        more = copy.deepcopy(case.created) | {"id": "created-more"}
        more["data"]["request"].update(members, version=version)
        more["data"]["request"]["digest"] = digest_of(more["data"]["request"])
        case.judged["more"] = more
    return bend


def version_1(**members):
    def bend(case):
        case.request.pop("digest_version")
        case.digest()
        case.said["ann-1"] = {name: it for name, it in (case.said["ann-1"] | members).items() if it != ""}
        case.sign()
    return bend


def begun(case) -> None:
    told_again(2)(case)
    case.judged["more"]["data"]["request"]["starts_at"] = "2026-11-24T08:00:00.000000Z"


def later_items(case) -> None:
    """Version 2 has the first one's digest, and asks for something else."""
    told_again(2)(case)
    case.judged["more"]["data"]["request"]["actions"][1]["name"] = "etcd-master-2"


def changes(is_: str, was: str | None = None):
    """Content whose digest is that of `was`, and which is written as `is_`."""
    def bend(case):
        case.request["actions"][1].update(action="update_object", kind="ConfigMap", content={
            "normal_form": 1, "api_version": "v1", "digest": "0" * 64, "previous_digest": "1" * 64, "changes": [{"path": "/data", "after": json.loads(was or is_)}]})
        case.digest()
        case.sign()
        case.request["actions"][1]["content"]["changes"][0]["after"] = "PLACE"
        case.bytes_of_created = lambda octets: octets.replace(b'"PLACE"', is_.encode())
    return bend


def doubled(octets: bytes) -> bytes:
    return octets.replace(b'"justification":', b'"justification": "other", "justification":')


NAMES = r'{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7, "__proto__": 8, "constructor": 9}'
REQUESTS = {
    "signs that hide": (RIGHT, asked(justification="\u202e\u2066\u200b\u00a0\ufeff\U0001f600\u0085\u2028 \t")),
    "an empty text": (RIGHT, asked(justification="")),
    "e and an accent": (WRONG, lambda case: (case.request.update(justification="e\u0301"), case.digest(justification="\u00e9"), case.sign())),
    "half a pair": ("right 0 0", lambda case: (asked(justification="\ufffd")(case), case.request.update(justification="\ud800"))),
    "items in another order": (WRONG, lambda case: (case.request["actions"].reverse(), case.sign())),
    "an item less": (WRONG, lambda case: (case.request["actions"].pop(), case.sign())),
    "more of an item": (RIGHT, lambda case: (case.request["actions"][0].update(level="all"), case.sign())),
    "nulls": (RIGHT, lambda case: ([it.update(content=None, container=None, uid=None) for it in case.request["actions"]], asked(False, starts_at=None, reason_code=None)(case))),
    "signed_decisions null": (RIGHT, lambda case: (case.request.update(signed_decisions=None), case.digest(signed_decisions=False), case.sign())),
    "signed_decisions as text": (WRONG, asked(False, signed_decisions="true")),
    "approvals as text": (WRONG, asked(False, approvals_needed="2")),
    "approvals 2.0": (WRONG, asked(False, approvals_needed=2.0)),
    "a number as text": (WRONG, lambda case: (case.request["actions"][0].update(number="1"), case.sign())),
    "a digest in capitals": (WRONG, lambda case: (case.request.update(digest=case.request["digest"].upper()), case.sign())),
    "no digest": ("right 0 0", lambda case: (case.sign(), case.request.pop("digest"))),
    "a digest null": ("right 0 0", lambda case: (case.sign(), case.request.update(digest=None))),
    "version as text": (WRONG, lambda case: (case.sign(), case.request.update(version="1"))),
    "version 1.0": (WRONG, lambda case: (case.sign(), case.request.update(version=1.0))),
    "digest_version as text": (WRONG, asked(False, digest_version="2")),
    "digest_version 3": (WRONG, asked(False, digest_version=3)),
    "digest version 1": (RIGHT, version_1()),
    "digest version 1, no signer": (RIGHT, version_1(by="")), "digest version 1, a signer null": (RIGHT, version_1(by=None)),
    "twice": (RIGHT, told_again(1)),
    "twice, and another": (WRONG, told_again(1, justification="other")),
    "another version": (RIGHT, told_again(2)),
    "a version that asks for something else": (WRONG, told_again(2, justification="other")),
    "a version with the first one's digest": (WRONG, later_items),
    "a version that began": (RIGHT, begun),
    "a member twice": ("right 0 0", lambda case: (case.sign(), setattr(case, "bytes_of_created", doubled))),
    "numbers": (RIGHT, changes("[1e21, 0.1, 1.5, -0.0, 1e-7, 123456789012345680000.0, 5e-324, 1e-400]")), "names": (RIGHT, changes(NAMES)),
    "1 for 1.0": (RIGHT, changes("1.0", "1")),
    "1 for 1e0": (RIGHT, changes("1e0", "1")),
    "0 for -0": (RIGHT, changes("-0", "0")),
    "2^53 + 1": (WRONG, changes("9007199254740993", "9007199254740992.0")),
    "an endless number": ("right 0 0", changes("1e400", "null")), "a name twice": ("right 0 0", changes('{"a": 2, "a": 1}', '{"a": 1}')),
    "a name twice, escaped": ("right 0 0", changes(r'{"\u0061": 2, "a": 1}', '{"a": 1}')),
    "half a pair in content": ("right 0 0", changes(r'"\ud800"', r'"\ufffd"')),
    "escapes": (RIGHT, changes(r'"\u0061\/"', '"a/"')), "null": (RIGHT, changes("null")), "another value": (WRONG, changes("1", "2")),
}


# Files

def manifest(change):
    def bend(files):
        told = json.loads(files["manifest.json"])
        change(told)
        files["manifest.json"] = json.dumps(told).encode()
    return bend


def logs(**members):
    return manifest(lambda told: told["logs"][0].update(members))


LOG = f"{DECISIONS}/1"


def note(change):
    """The checkpoint of a log, wherever it is."""
    def bend(files):
        before = files[f"checkpoints/{LOG}.txt"]
        after = change(before.decode()).encode()
        files.update({name: it.replace(before, after) for name, it in files.items() if not name.endswith(".leaf")})
    return bend


def resigned(change):
    """The checkpoint's text bent, and signed by the log's key."""
    def bend(told: str) -> str:
        text, signer = change(told.rpartition("\n\n")[0] + "\n"), Signer(f"t/x/{LOG}", key=LOG_KEY)
        return f"{text}\n{signer.line(text)}"
    return note(bend)


def signed_too(name: str):
    return note(lambda told: told + Signer(name).line(told.rpartition("\n\n")[0] + "\n"))


def with_a_line_that_does_not_hold(told: str) -> str:
    before, _, made = told.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(made))
    raw[-1] ^= 1
    return f"{told}{before.rpartition(chr(10))[2]} {base64.b64encode(bytes(raw)).decode()}\n"


def proof(change):
    def bend(files):
        name = f"records/{LOG}/{0:020}.tlog-proof"
        files[name] = change(files[name].decode()).encode()
    return bend


def vkeys(change):
    def bend(files):
        files["vkeys.txt"] = change(files["vkeys.txt"].decode()).encode()
    return bend


def with_other_bits_of_root(text: str) -> str:
    name, size, root = text.rstrip("\n").split("\n")
    return f"{name}\n{size}\n{root[:-2]}{chr(ord(root[-2]) + 1)}=\n"


FILES = {
    "records": (WRONG, manifest(lambda told: told.update(records=1))),
    "records 7.0": (WRONG, lambda files: files.update({"manifest.json": files["manifest.json"].replace(b'"records": 7', b'"records": 7.0')})),
    "a log's records": (WRONG, logs(records=99)),
    "a size as text": (WRONG, logs(size="2")),
    "another size": (WRONG, logs(size=9)),
    "a base as text": (WRONG, logs(base="0")),
    "another origin": (WRONG, logs(origin="other")),
    "a log twice": (WRONG, manifest(lambda told: told["logs"].append(told["logs"][0]))),
    "no log": (WRONG, manifest(lambda told: told.update(logs=[]))),
    "a member twice": (WRONG, lambda files: files.update({"manifest.json": b'{"records": 1, ' + files["manifest.json"][1:]})),
    "another member": (RIGHT, manifest(lambda told: told.update(more=1))),
    "a byte order mark": (WRONG, note(lambda told: "\ufeff" + told)),
    "CRLF": (WRONG, note(lambda told: told.replace("\n", "\r\n"))),
    "no line break": (WRONG, note(lambda told: told.rstrip("\n"))),
    "another dash": (WRONG, note(lambda told: told.replace("\u2014", "-"))),
    "four words": (WRONG, note(lambda told: told.rstrip("\n") + " more\n")),
    "junk": (WRONG, note(lambda told: told + "junk\n")),
    "another signer, too": (RIGHT, signed_too("somebody.example/else")),
    "another key, too": (RIGHT, signed_too(f"t/x/{LOG}")),
    "a second line that does not hold": (RIGHT, note(with_a_line_that_does_not_hold)),
    "a line more": (WRONG, resigned(lambda text: text + "more\n")), "02": (WRONG, resigned(lambda text: text.replace("\n2\n", "\n02\n"))),
    "a root too short": (WRONG, resigned(lambda text: "\n".join([*text.split("\n")[:2], "AAAA", ""]))),
    "other bits of a root": (WRONG, resigned(with_other_bits_of_root)),
    "an extra line": (RIGHT, proof(lambda told: told.replace("v1\n", "v1\nextra AAAA\n"))), "00": (WRONG, proof(lambda told: told.replace("index 0", "index 00"))),
    "a hash more": (WRONG, proof(lambda told: told.replace("index 0\n", "index 0\n" + "A" * 43 + "=\n"))),
    "more behind": (WRONG, proof(lambda told: told + "x")),
    "keys with CRLF": (RIGHT, vkeys(lambda told: told.replace("\n", "\r\n"))),
    "keys with spaces": (RIGHT, vkeys(lambda told: "\n" + told.replace("\n", " \n ") + "\n \n")),
    "keys with a comment": (RIGHT, vkeys(lambda told: "# mine\n" + told)),
    "another name of a key": (WRONG, vkeys(lambda told: told.replace("t/x/", "other/"))),
    "no keys": (WRONG, vkeys(lambda _: "")),
    "a witness's key": (WRONG, vkeys(lambda told: told + Signer("w.example/1", 4).verifier.vkey + "\n")),
    "a checkpoint more": (WRONG, lambda files: files.update({"checkpoints/lockbox.events.v1/9.txt": b"x"})),
    "no checkpoint": (WRONG, lambda files: files.pop(f"checkpoints/{LOG}.txt")),
    "a file more": (WRONG, lambda files: files.update({"records/x": b"x"})),
}
GROUPS = {"signed": SIGNED, "asserted": ASSERTED, "key": KEYS, "decided": DECIDED, "request": REQUESTS}
CASES = {f"{group}: {name}": row for group, rows in GROUPS.items() for name, row in rows.items()}


def said_of(bare, verifier, page, monkeypatch, folder, files) -> dict[str, tuple[str, str]]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return {"lockboxctl": by_lockboxctl(bare, folder), "verify_export.py": by_python(verifier, monkeypatch, folder), "verify.html": by_page(page, files)}


@pytest.mark.parametrize(("says", "bend"), CASES.values(), ids=CASES.keys())
def test_all_say_the_same_of_what_is_in_it(bare, verifier, page, monkeypatch, tmp_path, says, bend):
    case = Case()
    bend(case)
    found = said_of(bare, verifier, page, monkeypatch, tmp_path, export_of(case.told()))
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(found, says), found


@pytest.mark.parametrize(("says", "bend"), FILES.values(), ids=FILES.keys())
def test_all_say_the_same_of_its_files(bare, verifier, page, monkeypatch, tmp_path, says, bend):
    case = Case()
    case.sign()
    files = export_of(case.told())
    bend(files)
    found = said_of(bare, verifier, page, monkeypatch, tmp_path, files)
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(found, says), found

"""What an export of a request proves of who agreed to what: signatures of both kinds, the keys they are checked with, and the content."""
import base64
import copy
import hashlib
import importlib.util
import json
import subprocess
import sys

import pytest
from support.browser import Browser
from support.content import content_of
from support.hostile import TURNED
from support.passkey import Passkey
from support.scenario import LOGS, Tenant
from support.signing import signed
from support.translog import Signer, leaf_bytes, leaf_hash, path_of, root_of
from support.waiting import wait_until

from conftest import REPOSITORY, await_signed
from test_verify_page import verdict

VERIFIER = REPOSITORY / "docs/verify_export.py"
PAGE = (REPOSITORY / "docs/verify.html").read_text()
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "router", "namespace": "openshift-ingress"}, "data": {"a": "1"}}
EXACT = {"action": "update_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "router",
         "content": content_of({**CONFIG, "data": {"a": TURNED, "z": 0.1, "b": 1e21}}, CONFIG)}


@pytest.fixture(scope="module")
def request_(system, store):
    """Approved by two: a passkey's holder, and one with an Ed25519 key."""
    tenant, passkey = Tenant(system), Passkey()
    assert tenant.change("approver_key_set", subscription_id=None, principal_id=tenant.owner.id, public_key=passkey.jwk,
                         proof=passkey.proof(tenant.id, tenant.owner.id), by=tenant.owner.principal).kind == "tenant.changed"
    _, key = tenant.sign_decisions(tenant.approver, approvals_needed=2)
    request = tenant.request(actions=[LOGS, EXACT])
    assert request.decide("approve", assertion=passkey.signed(request, decision="approve")) == "recorded"
    assert request.decide("approve", by=tenant.approver, signature=signed(key, request, decision="approve", by=tenant.approver.id)) == "applied"
    request.event("approved")
    await_signed(system, store)
    return request


@pytest.fixture(scope="module")
def export(ctl, request_, tmp_path_factory):
    path = tmp_path_factory.mktemp("consent") / "export.tar"
    done = ctl("audit", "export", "--request", request_.id, "--out", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def verifier():
    spec = importlib.util.spec_from_file_location("verify_export", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def events(verifier, export):
    files = verifier.files_of(export)
    leaves = [verifier.fields_of(files[name]) for name in sorted(files) if name.endswith(".leaf")]
    return [[leaf[0], verifier.event_of(leaf[5], leaf[6])] for leaf in leaves]


@pytest.fixture(scope="module")
def page():
    with Browser() as browser:
        yield browser.open(PAGE, 360)


def by_page(page, events) -> str:
    """What the page says of the events: the numbers, or what is wrong."""
    page.run("window.said = null")
    page.run(f"check_consent({json.dumps(events)}).then((it) => {{ window.said = `${{it.hold}} ${{it.unknown}}`; }},"
             " (error) => { window.said = error.message; }); 0")
    return wait_until(lambda: page.run("window.said"), "the page has looked")


def by_python(verifier, events) -> str:
    try:
        return "%d %d" % verifier.check_consent(events)
    except verifier.Wrong as error:
        return str(error)


def by_lockboxctl(bare, verifier, export, events, folder) -> subprocess.CompletedProcess:
    """What lockboxctl says of an export with these events in the place of its own. Its logs are made anew around them, and signed by
    another key, whose verifier keys stand in it: nothing is wrong with the logs."""
    files, key = verifier.files_of(export), None
    manifest, leaves = json.loads(files["manifest.json"]), {}
    stems = [name[:-5] for name in sorted(files) if name.endswith(".leaf")]
    for stem, (topic, event) in zip(stems, events, strict=True):
        _, partition, offset, ms, key_, _, _ = verifier.fields_of(files[stem + ".leaf"])
        leaves.setdefault((topic, partition), {})[offset] = leaf_bytes(topic, partition, offset, ms, key_, bytes(4), json.dumps(event).encode())
    made = {"manifest.json": files["manifest.json"], "vkeys.txt": b""}
    for log in manifest["logs"]:
        topic, partition, base = log["topic"], log["partition"], log["base"]
        signer = Signer(log["origin"], key=key)
        key = signer.key
        hashes = [hashlib.sha256(b"another record %d" % index).digest() for index in range(log["size"])]
        for offset, leaf in leaves[topic, partition].items():
            hashes[offset - base] = leaf_hash(leaf)
        note = signer.checkpoint(log["size"], root_of(hashes))
        made["vkeys.txt"] += f"{signer.verifier.vkey}\n".encode()
        made[f"checkpoints/{topic}/{partition}.txt"] = note.encode()
        for offset, leaf in leaves[topic, partition].items():
            proof = [f"index {offset - base}", *(base64.b64encode(it).decode() for it in path_of(offset - base, hashes))]
            made[f"records/{topic}/{partition}/{offset:020}.leaf"] = leaf
            made[f"records/{topic}/{partition}/{offset:020}.tlog-proof"] = "\n".join(["c2sp.org/tlog-proof@v1", *proof, "", note]).encode()
    for name, content in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return bare("audit", "verify", folder)


def test_all_verifiers_say_who_signed(bare, export, page):
    done = bare("audit", "verify", export)
    assert done.returncode == 0 and "\n2 signatures of decisions hold\n" in done.stdout, done.stdout + done.stderr
    done = subprocess.run([sys.executable, VERIFIER, export, "--show"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.rstrip().endswith("; 2 signatures hold"), done.stderr
    assert 'item 2 after: "user\\u202e\\u2066// check' in done.stdout
    kind, words = verdict(page, export)
    assert kind == "as-far" and ", 2 signatures of decisions: all is right" in words
    shown = page.run("document.querySelector('.changes').textContent")
    assert 'item 2, at "/data/a"' in shown and r"\u202e\u2066// check" in shown and shown.isascii()


def test_the_keys_of_who_decided_are_there(events, request_):
    keys = [event["data"]["principal_id"] for _, event in events if event["data"].get("change") == "approver_key_set"]
    assert sorted(keys) == sorted([request_.tenant.owner.id, request_.tenant.approver.id])


def of(events, kind: str) -> list[dict]:
    return [event["data"] for _, event in events if event["type"] == f"lockbox.{kind}.v1"]


def other_change(events) -> None:
    of(events, "request.created")[0]["request"]["actions"][1]["content"]["changes"].pop()


def other_item(events) -> None:
    for decision in of(events, "decision.submitted"):
        decision["actions"] = [1]


def other_signer(events) -> None:
    keys = [it for it in of(events, "tenant.changed") if it["change"] == "approver_key_set"]
    passkey = next(it for it in keys if it["public_key"]["kty"] == "EC")
    passkey["public_key"] = Passkey().jwk


def other_page(events) -> None:
    for it in of(events, "tenant.changed"):
        it["public_key"] |= {"origins": ["https://evil.example"]}


def no_signature(events) -> None:
    of(events, "decision.submitted")[0].pop("signature", None)
    of(events, "decision.submitted")[0].pop("assertion", None)


def other_bytes(text: str) -> str:
    """A signature in base64url, of which the last byte is another."""
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def other_jws(events) -> None:
    decision = next(it for it in of(events, "decision.submitted") if "signature" in it)
    signed_, _, signature = decision["signature"].rpartition(".")
    decision["signature"] = f"{signed_}.{other_bytes(signature)}"


def other_assertion(events) -> None:
    assertion = next(it["assertion"] for it in of(events, "decision.submitted") if "assertion" in it)
    assertion["signature"] = other_bytes(assertion["signature"])


@pytest.mark.parametrize(("change", "says", "lockboxctl_says"), [
    (other_change, "is not what its digest says", None), (other_item, "the signature is over another actions", "the signature is over something else"),
    (other_signer, "the signature does not hold", None), (other_page, "the passkey signed for another page", "no signature can be checked with the signer's key"),
    (no_signature, "is not signed", None), (other_jws, "the signature does not hold", None), (other_assertion, "the signature does not hold", None)])
def test_what_is_not_as_it_was_signed_is_seen(bare, verifier, page, export, events, tmp_path, change, says, lockboxctl_says):
    bent = copy.deepcopy(events)
    change(bent)
    ours, theirs = by_python(verifier, bent), by_page(page, bent)
    assert says in ours.replace("it is not", "is not") and says in theirs, (ours, theirs)
    done = by_lockboxctl(bare, verifier, export, bent, tmp_path)
    [row] = [line for line in done.stdout.splitlines() if (lockboxctl_says or says) in line]
    named = [it["request"]["request_id"] for it in of(events, "request.created")] if change is other_change else [
        event["id"] for _, event in events if event["type"] == "lockbox.decision.submitted.v1"]
    assert done.returncode == 1 and any(it in row for it in named), done.stdout + done.stderr


def test_what_says_nothing_is_not_read(verifier, page, events):
    """null is as absent, and a member that Lockbox does not know as if it were not there."""
    told = copy.deepcopy(events)
    for decision in of(told, "decision.submitted"):
        decision["by"]["picture"] = "https://contoso.example/a.png"
        for name in ("signature", "assertion", "actions", "duration", "comment"):
            decision.setdefault(name, None)
    assert by_python(verifier, told) == by_page(page, told) == "2 0"


def test_a_key_that_is_not_here_is_counted(bare, verifier, page, export, events, tmp_path):
    keyless = [it for it in events if it[1]["data"].get("change") != "approver_key_set"]
    assert by_python(verifier, keyless) == by_page(page, keyless) == "0 2"
    told = copy.deepcopy(events)
    for it in of(told, "tenant.changed"):
        it["change"] = "role_removed"
    done = by_lockboxctl(bare, verifier, export, told, tmp_path)
    assert done.returncode == 0 and "\n0 signatures of decisions hold; of 2 the key is not here\n" in done.stdout, done.stdout + done.stderr

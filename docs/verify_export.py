#!/usr/bin/env python3
"""Verifies an export of Lockbox's audit store (`lockboxctl audit export`): verify_export.py PATH [--keys VKEYS] [--show]

PATH is the folder or the .tar archive. VKEYS is a file of verifier keys that you were given by somebody you trust, one
a line; without it the keys in the export are used, which proves no more than that the export fits them. --show prints
each record's value, and what each request with content changes. Of every request here the digest is computed again, and each
signature of a decision that counted is checked with the approver's key, where that is here (an export of a request has it):
docs/signatures.md. Needs the package `cryptography`, and `rfc8785` for content. Exit code 1 where anything is wrong."""
import argparse
import base64
import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


MOST_BYTES, MOST_FILES = 256 << 20, 1_000_000  # of all files together, as they are unpacked

class Wrong(Exception): ...


def seen(text):
    """Nothing in it steers a terminal, hides or turns: whoever made the export chose names and values."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def demand(condition, what):
    if not condition:
        raise Wrong(what)


def files_of(path):
    """Name → bytes of every file; an export of several times the bound goes file by file through lockboxctl."""
    files, left = {}, MOST_BYTES

    def keep(name, size, read):
        nonlocal left
        left -= size
        demand(left >= 0 and len(files) < MOST_FILES, f"more than {MOST_BYTES} bytes or {MOST_FILES} files: lockboxctl audit verify takes it")
        demand(name not in files, "a file is there twice")
        files[name] = read(size)
    if Path(path).is_dir():
        for file in filter(Path.is_file, Path(path).rglob("*")):
            with file.open("rb") as opened:
                keep(str(file.relative_to(path)), file.stat().st_size, opened.read)
        return files
    with tarfile.open(path, "r:") as archive:  # as lockboxctl writes it: what is compressed may be any size
        while member := archive.next():
            archive.members.clear()  # it would remember each
            demand(member.sparse is None, "a file with holes")
            if member.isfile():
                keep(member.name, member.size, archive.extractfile(member).read)
    return files


def root_of(index, size, root, path):
    """Where an inclusion proof leads to from a leaf's hash: RFC 9162, section 2.1.3.2."""
    demand(0 <= index < size, "the index lies outside of the tree")
    fn, sn = index, size - 1
    for sibling in path:
        demand(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "the proof is too short")
    return root


def keys_of(text):
    """The public keys of vkeys: name+id+base64(01, key). One key signs for all logs, in each under the log's name."""
    typed = [base64.b64decode(line.split("+", 2)[2], validate=True) for line in text.split("\n") if line.strip()]
    demand(typed and all(len(key) == 33 and key[0] == 1 for key in typed), "no Ed25519 verifier keys")
    return {key[1:] for key in typed}


def checkpoint_of(note, origin, keys):
    """Size and root of a signed checkpoint (C2SP signed-note, tlog-checkpoint)."""
    text, _, signatures = note.rpartition("\n\n")
    demand(re.fullmatch(r"[^\n]+\n(0|[1-9]\d*)\n[^\n]+", text), "the checkpoint is of another form")
    name, size, root = text.split("\n")
    demand(name == origin, "the checkpoint is of another log")
    ids = {hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]: key for key in keys}
    lines = [line.split(" ") for line in signatures.splitlines()]
    made = [base64.b64decode(line[2], validate=True) for line in lines if line[1] == origin]
    known = [signature for signature in made if signature[:4] in ids]
    demand(known, "no trusted key signed the checkpoint")
    for signature in known:
        Ed25519PublicKey.from_public_bytes(ids[signature[:4]]).verify(signature[4:], (text + "\n").encode())
    return int(size), base64.b64decode(root, validate=True)


def fields_of(leaf):
    """topic, partition, offset, time in ms, key, headers, value."""
    at = 0

    def take(size):
        nonlocal at
        at += size
        demand(at <= len(leaf), "the leaf is too short")
        return leaf[at - size:at]

    def number(size):
        return int.from_bytes(take(size), "big", signed=True)

    def field():
        size = number(4)
        return None if size == -1 else take(size % 2**32)

    head = field().decode(), number(4), number(8), number(8), field()
    headers = [(field(), field()) for _ in range(number(4))]
    value = field()
    demand(at == len(leaf), "the leaf is too long")
    return (*head, headers, value)


def verify_record(stem, leaf, proof, manifest, keys):
    topic, partition, offset, _, _, headers, value = fields_of(leaf)
    demand(stem == f"records/{topic}/{partition}/{offset:020}", "the file holds another record")
    head, _, note = proof.decode().partition("\n\n")
    header, index, *path = head.split("\n")
    demand(header == "c2sp.org/tlog-proof@v1" and re.fullmatch(r"index (0|[1-9]\d*)", index), "the proof is of another form")
    base = offset - int(index[6:])
    origin = f"{manifest['origin']}/{topic}/{partition}" + (f"@{base}" if base else "")
    demand([topic, partition, base] in [[log["topic"], log["partition"], log["base"]] for log in manifest["logs"]],
           "the manifest does not name its log")
    size, root = checkpoint_of(note, origin, keys)
    path = [base64.b64decode(line, validate=True) for line in path]
    demand(all(len(sibling) == 32 for sibling in path), "the proof is of another form")
    leaf_hash = hashlib.sha256(b"\x00" + leaf).digest()
    demand(root_of(offset - base, size, leaf_hash, path) == root, "the record is not the one in the log")
    return topic, headers, value


# ---- what was consented to, and who signed it: docs/signatures.md ----

def event_of(headers, value):
    """A CloudEvent of either mode; {} where it is none."""
    try:
        named = {name.decode().lower(): (it or b"").decode() for name, it in headers}
        binary = "ce_type" in named and not named.get("content-type", "").startswith("application/cloudevents")
        body = json.loads(value or b"null")
        event = {name[3:]: it for name, it in named.items() if name.startswith("ce_")} | {"data": body} if binary else body
        return event if isinstance(event, dict) and isinstance(event.get("data"), dict) else {}
    except ValueError:
        return {}


def canonical(changes):
    import rfc8785
    return rfc8785.dumps(changes)


def digest_of(request):
    def pick(part, names):
        return [part.get(name) for name in names.split()]

    fields = pick(request, "request_id tenant_id subscription_id ticket_id")
    fields += pick(request["engineer"], "id email organization") + [request["resource_id"], len(request["actions"])]
    fields += sum((pick(item, "number action namespace kind name") for item in request["actions"]), [])
    fields += pick(request, "justification reason_code duration starts_at decide_by")
    if request.get("digest_version", 1) >= 2:
        fields += sum((pick(item, "container uid") + pick(item.get("content", {}), "api_version digest previous_digest changes")
                       for item in request["actions"]), [])
        fields += [request.get("approvals_needed"), str(request.get("signed_decisions", False)).lower()]
    fields = [hashlib.sha256(canonical(it)).hexdigest() if isinstance(it, list) else it for it in fields]
    parts = [b"\xff" * 4 if it is None else len(str(it).encode()).to_bytes(4, "big") + str(it).encode() for it in fields]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def payload_of(decision, key):
    """What the key signed, by a JWS or by a passkey."""
    if decision.get("signature"):
        signed, _, signature = decision["signature"].rpartition(".")
        Ed25519PublicKey.from_public_bytes(decoded(key["x"])).verify(decoded(signature), signed.encode())
        header, payload = [decoded(part) for part in signed.split(".")]
        demand(json.loads(header)["alg"] == "EdDSA" and "crit" not in json.loads(header), "the JWS is of another form")
        return json.loads(payload)
    names = "payload client_data_json authenticator_data signature".split()
    payload, client_data, data, signature = [decoded(decision["assertion"][name]) for name in names]
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + decoded(key["x"]) + decoded(key["y"]))
    point.verify(signature, data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
    client = json.loads(client_data)
    demand(client["type"] == "webauthn.get" and decoded(client["challenge"]) == hashlib.sha256(payload).digest(), "the passkey signed something else")
    demand(client["origin"] in key["origins"] and not client.get("crossOrigin"), "the passkey signed for another page")
    demand(data[:32] == hashlib.sha256(key["rp_id"].encode()).digest() and data[32] & 5 == 5, "the passkey did not verify its holder")
    return json.loads(payload)


def check_signature(request, decision, key):
    payload = payload_of(decision, key)
    meant = decision | {"digest": request["digest"], "by": decision["by"]["id"]}
    if request.get("digest_version", 1) < 2:
        payload.setdefault("by", meant["by"])
    for name in "request_id digest decision actions duration by".split():
        demand(payload.get(name) == meant.get(name), f"the signature is over another {name}")


def voter_of(event):
    by = event["data"].get("by")
    return by.get("id") if isinstance(by, dict) else None


def check_consent(events):
    """events: (topic, event). How many signatures hold, and of how many the key is not here."""
    told = [event for topic, event in events if topic.endswith("events.v1")]
    decisions = [event for topic, event in events if topic.endswith("decisions.v1")]
    first = [event["data"].get("request", {}) for event in told if event.get("type", "").startswith("lockbox.request.")]
    requests = {request["request_id"]: request for request in first if request.get("version") == 1 and "digest" in request}
    keys = [event["data"] for event in told if event.get("data", {}).get("change") == "approver_key_set"]
    for request in requests.values():
        demand(digest_of(request) == request["digest"], f"request {request['request_id']}: it is not what its digest says")
    hold = unknown = 0
    for judged in told:
        verdict, cause = judged.get("data", {}).get("verdict"), judged.get("causationid")
        if judged.get("type") != "lockbox.decision.judged.v1" or verdict not in ("applied", "recorded"):
            continue
        request = requests.get(judged["data"]["request_id"])
        decision = next((it["data"] for it in decisions if it.get("id") == cause and voter_of(it) == voter_of(judged)), None)
        if not request or not decision:
            continue
        if not decision.get("signature") and not decision.get("assertion"):
            demand(not request.get("signed_decisions"), f"decision {cause}: it is not signed")
            continue
        known = [it for it in keys if (it["tenant_id"], it["principal_id"]) == (request["tenant_id"], decision["by"]["id"])
                 and it["at"] <= judged["data"]["at"]]
        if not known or not max(known, key=lambda it: it["at"]).get("public_key"):
            unknown += 1
            continue
        try:
            check_signature(request, decision, max(known, key=lambda it: it["at"])["public_key"])
        except InvalidSignature:
            raise Wrong(f"decision {cause}: the signature does not hold") from None
        hold += 1
    return hold, unknown


def show_changes(event):
    """In ASCII, so that nothing hides or turns."""
    for item in event.get("data", {}).get("request", {}).get("actions", []):
        for change in item.get("content", {}).get("changes", []):
            for name in ("path", "before", "after"):
                if name in change:
                    print(f"  item {item['number']} {name}: {json.dumps(change[name])}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--keys", metavar="VKEYS")
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    name = asked.path
    try:
        files = files_of(asked.path)
        manifest = json.loads(files[name := "manifest.json"])
        demand(manifest["format"] == "lockbox-export/1", "the export is of another version")
        keys = keys_of(Path(asked.keys).read_text() if asked.keys else files["vkeys.txt"].decode())
        wanted = {f"checkpoints/{log['topic']}/{log['partition']}.txt": log for log in manifest["logs"]}
        stems = sorted(name[:-5] for name in files if name.startswith("records/") and name.endswith(".leaf"))
        known = {"README.txt", "manifest.json", "vkeys.txt", *wanted, *(s + e for s in stems for e in (".leaf", ".tlog-proof"))}
        demand(set(files) - {"README.txt"} == known - {"README.txt"}, f"missing or foreign: {sorted(set(files) ^ known)}")
        demand(len(stems) == manifest["records"], "the manifest counts other records")
        for name, log in wanted.items():
            demand(checkpoint_of(files[name].decode(), log["origin"], keys)[0] == log["size"], "its size is not the manifest's")
        events = []
        for name in stems:
            topic, headers, value = verify_record(name, files[name + ".leaf"], files[name + ".tlog-proof"], manifest, keys)
            if asked.show:
                print(seen(name), value if value is None else seen(value.decode(errors="replace")))
                show_changes(event_of(headers, value))
            events.append((topic, event_of(headers, value)))
        name = "consent"
        hold, unknown = check_consent(events)
    except (Wrong, InvalidSignature, OSError, tarfile.TarError, RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        print(seen(f"{name}: {error or 'the signature does not hold'}"), file=sys.stderr)
        return 1
    trust = "" if asked.keys else ", as far as vkeys.txt is trusted"
    keyless = f", {unknown} without a key here" if unknown else ""
    print(f"{len(stems)} records of {len(wanted)} logs: all is right{trust}; {hold} signatures hold{keyless}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

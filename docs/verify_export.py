#!/usr/bin/env python3
"""Verifies an export of Lockbox's audit store (`lockboxctl audit export`): verify_export.py PATH [--keys VKEYS] [--show]

PATH is the folder or the .tar archive. VKEYS is a file of verifier keys that you were given by somebody you trust, one
a line; without it the keys in the export are used, which proves no more than that the export fits them. --show prints
each record's value, and what each request with content changes. Of every request here the digest is computed again, and each
signature of a decision that counted is checked with the approver's key, where that is here (an export of a request has it):
docs/signatures.md. Needs the package `cryptography`, and `rfc8785` for content. Exit code 1 where anything is wrong."""
import argparse
import base64
import datetime
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
PARTS = ("payload", "client_data_json", "authenticator_data", "signature")  # of an assertion
UNUSABLE = "no signature can be checked with the signer's key"
P, T = 2**255 - 19, 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDERS = {0, 1, P - 1, T, P - T}  # y of the points of order 8 or less (RFC 8032, 5.1.2): under such a key anybody signs


class Wrong(Exception): ...


def seen(text):
    """Nothing in it steers a terminal, hides or turns: whoever made the export chose names and values."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def demand(condition, what):
    if not condition:
        raise Wrong(what)


def json_of(octets):
    """Strictly, as Lockbox reads it: UTF-8, each member once, no half of a surrogate pair, no NUL, no number that JSON has not."""
    def once(members):
        demand(len(dict(members)) == len(members), "a member twice in one object")
        return dict(members)

    def plain(value):
        if isinstance(value, dict):
            plain(list(value))
        for it in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            plain(it)
        demand(not isinstance(value, float) or abs(value) != float("inf"), "a number too large")
        demand(not isinstance(value, str) or "\0" not in value.encode().decode(), "a NUL in a text")
        return value

    def no_number(name):
        raise Wrong(f"{name} is no number")
    return plain(json.loads(octets.decode(), object_pairs_hook=once, parse_constant=no_number))


def base64_of(text):
    octets = base64.b64decode(text, validate=True)
    demand(base64.b64encode(octets).decode() == text, "this is no base64")
    return octets


def files_of(path):
    """Name → bytes of every file; an export of several times the bound goes file by file through lockboxctl."""
    files, left = {}, MOST_BYTES

    def keep(name, size, read):
        nonlocal left
        left -= size
        demand(name not in files, f"a file twice: {name}")
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
            demand(member.isfile() or member.isdir(), f"something that is no file: {member.name}")
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
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    parts = [line.split("+", 2) for line in lines if line and line[0] != "#"]
    typed = {base64_of(key): (name, id_) for name, id_, key in parts}
    demand(typed and all(len(key) == 33 and key[0] == 1 for key in typed), "no Ed25519 verifier keys")
    demand(all(id_ == id_of(name, base64_of(key)[1:]).hex() for name, id_, key in parts), "a verifier key is not the one that its line names")
    return {key[1:] for key in typed}


def id_of(name, key):
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def checkpoint_of(note, origin, keys):
    """Size and root of a signed checkpoint (C2SP signed-note, tlog-checkpoint)."""
    text, _, signatures = note.rpartition("\n\n")
    demand(re.fullmatch(r"[^\n]+\n(0|[1-9]\d*)\n[^\n]+", text), "the checkpoint is of another form")
    name, size, root = text.split("\n")
    demand(name == origin, "the checkpoint is of another log")
    ids = {id_of(origin, key): key for key in keys}
    demand(re.fullmatch("(\u2014 [^ \n]+ [^ \n]+\n)+", signatures), "the checkpoint is of another form")
    lines = [line.split(" ") for line in signatures.splitlines()]
    known = {}  # of several lines of one key the first counts
    for signature in [base64_of(made) for _, name, made in lines if name == origin]:
        if signature[:4] in ids:
            known.setdefault(signature[:4], signature[4:])
    demand(known, "no trusted key signed the checkpoint")
    for id_, signature in known.items():
        Ed25519PublicKey.from_public_bytes(ids[id_]).verify(signature, (text + "\n").encode())
    return int(size), base64_of(root)


def fields_of(leaf):
    """topic, partition, offset, time in ms, key, headers, value."""
    at = 0

    def take(size):
        nonlocal at
        at += size
        demand(at <= len(leaf), "the leaf is too short")
        return leaf[at - size:at]

    def number(size, signed=True):
        return int.from_bytes(take(size), "big", signed=signed)

    def field():
        size = number(4)
        return None if size == -1 else take(size % 2**32)

    head = field().decode(), number(4), number(8), number(8), field()
    headers = [(field(), field()) for _ in range(number(4, signed=False))]
    value = field()
    demand(at == len(leaf), "the leaf is too long")
    return (*head, headers, value)


def verify_record(stem, leaf, proof, manifest, keys):
    topic, partition, offset, _, key, headers, value = fields_of(leaf)
    demand(stem == f"records/{topic}/{partition}/{offset:020}", "the file holds another record")
    head, _, note = proof.decode().partition("\n\n")
    header, index, *path = re.sub(r"\nextra [^\n]*", "", head, count=1).split("\n")
    demand(header == "c2sp.org/tlog-proof@v1" and re.fullmatch(r"index (0|[1-9]\d*)", index), "the proof is of another form")
    base = offset - int(index[6:])
    origin = f"{manifest['origin']}/{topic}/{partition}" + (f"@{base}" if base else "")
    demand([topic, partition, base] in [[log["topic"], log["partition"], log["base"]] for log in manifest["logs"]],
           "the manifest does not name its log")
    size, root = checkpoint_of(note, origin, keys)
    path = [base64_of(line) for line in path]
    demand(all(len(sibling) == 32 for sibling in path), "the proof is of another form")
    leaf_hash = hashlib.sha256(b"\x00" + leaf).digest()
    demand(root_of(offset - base, size, leaf_hash, path) == root, "the record is not the one in the log")
    return topic, key, headers, value


# ---- what was consented to, and who signed it: docs/signatures.md ----

def event_of(headers, value):
    """A CloudEvent of either mode; {} where it is none."""
    try:
        named = {name.decode().lower(): (it or b"").decode() for name, it in headers}
        binary = "ce_type" in named and not named.get("content-type", "").startswith("application/cloudevents")
        body = json_of(value or b"null")
        event = {name[3:]: it for name, it in named.items() if name.startswith("ce_")} | {"data": body} if binary else body
        return event if isinstance(event, dict) and isinstance(event.get("data"), dict) else {}
    except (Wrong, ValueError, RecursionError):
        return {}


def event_in(topic, key, headers, value):
    """An event as Lockbox reads it: the key is the one that its topic asks for. {} for what it does not read; that is none of its own."""
    event = event_of(headers, value)
    kind, data = str(event.get("type")), event.get("data", {})
    if topic.endswith("events.v1"):
        counts = kind.startswith("lockbox.request.") or kind in ("lockbox.tenant.changed.v1", "lockbox.decision.judged.v1")
        is_whole_event = key == str(event.get("subject")).encode() and isinstance(data.get("request", {}), dict)
        demand(not counts or is_whole_event, "an event of Lockbox that cannot be read")
        return event
    return event if kind == "lockbox.decision.submitted.v1" and key == str(data.get("request_id")).encode() and is_decision(data) else {}


def is_decision(data):
    """Of the form that Lockbox asks for: of two signatures it takes none."""
    by, signature, assertion = data.get("by"), data.get("signature"), data.get("assertion")
    parts = [assertion.get(name) for name in PARTS] if isinstance(assertion, dict) else []
    return (isinstance(by, dict) and all(isinstance(by.get(name), str) for name in ("id", "email", "name"))
            and data.get("decision") in ("approve", "deny", "revoke", "acknowledge") and all(isinstance(part, str) for part in parts)
            and (assertion is None or parts and signature is None) and (signature is None or isinstance(signature, str)))


def canonical(changes):
    import rfc8785
    return rfc8785.dumps(changes)


def digest_of(request):
    def pick(part, names):
        found = [part.get(name) for name in names.split()]
        for name, it in zip(names.split(), found, strict=True):
            kind = int if name in ("number", "approvals_needed") else object if name == "changes" else str
            demand(it is None or isinstance(it, kind) and not isinstance(it, bool), f"{name} is of another type")
        return found

    fields = pick(request, "request_id tenant_id subscription_id ticket_id")
    fields += pick(request["engineer"], "id email organization") + [request["resource_id"], len(request["actions"])]
    fields += sum((pick(item, "number action namespace kind name") for item in request["actions"]), [])
    fields += pick(request, "justification reason_code duration starts_at decide_by")
    version, is_signed = request.get("digest_version") or 1, request.get("signed_decisions") or False
    demand(version in (1, 2) and isinstance(is_signed, bool), "the digest is of another version")
    if version == 2:
        for item in request["actions"]:
            *texts, changes = pick(item.get("content") or {}, "api_version digest previous_digest changes")
            fields += pick(item, "container uid") + texts + [None if changes is None else hashlib.sha256(canonical(changes)).hexdigest()]
        fields += pick(request, "approvals_needed") + [str(is_signed).lower()]
    parts = [b"\xff" * 4 if it is None else len(str(it).encode()).to_bytes(4, "big") + str(it).encode() for it in fields]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def decoded(part):
    demand(isinstance(part, str) and re.fullmatch(r"[A-Za-z0-9_-]*", part), "this is no base64url")
    octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    demand(base64.urlsafe_b64encode(octets).rstrip(b"=").decode() == part, "this is no base64url")
    return octets


def bytes_of(key):
    """An Ed25519 key, or the point of a passkey."""
    kind = (key.get("kty"), key.get("crv"))
    parts = [decoded(key[name]) for name in {("OKP", "Ed25519"): "x", ("EC", "P-256"): "xy"}.get(kind, "")]
    demand(parts and all(len(part) == 32 for part in parts), UNUSABLE)
    demand(len(parts) == 2 or int.from_bytes(parts[0], "little") % 2**255 % P not in SMALL_ORDERS, UNUSABLE)
    demand(len(parts) == 1 or isinstance(key.get("rp_id"), str) and isinstance(key.get("origins"), list), UNUSABLE)
    return b"\x04" * (len(parts) == 2) + b"".join(parts)


def payload_of(decision, key):
    """What the key signed, by a JWS or by a passkey."""
    octets = bytes_of(key)
    if key["kty"] == "OKP":
        demand(decision.get("signature") is not None, "the key is of another kind")
        header, payload, signature = decision["signature"].split(".")
        Ed25519PublicKey.from_public_bytes(octets).verify(decoded(signature), f"{header}.{payload}".encode())
        header = json_of(decoded(header))
        demand(header["alg"] == "EdDSA" and header.get("crit") is None, "the JWS is of another form")
        return json_of(decoded(payload))
    demand(decision.get("assertion") is not None, "the key is of another kind")
    payload, client_data, data, signature = [decoded(decision["assertion"][name]) for name in PARTS]
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    point.verify(signature, data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
    client = json_of(client_data)
    demand(client["type"] == "webauthn.get" and decoded(client["challenge"]) == hashlib.sha256(payload).digest(), "the passkey signed something else")
    demand(client["origin"] in key["origins"] and (client.get("crossOrigin") is None or client["crossOrigin"] is False),
           "the passkey signed for another page")
    demand(data[:32] == hashlib.sha256(key["rp_id"].encode()).digest() and data[32] & 5 == 5, "the passkey did not verify its holder")
    demand(len(data) >= 37 and not data[32] & 0x40 and (len(data) > 37) == bool(data[32] & 0x80), "the authenticator data are of another form")
    return json_of(payload)


def seconds_of(duration):
    """Of PT1H and PT60M the same: a decision's duration is compared by its length."""
    if duration is None:
        return None
    form = re.fullmatch(r"P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?)", duration, re.ASCII)
    demand(form and duration != "P", "a duration of another form")
    *whole, part = form.groups()
    seconds = sum(int(it or 0) * unit for it, unit in zip(whole, (604800, 86400, 3600, 60, 1), strict=True))
    return seconds, int((part or "")[:6].ljust(6, "0"))


def is_whole(number, least):
    return isinstance(number, int) and not isinstance(number, bool) and least <= number < 2**63


def check_signature(request, decision, key):
    payload = payload_of(decision, key)
    meant = decision | {"digest": request["digest"], "by": decision["by"]["id"]}
    demand(is_whole(payload.get("iat"), 0) and all(is_whole(it, 1) for it in payload.get("actions") or []), "the signed payload is of another form")
    if (request.get("digest_version") or 1) < 2 and payload.get("by") is None:
        payload["by"] = meant["by"]
    for name in "request_id digest decision actions by".split():
        demand(payload.get(name) == meant.get(name), f"the signature is over another {name}")
    demand(seconds_of(payload.get("duration")) == seconds_of(meant.get("duration")), "the signature is over another duration")


def voter_of(event):
    by = event["data"].get("by")
    return by.get("id") if isinstance(by, dict) else None


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def requests_of(told):
    """The first version of each request, which has to be what its digest says. The later ones ask for the same."""
    every = [event["data"].get("request") for event in told if str(event.get("type")).startswith("lockbox.request.")]
    every = [request for request in every if isinstance(request, dict) and request.get("digest") is not None]
    first = {}
    for request in every:
        name = request["request_id"]
        demand(is_whole(request.get("version"), 1), f"request {name}: its version is of another type")
        if request["version"] == 1:
            demand(digest_of(request) == request["digest"], f"request {name}: it is not what its digest says")
            demand(first.setdefault(name, request)["digest"] == request["digest"], f"request {name}: two differ, and both are the first")
    for request in every:
        asked = first.get(request["request_id"])
        demand(not asked or digest_of(request | {"starts_at": asked.get("starts_at")}) == request["digest"] == asked["digest"],
               f"request {request['request_id']}: version {request['version']} asks for something else")
    return first


def check_decision(request, decision, keys, at):
    """The key that its signature holds with; None: it needs none, and has none; "": its key is not here."""
    if decision.get("signature") is None and decision.get("assertion") is None:
        demand(not request.get("signed_decisions"), "it is not signed")
        return None
    known = [it for it in keys if (it["tenant_id"], it["principal_id"]) == (request["tenant_id"], decision["by"]["id"]) and time_of(it["at"]) <= at]
    key = sorted(known, key=lambda it: time_of(it["at"]))[-1].get("public_key") if known else None  # of one time: the later in the log
    if not key:
        return ""
    try:
        check_signature(request, decision, key)
    except InvalidSignature:
        raise Wrong("the signature does not hold") from None
    except (LookupError, ValueError, TypeError, AttributeError):
        raise Wrong("the signature cannot be read") from None
    return bytes_of(key)


def check_any(request, decisions, keys, at):
    """Whoever writes to the topic may give others the id of a decision that counted: one has to be right."""
    wrong = None
    for decision in decisions:
        try:
            return check_decision(request, decision, keys, at)
        except Wrong as it:
            wrong = wrong or it
    raise wrong


def check_consent(events):
    """events: (topic, event). How many signatures hold, and of how many the key is not here."""
    told = [event for topic, event in events if topic.endswith("events.v1")]
    decisions = {}
    for topic, event in events:
        if topic.endswith("decisions.v1") and isinstance(event.get("id"), str):
            decisions.setdefault(event["id"], []).append(event)
    keys = [event["data"] for event in told if event.get("data", {}).get("change") == "approver_key_set"]
    requests, found, signers = requests_of(told), {}, {}
    for judged in told:
        verdict, cause = judged.get("data", {}).get("verdict"), judged.get("causationid")
        if judged.get("type") != "lockbox.decision.judged.v1" or verdict not in ("applied", "recorded") or cause in found:
            continue
        request = requests.get(judged["data"]["request_id"])
        meant = judged["data"]["request_id"], voter_of(judged)
        its = [it["data"] for it in decisions.get(cause, ()) if (it["data"].get("request_id"), voter_of(it)) == meant]
        if not request or not its:
            continue
        try:
            found[cause] = check_any(request, its, keys, time_of(judged["data"]["at"]))
        except Wrong as it:
            raise Wrong(f"decision {cause}: {it}") from None
        if found[cause]:
            demand(signers.setdefault((request["request_id"], found[cause]), voter_of(judged)) == voter_of(judged),
                   f"decision {cause}: its key is another signer's")
    return sum(bool(it) for it in found.values()), sum(it == "" for it in found.values())


def show_changes(event):
    """In ASCII, so that nothing hides or turns."""
    for item in event.get("data", {}).get("request", {}).get("actions", []):
        for change in (item.get("content") or {}).get("changes") or []:
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
        manifest = json_of(files[name := "manifest.json"])
        demand(manifest["format"] == "lockbox-export/1", "the export is of another version")
        keys = keys_of(Path(asked.keys).read_text() if asked.keys else files["vkeys.txt"].decode())
        wanted = {f"checkpoints/{log['topic']}/{log['partition']}.txt": log for log in manifest["logs"]}
        stems = sorted(name[:-5] for name in files if name.startswith("records/") and name.endswith(".leaf"))
        known = {"README.txt", "manifest.json", "vkeys.txt", *wanted, *(s + e for s in stems for e in (".leaf", ".tlog-proof"))}
        demand(set(files) - {"README.txt"} == known - {"README.txt"}, f"missing or foreign: {sorted(set(files) ^ known)}")
        demand(len(wanted) == len(manifest["logs"]), "a log is there twice")
        for each in (manifest, *manifest["logs"]):
            demand(all(is_whole(it, 0) for name, it in each.items() if name in ("records", "partition", "base", "size")), "a number is of another type")
        counts = {checkpoint: sum(stem.startswith(f"records/{log['topic']}/{log['partition']}/") for stem in stems) for checkpoint, log in wanted.items()}
        demand(len(stems) == manifest["records"] and all(counts[name] == log["records"] for name, log in wanted.items()),
               "the manifest counts other records")
        for name, log in wanted.items():
            demand(checkpoint_of(files[name].decode(), log["origin"], keys)[0] == log["size"], "its size is not the manifest's")
        events = []
        for name in stems:
            topic, key, headers, value = verify_record(name, files[name + ".leaf"], files[name + ".tlog-proof"], manifest, keys)
            if asked.show:
                print(seen(name), value if value is None else seen(value.decode(errors="replace")))
                show_changes(event_of(headers, value))
            events.append((topic, event_in(topic, key, headers, value)))
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

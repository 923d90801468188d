#!/usr/bin/env python3
"""Verifies an export of Lockbox's audit store (`lockboxctl audit export`): verify_export.py PATH [--keys VKEYS] [--show]

PATH is the folder or the .tar archive. VKEYS is a file of verifier keys that you were given by somebody you trust, one
a line; without it the keys in the export are used, which proves no more than that the export fits them. --show prints
each record's value. Needs the package `cryptography`. Exit code 1 where anything is wrong."""
import argparse
import base64
import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception): ...


def demand(condition, what):
    if not condition:
        raise Wrong(what)


def files_of(path):
    """Name → bytes of every file."""
    if Path(path).is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in Path(path).rglob("*") if file.is_file()}
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


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
    topic, partition, offset, *_, value = fields_of(leaf)
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
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--keys", metavar="VKEYS")
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    files = files_of(asked.path)
    try:
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
        for name in stems:
            value = verify_record(name, files[name + ".leaf"], files[name + ".tlog-proof"], manifest, keys)
            if asked.show:
                print(name, value if value is None else value.decode(errors="replace"))
    except (Wrong, InvalidSignature, LookupError, ValueError, TypeError, AttributeError) as error:
        print(f"{name}: {error or 'the signature does not hold'}", file=sys.stderr)
        return 1
    trust = "" if asked.keys else ", as far as vkeys.txt is trusted"
    print(f"{len(stems)} records of {len(wanted)} logs: all is right{trust}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

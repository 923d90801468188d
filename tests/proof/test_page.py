"""docs/transparency.md: its vector is what it says, and lockboxctl takes it for an export."""
import json
import re

from support.translog import EMPTY, Checkpoint, Proof, Verifier, field, leaf_bytes, leaf_hash, root_of

from conftest import REPOSITORY

PAGE = REPOSITORY / "docs/transparency.md"
BLOCKS = dict(re.findall(r"^```text (\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
LEAF0, LEAF2 = (bytes.fromhex(BLOCKS[name]) for name in ("leaf0", "leaf2"))
VERIFIER = Verifier.read(BLOCKS["vkey"].strip())


def test_the_leaves():
    headers = (1).to_bytes(4) + field(b"content-type") + field(b"application/cloudevents+json")
    assert LEAF0 == leaf_bytes("lockbox.tickets.v1", 3, 5, 1795450118123, b"T-1", headers, b'{"a":1}')
    assert LEAF2 == leaf_bytes("lockbox.tickets.v1", 3, 7, 1795450118125, None, bytes(4), None)


def test_the_hashes():
    leaves = [leaf_hash(LEAF0), EMPTY, leaf_hash(LEAF2)]
    assert BLOCKS["hashes"].split() == [hash.hex() for hash in [*leaves, root_of(leaves)]]


def test_the_proof():
    proof = Proof.read(BLOCKS["proof"])
    assert proof.holds(LEAF0, VERIFIER) and not proof.holds(LEAF2, VERIFIER)
    assert Checkpoint.read(proof.note) == Checkpoint(VERIFIER.name, 3, bytes.fromhex(BLOCKS["hashes"].split()[3]))


def test_lockboxctl_takes_it(bare, tmp_path):
    """The vector as an export of one record."""
    log = {"topic": "lockbox.tickets.v1", "partition": 3, "base": 5, "origin": VERIFIER.name, "size": 3, "records": 1}
    stem = f"records/lockbox.tickets.v1/3/{5:020}"
    files = {"manifest.json": json.dumps({"format": "lockbox-export/1", "origin": "lockbox.example/prod", "records": 1, "logs": [log]}).encode(),
             "vkeys.txt": BLOCKS["vkey"].encode(), "checkpoints/lockbox.tickets.v1/3.txt": Proof.read(BLOCKS["proof"]).note.encode(),
             f"{stem}.leaf": LEAF0, f"{stem}.tlog-proof": BLOCKS["proof"].encode()}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    done = bare("audit", "verify", tmp_path)
    assert done.returncode == 0, done.stderr


def test_links():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE.read_text()) if "://" not in link]
    assert [link for link in links if not (PAGE.parent / link).exists()] == []

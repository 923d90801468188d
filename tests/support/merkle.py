"""RFC 6962 trees and C2SP signed notes from their specifications, for checking what the auditor keeps."""
import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .broker import Record

EMPTY_LEAF = hashlib.sha256(b"\0").digest()


def field(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4) + value


def leaf_hash(record: Record) -> bytes:
    headers = len(record.headers).to_bytes(4) + b"".join(field(name.encode()) + field(value)
                                                         for name, value in record.headers)
    leaf = (field(record.topic.encode()) + record.partition.to_bytes(4) + record.offset.to_bytes(8)
            + record.timestamp_ms.to_bytes(8, signed=True) + field(record.key) + headers + field(record.value))
    return hashlib.sha256(b"\0" + leaf).digest()


class Tree:
    """A log's leaves, and the root of every prefix (RFC 6962, section 2.1)."""

    def __init__(self, leaves: list[bytes]):
        self.leaves = leaves
        self.root_of = cache(self.root_of)

    def root_of(self, first: int, size: int) -> bytes:
        if size == 0:
            return hashlib.sha256(b"").digest()
        if size == 1:
            return self.leaves[first]
        k = 1 << (size - 1).bit_length() - 1  # the largest power of two below size
        return hashlib.sha256(b"\1" + self.root_of(first, k) + self.root_of(first + k, size - k)).digest()

    def root(self, size: int) -> bytes:
        return self.root_of(0, size)

    def edge(self, size: int) -> bytes:
        """The roots of the perfect subtrees, the largest first."""
        hashes, first = b"", 0
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                hashes += self.root_of(first, 1 << bit)
                first += 1 << bit
        return hashes

    def tiles(self, size: int) -> dict[tuple[int, int], bytes]:
        """Every full tile: (level, index) → its 256 hashes."""
        return {(level, index): b"".join(self.root_of((256 * index + i) * 256 ** level, 256 ** level) for i in range(256))
                for level in range(8) for index in range(size // 256 ** (level + 1))}


def note_signatures(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A signed note's text, and the name and signature (key id, then the signature's bytes) of each line."""
    text, _, lines = note.rpartition("\n\n")
    signatures = []
    for line in lines.splitlines():
        dash, name, signature = line.split(" ")
        assert dash == "\N{EM DASH}"
        signatures.append((name, base64.b64decode(signature, validate=True)))
    return text + "\n", signatures


def key_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]


def checkpoint(note: str, public_keys: list[bytes]) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that carries the signature of each of these keys, and no other."""
    text, signatures = note_signatures(note)
    origin, size, root, end = text.split("\n")
    assert end == ""
    assert [(name, signature[:4]) for name, signature in signatures] == [(origin, key_id(origin, key)) for key in public_keys]
    for (_, signature), key in zip(signatures, public_keys):
        Ed25519PublicKey.from_public_bytes(key).verify(signature[4:], text.encode())
    return origin, int(size), base64.b64decode(root, validate=True)

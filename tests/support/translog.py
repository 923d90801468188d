"""Transparency logs from outside: RFC 6962 trees and C2SP signed notes, by nothing but hashlib and cryptography."""
import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

EMPTY = hashlib.sha256(b"\x00").digest()
ED25519, COSIGNATURE = 1, 4


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def field(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4) + value


def leaf_bytes(topic: str, partition: int, offset: int, ms: int, key: bytes | None, headers: bytes, value: bytes | None):
    """headers: as the column has them, count first."""
    return (field(topic.encode()) + partition.to_bytes(4, signed=True) + offset.to_bytes(8, signed=True)
            + ms.to_bytes(8, signed=True) + field(key) + headers + field(value))


# ---- trees ----

def edge_of(leaves: list[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees the leaves fall into, the largest first."""
    edge: list[bytes] = []
    for count, leaf in enumerate(leaves):
        while count & 1:
            leaf = node_hash(edge.pop(), leaf)
            count >>= 1
        edge.append(leaf)
    return edge


def root_of(leaves: list[bytes]) -> bytes:
    edge = edge_of(leaves)
    if not edge:
        return hashlib.sha256().digest()
    root = edge.pop()
    while edge:
        root = node_hash(edge.pop(), root)
    return root


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """The inclusion proof of a leaf (RFC 9162, section 2.1.3.1)."""
    if len(leaves) == 1:
        return []
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    if index < cut:
        return path_of(index, leaves[:cut]) + [root_of(leaves[cut:])]
    return path_of(index - cut, leaves[cut:]) + [root_of(leaves[:cut])]


def tiles_of(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    """(level, index) → the 256 hashes of every full tile."""
    tiles, level, hashes = {}, 0, leaves
    while len(hashes) >= 256:
        full = [hashes[at:at + 256] for at in range(0, len(hashes) - 255, 256)]
        tiles.update({(level, index): b"".join(tile) for index, tile in enumerate(full)})
        level, hashes = level + 1, [root_of(tile) for tile in full]
    return tiles


def included(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    fn, sn, root = index, size - 1, leaf
    assert 0 <= index < size
    for sibling in path:
        assert sn
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old == new or old == 0:
        return not path and (old == 0 or old_root == new_root)
    path = ([old_root] if old & (old - 1) == 0 else []) + path
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for hash in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(hash, fr), node_hash(hash, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, hash)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


# ---- notes ----

@dataclass(frozen=True)
class Verifier:
    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"

    @classmethod
    def read(cls, vkey: str) -> "Verifier":
        name, id, material = vkey.split("+", 2)
        typed = base64.b64decode(material, validate=True)
        verifier = cls(name, typed[0], typed[1:])
        assert verifier.id.hex() == id and len(verifier.key) == 32
        return verifier

    def time_of(self, note: str) -> int | None:
        """When the note was signed by this key (0 where the signature has no time); None: it was not. A signature that
        does not hold raises."""
        text, _, lines = note.rpartition("\n\n")
        for line in lines.splitlines():
            dash, name, signature = line.split(" ")
            raw = base64.b64decode(signature, validate=True)
            if dash != "—" or name != self.name or raw[:4] != self.id:
                continue
            time = int.from_bytes(raw[4:12]) if self.kind == COSIGNATURE else 0
            message = f"cosignature/v1\ntime {time}\n{text}\n" if self.kind == COSIGNATURE else f"{text}\n"
            Ed25519PublicKey.from_public_bytes(self.key).verify(raw[-64:], message.encode())
            return time
        return None


class Signer:
    def __init__(self, name: str, kind: int = ED25519, key: Ed25519PrivateKey | None = None):
        self.key = key or Ed25519PrivateKey.generate()
        self.verifier = Verifier(name, kind, self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def line(self, text: str, time: int = 0) -> str:
        timed = self.verifier.kind == COSIGNATURE
        message = f"cosignature/v1\ntime {time}\n{text}" if timed else text
        signature = self.verifier.id + (time.to_bytes(8) if timed else b"") + self.key.sign(message.encode())
        return f"— {self.verifier.name} {base64.b64encode(signature).decode()}\n"

    def checkpoint(self, size: int, root: bytes) -> str:
        text = f"{self.verifier.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @classmethod
    def read(cls, note: str) -> "Checkpoint":
        origin, size, root = note.split("\n\n")[0].split("\n")
        return cls(origin, int(size), base64.b64decode(root, validate=True))


@dataclass(frozen=True)
class Proof:
    index: int
    path: list[bytes]
    note: str

    @classmethod
    def read(cls, text: str) -> "Proof":
        head, _, note = text.partition("\n\n")
        header, index, *path = head.split("\n")
        assert header == "c2sp.org/tlog-proof@v1" and index.startswith("index ")
        return cls(int(index[6:]), [base64.b64decode(line, validate=True) for line in path], note)

    def holds(self, leaf: bytes, verifier: Verifier) -> bool:
        checkpoint = Checkpoint.read(self.note)
        try:
            signed = verifier.time_of(self.note) is not None
        except InvalidSignature:
            return False
        return signed and included(self.index, checkpoint.size, leaf_hash(leaf), self.path) == checkpoint.root

"""Records as a hostile producer makes them: an example of each event, changed by chance in its bytes, members, headers or key."""
import json
import random
import uuid
from pathlib import Path

from support.broker import STRUCTURED
from support.events import Outgoing
from support.naughty import STRINGS
from support.stack import REPOSITORY
from support.vocabulary import EVENTS

HEADERS = (("content-type", STRUCTURED),)
ODD = [None, True, [], {}, -1, 0, 2 ** 53, 2 ** 63, 10 ** 400, 1e308, 1e-20000, "", "x" * 300, "\0", "\ud800", "2026-02-30T25:61:61Z", "P1Y", [[[]]]]
EXAMPLES = [json.loads(path.read_text()) for path in sorted((REPOSITORY / "schemas/examples").glob("lockbox.*/*.json"))]
EXAMPLES = [event for event in EXAMPLES if isinstance(event, dict) and event.get("type", "").removeprefix("lockbox.").removesuffix(".v1") in EVENTS]
KEYS = {"lockbox.tickets.v1": "ticket_id", "lockbox.tenants.v1": "tenant_id", "lockbox.decisions.v1": "request_id",
        "lockbox.accesses.v1": "engineer_id", "lockbox.events.v1": "request_id"}


def places(value, path=()):
    """Paths of every value within."""
    yield path
    for name, inside in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inside, (*path, name))


def change_member(chance: random.Random, event: dict) -> None:
    *path, last = chance.choice([it for it in places(event) if it])
    holder = event
    for name in path:
        holder = holder[name]
    if chance.random() < 0.3:
        del holder[last]
    else:
        holder[last] = chance.choice(ODD) if chance.random() < 0.5 else chance.choice(STRINGS)


def change_bytes(chance: random.Random, value: bytes) -> bytes:
    at = chance.randrange(len(value) + 1)
    piece = chance.randrange(1, 40)
    return chance.choice((
        lambda: value[:at],
        lambda: value[:at] + chance.randbytes(piece) + value[at + piece:],
        lambda: value[:at] + value[at:at + piece] * chance.randrange(2, 50) + value[at:],
        lambda: value[:at] + b"[" * chance.randrange(1, 3000) + value[at:],
        lambda: value[:at] + bytes([value[at % len(value)] ^ (1 << chance.randrange(8))]) + value[at + 1:],
        lambda: value + value,
        lambda: b"",
    ))()


def key_of(event: dict, topic: str) -> str:
    data = event.get("data") if isinstance(event.get("data"), dict) else {}
    inside = data.get("request") if isinstance(data.get("request"), dict) else {}
    name = KEYS.get(topic, "")
    return str(data.get(name) or inside.get(name) or "k").encode("utf-8", "replace").decode()


def headers_of(chance: random.Random, event: dict) -> tuple:
    """Binary mode, as a producer may get it wrong."""
    pairs = [(f"ce_{name}", str(value).encode("utf-8", "replace")) for name, value in event.items() if name not in ("data", "datacontenttype")]
    pairs.append(("content-type", chance.choice((b"application/json", b"text/plain", b"\xff", STRUCTURED))))
    if chance.random() < 0.5:
        pairs[chance.randrange(len(pairs))] = (chance.choice(("ce_id", "ce_time", "x", "ce_" + "y" * 200)), chance.choice((None, b"", chance.randbytes(30))))
    return tuple(pairs)


def mutated(chance: random.Random) -> Outgoing:
    event = json.loads(json.dumps(chance.choice(EXAMPLES)))
    topic = EVENTS[event["type"].removeprefix("lockbox.").removesuffix(".v1")]
    event["id"] = str(uuid.UUID(int=chance.getrandbits(128)))
    key = key_of(event, topic)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 5))):
        change_member(chance, event) if event else None
    binary = chance.random() < 0.2 and event
    value = json.dumps(event.get("data") if binary else event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    headers = headers_of(chance, event) if binary else HEADERS
    if value and chance.random() < 0.3:
        value = change_bytes(chance, value)
    if chance.random() < 0.05:
        topic = chance.choice(sorted({*KEYS, "lockbox.deadletter.v1", "lockbox.checkpoints.v1"}))
    if chance.random() < 0.02:
        key = chance.choice((None, "", "k" * 1000, chance.randbytes(20)))
    return Outgoing(topic, key, None if chance.random() < 0.01 else value[:200_000], headers)

"""What a hostile producer sends: records of which none may have an effect, and each must be found in quarantine, whole and once.

Each has the header MARK, which no worker looks at: by it the judge knows that the record was meant to be bad.
"""
import json
import random
import uuid

from support.events import Outgoing
from support.naughty import STRINGS

MARK = "nemesis-poison"
JSON = (("content-type", b"application/cloudevents+json"),)
TICKETS, TENANTS, DECISIONS = "lockbox.tickets.v1", "lockbox.tenants.v1", "lockbox.decisions.v1"


def event(type_: str, data, **attributes) -> dict:
    return {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "https://mallory.example", "type": f"lockbox.{type_}.v1",
            "time": "2026-11-29T12:00:00Z", "datacontenttype": "application/json", "data": data, **attributes}


def ticket(**more) -> dict:
    return {"ticket_id": "9" * 16, "subscription_id": str(uuid.uuid4()), "title": "Routers", **more}


def structured(topic: str, key: str | None, it) -> Outgoing:
    return Outgoing(topic, key, it if isinstance(it, bytes) else json.dumps(it, ensure_ascii=False).encode("utf-8", "surrogatepass"), JSON)


def raw(topic: str, key: bytes | None, value: bytes | None, headers=()) -> Outgoing:
    return Outgoing(topic, key, value, headers)


def binary(headers: dict, value: bytes) -> Outgoing:
    whole = {"ce_specversion": b"1.0", "ce_id": str(uuid.uuid4()).encode(), "ce_source": b"https://mallory.example",
             "ce_type": b"lockbox.ticket.closed.v1", "content-type": b"application/json"}
    return Outgoing(TICKETS, "9" * 16, value, tuple((name, it) for name, it in (whole | headers).items() if it is not None))


CLOSED = b'{"ticket_id":"9999999999999999"}'

# Name → a record, by chance where there are several of its kind.
CATALOGUE = {
    "no JSON": lambda chance: raw(chance.choice((TICKETS, TENANTS, DECISIONS)), b"k", b"not JSON", JSON),
    "nothing": lambda chance: raw(TICKETS, b"k", b"", JSON),
    "a tombstone": lambda chance: raw(chance.choice((TICKETS, DECISIONS)), b"k", None, JSON),
    "no key": lambda chance: structured(TICKETS, None, event("ticket.opened", ticket())),
    "noise": lambda chance: raw(TICKETS, chance.randbytes(20), chance.randbytes(chance.randrange(1, 3000)), JSON),
    "half an event": lambda chance: raw(TICKETS, b"9" * 16, json.dumps(event("ticket.opened", ticket())).encode()[:-chance.randrange(2, 90)], JSON),
    "bytes that are no UTF-8": lambda chance: raw(TICKETS, b"9" * 16, json.dumps(event("ticket.opened", ticket(title="X")))
                                                  .encode().replace(b'"X"', b'"\xff\xfe\xc0\x80"'), JSON),
    "a lone surrogate": lambda chance: raw(TICKETS, b"9" * 16, json.dumps(event("ticket.opened", ticket(title="X")))
                                           .encode().replace(b'"X"', b'"\\ud800"'), JSON),
    "a NUL": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(title="a\0b"))),
    "two members of a name": lambda chance: raw(TICKETS, b"9" * 16, json.dumps(event("ticket.opened", ticket())).encode()
                                                .replace(b'"specversion"', b'"id":"x","specversion"'), JSON),
    "deep": lambda chance: raw(TICKETS, b"9" * 16, b'{"data":' + b"[" * 20_000 + b"]" * 20_000 + b"}", JSON),
    "a large number": lambda chance: raw(TICKETS, b"9" * 16, b'{"specversion":1e999999,"id":' + b"9" * 400 + b"}", JSON),
    "too large": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(filler="x" * chance.randrange(262_144, 900_000)))),
    "large and no event": lambda chance: raw(TICKETS, b"k", b"x" * chance.randrange(200_000, 260_000), JSON),
    "another's key": lambda chance: structured(TICKETS, "1", event("ticket.opened", ticket())),
    "an unknown type": lambda chance: structured(TICKETS, "9" * 16, event("ticket.burned", ticket())),
    "a type of another topic": lambda chance: structured(TENANTS, "9" * 16, event("ticket.opened", ticket())),
    "a member too long": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(title="x" * 257))),
    "a member of another kind": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(title=[{}]))),
    "a member missing": lambda chance: structured(DECISIONS, "x", event("decision.submitted", {"request_id": str(uuid.uuid4())})),
    "no object": lambda chance: structured(DECISIONS, "x", chance.choice(([], "event", 7, None, True))),
    "data of no object": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", chance.choice(([], "x", 7, None)))),
    "an id of blanks": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(), id="")),
    "a time that is none": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(), time="yesterday")),
    "no version": lambda chance: binary({"ce_specversion": None}, CLOSED),
    "binary without id": lambda chance: binary({"ce_id": None}, CLOSED),
    "binary with an attribute of noise": lambda chance: binary({"ce_source": b"\xff\xfe"}, CLOSED),
    "a naughty name": lambda chance: structured(TICKETS, "9" * 16, event("ticket.opened", ticket(ticket_id=chance.choice(STRINGS)[:200] + "x"))),
}


def pick(chance: random.Random) -> tuple[str, Outgoing]:
    """The catalogue's name for it, and the record."""
    name = chance.choice(list(CATALOGUE))
    record = CATALOGUE[name](chance)
    return name, Outgoing(record.topic, record.key, record.value, (*record.headers, (MARK, name.encode())))

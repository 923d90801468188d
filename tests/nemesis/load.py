"""The load of a run: lifecycles at a rate, each going on when it hears what it waits for, and poison beside them.

No life waits on a thread of its own: a life is a generator that yields what it waits for, and one thread runs them all.
"""
import queue
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

from confluent_kafka import KafkaError, Producer

from support.broker import Record, client, complaints
from support.events import Outgoing
from support.scenario import Person, Request, Tenant, Ticket
from support.system import System

import poison

PATIENCE_MS = 600_000  # a broker that is away is waited for


class Sender:
    """In the place of support.broker.Publisher: sends without waiting. Kafka has each record once, and those of a key in order."""

    def __init__(self, bootstrap: str):
        self.failed: list[str] = []
        self.records: list[Outgoing] = []
        self.places: dict[int, tuple[str, int, int]] = {}  # of those that Kafka said to have, by their number
        self.producer = Producer({**client(bootstrap), "linger.ms": 0, "enable.idempotence": True, "message.max.bytes": 2_000_000,
                                  "message.timeout.ms": PATIENCE_MS, "reconnect.backoff.max.ms": 500})

    def send(self, *records: Outgoing) -> list:
        for record in records:
            self.records.append(record)
            self.producer.produce(record.topic, value=record.value, key=record.key, headers=list(record.headers),
                                  on_delivery=partial(self.hear, len(self.records) - 1))
        self.producer.poll(0)
        return []

    def hear(self, number: int, error: KafkaError | None, message) -> None:
        if error is not None:
            self.failed.append(f"{message.topic()}: {error}")
        else:
            self.places[number] = (message.topic(), message.partition(), message.offset())

    def complaints(self, kafka: dict) -> list[str]:
        """What was sent and Kafka has not, though it said so; or of which it said nothing. kafka: every record, by its place."""
        found = [f"Kafka did not take a record: {it}" for it in self.failed]
        for number, record in enumerate(self.records):
            place = self.places.get(number)
            there = kafka.get(place)
            if place is None and not self.failed:
                found.append(f"Kafka has not said that it took record {number} of {record.topic}, key {record.key!r}")
            elif place and (there is None or there.value != record.value):
                found.append(f"Kafka said that {place} is record {number}, key {record.key!r}, and it is {'another' if there else 'not there'}")
        return found


@dataclass(eq=False)
class Life:
    """As support.traffic has it, without threads. marks: when what it asked for was said, for how long it took."""
    kind: str
    ticket: Ticket
    history: list[str]
    request: Request | None = None
    votes: dict[str, str] = field(default_factory=dict)
    asked_at: float = 0.0
    waits_for: tuple[str, str, str] = ("", "", "")  # "cause" or "subject", of which id, and the kind's beginning
    took: list[tuple[float, float]] = field(default_factory=list)  # began, seconds
    over: bool = False

    def says(self, key: tuple[str, str, str]) -> Generator:
        began = time.time()
        record = yield key
        self.took.append((began, time.time() - began))
        return record

    def vote(self, decision: str, verdict: str, **more) -> Generator:
        sent = self.request.submit(decision, **more)
        self.votes[sent] = verdict
        yield from self.says(("cause", sent, "decision.judged"))

    def event(self, kind: str) -> Generator:
        return self.says(("subject", self.request.id, f"request.{kind}"))

    def ask(self, **wish) -> Generator:
        wish = self.ticket.wish(**wish)
        asked = self.ticket.publish("access.requested", **wish)
        first = yield from self.says(("cause", asked, "request."))
        self.request = Request(self.ticket, wish, first)


def expires(life: Life) -> Generator:
    yield from life.ask()
    yield from life.vote("approve", "applied", duration="PT2S")
    yield ("subject", life.request.id, "request.completed")


def approved(life: Life) -> Generator:
    yield from life.ask()
    yield from life.vote("approve", "applied")
    yield from life.event("approved")
    yield from life.vote("approve", "duplicate")
    yield from life.vote("deny", "conflict", by=life.request.tenant.approver)


def revoked(life: Life) -> Generator:
    yield from life.ask()
    yield from life.vote("approve", "applied", by=life.request.tenant.approver)
    yield from life.vote("revoke", "applied")
    yield from life.event("revoked")
    yield from life.vote("revoke", "late")


def denied(life: Life) -> Generator:
    yield from life.ask()
    yield from life.vote("deny", "applied")
    yield from life.vote("approve", "not_an_approver", by=life.request.tenant.admin)
    yield from life.event("denied")


def cancelled(life: Life) -> Generator:
    yield from life.ask()
    life.ticket.close()
    yield from life.event("cancelled")
    yield from life.vote("approve", "late")


def closed_while_granted(life: Life) -> Generator:
    yield from life.ask()
    yield from life.vote("approve", "applied")
    yield from life.event("approved")
    life.ticket.close()
    yield from life.event("revoked")


def refused(life: Life) -> Generator:
    yield from life.ask(actions=[{"action": "drain_node"}])
    yield from life.vote("approve", "not_an_approver")


KINDS: dict[Callable, list[str]] = {
    expires: ["created", "approved", "completed"],
    approved: ["created", "approved"],
    revoked: ["created", "approved", "revoked"],
    denied: ["created", "denied"],
    cancelled: ["created", "cancelled"],
    closed_while_granted: ["created", "approved", "revoked"],
    refused: ["refused"],
}


class LimitsTenant:
    """A tenant at the limits of what may stand: people, addresses, items, words."""
    ITEMS, WORDS = 32, 2000

    def __init__(self, system: System, owners: int, alternates: int):
        self.tenant = Tenant(system, owners=owners, alternates=tuple(f"desk-{number}@contoso.example" for number in range(alternates)))

    def wish(self, chance: random.Random) -> dict:
        items = [{"action": "get_pod_logs", "namespace": "openshift-" + "x" * (number + 1)} for number in range(self.ITEMS)]
        return {"actions": items, "justification": chance.choice("xäß漢") * self.WORDS}

    def live(self, life: Life, chance: random.Random) -> Generator:
        yield from life.ask(**self.wish(chance))
        yield from life.vote("approve", "applied", comment="ü" * 2000)
        yield from life.event("approved")
        life.ticket.close()
        yield from life.event("revoked")


class Load(threading.Thread):
    """begin() it once all is well; quiet() ends what it starts, and not what it started."""

    def __init__(self, system: System, seed: int, per_second: float = 3, poison_per_second: float = 1, people: tuple[int, int] = (195, 50)):
        super().__init__(name="load", daemon=True)
        self.system, self.chance = system, random.Random(seed)
        self.per_second, self.poison_per_second = per_second, poison_per_second
        self.tenants = [Tenant(system, alternates=("desk@contoso.example",) if number % 2 else ()) for number in range(4)]
        self.limits = LimitsTenant(system, *people)
        self.sender = system.publisher = Sender(system.bootstrap)
        self.lives: list[Life] = []
        self.heard: queue.Queue[Record] = queue.Queue()
        self.by_key: dict[tuple[str, str], list[Record]] = defaultdict(list)
        self.waiting: dict[tuple[str, str], list[tuple[str, Life, Generator]]] = defaultdict(list)
        self.poison: list[str] = []
        self.starting, self.stopping = True, False
        self.error: Exception | None = None
        system.events.check = self.hear

    def hear(self, record: Record) -> list[str]:
        self.heard.put(record)
        return complaints(record)

    def run(self) -> None:
        try:
            self.live_and_poison()
        except Exception as error:  # told by the judge
            self.error = error

    def live_and_poison(self) -> None:
        next_life = next_poison = next_large = time.time()
        while not self.stopping:
            now = time.time()
            if self.starting and now >= next_life:
                self.start_life()
                next_life += 1 / self.per_second
            if self.starting and now >= next_poison:
                name, record = poison.pick(self.chance)
                self.poison.append(name)
                self.sender.send(record)
                next_poison += 1 / self.poison_per_second
            if self.starting and now >= next_large:
                life = Life("at_each_limit", Ticket(self.limits.tenant), ["created", "approved", "revoked"])
                self.begin(life, self.limits.live(life, self.chance))
                next_large += 60
            self.sender.producer.poll(0)
            self.listen(0.05)

    def listen(self, seconds: float) -> None:
        try:
            record = self.heard.get(timeout=seconds)
            while True:
                self.take(record)
                record = self.heard.get_nowait()
        except queue.Empty:
            pass

    def start_life(self) -> None:
        tenant = self.chance.choice(self.tenants)
        tenant.mode = self.chance.choice(("structured", "binary"))
        kind = self.chance.choice(list(KINDS))
        life = Life(kind.__name__, Ticket(tenant), KINDS[kind])
        self.begin(life, kind(life))

    def begin(self, life: Life, course: Generator) -> None:
        life.asked_at = time.time()
        self.lives.append(life)
        self.go_on(life, course, None)

    def go_on(self, life: Life, course: Generator, said: Record | None) -> None:
        try:
            while True:
                role, name, kind = course.send(said)
                key = (role, name)
                said = next((record for record in self.by_key[key] if record.kind.startswith(kind)), None)
                if said is None:
                    life.waits_for = (role, name, kind)
                    self.waiting[key].append((kind, life, course))
                    return
        except StopIteration:
            life.over = True

    def take(self, record: Record) -> None:
        for key in (("cause", record.cause or ""), ("subject", record.event.get("subject", ""))):
            self.by_key[key].append(record)
            for waiter in [it for it in self.waiting.get(key, ()) if record.kind.startswith(it[0])]:
                self.waiting[key].remove(waiter)
                self.go_on(waiter[1], waiter[2], record)

    @property
    def unfinished(self) -> list[Life]:
        return [life for life in self.lives if not life.over]

    def quiet(self) -> None:
        self.starting = False

    def end(self) -> None:
        self.stopping = True
        self.join(30)
        self.sender.producer.flush(30)

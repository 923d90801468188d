"""What the portal knows of Lockbox: the requests that one approver is asked about, and the verdicts on his decisions.

Read from Kafka by a thread of its own, from the beginning, and kept in memory. A portal for many people would keep it in its
database, with the offset up to which it has read, in one transaction.
"""
import hashlib
import os
import sys
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, KafkaException, Producer

SOURCE = "https://portal.example/lockbox"


@dataclass
class Asked:
    """A request: as it was asked, by its first event, and as it now stands."""
    first: dict
    now: dict
    history: list[dict] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """The digest covers exactly the fields that were asked; whoever signs or proves later goes by it."""
        return self.first.get("digest") == digest(self.first)


def digest(request: dict) -> str:
    """docs/signatures.md: SHA-256 over the fields that consent is given to, each behind its length."""
    engineer = request["engineer"]
    parts = [*(request.get(name) for name in ("request_id", "tenant_id", "subscription_id", "ticket_id")),
             *(engineer.get(name) for name in ("id", "email", "organization")),
             request["resource_id"], len(request["actions"])]
    for item in request["actions"]:
        parts += [item.get(name) for name in ("number", "action", "namespace", "kind", "name")]
    parts += [request.get(name) for name in ("justification", "reason_code", "duration", "starts_at", "decide_by")]
    if request.get("digest_version", 1) >= 2:
        for item in request["actions"]:
            parts += [item.get("container"), item.get("uid"), None, None, None, None]  # content has four fields
        parts += [request.get("approvals_needed"), str(request.get("signed_decisions", False)).lower()]
    hashed = hashlib.sha256()
    for part in parts:
        text = b"" if part is None else str(part).encode()
        hashed.update(b"\xff" * 4 if part is None else len(text).to_bytes(4, "big") + text)
    return hashed.hexdigest()


class Lockbox:
    def __init__(self, brokers: str, approver: dict):
        self.approver = approver
        self.requests: dict[str, Asked] = {}
        self.decisions: dict[str, bytes] = {}  # what was published, by the decision event's id
        self.verdicts: dict[str, str] = {}     # by the same id
        self.effects: set[str] = set()         # the ids of those that changed a request
        self.seen: set[str] = set()
        self.lock = threading.Lock()
        self.producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
        self.consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"portal-{uuid.uuid4()}",
                                  "enable.auto.commit": False, "auto.offset.reset": "earliest"})
        self.consumer.subscribe(["lockbox.events.v1", "lockbox.deadletter.v1"])
        threading.Thread(target=self.follow, daemon=True).start()

    # reading

    def follow(self) -> None:
        try:
            while True:
                record = self.consumer.poll(1)
                if record is not None:
                    self.read(record)
        except Exception as error:  # a portal that hears nothing more must not go on showing what once was
            print(f"reading Lockbox's events failed: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)

    def read(self, record) -> None:
        if record.error():
            raise KafkaException(record.error())
        with self.lock:
            if record.topic() == "lockbox.deadletter.v1":
                self.read_dead_letter(record)
                return
            message = kafka.KafkaMessage(dict(record.headers()), record.key(), record.value())
            event = kafka.from_structured(message, JSONFormat())
            if event.get_id() in self.seen:
                return
            self.seen.add(event.get_id())
            if event.get_type().startswith("lockbox.request."):
                self.read_request(event.get_data()["request"])
                self.effects.add(event.get_extension("causationid"))
            elif event.get_type() == "lockbox.decision.judged.v1" and event.get_extension("causationid") in self.decisions:
                self.verdicts[event.get_extension("causationid")] = event.get_data()["verdict"]

    def read_request(self, request: dict) -> None:
        if self.approver["id"] not in {approver["principal"]["id"] for approver in request["approvers"]}:
            return
        asked = self.requests.setdefault(request["request_id"], Asked(request, request))
        asked.history.append(request)
        if request["version"] >= asked.now["version"]:
            asked.now = request

    def read_dead_letter(self, record) -> None:
        for event_id, value in self.decisions.items():
            if value == record.value():
                reason = dict(record.headers())["__connect.errors.exception.message"].decode()
                self.verdicts[event_id] = f"not readable: {reason}"

    def all(self) -> list[Asked]:
        with self.lock:
            return sorted(self.requests.values(), key=lambda asked: asked.first["created_at"], reverse=True)

    def find(self, request_id: str) -> Asked | None:
        with self.lock:
            return self.requests.get(request_id)

    # deciding

    def decide(self, event_id: str, request_id: str, decision: str, **more) -> None:
        """Publishes it once for each event_id, which names the click: a second time does nothing."""
        data = {"request_id": request_id, "decision": decision, "by": self.approver, **more}
        event = CloudEvent({"id": event_id, "source": SOURCE, "specversion": "1.0", "type": "lockbox.decision.submitted.v1",
                            "time": datetime.now(timezone.utc)}, data)
        message = kafka.to_structured(event, JSONFormat(), key_mapper=lambda it: it.get_data()["request_id"])
        with self.lock:
            value = self.decisions.setdefault(event_id, message.value)
        failed = []
        self.producer.produce("lockbox.decisions.v1", key=message.key, value=value, headers=message.headers,
                              on_delivery=lambda error, _: failed.append(error) if error else None)
        if self.producer.flush(30) > 0 or failed:
            raise KafkaException(*failed[:1])

    def verdict(self, event_id: str) -> str | None:
        """Of a decision published here; None where it is not there yet, or what it changed is not."""
        with self.lock:
            verdict = self.verdicts.get(event_id)
            return None if verdict in ("applied", "recorded") and event_id not in self.effects else verdict

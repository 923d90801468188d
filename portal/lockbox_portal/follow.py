"""Reads lockbox.events.v1 into the store, from where the store has got to. A record and the position behind it are one transaction."""
import json
import logging
import threading

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from . import store
from .consent import kind_of
from .words import Words

log = logging.getLogger(__name__)
POLICY = ("approvals_needed", "max_duration", "auto_approve", "signed_decisions", "emergency", "forbid", "exact_changes")


class Follower:
    def __init__(self, engine: Engine, words: Words, prefix: str, settings: dict):
        self.engine, self.words = engine, words
        self.topics = [f"{prefix}events.v1", f"{prefix}deadletter.v1"]
        self.settings = {**settings, "group.id": "lockbox-portal", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                         "allow.auto.create.topics": False}
        self.stopping = threading.Event()
        self.failure: Exception | None = RuntimeError("nothing was read yet")
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(10)

    def run(self) -> None:
        """Whatever fails, Kafka or the database, is tried again from where the store has got to; meanwhile the portal is not ready."""
        while not self.stopping.is_set():
            consumer = Consumer(self.settings)
            try:
                self.follow(consumer)
            except (KafkaException, SQLAlchemyError, OSError, RuntimeError, ValueError, KeyError) as error:
                self.failure = error
                log.exception("reading Lockbox's events failed; trying again")
                self.stopping.wait(1)
            finally:
                consumer.close()

    def follow(self, consumer: Consumer) -> None:
        self.assign(consumer)
        while not self.stopping.is_set():
            records = consumer.consume(500, 0.2)
            if records:
                self.take(records)
            self.failure = None

    def assign(self, consumer: Consumer) -> None:
        """Every partition, from where the store has got to. Partitions that come later are read after the next start."""
        with self.engine.connect() as connection:
            known = {(row.topic, row.partition): row.next_offset for row in connection.execute(select(store.position))}
        partitions = []
        for topic in self.topics:
            described = consumer.list_topics(topic, timeout=30).topics[topic]
            if described.error:
                raise KafkaException(described.error)
            partitions += [TopicPartition(topic, number, known.get((topic, number), OFFSET_BEGINNING)) for number in described.partitions]
        consumer.assign(partitions)

    def take(self, records) -> None:
        for record in records:
            if record.error():
                raise KafkaException(record.error())
        with self.engine.begin() as connection:
            mine = [record for record in records if self.advance(connection, record)]
            for record in mine:
                self.read(connection, record)

    def advance(self, connection: Connection, record) -> bool:
        """Moves the position behind the record. False: another instance did, and has read it."""
        place = (store.position.c.topic == record.topic(), store.position.c.partition == record.partition())
        known = connection.execute(select(store.position.c.next_offset).where(*place).with_for_update()).scalar_one_or_none()
        if known is None:
            connection.execute(store.position.insert().values(topic=record.topic(), partition=record.partition(),
                                                              next_offset=record.offset() + 1))
            return True
        if known > record.offset():
            return False
        connection.execute(update(store.position).where(*place).values(next_offset=record.offset() + 1))
        return True

    def read(self, connection: Connection, record) -> None:
        if record.topic() == self.topics[1]:
            self.read_dead_letter(connection, record)
            return
        message = kafka.KafkaMessage(dict(record.headers() or ()), record.key(), record.value())
        event = kafka.from_structured(message, JSONFormat())
        kind, data = event.get_type().removeprefix("lockbox.").removesuffix(".v1"), event.get_data()
        cause = event.get_extension("causationid")
        if kind.startswith("request."):
            self.read_request(connection, kind, data["request"], str(event.get_time().isoformat()))
        elif kind == "decision.judged" and cause:
            store.put(connection, store.answer, event_id=cause, says=data["verdict"], reason=None)
        elif kind in ("tenant.changed", "tenant.change_refused") and cause:
            store.put(connection, store.answer, event_id=cause, says=kind.removeprefix("tenant."), reason=data.get("reason"))
        if kind == "tenant.changed":
            read_change(connection, data, cause)

    def read_dead_letter(self, connection: Connection, record) -> None:
        """Of something that this portal sent: what was wrong with it."""
        try:
            event_id = json.loads(record.value() or b"{}").get("id")
        except (ValueError, AttributeError):
            return
        if isinstance(event_id, str) and connection.execute(select(store.sent.c.value).where(store.sent.c.event_id == event_id)).first():
            reason = dict(record.headers() or ()).get("__connect.errors.exception.message", b"").decode(errors="replace")
            store.put(connection, store.answer, event_id=event_id, says="malformed", reason=reason)

    def read_request(self, connection: Connection, kind: str, request: dict, at: str) -> None:
        request_id, version = request["request_id"], request["version"]
        store.put(connection, store.step, request_id=request_id, version=version, type=kind, at=at, state=request["state"])
        known = connection.execute(select(store.request.c.version).where(store.request.c.request_id == request_id)).scalar_one_or_none()
        if known is None:
            connection.execute(store.request.insert().values(
                request_id=request_id, version=version, state=request["state"], created_at=request["created_at"], first=request,
                engineer_id=request["engineer"]["id"], kind=kind_of(request),
                words=self.words.of(request) if request["approvers"] else None, now=request))
            for approver in {it["principal"]["id"] for it in request["approvers"]}:
                connection.execute(store.asked.insert().values(principal_id=approver, request_id=request_id, created_at=request["created_at"],
                                                               standing=store.standing_of(request["state"])))
        elif known < version:
            connection.execute(update(store.request).where(store.request.c.request_id == request_id).values(
                version=version, state=request["state"], now=request))
            connection.execute(update(store.asked).where(store.asked.c.request_id == request_id).values(
                standing=store.standing_of(request["state"])))


def webhooks_of(connection: Connection, cause: str | None) -> list[dict] | None:
    """Those of contacts that this portal set. A webhook's URL is a secret that Lockbox's events do not name: others' are not known."""
    row = connection.execute(select(store.sent.c.value).where(store.sent.c.event_id == (cause or ""))).first()
    return json.loads(row.value)["data"].get("webhooks", []) if row else None


def read_change(connection: Connection, data: dict, cause: str | None) -> None:
    tenant_id, subscription_id = data["tenant_id"], data.get("subscription_id") or ""
    here = store.subscription.c.subscription_id == subscription_id
    match data["change"]:
        case "subscription_added":
            known = connection.execute(select(store.subscription).where(here)).first()
            kept = {} if known and not known.removed else {"enabled": False, "policy": {}, "alternates": [], "webhooks": [], "removed": False}
            store.put(connection, store.subscription, subscription_id=subscription_id, tenant_id=tenant_id, name=data.get("name"), **kept)
        case "subscription_removed":
            connection.execute(update(store.subscription).where(here).values(removed=True, enabled=False))
        case "lockbox_enabled" | "lockbox_disabled" as change:
            connection.execute(update(store.subscription).where(here).values(enabled=change == "lockbox_enabled"))
        case "contacts_set":
            connection.execute(update(store.subscription).where(here).values(
                alternates=data.get("alternate_emails", []), webhooks=webhooks_of(connection, cause)))
        case "policy_set":
            connection.execute(update(store.subscription).where(here).values(policy={it: data[it] for it in POLICY if it in data}))
        case "role_assigned":
            store.put(connection, store.role, principal=data["principal"], **role_of(data))
        case "role_removed":
            connection.execute(delete(store.role).where(*(store.role.c[name] == it for name, it in role_of(data).items())))
        case "approver_key_set" if data.get("public_key"):
            connection.execute(delete(store.pending).where(store.pending.c.tenant_id == tenant_id,
                                                           store.pending.c.principal_id == data["principal_id"]))
            store.put(connection, store.key, tenant_id=tenant_id, principal_id=data["principal_id"], jwk=data["public_key"], at=data["at"])
        case "approver_key_set":
            connection.execute(delete(store.key).where(store.key.c.tenant_id == tenant_id,
                                                       store.key.c.principal_id == data["principal_id"]))


def role_of(data: dict) -> dict:
    whole = data["role"] == "global_administrator"
    return {"tenant_id": data["tenant_id"], "subscription_id": "" if whole else data["subscription_id"],
            "principal_id": data["principal"]["id"], "role": data["role"]}

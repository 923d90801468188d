"""Publishes CloudEvents to Lockbox's topics: each once, by an id that its page gave it."""
import json
from datetime import datetime, timezone

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import KafkaException, Producer
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from . import store

TOPICS = {"decision": ("decisions.v1", "request_id"), "tenant": ("tenants.v1", "tenant_id")}


class AnotherEvent(Exception):
    """That id was given to something else."""


class Publisher:
    def __init__(self, engine: Engine, source: str, prefix: str, settings: dict):
        self.engine, self.source, self.prefix = engine, source, prefix
        self.producer = Producer({**settings, "enable.idempotence": True, "message.timeout.ms": 20000})

    def publish(self, event_id: str, principal_id: str, kind: str, data: dict) -> None:
        """Returns once Kafka has it. Sent again under its id, it is what was sent before."""
        topic, key = TOPICS[kind.partition(".")[0]]
        event = CloudEvent({"id": event_id, "source": self.source, "specversion": "1.0", "type": f"lockbox.{kind}.v1",
                            "time": datetime.now(timezone.utc)}, data)
        message = kafka.to_structured(event, JSONFormat(), key_mapper=lambda it: it.get_data()[key])
        value = self.remember(event_id, principal_id, data[key], message.value.decode())
        failed = []
        self.producer.produce(self.prefix + topic, key=message.key, value=value, headers=message.headers,
                              on_delivery=lambda error, _: failed.append(error) if error else None)
        if self.producer.flush(30) > 0 or failed:
            raise KafkaException(*failed[:1])

    def remember(self, event_id: str, principal_id: str, about: str, value: str) -> str:
        """The event's bytes: those of the first time."""
        row = {"event_id": event_id, "principal_id": principal_id, "about": about, "value": value}
        try:
            with self.engine.begin() as connection:
                connection.execute(store.sent.insert().values(**row))
            return value
        except IntegrityError:
            with self.engine.connect() as connection:
                known = connection.execute(select(store.sent).where(store.sent.c.event_id == event_id)).one()
        if (known.principal_id, json.loads(known.value)["data"]) != (principal_id, json.loads(value)["data"]):
            raise AnotherEvent(event_id) from None
        return known.value

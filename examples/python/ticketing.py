"""A ticketing system: opens a ticket, assigns its engineer, asks for access, and follows what becomes of it.

    python ticketing.py ticket.json      exit 0: access is granted, 1: it is not, 2: an event could not be read,
                                         3: nobody was asked, Lockbox is not on for the subscription
"""
import argparse
import json
import os
import sys
import uuid
from datetime import datetime
from pathlib import Path

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, KafkaException, Producer

SOURCE = "https://support.example/tickets"
EXIT = {"approved": 0, "not_required": 3}  # any other end: 1


def client(**own) -> dict:
    """By the workers' settings: LOCKBOX_KAFKA_SASL_MECHANISM is the client's sasl.mechanism; NAME_FILE names a secret's file."""
    found = {"bootstrap.servers": os.environ["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], **own}
    for name, value in os.environ.items():
        if name.startswith(("LOCKBOX_KAFKA_SECURITY_", "LOCKBOX_KAFKA_SASL_", "LOCKBOX_KAFKA_SSL_")):
            if name.endswith("_FILE"):
                with open(value) as file:
                    name, value = name.removesuffix("_FILE"), file.read().strip()
            found[name.removeprefix("LOCKBOX_KAFKA_").lower().replace("_", ".")] = value
    return found


def event_of(fact: str, at: str, data: dict) -> CloudEvent:
    """Id and time are the fact's own, not this run's: publishing a fact again writes the same bytes, and does nothing."""
    name = f"{SOURCE}/{data['ticket_id']}/{fact}/{at}"
    return CloudEvent({"id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "source": SOURCE, "specversion": "1.0",
                       "type": f"lockbox.{fact}.v1", "time": datetime.fromisoformat(at)}, data)


def events_of(ticket: dict) -> list[CloudEvent]:
    id, opened, assigned, asked = ticket["ticket_id"], ticket["opened"], ticket["assigned"], ticket["asked"]
    return [event_of("ticket.opened", opened["at"], {"ticket_id": id, **opened["data"]}),
            event_of("ticket.assigned", assigned["at"], {"ticket_id": id, **assigned["data"]}),
            event_of("access.requested", asked["at"], {"ticket_id": id, **asked["data"]})]


def publish(events: list[CloudEvent]) -> set[bytes]:
    """Under one key, and so in this order. Where it fails: publish all of it again."""
    producer = Producer(client(**{"enable.idempotence": True}))
    failed, values = [], set()
    for event in events:
        message = kafka.to_structured(event, JSONFormat(), key_mapper=lambda it: it.get_data()["ticket_id"])
        producer.produce("lockbox.tickets.v1", key=message.key, value=message.value, headers=message.headers,
                         on_delivery=lambda error, _: failed.append(error) if error else None)
        values.add(message.value)
    if producer.flush(60) > 0 or failed:
        sys.exit(f"not published, try again: {failed}")
    return values


def follow(wish_id: str, published: set[bytes]) -> int:
    """A system that stays up keeps one group, and commits an offset once it has stored what it read."""
    consumer = Consumer(client(**{"group.id": f"ticketing-{uuid.uuid4()}", "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest"}))
    consumer.subscribe(["lockbox.events.v1", "lockbox.deadletter.v1"])
    seen, request_id = set(), None
    while True:
        record = consumer.poll(1)
        if record is None:
            continue
        if record.error():
            raise KafkaException(record.error())
        if record.topic() == "lockbox.deadletter.v1":
            if record.value() in published:
                print("dead letter:", dict(record.headers())["__connect.errors.exception.message"].decode())
                return 2
            continue
        message = kafka.KafkaMessage(dict(record.headers()), record.key(), record.value())
        event = kafka.from_structured(message, JSONFormat())
        if event.get_id() in seen or not event.get_type().startswith("lockbox.request."):
            continue
        seen.add(event.get_id())
        if event.get_extension("causationid") == wish_id:
            request_id = event.get_subject()
        if event.get_subject() != request_id:
            continue
        request = event.get_data()["request"]
        print(request_id, request["state"], request.get("reason") or request.get("expires_at") or "", flush=True)
        if request["state"] != "customer_notified":
            consumer.close()
            return EXIT.get(request["state"], 1)


def named_file():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="such as ../ticket.json")
    return parser.parse_args().file.open()


if __name__ == "__main__":
    with named_file() as file:
        events = events_of(json.load(file))
    sys.exit(follow(events[-1].get_id(), publish(events)))

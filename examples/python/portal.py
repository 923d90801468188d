"""A customer's portal: registers the tenant, turns Lockbox on, shows what is asked, and sends an approver's decision.

    python portal.py tenant.json      reads "approve" or "deny" and a comment from standard input
                                      exit 0: the decision was applied, or was before; 1: it was not, or Lockbox could not be turned on,
                                      2: an event could not be read
"""
import argparse
import json
import os
import sys
import uuid
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, KafkaException, Producer

SOURCE = "https://portal.example/lockbox"
published: set[bytes] = set()


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


@cache
def producer() -> Producer:
    return Producer(client(**{"enable.idempotence": True}))


def event_of(fact: str, id: str, at: datetime, data: dict) -> CloudEvent:
    return CloudEvent({"id": id, "source": SOURCE, "specversion": "1.0", "type": f"lockbox.{fact}.v1", "time": at}, data)


def publish(topic: str, key: str, event: CloudEvent) -> str:
    """Returns the event's id, by which its answer is known. Where it fails: publish the same event again."""
    message = kafka.to_structured(event, JSONFormat(), key_mapper=lambda it: it.get_data()[key])
    failed = []
    published.add(message.value)
    producer().produce(topic, key=message.key, value=message.value, headers=message.headers,
                       on_delivery=lambda error, _: failed.append(error) if error else None)
    if producer().flush(60) > 0 or failed:
        sys.exit(f"not published, try again: {failed}")
    return event.get_id()


def register(tenant: dict) -> list[str]:
    """Who is who, and that Lockbox is on. Ids and times are the portal's records' own: again does nothing."""
    ids = {"tenant_id": tenant["tenant_id"], "subscription_id": tenant["subscription_id"]}
    admin, at = tenant["administrator"], datetime.fromisoformat(tenant["registered_at"])
    facts = [("subscription_added", ids),
             ("role_assigned", {"tenant_id": ids["tenant_id"], "principal": admin, "role": "global_administrator"}),
             ("role_assigned", {**ids, "principal": tenant["approver"], "role": "lockbox_approver"}),
             ("lockbox_enabled", {**ids, "by": admin})]
    return [publish("lockbox.tenants.v1", "tenant_id",
                    event_of(f"tenant.{fact}", f"{tenant['tenant_id']}/{number}", at, data))
            for number, (fact, data) in enumerate(facts, 1)]


def events():
    """Each event once, from the beginning: delivery is at least once, so repeats are dropped by id."""
    consumer = Consumer(client(**{"group.id": f"portal-{uuid.uuid4()}", "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest"}))
    consumer.subscribe(["lockbox.events.v1", "lockbox.deadletter.v1"])
    seen = set()
    while True:
        record = consumer.poll(1)
        if record is None:
            continue
        if record.error():
            raise KafkaException(record.error())
        if record.topic() == "lockbox.deadletter.v1":
            if record.value() in published:
                print("dead letter:", dict(record.headers())["__connect.errors.exception.message"].decode())
                sys.exit(2)
            continue
        message = kafka.KafkaMessage(dict(record.headers()), record.key(), record.value())
        event = kafka.from_structured(message, JSONFormat())
        if event.get_id() not in seen:
            seen.add(event.get_id())
            yield event


def answer(feed, event_id: str, family: str) -> CloudEvent:
    return next(event for event in feed
                if event.get_extension("causationid") == event_id and event.get_type().startswith(family))


def show(request: dict) -> None:
    engineer = request["engineer"]
    print(f"{request['request_id']}: until {request['decide_by']}, {engineer['name']} of {engineer['organization']} asks")
    for item in request["actions"]:
        print(" ", *(item[part] for part in ("number", "action", "namespace", "kind", "name") if part in item))
    print(f"  on {request['resource_id']}\n  for {request['duration']}: {request['justification']}", flush=True)


def main(tenant: dict) -> int:
    feed = events()
    for event_id in register(tenant):
        event = answer(feed, event_id, "lockbox.tenant.")
        if event.get_type() == "lockbox.tenant.change_refused.v1":
            print("refused:", event.get_data()["change"], event.get_data()["reason"])
            return 1
    print("Lockbox is on for", tenant["subscription_id"], flush=True)
    feed = events()  # once more: the request may be older than this run
    request = next(event.get_data()["request"] for event in feed
                   if event.get_type() == "lockbox.request.created.v1"
                   and event.get_data()["request"]["subscription_id"] == tenant["subscription_id"])
    show(request)
    decision, _, comment = sys.stdin.readline().strip().partition(" ")
    data = {"request_id": request["request_id"], "decision": decision, "by": tenant["approver"], "comment": comment}
    event = event_of("decision.submitted", str(uuid.uuid4()), datetime.now(timezone.utc), data)
    verdict = answer(feed, publish("lockbox.decisions.v1", "request_id", event), "lockbox.decision.").get_data()["verdict"]
    print("verdict:", verdict)
    return 0 if verdict in ("applied", "recorded", "duplicate") else 1


def named_file():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="such as ../tenant.json")
    return parser.parse_args().file.open()


if __name__ == "__main__":
    with named_file() as file:
        sys.exit(main(json.load(file)))

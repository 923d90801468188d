"""An enforcement point: asks whether an access is allowed now, carries it out or blocks it, and reports which.

    python enforcement.py access.json      exit 0: carried out, 1: blocked
"""
import argparse
import json
import os
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

import psycopg
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Producer

SOURCE = "https://enforcement.example"
QUESTION = """SELECT allowed, request_id, expires_at, reason FROM lockbox.access_check(
    %(engineer_id)s, %(resource_id)s, %(action)s, %(namespace)s, %(kind)s, %(name)s)"""
ABSENT = {"namespace": None, "kind": None, "name": None}  # NULL; empty text matches nothing


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


def ask(access: dict) -> tuple[bool, str | None, str]:
    """Allowed, by which request, and why. No answer is a no. Ask before every access: a yes may be revoked."""
    try:
        with psycopg.connect(os.environ["LOCKBOX_ENFORCER_URL"], connect_timeout=5) as database:
            allowed, request_id, expires_at, reason = database.execute(QUESTION, {**ABSENT, **access}).fetchone()
    except psycopg.Error as error:
        return False, None, f"no answer ({type(error).__name__})"
    return allowed, request_id and str(request_id), f"{reason} until {expires_at}" if allowed else reason


def carry_out(access: dict) -> None:
    print("doing", access["action"], flush=True)  # here stands the call to the cluster


def report(access: dict, outcome: str, request_id: str | None, performed_at: datetime) -> None:
    """What was blocked is reported, too. A report that fails must be kept and sent again, with the same id."""
    data = {**access, "performed_at": performed_at.isoformat(), "outcome": outcome,
            **({"request_id": request_id} if request_id else {})}
    event = CloudEvent({"id": str(uuid.uuid4()), "source": SOURCE, "specversion": "1.0", "time": performed_at,
                        "type": "lockbox.access.performed.v1"}, data)
    message = kafka.to_structured(event, JSONFormat(), key_mapper=lambda it: it.get_data()["engineer_id"])
    producer = Producer(client(**{"enable.idempotence": True}))
    failed = []
    producer.produce("lockbox.accesses.v1", key=message.key, value=message.value, headers=message.headers,
                     on_delivery=lambda error, _: failed.append(error) if error else None)
    if producer.flush(60) > 0 or failed:
        sys.exit(f"not reported, keep it and try again: {failed}")


def main(access: dict) -> int:
    allowed, request_id, why = ask(access)
    performed_at = datetime.now(timezone.utc)
    print("allowed:" if allowed else "blocked:", why, flush=True)
    if allowed:
        carry_out(access)
    report(access, "allowed" if allowed else "blocked", request_id, performed_at)
    return 0 if allowed else 1


def named_file():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="such as ../access.json")
    return parser.parse_args().file.open()


if __name__ == "__main__":
    with named_file() as file:
        sys.exit(main(json.load(file)))

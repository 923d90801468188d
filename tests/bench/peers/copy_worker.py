"""What is written by hand in half an hour: takes its partitions of a topic, reads each record's JSON, and COPYs batches into
audit.event, all columns and indexes. No proof, no fence, no read models: the leaf's hash is of no use to anybody.

copy_worker.py DATABASE_URL BOOTSTRAP TOPIC PARTITION…
"""
import json
import sys
from datetime import UTC, datetime
from hashlib import sha256

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

BATCH = 4000
COLUMNS = {"topic": "text", '"partition"': "int4", '"offset"': "int8", "kafka_timestamp": "timestamptz", "received_at": "timestamptz",
           "key": "bytea", "headers": "bytea", "raw": "bytea", "event_id": "text", "source": "text", "type": "text",
           "event_time": "timestamptz", "ticket_id": "text", "actor": "text", "leaf_hash": "bytea", "kafka_timestamp_ms": "int8"}
HEADERS = b"\0\0\0\1\0\0\0\x0ccontent-type\0\0\0\x1capplication/cloudevents+json"


def row(message, now: datetime) -> tuple:
    raw, (_, ms) = message.value(), message.timestamp()
    event = json.loads(raw)
    data = event["data"]
    return (message.topic(), message.partition(), message.offset(), datetime.fromtimestamp(ms / 1000, UTC), now, message.key(), HEADERS, raw,
            event["id"], event["source"], event["type"], datetime.fromisoformat(event["time"]), data["ticket_id"], data["engineer_id"],
            sha256(raw).digest(), ms)


def main() -> None:
    database, bootstrap, topic, *partitions = sys.argv[1:]
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "by-hand", "enable.auto.commit": False,
                         "queued.max.messages.kbytes": 65536})
    consumer.assign([TopicPartition(topic, int(number), OFFSET_BEGINNING) for number in partitions])
    with psycopg.connect(database) as db:
        while True:
            messages = consumer.consume(BATCH, 0.2)
            now = datetime.now(UTC)
            with db.transaction(), db.cursor().copy(f"COPY audit.event ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(list(COLUMNS.values()))
                for message in messages:
                    copy.write_row(row(message, now))


main()

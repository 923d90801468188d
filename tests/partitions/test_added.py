"""Partitions that are added to a topic are read, by the workers that run."""
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from support.broker import client, partitions_of
from support.waiting import wait_until

DECISIONS = "lockbox.decisions.v1"


def test_partitions_that_are_added_are_read(system):
    """librdkafka by itself looks for them every five minutes."""
    added = len(partitions_of(system.bootstrap, DECISIONS))
    admin = AdminClient(client(system.bootstrap))
    for done in admin.create_partitions([NewPartitions(DECISIONS, added + 1)]).values():
        done.result(30)
    wait_until(lambda: len(partitions_of(system.bootstrap, DECISIONS)) > added, "Kafka has the partition")
    producer = Producer(client(system.bootstrap))
    producer.produce(DECISIONS, b"not JSON", b"k", added)
    assert producer.flush(30) == 0
    for what, database, relation in (("decider", system.lockbox, "lockbox.quarantine"), ("auditor", system.audit, "audit.event")):
        wait_until(lambda: database.rows(f'SELECT 1 FROM {relation} WHERE topic = %s AND "partition" = %s', DECISIONS, added),
                   f"the {what} reads it", 30)

"""Partitions that are added to a topic are read within ten seconds, by the workers that run."""
import time

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from support.broker import Feed, client, complaints, partitions_of
from support.scenario import Tenant
from support.traffic import await_quiet
from support.waiting import wait_until

DECISIONS, EVENTS = "lockbox.decisions.v1", "lockbox.events.v1"
WITHIN = 10  # seconds, on a machine that has time
LONG = 60
READ = {"decider": ("lockbox", 'SELECT quarantined_at AS at FROM lockbox.quarantine WHERE topic = %s AND "partition" = %s'),
        "auditor": ("audit", 'SELECT received_at AS at FROM audit.event WHERE topic = %s AND "partition" = %s')}


@pytest.fixture(scope="module")
def bare(system):
    """A consumer that does nothing else: how late this machine is."""
    consumer = Consumer({**client(system.bootstrap), "group.id": f"bare-{time.time_ns()}", "auto.offset.reset": "earliest",
                         "topic.metadata.refresh.interval.ms": 5000, "session.timeout.ms": 10000})
    consumer.subscribe([DECISIONS])
    wait_until(lambda: (consumer.poll(0.2), consumer.assignment())[1], "it has partitions", LONG)
    yield consumer
    consumer.close()


def reads(consumer: Consumer, partition: int) -> bool:
    message = consumer.poll(0.2)
    return message is not None and not message.error() and message.partition() == partition


def add_partition(system, topic: str) -> int:
    """Its number."""
    added = len(partitions_of(system.bootstrap, topic))
    admin = AdminClient(client(system.bootstrap))
    for done in admin.create_partitions([NewPartitions(topic, added + 1)]).values():
        done.result(30)
    wait_until(lambda: len(partitions_of(system.bootstrap, topic)) > added, "Kafka has the partition")
    return added


@pytest.mark.parametrize("time_of_many", range(3))  # of the clients' interval another part each time
def test_partitions_that_are_added_are_read(system, bare, time_of_many):
    """librdkafka by itself looks for them every five minutes."""
    began = time.time()
    added = add_partition(system, DECISIONS)
    producer = Producer(client(system.bootstrap))
    producer.produce(DECISIONS, b"not JSON", b"k", added)
    assert producer.flush(30) == 0
    wait_until(lambda: reads(bare, added), "the bare consumer reads it", LONG)
    late = time.time() - began
    for worker, (database, query) in READ.items():
        [row] = wait_until(lambda: getattr(system, database).rows(query, DECISIONS, added), f"the {worker} reads it", LONG)  # noqa: B023
        took = row.at.timestamp() - began
        assert took < max(WITHIN, 2 * late), f"the {worker} took {took:.1f} s, and a bare consumer {late:.1f} s"


def test_a_request_goes_on_in_another_partition(system):
    """What keys a partition has, all change with their count: readers go by the version. A relay that starts knows the count at once."""
    tenant = Tenant(system)
    requests = [tenant.request() for _ in range(4)]
    await_quiet(system)
    add_partition(system, EVENTS)
    system.events.close()
    system.events = Feed(system.bootstrap, EVENTS, complaints)  # which knows of it, too
    system.stack.kill("relay")
    system.stack.await_ready()
    for request in requests:
        request.approve()
    for request in requests:
        request.decide("revoke")
        request.event("revoked")
    places = [[record.place[1] for record in system.request_events(request.id)] for request in requests]
    assert any(len(set(each)) > 1 for each in places), places
    for request in requests:
        for subject in ("Approval needed", "Approved", "Revoked"):
            mails = system.mailbox.wait_for(request.id, {tenant.owner.email}, subject)
            assert len({mail.id for mail in mails if mail.recipient == tenant.owner.email}) == 1
        wait_until(lambda: system.audit.rows("SELECT 1 FROM audit.request_state WHERE request_id = %s AND version = 3", request.id), "it is audited")  # noqa: B023

"""Whole lifecycles, opened to revoked, through Kafka beside the same transactions without it, in the same run.

Through Kafka: tickets are opened, assigned, asked for, approved when the request is heard of, and closed when the
approval is; requester, decider and relay at work. Without: bare_lifecycles, which runs the workers' own transactions
over records in memory; one of it, and two side by side, as many as there are processors. Small: 5,000 lifecycles; with
--whole 30,000.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.stack import REPOSITORY, Stack  # noqa: E402
from tests.support.waiting import wait_until  # noqa: E402

HEADERS = {"content-type": "application/cloudevents+json"}
EVENT = ('{{"specversion":"1.0","id":"{id}","source":"/bench","type":"lockbox.{kind}.v1",'
         '"datacontenttype":"application/json","data":{data}}}')
PERSON = '{{"id":"{0}","email":"{0}@contoso.example","name":"{0}"}}'
GWEN, ANN = PERSON.format("gwen"), PERSON.format("ann")


def event(kind, data):
    return EVENT.format(id=uuid.uuid4(), kind=kind, data=data)


def story(tenant, ticket):
    """What the ticketing system says first."""
    cluster = f"/subscriptions/{tenant}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro"
    engineer = f'{{"id":"eng-{ticket}","email":"e@redhat.example","name":"Eve","organization":"redhat"}}'
    return [event("ticket.opened", f'{{"ticket_id":"{ticket}","subscription_id":"{tenant}","title":"Bench"}}'),
            event("ticket.assigned", f'{{"ticket_id":"{ticket}","engineer":{engineer}}}'),
            event("access.requested", f'{{"ticket_id":"{ticket}","engineer_id":"eng-{ticket}","justification":"Bench","resource_id":"{cluster}",'
                                      '"actions":[{"action":"get_pod_logs","namespace":"openshift-ingress"}]}')]


def found(stack, producer):
    tenant = str(uuid.uuid4())
    scope = f'"tenant_id":"{tenant}","subscription_id":"{tenant}"'
    for kind, data in (("subscription_added", f"{{{scope}}}"),
                       ("role_assigned", f'{{"tenant_id":"{tenant}","role":"global_administrator","principal":{GWEN}}}'),
                       ("role_assigned", f'{{{scope},"role":"owner","principal":{ANN}}}'),
                       ("lockbox_enabled", f'{{{scope},"by":{GWEN}}}')):
        producer.produce("lockbox.tenants.v1", event(f"tenant.{kind}", data), tenant, headers=HEADERS)
    producer.flush()
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
        wait_until(lambda: db.execute("SELECT count(*) FROM lockbox.subscription WHERE lockbox_enabled").fetchone()[0], "Lockbox is on")
    return tenant


def through_kafka(stack, count):
    """Lifecycles per second, from the first record sent until the last revocation is heard of; and the longest time without an event."""
    bootstrap = stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "queue.buffering.max.messages": 4 * count + 1000})
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False, "fetch.wait.max.ms": 20})
    tenant = found(stack, producer)
    consumer.assign([TopicPartition("lockbox.events.v1", partition, 0) for partition in range(8)])
    tickets = [(str(uuid.uuid4()), None) for _ in range(count)]
    tickets = [(ticket, story(tenant, ticket)) for ticket, _ in tickets]
    revoked = 0
    began = heard = time.monotonic()
    pause = 0.0
    for ticket, said in tickets:
        for value in said:
            producer.produce("lockbox.tickets.v1", value, ticket, headers=HEADERS)
    while revoked < count:
        producer.poll(0)
        if time.monotonic() - began > 600:
            sys.exit(f"bench lifecycles: gave up after {revoked} of {count}")
        messages = consumer.consume(2000, 0.02)
        if messages:
            now = time.monotonic()
            pause, heard = max(pause, now - heard), now
        for message in messages:
            value, key = message.value(), message.key().decode()
            if b'"type":"lockbox.request.created.v1"' in value:
                producer.produce("lockbox.decisions.v1",
                                 event("decision.submitted", f'{{"request_id":"{key}","decision":"approve","by":{ANN}}}'), key, headers=HEADERS)
            elif b'"type":"lockbox.request.approved.v1"' in value:
                ticket = value.partition(b'"ticket_id":"')[2].partition(b'"')[0].decode()
                producer.produce("lockbox.tickets.v1", event("ticket.closed", f'{{"ticket_id":"{ticket}"}}'), ticket, headers=HEADERS)
            elif b'"type":"lockbox.request.revoked.v1"' in value:
                revoked += 1
    took = time.monotonic() - began
    consumer.close()
    return count / took, pause


def without(stack, count, drivers):
    """Lifecycles per second of so many at once."""
    environment = {**os.environ, "LOCKBOX_DATABASE_URL": stack.env["LOCKBOX_DATABASE_URL"]}
    running = [subprocess.Popen([REPOSITORY / "build/release/tests/bare_lifecycles", f"bare-{uuid.uuid4()}", str(count // drivers)],
                                env=environment, stdout=subprocess.PIPE, text=True) for _ in range(drivers)]
    rates = [float(process.communicate(timeout=600)[0]) for process in running]
    assert all(process.returncode == 0 for process in running)
    return sum(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="30,000 lifecycles")
    count = 30_000 if parser.parse_args().whole else 5_000
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory), LOCKBOX_PENDING_PER_SUBSCRIPTION=str(count))
        try:
            stack.up("postgres", "kafka", "schema", "requester", "decider", "relay")
            rate, pause = through_kafka(stack, count)
            rates = {"through Kafka": rate}
            stack.down("requester", "decider", "relay")
            for drivers in (1, 2):
                rates[f"without, {drivers} at once"] = without(stack, count, drivers)
        finally:
            stack.wipe()
    print(f"longest pause between two events of Kafka: {pause:.2f} s")
    for name, rate in rates.items():
        print(f"{name:<20} {rate:>8,.0f} lifecycles/s   through Kafka ÷ this: {rates['through Kafka'] / rate:.2f}")


if __name__ == "__main__":
    main()

"""The road: lifecycles per second, commit to event beside a bare loop, idle CPU, memory, start-up.

All from one run, against a stack of its own. Figures in brackets are the goals. With --whole nothing but the backlog: ten million events
that wait, beside 20,000. LOCKBOX_BENCH_BACKLOG says how many instead. It takes 3 KB of disk a row, and begins only where 20 GB stay free.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import psycopg
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import REPOSITORY, WORKERS, Stack  # noqa: E402

PER_SECOND, SECONDS = 200, 15
BACKLOG, WHOLE = (int(os.environ.get("LOCKBOX_BENCH_BACKLOG", default)) for default in ("200000", "10000000"))
ROW_BYTES, FREE_BYTES = 3_000, 20 << 30


# ---- lifecycles ----

COMPLETED = "SELECT count(*) FROM lockbox.request WHERE state = 'completed'"
COMPLETED_RECORDS = "SELECT count(*) FROM audit.event WHERE type = 'lockbox.request.completed.v1'"


class Publisher:
    def __init__(self, stack):
        self.producer = Producer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "linger.ms": 5, "log_level": 0})

    def publish(self, topic, key, kind, **data):
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/bench", "type": f"lockbox.{kind}.v1",
                 "datacontenttype": "application/json", "data": data}
        self.producer.produce(f"lockbox.{topic}.v1", json.dumps(event), key,
                              headers={"content-type": "application/cloudevents+json"})
        self.producer.poll(0)


def person(name):
    return {"id": name, "email": f"{name}@contoso.example", "name": name.title()}


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("bench road: gave up waiting")
        time.sleep(0.02)


def lifecycles(stack, count):
    """Asked, approved, completed, every mail sent, every record in the audit store: per second, whole."""
    bus = Publisher(stack)
    tenant, subscription = f"tenant-{uuid.uuid4()}", str(uuid.uuid4())
    cluster = (f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
               "openShiftClusters/aro")
    for kind, data in (("subscription_added", {}), ("role_assigned", {"principal": person("gwen"), "role": "global_administrator"}),
                       ("role_assigned", {"principal": person("ann"), "role": "owner"}), ("lockbox_enabled", {"by": person("gwen")})):
        bus.publish("tenants", tenant, f"tenant.{kind}", tenant_id=tenant, subscription_id=subscription, **data)
    bus.producer.flush()
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db, \
            psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as audit:
        def number(query, connection=db):
            return connection.execute(query).fetchone()[0]
        until(lambda: number(f"SELECT count(*) FROM lockbox.subscription WHERE lockbox_enabled AND subscription_id = '{subscription}'"))
        done, recorded = number(COMPLETED), number(COMPLETED_RECORDS, audit)
        began = time.monotonic()
        for i in range(count):
            ticket, engineer = f"T-{uuid.uuid4()}", {**person(f"eng-{i}"), "organization": "redhat"}
            bus.publish("tickets", ticket, "ticket.opened", ticket_id=ticket, subscription_id=subscription, title="Bench")
            bus.publish("tickets", ticket, "ticket.assigned", ticket_id=ticket, engineer=engineer)
            bus.publish("tickets", ticket, "access.requested", ticket_id=ticket, engineer_id=engineer["id"],
                        resource_id=cluster, justification="Bench", duration="PT1S",
                        actions=[{"action": "get_pod_logs", "namespace": "openshift-ingress"}])
        bus.producer.flush()
        approved = set()

        def approve():
            new = [str(row[0]) for row in db.execute("SELECT request_id FROM lockbox.request WHERE state = 'customer_notified'")]
            for request in set(new) - approved:
                bus.publish("decisions", request, "decision.submitted", request_id=request, decision="approve", by=person("ann"))
                approved.add(request)
            bus.producer.flush()
            return len(approved) == count
        until(approve)
        until(lambda: number(COMPLETED) == done + count)
        ended = time.monotonic()
        until(lambda: number("SELECT count(*) FROM lockbox.notification WHERE state <> 'sent'") == 0)
        until(lambda: number("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL") == 0)
        until(lambda: number(COMPLETED_RECORDS, audit) == recorded + count)
        return count / (ended - began), count / (time.monotonic() - began)


# ---- commit → event ----

class Arrivals:
    """When each event id came out of Kafka, by this process's clock."""

    def __init__(self, stack, topic):
        self.at = {}
        self.consumer = Consumer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "group.id": str(uuid.uuid4()),
                                  "enable.auto.commit": False, "fetch.wait.max.ms": 100, "log_level": 0})
        self.consumer.assign([TopicPartition(topic, p, self.end(topic, p)) for p in range(8)])
        self.stop = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def end(self, topic, partition):
        """Where the partition ends; asked again while a new topic has no leader yet."""
        while True:
            try:
                return self.consumer.get_watermark_offsets(TopicPartition(topic, partition))[1]
            except KafkaException:
                time.sleep(0.05)

    def run(self):
        while not self.stop:
            message = self.consumer.poll(0.1)
            if message is not None and not message.error():
                self.at[message.key().decode()] = time.perf_counter()

    def close(self):
        self.stop = True
        self.thread.join()
        self.consumer.close()


def commit_to_event(stack, topic, insert):
    """p50 and p99 in ms of PER_SECOND commits a second."""
    arrivals, committed = Arrivals(stack, topic), {}
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"]) as db:
        began = time.perf_counter()
        for i in range(PER_SECOND * SECONDS):
            while time.perf_counter() < began + i / PER_SECOND:
                time.sleep(0.0002)
            key = str(uuid.uuid4())
            db.execute(insert, (key, key, EVENT % (key, key)))
            db.commit()
            committed[key] = time.perf_counter()
    until(lambda: committed.keys() <= arrivals.at.keys(), 60)
    arrivals.close()
    took = sorted((arrivals.at[key] - at) * 1000 for key, at in committed.items())
    return took[len(took) // 2], took[len(took) * 99 // 100]


def drain(stack, rows, keys):
    """Rows of so many keys that wait in the outbox, per second."""
    stack.down("relay")
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
        event = EVENT.replace("%s", "{}").split("{}")
        db.execute("""
            INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
            SELECT id, 'tenant', key, 'lockbox.tenant.changed.v1', %s || id || %s || key || %s
              FROM (SELECT gen_random_uuid() AS id, md5((number %% %s)::text) AS key FROM generate_series(1, %s) AS number) AS row""",
                   (*event, keys, rows))
        db.execute("VACUUM ANALYZE lockbox.outbox")
        last = db.execute("SELECT max(seq) FROM lockbox.outbox").fetchone()[0]
        stack.up("relay")
        until(lambda: not db.execute("SELECT 1 FROM lockbox.outbox WHERE published_at IS NULL LIMIT 1").fetchone(), 1800 + rows / 1000)
        return db.execute("SELECT count(*) / extract(epoch FROM max(published_at) - min(published_at))::float8"
                          "  FROM lockbox.outbox WHERE seq > %s - %s", (last, rows)).fetchone()[0]


# What every consumer of the topic takes as it is: nothing is mailed, refused or quarantined for it.
EVENT = json.dumps({"specversion": "1.0", "id": "%s", "source": "/lockbox/bench", "type": "lockbox.tenant.changed.v1",
                    "subject": "%s", "time": "2026-11-23T16:08:38Z", "datacontenttype": "application/json",
                    "data": {"tenant_id": "contoso", "change": "subscription_added", "name": "x" * 250,
                             "at": "2026-11-23T16:08:38Z"}}, separators=(",", ":"))
OURS = """
WITH row AS (INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
             VALUES (%s, 'tenant', %s, 'lockbox.tenant.changed.v1', %s) RETURNING seq)
SELECT pg_notify('lockbox_outbox', '') FROM row
"""
BARE = """
WITH row AS (INSERT INTO bare_outbox (id, aggregateid, payload) VALUES (%s, %s, %s) RETURNING seq)
SELECT pg_notify('bare_outbox', '') FROM row
"""


def bare(stack):
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
        db.execute("CREATE TABLE bare_outbox (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid, aggregateid text, payload text)")
    admin = AdminClient({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "log_level": 0})
    for done in admin.create_topics([NewTopic("bare", 8, 1)]).values():
        done.result()
    relay = subprocess.Popen([REPOSITORY / "build/release/tests/bare_relay", stack.env["LOCKBOX_SUPERUSER_URL"],
                              stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "bare"], stdout=subprocess.PIPE)
    try:
        relay.stdout.readline()
        return commit_to_event(stack, "bare", BARE)
    finally:
        relay.kill()
        relay.wait()


# ---- at rest, and at start ----

def memory_kb(pid, what):
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith(f"{what}:"))


def sessions(stack):
    """PostgreSQL's process of each of the workers' connections, by the worker."""
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as db:
        return dict(db.execute("SELECT pid, split_part(application_name, '-', 2) FROM pg_stat_activity "
                               "WHERE application_name LIKE 'lockbox-%'").fetchall())


def at_rest(stack, seconds):
    """By worker: its share of a core, that of its database sessions, RSS and PSS."""
    status, serving = stack.status(), sessions(stack)
    pids = {name: status[name]["pid"] for name in WORKERS}
    before = {pid: cpu_seconds(pid) for pid in [*pids.values(), *serving]}
    time.sleep(seconds)
    share = {pid: max(0, cpu_seconds(pid) - began) / seconds * 100 for pid, began in before.items()}
    return {name: (share[pid], sum(share[session] for session, worker in serving.items() if worker == name),
                   memory_kb(pid, "Rss") / 1024, memory_kb(pid, "Pss") / 1024) for name, pid in pids.items()}


def start_up(stack):
    """ms from exec to /readyz saying 200, one worker after the other, dependencies up."""
    taken = {}
    for name in WORKERS:
        stack.down(name)
        environment = stack.worker_environment(LOCKBOX_INSTANCE="1", LOCKBOX_HTTP_LISTEN=stack.env[f"LOCKBOX_HTTP_{name.upper()}"],
                                               **stack.own_role(name))
        began = time.perf_counter()
        process = subprocess.Popen([REPOSITORY / "build/release/bin" / name], env=environment, stderr=subprocess.DEVNULL)
        url = f"http://{environment['LOCKBOX_HTTP_LISTEN']}/readyz"
        while True:
            try:
                if urllib.request.urlopen(url, timeout=1).status == 200:
                    break
            except OSError:
                time.sleep(0.001)
            if time.perf_counter() - began > 60:
                sys.exit(f"bench road: {name} is not ready")
        taken[name] = (time.perf_counter() - began) * 1000
        process.terminate()
        process.wait(15)
    return taken


def backlog(rows):
    """How fast a backlog drains that memory does not hold, beside short ones of an outbox that was empty."""
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        left = shutil.disk_usage(directory).free - rows * ROW_BYTES
        if left < FREE_BYTES:
            sys.exit(f"{rows:,} rows take {rows * ROW_BYTES >> 30} GB, and leave {left >> 30} GB free: {FREE_BYTES >> 30} have to stay")
        stack = Stack(Path(directory))
        try:
            stack.up()
            stack.down("notifier", "auditor")
            short = [drain(stack, 20_000, 20_000) for _ in range(5)]
            long = drain(stack, rows, rows)
        finally:
            stack.wipe()
    median = sorted(short)[len(short) // 2]
    print(f"20,000 events/s         {median:8.0f} of as many keys, {min(short):.0f} to {max(short):.0f}")
    print(f"{rows:,} events/s     {long:8.0f} [≥ 0.8]: {long / median:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="ten million events that wait, and nothing else")
    if parser.parse_args().whole:
        backlog(WHOLE)
        return
    count = int(os.environ.get("LOCKBOX_BENCH_LIFECYCLES", "500"))
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up()
            print("at rest, 20 s …", file=sys.stderr)
            rest = at_rest(stack, 20)
            print(f"{count} lifecycles …", file=sys.stderr)
            ended, whole = lifecycles(stack, count)
            print(f"commit → event, {PER_SECOND}/s …", file=sys.stderr)
            # The road's end at Kafka, as the bare loop's is: nobody reads behind it.
            stack.down("notifier", "auditor")
            ours, least = commit_to_event(stack, "lockbox.events.v1", OURS), bare(stack)
            print("backlogs …", file=sys.stderr)
            hot, many, long = drain(stack, 20_000, 1), drain(stack, 20_000, 20_000), drain(stack, BACKLOG, BACKLOG)
            print("start-up …", file=sys.stderr)
            started = start_up(stack)
        finally:
            stack.wipe()
    print(f"lifecycles/s            {ended:8.1f} until the grant ended, {whole:.1f} with every mail and audit row")
    print(f"commit → event p50, p99 {ours[0]:8.2f}  {ours[1]:.2f} ms;  bare loop {least[0]:.2f}  {least[1]:.2f} ms")
    print(f"  ratios                {ours[0] / least[0]:8.2f}  {ours[1] / least[1]:.2f} [≤ 1.5, ≤ 1.2]")
    print(f"20,000 events/s         {many:8.0f} of as many keys, {hot:.0f} of one [≥ 0.5]: {hot / many:.2f}")
    print(f"{BACKLOG:,} events/s     {long:8.0f} [≥ 0.8]: {long / many:.2f}")
    print(f"idle CPU, all six       {sum(row[0] for row in rest.values()):8.2f} % of a core [≤ 1]")
    print(f"  and in PostgreSQL     {sum(row[1] for row in rest.values()):8.2f} % of a core")
    print(f"PSS, all six            {sum(row[3] for row in rest.values()):8.1f} MB [≤ 40]")
    for name, (cpu, postgres, rss, pss) in rest.items():
        print(f"  {name:<20}  {cpu:8.2f} %   PostgreSQL {postgres:5.2f} %   RSS {rss:5.1f} MB   PSS {pss:5.1f} MB   ready in {started[name]:5.0f} ms [≤ 100]")


if __name__ == "__main__":
    main()

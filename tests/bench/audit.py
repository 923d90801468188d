"""Kafka into the audit store: the auditor beside bare COPYs of the same records, in the same run.

Events of 1 KB in 4 partitions, read from the beginning by the auditor, by two threads that only COPY (a), and by the
same with one jansson parse a record (b). Rate: from the first rows to be seen until all are there. CPU: of the process
and of its database sessions, for each event. Then the store is verified. With --whole once more on top of 20 M rows (--rows says how many).
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support.stack import BINARIES, REPOSITORY, Stack  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PARTITIONS, BYTES = 4, 1024
TOPICS = ("tickets", "tenants", "decisions", "accesses", "events", "deadletter", "checkpoints")
CLUSTER = ("/subscriptions/0e0c4d5a-0000-4000-8000-000000000000/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
           "openShiftClusters/aro1")


def event(number: int) -> tuple[str, bytes]:
    """A wish for access with a long justification: its key, and its value of BYTES bytes."""
    ticket = f"T-{number:012}"
    made = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/bench", "type": "lockbox.access.requested.v1",
            "time": "2026-11-23T16:08:38.123456Z", "datacontenttype": "application/json",
            "data": {"ticket_id": ticket, "engineer_id": f"eng-{number % 997}", "resource_id": CLUSTER, "justification": "",
                     "actions": [{"action": "get_pod_logs", "namespace": "openshift-ingress"},
                                 {"action": "list_or_get_objects", "kind": "Node"}]}}
    made["data"]["justification"] = ("The router restarts every ten minutes. " * 20)[:BYTES - len(json.dumps(made))]
    return ticket, json.dumps(made).encode()


def create_topics(stack: Stack, prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "log_level": 0})
    topics = [NewTopic(f"{prefix}{name}.v1", PARTITIONS if name == "tickets" else 1, 1) for name in TOPICS]
    for done in admin.create_topics(topics).values():
        done.result()


def fill(stack: Stack, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "linger.ms": 50, "log_level": 0,
                         "batch.size": 1 << 20})
    for number in range(count):
        key, value = event(number)
        while True:
            try:
                producer.produce(topic, value, key, number % PARTITIONS, headers={"content-type": "application/cloudevents+json"})
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()


# ---- measuring ----

def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


class Sessions:
    """The CPU of a program's database sessions, by their pids."""

    def __init__(self, db, user: str):
        self.db, self.user, self.seen = db, user, {}

    def look(self) -> float:
        for (pid,) in self.db.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s AND datname = 'audit'", (self.user,)):
            try:
                self.seen[pid] = cpu_seconds(pid)
            except OSError:
                pass
        return sum(self.seen.values())


def measure(db, process: subprocess.Popen, user: str, count: int) -> dict:
    """Until `count` more rows are there."""
    def rows() -> int:
        return int(db.execute("SELECT sum(n) FROM bench_progress").fetchone()[0])
    sessions, before, first = Sessions(db, user), None, 0
    while True:
        now, there = time.monotonic(), rows()
        if before is None and there > 0:
            sessions.look()
            before, first = (now, cpu_seconds(process.pid), sum(sessions.seen.values())), there
        if there >= count:
            break
        if process.poll() is not None:
            sys.exit(f"bench audit: it ended with {process.returncode}")
        time.sleep(0.05)
    events = count - first
    return {"rate": events / (now - before[0]), "own": (cpu_seconds(process.pid) - before[1]) / events * 1e6,
            "database": (sessions.look() - before[2]) / events * 1e6, "peak": peak_mb(process.pid)}


# Progress by the highest offset committed in each partition.
PROGRESS = """
CREATE VIEW bench_progress AS
SELECT p AS "partition", coalesce((SELECT max("offset") + 1 FROM audit.event
                                    WHERE topic = '{topic}' AND "partition" = p), 0) AS n
  FROM generate_series(0, {last}) AS p
"""


def auditor(stack: Stack, db, prefix: str, count: int) -> dict:
    process = stack.spawn("auditor", "bench", LOCKBOX_TOPIC_PREFIX=prefix, LOCKBOX_GROUP_PREFIX=prefix, LOCKBOX_INSTANCE="")
    try:
        return measure(db, process, "lockbox_audit_writer", count)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def bare(stack: Stack, db, topic: str, count: int, mode: str) -> dict:
    url = stack.env["LOCKBOX_AUDIT_DATABASE_URL"]
    process = subprocess.Popen([REPOSITORY / "build/release/tests/bare_audit", url, stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"],
                                topic, str(PARTITIONS), str(count), mode])
    try:
        return measure(db, process, "lockbox_audit_writer", count)
    finally:
        process.kill()
        process.wait()


def verified(stack: Stack, count: int, *options: str) -> float:
    """Rows a second that `lockboxctl audit verify` recomputes."""
    environment = stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    began = time.monotonic()
    subprocess.run([BINARIES / "lockboxctl", "audit", "verify", *options], env=environment, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return count / (time.monotonic() - began)


# ---- stores ----

def empty(stack: Stack, topic: str) -> None:
    """An audit store as `lockboxctl db migrate` makes it, and nothing in it."""
    postgres = stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS audit WITH (FORCE)")
        db.execute("CREATE DATABASE audit")
        db.execute("CHECKPOINT")
    environment = stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    subprocess.run([BINARIES / "lockboxctl", "db", "migrate", "--only", "audit"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
        db.execute(PROGRESS.format(topic=topic, last=PARTITIONS - 1))


# Short rows: what grows with history is the number of rows, and the indexes over them.
HISTORY = """
INSERT INTO audit.event (topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id, source,
                         type, request_id, ticket_id, leaf_hash)
SELECT 'history', n % 4, n / 4, now(), now(), int8send(n), '\\x00000000', '\\x7b7d', 'e-' || n, '/bench',
       'lockbox.request.created.v1', CASE WHEN n % 3 = 0 THEN lpad(to_hex(n), 12, '0') || '-7000-8000-000000000000' END,
       'T-' || lpad(n::text, 12, '0'), sha256(int8send(n))
  FROM generate_series(%s::bigint, %s::bigint) AS n
"""


def with_history(stack: Stack, topic: str, rows: int) -> None:
    empty(stack, topic)
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
        for first in range(0, rows, 1_000_000):
            db.execute(HISTORY, (first, min(first + 1_000_000, rows) - 1))
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def say(name: str, one: dict) -> None:
    print(f"{name:<28}{one['rate']:9.0f} events/s   CPU an event: {one['own']:5.1f} µs, its database sessions"
          f" {one['database']:5.1f} µs   peak RSS {one['peak']:5.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench audit", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--whole", action="store_true", help="also on top of many rows")
    parser.add_argument("--rows", type=int, default=20_000_000)
    options = parser.parse_args()
    prefix = "bench."
    topic = f"{prefix}tickets.v1"
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up("kafka", "postgres", "schema")
            create_topics(stack, prefix)
            print(f"{options.events:,} events of {BYTES} bytes into {PARTITIONS} partitions …", file=sys.stderr)
            fill(stack, topic, options.events)
            found = {}
            for name in ("copy", "parse", "auditor"):
                empty(stack, topic)
                with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
                    found[name] = (auditor(stack, db, prefix, options.events) if name == "auditor"
                                   else bare(stack, db, topic, options.events, name))
            say("(a) bare COPY", found["copy"])
            say("(b) COPY and one parse", found["parse"])
            say("auditor", found["auditor"])
            ours = found["auditor"]["rate"]
            print(f"  of (b)                    {ours / found['parse']['rate']:9.2f} [≥ 0.9]")
            print(f"  of (a)                    {ours / found['copy']['rate']:9.2f}")
            print(f"  peak RSS                  {found['auditor']['peak']:9.0f} MB [≤ 160]")
            print(f"  verified, with columns    {verified(stack, options.events):9.0f} rows/s")
            print(f"  verified, leaves only     {verified(stack, options.events, '--leaves'):9.0f} rows/s [≥ 500,000]")
            if options.whole:
                print(f"{options.rows:,} rows of history …", file=sys.stderr)
                with_history(stack, topic, options.rows)
                with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
                    again = auditor(stack, db, prefix, options.events)
                say(f"on {options.rows:,} rows", again)
                print(f"  of empty                  {again['rate'] / ours:9.2f} [≥ 0.95]")
        finally:
            stack.wipe()


if __name__ == "__main__":
    main()

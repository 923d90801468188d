"""Kafka into the audit store: the auditor beside bare COPYs of the same records, in the same run.

Events of 1 KB in 4 partitions, read from the beginning by the auditor, by two threads that only COPY (a), by the same
with one jansson parse a record (b), and by the same into a table of the raw bytes alone (c). Rate: from the first rows to be seen until all are there. CPU: of the process
and of its database sessions, for each event. Then the store is verified, beside a bare COPY of the same columns. Then events
that read models are made of: requests from creation to completion, their decisions, mails and accesses. With --whole once
more on top of 20 M rows (--rows says how many).

With --peers, beside what others fill a store with, in turns, some rounds long, and nothing else: two Python workers that COPY into
the same table, and Debezium's JDBC sink into a table without an index. Medians of the rounds, and of their ratios.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench.peers import audit as peers  # noqa: E402
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import BINARIES, REPOSITORY, Stack  # noqa: E402

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
    return ticket, json.dumps(made, ensure_ascii=False).encode()


def create_topics(stack: Stack, prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "log_level": 0})
    wide = ("tickets", "events", "accesses")
    topics = [NewTopic(f"{prefix}{name}.v1", PARTITIONS if name in wide else 1, 1) for name in TOPICS]
    for done in admin.create_topics(topics).values():
        done.result()


def tickets(count: int):
    """Topic, partition, key and value of each."""
    for number in range(count):
        yield "bench.tickets.v1", number % PARTITIONS, *event(number)


EXAMPLES = {name: (REPOSITORY / f"schemas/examples/lockbox.{name}.json").read_text() for name in (
    "request.created.v1/valid-three-actions", "decision.judged.v1/valid-applied", "request.approved.v1/valid-in-part",
    "request.completed.v1/valid-after-its-time", "notification.sent.v1/valid-first-attempt", "notification.sent.v1/valid-outcome",
    "access.performed.v1/valid-allowed")}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def lives(count: int):
    """The same of requests that are lived to the end, a minute apart: seven records each, of a new request, by one of a
    thousand engineers on one of a thousand clusters."""
    for number in range(count):
        later = timedelta(minutes=number)
        request, partition = f"{number:08x}-{number % 65536:04x}-7000-8000-{number:012x}", number % PARTITIONS
        subscription = f"{number % 1000:08x}-6e14-4b8f-8c21-5d0e97b4f6a3"
        for version, text in enumerate(EXAMPLES.values(), 1):
            text = TIME.sub(lambda at: (datetime.fromisoformat(at[0]) + later).isoformat().replace("+00:00", "Z"), text)
            made = json.loads(text)
            made["id"] = str(uuid.uuid4())
            data = made["data"]
            about = data.get("request", data)
            about["request_id"] = request
            if "notification_id" in data:
                data["notification_id"] = str(uuid.uuid4())
            if "version" in about:
                about["version"] = version
            if "tenant_id" in about:
                about["tenant_id"] = f"tenant-{number % 100}"
            if "engineer" in about:
                about["engineer"]["id"] = f"eng-{number % 1000}"
                about["ticket_id"] = f"T-{number:012}"
            if "engineer_id" in about:
                about["engineer_id"] = f"eng-{number % 1000}"
            if "resource_id" in about:
                about["resource_id"] = re.sub(r"(?<=/subscriptions/)[^/]+", subscription, about["resource_id"])
            if "subject" in made:
                made["subject"] = request
            topic, key = ("accesses", data["engineer_id"]) if "engineer_id" in data else ("events", request)
            yield f"models.{topic}.v1", partition, key, json.dumps(made, ensure_ascii=False).encode()


def fill(stack: Stack, records) -> int:
    producer = Producer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "linger.ms": 50, "log_level": 0,
                         "batch.size": 1 << 20})
    count = 0
    for topic, partition, key, value in records:
        count += 1
        while True:
            try:
                producer.produce(topic, value, key, partition, headers={"content-type": "application/cloudevents+json"})
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()
    return count


# ---- measuring ----

def peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


class Sessions:
    """The CPU of a program's database sessions, by their pids."""

    def __init__(self, db, user: str):
        self.db, self.user, self.seen = db, user, {}

    def look(self) -> float:
        for (pid,) in self.db.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s AND datname = 'audit'"
                                      " AND pid <> pg_backend_pid()", (self.user,)):
            self.seen[pid] = cpu_seconds(pid) or self.seen.get(pid, 0.0)
        return sum(self.seen.values())


def measure(db, processes: list[subprocess.Popen], user: str, count: int) -> dict:
    """Until `count` more rows are there."""
    def own() -> float:
        return sum(cpu_seconds(process.pid) for process in processes)

    def rows() -> int:
        return int(db.execute("SELECT sum(n) FROM bench_progress").fetchone()[0])
    sessions, before, first = Sessions(db, user), None, 0
    log = db.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    # Where the statistics know history alone, the planner takes our topic for a row or two, and would read and sort them all.
    db.execute("SET enable_sort = off")
    db.execute("SET enable_seqscan = off")
    while True:
        now, there = time.monotonic(), rows()
        if before is None and there > 0:
            sessions.look()
            before, first = (now, own(), sum(sessions.seen.values())), there
        if there >= count:
            break
        for process in processes:
            if process.poll() is not None:
                sys.exit(f"bench audit: it ended with {process.returncode}")
        time.sleep(0.05)
    events = max(count - first, 1)
    written = db.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", (log,)).fetchone()[0]
    return {"log": float(written) / count, "disk": disk(db) / count, "rate": events / (now - before[0]), "own": (own() - before[1]) / events * 1e6,
            "database": (sessions.look() - before[2]) / events * 1e6, "peak": sum(peak_mb(process.pid) for process in processes)}


def disk(db) -> float:
    """The bytes of all records' tables and indexes."""
    return float(db.execute("""SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree('audit.event') AS t""").fetchone()[0]
                 + db.execute("SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)"
                              " FROM unnest('{bench_lean,bench_sink}'::text[]) AS name").fetchone()[0])


# Progress by the highest offset committed in each partition.
PROGRESS = f"""
CREATE VIEW bench_progress AS
SELECT p AS "partition", coalesce((SELECT "offset" + 1 FROM audit.event
                                    WHERE topic = 'bench.tickets.v1' AND "partition" = p
                                    ORDER BY "offset" DESC LIMIT 1), 0) AS n
  FROM generate_series(0, {PARTITIONS - 1}) AS p
"""

# Each transaction says how many it stored: the table has no index.
LEAN_PROGRESS = """
CREATE TABLE bench_lean ("partition" integer, "offset" bigint, raw bytea);
CREATE TABLE bench_done (n bigint);
GRANT INSERT ON bench_lean, bench_done TO lockbox_audit_writer;
CREATE VIEW bench_progress AS SELECT coalesce(sum(n), 0) AS n FROM bench_done
"""

# Of the topics that read models are made of.
MODELS_PROGRESS = """
CREATE VIEW bench_progress AS
SELECT coalesce(sum(rows), 0) AS n FROM audit.log WHERE topic IN ('models.events.v1', 'models.accesses.v1')
"""


def auditor(stack: Stack, db, prefix: str, count: int) -> dict:
    process = stack.spawn("auditor", "bench", LOCKBOX_TOPIC_PREFIX=prefix, LOCKBOX_GROUP_PREFIX=prefix, LOCKBOX_INSTANCE="")
    try:
        return measure(db, [process], "lockbox_audit_writer", count)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def bare(stack: Stack, db, topic: str, count: int, mode: str) -> dict:
    url = stack.audit_writer_url
    process = subprocess.Popen([REPOSITORY / "build/release/tests/bare_audit", url, stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"],
                                topic, str(PARTITIONS), str(count), mode])
    try:
        return measure(db, [process], "lockbox_audit_writer", count)
    finally:
        process.kill()
        process.wait()


def read(stack: Stack, prefix: str, count: int, *command: str) -> dict:
    """How a program reads so many rows as the database's superuser, from its start to its end."""
    url = stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]
    with psycopg.connect(url, autocommit=True) as db:
        sessions, began = Sessions(db, "postgres"), time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=url, LOCKBOX_TOPIC_PREFIX=prefix)) as process:
            own = 0.0
            while process.poll() is None:
                sessions.look()
                own = cpu_seconds(process.pid) or own  # nothing of one that has ended
                time.sleep(0.02)
            seconds = time.monotonic() - began
        if process.returncode != 0:
            sys.exit(f"bench audit: {' '.join(command)}: exit {process.returncode}")
    return {"rate": count / seconds, "own": own / count * 1e6, "database": sum(sessions.seen.values()) / count * 1e6}


def verify(stack: Stack, topics: list[str], count: int, columns: bool, goal: str = "") -> None:
    """audit verify beside bare COPYs of the columns it reads."""
    what = "verified, with columns" if columns else "verified, leaves only"
    prefix = topics[0].split(".")[0] + "."
    ours = read(stack, prefix, count, str(BINARIES / "lockboxctl"), "audit", "verify", *([] if columns else ["--leaves"]))
    say_read(what, ours, goal)
    for connections in (1, 2):
        bare = [read(stack, prefix, count, str(REPOSITORY / "build/release/tests/bare_verify"), stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], topic,
                     str(PARTITIONS), str(connections), "records" if columns else "leaves") for topic in topics]
        whole = {name: sum(one[name] for one in bare) for name in ("own", "database")}
        whole["rate"] = 1 / sum(1 / one["rate"] for one in bare)
        say_read(f"  bare, {connections} connection{'s' * (connections > 1)}", whole,
                 f"   ours: {ours['rate'] / whole['rate']:.2f}, of its CPU {cpu(whole) / cpu(ours):.2f}")


def cpu(one: dict) -> float:
    return one["own"] + one["database"]


def say_read(what: str, one: dict, more: str) -> None:
    print(f"  {what:<26}{one['rate']:9.0f} rows/s   CPU a row: {one['own']:5.2f} µs, its database sessions {one['database']:5.2f} µs{more}",
          flush=True)


# ---- stores ----

def empty(stack: Stack, progress: str) -> None:
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
        db.execute(progress)


# Short rows: what grows with history is the number of rows, and the indexes over them.
HISTORY = """
INSERT INTO audit.event (topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id, source,
                         type, request_id, ticket_id, leaf_hash)
SELECT 'history', n %% 4, n / 4, now(), now(), int8send(n), '\\x00000000', '\\x7b7d', 'e-' || n, '/bench',
       'lockbox.request.created.v1', CASE WHEN n %% 3 = 0 THEN lpad(to_hex(n), 12, '0') || '-7000-8000-000000000000' END,
       'T-' || lpad(n::text, 12, '0'), sha256(int8send(n))
  FROM generate_series(%s::bigint, %s::bigint) AS n
"""


def with_history(stack: Stack, rows: int) -> None:
    empty(stack, PROGRESS)
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
        for first in range(0, rows, 1_000_000):
            db.execute(HISTORY, (first, min(first + 1_000_000, rows) - 1))
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def say(name: str, one: dict) -> None:
    print(f"{name:<28}{one['rate']:9.0f} events/s   CPU an event: {one['own']:5.1f} µs, its database sessions"
          f" {one['database']:5.1f} µs   log {one['log']:5.0f} B, disk {one['disk']:5.0f} B   peak RSS {one['peak']:5.0f} MB", flush=True)


def with_models(stack: Stack, requests: int) -> None:
    create_topics(stack, "models.")
    print(f"{requests:,} requests, lived to the end …", file=sys.stderr)
    records = fill(stack, lives(requests))
    empty(stack, MODELS_PROGRESS)
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
        say(f"{records:,} for read models", auditor(stack, db, "models.", records))
        unreadable = db.execute("SELECT count(*), min(reason) FROM audit.unreadable").fetchone()
        assert unreadable[0] == 0, unreadable
        db.execute("VACUUM ANALYZE")
    verify(stack, ["models.events.v1", "models.accesses.v1"], records, True)


def others(db, processes: list[subprocess.Popen], count: int) -> dict:
    try:
        return measure(db, processes, "lockbox_audit_writer", count)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run_peer(name: str, stack: Stack, db, topic: str, count: int) -> dict:
    match name:
        case "auditor":
            return auditor(stack, db, "bench.", count)
        case "two Python workers":
            return others(db, peers.copy_workers(stack, topic, PARTITIONS), count)
        case "Debezium's JDBC sink":
            with tempfile.TemporaryDirectory(prefix="lockbox-sink-") as directory:
                return others(db, peers.jdbc_sink(stack, topic, Path(directory)), count)
        case _:
            return bare(stack, db, topic, count, PEERS[name])


PEERS = {"bare COPY, raw bytes alone": "lean", "bare COPY, the same table": "copy", "two Python workers": None,
         "Debezium's JDBC sink": None, "auditor": None}


def with_peers(stack: Stack, topic: str, count: int, rounds: int) -> None:
    found = {name: [] for name in PEERS}
    for number in range(rounds):
        for name in PEERS:
            print(f"round {number + 1} of {rounds}: {name} …", file=sys.stderr)
            empty(stack, {"lean": LEAN_PROGRESS}.get(PEERS[name], peers.SINK_PROGRESS if name.startswith("Deb") else PROGRESS))
            with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
                found[name].append(run_peer(name, stack, db, topic, count))
    for name, rows in found.items():
        say(name, {key: median(row[key] for row in rows) for key in rows[0]})
        ratios = sorted(ours["rate"] / row["rate"] for ours, row in zip(found["auditor"], rows, strict=True))
        used = median(cpu(ours) / cpu(row) for ours, row in zip(found["auditor"], rows, strict=True))
        print(f"  auditor's rate by this {median(ratios):6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), its CPU {used:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench audit", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=40_000, help="for the read models")
    parser.add_argument("--whole", action="store_true", help="also on top of many rows")
    parser.add_argument("--peers", action="store_true", help="beside others, and nothing else")
    parser.add_argument("--rounds", type=int, default=3, help="of the peers")
    parser.add_argument("--rows", type=int, default=20_000_000)
    options = parser.parse_args()
    topic = "bench.tickets.v1"
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.up("kafka", "postgres", "schema")
            create_topics(stack, "bench.")
            print(f"{options.events:,} events of {BYTES} bytes into {PARTITIONS} partitions …", file=sys.stderr)
            fill(stack, tickets(options.events))
            if options.peers:
                return with_peers(stack, topic, options.events, options.rounds)
            found = {}
            for name in ("copy", "parse", "lean", "auditor"):
                empty(stack, LEAN_PROGRESS if name == "lean" else PROGRESS)
                with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
                    found[name] = (auditor(stack, db, "bench.", options.events) if name == "auditor"
                                   else bare(stack, db, topic, options.events, name))
                    db.execute("VACUUM ANALYZE")
            say("(a) bare COPY", found["copy"])
            say("(b) COPY and one parse", found["parse"])
            say("(c) raw bytes alone", found["lean"])
            say("auditor", found["auditor"])
            ours = found["auditor"]
            print(f"  of (b)                    {ours['rate'] / found['parse']['rate']:9.2f} [≥ 0.9]")
            print(f"  of (a)                    {ours['rate'] / found['copy']['rate']:9.2f}")
            print(f"  of (c)                    {ours['rate'] / found['lean']['rate']:9.2f} [≥ 0.7]")
            print(f"  CPU, of (a)'s             {cpu(ours) / cpu(found['copy']):9.2f}")
            print(f"  peak RSS                  {ours['peak']:9.0f} MB [≤ 160]")
            verify(stack, [topic], options.events, True)
            verify(stack, [topic], options.events, False, " [≥ 500,000]")
            with_models(stack, options.requests)
            if options.whole:
                print(f"{options.rows:,} rows of history …", file=sys.stderr)
                with_history(stack, options.rows)
                with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as db:
                    again = auditor(stack, db, "bench.", options.events)
                say(f"on {options.rows:,} rows", again)
                print(f"  of empty                  {again['rate'] / ours['rate']:9.2f} [≥ 0.95]"
                      f"   CPU {cpu(again) / cpu(ours):.2f} of empty's")
        finally:
            stack.wipe()


if __name__ == "__main__":
    main()

"""What a request costs to keep and to make: bytes in both databases, their logs and Kafka, and processor time by process.

A request here is a whole life: ticket opened, assigned, asked for, approved, told, closed; five mails; everything in the audit store.
Processor time wavers less than rates do where other work shares the machine. docs/production.md's table is made of this.
Small: 2,000 requests; with --whole 20,000.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench.lifecycles import through_kafka  # noqa: E402
from tests.support.stack import WORKERS, Stack  # noqa: E402
from tests.support.waiting import wait_until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PARTS = ["postgres", "kafka", "smtp", "schema", *WORKERS]


def cpu_of(pid: int) -> float:
    """Seconds, of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def cpu(stack: Stack, name: str) -> float:
    pid = stack.pids[name]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if name == "postgres" else []
    return sum(cpu_of(int(it)) for it in [pid, *children])


def sizes(stack: Stack, database: psycopg.Connection) -> dict[str, float]:
    def ask(query: str) -> float:
        return float(database.execute(query).fetchone()[0])
    logs = (stack.directory / "kafka/data").glob("lockbox.*/*.log")
    return {"lockbox": ask("SELECT pg_database_size('lockbox')"), "audit": ask("SELECT pg_database_size('audit')"),
            "write-ahead log of both": ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"), "Kafka, one replica": sum(it.stat().st_size for it in logs)}


def records(database: psycopg.Connection) -> int:
    return database.execute("SELECT count(*) FROM audit.event").fetchone()[0]


def await_quiet(stack: Stack, database: psycopg.Connection) -> None:
    def quiet() -> bool:
        owed = database.execute("SELECT count(*) FROM lockbox.notification WHERE next_attempt_at IS NOT NULL").fetchone()[0]
        lag = sum(stack.metrics(worker)["lockbox_lag_records"] for worker in ("notifier", "auditor", "decider", "requester"))
        return owed == 0 and lag == 0
    wait_until(quiet, "all mails are sent and all is audited", 600, every=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="20,000 requests")
    count = 20_000 if parser.parse_args().whole else 2_000
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory), LOCKBOX_PENDING_PER_SUBSCRIPTION=str(2 * count))
        try:
            stack.up(*PARTS)
            with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as lockbox, \
                    psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as audit:
                processes = ["postgres", "kafka", *WORKERS]
                before, seconds = sizes(stack, lockbox), {name: cpu(stack, name) for name in processes}
                rate = through_kafka(stack, count)
                await_quiet(stack, lockbox)
                after, spent = sizes(stack, lockbox), {name: cpu(stack, name) - seconds[name] for name in processes}
                mails = lockbox.execute("SELECT count(*) FROM lockbox.notification").fetchone()[0]
                print(f"{count} requests, {records(audit) / count:.1f} records and {mails / count:.1f} mails each, {rate:,.0f} requests/s")
        finally:
            stack.wipe()
    for name, size in after.items():
        print(f"{name:<26} {(size - before[name]) / count:>8,.0f} bytes a request")
    for name, took in spent.items():
        print(f"{name:<26} {took / count * 1000:>8.2f} ms of processor time a request")
    print(f"{'all of them':<26} {sum(spent.values()) / count * 1000:>8.2f} ms")


if __name__ == "__main__":
    main()

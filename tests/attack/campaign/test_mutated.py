"""A million records that somebody made wrong, on every topic: no worker ends, none grows, and all of it is passed by.

    LOCKBOX_TEST_RECORDS=20000 LOCKBOX_TEST_SEED=7 ./dev pytest tests/attack/campaign -s    fewer, or others
"""
import os
import random
from pathlib import Path

from mutate import mutated

from support.audit import await_auditor
from support.stack import WORKERS
from support.traffic import unread
from support.waiting import wait_until

RECORDS, ROUND = int(os.environ.get("LOCKBOX_TEST_RECORDS", "1000000")), 20_000
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "17"))
MIB, PATIENCE = 1 << 20, 600


def most_memory(pid: int) -> int:
    """MiB that the process ever had in memory."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


def judged_by(system) -> int:
    return system.audit.value("SELECT coalesce(sum(next_offset), 0) FROM audit.judged")


def test_no_record_ends_a_worker(stack, system):
    chance, sent = random.Random(SEED), 0
    stack.note_pids()
    while sent < RECORDS:
        judged = judged_by(system)
        system.publisher.send(*(mutated(chance) for _ in range(min(ROUND, RECORDS - sent))))
        sent += min(ROUND, RECORDS - sent)
        await_auditor(system, PATIENCE)
        wait_until(lambda: not unread(system), "every record is passed by", PATIENCE)
        wait_until(lambda: judged_by(system) > judged, "records are judged, however long those before them take", PATIENCE)
        wait_until(lambda: not system.lockbox.rows("SELECT 1 FROM lockbox.quarantine WHERE published_at IS NULL LIMIT 1"), "dead letters", PATIENCE)
        assert stack.crashed() == [], f"after {sent} records of seed {SEED}"
        held = {worker: most_memory(stack.status()[worker]["pid"]) for worker in WORKERS}
        print(f"{sent} records: {held} MiB", flush=True)
        assert max(held.values()) < 400
    stack.await_ready()  # and everybody goes on
    system.publish("ticket.opened", {"ticket_id": "after-all", "subscription_id": "none", "title": "Routers"})
    wait_until(lambda: system.lockbox.rows("SELECT 1 FROM lockbox.ticket WHERE ticket_id = 'after-all'"), "the next ticket is opened", PATIENCE)

"""What the audit store proves: checked by lockboxctl, and by verifiers that know nothing of it.

    pytest tests/proof --stack DIR    uses the stack of that state directory, and leaves it running
"""
import json
import os
import random
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.audit import await_auditor  # noqa: E402
from support.group import pytest_addoption, pytest_ignore_collect, system, stack_of  # noqa: E402, F401
from support.stack import BINARIES  # noqa: E402
from support.waiting import wait_until  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
ACCESSES = "lockbox.accesses.v1"
PROGRAM = os.environ.get("LOCKBOX_TEST_CTL", str(BINARIES / "lockboxctl"))


def run(*arguments, **settings) -> subprocess.CompletedProcess:
    """lockboxctl with these settings, and none of the caller's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    return subprocess.run([PROGRAM, *map(str, arguments)], env={**environment, **settings},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_CHECKPOINT_INTERVAL="PT0.5S") as stack:
        yield stack


@pytest.fixture(scope="session")
def settings(stack):
    return {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}


@pytest.fixture(scope="session")
def ctl(stack, settings):
    """lockboxctl with the stack's settings, and those given: by the auditors' login, but for what writes."""
    writes = {"LOCKBOX_AUDIT_DATABASE_URL": stack.audit_writer_url}
    return lambda *arguments, **more: run(*arguments, **{**settings, **(writes if "witness" in arguments else {}), **more})


@pytest.fixture(scope="session")
def bare():
    return run


@pytest.fixture(scope="session")
def store(stack):
    """The audit database, as its superuser."""
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as connection:
        yield connection


def access(chance: random.Random) -> bytes | None:
    """The value of a record: an access, or whatever else Kafka lets somebody write there."""
    odd = chance.random()
    if odd < 0.06:
        return chance.choice([None, b"", b"no json \xff", b"{}", b"[1]"])
    data = {"engineer_id": f"eng-{chance.randrange(9)}", "resource_id": f"/subscriptions/{chance.randrange(9)}",
            "action": "get_pod_logs", "namespace": "openshift-etcd", "performed_at": "2026-11-25T10:00:00Z",
            "outcome": "allowed", "remark": "ü" * chance.randrange(100)}
    return json.dumps({"specversion": "1.0", "id": str(uuid.UUID(int=chance.getrandbits(128))), "source": "/enforcement",
                       "type": "lockbox.access.performed.v1", "time": "2026-11-25T10:00:00.123456Z",
                       "datacontenttype": "application/json", "data": data}).encode()


def publish(stack, counts: dict[int, int], seed: int) -> None:
    """As many records as that to each partition of the topic of accesses."""
    chance = random.Random(seed)
    producer = Producer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], "linger.ms": 5})
    for partition, count in counts.items():
        for _ in range(count):
            headers = [("content-type", b"application/cloudevents+json"), *chance.choice([[], [], [("x", None), ("y", b"")]])]
            key = chance.choice([None, b"", *[f"eng-{number}".encode() for number in range(9)]])
            producer.produce(ACCESSES, access(chance), key=key, partition=partition, headers=headers)
        producer.flush()


def await_signed(system, store, seconds: float = 30) -> None:
    """Waits until what Kafka has by now is recorded, and a checkpoint is as large as each log, and published."""
    await_auditor(system)

    def lagging() -> int:
        return store.execute("""
            SELECT count(*) FROM audit.log l
             WHERE l.topic NOT LIKE '%checkpoints%'
               AND NOT EXISTS (SELECT FROM audit.checkpoint c
                                 JOIN audit.event e ON e.topic LIKE '%checkpoints%' AND e.raw = convert_to(c.note, 'UTF8')
                                WHERE c.topic = l.topic AND c."partition" = l."partition" AND c.size = l.size)""").fetchone()[0]
    wait_until(lambda: lagging() == 0, "every log's head is signed, published and recorded", seconds)


@pytest.fixture(scope="session")
def signed(stack, system, store):
    """Three logs of some size, in several goes, so that they have several checkpoints each."""
    rows = "SELECT count(*) FROM audit.event WHERE topic = %s"
    before = store.execute(rows, [ACCESSES]).fetchone()[0]
    goes = [{0: 300, 1: 40, 2: 1}, {0: 150, 1: 60}, {0: 250, 1: 7}, {0: 33}]
    for seed, counts in enumerate(goes):
        publish(stack, counts, seed)
        before += sum(counts.values())
        wait_until(lambda: store.execute(rows, [ACCESSES]).fetchone()[0] == before, "the store has them")
        await_signed(system, store)
    return store

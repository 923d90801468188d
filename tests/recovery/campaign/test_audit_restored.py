"""The audit store is restored from an older dump: its logs grow again by the same leaves, or nothing of them is signed."""
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from restoring import accept, committed, dump, restore, says_so
from support.audit import await_auditor
from support.broker import Feed, client
from support.scenario import Tenant
from support.translog import Checkpoint, Signer
from support.waiting import stays, wait_until

ACCESSES, CHECKPOINTS, TENANTS = "lockbox.accesses.v1", "lockbox.checkpoints.v1", "lockbox.tenants.v1"
OPERATOR = ("--by", "ops-1,ops@lockbox.example", "--reason", "gone by retention")
UNSIGNED = """SELECT 1 FROM audit.log AS l LEFT JOIN audit.publication AS p USING (topic, "partition")
               WHERE l.topic = %s AND l.size > coalesce(p.size, 0)"""


@pytest.fixture
def published(system):
    """Every checkpoint that stands on its topic, by origin and size: its root."""
    feed = Feed(system.bootstrap, CHECKPOINTS)

    def roots() -> dict[tuple[str, int], set[bytes]]:
        notes = [Checkpoint.read(record.value.decode()) for record in feed.where(lambda it: True)]
        return {(it.origin, it.size): {other.root for other in notes if (other.origin, other.size) == (it.origin, it.size)} for it in notes}
    yield roots
    feed.close()


def produce(system, topic: str, partition: int, *values: bytes, key: bytes = b"k") -> None:
    producer = Producer(client(system.bootstrap))
    for value in values:
        producer.produce(topic, value, key, partition)
    assert producer.flush(30) == 0


def await_published(system, topic: str) -> None:
    wait_until(lambda: not system.audit.rows(UNSIGNED, topic), f"the logs of {topic} are signed to their ends, and it is published", 60)


def reason(system) -> str:
    return system.stack.status()["auditor"]["reason"]


def size_signed(system, topic: str, partition: int = 0) -> int:
    return system.audit.value('SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE topic = %s AND "partition" = %s', topic, partition)


def told(system) -> int:
    """How many checkpoints the store learnt from their topic."""
    return system.audit.value("SELECT count(*) FROM audit.told_checkpoint")


def deployment(system, origin: str) -> Signer:
    """Signs as the auditor does."""
    return Signer(origin, key=load_pem_private_key(Path(system.stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"]).read_bytes(), None))


def restore_older(system, after_dump) -> None:
    """What comes after the dump is read, signed and published, and then forgotten."""
    older = dump(system, "audit")
    after_dump()
    await_auditor(system)
    await_published(system, ACCESSES)
    wait_until(lambda: committed(system, "auditor"), "Kafka's committed offsets are the store's", 60)
    system.stack.down("auditor")
    restore(system, older, "audit")


def go_on(system) -> None:
    """The operator takes the store as it is."""
    system.stack.dev("up", "--only", "auditor", "--timeout", "10", check=False)
    wait_until(lambda: says_so(system, "auditor"), "the auditor says that the store was set back", 90)
    done = accept(system, "--only", "audit")
    assert (done.returncode, "lockbox.auditor" in done.stdout) == (0, True), done.stderr


def test_it_grows_again_by_the_same_leaves(system, published):
    tenant = Tenant(system)
    tenant.request().approve()
    produce(system, ACCESSES, 0, b"one")
    await_auditor(system)

    def after_dump() -> None:
        """The first of two checkpoints is of a size at which the log, as it grows again, is not signed."""
        tenant.request().approve()
        for value in (b"two", b"three"):
            produce(system, ACCESSES, 0, value)
            await_auditor(system)
            await_published(system, ACCESSES)
    restore_older(system, after_dump)
    before = published()
    go_on(system)
    system.stack.await_ready("auditor", seconds=90)
    produce(system, ACCESSES, 0, b"four")
    await_auditor(system)
    await_published(system, ACCESSES)
    after = wait_until(lambda: published() if len(published()) > len(before) else None, "more is published")
    assert before.items() <= after.items()
    assert {place: roots for place, roots in after.items() if len(roots) > 1} == {}
    assert told(system) > 0
    system.stack.tool("audit", "verify", "--kafka")


def test_a_published_checkpoint_that_contradicts_its_log_is_found(system):
    """One that this deployment's key signed, and to which no leaves amount: the store learns it, and it is no less wrong for that."""
    produce(system, ACCESSES, 0, b"one", b"two", b"three")
    await_auditor(system)
    await_published(system, ACCESSES)
    log = system.audit.row('SELECT origin FROM audit.checkpoint WHERE topic = %s AND "partition" = 0 LIMIT 1', ACCESSES)
    sizes = [row.size for row in system.audit.rows('SELECT size FROM audit.checkpoint WHERE topic = %s AND "partition" = 0', ACCESSES)]
    wrong = next(size for size in (1, 2, 3) if size not in sizes)
    produce(system, CHECKPOINTS, 0, deployment(system, log.origin).checkpoint(wrong, b"\0" * 32).encode(), key=log.origin.encode())
    wait_until(lambda: told(system) == 1, "the auditor has read it", 60)
    with pytest.raises(RuntimeError, match=rf"a checkpoint that was read on its topic \(size {wrong}\) says so"):
        system.stack.tool("audit", "verify", "--kafka")


def test_nothing_is_signed_of_a_log_that_is_shorter_than_what_was_published(system):
    Tenant(system)
    await_published(system, TENANTS)
    log = system.audit.row('SELECT "partition", origin, size FROM audit.checkpoint WHERE topic = %s ORDER BY size DESC LIMIT 1', TENANTS)
    system.stack.down("auditor")
    # That of another key counts for nothing.
    for signer, ahead in (deployment(system, log.origin), 5), (Signer(log.origin), 9):
        produce(system, CHECKPOINTS, 0, signer.checkpoint(log.size + ahead, b"\0" * 32).encode(), key=log.origin.encode())
    produce(system, TENANTS, log.partition, b"one more")
    system.stack.dev("up", "--only", "auditor", "--timeout", "10", check=False)
    said = f"the audit store is older than a checkpoint that was published: {TENANTS}/{log.partition} had {log.size + 5} leaves"
    wait_until(lambda: said in reason(system), "the auditor says so", 60)
    await_auditor(system)
    produce(system, ACCESSES, 0, b"another log")
    await_auditor(system)
    await_published(system, ACCESSES)
    assert stays(lambda: size_signed(system, TENANTS, log.partition) == log.size, 3)
    assert said in reason(system)


def test_a_log_that_lost_records_is_not_signed_again(system, published):
    """What the store forgot Kafka has no more: an operator steps over it, and the log is another one."""
    produce(system, ACCESSES, 0, b"three", b"four")
    await_auditor(system)
    await_published(system, ACCESSES)
    signed = size_signed(system, ACCESSES)
    restore_older(system, lambda: produce(system, ACCESSES, 0, b"five", b"six"))
    admin = AdminClient(client(system.bootstrap))
    for done in admin.delete_records([TopicPartition(ACCESSES, 0, signed + 1)]).values():
        done.result(30)
    go_on(system)
    wait_until(lambda: f"partition {ACCESSES}/0 is stopped at offset {signed}" in reason(system), "it is stopped there", 60)
    system.stack.tool("partition", "skip", ACCESSES, "0", str(signed), str(signed), *OPERATOR)
    wait_until(lambda: "the audit store contradicts itself or Kafka's log" in reason(system), "it halts", 60)
    assert "a checkpoint that was published is not what the leaves amount to" in system.stack.log("auditor")
    assert size_signed(system, ACCESSES) == signed
    assert {place: roots for place, roots in published().items() if len(roots) > 1} == {}

"""What a worker holds at once is bounded by bytes, whatever waits for it."""
import json
from pathlib import Path

from confluent_kafka import Producer

from support.broker import client, partitions_of, set_topic
from support.events import event_in, outgoing
from support.stack import WORKERS
from support.waiting import wait_until

MIB = 1 << 20
WAITING = 150
LEGAL_BYTES = 262_144  # LOCKBOX_MAX_EVENT_BYTES


def most_memory(pid: int) -> int:
    """The most that the process ever had in memory, in bytes."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def assert_lean(stack, *workers: str) -> None:
    held = {worker: most_memory(stack.status()[worker]["pid"]) for worker in workers}
    assert {worker: f"{bytes_ / MIB:.0f} MiB" for worker, bytes_ in held.items() if bytes_ >= 400 * MIB} == {}


def test_a_relay_takes_large_rows_a_few_at_a_time(system, stack):
    stack.down("relay")
    system.lockbox.rows("""INSERT INTO lockbox.quarantine (consumer, topic, "partition", "offset", kafka_timestamp, headers, value, reason)
                           SELECT 'a test', 'lockbox.tickets.v1', 0, n, now(), '\\x00000000', convert_to(repeat('x', %s), 'UTF8'), ': large'
                             FROM generate_series(1, %s) AS n""", MIB, WAITING)
    stack.up()
    unpublished = "SELECT 1 FROM lockbox.quarantine WHERE consumer = 'a test' AND published_at IS NULL"
    wait_until(lambda: not system.lockbox.rows(unpublished), "every dead letter is published", 60)
    assert_lean(stack, "relay")


def largest_opening(number: int):
    """A ticket's opening, of as many bytes as an event may have; each key's order is its own."""
    def of(padding: str):
        return outgoing(event_in("ticket.opened", {"ticket_id": f"large-{number}", "subscription_id": "none", "title": "t",
                                                   "padding": padding}, id=f"large-{number}"))
    room = LEGAL_BYTES - len(of("").value)
    return of("x" * room)


def test_records_that_inflate_and_the_largest_legal_ones(system, stack):
    """Thirteen that are a megabyte each once unpacked, 5 KB on the wire, in some partitions; then the largest that are legal."""
    topics = ["lockbox.tickets.v1", "lockbox.decisions.v1"]
    before = system.lockbox.value("SELECT count(*) FROM lockbox.quarantine")
    stack.down(*WORKERS)
    for topic in topics:
        set_topic(system.bootstrap, topic, compression_type="producer")
    producer = Producer({**client(system.bootstrap), "compression.codec": "zstd", "linger.ms": 500,
                         "message.max.bytes": 20_000_000, "batch.size": 20_000_000})
    errors, count = [], 0
    for topic in topics:
        for partition in partitions_of(system.bootstrap, topic)[:4]:
            for _ in range(13):
                producer.produce(topic, b"\0" * 1_000_000, b"k", partition, on_delivery=lambda error, _: errors.append(error))
                count += 1
    assert producer.flush(60) == 0 and errors == [None] * count
    for topic in topics:
        set_topic(system.bootstrap, topic, compression_type="uncompressed")
    large = [largest_opening(number) for number in range(120)]
    assert {len(it.value) for it in large} == {LEGAL_BYTES}
    assert json.loads(large[0].value)["data"]["title"] == "t"
    system.publisher.send(*large)
    stack.up()
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.quarantine") == before + count, "all are rejected", 120)
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.ticket WHERE ticket_id LIKE 'large-%%'") == 120, "all are opened", 60)
    wait_until(lambda: not system.lockbox.rows("SELECT 1 FROM lockbox.quarantine WHERE published_at IS NULL"), "all are dead letters", 120)
    wait_until(lambda: system.audit.value("SELECT count(*) FROM audit.event WHERE topic = ANY (%s) AND octet_length(raw) = 1000000",
                                          topics) >= count, "the auditor has them", 120)
    kept = system.lockbox.row("SELECT max(octet_length(value)) AS value, min(whole_bytes) AS whole FROM lockbox.quarantine"
                              " WHERE topic = ANY (%s) AND whole_bytes IS NOT NULL", topics)
    assert (kept.value, kept.whole) == (256 * 1024, 1_000_005)
    assert_lean(stack, *WORKERS)

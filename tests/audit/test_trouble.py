"""An auditor that cannot do all of its work does the rest of it."""
import struct

from confluent_kafka import Producer

from support.audit import everything_in_kafka
from support.audited import Another
from support.broker import QUIET, set_topic
from support.clock import LIBRARY
from support.sql import Database
from support.waiting import wait_until

PLACE = "lockbox.decisions.v1", 7


def test_what_cannot_be_signed_is_stored_and_signed_once_it_can(store):
    """Nor does it sleep on a new connection, whichever comes first: that, or the end of its wait after a failure."""
    def age() -> float:
        return store.stack.metrics("auditor")["lockbox_checkpoint_age_seconds"]
    store.audit.rows("REVOKE INSERT ON audit.checkpoint FROM lockbox_audit_writer")
    try:
        for number in range(5):
            store.fill(*PLACE, [(b"k", b"%d" % number, [])])
            store.await_auditor()
        wait_until(lambda: store.stack.metrics("auditor")["lockbox_retries_total"] >= 4, "it has tried to sign")
        wait_until(lambda: age() >= 6, "the oldest leaf grows older, whatever was signed and not stored")
    finally:
        store.audit.rows("GRANT INSERT ON audit.checkpoint TO lockbox_audit_writer")
    store.audit.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockbox-auditor'")
    store.fill(*PLACE, [(b"k", b"last", [])])
    store.await_auditor(20)
    store.await_checkpoints()
    assert [row.size for row in store.checkpoints(*PLACE)][-1] == 6
    wait_until(lambda: age() == 0, "none waits any more")


YEAR_MS = 31_556_952_000
# Years that PostgreSQL does not know, or only it does, and times that no calendar has.
TIMES = [-9_500 * YEAR_MS, 300_000 * YEAR_MS, 20_000 * YEAR_MS, -1_000 * YEAR_MS, 2**63 - 1, -(2**63) + 1, -2]


def test_a_record_of_any_time_is_kept(store):
    """Whoever writes a topic chooses the time of a record: the store holds it as Kafka does."""
    set_topic(store.bootstrap, "lockbox.tenants.v1", message_timestamp_type="CreateTime",
              message_timestamp_after_max_ms=str(2**63 - 1))
    producer = Producer({**QUIET, "bootstrap.servers": store.bootstrap})
    for number, time in enumerate(TIMES):
        producer.produce("lockbox.tenants.v1", b"{}", b"k", number % 3, timestamp=time)
    assert producer.flush(60) == 0
    store.fill(*PLACE, [(b"k", b"behind them", [])])
    store.await_auditor()
    rows = store.auditor.rows("""SELECT kafka_timestamp_ms, extract(epoch FROM kafka_timestamp) * 1000 AS at FROM audit.event
                                  WHERE topic = 'lockbox.tenants.v1' AND kafka_timestamp_ms = ANY (%s)""", TIMES)
    assert sorted(row.kafka_timestamp_ms for row in rows) == sorted(TIMES)
    assert [row.at for row in rows] == [None, None, None, None, None, None, None]
    assert store.complaints(everything_in_kafka(store, ["lockbox.tenants.v1"])) == []


def test_a_header_name_is_hashed_whole(store):
    """A NUL ends no name; a relay writes this one, as the tests' own client cannot."""
    headers = b"\0\0\0\2" b"\0\0\0\3a\0b" b"\0\0\0\1" b"1" b"\0\0\0\1\0" b"\0\0\0\0"
    lockbox = Database(store.stack.env["LOCKBOX_SUPERUSER_URL"])
    relay = store.stack.spawn("relay", "relay", LOCKBOX_HTTP_LISTEN="")
    lockbox.rows("""INSERT INTO lockbox.quarantine (consumer, topic, "partition", "offset", headers, value, reason)
                    VALUES ('lockbox.requester', 'lockbox.tickets.v1', 0, 0, %s, 'x', 'value: not JSON')""", headers)
    try:
        kept = wait_until(lambda: store.auditor.rows("SELECT headers FROM audit.event WHERE topic = 'lockbox.deadletter.v1'"),
                          "the dead letter is kept")[0].headers
    finally:
        relay.terminate()
        assert relay.wait(15) == 0
        lockbox.close()
    assert kept[:4] == b"\0\0\0\6" and kept.startswith(headers[4:], 4)


def test_a_clock_that_is_set_back_holds_up_no_judgement(store, tmp_path):
    place = "lockbox.accesses.v1", 3
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("=q", 3_600_000_000))
    store.stack.down("auditor")
    another = Another(store, "ahead", LD_PRELOAD=str(LIBRARY), SHIFTED_CLOCK_FILE=str(clock))
    try:
        another.await_ready()
        wait_until(lambda: store.audit.value("""SELECT count(*) FROM pg_stat_activity
                                                 WHERE application_name = 'lockbox-auditor' AND strpos(query, 'FROM judge(') > 0""") > 0, "it judges", 60)
        with clock.open("r+b") as file:
            file.write(struct.pack("=q", 0))
        store.fill(*place, [(b"k", b"{}", [])])
        wait_until(lambda: store.audit.value(
            """SELECT count(*) FROM audit.judged j JOIN audit.log l USING (topic, "partition")
                WHERE j.topic = %s AND j."partition" = %s AND j.next_offset = l.base + l.size""", *place) == 1, "it is judged", 60)
    finally:
        another.stop()
        store.stack.up("auditor")

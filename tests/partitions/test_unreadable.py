"""A partition that cannot be read is named, holds up no other, and goes on where an operator says."""
from confluent_kafka import Producer

from support.broker import client, set_topic
from support.scenario import Tenant, Ticket
from support.sql import as_role
from support.waiting import wait_until

TICKETS = "lockbox.tickets.v1"
OPERATOR = ("--by", "2c1f,jonas@lockbox.example,Jonas", "--reason", "it inflates to 3 MB")


def produce(system, partition: int, value: bytes, key: bytes = b"T-1", **settings) -> int:
    """Returns the offset."""
    offsets = []
    producer = Producer({**client(system.bootstrap), "message.max.bytes": 10_000_000, **settings})
    producer.produce(TICKETS, value, key, partition, on_delivery=lambda error, message: offsets.append((error, message.offset())))
    assert producer.flush(30) == 0
    [(error, offset)] = offsets
    assert error is None
    return offset


def poison(system, partition: int) -> int:
    """A record that no worker's client can take: a few hundred bytes that become three million."""
    set_topic(system.bootstrap, TICKETS, compression_type="producer")
    return produce(system, partition, b"\0" * 3_000_000, **{"compression.codec": "zstd"})


def reasons(system) -> dict[str, str]:
    status = system.stack.status()
    return {worker: status[worker]["reason"] for worker in ("requester", "auditor")}


def ticket_elsewhere(system, tenant: Tenant, partition: int) -> Ticket:
    """One whose key leads to another partition."""
    while True:
        ticket = tenant.ticket()
        if wait_until(lambda: system.audit.rows('SELECT "partition" FROM audit.event WHERE ticket_id = %s LIMIT 1', ticket.id),
                      "the ticket is recorded")[0][0] != partition:
            return ticket


def audit_verify(system, ctl, *arguments):
    return ctl("audit", "verify", *arguments,
               LOCKBOX_AUDIT_DATABASE_URL=as_role(system.stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor"))


def test_an_unreadable_record_is_stepped_over_by_an_order(system, ctl):
    ticket = ticket_elsewhere(system, Tenant(system), 3)
    offset = poison(system, 3)
    behind = produce(system, 3, b"not JSON")
    named = f"partition {TICKETS}/3 is stopped at offset {offset}: its records cannot be read (since 20"
    wait_until(lambda: all(reason.startswith(named) for reason in reasons(system).values()), "both say so", 60)
    for worker in ("requester", "auditor"):
        assert system.stack.metrics(worker)["lockbox_partitions_stopped"] == 1
        assert '"message":"partition stopped"' in system.stack.log(worker)
    ticket.request().event("created")

    done = ctl("partition", "skip", TICKETS, 3, offset, offset, *OPERATOR)
    assert done.returncode == 0, done.stderr
    again = ctl("partition", "skip", TICKETS, 3, offset, offset, *OPERATOR)
    assert again.returncode == 0 and "already" in again.stdout

    wait_until(lambda: system.lockbox.rows('SELECT 1 FROM lockbox.quarantine WHERE topic = %s AND "partition" = 3 AND "offset" = %s',
                                           TICKETS, behind), "the record behind it is handled", 30)
    system.stack.await_ready()
    [kept] = system.lockbox.rows("""SELECT q.reason, s.outcome, s.operator_id FROM lockbox.quarantine q
                                      JOIN lockbox.quarantine_settlement s USING (quarantine_id)
                                     WHERE q.topic = %s AND q."partition" = 3 AND q."offset" = %s""", TICKETS, offset)
    assert tuple(kept) == (f": an operator had the offsets {offset} to {offset} stepped over", "discarded", "2c1f")
    told = system.events.wait_for(lambda record: record.kind == "operator.partition_skipped", "it is told").data
    assert (told["topic"], told["partition"], told["first_offset"], told["last_offset"]) == (TICKETS, 3, offset, offset)
    assert (told["by"]["id"], told["login"], told["reason"]) == ("2c1f", "jonas", OPERATOR[3])

    wait_until(lambda: system.auditor.rows('SELECT 1 FROM audit.event WHERE topic = %s AND "partition" = 3 AND "offset" = %s',
                                           TICKETS, behind), "the auditor has the record behind it")
    [row] = system.auditor.rows("SELECT * FROM audit.skipped")
    assert (row.first_offset, row.last_offset, row.operator, row.login) == (offset, offset, "2c1f", "jonas")
    for arguments in ((), ("--kafka",)):
        verified = audit_verify(system, ctl, *arguments)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert f"{TICKETS}/3: offsets {offset} to {offset} were stepped over by 2c1f (jonas)" in verified.stdout
    activity = system.auditor.row("SELECT caller FROM audit.activity_log WHERE operation_name = 'Step Over Records'")
    assert activity.caller == "2c1f"


def test_what_is_stepped_over_without_a_row_is_found(system, ctl):
    """An order may come before the records do; the row says why Kafka has them and the store does not."""
    first = produce(system, 5, b"not JSON")
    assert ctl("partition", "skip", TICKETS, 5, first + 1, first + 2, *OPERATOR).returncode == 0
    system.stack.kill("auditor")  # it knows of the order before it reads on
    system.stack.up()
    for _ in range(3):
        produce(system, 5, b"not JSON")
    wait_until(lambda: system.auditor.rows('SELECT 1 FROM audit.event WHERE topic = %s AND "partition" = 5 AND "offset" = %s',
                                           TICKETS, first + 3), "the auditor has the record behind them")
    assert system.auditor.value("SELECT missing FROM audit.completeness WHERE topic = %s AND \"partition\" = 5", TICKETS) == 2
    assert audit_verify(system, ctl, "--kafka", "--topic", TICKETS, "--partition", 5).returncode == 0
    ranges = [(row.topic, row.partition, row.first_offset, row.last_offset) for row in system.auditor.rows("SELECT * FROM audit.skipped")]
    printed = audit_verify(system, ctl).stdout
    assert (TICKETS, 5, first + 1, first + 2) in ranges
    assert [it for it in ranges if "{}/{}: offsets {} to {} were stepped over by".format(*it) not in printed] == []
    system.audit.rows("CREATE TEMPORARY TABLE before AS SELECT * FROM audit.partition_order WHERE \"partition\" = 5")
    system.audit.rows("ALTER TABLE audit.partition_order DISABLE TRIGGER ALL")
    system.audit.rows("DELETE FROM audit.partition_order WHERE \"partition\" = 5")
    system.audit.rows("ALTER TABLE audit.partition_order ENABLE ALWAYS TRIGGER refuse_change")
    found = audit_verify(system, ctl, "--kafka", "--topic", TICKETS, "--partition", 5)
    assert found.returncode == 1, found.stdout
    system.audit.rows("INSERT INTO audit.partition_order OVERRIDING SYSTEM VALUE TABLE before")
    assert audit_verify(system, ctl, "--kafka").returncode == 0
    assert f"{first + 1}" in found.stdout and "Kafka has a record here, and the store has none" in found.stdout


def test_an_order_about_no_partition_is_refused(system, ctl):
    """It would wait for the partition, and skip its first record once it is added."""
    done = ctl("partition", "skip", TICKETS, 99, 0, 0, *OPERATOR)
    assert done.returncode == 1 and f"{TICKETS}/99: no worker reads this partition" in done.stderr
    for database, schema in ((system.lockbox, "lockbox"), (system.audit, "audit")):
        assert database.rows(f'SELECT 1 FROM {schema}.partition_order WHERE "partition" = 99') == []


def test_what_is_no_order(ctl):
    for arguments in ((TICKETS, 3, 7, 6), (TICKETS, 3, 0, 1 << 20), (TICKETS, -1, 0, 0), (TICKETS, 3, "x", 1), ("tickets.v1", 3, 0, 0)):
        assert ctl("partition", "skip", *arguments, *OPERATOR).returncode == 2, arguments
    assert ctl("partition", "skip", TICKETS, 3, 0, 0, "--by", "2c1f,jonas@lockbox.example").returncode == 2
    assert ctl("partition", "skip", TICKETS, 3, 0, 0, "--by", "2c1f,nowhere", "--reason", "x").returncode == 2

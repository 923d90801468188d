"""A topic that was deleted and made again is not read on as if it were the same, and read as another log once an operator says so.
Comes last: the topics are not what they were."""
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from support.audit import await_auditor
from support.broker import client, partitions_of
from support.events import event_in, outgoing
from support.scenario import Tenant
from support.sql import as_role
from support.waiting import wait_until

ACCESSES, DECISIONS, TICKETS = "lockbox.accesses.v1", "lockbox.decisions.v1", "lockbox.tickets.v1"
OPERATOR = ("--by", "2c1f,jonas@lockbox.example,Jonas", "--reason", "the topic was made again")


def produce(system, topic: str, partition: int, count: int, what: bytes) -> None:
    producer = Producer(client(system.bootstrap))
    for number in range(count):
        producer.produce(topic, b"%s %d" % (what, number), b"k", partition)
    assert producer.flush(30) == 0


def kept(system, log: str, partition: int) -> int:
    return system.audit.value('SELECT count(*) FROM audit.event WHERE topic = %s AND "partition" = %s', log, partition)


def make_again(system, topic: str) -> None:
    admin = AdminClient(client(system.bootstrap))
    count = len(partitions_of(system.bootstrap, topic))
    for done in admin.delete_topics([topic]).values():
        done.result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=30).topics, "it is gone")
    for done in admin.create_topics([NewTopic(topic, count, 1)]).values():
        done.result(30)
    wait_until(lambda: len(partitions_of(system.bootstrap, topic)) == count, "it is there again")


def stopped(system, worker: str) -> bool:
    return "is stopped at offset" in system.stack.status()[worker]["reason"]


def test_a_log_that_was_replaced_is_not_read_on(system):
    await_auditor(system)
    decided = kept(system, DECISIONS, 1) + 3
    produce(system, ACCESSES, 0, 3, b"before")
    produce(system, DECISIONS, 1, 3, b"before")
    wait_until(lambda: kept(system, ACCESSES, 0) == 3 and kept(system, DECISIONS, 1) == decided, "all are recorded")
    system.stack.down("auditor")
    make_again(system, ACCESSES)
    produce(system, ACCESSES, 0, 5, b"after")
    admin = AdminClient(client(system.bootstrap))
    for done in admin.delete_records([TopicPartition(DECISIONS, 1, decided)]).values():
        done.result(30)  # as retention does: nothing of what was read is there
    produce(system, DECISIONS, 1, 1, b"after")
    system.stack.dev("up", "--timeout", "10", check=False)
    named = f"partition {ACCESSES}/0 is stopped at offset 2: another record stands there than was read"
    wait_until(lambda: system.stack.status()["auditor"]["reason"].startswith(named), "the auditor says so", 60)
    wait_until(lambda: kept(system, DECISIONS, 1) == decided + 1, "other partitions go on")
    assert kept(system, ACCESSES, 0) == 3


def test_it_is_read_as_another_log_once_it_is_accepted(system, ctl):
    refused = ctl("partition", "accept", DECISIONS, 1, *OPERATOR)
    assert (refused.returncode, "its log was not replaced" in refused.stderr) == (1, True), refused.stderr
    done = ctl("partition", "accept", ACCESSES, 0, *OPERATOR)
    assert (done.returncode, done.stdout) == (0, f"{ACCESSES}/0: its log is read from the beginning, as 2~{ACCESSES}\n"), done.stderr
    wait_until(lambda: kept(system, f"2~{ACCESSES}", 0) == 5, "the new log is recorded", 60)
    system.stack.await_ready("auditor")
    assert kept(system, ACCESSES, 0) == 3
    told = system.events.wait_for(lambda record: record.kind == "operator.partition_accepted", "it is told").data
    assert (told["topic"], told["partition"], told["log"], told["by"]["id"], told["login"]) == (ACCESSES, 0, f"2~{ACCESSES}", "2c1f", "jonas")
    activity = wait_until(lambda: system.auditor.rows(
        "SELECT caller FROM audit.activity_log WHERE operation_name = 'Accept Replaced Log'"), "it is in the activity log")
    assert [row.caller for row in activity] == ["2c1f"]
    origin = wait_until(lambda: system.auditor.rows(
        'SELECT origin FROM audit.checkpoint WHERE topic = %s AND "partition" = 0 AND size = 5', f"2~{ACCESSES}"), "it has a checkpoint")[0].origin
    assert origin.endswith(f"/2~{ACCESSES}/0")
    rows = system.auditor.rows('SELECT topic, rows, missing FROM audit.completeness WHERE topic LIKE %s AND "partition" = 0 ORDER BY topic',
                               f"%{ACCESSES}")
    assert [tuple(row) for row in rows] == [(f"2~{ACCESSES}", 5, 0), (ACCESSES, 3, 0)]
    for arguments in ((), ("--kafka",)):
        verified = ctl("audit", "verify", *arguments,
                       LOCKBOX_AUDIT_DATABASE_URL=as_role(system.stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor"))
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert f"{ACCESSES}/0: its log was replaced, and accepted as 2~{ACCESSES} by 2c1f (jonas)" in verified.stdout
    produce(system, ACCESSES, 0, 2, b"later")
    wait_until(lambda: kept(system, f"2~{ACCESSES}", 0) == 7, "it goes on")
    proof = ctl("audit", "proof", f"2~{ACCESSES}", 0, 1,
                LOCKBOX_AUDIT_DATABASE_URL=as_role(system.stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor"))
    assert proof.returncode == 0, proof.stderr


def test_workers_go_on_with_another_log(system, ctl):
    """An event that had its effect has it no second time, and ids are none of the log's before."""
    tenant = Tenant(system)
    ticket = tenant.ticket()
    wish = outgoing(event_in("access.requested", ticket.wish(), id="asked-once"))
    system.publisher.send(wish)
    before = system.caused_by("asked-once", "request.")
    read = system.lockbox.rows('SELECT "partition", last_offset FROM lockbox.consumer_offset'
                             " WHERE consumer = 'lockbox.requester' AND topic = %s AND last_offset IS NOT NULL", TICKETS)
    wait_until(lambda: all(kept(system, TICKETS, row.partition) > 0 for row in read), "the auditor has read of them")
    system.stack.down("requester", "auditor")
    make_again(system, TICKETS)
    system.stack.dev("up", "--timeout", "10", check=False)
    wait_until(lambda: stopped(system, "requester") and stopped(system, "auditor"), "both say so", 60)
    for row in read:
        done = ctl("partition", "accept", TICKETS, row.partition, *OPERATOR)
        assert done.returncode == 0, done.stderr
    system.stack.await_ready("requester", "auditor", seconds=90)
    system.publisher.send(wish)
    other = tenant.ticket().request()
    other.approve()
    assert [record.request["request_id"] for record in system.events.where(lambda record: record.cause == "asked-once")] == [before.request["request_id"]]

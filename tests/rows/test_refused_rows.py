"""What the database refuses to write of a row holds up that row, and nobody else: it is named in the log, by a metric and on
/readyz, and tried again each minute. One row of each worker's sets is refused at the same time, so that the minute is waited for once."""
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from support.outbox import write_events
from support.refusing import refusing, refusing_in
from support.scenario import Request, Tenant
from support.waiting import wait_until

MINUTE = 90  # and what is done in it
LOG, UNSIGNED, OTHER = "lockbox.tenants.v1", "lockbox.decisions.v1", "lockbox.tickets.v1"
UNPUBLISHED = "SELECT 1 FROM lockbox.outbox WHERE aggregateid = %s AND published_at IS NULL"
MAILS = "SELECT notification_id::text AS id, state FROM lockbox.notification WHERE notice_id = %s"
SIGNED = """SELECT coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM audit.checkpoint WHERE topic = %s GROUP BY "partition") AS logs"""
CHECKPOINT = "SELECT coalesce(sum(size), 0) FROM audit.publication WHERE topic = %s"
# More than is removed at once.
OLD_INPUTS = """INSERT INTO lockbox.inbox (source, event_id, identity, topic, consumer, received_at)
                SELECT 'old', number::text, sha256(''), 'lockbox.tickets.v1', 'lockbox.requester', clock_timestamp() - interval '90 days'
                  FROM generate_series(1, 35000) AS number"""
OLD_EVENTS = """INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload, published_at)
                SELECT gen_random_uuid(), 'tenant', 'old', 'lockbox.tenant.changed.v1', '{}', clock_timestamp() - interval '90 days'
                  FROM generate_series(1, 35000)"""


@dataclass
class Stuck:
    """What is refused; each is of a tenant of its own."""
    event: str  # its key
    granted: Request  # cannot be ended
    mailed: Request  # the ends of its mails cannot be written
    unmailed: Request  # its mails cannot be begun
    published: int  # up to here the one log's checkpoints
    signed: int  # and the other log
    named: dict[str, list[str]] = field(default_factory=dict)  # worker → what /readyz says one of


def mails_of(system, request: Request) -> list:
    return system.lockbox.rows(MAILS, request.id)


@pytest.fixture(scope="module")
def stuck(system):
    """All of it refused, then told to exist; what is refused no more at the end of the tests."""
    system.lockbox.rows(OLD_INPUTS)
    system.lockbox.rows("SET session_replication_role = replica")  # they are nobody's events
    system.lockbox.rows(OLD_EVENTS)
    system.lockbox.rows("RESET session_replication_role")
    tenants = [Tenant(system) for _ in range(3)]
    granted = tenants[0].request(duration="PT1S")
    key = f"tenant-{uuid.uuid4()}"
    with ExitStack() as refused:
        refused.enter_context(refusing(system, "outbox", f"new.aggregateid = '{key}'", "23514", "UPDATE"))
        refused.enter_context(refusing(system, "request", f"new.request_id = '{granted.id}' AND new.state = 'completed'", "23514"))
        refused.enter_context(refusing(system, "notification", f"(new.tenant_id, new.state) IN (('{tenants[1].id}', 'sent'),"
                                       f" ('{tenants[2].id}', 'sending'))", "23514", "UPDATE"))
        refused.enter_context(refusing_in(system.audit, "audit", "publication", f"new.topic = '{LOG}'", "23514", "UPDATE"))
        refused.enter_context(refusing_in(system.audit, "audit", "checkpoint", f"new.topic = '{UNSIGNED}'", "23514", "INSERT"))
        published, signed = system.audit.value(CHECKPOINT, LOG), system.audit.value(SIGNED, UNSIGNED)
        write_events(system, [key])
        granted.approve()
        it = Stuck(key, granted, tenants[1].request(), tenants[2].request(), published, signed)
        Tenant(system)
        seq = system.lockbox.value("SELECT seq FROM lockbox.outbox WHERE aggregateid = %s", key)
        mails = wait_until(lambda: mails_of(system, it.mailed) + mails_of(system, it.unmailed), "their mails are queued")
        it.named = {"relay": [f"outbox, and it is left out: {seq}"], "expirer": [f"request, and it is left out: {granted.id}"],
                    "notifier": [f"notification, and it is left out: {mail.id}" for mail in mails],
                    "auditor": [f"publication, and it is left out: {LOG}/", f"checkpoint, and it is left out: {UNSIGNED}/"]}
        yield it


def says_so(system, stuck: Stuck, worker: str) -> bool:
    reason = system.stack.status()[worker]["reason"]
    return any(f"the database refuses what is to be written of a row of {row}" in reason for row in stuck.named[worker])


@pytest.mark.parametrize("worker", ["relay", "expirer", "notifier", "auditor"])
def test_the_row_is_named(system, stuck, worker):
    wait_until(lambda: says_so(system, stuck, worker), f"the {worker} names the row", MINUTE)
    assert system.stack.metrics(worker)["lockbox_rows_left_out_total"] >= 1
    rows = [row.rpartition(" ")[2] for row in stuck.named[worker]]
    said = [line for line in system.stack.log(worker).splitlines() if "the database refuses a row" in line]
    assert any(row in line for row in rows for line in said)
    assert worker != "auditor" or all(wait_until(lambda: row in system.stack.log("auditor"), f"{row} is named") for row in rows)  # noqa: B023


def test_all_others_go_on(system, stuck):
    tenant, published = Tenant(system), system.audit.value(CHECKPOINT, OTHER)
    requests = [tenant.request(duration="PT1S") for _ in range(3)]
    for request in requests:
        request.approve()
    for request in requests:
        request.event("completed")
        system.mailbox.wait_for(request.id, {tenant.owner.email})
        wait_until(lambda: {mail.state for mail in mails_of(system, request)} == {"sent"}, "its mails are sent")  # noqa: B023
    wait_until(lambda: system.audit.value(CHECKPOINT, OTHER) > published, "another log's checkpoints are signed and published")


def test_what_is_refused_is_not_done_over_and_over(system, stuck):
    """Kafka has the event, and the people their mails: none is told or sent again for that the database cannot say so."""
    assert len(system.events.where(lambda record: record.key == stuck.event.encode())) == 1
    mails = system.mailbox.about(stuck.mailed.id)
    assert mails and len({(mail.id, mail.recipient) for mail in mails}) == len(mails)
    assert system.mailbox.about(stuck.unmailed.id) == []
    assert "completed" not in stuck.granted.kinds
    assert (system.audit.value(CHECKPOINT, LOG), system.audit.value(SIGNED, UNSIGNED)) == (stuck.published, stuck.signed)


def test_once_it_is_not_refused_any_more_it_is_done(system, stuck):
    for database, schema in ((system.lockbox, "lockbox"), (system.audit, "audit")):
        for table in ("outbox", "request", "notification", "publication", "checkpoint"):
            database.rows(f"DROP FUNCTION IF EXISTS {schema}.refuse_{table}_for_test() CASCADE")
    wait_until(lambda: not system.lockbox.rows(UNPUBLISHED, stuck.event), "the event is marked", MINUTE)
    stuck.granted.event("completed", MINUTE)
    for request in (stuck.mailed, stuck.unmailed):
        wait_until(lambda: {mail.state for mail in mails_of(system, request)} == {"sent"}, "its mails are sent", MINUTE)  # noqa: B023
    wait_until(lambda: system.audit.value(CHECKPOINT, LOG) > stuck.published, "the log's checkpoints are marked", MINUTE)
    wait_until(lambda: system.audit.value(SIGNED, UNSIGNED) > stuck.signed, "the other log is signed", MINUTE)
    system.stack.await_ready("relay", "expirer", "notifier", "auditor", seconds=MINUTE)


def test_what_is_past_its_time_is_removed_however_much_it_is(system, stuck):
    """10,000 rows a minute were less than a busy day writes."""
    for rows in ("inbox WHERE source = 'old'", "outbox WHERE aggregateid = 'old'"):
        wait_until(lambda: system.lockbox.value(f"SELECT count(*) FROM lockbox.{rows}") == 0, f"none is left of {rows}", 20)  # noqa: B023


def test_what_is_not_judged_is_said(system, stack):
    with refusing_in(system.audit, "audit", "judged", "true", "23514", "UPDATE"):
        Tenant(system)
        wait_until(lambda: "waiting for the database to judge what is recorded" in stack.status()["auditor"]["reason"], "the auditor says so", MINUTE)
    stack.await_ready("auditor")


def test_a_dead_letter_that_cannot_be_read_holds_up_no_other(system, stack):
    """Its headers are not as the quarantine keeps them: somebody changed the row."""
    tickets = Tenant(system).ticket(), Tenant(system).ticket()

    def reject(ticket) -> int:
        ticket.publish("access.requested", **ticket.wish(engineer_id=7))
        [row] = wait_until(lambda: system.lockbox.rows("SELECT quarantine_id FROM lockbox.quarantine WHERE key = %s", ticket.id.encode()),
                           "it is in quarantine")
        system.deadletters.wait_for(lambda record: record.key == ticket.id.encode(), "its dead letter")
        wait_until(lambda: system.lockbox.value("SELECT published_at IS NOT NULL FROM lockbox.quarantine WHERE quarantine_id = %s", row.quarantine_id),
                   "its mark")
        return row.quarantine_id

    def replace(headers: bytes) -> None:
        system.lockbox.rows("UPDATE lockbox.quarantine SET headers = %s, published_at = NULL, next_attempt_at = NULL WHERE quarantine_id = %s",
                            headers, spoiled)
    spoiled = reject(tickets[0])
    before = system.lockbox.value("SELECT headers FROM lockbox.quarantine WHERE quarantine_id = %s", spoiled)
    replace(b"\xff")
    wait_until(lambda: f"a row of quarantine cannot be read, and is left out: {spoiled}" in stack.status()["relay"]["reason"],
               "the relay names the row", MINUTE)
    reject(tickets[1])
    replace(before)
    stack.kill("relay")
    stack.up()

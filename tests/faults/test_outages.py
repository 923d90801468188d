"""What is down is waited out: nothing is lost, nothing happens twice, nobody crashes."""
import signal

import pytest

from support.scenario import Tenant
from support.stack import WORKERS
from support.traffic import Traffic, await_quiet, complaints_about
from support.waiting import wait_until


def assert_same_workers(system, pids: dict) -> None:
    assert {worker: system.stack.status()[worker]["pid"] for worker in WORKERS} == {name: pids[name] for name in WORKERS}


def test_mails_arrive_once_the_receiver_is_back(system):
    tenant = Tenant(system, alternates=("desk@contoso.example",))
    pids = dict(system.stack.pids)
    system.stack.down("smtp")
    request = tenant.request()
    request.approve()
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.notification WHERE request_id = %s"
                                          " AND state = 'deferred' AND attempts >= 1", request.id) >= 7, "mails are deferred")
    assert system.mailbox.about(request.id) == []
    system.stack.up("smtp")
    everyone = {tenant.owner.email, tenant.approver.email, "desk@contoso.example", request.ticket.engineer.email}
    system.mailbox.wait_for(request.id, everyone, "Approved", 60)
    await_quiet(system)
    ledger = system.lockbox.rows("SELECT * FROM lockbox.notification WHERE request_id = %s", request.id)
    assert {row.state for row in ledger} == {"sent"} and max(row.attempts for row in ledger) > 1
    assert sorted(row.message_id for row in ledger) == sorted(mail.id for mail in system.mailbox.about(request.id))
    assert_same_workers(system, pids)


def comes_back(system, server: str, how: signal.Signals) -> None:
    """A server ends in the middle of some lifecycles, and starts again: everyone waited for it."""
    pids = dict(system.stack.pids)
    traffic = Traffic(system, 7, seed=7)
    wait_until(lambda: len(system.events.where(lambda record: record.kind == "request.created" and
                                             record.request["tenant_id"] in {it.id for it in traffic.tenants})) >= 2,
               "some lifecycles are under way")
    system.stack.signal(server, signal.SIGKILL) if how == signal.SIGKILL else system.stack.down(server)
    system.stack.up(server)
    lives = traffic.finish()
    assert complaints_about(system, lives) == []
    assert_same_workers(system, pids)


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_server_that_is_killed_finds_everyone_waiting(system, server):
    comes_back(system, server, signal.SIGKILL)


def kafka_is_waited_for(stack) -> str:
    return wait_until(lambda: (why := stack.status()["relay"]["reason"]).startswith("waiting for Kafka") and " since 20" in why and why,
                      "the relay is not ready, and says since when", 30)


def test_the_relay_says_that_kafka_takes_nothing(system, stack):
    request = Tenant(system).request(duration="PT1H")
    await_quiet(system)
    stack.signal("kafka", signal.SIGSTOP)
    try:
        # Who reads Kafka writes no event meanwhile: one is published again.
        system.lockbox.rows("UPDATE lockbox.outbox SET published_at = NULL WHERE aggregateid = %s", request.id)
        system.lockbox.rows("SELECT pg_notify('lockbox_outbox', '')")
        assert kafka_is_waited_for(stack)
    finally:
        stack.signal("kafka", signal.SIGCONT)
    stack.await_ready()
    await_quiet(system)
    request.approve()


def test_the_relay_says_that_kafka_is_away_where_nothing_waits(system, stack):
    await_quiet(system)
    pids = dict(stack.pids)
    stack.down("kafka")
    try:
        assert kafka_is_waited_for(stack)
        for worker in ("requester", "decider", "notifier", "auditor"):
            wait_until(lambda: (why := stack.status()[worker]["reason"]).startswith("waiting for Kafka: no broker is connected (since 20"),
                       f"the {worker}, which only reads, says so", 60)
    finally:
        stack.up("kafka")
    stack.await_ready()
    assert_same_workers(system, pids)


def test_who_reads_says_that_kafka_does_not_answer(system, stack):
    """Its connections stay as they are. The client alone takes a minute to give them up."""
    await_quiet(system)
    pids = dict(stack.pids)
    stack.signal("kafka", signal.SIGSTOP)
    try:
        for worker in ("requester", "decider", "notifier", "auditor"):
            wait_until(lambda: stack.status()[worker]["reason"].startswith("waiting for Kafka: no broker is connected (since 20"),
                       f"the {worker} says so", 40)
    finally:
        stack.signal("kafka", signal.SIGCONT)
    stack.await_ready()
    assert_same_workers(system, pids)
    Tenant(system).request().approve()


def test_term_in_the_middle_of_work_ends_within_ten_seconds(system):
    """Each in turn, while the others work; the supervisor starts it again."""
    traffic = Traffic(system, 14, seed=9)
    for worker in WORKERS:
        system.stack.note_pids()
        pid = system.stack.signal(worker, signal.SIGTERM)
        wait_until(lambda: str(pid) != str(system.stack.status()[worker]["pid"]), f"{worker} has ended", 10)
        system.stack.await_ready(worker)
        assert '"message":"ended","status":0' in system.stack.log(worker).replace(" ", "").rpartition("stopping")[2]
    lives = traffic.finish()
    assert complaints_about(system, lives) == []


def test_a_session_may_end_at_any_moment(system):
    """Between a notification and the round it asks for, too: nobody waits for a connection that is gone."""
    sleepers = ("lockbox-expirer", "lockbox-relay")
    for _ in range(60):
        system.lockbox.rows("SELECT pg_notify('lockbox_due', '') AS due, pg_notify('lockbox_outbox', '') AS outbox,"
                          " pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY (%s)",
                          list(sleepers))
        wait_until(lambda: {row.application_name for row in system.lockbox.rows(
            "SELECT application_name FROM pg_stat_activity WHERE application_name = ANY (%s)", list(sleepers))} ==
            set(sleepers), "both have connected again")
    request = Tenant(system).request(duration="PT1S")
    request.approve()
    request.event("completed")

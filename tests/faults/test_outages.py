"""What is down is waited out: nothing is lost, nothing happens twice, nobody crashes."""
import signal

import pytest

from support.scenario import Tenant
from support.stack import WORKERS
from support.traffic import Traffic, await_quiet, complaints_about
from support.waiting import wait_until


def assert_same_workers(road, pids: dict) -> None:
    assert {worker: road.stack.status()[worker]["pid"] for worker in WORKERS} == {name: pids[name] for name in WORKERS}


def test_mails_arrive_once_the_receiver_is_back(road):
    tenant = Tenant(road, alternates=("desk@contoso.example",))
    pids = dict(road.stack.pids)
    road.stack.down("smtp")
    request = tenant.request()
    request.approve()
    wait_until(lambda: road.lockbox.value("SELECT count(*) FROM lockbox.notification WHERE request_id = %s"
                                          " AND state = 'deferred' AND attempts >= 1", request.id) >= 7, "mails are deferred")
    assert road.mailbox.about(request.id) == []
    road.stack.up("smtp")
    everyone = {tenant.owner.email, tenant.approver.email, "desk@contoso.example", request.ticket.engineer.email}
    road.mailbox.wait_for(request.id, everyone, "Approved", 60)
    await_quiet(road)
    ledger = road.lockbox.rows("SELECT * FROM lockbox.notification WHERE request_id = %s", request.id)
    assert {row.state for row in ledger} == {"sent"} and max(row.attempts for row in ledger) > 1
    assert sorted(row.message_id for row in ledger) == sorted(mail.id for mail in road.mailbox.about(request.id))
    assert_same_workers(road, pids)


def comes_back(road, server: str, how: signal.Signals) -> None:
    """A server ends in the middle of some lifecycles, and starts again: everyone waited for it."""
    pids = dict(road.stack.pids)
    traffic = Traffic(road, 7, seed=7)
    wait_until(lambda: len(road.events.where(lambda record: record.kind == "request.created" and
                                             record.request["tenant_id"] in {it.id for it in traffic.tenants})) >= 2,
               "some lifecycles are under way")
    road.stack.signal(server, signal.SIGKILL) if how == signal.SIGKILL else road.stack.down(server)
    road.stack.up(server)
    lives = traffic.finish()
    assert complaints_about(road, lives) == []
    assert_same_workers(road, pids)


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_server_that_is_killed_finds_everyone_waiting(road, server):
    comes_back(road, server, signal.SIGKILL)


def test_term_in_the_middle_of_work_ends_within_ten_seconds(road):
    """Each in turn, while the others work; the supervisor starts it again."""
    traffic = Traffic(road, 14, seed=9)
    for worker in WORKERS:
        road.stack.note_pids()
        pid = road.stack.signal(worker, signal.SIGTERM)
        wait_until(lambda: str(pid) != str(road.stack.status()[worker]["pid"]), f"{worker} has ended", 10)
        road.stack.await_ready(worker)
        assert '"message":"ended","status":0' in road.stack.log(worker).replace(" ", "").rpartition("stopping")[2]
    lives = traffic.finish()
    assert complaints_about(road, lives) == []


def test_a_session_may_end_at_any_moment(road):
    """Between a notification and the round it asks for, too: nobody waits for a connection that is gone."""
    sleepers = ("lockbox-expirer", "lockbox-relay")
    for _ in range(60):
        road.lockbox.rows("SELECT pg_notify('lockbox_due', '') AS due, pg_notify('lockbox_outbox', '') AS outbox,"
                          " pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY (%s)",
                          list(sleepers))
        wait_until(lambda: {row.application_name for row in road.lockbox.rows(
            "SELECT application_name FROM pg_stat_activity WHERE application_name = ANY (%s)", list(sleepers))} ==
            set(sleepers), "both have connected again")
    request = Tenant(road).request(duration="PT1S")
    request.approve()
    request.event("completed")

"""What tests/faults does in small, whole: hundreds of lifecycles, by new seeds each time, which a failure names.

    LOCKBOX_DEV_CAMPAIGN_LIVES=1000 LOCKBOX_DEV_CAMPAIGN_SEED=7 ./dev test campaign
"""
import os
import secrets
import signal

import pytest

from support.sabotage import Saboteur
from support.scenario import Tenant
from support.stack import WORKERS
from support.traffic import Traffic, complaints_about
from support.waiting import wait_until

from test_fencing import ask, assert_answered_once, await_answers, owners
from test_outages import comes_back

LIVES = int(os.environ.get("LOCKBOX_DEV_CAMPAIGN_LIVES", "200"))
SEED = int(os.environ.get("LOCKBOX_DEV_CAMPAIGN_SEED", secrets.randbelow(1_000_000)))


def test_kills_through_many_lifecycles_change_nothing(road):
    print(f"seed {SEED}, {LIVES} lifecycles")
    traffic = Traffic(road, LIVES, SEED)
    saboteur = Saboteur(road.stack, SEED, servers_after=12)
    saboteur.start()
    wanted = {*WORKERS, "postgres", "kafka"}
    wait_until(lambda: traffic.is_over and wanted <= saboteur.deeds.keys() or saboteur.error, "traffic and sabotage",
               20.0 * LIVES)
    deeds = saboteur.finish()
    road.stack.up()
    lives = traffic.finish()
    print(f"killed or restarted: {dict(deeds)}")
    assert len(lives) == LIVES and wanted <= deeds.keys()
    assert complaints_about(road, lives) == [], f"seed {SEED}"


def test_a_requester_stopped_in_the_middle_of_a_transaction_holds_up_nobody_for_long(road):
    """Its session holds the rows of its offsets until PostgreSQL ends a transaction that stands idle for a minute."""
    tenant = Tenant(road)
    tickets = [tenant.ticket() for _ in range(20)]
    await_answers(road, ask(road, tickets))
    stopped = road.stack.pids["requester"]
    held = road.lockbox
    held.rows("BEGIN")
    held.rows("SELECT FROM lockbox.ticket WHERE ticket_id = %s FOR UPDATE", tickets[0].id)
    asked = ask(road, tickets)
    wait_until(lambda: road.audit.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockbox-requester'"
                                        " AND wait_event_type = 'Lock'") == 1, "its batch waits for the row")
    road.stack.signal("requester", signal.SIGSTOP)
    held.rows("ROLLBACK")
    wait_until(lambda: road.audit.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockbox-requester'"
                                        " AND state LIKE 'idle in transaction%%'") == 1, "its transaction stands open")
    second = road.stack.spawn("requester", "2", LOCKBOX_INSTANCE="")
    try:
        await_answers(road, asked, 120)
        assert owners(road) == {second.pid}
    finally:
        road.stack.signal("requester", signal.SIGCONT)
    wait_until(lambda: owners(road) == {second.pid, stopped}, "it has partitions again", 60)
    await_answers(road, more := ask(road, tickets))
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0
    assert_answered_once(road, asked + more)
    assert complaints_about(road, []) == []


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_server_that_is_restarted_finds_everyone_waiting(road, server):
    comes_back(road, server, signal.SIGTERM)

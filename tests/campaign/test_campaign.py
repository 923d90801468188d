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


def test_kills_through_many_lifecycles_change_nothing(system):
    print(f"seed {SEED}, {LIVES} lifecycles")
    traffic = Traffic(system, LIVES, SEED)
    saboteur = Saboteur(system.stack, SEED, servers_after=12)
    saboteur.start()
    wanted = {*WORKERS, "postgres", "kafka"}
    wait_until(lambda: traffic.is_over and wanted <= saboteur.deeds.keys() or saboteur.error, "traffic and sabotage",
               20.0 * LIVES)
    deeds = saboteur.finish()
    system.stack.up()
    lives = traffic.finish()
    print(f"killed or restarted: {dict(deeds)}")
    assert len(lives) == LIVES and wanted <= deeds.keys()
    assert complaints_about(system, lives) == [], f"seed {SEED}"


def test_a_requester_stopped_in_the_middle_of_a_transaction_holds_up_nobody_for_long(system):
    """Its session holds the rows of its offsets until PostgreSQL ends a transaction that stands idle for a minute."""
    tenant = Tenant(system)
    tickets = [tenant.ticket() for _ in range(20)]
    await_answers(system, ask(system, tickets))
    stopped = system.stack.pids["requester"]
    held = system.lockbox
    held.rows("BEGIN")
    held.rows("SELECT FROM lockbox.ticket WHERE ticket_id = %s FOR UPDATE", tickets[0].id)
    asked = ask(system, tickets)
    wait_until(lambda: system.audit.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockbox-requester'"
                                        " AND wait_event_type = 'Lock'") == 1, "its batch waits for the row")
    system.stack.signal("requester", signal.SIGSTOP)
    held.rows("ROLLBACK")
    wait_until(lambda: system.audit.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockbox-requester'"
                                        " AND state LIKE 'idle in transaction%%'") == 1, "its transaction stands open")
    second = system.stack.spawn("requester", "2", LOCKBOX_INSTANCE="")
    try:
        await_answers(system, asked, 120)
        assert owners(system) == {second.pid}
    finally:
        system.stack.signal("requester", signal.SIGCONT)
    wait_until(lambda: owners(system) == {second.pid, stopped}, "it has partitions again", 60)
    await_answers(system, more := ask(system, tickets))
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0
    assert_answered_once(system, asked + more)
    assert complaints_about(system, []) == []


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_server_that_is_restarted_finds_everyone_waiting(system, server):
    comes_back(system, server, signal.SIGTERM)

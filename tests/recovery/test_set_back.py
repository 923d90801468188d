"""The operational database is restored from an older dump, while Kafka goes on: nobody decides anything in it, or is
allowed anything by it, unless somebody says so."""
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg

from restoring import accept, committed, dump, restore, says_so
from support.scenario import Tenant
from support.stack import BINARIES
from support.statements import statements
from support.traffic import await_quiet
from support.waiting import wait_until

DECIDING = ("decider", "expirer")


def test_a_restart_that_lost_nothing_halts_nobody(system):
    tenant = Tenant(system)
    system.stack.kill("postgres")
    system.stack.await_ready()
    tenant.request().approve()
    assert accept(system).returncode == 1


def test_an_older_database_decides_nothing_until_it_is_accepted(system):
    tenant = Tenant(system)
    granted = tenant.request()
    granted.approve()
    older = dump(system)
    granted.decide("revoke")
    granted.event("revoked")
    await_quiet(system)
    wait_until(lambda: committed(system) and committed(system, "notifier"), "Kafka's committed offsets are the database's")
    restore(system, older)
    # Whoever finds out behind the acceptance sets the database back anew.
    wait_until(lambda: says_so(system, *DECIDING, "notifier"), "they say that the database was set back", 75)
    assert (granted.check().allowed, granted.check().reason) == (False, "set_back")
    assert system.stack.metrics("decider")["lockbox_set_back_partitions"] >= 1
    done = accept(system, "--only", "lockbox")
    assert done.returncode == 0, done.stderr
    assert "lockbox.decider" in done.stdout
    system.stack.await_ready(seconds=90)  # the expirer looks once a minute
    wait_until(lambda: not granted.check().allowed and granted.check().reason == "no_grant", "the revoke is read again")
    tenant.request().approve()
    row = system.lockbox.row("SELECT operator_id, reason FROM lockbox.offsets_accepted ORDER BY accepted_at DESC LIMIT 1")
    assert (row.operator_id, row.reason) == ("ops-1", "restored for a test")


@contextmanager
def another_timeline(system):
    """As if the server had been promoted since the schema was made."""
    before = system.lockbox.value("SELECT timeline FROM lockbox.server_timeline")
    system.lockbox.rows("UPDATE lockbox.server_timeline SET timeline = '00000000'")
    yield
    system.lockbox.rows("UPDATE lockbox.server_timeline SET timeline = %s", before)


def test_after_a_failover_what_was_told_has_to_be_known(system):
    """A version was told whose commit is lost, and no offset tells it."""
    tenant = Tenant(system)
    with another_timeline(system):
        tenant.request().approve()  # nothing is lost: nobody halts
        request = tenant.request()
        wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.notice WHERE notice_id = %s", request.id) == 1,
                   "the notifier has read of it")
        system.stack.down("notifier")
        request.decide("deny")
        request.event("denied")
        system.lockbox.rows("SET session_replication_role = replica")
        system.lockbox.rows("UPDATE lockbox.request SET version = 1 WHERE request_id = %s", request.id)
        system.lockbox.rows("RESET session_replication_role")
        system.stack.dev("up", "--only", "notifier", check=False)
        wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.set_back WHERE told") == 1, "it is found")
        assert request.check().reason == "set_back"
        system.lockbox.rows("SET session_replication_role = replica")
        system.lockbox.rows("UPDATE lockbox.request SET version = 2 WHERE request_id = %s", request.id)
        system.lockbox.rows("RESET session_replication_role")
        assert accept(system, "--only", "lockbox").returncode == 0
    system.stack.up()
    system.stack.await_ready()
    tenant.request().approve()


def test_who_lost_a_partition_meanwhile_finds_nothing(system):
    """A newer owner may have committed, and told Kafka, between the older one's taking it and its look at Kafka."""
    compare = statements()[Path("common/store/sql/offsets/compare.sql")].text
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as session:
        session.execute("INSERT INTO consumer_offset (consumer, topic, \"partition\", epoch, next_offset, owner)"
                        " VALUES ('nobody', 't', 0, 2, 5, 'a test')")

        def ahead(epoch: int, next_offset: int, committed: int) -> int:
            return len(psycopg.RawCursor(session).execute(
                compare, [["t"], [0], [epoch], [next_offset], [committed], "nobody"]).fetchall())
        assert ahead(epoch=1, next_offset=3, committed=5) == 0
        assert ahead(epoch=2, next_offset=5, committed=6) == 1
        session.rollback()

"""The operational database is restored from an older dump, and what it lost is derived again from the input: the same
events, under the same ids."""
import json
import subprocess

from restoring import committed, dump, restore, says_so
from support.scenario import Tenant
from support.stack import BINARIES
from support.waiting import wait_until

DECIDING = ("requester", "decider", "expirer")


def reconcile(system, *arguments: str) -> subprocess.CompletedProcess:
    env = system.stack.worker_environment(LOCKBOX_DATABASE_URL=system.stack.env["LOCKBOX_SUPERUSER_URL"])
    return subprocess.run([BINARIES / "lockboxctl", "db", "reconcile", "-o", "json", *arguments], capture_output=True, text=True, env=env)


def told(system, ids: set[str]) -> dict:
    """What was told of requests: by version, each event as it came, once."""
    found: dict = {}
    for record in system.events.where(lambda it: it.event["subject"] in ids and it.kind.startswith("request.")):
        found.setdefault((record.event["subject"], record.request["version"]), set()).add(record.value)
    return found


def test_what_was_lost_is_derived_again(system):
    tenant = Tenant(system)
    before = tenant.request()
    older = dump(system)
    before.approve()
    later = Tenant(system)
    asked, granted, denied, ended = (later.request() for _ in range(4))
    granted.approve()
    denied.decide("deny")
    granted.decide("revoke")
    ended.ticket.close()
    ended.event("cancelled")
    wait_until(lambda: committed(system), "Kafka's committed offsets are the database's")
    ids = {it.id for it in (before, asked, granted, denied, ended)}
    was_told = told(system, ids)
    assert len(was_told) == 10

    restore(system, older)
    wait_until(lambda: says_so(system, "decider", "expirer"), "the database was set back", 75)
    assert "stop the " in reconcile(system).stderr
    system.stack.down(*DECIDING)
    dry = reconcile(system, "--dry-run")
    assert dry.returncode == 1, dry.stderr
    assert {(it["request_id"], it["version"]) for it in json.loads(dry.stdout)} == was_told.keys() - {(before.id, 1)}
    done = reconcile(system)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 versions that were told are not in the database" in done.stderr

    system.stack.up()
    system.stack.await_ready(seconds=90)
    assert before.check().allowed and not granted.check().allowed
    asked.approve()
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL") == 0, "all is told")
    assert {version: values for version, values in told(system, ids).items() if len(values) > 1} == {}
    assert told(system, ids).keys() == was_told.keys() | {(asked.id, 2)}


def test_what_no_input_gives_is_listed(system):
    """An event that is told of a request that no input made."""
    granted = Tenant(system).request()
    granted.approve()
    system.lockbox.rows("SET session_replication_role = replica")
    for table in ("access_item", "vote", "request"):
        system.lockbox.rows(f"DELETE FROM lockbox.{table} WHERE request_id = %s", granted.id)
    system.lockbox.rows("RESET session_replication_role")
    dry = reconcile(system, "--dry-run")
    assert dry.returncode == 1
    assert [(it["request_id"], it["version"]) for it in json.loads(dry.stdout)] == [(granted.id, 1), (granted.id, 2)]

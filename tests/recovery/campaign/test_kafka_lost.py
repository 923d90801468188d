"""Kafka is lost, alone or with the operational database's last hour: what docs/recovery.md says to do, done."""
import json
import shutil
import subprocess

from restoring import dump, restore
from support.audit import await_auditor
from support.scenario import Tenant
from support.stack import BINARIES, WORKERS
from support.waiting import wait_until

AGAIN = "again."
PATIENCE = 120


def lose_kafka(stack) -> None:
    stack.down(*WORKERS, "kafka")
    shutil.rmtree(stack.directory / "kafka")


def begin_again(stack) -> None:
    """Topics and groups of other names, on a Kafka that knows nothing."""
    stack.settings |= {"LOCKBOX_TOPIC_PREFIX": AGAIN, "LOCKBOX_GROUP_PREFIX": AGAIN}
    stack.up(seconds=PATIENCE)


def decide(system, decision: str, request, *more: str) -> None:
    owner = request.tenant.owner
    system.stack.tool(decision, request.id, "--by", f"{owner.id},{owner.email}", *more)


def await_state(database, schema: str, request, state: str) -> None:
    wait_until(lambda: database.rows(f"SELECT 1 FROM {schema}.request WHERE request_id = %s AND state = %s", request.id, state),
               f"{schema}: {request.id} is {state}", PATIENCE)


def agrees(system) -> tuple[int, dict]:
    """Whether what was told is what was decided, and which requests are not."""
    env = system.stack.worker_environment(LOCKBOX_DATABASE_URL=system.stack.env["LOCKBOX_SUPERUSER_URL"],
                                          LOCKBOX_AUDIT_DATABASE_URL=system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    done = subprocess.run([BINARIES / "lockboxctl", "audit", "reconcile", "-o", "json"], capture_output=True, text=True, env=env)
    return done.returncode, {row["request_id"]: row for row in json.loads(done.stdout or "[]")}


def test_kafka_lost(system, stack):
    tenant = Tenant(system)
    granted, waits, untold = (tenant.request() for _ in range(3))
    granted.approve()
    await_auditor(system)
    stack.down("relay")
    untold.submit("approve")
    await_state(system.lockbox, "lockbox", untold, "approved")
    lose_kafka(stack)
    assert granted.check().allowed

    begin_again(stack)
    assert granted.check().allowed and untold.check().allowed
    await_state(system.audit, "audit", untold, "approved")  # the row that was unpublished went out
    decide(system, "approve", waits)
    await_state(system.audit, "audit", waits, "approved")
    decide(system, "revoke", granted)
    await_state(system.audit, "audit", granted, "revoked")
    assert waits.check().allowed and not granted.check().allowed
    assert agrees(system) == (0, {})
    stack.tool("audit", "verify")
    stack.await_ready()


def test_kafka_and_the_last_hour_of_the_operational_database_lost(system, stack):
    """The audit store has what was told: it names each request that the restored database has otherwise."""
    tenant = Tenant(system)
    revoked, forgotten = tenant.request(), tenant.request()
    revoked.approve()
    older = dump(system)
    revoked.decide("revoke")
    forgotten.approve()
    later = tenant.request()
    await_auditor(system)
    lose_kafka(stack)
    restore(system, older)
    system.lockbox.rows("ALTER ROLE lockbox_enforcer NOLOGIN")

    begin_again(stack)
    code, differ = agrees(system)
    assert (code, set(differ)) == (1, {revoked.id, forgotten.id, later.id})
    assert (differ[revoked.id]["decided"], differ[revoked.id]["told"]) == ("version 2, approved", "version 3, revoked")
    decide(system, "revoke", revoked)
    await_state(system.lockbox, "lockbox", revoked, "revoked")
    system.lockbox.rows("ALTER ROLE lockbox_enforcer LOGIN")
    assert not revoked.check().allowed
    decide(system, "approve", forgotten)
    await_state(system.lockbox, "lockbox", forgotten, "approved")
    assert forgotten.check().allowed
    stack.await_ready()

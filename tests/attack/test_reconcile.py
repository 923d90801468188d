"""What was told and what was decided, compared: lockboxctl audit reconcile names each request of which they differ."""
import json
import subprocess
import uuid

import psycopg

from support.audit import await_auditor
from support.forging import Forger
from support.scenario import Tenant
from support.stack import BINARIES


def reconcile(system) -> tuple[int, dict[str, str]]:
    await_auditor(system)
    env = system.stack.env
    urls = {name: env[name.replace("DATABASE", "SUPERUSER")] for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL")}
    done = subprocess.run([BINARIES / "lockboxctl", "audit", "reconcile", "-o", "json"], capture_output=True, text=True,
                          env=system.stack.worker_environment(**urls))
    return done.returncode, {row["request_id"]: row["what"] for row in json.loads(done.stdout)}


def test_told_and_decided(system):
    tenant, forger = Tenant(system), Forger(system)
    honest = [tenant.request() for _ in range(3)]
    honest[0].approve()
    honest[1].approve()
    assert honest[1].decide("revoke") == "applied"
    ended, invented, silent, longer = tenant.request(), f"01a20c7f-7fd6-7f7e-b0e5-{uuid.uuid4().hex[:12]}", tenant.request(), tenant.request()
    forger.step(ended.now, "denied", ended.first.cause, state="denied", ended_at="2026-11-29T12:00:00Z")
    forger.step({**ended.first.request, "request_id": invented, "version": 0}, "created", ended.first.cause)
    longer.approve()
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as owner:
        owner.execute("SET session_replication_role = replica")  # no triggers
        owner.execute("UPDATE lockbox.request SET version = 2, version_before = 1 WHERE request_id = %s", (silent.id,))
        owner.execute("UPDATE lockbox.access_item SET expires_at = expires_at + interval '1 year' WHERE request_id = %s", (longer.id,))
    code, found = reconcile(system)
    assert code == 1
    assert {id: found.get(id) for id in (ended.id, invented, silent.id, longer.id)} == {
        ended.id: "told, never decided", invented: "told, never decided", silent.id: "decided, never told",
        longer.id: "access told otherwise"}
    assert not found.keys() & {request.id for request in honest}

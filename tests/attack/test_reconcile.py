"""What was told and what was decided, compared: lockboxctl audit reconcile names each request of which they differ."""
import json
import signal
import subprocess
import uuid
from collections import defaultdict

import psycopg

from support.audit import await_auditor
from support.forging import Forger
from support.scenario import Tenant
from support.stack import BINARIES
from support.waiting import wait_until


def rows_of(system) -> tuple[int, list[dict]]:
    await_auditor(system)
    env = system.stack.env
    urls = {name: env[name.replace("DATABASE", "SUPERUSER")] for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL")}
    done = subprocess.run([BINARIES / "lockboxctl", "audit", "reconcile", "-o", "json"], capture_output=True, text=True,
                          env=system.stack.worker_environment(**urls))
    return done.returncode, json.loads(done.stdout)


def reconcile(system) -> tuple[int, dict[str, str]]:
    code, rows = rows_of(system)
    return code, {row["request_id"]: row["what"] for row in rows}


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


def whats(system, *awaited) -> dict[str, set]:
    """What is named of each request, and of which decision or version; once all of these are."""
    found = defaultdict(set)
    for row in rows_of(system)[1]:
        found[row["request_id"]].add((row["what"], (row["told"] or "").split(",")[0]))
    return found if all(len(found[request.id]) for request in awaited) else {}


def test_what_nobody_was_told(attacker, system):
    """The decider's login passes a denial by; the relay's says of another one, and of its verdict, that Kafka has them. Both are ready."""
    tenant, stack = Tenant(system), system.stack
    lost, hidden, answered = tenant.request(), tenant.request(), tenant.request()
    assert answered.decide("deny") == "applied"
    stack.signal("decider", signal.SIGSTOP)
    passed_by = lost.submit("deny")
    place = wait_until(lambda: system.audit.rows('SELECT topic, "partition", "offset" FROM audit.event WHERE event_id = %s', passed_by),
                       "the decision is recorded")[0]
    with attacker.session("lockbox_decider") as decider:
        decider.execute('UPDATE consumer_offset SET next_offset = %s WHERE topic = %s AND "partition" = %s',
                        (place.offset + 1, place.topic, place.partition))
    stack.kill("decider")
    stack.await_ready("decider")
    stack.signal("relay", signal.SIGSTOP)
    unanswered = hidden.submit("deny")
    wait_until(lambda: system.lockbox.rows("SELECT 1 FROM lockbox.request WHERE request_id = %s AND state = 'denied'", hidden.id), "it is denied")
    with attacker.session("lockbox_relay") as relay:
        relay.execute("UPDATE outbox SET published_at = clock_timestamp() WHERE published_at IS NULL AND aggregateid = %s", (hidden.id,))
    stack.signal("relay", signal.SIGCONT)
    stack.await_ready()

    found = wait_until(lambda: whats(system, lost, hidden), "reconcile names what nobody was told", 90)
    assert ("decision without a verdict", passed_by) in found[lost.id]
    assert ("decision without a verdict", unanswered) in found[hidden.id] and ("decided, never told", "version 1") in found[hidden.id]
    assert not found[answered.id]

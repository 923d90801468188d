"""Fills a running stack with one life of every kind, and writes its two databases down as SQL: the state from which
test_upgrade.py migrates. Run once for each version that is left behind, on a stack of that version:

    export LOCKBOX_PENDING_TTL=P3650D LOCKBOX_GRANT_TTL=P3650D LOCKBOX_GRANT_TTL_MAX=P3650D LOCKBOX_EMERGENCY_TTL=P3650D
    LOCKBOX_DEV_DIR=/tmp/previous ./dev up
    python tests/upgrade/capture.py /tmp/previous tests/upgrade/NAME

The durations are long, so that what waits and what is granted still does when the state is used.
"""
import gzip
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import System  # noqa: E402
from support.scenario import Request, Tenant  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.traffic import await_quiet  # noqa: E402
from support.waiting import wait_until  # noqa: E402

PG_DUMP = "/usr/lib/postgresql/15/bin/pg_dump"


def live(system: System) -> dict[str, Request]:
    tenant = Tenant(system, alternates=("desk@contoso.example",))
    other = Tenant(system, mode="binary", owners=2)
    off = Tenant(system, lockbox=False)
    lives = {name: (tenant, other)[number % 2].request()
             for number, name in enumerate(("pending", "granted", "denied", "revoked", "cancelled", "pending_too"))}
    lives["granted"].approve()
    lives["denied"].decide("deny")
    lives["revoked"].approve()
    lives["revoked"].decide("revoke")
    lives["cancelled"].ticket.close()
    lives["cancelled"].event("cancelled")
    lives["completed"] = tenant.request(duration="PT1S")
    lives["completed"].approve()
    lives["completed"].event("completed")
    lives["refused"] = tenant.request(actions=[{"action": "drain_node"}])
    lives["not_required"] = off.request()
    ticket = tenant.ticket()
    wish = {**ticket.wish(), "authorized_by": tenant.admin.principal, "incident_id": "INC-1"}
    lives["emergency"] = Request(ticket, wish, system.caused_by(ticket.publish("access.emergency_declared", **wish), "request."))
    system.publish("decision.submitted", {"request_id": lives["granted"].id, "decision": "perhaps",
                                        "by": tenant.owner.principal})
    wait_until(lambda: system.deadletters.where(lambda record: True), "the malformed one is quarantined")
    await_quiet(system)
    records = "SELECT (SELECT count(*) FROM audit.event), (SELECT sum(next_offset) FROM audit.consumer_offset)"
    wait_until(lambda: len({*system.audit.row(records)}) == 1, "everything is audited")
    return lives


def dump(url: str, schema: str) -> bytes:
    return subprocess.run([PG_DUMP, url, "--data-only", f"--schema={schema}"], check=True, capture_output=True).stdout


def main(state: str, out: str) -> None:
    stack = Stack(Path(state))
    stack.attach()
    system = System(stack)
    lives = live(system)
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    stack.down("requester", "decider", "expirer", "relay", "notifier", "auditor")
    for name, url in (("lockbox", "LOCKBOX_SUPERUSER_URL"), ("audit", "LOCKBOX_AUDIT_SUPERUSER_URL")):
        (directory / f"{name}.sql.gz").write_bytes(gzip.compress(dump(stack.env[url], name), mtime=0))
    facts = {name: {"id": request.id, "state": request.now["state"], "version": request.now["version"],
                    "engineer_id": request.wish["engineer_id"], "resource_id": request.wish["resource_id"],
                    "item": request.wish["actions"][0], "owner": request.tenant.owner.principal,
                    "ticket_id": request.wish["ticket_id"]} for name, request in lives.items()}
    (directory / "lives.json").write_text(json.dumps(facts, indent=1) + "\n")
    system.close()


main(*sys.argv[1:])

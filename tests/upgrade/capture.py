"""Fills a stack of its own with a life of every kind, and writes its databases down: the state from which test_upgrade.py
migrates. Run once for each version that is left behind, by that version's tests/support and build:

    python tests/upgrade/capture.py /tmp/previous tests/upgrade/NAME

The durations are long, so that what waits and what is granted still does when the state is used; but for what is to end by
time, which takes three minutes: the state is to be used later than that.
"""
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.debian import POSTGRES  # noqa: E402
from support.system import System  # noqa: E402
from support.scenario import LOGS, Request, Tenant  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.traffic import await_quiet  # noqa: E402
from support.waiting import wait_until  # noqa: E402

LONG = {name: "P3650D" for name in ("LOCKBOX_PENDING_TTL", "LOCKBOX_GRANT_TTL", "LOCKBOX_GRANT_TTL_MAX", "LOCKBOX_EMERGENCY_TTL",
                                    "LOCKBOX_ACKNOWLEDGE_TTL")}
SOON = "PT3M"


def asks_by(stack: Stack, **settings: str) -> None:
    """The requester goes on by these settings."""
    stack.settings = {**LONG, **settings}
    stack.up("requester")


def emergency(tenant: Tenant) -> Request:
    ticket = tenant.ticket()
    wish = {**ticket.wish(), "authorized_by": tenant.approver.principal, "incident_id": "INC-1"}
    return Request(ticket, wish, tenant.system.caused_by(ticket.publish("access.emergency_declared", **wish), "request."))


def ended(tenant: Tenant, other: Tenant) -> dict[str, Request]:
    lives = {name: (tenant, other)[number % 2].request() for number, name in enumerate(("denied", "revoked", "cancelled"))}
    lives["denied"].decide("deny")
    lives["revoked"].approve()
    lives["revoked"].decide("revoke")
    lives["cancelled"].ticket.close()
    lives["cancelled"].event("cancelled")
    lives["completed"] = tenant.request(duration="PT1S")
    lives["completed"].approve()
    lives["completed"].event("completed")
    lives["refused"] = tenant.request(actions=[{"action": "drain_node"}])
    return lives


def standing(tenant: Tenant, other: Tenant) -> dict[str, Request]:
    system = tenant.system
    lives = {name: (tenant, other)[number % 2].request()
             for number, name in enumerate(("pending", "granted", "pending_too", "to_deny", "to_withdraw"))}
    lives["granted"].approve()
    lives["part"] = tenant.request(actions=[LOGS, {"action": "list_or_get_objects", "namespace": "openshift-ingress", "kind": "Pod"}])
    lives["part"].approve(actions=[2])
    two = Tenant(system, owners=2)
    two.change("policy_set", by=two.admin.principal, approvals_needed=2)
    lives["voted"] = two.request()
    assert lives["voted"].decide("approve", by=two.all_owners[0]) == "recorded"
    lives["not_required"] = Tenant(system, lockbox=False).request()
    lives["emergency"] = emergency(tenant)
    lives["acknowledged"] = emergency(other)
    assert lives["acknowledged"].decide("acknowledge") == "applied"
    return lives


def signed(system: System) -> tuple[Request, Ed25519PrivateKey]:
    tenant = Tenant(system)
    _, key = tenant.sign_decisions(tenant.owner)
    return tenant.request(), key


def soon_over(stack: Stack, tenant: Tenant, other: Tenant) -> dict[str, Request]:
    lives = {}
    asks_by(stack, LOCKBOX_PENDING_TTL=SOON, LOCKBOX_ACKNOWLEDGE_TTL=SOON)
    lives["to_lapse"] = tenant.request()
    lives["to_miss"] = emergency(other)
    asks_by(stack, LOCKBOX_REMINDERS="P3649DT23H57M")
    lives["to_remind"] = tenant.request()
    lives["to_complete"] = tenant.request(duration=SOON)
    lives["to_complete"].approve()
    return lives


def live(stack: Stack, system: System) -> tuple[dict[str, Request], Ed25519PrivateKey]:
    tenant = Tenant(system, alternates=("desk@contoso.example",))
    other = Tenant(system, mode="binary", owners=2)
    lives = {**ended(tenant, other), **standing(tenant, other)}
    lives["signed"], key = signed(system)
    asks_by(stack, LOCKBOX_PENDING_TTL="PT1S")
    lives["lapsed"] = tenant.request()
    lives["lapsed"].event("expired")
    system.publish("decision.submitted", {"request_id": lives["granted"].id, "decision": "perhaps", "by": tenant.owner.principal})
    wait_until(lambda: system.deadletters.where(lambda record: True), "the malformed one is quarantined")
    lives |= soon_over(stack, tenant, other)
    await_quiet(system)
    records = "SELECT (SELECT count(*) FROM audit.event), (SELECT sum(next_offset) FROM audit.consumer_offset)"
    wait_until(lambda: len({*system.audit.row(records)}) == 1, "everything is audited")
    return lives, key


def fact(request: Request) -> dict:
    return {"id": request.id, "state": request.now["state"], "version": request.now["version"],
            "engineer_id": request.wish["engineer_id"], "resource_id": request.wish["resource_id"],
            "item": request.wish["actions"][0], "owner": request.tenant.owner.principal,
            "other_owner": request.tenant.all_owners[-1].principal, "ticket_id": request.wish["ticket_id"],
            "digest": request.first.request["digest"]}


def write(directory: Path, stack: Stack, lives: dict[str, Request], key: Ed25519PrivateKey) -> None:
    """Both databases with their schemas, the roles they name, the auditor's key, and what stands."""
    directory.mkdir(parents=True, exist_ok=True)
    urls = {"lockbox": stack.env["LOCKBOX_SUPERUSER_URL"], "audit": stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]}
    for name, url in urls.items():
        dump = subprocess.run([POSTGRES / "pg_dump", url], check=True, capture_output=True).stdout
        (directory / f"{name}.sql.gz").write_bytes(gzip.compress(dump, mtime=0))
    roles = subprocess.run([POSTGRES / "pg_dumpall", "-d", urls["lockbox"], "--roles-only", "--no-role-passwords"], check=True,
                           capture_output=True, text=True).stdout.splitlines(keepends=True)
    (directory / "roles.sql").write_text("".join(line for line in roles if " lockbox_" in line))
    shutil.copy(stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"], directory / "checkpoint.pem")
    facts = {name: fact(request) for name, request in lives.items()}
    facts["signed"]["private_key"] = key.private_bytes_raw().hex()
    (directory / "lives.json").write_text(json.dumps(facts, indent=1) + "\n")


def main(state: str, out: str) -> None:
    stack = Stack(Path(state), **LONG)
    stack.up()
    try:
        system = System(stack)
        lives, key = live(stack, system)
        stack.down("requester", "decider", "expirer", "relay", "notifier", "auditor")
        write(Path(out), stack, lives, key)
        system.close()
    finally:
        stack.wipe()


main(*sys.argv[1:])

"""A standby answers every command that reads, by the auditor's and the operator's logins; what writes is refused, and says why."""
import pytest

from support.audit import await_auditor
from support.scenario import Tenant
from support.sql import Database, as_role
from support.stack import free_port
from support.standby import standby_of
from support.traffic import await_quiet
from support.waiting import wait_until

READS = {  # what stands in braces: below
    "lockbox": ["request list", "request list --state completed -o json", "request show {request}", "request timeline {request}",
                "notification list -o csv", "quarantine list -o json", "quarantine show {quarantined}", "outbox list", "db status"],
    "audit": ["audit verify", "audit verify --kafka", "audit report {request}", "audit report {request} --html",
              "audit review --tenant {tenant} --month {month}", "audit review --tenant {tenant} --month {month} --html", "audit vkey",
              "audit proof lockbox.tickets.v1 {partition} {offset}", "audit export --out {out} --request {request}", "audit reconcile"],
}
BY = "--by jo,jo@contoso.example --reason test"
WRITES = ["db migrate", f"quarantine discard {{quarantined}} {BY}", f"tenant release {{subscription}} {BY}", "notification retry --request {request}",
          f"partition skip lockbox.tickets.v1 0 1 2 {BY}", "audit rebuild", "audit rebuild --check"]
ROLES = {"standby_operator": "lockbox_operator, lockbox_audit_operator", "standby_auditor": "lockbox_auditor"}
SAME = (*READS["lockbox"], "audit review", "audit vkey")  # what others print grows meanwhile, or has a place of its own


@pytest.fixture(scope="module")
def world(system, stack, tmp_path_factory):
    """A request that is over, a record in quarantine, and a standby that has them."""
    admin = Database(stack.env["LOCKBOX_SUPERUSER_URL"])
    for role, groups in ROLES.items():
        admin.rows(f"DROP ROLE IF EXISTS {role}")
        admin.rows(f"CREATE ROLE {role} LOGIN IN ROLE {groups}")
    admin.close()
    tenant = Tenant(system)
    request = tenant.request(duration="PT1S")
    request.approve()
    request.event("completed")
    ticket = tenant.ticket()
    ticket.publish("access.requested", **ticket.wish(engineer_id=7))
    [row] = wait_until(lambda: system.lockbox.rows("SELECT quarantine_id AS id FROM lockbox.quarantine WHERE key = %s", ticket.id.encode()),
                       "a record is in quarantine")
    await_auditor(system)
    record = system.audit.row("SELECT \"partition\", \"offset\" FROM audit.event WHERE topic = 'lockbox.tickets.v1' AND ticket_id = %s LIMIT 1",
                              request.ticket.id)
    wait_until(lambda: system.audit.value("SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE topic = 'lockbox.tickets.v1' AND \"partition\" = %s",
                                          record.partition) > record.offset, "its checkpoint is signed")
    names = {"request": request.id, "quarantined": row.id, "tenant": tenant.id, "subscription": tenant.subscription,
             "partition": record.partition, "offset": record.offset, "month": "2026-11"}
    await_quiet(system)
    with standby_of(stack) as standby:
        standby.await_replay()
        yield standby, names


def urls(stack, at) -> dict[str, str]:
    return {"LOCKBOX_DATABASE_URL": as_role(at(stack.env["LOCKBOX_DATABASE_URL"]), "standby_operator"),
            "LOCKBOX_AUDIT_DATABASE_URL": as_role(at(stack.env["LOCKBOX_AUDIT_DATABASE_URL"]), "standby_auditor")}


@pytest.mark.parametrize("command", [command for commands in READS.values() for command in commands])
def test_what_reads_says_what_the_primary_says(stack, ctl, world, tmp_path, command):
    standby, names = world
    here, there = (ctl(*command.format(**names, out=tmp_path / name).split(), **urls(stack, at))
                   for name, at in (("standby", standby.url), ("primary", str)))
    assert here.returncode == there.returncode == 0, here.stderr + there.stderr
    if command.startswith(SAME):
        assert here.stdout == there.stdout


@pytest.mark.parametrize("command", WRITES)
def test_what_writes_says_that_it_is_read_only(stack, ctl, world, command):
    standby, names = world
    owner = {f"LOCKBOX_{name}DATABASE_URL": standby.url(stack.env[f"LOCKBOX_{name}SUPERUSER_URL"]) for name in ("", "AUDIT_")}
    done = ctl(*command.format(**names).split(), **owner)
    assert done.returncode == 3, done.stderr
    assert "database is busy, gone, or read-only as a standby is" in done.stderr


@pytest.mark.parametrize("worker", ["decider", "relay", "auditor"])
def test_a_worker_at_a_standby_is_not_ready_and_says_so(stack, world, worker):
    standby, _ = world
    port = free_port()
    at = {name: standby.url(stack.env[name]) for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL")}
    if worker == "auditor":
        at["LOCKBOX_AUDIT_DATABASE_URL"] = standby.url(stack.audit_writer_url)
    else:
        at["LOCKBOX_DATABASE_URL"] = as_role(at["LOCKBOX_DATABASE_URL"], f"lockbox_{worker}")
    child = stack.spawn(worker, "at-standby", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}", LOCKBOX_GROUP_PREFIX="standby.", **at)
    try:
        wait_until(lambda: "a standby answers, which does not write" in stack.ready(port), "it says so")
        assert child.poll() is None
    finally:
        child.terminate()
    assert child.wait(10) == 0

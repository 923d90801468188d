"""A row that somebody spoiled holds up its own request, and no other."""
from contextlib import contextmanager

from support.scenario import Tenant
from support.waiting import wait_until


@contextmanager
def spoiled(system, request, change: str):
    """The request's row, changed behind the back of the owner's triggers, and then set right."""
    def write(assignments: str) -> None:
        system.lockbox.rows("SET session_replication_role = replica")
        system.lockbox.rows(f"UPDATE lockbox.request SET {assignments} WHERE request_id = %s", request.id)
        system.lockbox.rows("RESET session_replication_role")
        system.lockbox.rows("SELECT pg_notify('lockbox_due', '')")
    before = system.lockbox.row("SELECT standing, due_at FROM lockbox.request WHERE request_id = %s", request.id)
    write(change)
    try:
        yield
    finally:
        write(f"standing = '{before.standing}', due_at = '{before.due_at}'")


UNREADABLE = "standing = replace(standing, '\"decide_by\":\"', '\"decide_by\":\"x')"


def says_so(system, worker: str) -> bool:
    return "cannot be read" in system.stack.status()[worker]["reason"]


def test_the_expirer_ends_other_requests(system):
    tenant = Tenant(system)
    bad, good = tenant.request(), tenant.request(duration="PT1S")
    with spoiled(system, bad, f"{UNREADABLE}, due_at = clock_timestamp()"):
        wait_until(lambda: says_so(system, "expirer"), "the expirer says that a row cannot be read")
        good.approve()
        good.event("completed")
        assert system.stack.metrics("expirer")["lockbox_rows_unreadable_total"] >= 1
        assert bad.id in system.stack.log("expirer")
    system.stack.await_ready("expirer", seconds=120)


def test_a_ticket_closes_over_other_requests_and_decisions_are_kept(system):
    tenant = Tenant(system)
    ticket = tenant.ticket()
    bad, good = ticket.request(), ticket.request()
    before = system.lockbox.value("SELECT count(*) FROM lockbox.quarantine")
    with spoiled(system, bad, UNREADABLE):
        ticket.publish("ticket.closed")
        good.event("cancelled")
        decision = bad.submit("approve")
        wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.quarantine") == before + 1, "the decision is kept")
        wait_until(lambda: says_so(system, "requester") and says_so(system, "decider"), "both say that a row cannot be read")
    assert system.lockbox.value("SELECT reason FROM lockbox.quarantine ORDER BY quarantine_id DESC LIMIT 1").startswith(
        "/data/request_id: the request's row cannot be read"), decision
    for worker in ("requester", "decider"):
        system.stack.kill(worker)
    system.stack.await_ready()

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


@contextmanager
def replaced(system, table: str, key: str, value: str):
    """The row's snapshot is none of Lockbox's, and then what it was."""
    before = system.lockbox.value(f"SELECT snapshot::text FROM lockbox.{table} WHERE {key} = %s", value)
    def write(snapshot: str) -> None:
        system.lockbox.rows(f"UPDATE lockbox.{table} SET snapshot = %s::json WHERE {key} = %s", snapshot, value)
    write('{"spoiled": true}')
    try:
        yield
    finally:
        write(before)


def reasons(system) -> list[str]:
    return [row.reason for row in system.lockbox.rows("SELECT reason FROM lockbox.quarantine ORDER BY quarantine_id")]


def replay_last(system) -> None:
    number = system.lockbox.value("SELECT max(quarantine_id) FROM lockbox.quarantine")
    system.stack.tool("quarantine", "replay", str(number), "--by", "ops,ops@lockbox.example", "--reason", "the row is mended")


def well_again(system, *workers: str) -> None:
    for worker in workers:
        system.stack.kill(worker)
    system.stack.up()


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


def test_a_ticket_that_cannot_be_read_holds_up_no_other(system):
    """What is about it is kept for a replay; what its end takes away is taken away all the same."""
    tenant = Tenant(system)
    bad, good = tenant.ticket(), tenant.ticket()
    open_request = bad.request()
    open_request.approve()
    before = len(reasons(system))
    with replaced(system, "ticket", "ticket_id", bad.id):
        asked = bad.publish("access.requested", **bad.wish())
        wait_until(lambda: len(reasons(system)) == before + 1, "the wish is kept")
        good.request().approve()
        bad.publish("ticket.closed")
        open_request.event("revoked")
        wait_until(lambda: len(reasons(system)) == before + 2, "so is the closing")
        wait_until(lambda: system.stack.status()["requester"]["reason"].startswith(
            f"a row of ticket cannot be read, and is left out: {bad.id} (since 20"), "the requester names the row")
    assert reasons(system)[before:] == ["/data/ticket_id: the ticket's row cannot be read"] * 2
    replay_last(system)
    wait_until(lambda: not system.lockbox.value("SELECT open FROM lockbox.ticket WHERE ticket_id = %s", bad.id), "the ticket is closed")
    assert system.events.where(lambda record: record.cause == asked) == []
    well_again(system, "requester")


def test_a_subscription_that_cannot_be_read_holds_up_no_other(system):
    """Nothing is approved without its policy; a denial needs none."""
    tenant, other = Tenant(system), Tenant(system)
    ticket = tenant.ticket()
    waits, denied = ticket.request(), ticket.request()
    before = len(reasons(system))
    with replaced(system, "subscription", "subscription_id", tenant.subscription):
        ticket.publish("access.requested", **ticket.wish())
        wait_until(lambda: len(reasons(system)) == before + 1, "the wish is kept")
        tenant.publish("lockbox_disabled", by=tenant.admin.principal)
        wait_until(lambda: len(reasons(system)) == before + 2, "so is the tenant's change")
        other.request().approve()
        assert denied.decide("deny") == "applied"
        waits.submit("approve")
        wait_until(lambda: len(reasons(system)) == before + 3, "so is the approval")
        for worker in ("requester", "decider"):
            wait_until(lambda: system.stack.status()[worker]["reason"].startswith(
                f"a row of subscription cannot be read, and is left out: {tenant.subscription}"), f"the {worker} names the row")
    assert reasons(system)[before:] == ["/data/ticket_id: the subscription's row cannot be read",
                                        "/data/subscription_id: the subscription's row cannot be read",
                                        "/data/request_id: the subscription's row cannot be read"]
    assert waits.kinds == ["created"]
    replay_last(system)
    waits.event("approved")
    well_again(system, "requester", "decider")

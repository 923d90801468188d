"""What is written is readable: the greatest that each field, each list and each step may have goes through every worker, and none of
them finds anything in it that it cannot read. tests/schemas holds the schemas against the tables that write and read."""
import secrets

import pytest

from support.scenario import LOGS, Person, Tenant, Ticket
from support.waiting import wait_until

FOUR = "\U0001d538"  # a character of four bytes
PEOPLE, ALTERNATES, ITEMS, APPROVALS = 200, 50, 32, 5
TEXT = FOUR * 2000  # the limit is in characters
MINUTE = 60


def greatest_person(organization: str = "") -> Person:
    """128 bytes of id, 254 of address, 256 of name."""
    token = secrets.token_hex(8)
    domain = ".".join(["d" * 61, "e" * 61, "f" * 61, "example"])
    local = f"{token}{'x' * (254 - len(domain) - 1 - len(token))}"
    assert len(local) <= 64 and len(f"{local}@{domain}") == 254
    return Person(f"{token}{'i' * (128 - len(token))}", f"{local}@{domain}", FOUR * 64, organization)


@pytest.fixture(scope="module")
def tenant(system):
    """Of as many people, addresses and rules as there may be."""
    tenant = Tenant(system, lockbox=False, owners=0, id="t" * 112 + secrets.token_hex(8))
    tenant.approvers = [greatest_person() for _ in range(PEOPLE - 1)]
    changes = [tenant.publish("role_assigned", principal=person.principal, role="owner") for person in tenant.approvers]
    changes.append(tenant.publish("contacts_set", by=tenant.admin.principal, alternate_emails=[greatest_person().email for _ in range(ALTERNATES)]))
    changes.append(tenant.publish("policy_set", by=tenant.admin.principal, approvals_needed=APPROVALS, max_duration="PT8H",
                                  auto_approve=[{"action": "get_pod_logs", "namespace": f"openshift-{'n' * 51}{i:02}", "reason_code": "r" * 128}
                                                for i in range(50)],
                                  forbid=[{"action": "delete_object", "namespace": "n" * 61 + f"{i:02}", "kind": "K" * 63} for i in range(50)]))
    changes.append(tenant.publish("lockbox_enabled", by=tenant.admin.principal))
    for change in changes:
        assert system.caused_by(change, "tenant.", MINUTE).kind == "tenant.changed"
    return tenant


def greatest_wish() -> dict:
    actions = [{"action": "update_object", "namespace": "n" * 63, "kind": "K" + "k" * 62 + "." + "g" * 63,
                "name": f"{i:02}" + "o" * 251} for i in range(ITEMS - 1)]
    return {"actions": [*actions, LOGS], "justification": TEXT, "reason_code": FOUR * 32, "duration": "PT8H"}


@pytest.fixture(scope="module")
def asked(system, tenant):
    ticket = Ticket(tenant, engineer=greatest_person("microsoft"), title=FOUR * 64)
    return ticket.request(**greatest_wish())


@pytest.fixture(autouse=True)
def nothing_is_rejected(system):
    def rejected():
        return (system.lockbox.value("SELECT count(*) FROM lockbox.quarantine"),
                system.audit.value("SELECT count(*) FROM audit.unreadable"))
    before = rejected()
    yield
    assert rejected() == before


def is_audited(system, asked, state: str) -> bool:
    return bool(system.audit.rows("SELECT 1 FROM audit.request WHERE request_id = %s AND state = %s", asked.id, state))


def test_the_greatest_request_is_made_told_mailed_and_audited(system, asked):
    request = asked.first.request
    assert asked.first.kind == "request.created", asked.first.data
    assert (len(request["approvers"]), len(request["alternate_emails"]), len(request["actions"])) == (PEOPLE, ALTERNATES, ITEMS)
    assert request["justification"] == TEXT
    wait_until(lambda: is_audited(system, asked, "customer_notified"), "it is audited")
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.notification WHERE request_id = %s", asked.id) == PEOPLE + ALTERNATES,
               "each mail is in the ledger")


def test_its_greatest_decisions_are_counted(system, tenant, asked):
    for number, approver in enumerate(tenant.approvers[:APPROVALS], 1):
        verdict = asked.decide("approve", by=approver, comment=TEXT, actions=list(range(1, ITEMS + 1)), duration="PT8H")
        assert verdict == ("applied" if number == APPROVALS else "recorded")
    assert len(asked.event("approved").request["decisions"]) == APPROVALS
    assert asked.check(LOGS).allowed
    wait_until(lambda: is_audited(system, asked, "approved"), "it is audited")


def test_its_access_ends_by_a_revoke(system, tenant, asked):
    assert asked.decide("revoke", by=tenant.approvers[-1], comment=TEXT) == "applied"
    asked.event("revoked")
    wait_until(lambda: is_audited(system, asked, "revoked"), "it is audited")


def test_time_and_its_ticket_end_others_like_it(system, asked):
    timed, closed = asked.ticket.request(**greatest_wish()), asked.ticket.request(**greatest_wish())
    system.lockbox.rows("SET session_replication_role = replica")
    system.lockbox.rows("UPDATE lockbox.request SET due_at = clock_timestamp() WHERE request_id = %s", timed.id)  # the expirer reads it
    system.lockbox.rows("RESET session_replication_role")
    system.lockbox.rows("SELECT pg_notify('lockbox_due', '')")
    asked.ticket.publish("ticket.closed", comment=TEXT)
    closed.event("cancelled")
    timed.event("cancelled")
    wait_until(lambda: is_audited(system, closed, "cancelled"), "it is audited")


def test_a_second_too_many_is_refused_at_the_door(system, tenant):
    """One more of what is counted is an answer, or a dead letter that says so; what stands stays readable."""
    refused = tenant.change("role_assigned", principal=greatest_person().principal, role="owner")
    assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "too_many_approvers")

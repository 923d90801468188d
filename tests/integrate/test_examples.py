"""The programs of examples/ do against a real stack what docs/integrate/ says of them, in each of their languages."""
import json
import secrets
import uuid

import pytest

from programs import EXAMPLES, LANGUAGES, Programs, finish
from support.scenario import Person, Tenant, new_engineer
from support.waiting import wait_until


@pytest.fixture(params=LANGUAGES)
def programs(request, stack, tmp_path):
    return Programs(request.param, stack, tmp_path)


def example(name: str) -> dict:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def ticket_of(subscription: str) -> dict:
    """The example's ticket, new and of this subscription, with an engineer of its own."""
    ticket, engineer = example("ticket"), new_engineer()
    ticket["ticket_id"] = f"{secrets.randbelow(10 ** 16):016}"
    ticket["opened"]["data"]["subscription_id"] = subscription
    ticket["assigned"]["data"]["engineer"] = engineer.engineer
    asked = ticket["asked"]["data"]
    asked["engineer_id"] = engineer.id
    asked["resource_id"] = asked["resource_id"].replace(asked["resource_id"].split("/")[2], subscription)
    return ticket


def tenant_of(subscription: str) -> dict:
    return {**example("tenant"), "tenant_id": f"tenant-{secrets.token_hex(4)}", "subscription_id": subscription,
            "administrator": Person.new("gwen").principal, "approver": Person.new("lena").principal}


def access_of(ticket: dict, **other) -> dict:
    """One that the ticket's first item covers, or another."""
    asked = ticket["asked"]["data"]
    return {**example("access"), "engineer_id": asked["engineer_id"], "resource_id": asked["resource_id"], **other}


def created(system, ticket: dict) -> list:
    return system.events.where(lambda record: record.kind == "request.created"
                             and record.request["ticket_id"] == ticket["ticket_id"])


def dead(system, key: str) -> list:
    return system.deadletters.where(lambda record: record.key == key.encode())


def recorded(system, access: dict):
    """The audit store's rows about the engineer's accesses, once there is one."""
    query = "SELECT outcome, request_id, covered_by FROM audit.access WHERE engineer_id = %s"
    return wait_until(lambda: system.auditor.rows(query, access["engineer_id"]), "the access is audited")


def reported(accesses, access: dict):
    return accesses.wait_for(lambda record: record.data["engineer_id"] == access["engineer_id"]
                             and record.data["action"] == access["action"], "the access is reported")


def test_a_whole_lifecycle(programs, system, accesses):
    """A portal turns Lockbox on, a ticketing system asks, the portal's approver says yes, the enforcement point obeys."""
    subscription = str(uuid.uuid4())
    ticket, tenant = ticket_of(subscription), tenant_of(subscription)
    portal = programs.start("portal", tenant)
    assert portal.stdout.readline().strip() == f"Lockbox is on for {subscription}"
    asking = programs.start("ticketing", ticket)
    request = wait_until(lambda: created(system, ticket), "the request is there")[0].request

    exit_code, lines = finish(portal, "approve Go ahead.\n")
    assert (exit_code, lines[-1]) == (0, "verdict: applied")
    shown = "\n".join(lines)
    for told in (request["request_id"], request["decide_by"], request["resource_id"], request["justification"],
                 "1 get_pod_logs openshift-ingress", "2 delete_object openshift-ingress Pod router-default-x2kqp", "PT2H"):
        assert told in shown

    exit_code, lines = finish(asking)
    assert exit_code == 0
    assert [line.split()[:2] for line in lines] == [[request["request_id"], "customer_notified"],
                                                    [request["request_id"], "approved"]]
    granted = system.events.wait_for(lambda record: record.kind == "request.approved"
                                   and record.event["subject"] == request["request_id"], "request.approved").request
    assert (granted["decisions"][0]["comment"], lines[1].split()[2]) == ("Go ahead.", granted["expires_at"])

    access = access_of(ticket)
    exit_code, lines = programs.run("enforcement", access)
    assert exit_code == 0 and lines[0].startswith("allowed: approved until ") and lines[1] == "doing get_pod_logs"
    report = reported(accesses, access)
    assert report.key.decode() == access["engineer_id"]
    assert (report.data["outcome"], report.data["request_id"]) == ("allowed", request["request_id"])
    [row] = recorded(system, access)
    assert (row.outcome, row.request_id, row.covered_by) == ("allowed", request["request_id"], request["request_id"])


def test_again_does_nothing(programs, system, tenant):
    """What a retry would do. The ticket's second run publishes the same bytes, and sees the same answer."""
    ticket = ticket_of(tenant.subscription)
    first = programs.start("ticketing", ticket)
    [record] = wait_until(lambda: created(system, ticket), "the request is there")
    again = programs.start("ticketing", ticket)
    system.caused_by(system.publish("decision.submitted", {"request_id": record.request["request_id"], "decision": "deny",
                                                       "by": tenant.owner.principal}), "decision.judged")
    told = [finish(process) for process in (first, again)]
    assert [exit_code for exit_code, _ in told] == [1, 1]
    assert told[0][1] == told[1][1] and told[0][1][-1].split()[1] == "denied"
    # What comes last on the ticket's key was handled after all of it.
    system.publish("ticket.closed", {"ticket_id": ticket["ticket_id"]})
    late = system.publish("access.requested", {"ticket_id": ticket["ticket_id"], **ticket["asked"]["data"]})
    assert system.caused_by(late, "request.").request["reason"] == "ticket_closed"
    assert len(created(system, ticket)) == 1 and dead(system, ticket["ticket_id"]) == []


def test_each_can_be_run_twice(programs, system):
    """A second run of the portal finds its answer given, one of the enforcement point is a second access."""
    subscription = str(uuid.uuid4())
    ticket, tenant = ticket_of(subscription), tenant_of(subscription)
    access, told = access_of(ticket), []
    for verdict in ("applied", "duplicate"):
        portal = programs.start("portal", tenant)
        assert portal.stdout.readline().strip() == f"Lockbox is on for {subscription}"
        asking = programs.start("ticketing", ticket)
        assert finish(portal, "approve Go ahead.\n")[1][-1] == f"verdict: {verdict}" and portal.returncode == 0
        told.append((finish(asking), programs.run("enforcement", access)))
    assert told[0] == told[1] and [exit_code for exit_code, _ in told[0]] == [0, 0]
    assert len(created(system, ticket)) == 1


def test_access_that_nobody_was_asked_for_is_no_approval(programs, system):
    """Lockbox is not on: access is open, and the program does not say that it was granted."""
    ticket = ticket_of(Tenant(system, lockbox=False).subscription)
    exit_code, [line] = programs.run("ticketing", ticket)
    assert (exit_code, line.split()[1]) == (3, "not_required")


def test_a_subscription_that_nobody_added_is_refused(programs):
    exit_code, [line] = programs.run("ticketing", ticket_of(str(uuid.uuid4())))
    assert (exit_code, line.split()[1:]) == (1, ["refused", "subscription_unknown"])


def test_a_refusal_is_told(programs, tenant):
    ticket = ticket_of(tenant.subscription)
    ticket["asked"]["data"]["justification"] = " "
    exit_code, [line] = programs.run("ticketing", ticket)
    assert (exit_code, line.split()[1:]) == (1, ["refused", "justification_missing"])


def test_a_dead_letter_is_told(programs, tenant):
    ticket = ticket_of(tenant.subscription)
    ticket["asked"]["data"]["actions"] = []
    exit_code, [line] = programs.run("ticketing", ticket)
    assert (exit_code, line) == (2, "dead letter: /data/actions: empty")


def test_a_tenant_s_refusal_is_told(programs, tenant):
    exit_code, [line] = programs.run("portal", tenant_of(tenant.subscription))
    assert (exit_code, line) == (1, "refused: subscription_added subscription_of_another_tenant")


def test_a_tenant_s_dead_letter_is_told(programs):
    tenant = tenant_of(str(uuid.uuid4()))
    tenant["approver"]["id"] = ""
    exit_code, [line] = programs.run("portal", tenant)
    assert (exit_code, line) == (2, "dead letter: /data/principal/id: empty")


@pytest.mark.parametrize("broken", [False, True], ids=["no-grant", "no-answer"])
def test_what_is_not_allowed_is_blocked_and_reported(programs, tenant, accesses, broken):
    access = access_of(ticket_of(tenant.subscription))
    settings = {"LOCKBOX_ENFORCER_URL": "postgresql://lockbox_enforcer@127.0.0.1:1/lockbox"} if broken else {}
    exit_code, lines = programs.run("enforcement", access, **settings)
    assert exit_code == 1 and len(lines) == 1 and lines[0].startswith("blocked: " + ("no answer" if broken else "no_grant"))
    assert reported(accesses, access).data["outcome"] == "blocked"

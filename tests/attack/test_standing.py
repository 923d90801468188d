"""What the customer had set when a request came. Whoever has the requester's login writes it otherwise, and the relay's tells it otherwise:
then more is opened than the customer said, and the audit store names it. All of it is done first, for each record is judged some seconds later."""
import copy
import uuid
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.forging import BREACHES, Forger, await_judge
from support.scenario import LOGS, Person, Tenant
from support.signing import digest_of

DNS = {"action": "get_pod_logs", "namespace": "openshift-dns"}
PODS = {"action": "list_or_get_objects", "namespace": "openshift-etcd", "kind": "Pod"}
ATTACKS = {}
CAUSE, VOTES, SIGNATURE, CONSENT = ("state_without_cause: ", "approved_without_votes: ", "signature_missing: ", "consent_changed: ")
NONE = "what it names as its cause is on no topic of input"
OTHERWISE = CAUSE + "it is told otherwise than the tenant said it"


def attack(act):
    """It yields records, and what the audit store is to say of each."""
    ATTACKS[act.__name__.replace("_", " ")] = act
    return act


def at(hours: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def rewrite(hands, tenant: Tenant, policy: dict | None = None, enabled: bool = True) -> None:
    """The requester's login writes what the customer is to have said."""
    statement = "UPDATE subscription SET lockbox_enabled = %(enabled)s, snapshot = (snapshot::jsonb || %(more)s)::json WHERE subscription_id = %(id)s"
    more = {"lockbox_enabled": enabled, **({} if policy is None else {"policy": policy})}
    assert hands.attacker.tries("lockbox_requester", statement, enabled=enabled, more=Jsonb(more), id=tenant.subscription) == ""


def made(request: dict, **changed) -> dict:
    """Another request, whose digest is its own."""
    it = {**copy.deepcopy(request), "request_id": f"01a20c7f-7fd6-7f7e-b0e5-{uuid.uuid4().hex[:12]}", "version": 0, **changed}
    return {**it, "digest": digest_of(it)}


def emergency(tenant: Tenant):
    ticket = tenant.ticket()
    declared = ticket.publish("access.emergency_declared", **ticket.wish(incident_id="INC-1", authorized_by=Person.new("ada").principal))
    return tenant.system.caused_by(declared, "request.")


def set_policy(tenant: Tenant, **policy):
    changed = tenant.change("policy_set", by=tenant.admin.principal, **policy)
    assert changed.kind == "tenant.changed"
    return changed


# ---- the requester's login ----

@attack
def nobody_is_asked_though_lockbox_is_on(hands):
    own = Tenant(hands.system)
    rewrite(hands, own, enabled=False)
    request = own.request()
    assert request.kinds == ["not_required"] and request.check().allowed
    yield request.first, CAUSE + "Lockbox is on for the subscription"


@attack
def a_policy_that_approves_more_beforehand(hands):
    """One that there is approves something else."""
    own = Tenant(hands.system)
    set_policy(own, auto_approve=[DNS])
    yield own.request(actions=[DNS]).event("approved"), ""
    rewrite(hands, own, {"auto_approve": [DNS, LOGS]})
    request = own.request()
    yield request.event("approved"), VOTES + "the policy approves not all of it beforehand"
    assert request.check().allowed


@attack
def a_policy_that_is_over(hands):
    own = Tenant(hands.system)
    set_policy(own, auto_approve=[LOGS])
    set_policy(own)
    request = own.request()
    yield request.first, ""
    yield hands.forger.step(request.now, "approved", request.first.cause, state="approved", starts_at=request.now["created_at"], expires_at=at(1), decisions=[
        {"by": {"id": "policy"}, "decision": "approve", "at": at(0)}]), VOTES + "the policy approves not all of it beforehand"


@attack
def a_policy_that_asks_less(hands):
    """Each of its members by itself, also where the whole policy was set anew meanwhile."""
    for customer, words in (({"approvals_needed": 2}, CAUSE + "1 approvals are asked for, where the policy asks for 2"),
                            ({"signed_decisions": True}, SIGNATURE + "unsigned decisions count, where the policy takes none"),
                            ({"max_duration": "PT1H"}, CAUSE + "it is for longer than the policy allows"),
                            ({"exact_changes": True}, CAUSE + "item 2 has no content, where the policy asks for it"),
                            ({"forbid": [{"kind": "*.apps"}]}, CAUSE + "item 2 is one that the policy forbids"),
                            ({"forbid": [{"namespace": "openshift-dns"}, {"action": "get_pod_logs", "namespace": "openshift-ingress"}]},
                             CAUSE + "item 1 is one that the policy forbids")):
        own = Tenant(hands.system)
        own.sign_decisions(own.owner, **customer) if "signed_decisions" in customer else set_policy(own, **customer)
        rewrite(hands, own, {})
        request = own.request(duration="PT2H", actions=[LOGS, {"action": "update_object", "namespace": "shop", "kind": "Deployment.apps", "name": "a"}])
        assert request.kinds == ["created"]
        yield request.first, words


@attack
def an_emergency_where_the_customer_has_none(hands):
    own = Tenant(hands.system)
    set_policy(own, emergency="never")
    rewrite(hands, own, {})
    first = emergency(own)
    assert first.kind == "request.emergency_started"
    yield first, CAUSE + "the policy has no emergencies"


@attack
def an_approver_who_is_none_any_more(hands):
    own = Tenant(hands.system)
    for change in ("role_assigned", "role_removed"):
        assert own.change(change, principal=own.approver.principal, role="owner").kind == "tenant.changed"
    yield own.request().first, ""  # an approver still, by another role
    assert own.change("role_removed", principal=own.approver.principal, role="lockbox_approver").kind == "tenant.changed"
    yield own.request().first, ""
    give = ("INSERT INTO role_assignment (tenant_id, subscription_id, role, principal_id, email, name, assigned_at)"
            " VALUES (%(tenant)s, %(subscription)s, 'owner', %(who)s, %(email)s, '', clock_timestamp())")
    assert hands.attacker.tries("lockbox_requester", give, tenant=own.id, subscription=own.subscription, who=own.approver.id, email=own.approver.email) == ""
    yield own.request().first, CAUSE + f"nobody made {own.approver.id} an approver"


# ---- a request that the requester's login makes ----

@attack
def an_emergency_that_nobody_declared(hands):
    wish = hands.tenant.request().first
    yield hands.forger.step(made(wish.request), "emergency_started", wish.cause, state="emergency", starts_at=wish.request["created_at"], expires_at=at(1),
                            authorized_by=Person.new("ada").principal, incident_id="INC-1", acknowledge_by=at(24)), CAUSE + "nobody declared this emergency"


@attack
def one_wish_makes_one_request(hands):
    """A month later it would open the same again, where nobody is asked."""
    first = emergency(hands.tenant)
    yield hands.forger.step(made(first.request), "emergency_started", first.cause), CAUSE + "its cause made another request"


@attack
def a_request_for_something_else(hands):
    for changed in ({"actions": [{**PODS, "number": 1, "kept": True}]}, {"duration": "PT7H"}, {"starts_at": at(100)}, {"justification": "Because."}):
        wish = hands.tenant.request(duration="PT1H").first
        yield hands.forger.step(made(wish.request, **changed), "created", wish.cause), CAUSE + "it asks for something else than its cause"


@attack
def a_request_of_a_wish_that_asks_for_nothing(hands):
    """No worker takes it for a wish."""
    request = hands.tenant.request()
    ticket = request.ticket
    wish = ticket.publish("access.requested", **ticket.wish(actions=None))
    yield hands.forger.step(made(request.now, created_at=at(0)), "created", wish), CAUSE + "it asks for something else than its cause"


@attack
def a_request_of_an_earlier_time(hands):
    """When the customer had set less."""
    own = Tenant(hands.system)
    wish = own.request().first
    yield hands.forger.step(made(wish.request, created_at=at(-24)), "created", wish.cause), CAUSE + "it is made before its cause came"


# ---- access that is told ----

@attack
def an_item_that_its_approver_left_out(hands):
    request = hands.tenant.request(actions=[LOGS, PODS])
    decision = request.submit("approve", actions=[1])
    assert request.judged(decision).data["verdict"] == "applied"
    honest = request.event("approved").request
    yield hands.forger.step({**honest, "version": 1, "state": "customer_notified", "actions": request.first.request["actions"]}, "approved", decision,
                            state="approved"), VOTES + "an approver left out item 2"
    request = hands.tenant.request(actions=[LOGS, PODS])
    decision = request.submit("approve", actions=[1])
    assert request.judged(decision).data["verdict"] == "applied"
    yield hands.forger.step({**request.event("approved").request, "actions": request.first.request["actions"]}, "revoked", decision, state="revoked",
                            ended_at=at(0)), CONSENT + "an item that was left out is there again"


@attack
def longer_than_was_agreed(hands):
    """Than its approver said, and than was asked for; and from before it was asked for."""
    for starts, hours, words in ((0, 1.5, VOTES + "it is for longer than an approver agreed to"), (0, 3, CONSENT + "access lasts longer than was asked for"),
                                 (-24, 1, CONSENT + "access begins before it was asked for")):
        request = hands.tenant.request(duration="PT2H")
        decision = request.submit("approve", duration="PT1H")
        assert request.judged(decision).data["verdict"] == "applied"
        honest = request.event("approved").request
        begin = datetime.fromisoformat(honest["starts_at"]) + timedelta(hours=starts)
        begin, end = (it.isoformat().replace("+00:00", "Z") for it in (begin, begin + timedelta(hours=hours)))
        yield hands.forger.step({**honest, "version": 1, "state": "customer_notified"}, "approved", decision, state="approved",
                                starts_at=begin, expires_at=end), words


@attack
def access_without_a_beginning_or_a_length(hands):
    request = hands.tenant.request(duration="PT2H")
    decision = request.submit("approve", duration="PT1H")
    assert request.judged(decision).data["verdict"] == "applied"
    honest = {**request.event("approved").request, "version": 1, "state": "customer_notified"}
    del honest["starts_at"]
    yield hands.forger.step(honest, "approved", decision, state="approved", expires_at=at(9000)), CONSENT + "access lasts longer than was asked for"
    first = emergency(hands.tenant)
    endless = made(first.request, expires_at=at(9000))
    del endless["duration"]
    yield hands.forger.step(endless, "emergency_started", first.cause), CONSENT + "access lasts longer than was asked for"


@attack
def access_that_nothing_opened(hands):
    """What time does needs no cause, and tells access all the same; the same in a first version; and an approval of what was denied."""
    request = hands.tenant.request()
    opened = {"starts_at": at(0.001), "expires_at": at(1), "state": "completed", "ended_at": at(1)}
    yield hands.forger.step(request.now, "completed", **opened), CAUSE + "access that nothing opened"
    yield hands.forger.step(made(request.now, created_at=at(0)), "completed", **opened), CAUSE + NONE
    assert request.decide("deny") == "applied"
    late = request.submit("approve")
    assert request.judged(late).data["verdict"] != "applied"
    yield hands.forger.step(request.event("denied").request, "approved", late, state="approved", starts_at=at(0.001), expires_at=at(0.5)), \
        CAUSE + "what is approved waited no more"


# ---- changes that are told ----

@attack
def a_policy_told_as_another(hands):
    own = Tenant(hands.system)
    own.sign_decisions(own.owner, own.approver, approvals_needed=2, emergency="never", forbid=[DNS])
    [honest] = own.system.events.where(lambda it: it.kind == "tenant.changed" and it.event["subject"] == own.id and it.data["change"] == "policy_set")
    for changed in ({"auto_approve": [LOGS]}, {"signed_decisions": False}, {"approvals_needed": 1}, {"emergency": "allowed"}, {"forbid": []}):
        yield hands.forger.event("tenant.changed", own.id, {**honest.data, **changed, "at": at(0)}, honest.cause), OTHERWISE


@attack
def a_change_told_again(hands):
    """An old policy would be in force once more."""
    own = Tenant(hands.system)
    weak = set_policy(own, auto_approve=[LOGS])
    yield set_policy(own), ""
    yield hands.forger.event("tenant.changed", own.id, {**weak.data, "at": at(0)}, weak.cause), CAUSE + "its cause was told before"


@attack
def a_role_told_as_another(hands):
    own = Tenant(hands.system)
    honest = own.change("role_assigned", principal=Person.new("olga").principal, role="lockbox_approver")
    for changed in ({"role": "owner"}, {"subscription_id": str(uuid.uuid4())}):
        yield hands.forger.event("tenant.changed", own.id, {**honest.data, **changed, "at": at(0)}, honest.cause), OTHERWISE


@attack
def a_key_told_as_another(hands):
    own = Tenant(hands.system)
    own.sign_decisions(own.owner)
    [honest] = own.system.events.where(lambda it: it.kind == "tenant.changed" and it.event["subject"] == own.id and it.data.get("principal_id") == own.owner.id)
    for changed in ({"principal_id": own.admin.id}, {"public_key": {**honest.data["public_key"], "x": "A" * 43}}):
        yield hands.forger.event("tenant.changed", own.id, {**honest.data, **changed, "at": at(0)}, honest.cause), OTHERWISE


@pytest.fixture(scope="module")
def done(attacker, system, tenant):
    hands = SimpleNamespace(attacker=attacker, system=system, tenant=tenant, forger=Forger(system))
    return {name: list(act(hands)) for name, act in ATTACKS.items()}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_named(system, done, name):
    for record, words in done[name]:
        await_judge(system, record)
        said = [f"{row.why}: {row.detail}" for row in system.auditor.rows(BREACHES, *record.place)]
        assert words in said if words else said == [], record.value


@pytest.mark.parametrize("text", ['{"odd": 1e-20000}', '{"data": {"request": {"request_id": "of another"}}}', "no JSON", ""])
def test_what_cannot_be_judged_is_named(system, tenant, text):
    """No worker takes such a record for an event, and nothing in it is access. If one did, it would not go unsaid."""
    judged = ("SELECT b.why, b.detail FROM audit.event e, audit.breaches_of(jsonb_populate_record(e, jsonb_build_object('raw', convert_to(%s, 'UTF8')))) AS b"
              ' WHERE e.topic = %s AND e."partition" = %s AND e."offset" = %s')
    first = tenant.request().first
    await_judge(system, first)
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]) as owner:
        assert owner.execute(judged, (text, *first.place)).fetchall() == [("state_without_cause", "it cannot be judged")]

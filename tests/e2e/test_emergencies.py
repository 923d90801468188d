"""Break-glass: when an emergency is allowed, who must have authorized it, and who acknowledges it. A stack of its own, that
keeps authorizers' keys and asks to acknowledge soon."""
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.group import stack_of
from support.scenario import LOGS, Person, Request, Tenant, new_engineer
from support.signing import jwk, jws
from support.system import System

PARTS = ("kafka", "postgres", "schema", "requester", "decider", "expirer", "relay")
ACKNOWLEDGE_SECONDS = 4
MANAGER = Person.new("vera", "microsoft.example")
KEY = Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def ours(request, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "authorizers.json"
    keys.write_text(json.dumps({"keys": [{"kid": MANAGER.id, "use": "sig", **jwk(KEY)},
                                         {"kid": "another", **jwk(Ed25519PrivateKey.generate())}]}))
    with stack_of(request, tmp_path_factory, *PARTS, LOCKBOX_AUTHORIZER_KEYS_FILE=str(keys),
                  LOCKBOX_ACKNOWLEDGE_TTL=f"PT{ACKNOWLEDGE_SECONDS}S") as stack:
        system = System(stack)
        yield system
        complaints, crashed = system.events.complaints, stack.crashed()
        system.close()
    assert complaints == [] and crashed == []


@pytest.fixture
def tenant(ours):
    return Tenant(ours)


def signed(wish: dict, key: Ed25519PrivateKey = KEY, **other) -> str:
    payload = {name: wish[name] for name in ("ticket_id", "engineer_id", "resource_id", "incident_id", "actions")}
    payload = {**payload, "iat": int(time.time()), **other}
    return jws(key, **{name: it for name, it in payload.items() if it is not None})


def declare(ticket, authorization=signed, authorized_by: Person = MANAGER, **wish) -> Request:
    """authorization: makes one of the wish, or is one."""
    wish = ticket.wish(incident_id="INC-1", authorized_by=authorized_by.principal, **wish)
    wish["authorization"] = authorization(wish) if callable(authorization) else authorization
    wish = {name: it for name, it in wish.items() if it is not None}
    event_id = ticket.publish("access.emergency_declared", **wish)
    return Request(ticket, wish, ticket.system.caused_by(event_id, "request."))


def reason(request: Request) -> str | None:
    """Why it is refused; None: access is open."""
    is_open = request.first.kind == "request.emergency_started"
    assert not is_open or request.check().allowed
    return None if is_open else request.first.request["reason"]


def test_it_opens_access_at_once(tenant):
    request = declare(tenant.ticket())
    assert reason(request) is None
    assert (request.first.kind, request.first.request["state"]) == ("request.emergency_started", "emergency")


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_an_authorization_is_for_one_emergency_and_this_one(ours, mode):
    tenant = Tenant(ours, mode=mode)
    ticket = tenant.ticket()
    for what, authorization in {
            "missing": None, "nothing": "", "no signature": lambda wish: signed(wish).rpartition(".")[0],
            "another's": lambda wish: signed(wish, Ed25519PrivateKey.generate()),
            "of another engineer": lambda wish: signed(wish, engineer_id="eve"),
            "of another ticket": lambda wish: signed(wish, ticket_id="1"),
            "of another cluster": lambda wish: signed(wish, resource_id=wish["resource_id"] + "-2"),
            "of another incident": lambda wish: signed(wish, incident_id="INC-2"),
            "of other actions": lambda wish: signed(wish, actions=[{**LOGS, "namespace": "openshift-etcd"}]),
            "of no actions": lambda wish: signed(wish, actions=None), "of more": lambda wish: signed(wish, more=1),
            "old": lambda wish: signed(wish, iat=int(time.time()) - 1000), "of tomorrow": lambda wish: signed(wish, iat=int(time.time()) + 300),
            "without time": lambda wish: signed(wish, iat=None)}.items():
        refused = declare(ticket, authorization)
        assert reason(refused) == "authorizer_unproved", what
        assert not refused.check().allowed
    good = signed(ticket.wish(incident_id="INC-1"))
    assert reason(declare(ticket, good)) is None
    assert reason(declare(ticket, good)) == "authorizer_unproved"
    assert reason(declare(ticket, lambda wish: signed(wish, iat=int(time.time()) - 100))) is None


def test_nobody_authorizes_under_another_name(tenant):
    ticket = tenant.ticket()
    assert reason(declare(ticket, authorized_by=new_engineer())) == "authorizer_unproved"
    assert reason(declare(ticket, authorized_by=ticket.engineer)) == "authorizer_is_engineer"
    assert reason(declare(ticket, authorized_by=Person("other", ticket.engineer.email.upper(), ""))) == "authorizer_is_engineer"


def test_a_policy_forbids_them(tenant):
    ticket = tenant.ticket()
    assert tenant.change("policy_set", by=tenant.admin.principal, emergency="never").kind == "tenant.changed"
    assert reason(declare(ticket, None, authorized_by=ticket.engineer)) == "emergency_not_allowed"
    assert tenant.change("policy_set", by=tenant.admin.principal, emergency="allowed").kind == "tenant.changed"
    assert reason(declare(ticket)) is None


def test_there_are_three_a_day(tenant):
    for _ in range(3):
        assert reason(declare(tenant.ticket())) is None
    assert reason(declare(tenant.ticket())) == "emergency_not_allowed"


def test_none_after_a_revoked_one_of_the_ticket(tenant):
    ticket = tenant.ticket()
    request = declare(ticket)
    assert request.decide("revoke") == "applied"
    assert reason(declare(ticket)) == "emergency_not_allowed"
    assert reason(declare(tenant.ticket())) is None


def test_none_while_an_earlier_one_is_unacknowledged_past_its_deadline(tenant):
    request = declare(tenant.ticket())
    request.event("unacknowledged", seconds=ACKNOWLEDGE_SECONDS + 20)
    assert reason(declare(tenant.ticket())) == "emergency_not_allowed"
    assert request.decide("acknowledge") == "applied"  # late, too
    acknowledged = request.event("acknowledged").request
    assert acknowledged["unacknowledged"] is True and acknowledged["acknowledged_at"] > acknowledged["acknowledge_by"]
    assert request.decide("acknowledge", by=tenant.approver) == "duplicate"
    assert reason(declare(tenant.ticket())) is None


def test_the_engineer_never_acknowledges_their_own(tenant):
    engineer = Person.new("erin", "microsoft.example", "microsoft")
    assert tenant.change("role_assigned", principal=engineer.principal, role="owner").kind == "tenant.changed"
    ticket = tenant.ticket()
    ticket.escalate(engineer)
    request = declare(ticket, engineer_id=engineer.id)
    assert reason(request) is None
    assert request.decide("acknowledge", by=engineer) == "self_approval"
    assert request.decide("acknowledge") == "applied"


def test_one_in_the_batch_of_its_ticket_counts_those_before(tenant):
    """A ticket that is opened with its emergency brings no new day."""
    for _ in range(3):
        assert reason(declare(tenant.ticket())) is None
    tenant.system.stack.down("requester")
    ticket = tenant.ticket()
    wish = ticket.wish(incident_id="INC-1", authorized_by=MANAGER.principal)
    event_id = ticket.publish("access.emergency_declared", **wish, authorization=signed(wish))
    tenant.system.stack.up("requester")
    assert tenant.system.caused_by(event_id, "request.").request["reason"] == "emergency_not_allowed"

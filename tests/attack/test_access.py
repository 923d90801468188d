"""Access is opened for a request that was approved, needs no approval or is an emergency: for its items and its time."""
from datetime import datetime, timedelta, timezone

import pytest

from attacker import SECOND, STEP, UNDONE, VOTED, approved
from support.scenario import LOGS, Person

ITEM = ("INSERT INTO access_item (request_id, number, engineer_id, resource_id, action, namespace, kind, name, starts_at,"
        " expires_at, basis) VALUES ({request}, 1, %(engineer)s, lower(%(resource)s), 'get_pod_logs', %(namespace)s, NULL, NULL,"
        " {starts}, {ends}, {basis})")
NOW = "clock_timestamp()"
OPENERS = ("lockbox_requester", "lockbox_decider", "lockbox_worker")


def open_item(attacker, login, request, starts=NOW, ends=f"{NOW} + interval '1 hour'", basis="'approved'", namespace="openshift-ingress",
              of="%(id)s", before=(), after=(), who=""):
    return attacker.tries(login, *before, ITEM.format(request=of, starts=starts, ends=ends, basis=basis), *after, id=request.id, who=who,
                          engineer=request.wish["engineer_id"], resource=request.wish["resource_id"], namespace=namespace)


@pytest.mark.parametrize("login", OPENERS)
@pytest.mark.parametrize("basis", ["approved", "emergency", "not_required"])
def test_access_without_a_request(attacker, tenant, login, basis):
    request = tenant.request()
    request.decide("deny")
    for starts, ends in (("'1999-01-01'", "'9000-01-01'"), ("'-infinity'", "'infinity'"), (NOW, f"{NOW} + interval '1 hour'")):
        for of in ("gen_random_uuid()", "%(id)s"):
            open_item(attacker, login, request, starts, ends, f"'{basis}'", of=of)
            assert not request.check().allowed


@pytest.mark.parametrize("login", OPENERS)
def test_access_to_what_was_not_asked_for(attacker, tenant, login):
    """Every item of an approved request is open already: a second one needs a number that the request has not."""
    request = tenant.request()
    request.approve()
    other = {**LOGS, "namespace": "openshift-etcd"}
    attacker.tries(login, ITEM.replace(" 1,", " 2,").format(request="%(id)s", starts=NOW, ends=f"{NOW} + interval '1 hour'", basis="'approved'"),
                   id=request.id, engineer=request.wish["engineer_id"], resource=request.wish["resource_id"], namespace="openshift-etcd")
    assert not request.check(other).allowed


@pytest.mark.parametrize("until, refused", [("'9000-01-01'", "23514"), ("'infinity'", "23514"), ("now() + interval '9 hours'", "23514"),
                                            ("now() + interval '61 minutes'", "23514"), ("now() + interval '1 hour'", "")])
def test_access_for_longer_than_was_asked_for(attacker, tenant, until, refused):
    """The decider's login, with a vote of its own making: what it opens ends when the wish said."""
    request = tenant.request(duration="PT1H")
    assert attacker.tries("lockbox_decider", VOTED, approved(until), UNDONE, id=request.id, who=tenant.owner.id) == refused
    assert open_item(attacker, "lockbox_decider", request, starts="now()", ends=until, who=tenant.owner.id,
                     before=(VOTED, approved()), after=(UNDONE,)) == refused


def test_access_from_before_it_was_asked_for(attacker, tenant):
    """By a step of its own for each: first the end, and then the beginning."""
    begin = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)
    request = tenant.request(duration="PT1H", starts_at=f"{begin:%Y-%m-%dT%H:%M:%SZ}")
    ends = f"timestamptz '{begin}' + interval '1 hour'"
    recorded = (f"UPDATE request SET {STEP}, expires_at = {ends}, standing = {SECOND} || ',\"expires_at\":\"' || ({ends}) || '\"'"
                " WHERE request_id = %(id)s")
    begun = (f"UPDATE request SET state = 'approved', {STEP}, starts_at = now(), due_at = expires_at, standing = replace(replace(standing,"
             " '\"version\":2', '\"version\":3'), 'customer_notified', 'approved'), particulars = regexp_replace(particulars, '^\"starts_at\":\"[^\"]*\"',"
             " '\"starts_at\":' || to_json(now())) WHERE request_id = %(id)s")
    who = {"id": request.id, "who": tenant.owner.id}
    assert attacker.tries("lockbox_decider", recorded, UNDONE, **who) == ""
    assert attacker.tries("lockbox_decider", VOTED, recorded, begun.replace("now()", "starts_at"), UNDONE, **who) == ""
    assert open_item(attacker, "lockbox_decider", request, starts="now()", ends=ends, who=tenant.owner.id, before=(VOTED, recorded, begun),
                     after=(UNDONE,)) == "23514"


SECOND_OF_AN_EMERGENCY = "replace(standing, '\"version\":1', '\"version\":2')"


def test_an_emergency_that_nobody_acknowledged(attacker, tenant):
    """Nor is it out of sight of what ends it: its ticket's end."""
    ticket = tenant.ticket()
    declared = ticket.publish("access.emergency_declared", **ticket.wish(incident_id="INC-1", authorized_by=Person.new("ada").principal))
    request_id = tenant.system.caused_by(declared, "request.emergency_started").request["request_id"]
    step = f"UPDATE request SET {STEP}, standing = {{}} WHERE request_id = %(id)s"
    for login in ("lockbox_expirer", "lockbox_requester"):
        for written, refused in (("{} || ',\"acknowledged_at\":\"2026-12-01T00:00:00Z\"'", "23514"),
                                 ("regexp_replace({}, ',\"acknowledge_by\":\"[^\"]*\"', '')", "23514"),
                                 ("regexp_replace({}, '\"acknowledge_by\":\"20', '\"acknowledge_by\":\"29')", "23514"),
                                 ("{}, due_at = NULL", "23514"), ("{}, due_at = 'infinity'", "23514"), ("{} || ',\"unacknowledged\":true'", "")):
            assert attacker.tries(login, step.format(written.format(SECOND_OF_AN_EMERGENCY)), UNDONE, id=request_id) == refused, (login, written)


def test_a_bound_that_the_owner_alone_writes(attacker, system):
    for login in ("lockbox_requester", "lockbox_decider", "lockbox_expirer", "lockbox_worker"):
        assert attacker.tries(login, "UPDATE operator_bound SET grant_ttl_max = interval '10 years'") == "42501"
    assert system.lockbox.value("SELECT grant_ttl_max::text FROM lockbox.operator_bound") == "08:00:00"


STATES = ("customer_notified", "approved", "emergency", "denied", "expired", "cancelled", "completed", "revoked", "refused", "not_required")
MOVE = (f"UPDATE request SET state = '{{to}}', {STEP}, due_at = NULL, standing = regexp_replace(regexp_replace(standing,"
        " '\"state\":\"[a-z_]*\"', '\"state\":\"{to}\"'), '\"version\":[0-9]*', '\"version\":' || version + 1) WHERE request_id = %(id)s")


@pytest.mark.parametrize("to", STATES)
def test_a_denied_request_stays_denied(attacker, system, tenant, to):
    request = tenant.request()
    request.decide("deny")
    for login in ("lockbox_expirer", "lockbox_requester", "lockbox_decider"):
        assert attacker.tries(login, MOVE.format(to=to), id=request.id) in ("23514", "42501"), login
    assert system.lockbox.value("SELECT state FROM lockbox.request WHERE request_id = %s", request.id) == "denied"


def test_the_expirer_opens_no_emergency(attacker, system, tenant):
    request = tenant.request()
    assert attacker.tries("lockbox_expirer", MOVE.format(to="emergency"), id=request.id) == "23514"


NOT_REQUIRED = ("INSERT INTO request (request_id, state, version, tenant_id, subscription_id, ticket_id, engineer_id, resource_id, created_at,"
                " starts_at, expires_at, standing, consent, particulars)"
                " SELECT gen_random_uuid(), 'not_required', 1, tenant_id, subscription_id, ticket_id, engineer_id, resource_id, created_at,"
                " clock_timestamp(), clock_timestamp() + interval '1 hour', '', consent, particulars FROM request WHERE request_id = %(id)s")


def test_not_required_where_lockbox_is_on(attacker, tenant):
    """Also with a row that is right but for that."""
    request = tenant.request()
    right = NOT_REQUIRED.replace("SELECT gen_random_uuid()", "SELECT it.id").replace(
        "'', consent", "'\"request_id\":\"' || it.id || '\",\"state\":\"not_required\",\"version\":1', consent").replace(
        "FROM request", "FROM request, (SELECT gen_random_uuid() AS id) AS it")
    for statement in (NOT_REQUIRED, right):
        assert attacker.tries("lockbox_requester", statement, id=request.id) == "23514"


def test_approved_beforehand_where_no_policy_says_so(attacker, tenant):
    request = tenant.request()
    statement = NOT_REQUIRED.replace("SELECT gen_random_uuid()", "SELECT it.id").replace(
        "'', consent", "'\"request_id\":\"' || it.id || '\",\"state\":\"approved\",\"version\":2', consent").replace(
        "FROM request", "FROM request, (SELECT gen_random_uuid() AS id) AS it").replace("'not_required', 1", "'approved', 2")
    assert attacker.tries("lockbox_requester", statement, id=request.id) == "23514"

"""An outbox row's columns are what its payload says, and what the row that it tells of says."""
import json
import uuid

import psycopg
import pytest

from attacker import UNDONE
from support.outbox import INSERT, payload, row
from support.scenario import Tenant
from support.waiting import wait_until

WORKERS = {"lockbox_requester": "lockbox.request.created.v1", "lockbox_decider": "lockbox.request.denied.v1",
           "lockbox_expirer": "lockbox.request.expired.v1", "lockbox_notifier": "lockbox.notification.sent.v1"}


def publish(attacker, login: str, type_: str, subject: str, text: str) -> str:
    return attacker.tries(login, INSERT, **row(type_, subject, text))


@pytest.mark.parametrize("login", WORKERS)
@pytest.mark.parametrize("text", ["{}", "", "null", "[]", '{"specversion":"1.0"}', "no JSON"])
def test_a_payload_that_is_no_event(attacker, system, tenant, login, text):
    request = tenant.request()
    assert publish(attacker, login, WORKERS[login], request.id, text) == "23514"


@pytest.mark.parametrize("login", WORKERS)
@pytest.mark.parametrize("type_", ["lockbox.request.approved.v1", "lockbox.decision.judged.v1", "lockbox.tenant.changed.v1",
                                   "lockbox.quarantine.discarded.v1", "lockbox.notification.failed.v1"])
def test_an_event_of_another_in_the_payload(attacker, tenant, login, type_):
    request = tenant.request()
    if type_.split(".")[1] == WORKERS[login].split(".")[1] == "notification":
        return
    text = payload(type_, request.id, {"request": request.now}, 2)
    assert publish(attacker, login, WORKERS[login], request.id, text) == "23514"


@pytest.mark.parametrize("member, value", [("id", "0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c53"), ("subject", "another"), ("type", "lockbox.request.created.v1")])
def test_a_payload_about_something_else(attacker, tenant, member, value):
    request = tenant.request()
    right = json.loads(payload("lockbox.request.denied.v1", request.id, {"request": request.now}, 2))
    for text in (json.dumps({**right, member: value}, separators=(",", ":")),
                 json.dumps(right, separators=(",", ":"))[:-1] + f',"{member}":"{value}"}}'):
        assert publish(attacker, "lockbox_decider", "lockbox.request.denied.v1", request.id, text) == "23514"


@pytest.mark.parametrize("version", [2, 3, 9 * 10 ** 18])
def test_a_version_that_the_request_has_not(attacker, tenant, version):
    request = tenant.request()
    text = payload("lockbox.request.denied.v1", request.id, {"previous_state": "customer_notified", "request": request.now}, version)
    assert publish(attacker, "lockbox_decider", "lockbox.request.denied.v1", request.id, text) == "23514"


def test_an_approval_for_ten_years(attacker, system):
    """A vote and a step that the database takes, told as something else."""
    tenant = Tenant(system)
    request = tenant.request(duration="PT1H")
    vote = f"INSERT INTO vote (request_id, principal_id, decision) VALUES (%(id)s, '{tenant.owner.id}', 'approve')"
    deny = ("UPDATE request SET state = 'denied', version = 2, version_before = 1, due_at = NULL, standing = replace(replace(standing,"
            " 'customer_notified', 'denied'), '\"version\":1', '\"version\":2') WHERE request_id = %(id)s")
    told = {**request.now, "state": "approved", "version": 2, "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2036-01-01T00:00:00Z"}
    text = payload("lockbox.request.approved.v1", request.id, {"previous_state": "customer_notified", "request": told}, 2)
    for type_ in ("lockbox.request.approved.v1", "lockbox.request.denied.v1"):
        told_as = text.replace("lockbox.request.approved.v1", type_)
        assert attacker.tries("lockbox_decider", vote, deny, INSERT, id=request.id, **row(type_, request.id, told_as)) == "23514"


def test_a_step_that_leaves_versions_out(attacker, tenant):
    request = tenant.request()
    assert attacker.tries("lockbox_expirer", "UPDATE request SET version = 9, version_before = 8, standing = replace(standing,"
                          " '\"version\":1', '\"version\":9') WHERE request_id = %(id)s", id=request.id) == "23514"


def test_a_request_whose_text_is_none(attacker, tenant):
    """No items can be kept of what asks for none: then no text is the row's, and not any."""
    request = tenant.request()
    made = ("INSERT INTO request (request_id, state, version, ticket_id, engineer_id, resource_id, created_at, kept, standing, consent, particulars)"
            " VALUES (%(subject)s::text::uuid, 'customer_notified', 1, 't', 'e', 'r', now(), {}, '\"request_id\":\"' || %(subject)s::text || '\",\"state\":\"customer_notified\","
            "\"version\":1', '', '\"decisions\":[]')")
    other = str(uuid.uuid4())
    text = payload("lockbox.request.created.v1", other, {"request": {**request.now, "request_id": other}}, 1)
    for kept in ("NULL", "'{1}'"):
        assert attacker.tries("lockbox_requester", made.format(kept), INSERT, UNDONE, **row("lockbox.request.created.v1", other, text)) == "23514"


@pytest.mark.parametrize("type_", ["emergency_started", "revoked", "created", "denied", "not_required", "acknowledged"])
def test_the_expirer_tells_what_time_does(attacker, tenant, type_):
    request = tenant.request()
    text = payload(f"lockbox.request.{type_}.v1", request.id, {"request": request.now}, 2)
    assert publish(attacker, "lockbox_expirer", f"lockbox.request.{type_}.v1", request.id, text) in ("42501", "23514")


JSON_TYPE = '"datacontenttype":"application/json"'
SMUGGLED = [  # behind what is right
    lambda text: text[:-1] + ',"type":"lockbox.request.approved.v1"}',
    lambda text: text[:-1] + ',"data":{}}',
    lambda text: text.replace('"specversion":"1.0"', '"specversion":"1.0","specversion":"1.0"'),
    lambda text: text.replace('"datacontenttype"', '"causationid":"x","causationid":"y","datacontenttype"'),
    lambda text: text.replace('"change":', '"change":"subscription_added","change":'),
    lambda text: text.replace(JSON_TYPE, JSON_TYPE + ',"causationid":"x","causationid":"y"'),
    lambda text: text.replace(JSON_TYPE, JSON_TYPE + ',"causationid":"x","type":"lockbox.request.approved.v1"'),
    lambda text: text.replace(JSON_TYPE, JSON_TYPE + ',' + JSON_TYPE),
    lambda text: text.replace(JSON_TYPE, JSON_TYPE + ',' + JSON_TYPE + ',"type":"lockbox.request.approved.v1"'),
]


@pytest.mark.parametrize("smuggle", range(len(SMUGGLED)))
def test_a_member_that_stands_twice(attacker, smuggle):
    """One reader takes the first, another one the last."""
    right = payload("lockbox.tenant.changed.v1", "contoso", {"tenant_id": "contoso", "change": "lockbox_enabled"})
    assert publish(attacker, "lockbox_requester", "lockbox.tenant.changed.v1", "contoso", right) == ""
    assert publish(attacker, "lockbox_requester", "lockbox.tenant.changed.v1", "contoso", SMUGGLED[smuggle](right)) == "23514"


@pytest.mark.parametrize("text", [
    lambda right: right[:-1] + "]",
    lambda right: right[:-1],
    lambda right: right.replace(JSON_TYPE, JSON_TYPE + ',"causationid":"a\nb"'),
    lambda right: right.replace(JSON_TYPE, JSON_TYPE + ',"causationid":x"y"'),
    lambda right: right.replace('"source":"', '"source":"\x01'),
    lambda right: right.replace('"source":"', '"source":"\\q'),
])
def test_a_payload_that_nobody_can_read(attacker, text):
    right = payload("lockbox.tenant.changed.v1", "contoso", {"tenant_id": "contoso", "change": "lockbox_enabled"})
    assert publish(attacker, "lockbox_requester", "lockbox.tenant.changed.v1", "contoso", text(right)) == "23514"


def test_a_subject_that_nobody_can_read(attacker):
    for subject in ("con\ntoso", "con\\toso", 'con","id":"toso'):
        text = payload("lockbox.tenant.changed.v1", "contoso", {"tenant_id": "contoso"}).replace('"contoso"', f'"{subject}"')
        assert publish(attacker, "lockbox_requester", "lockbox.tenant.changed.v1", subject, text) == "23514"


def test_a_version_between_that_gives_more_access(attacker, system):
    """Two steps at once: the last is the row's text, and the one before is told with ten years of access."""
    tenant = Tenant(system)
    request = tenant.request(duration="PT1H")
    deny = ("UPDATE request SET state = 'denied', version = 3, version_before = 1, due_at = NULL, standing = replace(replace(standing,"
            " 'customer_notified', 'denied'), '\"version\":1', '\"version\":3') WHERE request_id = %(id)s")
    recorded = {**request.now, "version": 2}
    lie = {**recorded, "state": "approved", "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2036-01-01T00:00:00Z"}
    denied = {**request.now, "version": 3, "state": "denied"}
    two = INSERT + ", (gen_random_uuid(), 'request', %(subject)s, 'lockbox.request.denied.v1', %(second)s)"
    for type_, told in (("approved", lie), ("approval_recorded", {**recorded, "resource_id": "/elsewhere"}),
                        ("approval_recorded", {**recorded, "actions": [{**recorded["actions"][0], "namespace": "openshift-etcd"}]})):
        type_ = f"lockbox.request.{type_}.v1"
        first = payload(type_, request.id, {"previous_state": "customer_notified", "request": told}, 2)
        second = payload("lockbox.request.denied.v1", request.id, {"previous_state": "customer_notified", "request": denied}, 3)
        assert attacker.tries("lockbox_decider", deny, two, id=request.id, second=second, **row(type_, request.id, first)) == "23514"


def test_the_relay_publishes_no_row_that_its_payload_contradicts(system):
    """Whoever owns the database gets past its triggers."""
    stack, tenant = system.stack, Tenant(system)
    request = tenant.request()
    text = payload("lockbox.request.approved.v1", request.id, {"request": request.now}, 2)
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"]) as owner:
        owner.execute("SET session_replication_role = replica")  # no triggers
        owner.execute(INSERT, row("lockbox.tenant.changed.v1", request.id, text))
    wait_until(lambda: "outbox list" in stack.status()["relay"]["reason"], "the relay says that a row waits for an operator")
    [listed] = json.loads(stack.tool("outbox", "list", "-o", "json"))
    assert (listed["key"], listed["type"]) == (request.id, "lockbox.tenant.changed.v1")
    stack.tool("outbox", "drop", listed["id"], "--by", "2c1f,jonas@lockbox.example", "--reason", "not what its payload says")
    stack.await_ready("relay")
    request.approve()
    assert len(system.events.where(lambda record: record.kind == "request.approved" and record.request["request_id"] == request.id)) == 1

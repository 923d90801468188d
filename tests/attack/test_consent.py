"""A signature on X opens X: whoever has a worker's login re-aims, widens and lengthens nothing that consent was given to."""
import copy
import json
import uuid

import psycopg
import pytest

from attacker import SECOND, STEP, UNDONE, VOTED, approved
from support.content import content_of
from support.scenario import LOGS, Person, Tenant
from support.signing import digest_of, jws, signed
from support.waiting import wait_until

LATER = {"action": "list_or_get_objects", "namespace": "openshift-etcd", "kind": "Pod"}
WORKERS = ("lockbox_requester", "lockbox_decider", "lockbox_expirer", "lockbox_worker")


@pytest.fixture(scope="module")
def signing(system):
    """A subscription that takes signed decisions only, and its owner's key."""
    tenant = Tenant(system)
    _, key = tenant.sign_decisions(tenant.owner)
    return tenant, key


@pytest.mark.parametrize("login", WORKERS)
@pytest.mark.parametrize("column", ["standing", "consent", "particulars"])
def test_a_signature_on_one_thing_opens_no_other(attacker, signing, login, column):
    tenant, key = signing
    request = tenant.request(actions=[LOGS])
    signature = signed(key, request, decision="approve")
    attacker.tries(login, f"UPDATE request SET {column} = replace(replace({column}, %(old)s, %(new)s), 'P2', 'P9') WHERE request_id = %(id)s",
                   old='"openshift-ingress"', new='"openshift-etcd"', id=request.id)
    request.decide("approve", signature=signature)
    assert not request.check({**LOGS, "namespace": "openshift-etcd"}).allowed


@pytest.mark.parametrize("login", WORKERS)
def test_what_consent_is_given_to_is_written_once(attacker, tenant, login):
    request = tenant.request()
    assert attacker.tries(login, "UPDATE request SET consent = consent WHERE request_id = %(id)s", id=request.id) == "42501"
    for column in ("tenant_id", "subscription_id", "ticket_id", "engineer_id", "resource_id", "created_at", "decide_by", "reason",
                   "starts_asked"):
        assert attacker.tries(login, f"UPDATE request SET {column} = {column} WHERE request_id = %(id)s", id=request.id) == "42501"
    assert attacker.tries(login, "DELETE FROM request WHERE request_id = %(id)s", id=request.id) == "42501"


SMUGGLED = [
    ("particulars", "particulars || ',\"resource_id\":\"/elsewhere\"'"),
    ("particulars", "particulars || ',\"approvals_needed\":1'"),
    ("particulars", "particulars || ',\"decisions\":[]'"),
    ("standing", f"{SECOND} || ',\"digest\":\"' || repeat('0', 64) || '\"'"),
    ("standing", f"{SECOND} || ',\"state\":\"approved\"'"),
    ("standing", f"replace({SECOND}, '\"customer_notified\"', '\"approved\"')"),
    ("standing", "replace(standing, '\"version\":1', '\"version\":9')"),
    ("standing", f"regexp_replace({SECOND}, '\"decide_by\":\"20', '\"decide_by\":\"29')"),
    ("standing", f"{SECOND} || ',\"acknowledged_at\":\"2026-12-01T00:00:00Z\"'"),
    ("standing", f"{SECOND} || ',\"acknowledge_by\":\"2026-12-01T00:00:00Z\"'"),
    ("particulars", "'\"starts_at\":\"2026-12-01T00:00:00Z\",' || particulars"),
    ("starts_at", "now()"),
    ("due_at", "NULL"),
    ("due_at", "'infinity'"),
    ("kept", "'{1,NULL}'"),
]


@pytest.mark.parametrize("column, text", SMUGGLED)
def test_no_member_is_smuggled_into_what_may_be_written(attacker, tenant, column, text):
    request = tenant.request()
    changes = {"standing": SECOND, column: text}
    step = "UPDATE request SET {}, " + STEP + " WHERE request_id = %(id)s"
    written = ", ".join(f"{name} = {value}" for name, value in changes.items())
    assert attacker.tries("lockbox_decider", step.format(written), id=request.id) == "23514"
    assert attacker.tries("lockbox_decider", step.format(f"standing = {SECOND}, particulars = particulars"), UNDONE, id=request.id) == ""


def test_items_that_an_approver_left_out_stay_out(attacker, system):
    tenant = Tenant(system, owners=1)
    tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)
    request = tenant.request(actions=[LOGS, LATER])
    assert request.decide("approve", actions=[1]) == "recorded"
    for kept, refused in (("NULL", "23514"), ("'{1,2}'", "23514"), ("'{1}'", "")):
        assert attacker.tries("lockbox_decider", f"UPDATE request SET kept = {kept}, {STEP}, standing = replace(standing, '\"version\":2', '\"version\":3')"
                              " WHERE request_id = %(id)s", UNDONE, id=request.id) == refused
    assert request.decide("approve", by=tenant.approver) == "applied"
    assert request.check(LOGS).allowed and not request.check(LATER).allowed
    assert [item["kept"] for item in request.event("approved").request["actions"]] == [True, False]


FEW = {"apiVersion": "shop.example/v1", "kind": "Backup", "metadata": {"name": "nightly"}, "spec": {"a": 1, "approvals_needed": 0}}
THAT_ASKS_FOR_FEW = {"action": "create_object", "kind": "Backup.shop.example", "name": "nightly", "content": content_of(FEW)}


@pytest.mark.parametrize("item", [LOGS, THAT_ASKS_FOR_FEW])
def test_an_approval_without_votes_is_refused(attacker, system, item):
    """The login that approves writes the votes, too; what it cannot is to leave them out, or to vote for too few."""
    tenant = Tenant(system)
    tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)
    request = tenant.request(actions=[item])
    stranger = Person.new("eve")
    for statements, who in (([], ""), ([VOTED], tenant.owner.id), ([VOTED], stranger.id)):
        assert attacker.tries("lockbox_decider", *statements, approved(), id=request.id, who=who) == "23514"
    voted = [VOTED.replace("%(who)s", f"'{it.id}'") for it in (tenant.owner, tenant.approver)]
    assert attacker.tries("lockbox_decider", *voted, approved(), UNDONE, id=request.id) == ""
    for login in ("lockbox_requester", "lockbox_expirer", "lockbox_relay", "lockbox_notifier"):
        assert attacker.tries(login, VOTED, id=request.id, who=tenant.owner.id) == "42501"


def test_a_request_that_is_not_what_its_digest_says(system, tenant):
    """Whoever owns the database writes what they like; the decider applies nothing to it, and says so until it is started again."""
    request = tenant.request()
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as owner:
        owner.execute("SET session_replication_role = replica")  # no triggers
        owner.execute("UPDATE lockbox.request SET consent = replace(consent, 'openshift-ingress', 'openshift-etcd') WHERE request_id = %s",
                      (request.id,))
    assert request.decide("approve") == "conflict"
    assert not request.check().allowed and not request.check({**LOGS, "namespace": "openshift-etcd"}).allowed
    port = int(system.stack.env["LOCKBOX_HTTP_DECIDER"].rpartition(":")[2])
    wait_until(lambda: "not what its digest says" in system.stack.ready(port), "the decider is not ready")
    assert system.stack.metrics("decider")["lockbox_consent_changed_total"] >= 1
    other = tenant.request()
    assert other.decide("approve") == "applied"
    system.stack.kill("decider")
    system.stack.await_ready("decider")


def renumbered(actions: list[dict]) -> None:
    """Both are number 1: who leaves the second out keeps it."""
    actions[1]["number"] = 1


def undigested(actions: list[dict]) -> None:
    """It reads as exactly this change, and would be any."""
    del actions[1]["content"]["digest"]


SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "1"}}
CHANGE = {"action": "update_object", "namespace": "shop", "kind": "ConfigMap", "name": "settings",
          "content": content_of({**SETTINGS, "data": {"a": "2"}}, SETTINGS)}
INSERTED = ("INSERT INTO request (request_id, state, version, tenant_id, subscription_id, ticket_id, engineer_id, resource_id, created_at, decide_by, due_at,"
            " standing, consent, particulars) SELECT %(made)s::uuid, state, version, tenant_id, subscription_id, ticket_id, engineer_id, resource_id, created_at,"
            " decide_by, due_at, replace(standing, %(id)s::text, %(made)s::text), %(consent)s, particulars FROM request WHERE request_id = %(id)s::uuid")


def made_from_another(attacker, system, tenant, change) -> tuple:
    """A request, and one that a requester's login makes of it, with its digest."""
    honest = tenant.request(actions=[LOGS, CHANGE])
    made = copy.deepcopy(honest.first.request) | {"request_id": f"01a20c7f-7fd6-7f7e-b0e5-{uuid.uuid4().hex[:12]}"}
    consent = system.lockbox.value("SELECT consent FROM lockbox.request WHERE request_id = %s", honest.id)
    change(made["actions"])
    consent = consent.replace(json_of(honest.first.request["actions"]), json_of(made["actions"])).replace(made["digest"], digest_of(made))
    assert attacker.tries("lockbox_requester", INSERTED, id=honest.id, made=made["request_id"], consent=consent) == ""
    return honest, made


@pytest.mark.parametrize("change, kept", [(renumbered, [1]), (undigested, [2])])
def test_items_that_read_as_one_thing_and_open_another(attacker, system, tenant, change, kept):
    """Made by a requester's login, with their digest: nobody could have asked so, and no approval of them counts."""
    honest, made = made_from_another(attacker, system, tenant, change)
    request = copy.copy(honest)
    request.id = made["request_id"]
    assert request.decide("approve", actions=kept) == "conflict"
    for item in (LOGS, CHANGE):
        assert not request.check(item).allowed
    assert honest.decide("approve", actions=kept) == "applied"
    system.stack.kill("decider")  # it is not ready, and says why
    system.stack.await_ready("decider")


OPENED = ("INSERT INTO access_item (request_id, number, engineer_id, resource_id, action, namespace, kind, name, starts_at, expires_at, basis, content_digest)"
          " SELECT request_id, 2, engineer_id, lower(resource_id), 'update_object', 'shop', 'ConfigMap', 'settings', starts_at, expires_at, state, %(digest)s"
          " FROM request WHERE request_id = %(id)s::uuid")


@pytest.mark.parametrize("change, refused", [(undigested, "23514"), (lambda actions: None, "")])
def test_a_change_without_a_digest_opens_nothing(attacker, system, tenant, change, refused):
    """Not even where the login that approves writes the votes and the access itself."""
    honest, made = made_from_another(attacker, system, tenant, change)
    digest = made["actions"][1]["content"].get("digest")
    assert attacker.tries("lockbox_decider", VOTED, approved(kept="{2}"), OPENED, UNDONE, id=made["request_id"], who=tenant.owner.id, digest=digest) == refused


def json_of(actions: list[dict]) -> str:
    return json.dumps(actions, separators=(",", ":"), ensure_ascii=False)


def of_version_1(system, request) -> str:
    """Makes the request one of old, whose digest does not cover whose signature is whose; its digest."""
    old = digest_of({name: it for name, it in request.first.request.items() if name != "digest_version"})
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE lockbox.request SET consent = replace(replace(consent, %s, %s), ',\"digest_version\":2', '') WHERE request_id = %s",
                      (request.first.request["digest"], old, request.id))
    return old


def test_a_signature_of_old_counts_once_for_two_people_who_had_one_key(system):
    tenant = Tenant(system)
    _, key, _ = tenant.sign_decisions(tenant.owner, tenant.approver, approvals_needed=2)
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"]) as owner:  # nobody gets another's key any more
        owner.execute("UPDATE lockbox.approver_key SET public_key = %s WHERE tenant_id = %s AND principal_id = %s",
                      (key.public_key().public_bytes_raw(), tenant.id, tenant.approver.id))
    request = tenant.request()
    said = {"request_id": request.id, "digest": of_version_1(system, request), "decision": "approve"}
    first = jws(key, **said, iat=1)
    assert request.decide("approve", signature=first) == "recorded"
    assert request.decide("approve", by=tenant.approver, signature=first) == "bad_signature"
    assert request.decide("approve", by=tenant.approver, signature=jws(key, **said, iat=2)) == "applied"

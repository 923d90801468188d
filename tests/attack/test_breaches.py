"""What whoever writes events.v1 tells, and nobody decided: the audit store names it."""
import copy
import uuid
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from support.events import Outgoing
from support.forging import Forger, await_judge, await_judged, breaches
from support.content import content_of
from support.scenario import LOGS, Person, Tenant
from support.signing import signed
from support.waiting import wait_until


@pytest.fixture(scope="module")
def forger(system):
    return Forger(system)


def at(hours: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def approval(hours: int = 8) -> dict:
    return {"state": "approved", "starts_at": at(0.001), "expires_at": at(hours)}


def test_what_was_decided_is_no_breach(system):
    """Each way in which a request can come about and end, as it is told by those who decide."""
    tenant = Tenant(system)
    requests = [tenant.request() for _ in range(5)]
    requests[0].approve()
    requests[0].decide("revoke")
    requests[1].decide("deny")
    requests[2].approve()
    requests[2].ticket.close()
    requests[2].event("revoked")
    requests[3].ticket.close()
    requests[3].event("cancelled")
    requests[4].decide("approve", by=Person.new("eve"))
    requests.append(tenant.request(actions=[{"action": "reboot"}]))
    requests.append(tenant.request(starts_at=at(2), duration="PT1H"))
    requests[-1].approve()
    tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2, auto_approve=[{"action": "get_pod_logs"}])
    requests.append(tenant.request())
    requests[-1].event("approved")
    two = {"action": "list_or_get_objects", "namespace": "openshift-etcd", "kind": "Pod"}
    requests.append(tenant.request(actions=[two, {**two, "namespace": "openshift-dns"}]))
    requests[-1].decide("approve", actions=[1])
    requests[-1].decide("approve", by=tenant.approver)
    requests[-1].event("approved")
    emergency = tenant.ticket()
    declared = emergency.publish("access.emergency_declared", **emergency.wish(
        incident_id="INC-1", authorized_by=Person.new("ada").principal))
    first = system.caused_by(declared, "request.emergency_started")
    off = Tenant(system, lockbox=False)
    requests.append(off.request())
    signing = Tenant(system)
    _, key = signing.sign_decisions(signing.owner)
    requests.append(signing.request())
    assert requests[-1].decide("approve", signature=signed(key, requests[-1], decision="approve")) == "applied"
    requests[-1].event("approved")
    for record in [first, *(request.events[-1] for request in requests)]:
        await_judge(system, record)
    ids = [first.request["request_id"], *(request.id for request in requests)]
    assert system.auditor.rows("SELECT request_id, why, detail FROM audit.breach WHERE request_id = ANY (%s)", ids) == []
    tenants = [tenant.id, off.id, signing.id]
    assert system.auditor.rows("SELECT event_id, why, detail FROM audit.breach WHERE tenant_id = ANY (%s)", tenants) == []


def tomorrow(offset: int = 0) -> datetime:
    return datetime.now(timezone(timedelta(hours=offset))).replace(microsecond=0) + timedelta(days=1)


ODD_WISHES = {
    "nanoseconds": lambda: {"starts_at": f"{tomorrow():%Y-%m-%dT%H:%M:%S}.123456789Z"},
    "far east": lambda: {"starts_at": tomorrow(16).isoformat()}, "far west": lambda: {"starts_at": tomorrow(-23).isoformat()},
    "small letters": lambda: {"starts_at": f"{tomorrow():%Y-%m-%dt%H:%M:%S}z"},
    "a fraction": lambda: {"duration": "PT59.9999999S"}, "weeks": lambda: {"duration": "P2W"}, "years of days": lambda: {"duration": "P20000D"},
    "digits": lambda: {"duration": "P99999999999999999999D"}, "null": lambda: {"extends": None, "reason_code": None, "duration": None},
}


@pytest.mark.parametrize("name", ODD_WISHES)
@pytest.mark.parametrize("is_asked", [True, False])
def test_what_postgresql_reads_otherwise_is_no_breach(system, is_asked, name):
    ticket = Tenant(system, lockbox=is_asked).ticket()
    event_id = system.publish("access.requested", {**ticket.wish(), **ODD_WISHES[name]()})
    assert breaches(system, system.caused_by(event_id, "request.")) == set()


@pytest.mark.parametrize("change", [
    {"approvals_needed": None, "max_duration": None, "auto_approve": None, "forbid": None, "signed_decisions": None},
    {"max_duration": "PT8H0.0000009S"}, {"max_duration": "P20000D"}, {"max_duration": "P99999999999999999999D"}, {"role": "owner", "principal_id": "p"},
    {"auto_approve": [{"action": "get_pod_logs", "namespace": None, "since": "2026"}], "forbid": [{"kind": "Secret", "note": "ours"}]}], ids=str)
def test_what_is_left_out_or_not_known_is_no_breach(system, change):
    """null says nothing, and nor does a member that Lockbox does not know."""
    tenant = Tenant(system)
    event_id = system.publish("tenant.policy_set", {"tenant_id": tenant.id, "subscription_id": tenant.subscription,
                                                    "by": tenant.admin.principal, **change})
    assert breaches(system, system.caused_by(event_id, "tenant.changed")) == set()


def test_an_approval_by_who_is_called_policy_is_no_breach(system):
    tenant, person = Tenant(system), Person("policy", "policy@contoso.example", "Pol Icy")
    assert tenant.change("role_assigned", principal=person.principal, role="owner").kind == "tenant.changed"
    request = tenant.request()
    assert request.decide("approve", by=person) == "applied"
    assert breaches(system, request.event("approved")) == set()


def test_an_approval_with_nulls_is_no_breach(system, tenant):
    request = tenant.request(actions=[LOGS, {**LOGS, "namespace": "openshift-dns"}])
    event_id = system.publish("decision.submitted", {"request_id": request.id, "decision": "approve", "by": tenant.owner.principal,
                                                     "comment": None, "duration": None, "actions": None, "signature": None, "assertion": None})
    assert request.judged(event_id).data["verdict"] == "applied"
    approved = request.event("approved")
    assert all(item["kept"] for item in approved.request["actions"])
    assert breaches(system, approved) == set()


def test_a_version_is_left_out(system, forger, tenant):
    request = tenant.request()
    hidden = forger.step({**request.now, "version": 9 * 10 ** 17}, "denied", request.first.cause, state="denied", ended_at=at(0))
    assert "version_gap" in breaches(system, hidden)
    rows = system.auditor.rows("SELECT why, engineer_id, tenant_id FROM audit.violation WHERE request_id = %s AND why = 'version_gap'", request.id)
    assert [tuple(row) for row in rows] == [("version_gap", request.wish["engineer_id"], tenant.id)]


def test_a_version_is_told_twice(system, forger, tenant):
    told = set()
    while len(told) < 2:  # in a partition before the true one's, and in one behind it
        request = tenant.request()
        assert request.decide("deny") == "applied"
        true = request.event("denied")
        again = forger.step(request.first.request, "denied", request.first.cause, state="denied", ended_at=at(0))
        if (again.partition < true.partition) not in told:
            told.add(again.partition < true.partition)
            assert "version_twice" in breaches(system, again)
            wait_until(lambda: "version_twice" in breaches(system, true), "so does the one that was there alone")


def test_an_approval_that_nobody_gave(system, forger, tenant):
    """Ten years, under a cause that there is."""
    request = tenant.request()
    told = forger.step(request.now, "approved", request.first.cause, **approval(87600), decisions=[
        {"by": tenant.owner.principal, "decision": "approve", "at": at(0)}])
    assert "approved_without_votes" in breaches(system, told)


def test_an_approval_by_a_policy_that_there_is_not(system, forger, tenant):
    request = tenant.request()
    told = forger.step(request.now, "approved", request.first.cause, **approval(), decisions=[{"by": {"id": "policy"}, "decision": "approve", "at": at(0)}])
    assert "approved_without_votes" in breaches(system, told)


def test_an_approval_without_its_signature(system, forger):
    tenant = Tenant(system)
    _, key = tenant.sign_decisions(tenant.owner)
    request, other = tenant.request(), tenant.request()
    unsigned = request.submit("approve")
    assert request.judged(unsigned).data["verdict"] == "bad_signature"
    told = forger.step(request.now, "approved", unsigned, **approval())
    assert breaches(system, told) == {"signature_missing"}
    borrowed = other.submit("approve", signature=signed(key, request, decision="approve"))
    assert other.judged(borrowed).data["verdict"] == "bad_signature"
    told = forger.step(other.now, "approved", borrowed, **approval())
    assert breaches(system, told) == {"signature_missing"}


def test_a_request_that_nobody_asked_for(system, forger, tenant):
    honest = tenant.request()
    for cause in (None, str(uuid.uuid4())):
        made = {**honest.first.request, "request_id": f"01a20c7f-7fd6-7f7e-b0e5-{uuid.uuid4().hex[:12]}", "version": 0}
        told = forger.step(made, "created", cause)
        assert {"state_without_cause", "consent_changed"} == breaches(system, told)


def test_an_end_that_nobody_asked_for(system, forger, tenant):
    request = tenant.request()
    told = forger.step(request.now, "cancelled", state="cancelled", ended_at=at(0))
    assert breaches(system, told) == {"state_without_cause"}


@pytest.mark.parametrize("change", [
    {"change": "role_assigned", "principal": Person.new("eve").principal, "role": "owner"},
    {"change": "approver_key_set", "principal_id": "eve"},
    {"change": "policy_set"},
])
def test_a_role_key_or_policy_that_nobody_set(system, forger, change):
    """Also under the cause of another change of the tenant."""
    tenant = Tenant(system)
    other = tenant.publish("contacts_set", alternate_emails=["a@contoso.example"])
    system.caused_by(other, "tenant.changed")
    honest = tenant.publish("role_assigned", principal=Person.new("olga").principal, role="owner")
    system.caused_by(honest, "tenant.changed")
    for cause in (None, other, honest):
        told = forger.event("tenant.changed", tenant.id, {"tenant_id": tenant.id, "subscription_id": tenant.subscription, "at": at(0), **change}, cause)
        if (cause, change["change"]) != (other, "contacts_set"):
            assert breaches(system, told) == {"state_without_cause"}


def test_an_approver_of_ones_own_making(attacker, system):
    """A requester's login writes a role, and the made-up approver's yes is applied: the request names them."""
    tenant, eve = Tenant(system), Person.new("eve")
    assert attacker.tries("lockbox_requester", "INSERT INTO role_assignment VALUES (%(tenant)s, lower(%(subscription)s), 'owner', %(id)s,"
                          " %(email)s, 'Eve', clock_timestamp())", tenant=tenant.id, subscription=tenant.subscription, id=eve.id, email=eve.email) == ""
    request = tenant.request()
    assert request.decide("approve", by=eve) == "applied"
    assert "state_without_cause" in breaches(system, request.first)


def test_a_request_of_another_tenants_subscription(system, forger, tenant):
    other = Tenant(system)
    request = tenant.request()
    made = {**request.first.request, "request_id": f"01a20c7f-7fd6-7f7e-b0e5-{uuid.uuid4().hex[:12]}", "version": 0, "tenant_id": other.id}
    assert "tenant_mismatch" in breaches(system, forger.step(made, "created", request.first.cause))


@pytest.mark.parametrize("changed", [{"resource_id": "/subscriptions/x/resourceGroups/y/providers/Microsoft.RedHatOpenShift/openShiftClusters/z"},
                                     {"actions": [{**LOGS, "namespace": "openshift-etcd", "number": 1, "kept": True}]}, {"duration": "PT9H"}])
def test_a_request_that_is_another_than_the_one_before(system, forger, tenant, changed):
    request = tenant.request()
    decision = request.submit("approve")
    assert request.judged(decision).data["verdict"] == "applied"
    approved = request.event("approved")
    told = forger.step(approved.request, "revoked", decision, state="revoked", ended_at=at(0), **changed)
    assert "consent_changed" in breaches(system, told)
    clusters = system.auditor.rows("SELECT DISTINCT cluster FROM audit.activity WHERE request_id = %s", request.id)
    assert [row.cluster for row in clusters] == [told.request["resource_id"].lower()]  # in whatever order its records came


def test_a_change_that_is_another_than_what_the_digest_covers(system, forger, tenant):
    """One label more in what approvers read. What Lockbox itself published holds, floats and escapes included."""
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}, "data": {"b": "1"}}
    content = content_of({**before, "data": {"b": "\u202e\u00e9\n\"", "z": 0.1, "a": 1e21}}, before)
    request = tenant.request(actions=[LOGS, {"action": "update_object", "namespace": "shop", "kind": "ConfigMap", "name": "a", "content": content}])
    assert breaches(system, request.first) == set()
    made = copy.deepcopy(request.first.request)
    made["actions"][1]["content"]["changes"].append({"path": "/metadata/labels", "after": {"x": "y"}})
    assert "consent_changed" in breaches(system, forger.step({**made, "version": 0}, "created", request.first.cause))


def test_a_report_that_comes_late(system, tenant):
    person = f"mallory-{tenant.id}"
    for minutes, late in ((1, False), (6, True)):
        done = (datetime.now(timezone.utc) - timedelta(minutes=minutes)).isoformat()
        event_id = system.publish("access.performed", {"engineer_id": person, "resource_id": tenant.resource, **LOGS, "performed_at": done, "outcome": "blocked"})
        place = wait_until(lambda: system.audit.rows('SELECT topic, "partition", "offset" FROM audit.event WHERE event_id = %s', event_id), "it is recorded")[0]
        await_judged(system, *place)
        rows = system.auditor.rows("SELECT why, engineer_id, resource_id FROM audit.violation WHERE event_id = %s", event_id)
        assert [tuple(row) for row in rows] == [("reported_late", person, tenant.resource)] * late


@pytest.mark.parametrize("mode, inner", [("structured", None), ("binary", None), ("binary", "empty"), ("binary", "in time")])
@pytest.mark.parametrize("offset", [0, 16, -23])
def test_no_form_of_its_time_hides_that_a_report_comes_late(system, tenant, mode, inner, offset):
    """Nor that its data look like a whole event."""
    more = {"specversion": "1.0", "data": {"performed_at": at(0)} if inner == "in time" else {}} if inner else {"audit_id": None}
    done = (datetime.now(timezone(timedelta(hours=offset))) - timedelta(minutes=6)).isoformat()
    event_id = system.publish("access.performed", {"engineer_id": f"mallory-{tenant.id}", "resource_id": tenant.resource, **LOGS, "performed_at": done,
                                                   "outcome": "blocked", **more}, mode)
    place = wait_until(lambda: system.audit.rows('SELECT topic, "partition", "offset" FROM audit.event WHERE event_id = %s', event_id), "it is recorded")[0]
    await_judged(system, *place)
    assert system.auditor.rows("SELECT why FROM audit.violation WHERE event_id = %s AND why = 'reported_late'", event_id)


@pytest.mark.parametrize("done", ["never", "99999999-01-01T00:00:00Z", "infinity", 7, {"at": "noon"}])
def test_a_report_whose_time_is_none_hides_no_other(system, tenant, done):
    """Whoever may report chose it: everything behind it is judged all the same."""
    person = f"mallory-{uuid.uuid4()}"
    report = {"engineer_id": person, "resource_id": tenant.resource, **LOGS, "outcome": "blocked"}
    ids = [system.publish("access.performed", {**report, "performed_at": performed_at}) for performed_at in (done, at(-1))]
    kept = wait_until(lambda: (rows := system.audit.rows('SELECT topic, "partition", "offset" FROM audit.event WHERE event_id = ANY (%s)'
                                                        " AND topic = 'lockbox.accesses.v1' ORDER BY \"offset\"", ids)) and len(rows) == 2 and rows, "both are recorded")
    await_judged(system, *kept[-1])
    assert system.auditor.rows("SELECT why FROM audit.violation WHERE event_id = %s AND why = 'reported_late'", ids[1])


def test_a_record_is_in_nobodys_view_by_its_own_word(system):
    """An extra member tenant_id puts no record of A into B's view."""
    tenant, other = Tenant(system), Tenant(system)
    ticket = tenant.ticket()
    event_id = ticket.publish("ticket.closed", tenant_id=other.id, comment="of another")
    wait_until(lambda: system.audit.rows("SELECT 1 FROM audit.event WHERE event_id = %s", event_id), "it is recorded")
    assert system.audit.rows("SELECT 1 FROM audit.event WHERE event_id = %s AND tenant_id IS NOT NULL", event_id) == []


def test_who_records_writes_no_breach(attacker):
    """The auditor's login has the database judge, and cannot say what comes of it."""
    for statement in ("DELETE FROM breach", "UPDATE breach SET why = 'x'", "INSERT INTO breach DEFAULT VALUES", "UPDATE judged SET next_offset = 0",
                      "DELETE FROM judged", "SELECT judge_again(1)"):
        assert attacker.tries("lockbox_audit_writer", statement, database="audit") == "42501"


def test_a_number_that_the_database_cannot_take(system, forger, tenant):
    """One record hides its own data, and nobody else's."""
    for number in ("1e-20000", '"\\u0000"'):
        told = forger.event("tenant.changed", tenant.id, {"tenant_id": tenant.id, "change": "contacts_set", "at": at(0), "odd": "NUMBER"})
        value = told.value.replace(b'"NUMBER"', number.encode()).replace(told.event["id"].encode(), str(uuid.uuid4()).encode())
        [odd] = forger.publisher.send(Outgoing(told.topic, told.key, value, told.headers))
        await_judge(system, odd)
        rows = system.auditor.rows("SELECT properties FROM audit.activity_log WHERE tenant_id = %s", tenant.id)
        assert len(rows) > 2


@pytest.mark.parametrize("ages, judged", [((-30, 60), 0), ((-7200, 60), 2), ((1, 60), 0), ((60, 1, 60), 1), ((60, 60), 2)])
def test_a_record_that_came_by_another_clock_is_judged(system, ages, judged):
    """Received so many seconds ago, by the clock of the auditor's host: each is judged before what is behind it."""
    topic, now = f"{uuid.uuid4().hex}.events.v1", datetime.now(timezone.utc)
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], options="-c search_path=audit") as owner:
        owner.execute("INSERT INTO judged VALUES (%s, 0, 0)", (topic,))
        for offset, age in enumerate(ages):
            owner.execute('INSERT INTO event (topic, "partition", "offset", received_at, headers, raw, type, leaf_hash)'
                          " VALUES (%s, 0, %s, %s, '', 'no JSON', 'lockbox.request.created.v1', '')", (topic, offset, now - timedelta(seconds=age)))
        assert owner.execute("SELECT judge_partition(%s, 0, 100)", (topic,)).fetchone() == (judged,)
        assert owner.execute("SELECT next_offset FROM judged WHERE topic = %s", (topic,)).fetchone() == (judged,)
        assert [it for it, in owner.execute('SELECT "offset" FROM breach WHERE topic = %s ORDER BY 1', (topic,))] == list(range(judged))
        owner.rollback()


@pytest.mark.parametrize("minutes, named", [(1, False), (6, True)])
@pytest.mark.parametrize("again", [False, True])
def test_a_decision_that_came_when_its_maker_had_no_role_any_more(system, minutes, named, again):
    """So many minutes after the role was removed. Kafka's times of two topics are not one clock's."""
    tenant = Tenant(system)
    request = tenant.request()
    decision = request.submit("approve", by=tenant.approver)
    assert request.judged(decision).data["verdict"] == "applied"
    approved = request.event("approved")
    removed = tenant.change("role_removed", principal=tenant.approver.principal, role="lockbox_approver")
    if again:
        removed = tenant.change("role_assigned", principal=tenant.approver.principal, role="owner")
    await_judge(system, approved)
    await_judge(system, removed)
    came = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    late = ("INSERT INTO event SELECT (jsonb_populate_record(e, jsonb_build_object('offset', 1000000000, 'event_id', 'late', 'kafka_timestamp', %s::text))).*"
            " FROM event e WHERE e.event_id = %s AND e.topic LIKE '%%decisions.v1'")
    breached = ("SELECT b.why, b.detail FROM event e, approval_breaches(jsonb_populate_record(e, jsonb_build_object('kafka_timestamp', %s::text)), 'late',"
                " event_content(e.raw) -> 'request') AS b WHERE e.topic = %s AND e.\"partition\" = %s AND e.\"offset\" = %s")
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], options="-c search_path=audit") as owner:
        assert owner.execute(late, (came, decision)).rowcount == 1
        said = owner.execute(breached, (came + timedelta(minutes=1), *approved.place)).fetchall()
        owner.rollback()
    assert said == ([("approved_without_votes", f"{tenant.approver.id} might not approve any more")] if named and not again else [])

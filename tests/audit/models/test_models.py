"""The read models over everything that happened, beside what Kafka's records amount to."""
import random
from datetime import datetime, timedelta, timezone

from projection import access_until, complaints, project, time

from support.audit import await_auditor, everything_in_kafka
from support.scenario import LOGS, Tenant
from support.waiting import wait_until

HOUR = timedelta(hours=1)
QUESTION = "SELECT * FROM audit.access_check_at(%s, %s, %s, %s, %s, %s, %s)"


def test_models_are_what_the_records_say(system, lives):
    records = list(everything_in_kafka(system).values())
    expected = project(records)
    assert complaints(expected, system.auditor, records) == []
    # Of each kind something was there to be compared.
    assert len(expected.requests) > 20 and len(expected.decisions) > 20 and len(expected.notifications) > 50
    assert {"ended", "not_started", "no_grant", "unreadable"} <= {row.why for row in system.auditor.rows("SELECT * FROM audit.violation")}
    assert {request.get("reason") for _, request in expected.requests.values()} >= {None, "action_not_permitted"}
    assert {row.basis for row in system.auditor.rows("SELECT * FROM audit.access_grant")} == {"approved", "emergency", "not_required"}
    assert {row.ended_how for row in system.auditor.rows("SELECT * FROM audit.access_grant")} == {None, "decision", "time", "ticket"}


def test_what_was_decided_is_no_breach(system, lives):
    """Of all that happened, no event is one that the topics of input contradict."""
    behind = """SELECT 1 FROM audit.log l LEFT JOIN audit.judged j USING (topic, "partition")
                 WHERE l.topic LIKE '%%events.v1' AND coalesce(j.next_offset, 0) < l.base + l.size"""
    wait_until(lambda: not system.audit.rows(behind), "every event is judged", 60)
    assert system.auditor.rows("SELECT why, detail, event_id, request_id FROM audit.breach WHERE topic LIKE '%%events.v1'") == []


def test_access_check_at_answers_from_timestamps_alone(system, lives):
    expected = project(list(everything_in_kafka(system).values()))
    chance = random.Random(lives.seed)
    grants = sorted(expected.grants().items())
    asked = allowed = 0
    for _ in range(600):
        _, request = chance.choice(grants)
        begin, end = time(request["starts_at"]), time(request["expires_at"])
        when = chance.choice([begin, end, access_until(request), begin + (end - begin) * chance.random()]) + timedelta(
            microseconds=chance.choice([-1, 0, 0, 1]))
        item = chance.choice(request["actions"])
        question = [request["engineer"]["id"], request["resource_id"], *(item.get(name) for name in ("action", "namespace", "kind", "name"))]
        if chance.random() < 0.4:
            question[chance.randrange(6)] = chance.choice([None, "", "other"])
        if chance.random() < 0.2 and question[1]:
            question[1] = question[1].lower()
        row = system.auditor.row(QUESTION, *question, when)
        wanted = expected.covering(*question, when)
        said = (str(row.request_id), row.expires_at, row.reason) if row.allowed else None
        assert said == wanted, (question, when)
        assert wanted is not None or tuple(row) == (False, None, None, "no_grant")
        asked, allowed = asked + 1, allowed + row.allowed
    assert allowed > 100 and asked - allowed > 100


def test_access_check_at_now_says_what_access_check_says(system):
    tenant = Tenant(system)
    request = tenant.request(actions=[LOGS])
    request.approve()
    await_auditor(system)
    for item in (LOGS, {**LOGS, "namespace": "openshift"}, {**LOGS, "name": "router-1"}):
        then = system.auditor.row(QUESTION, request.wish["engineer_id"], tenant.resource, item["action"], item.get("namespace"),
                                item.get("kind"), item.get("name"), datetime.now(timezone.utc))
        assert tuple(then) == tuple(request.check(item))[:4]  # the version is of today


def violations_of(system, engineer: str) -> list[str]:
    return [row.why for row in system.auditor.rows("SELECT why FROM audit.violation WHERE engineer_id = %s", engineer)]


def test_a_violation_comes_and_goes_whichever_record_is_first(system, lives):
    """The window lies ahead, so the access can be reported before anybody has approved."""
    tenant = Tenant(system)
    begin = datetime.now(timezone.utc) + HOUR
    request = tenant.request(starts_at=begin.isoformat(), duration="PT1H")
    engineer = request.wish["engineer_id"]
    before = system.stack.metrics("auditor")

    lives.access(engineer, tenant.resource, LOGS, begin + HOUR / 2)
    wait_until(lambda: violations_of(system, engineer) == ["no_grant"], "the access is a violation")
    request.approve()
    wait_until(lambda: violations_of(system, engineer) == [], "its grant has come")
    lives.access(engineer, tenant.resource, LOGS, begin + HOUR / 3)  # the grant first
    lives.access(engineer, tenant.resource, LOGS, begin + 2 * HOUR)
    wait_until(lambda: violations_of(system, engineer) == ["ended"], "what came after the end is one")
    assert request.decide("revoke") == "applied"
    wait_until(lambda: violations_of(system, engineer) == ["ended"] * 3, "ended before it began: all of them are")

    def counted() -> bool:
        after = system.stack.metrics("auditor")
        found, resolved = (after[f"lockbox_{name}_total"] - before[f"lockbox_{name}_total"]
                           for name in ("violations", "violations_resolved"))
        return (found, resolved) == (4, 1)
    wait_until(counted, "four were found, one of them had its grant later")


def test_logs_of_another_container_are_a_violation(system, lives):
    tenant = Tenant(system)
    request = tenant.request(actions=[{**LOGS, "name": "router-1", "container": "router"}])
    request.approve()
    engineer, now = request.wish["engineer_id"], datetime.now(timezone.utc)
    logs = {**LOGS, "name": "router-1"}
    for number, container in enumerate(["router", None, "metrics"]):  # None: the pod's only one
        lives.access(engineer, tenant.resource, logs, now - number * timedelta(microseconds=1), container=container)
    lives.access(engineer, tenant.resource, {"action": "list_or_get_objects", "namespace": LOGS["namespace"], "kind": "Pod", "name": "router-1"}, now)
    rows = "SELECT container, covered_by IS NOT NULL AS is_covered FROM audit.access WHERE engineer_id = %s AND action = 'get_pod_logs' ORDER BY container"
    wait_until(lambda: len(system.auditor.rows(rows, engineer)) == 3, "all are recorded")
    assert [tuple(row) for row in system.auditor.rows(rows, engineer)] == [("metrics", False), ("router", True), (None, True)]
    wait_until(lambda: violations_of(system, engineer) == ["no_grant"], "the other container's logs are one, whichever record is first")


def test_a_blocked_access_is_no_violation(system, lives):
    tenant = Tenant(system)
    lives.access("mallory-" + tenant.id, tenant.resource, LOGS, datetime.now(timezone.utc), outcome="blocked")
    await_auditor(system)
    rows = system.auditor.rows("SELECT * FROM audit.access WHERE engineer_id = %s", "mallory-" + tenant.id)
    assert [(row.outcome, row.covered_by, row.tenant_id) for row in rows] == [("blocked", None, tenant.id)]
    assert violations_of(system, "mallory-" + tenant.id) == []

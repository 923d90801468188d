"""Each alert is made to fire by what it is about: a real Prometheus evaluates the rules over a real stack's metrics.

ELSEWHERE names those whose cause is another group's, which asserts the metric; promtool tries all rules over made-up series
(deploy/prometheus/alerts_test.yml).
"""
import re
import subprocess
import time
from contextlib import contextmanager

from prometheus import rules

from support.broker import set_topic
from support.events import Outgoing
from support.forging import Forger
from support.scenario import LOGS, Tenant
from support.stack import BINARIES, REPOSITORY
from support.waiting import wait_until

ELSEWHERE = {
    "LockboxBehind": "tests/ops/test_metrics.py",
    "LockboxClockOff": "tests/faults/test_clock.py",
    "LockboxFenced": "tests/faults/test_fencing.py",
    "LockboxHalted": "tests/audit/test_store.py",
    "LockboxRetries": "tests/audit/test_trouble.py",
    "LockboxSetBack": "tests/recovery/test_set_back.py",
}
NOT_CAUSED = {"LockboxCheckpointsLate", "LockboxLoopStuck"}  # what they ask for is not made to happen anywhere


@contextmanager
def without(system, privilege: str, role: str):
    """A login that lacks a privilege meanwhile."""
    system.lockbox.rows(f"REVOKE {privilege} FROM {role}")
    try:
        yield
    finally:
        system.lockbox.rows(f"GRANT {privilege} TO {role}")


@contextmanager
def stopped(stack, *parts: str):
    stack.down(*parts)
    try:
        yield
    finally:
        stack.up()


def test_every_alert_is_caused():
    text = open(__file__).read()
    caused = set(re.findall(r'await_alert\("(\w+)"', text))
    others = ELSEWHERE.keys() | NOT_CAUSED
    assert caused | others == {rule["alert"] for rule in rules()} and not caused & others
    for alert, test in ELSEWHERE.items():
        expression = next(rule["expr"] for rule in rules() if rule["alert"] == alert)
        text = (REPOSITORY / test).read_text()
        named = re.findall(r"lockbox_\w+", expression)
        assert any(metric in text for metric in named), alert


def test_nothing_fires_while_all_is_well(system, stack, prometheus):
    Tenant(system).request().approve()
    wait_until(lambda: prometheus.firing() == {}, "nothing fires, once every worker was asked", 60, every=0.5)


def test_the_objectives_are_answered(prometheus):
    """docs/production.md's, over whole minutes: the first has to pass."""
    page = (REPOSITORY / "docs/production.md").read_text()
    objectives = re.findall(r"^```promql\n(.*?)\n```", page, re.MULTILINE | re.DOTALL)
    assert len(objectives) == 3
    for expression in objectives:
        assert 0 < wait_until(lambda: prometheus.value(expression), expression, 120, every=1) <= 100


def test_a_person_s_access_without_a_grant(system, prometheus):
    system.publish("access.performed", {"engineer_id": "eve", "resource_id": Tenant(system).resource, **LOGS,
                                        "performed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "outcome": "allowed"})
    assert prometheus.await_alert("LockboxAccessWithoutGrant").startswith("1 accesses")


def reconcile(system, prometheus, **settings: str) -> int:
    """As lockbox-check.service does it each night; with the databases' superusers' URLs."""
    env = system.stack.env
    urls = {name: env[name.replace("DATABASE", "SUPERUSER")] for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL")}
    return subprocess.run([BINARIES / "lockboxctl", "audit", "reconcile", "--metrics", prometheus.check_file], capture_output=True, text=True,
                          env=system.stack.worker_environment(**{**urls, **settings})).returncode


def test_an_event_that_nobody_decided(system, prometheus):
    """Told by whoever writes events.v1 in the relay's place: the judge names it, and what is told and what is decided differ."""
    request = Tenant(system).request()
    assert reconcile(system, prometheus) == 0
    wait_until(lambda: prometheus.value("lockbox_check_exit_code") == 0, "the check is scraped")
    assert "LockboxCheckFound" not in prometheus.firing()
    Forger(system).step(request.now, "approved", state="approved")
    prometheus.await_alert("LockboxBreach", 120)
    assert reconcile(system, prometheus) == 1
    assert "audit reconcile" in prometheus.await_alert("LockboxCheckFound")


def test_a_check_that_cannot_look(system, prometheus):
    assert reconcile(system, prometheus, LOCKBOX_DATABASE_URL="host=/nowhere") == 3
    assert "audit reconcile" in prometheus.await_alert("LockboxCheckOld")


def test_nobody_is_left_who_may_approve(system, prometheus):
    tenant = Tenant(system)
    for person, role in ((tenant.owner, "owner"), (tenant.approver, "lockbox_approver")):
        tenant.change("role_removed", principal=person.principal, role=role)
    prometheus.await_alert("LockboxApproversMissing")
    tenant.ticket().request()
    prometheus.await_alert("LockboxNobodyMayApprove")


def test_more_people_than_may_approve(system, prometheus):
    tenant = Tenant(system)
    system.lockbox.rows("""INSERT INTO lockbox.role_assignment (tenant_id, subscription_id, role, principal_id, email, name, assigned_at)
                           SELECT %s, %s, 'lockbox_approver', 'pat-' || n, 'pat@contoso.example', 'Pat', clock_timestamp()
                             FROM generate_series(1, 200) AS n""", tenant.id, tenant.subscription.lower())
    tenant.ticket().request()
    prometheus.await_alert("LockboxApproversLeftOut")


def test_a_record_that_nobody_can_read(system, prometheus):
    system.publisher.send(Outgoing("lockbox.tickets.v1", "T-1", b"nonsense", (("content-type", b"application/json"),)))
    assert "requester rejected" in prometheus.await_alert("LockboxQuarantined")


def test_a_database_that_ends_sessions(system, stack, prometheus):
    for _ in range(5):
        before = stack.metrics("decider")["lockbox_database_lost_total"]
        system.lockbox.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lockbox_decider'")
        wait_until(lambda: stack.metrics("decider")["lockbox_database_lost_total"] > before, "it is lost")
        stack.await_ready("decider")
    assert "decider lost" in prometheus.await_alert("LockboxDatabaseFlaps")


def test_a_mail_server_that_is_down(system, stack, prometheus):
    with stopped(stack, "smtp"):
        Tenant(system).request()
        waiting = "SELECT 1 FROM lockbox.notification WHERE state = 'deferred'"
        wait_until(lambda: system.lockbox.rows(waiting), "a mail waits")
        system.lockbox.rows("UPDATE lockbox.notification SET queued_at = queued_at - interval '20 minutes' WHERE state = 'deferred' RETURNING 1")
        prometheus.await_alert("LockboxMailsWait")
        prometheus.await_alert("LockboxMailsGivenUp", 120)  # the request's deadline passes


def test_an_event_that_kafka_refuses(system, prometheus):
    tenant = Tenant(system)
    set_topic(system.bootstrap, "lockbox.events.v1", max_message_bytes="100")
    try:
        tenant.ticket().publish("access.requested", **tenant.ticket().wish())
        prometheus.await_alert("LockboxEventRefused")
    finally:
        set_topic(system.bootstrap, "lockbox.events.v1", max_message_bytes=None)
    wait_until(lambda: not system.lockbox.rows(  # the relay itself would wait five minutes
        "UPDATE lockbox.outbox SET next_attempt_at = clock_timestamp() WHERE refused_at IS NOT NULL AND published_at IS NULL RETURNING 1"),
        "what was refused goes out", every=1)


def test_deadlines_that_nobody_tells(system, prometheus):
    tenant = Tenant(system)
    with without(system, "UPDATE ON lockbox.request", "lockbox_expirer"):
        tenant.request()
        prometheus.await_alert("LockboxDeadlinesNotTold", 240)


def test_records_that_nobody_judges(system, stack, prometheus):
    """The auditor's login may call the judge no more: it records, says that nothing is judged, and goes on once it may."""
    judge = "EXECUTE ON FUNCTION audit.judge(integer) {} lockbox_audit_writer"
    system.audit.rows("REVOKE " + judge.format("FROM"))
    try:
        Tenant(system).request()
        prometheus.await_alert("LockboxNotJudged", 240)
        assert "judge" in stack.status()["auditor"]["reason"]
    finally:
        system.audit.rows("GRANT " + judge.format("TO"))
    stack.await_ready("auditor")
    wait_until(lambda: prometheus.value("lockbox_unjudged_seconds") == 0, "all is judged", 120)


def test_a_worker_that_does_not_answer(stack, prometheus):
    with stopped(stack, "expirer"):
        assert prometheus.await_alert("LockboxWorkerAbsent") == "nobody answers for the expirer"


def test_a_kafka_that_is_down(system, stack, prometheus):
    Tenant(system).request()
    with stopped(stack, "kafka"):
        prometheus.await_alert("LockboxEventsNotPublished", 240)  # the request's deadline is told to nobody


def test_a_database_that_is_down(stack, prometheus):
    with stopped(stack, "postgres"):
        assert "is not ready" in prometheus.await_alert("LockboxWorkerNotReady")


def test_a_log_that_was_replaced(system, stack, prometheus):
    """Another record stands where the last one was read."""
    Tenant(system)
    system.lockbox.rows("UPDATE lockbox.consumer_offset SET last_hash = sha256('another') WHERE consumer = 'lockbox.requester'"
                        " AND last_hash IS NOT NULL RETURNING 1")
    stack.kill("requester")
    assert "requester cannot read" in prometheus.await_alert("LockboxPartitionStopped")

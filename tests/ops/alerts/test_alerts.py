"""Each alert is made to fire by what it is about: a real Prometheus evaluates the rules over a real stack's metrics. promtool tries all
rules over made-up series besides (deploy/prometheus/alerts_test.yml).
"""
import fcntl
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from prometheus import rules

from support.broker import set_topic
from support.clock import clock_shifted
from support.events import Outgoing, event_in, outgoing
from support.forging import Forger
from support.scenario import LOGS, Tenant
from support.stack import BINARIES, REPOSITORY
from support.waiting import wait_until


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
    tests = "".join(test.read_text() for test in Path(__file__).parent.glob("test_*.py"))
    assert set(re.findall(r'await_alert\("(\w+)"', tests)) == {rule["alert"] for rule in rules()}


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
    wait_until(lambda: system.audit.value("SELECT state FROM audit.request_state WHERE request_id = %s", request.id) == "approved", "it is told")
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


def test_records_that_a_worker_cannot_take(system, prometheus):
    """The requester may not write how far it has read: records wait, and it tries again and again."""
    tenant = Tenant(system)
    may = system.lockbox.value("SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.column_privileges WHERE grantee ="
                               " 'lockbox_requester' AND table_name = 'consumer_offset' AND privilege_type = 'UPDATE'")
    system.lockbox.rows("REVOKE UPDATE ON lockbox.consumer_offset FROM lockbox_requester")
    try:
        added = event_in("tenant.subscription_added", {"tenant_id": tenant.id, "subscription_id": tenant.subscription})
        system.publisher.send(*[outgoing(added)] * 1100)
        assert "requester has 1" in prometheus.await_alert("LockboxBehind", 120)
        assert "requester keeps waiting" in prometheus.await_alert("LockboxRetries", 400)
    finally:
        system.lockbox.rows(f"GRANT UPDATE ({may}) ON lockbox.consumer_offset TO lockbox_requester")
    wait_until(lambda: prometheus.value('sum(lockbox_lag_records{worker="requester"})') == 0, "they are read", 120)


def test_a_clock_that_is_wrong(stack, prometheus):
    with clock_shifted(stack, 300):
        assert "off by" in prometheus.await_alert("LockboxClockOff", 120)
    stack.await_ready(seconds=120)


def test_two_that_go_by_one_name(stack, prometheus):
    second = stack.spawn("decider", "1", LOCKBOX_HTTP_LISTEN="")
    try:
        assert "decider keeps losing" in prometheus.await_alert("LockboxFenced", 300)
    finally:
        second.kill()
        second.wait()
    stack.await_ready("decider", seconds=120)


def test_an_audit_store_that_contradicts_itself(system, stack, prometheus):
    head = "UPDATE audit.log SET edge = {} || substr(edge, 33) WHERE topic = 'lockbox.tenants.v1'"
    triggers = "ALTER TABLE audit.log {} TRIGGER USER"

    def change(edge: str, *values) -> None:
        system.audit.rows(triggers.format("DISABLE"))
        system.audit.rows(head.format(edge) + ' AND "partition" = %s', *values)
        system.audit.rows(triggers.format("ENABLE"))
    Tenant(system)
    stack.await_ready("auditor")
    place = system.audit.row("SELECT \"partition\", substr(edge, 1, 32) AS edge FROM audit.log WHERE topic = 'lockbox.tenants.v1' AND size > 0 LIMIT 1")
    change("sha256('x')", place.partition)
    try:
        stack.kill("auditor")  # at its start it looks
        assert "auditor has stopped its work" in prometheus.await_alert("LockboxHalted", 120)
    finally:
        change("%s", bytes(place.edge), place.partition)
        stack.note_pids()
        stack.kill("auditor")
    stack.await_ready("auditor", seconds=120)


def test_records_that_nobody_signs(system, stack, prometheus):
    system.audit.rows("REVOKE INSERT ON audit.checkpoint FROM lockbox_audit_writer")
    try:
        Tenant(system)
        prometheus.await_alert("LockboxCheckpointsLate", 240)
    finally:
        system.audit.rows("GRANT INSERT ON audit.checkpoint TO lockbox_audit_writer")
    wait_until(lambda: prometheus.value("max(lockbox_checkpoint_age_seconds)") < 30, "they are signed", 120)
    stack.await_ready("auditor")


def test_a_log_that_nobody_takes(system, stack, prometheus):
    """A worker writes its log to a pipe that is full: it stands at that line, and tells so."""
    with stopped(stack, "expirer"):
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        expirer = subprocess.Popen([BINARIES / "expirer"], stderr=write, env=stack.worker_environment(
            **stack.own_role("expirer"), LOCKBOX_INSTANCE="1", LOCKBOX_HTTP_LISTEN=stack.env["LOCKBOX_HTTP_EXPIRER"]))
        try:
            wait_until(lambda: prometheus.value('lockbox_ready{worker="expirer"}') == 1, "it is scraped", 60)
            os.read(read, 4096)
            os.write(write, b"x" * 4096)  # all that it holds
            system.lockbox.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lockbox_expirer'")
            assert "expirer has been at one step for" in prometheus.await_alert("LockboxLoopStuck", 240)
        finally:
            expirer.kill()
            expirer.wait()
            os.close(read)
            os.close(write)

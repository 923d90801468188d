"""A customer's monitor: what is new is proved, and each thing that the customer is to hear of is told once, whether it reads the
audit store or Kafka. What it says of topics that are not Lockbox's own is in test_monitor_kafka.py."""
import json
import os
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest

from support.scenario import Person, Tenant
from support.sql import as_role
from support.signing import signed as signature_of
from support.stack import REPOSITORY
from support.tamper import Tamperer
from support.waiting import wait_until

from conftest import ACCESSES, PROGRAM, await_signed, publish
from conftest import run as lockboxctl
from test_witness import witness


SCHEMA = json.loads((REPOSITORY / "schemas/monitor/lockbox.monitor.alarm.v1.schema.json").read_text())


def run(ctl, file, *options, **settings) -> tuple[int, list[dict]]:
    done = ctl("audit", "monitor", *ctl.keywords["source"], "--checkpoint", file, *options, **settings)
    assert done.returncode != 1 or done.stdout, done.stderr
    alarms = [json.loads(line) for line in done.stdout.splitlines()]
    for alarm in alarms:
        jsonschema.validate(alarm, SCHEMA)
    return done.returncode, alarms


def asking(*arguments, settings: dict, source: tuple, **more):
    return lockboxctl(*arguments, **{**settings, **more})


@pytest.fixture(scope="module", params=["store", "kafka"])
def ctl(request, stack, settings):
    """As an auditor, who sees violations, and may change nothing; or as somebody who has nothing but Kafka and keys."""
    if request.param == "kafka":
        settings = {name: value for name, value in settings.items() if "DATABASE" not in name and "SUPERUSER" not in name}
        return partial(asking, settings=settings, source=("--kafka",))
    url = as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor")
    return partial(asking, settings={**settings, "LOCKBOX_AUDIT_DATABASE_URL": url}, source=())


@pytest.fixture
def of_store(ctl):
    if ctl.keywords["source"]:
        pytest.skip("Kafka has no tables")


@pytest.fixture(scope="module")
def first(ctl, signed, tmp_path_factory):
    """The file of a run that took all there was for new."""
    file = tmp_path_factory.mktemp("monitor") / "seen"
    run(ctl, file)
    return file


@pytest.fixture
def file(ctl, system, first, signed, tmp_path):
    """As of now: nothing that is there already is new any more."""
    await_signed(system, signed)
    last = []

    def quiet() -> bool:
        last[:] = run(ctl, first)
        return last == [0, []]
    try:
        wait_until(quiet, "nothing is new", 180, 1)  # late reports are judged some seconds after they came
    except TimeoutError:
        raise AssertionError(f"still new: {str(last)[:2000]}") from None
    copy = tmp_path / "seen"
    copy.write_bytes(first.read_bytes())
    return copy


def named(alarms: list[dict], tenant: Tenant) -> set[tuple]:
    return {(alarm["alarm"], alarm.get("request_id")) for alarm in alarms if alarm.get("tenant_id") == tenant.id}


def test_what_the_customer_is_to_hear_of(ctl, system, signed, file, tmp_path):
    tenant, off, signing = Tenant(system), Tenant(system, lockbox=False), Tenant(system)
    approved, unasked = tenant.request(), off.request()
    approved.approve()
    ticket = tenant.ticket()
    emergency = system.caused_by(ticket.publish("access.emergency_declared", **ticket.wish(
        incident_id="INC-1", authorized_by=Person.new("ada").principal)), "request.emergency_started")
    _, key = signing.sign_decisions(signing.owner)
    proved = signing.request()
    assert proved.decide("approve", signature=signature_of(key, proved, decision="approve")) == "applied"
    tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)
    tenant.change("policy_set", by=tenant.admin.principal)
    await_signed(system, signed)
    code, alarms = run(ctl, file, "--metrics", tmp_path / "monitor.prom")
    assert code == 1
    assert named(alarms, tenant) >= {("unsigned_access", approved.id), ("emergency", emergency.data["request"]["request_id"]),
                                     ("policy_changed", None), ("weakening", None)}
    assert ("not_required", unasked.id) in named(alarms, off)
    assert {kind for kind, _ in named(alarms, signing)} == {"key_changed", "policy_changed"}
    assert {"topic", "partition", "offset", "event_id", "at", "detail"} <= alarms[0].keys()
    assert f'lockbox_check_findings{{check="audit monitor"}} {len(alarms)}' in (tmp_path / "monitor.prom").read_text()
    again = run(ctl, file)[1]
    assert not {json.dumps(alarm) for alarm in again} & {json.dumps(alarm) for alarm in alarms}  # each is told once


def test_another_tenants_alarms_are_not_told(ctl, system, signed, file):
    mine, others = Tenant(system), Tenant(system)
    for tenant in (mine, others):
        tenant.request().approve()
    await_signed(system, signed)
    code, alarms = run(ctl, file, "--tenant", mine.id)
    assert code == 1 and {alarm.get("tenant_id") for alarm in alarms} == {mine.id}


def test_a_violation_is_told_once_it_is_sure(ctl, stack, signed, file):
    publish(stack, {0: 5}, 4711)
    told: list[dict] = []

    def come() -> bool:
        told.extend(run(ctl, file)[1])
        return any(alarm["alarm"] == "violation" and alarm["topic"] == ACCESSES for alarm in told)
    wait_until(come, "it is told", 60)
    assert len({(alarm["topic"], alarm["partition"], alarm["offset"]) for alarm in told}) == len(told)


def test_a_log_that_was_rewritten_is_told_until_somebody_looks(ctl, signed, file):
    lines = file.read_text().splitlines()
    [at, *_] = [number for number, line in enumerate(lines) if number > 1 and line[0] not in "+="]
    origin, size = lines[at].split(" ")[:2]
    lines[at] = f"{origin} {size} {'A' * 43}="
    lines.append(f"{origin}x {size} {'A' * 43}=")
    file.write_text("\n".join(lines) + "\n")
    for _ in range(2):
        code, alarms = run(ctl, file)
        assert code == 1 and [alarm["alarm"] for alarm in alarms if alarm["alarm"] != "violation"] == ["not_extended", "not_extended"]
    file.write_text("nothing of ours\n")
    assert run(ctl, file) == (2, [])


def test_a_record_that_was_changed_is_told(ctl, of_store, stack, signed, file, tmp_path):
    """Whoever looks for the first time has all records proved."""
    tamperer = Tamperer(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], 7)
    edit = tamperer.change_record()
    tamperer.apply(edit)
    try:
        code, alarms = run(ctl, tmp_path / "new")
    finally:
        tamperer.undo(edit)
        tamperer.close()
    [wrong] = [alarm for alarm in alarms if alarm["alarm"] == "record_wrong"]
    assert code == 1 and (wrong["topic"], wrong["partition"], wrong["offset"]) == (edit.topic, edit.partition, edit.offset)


def test_a_view_that_was_replaced_is_told(ctl, of_store, signed, file):
    signed.execute("CREATE POLICY hidden ON audit.access AS RESTRICTIVE USING (false)")
    try:
        code, alarms = run(ctl, file)
    finally:
        signed.execute("DROP POLICY hidden ON audit.access")
    assert code == 1 and ("catalogue", "policy hidden of access") in [(alarm["alarm"], alarm["topic"]) for alarm in alarms]


def test_a_witness_that_is_missing_is_told(stack, ctl, settings, signed, file, tmp_path):
    writers = {**settings, "LOCKBOX_AUDIT_DATABASE_URL": stack.audit_writer_url}
    with witness(lockboxctl("audit", "vkey", **writers).stdout, "witness.example/w9", tmp_path) as (vkey, url):
        policy = tmp_path / "policy"
        policy.write_text(f"witness w9 {vkey} {url}\nquorum w9\n")
        settings = {"LOCKBOX_WITNESS_POLICY_FILE": str(policy)}
        code, alarms = run(ctl, file, **settings)
        assert code == 1 and {alarm["alarm"] for alarm in alarms} - {"violation"} == {"witness_missing"}  # late reports are judged late
        assert lockboxctl("audit", "witness", **{**writers, **settings}).returncode == 0
        assert {alarm["alarm"] for alarm in run(ctl, file, **settings)[1]} <= {"violation"}


@contextmanager
def webhook(answers: list[int]):
    """Its URL and what it was sent; it answers by the list, then 202."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(answers.pop(0) if answers else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_hears_of_each_alarm_as_a_cloudevent(ctl, system, signed, file):
    request = Tenant(system).request()
    request.approve()
    await_signed(system, signed)
    with webhook([500]) as (url, got):
        code, alarms = run(ctl, file, "--webhook", url)
        assert code == 3 and alarms  # not taken: told again
        code, alarms = run(ctl, file, "--webhook", url)
        assert code == 1
    assert {kind for kind, _ in got} == {"application/cloudevents+json"}
    events = [event for _, event in got]
    assert {(event["specversion"], event["source"], event["type"]) for event in events} == {
        ("1.0", "/lockbox/monitor", "lockbox.monitor.alarm.v1")}
    assert [event["data"] for event in events[-len(alarms):]] == alarms
    ids = [event["id"] for event in events]
    assert len(set(ids)) == len({json.dumps(event["data"]) for event in events}) < len(ids)
    assert request.id in {event["data"].get("request_id") for event in events}


def test_an_alarm_that_nobody_could_read_is_told_again(ctl, system, signed, file):
    """The disk of its output was full."""
    request = Tenant(system).request()
    request.approve()
    await_signed(system, signed)
    with open("/dev/full", "wb") as full, webhook([]) as (url, got):
        command = [PROGRAM, "audit", "monitor", *ctl.keywords["source"], "--checkpoint", file, "--webhook", url]
        done = subprocess.run(command, env={**ctl.keywords["settings"], "PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1 and "an alarm could not be printed" in done.stderr
    assert request.id in {event["data"].get("request_id") for _, event in got}  # whoever can hear does
    assert ("unsigned_access", request.id) in {(alarm["alarm"], alarm.get("request_id")) for alarm in run(ctl, file)[1]}


def test_wrong_usage(ctl, bare, file):
    assert bare("audit", "monitor").returncode == 2  # --checkpoint is missing
    nowhere = {"LOCKBOX_AUDIT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/audit", "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    assert run(ctl, file, **nowhere) == (3, [])

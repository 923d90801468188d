"""Logs are JSON, say which record they are about, and name no person and no password; the stack's level is debug."""
import json
from pathlib import Path

import psycopg

from support.scenario import Tenant
from support.stack import WORKERS
from support.traffic import await_quiet
from support.waiting import wait_until

WORDS = "Zinnoberrot Quellwolke"  # of a justification, a comment and a title: nothing a log would say by itself


def test_no_person_and_no_text_of_theirs_is_in_a_log(system, stack):
    tenant = Tenant(system, alternates=("zz-alternate@contoso.example",))
    ticket = tenant.ticket(title=f"{WORDS} title")
    request = ticket.request(justification=f"{WORDS} justification")
    request.decide("approve", comment=f"{WORDS} comment")
    request.decide("revoke", comment=f"{WORDS} comment")
    ticket.publish("access.requested", **{**ticket.wish(justification=f"{WORDS} refused"), "duration": "PT99H"})
    # Rejected, with a person in it, and mail that is refused.
    system.publish("decision.submitted", {"request_id": request.id, "decision": WORDS, "by": tenant.owner.principal})
    system.publish("tenant.role_assigned", {"tenant_id": tenant.id, "subscription_id": tenant.subscription,
                                          "principal": {**tenant.owner.principal, "email": f"{WORDS}"}, "role": "owner"})
    wait_until(lambda: len(system.deadletters.where(lambda record: WORDS.encode() in (record.value or b""))) >= 2, "rejected")
    await_quiet(system)
    people = [tenant.admin, tenant.approver, *tenant.all_owners, ticket.engineer]
    passwords = Path(stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"]).parent.glob("*_password")
    secret = [*(file.read_text().strip() for file in passwords), "BEGIN PRIVATE KEY", WORDS, "zz-alternate@contoso.example", *(person.email for person in people),
              *(person.name for person in people)]
    levels = set()
    for log in (stack.directory / "log").glob("*.log"):
        if log.name.split("-")[0].removesuffix(".log") in WORKERS:
            text = log.read_text(errors="replace")
            assert [word for word in secret if word in text] == [], log.name
            levels |= {line["level"] for line in map(json.loads, text.splitlines())}
    assert "debug" in levels


def test_every_line_is_an_object_and_a_rejected_record_can_be_found(system, stack):
    before = len(system.deadletters.where(lambda record: True))
    system.publish("decision.submitted", {"request_id": "no-such", "decision": "perhaps", "by": {"id": "x"}})
    wait_until(lambda: len(system.deadletters.where(lambda record: True)) > before, "it is rejected")
    for worker in WORKERS:
        lines = [json.loads(line) for line in stack.log(worker).splitlines()]
        assert all({"time", "level", "worker", "message"} <= line.keys() and line["worker"] == worker for line in lines)
    [said] = [line for line in map(json.loads, stack.log("decider").splitlines())
              if line["message"] == "record quarantined"][-1:]
    letter = system.deadletters.where(lambda record: True)[-1]
    origin = {name: value.decode() for name, value in letter.headers if name.startswith("__connect.errors")}
    assert (said["topic"], str(said["partition"]), str(said["offset"])) == (
        origin["__connect.errors.topic"], origin["__connect.errors.partition"], origin["__connect.errors.offset"])


def test_what_a_session_begins_with_is_an_object_too(system, stack):
    """PostgreSQL warns each session of a database whose collations are another library's than they were."""
    [[before]] = system.lockbox.rows("SELECT datcollversion FROM pg_database WHERE datname = current_database()")
    change = "UPDATE pg_database SET datcollversion = %s WHERE datname = current_database()"
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as session:
        session.execute(change, ("0",))
        try:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockbox-decider%'")
            wait_until(lambda: "collation" in stack.log("decider"), "it is warned")
        finally:
            session.execute(change, (before,))
    said = [line for line in map(json.loads, stack.log("decider").splitlines()) if "collation" in line.get("warning", "")]
    assert said and all((line["level"], line["message"]) == ("warn", "the database warns") for line in said)

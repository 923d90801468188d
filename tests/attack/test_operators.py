"""Whoever has an operator's login settles and steps over records, and each leaves its row in the activity log."""
import json
import uuid

import psycopg
import pytest

from support.events import Outgoing
from support.waiting import wait_until

OPERATOR = {"id": "jonas", "email": "jonas@lockbox.example", "name": "Jonas Weber"}
LONG = "x" * 3000
ODD = {  # what the operator says of themselves, as JSON, and why
    "a member twice": (json.dumps(OPERATOR)[:-1] + ', "name": "Jo"}', "x"),
    "the id twice": (json.dumps(OPERATOR)[:-1] + ', "id": "jonas"}', "x"),
    "a long address": (json.dumps({**OPERATOR, "email": f"{LONG}@x.example"}), "x"),
    "no address": (json.dumps({**OPERATOR, "email": "nobody"}), "x"),
    "a long name": (json.dumps({**OPERATOR, "name": LONG}), "x"),
    "no text": (json.dumps({**OPERATOR, "name": {"a": 1}}), "x"),
    "a long reason": (json.dumps(OPERATOR), LONG),
    "no reason": (json.dumps(OPERATOR), ""),
}


@pytest.fixture(scope="module")
def operator(system):
    """A session of a person who is lockbox_operator and nothing else."""
    system.lockbox.rows("DO $$ BEGIN CREATE ROLE attack_operator IN ROLE lockbox_operator; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], autocommit=True) as session:
        session.execute("SET SESSION AUTHORIZATION attack_operator")
        yield session


def done_or_refused(operator, statement: str, *parameters) -> bool:
    try:
        return operator.execute(statement, parameters).fetchone()[0] is True
    except psycopg.Error as error:
        assert error.sqlstate in ("23514", "23502", "22P02", "22001"), error
        return False


def event_of(event_id: str, kind: str, data: dict, by: str) -> str:
    text = json.dumps({**data, "login": "attack_operator", "at": "2026-11-23T16:08:38Z"})
    return (f'{{"specversion":"1.0","id":"{event_id}","source":"/lockbox/lockboxctl","type":"lockbox.operator.{kind}.v1",'
            f'"subject":"lockbox.tickets.v1/{data["partition"]}","time":"2026-11-23T16:08:38Z","datacontenttype":"application/json",'
            f'"data":{text[:-1]},"by":{by}}}}}')


def assert_logged(system, event_id: str, operation: str) -> None:
    question = "SELECT operation_name, caller FROM audit.activity_log WHERE event_data_id = %s"
    [row] = wait_until(lambda: system.audit.rows(question, event_id), f"{operation} of {event_id} in the activity log", 60)
    assert (row.operation_name, row.caller) == (operation, "jonas")


@pytest.mark.parametrize("odd", ODD)
def test_a_revoke_is_not_discarded_in_silence(system, operator, tenant, odd):
    by, why = ODD[odd]
    request = tenant.request()
    revoke = f'{{"request_id": "{request.id}", "decision": "deny", "decision": "revoke"}}'
    [sent] = system.publisher.send(Outgoing("lockbox.decisions.v1", request.id, revoke.encode(), (("content-type", b"application/json"),)))
    [kept] = wait_until(lambda: system.lockbox.rows('SELECT quarantine_id FROM lockbox.quarantine WHERE topic = %s AND "partition" = %s AND "offset" = %s',
                                                    *sent.place), "it is in quarantine")
    event_id = str(uuid.uuid4())
    try:
        begun = operator.execute("SELECT begun_at FROM lockbox.quarantine_begin(%s, 'discarded', 'jonas', %s)", (kept.quarantine_id, why)).fetchone()[0]
    except psycopg.Error:
        return
    if done_or_refused(operator, "SELECT lockbox.quarantine_settle(%s, %s, %s, %s::json, NULL, NULL)", kept.quarantine_id, begun, event_id, by):
        assert_logged(system, event_id, "Discard Rejected Record")
    else:
        assert system.lockbox.value("SELECT settled_at FROM lockbox.quarantine_settlement WHERE quarantine_id = %s", kept.quarantine_id) is None


def test_nothing_is_published_again_at_no_place(system, operator, tenant):
    """An event that says so is none, and the record would be settled without a row."""
    [sent] = system.publisher.send(Outgoing("lockbox.decisions.v1", "x", b"nonsense"))
    [kept] = wait_until(lambda: system.lockbox.rows('SELECT quarantine_id FROM lockbox.quarantine WHERE topic = %s AND "partition" = %s AND "offset" = %s',
                                                    *sent.place), "it is in quarantine")
    begun = operator.execute("SELECT begun_at FROM lockbox.quarantine_begin(%s, 'replayed', 'jonas', 'x')", (kept.quarantine_id,)).fetchone()[0]
    for place in ((0, -5), (-1, 0)):
        assert not done_or_refused(operator, "SELECT lockbox.quarantine_settle(%s, %s, %s, %s::json, %s, %s)", kept.quarantine_id, begun,
                                   str(uuid.uuid4()), json.dumps(OPERATOR), *place)


@pytest.mark.parametrize("odd", ODD)
def test_records_are_not_stepped_over_in_silence(system, operator, odd):
    by, why = ODD[odd]
    event_id, first = str(uuid.uuid4()), 10 ** 12 + 10 * list(ODD).index(odd)
    data = {"topic": "lockbox.tickets.v1", "partition": 0, "first_offset": first, "last_offset": first}
    event = event_of(event_id, "partition_skipped", {**data, "reason": why}, by)
    if done_or_refused(operator, "SELECT lockbox.partition_skip('lockbox.tickets.v1', 0, %s, %s, 'jonas', %s, %s, %s)", first, first, why, event_id, event):
        assert_logged(system, event_id, "Step Over Records")


@pytest.mark.parametrize("odd", ODD)
def test_no_log_is_accepted_in_silence(system, operator, odd):
    """Of a partition that there is not: the stack reads on."""
    by, why = ODD[odd]
    event_id, partition = str(uuid.uuid4()), 1000 + list(ODD).index(odd)
    event = event_of(event_id, "partition_accepted", {"topic": "lockbox.tickets.v1", "partition": partition, "log": "2~lockbox.tickets.v1", "reason": why}, by)
    if done_or_refused(operator, "SELECT lockbox.partition_accept('lockbox.tickets.v1', %s, 2, 'jonas', %s, %s, %s)", partition, why, event_id, event):
        assert_logged(system, event_id, "Accept Replaced Log")

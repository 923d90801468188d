"""What an operator orders is told so that everybody can read it: the database makes the event, whatever their program says."""
import json
import uuid

import psycopg
import pytest

SKIP = "SELECT partition_skip(%(topic)s, 0, 5, 5, %(who)s, %(why)s, %(id)s, %(event)s)"
ACCEPT = "SELECT partition_accept(%(topic)s, 0, 2, %(who)s, %(why)s, %(id)s, %(event)s)"
BY = '"email":"jonas@lockbox.example","name":"Jonas"'


def event(by: str = BY, **data) -> str:
    return '{"data":{"by":{"id":"2c1f",' + by + "}" + "".join(f',"{name}":{json.dumps(it)}' for name, it in data.items()) + "}}"


def order(system, statement: str, text: str, why: str = "nobody can read it", who: str = "2c1f") -> str:
    """As whoever may order it; empty where the database does, and then the event that it makes. Nothing of it stays."""
    names = {"topic": f"a.test.{uuid.uuid4()}", "who": who, "why": why, "id": str(uuid.uuid4()), "event": text}
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as connection:
        try:
            connection.execute("SET ROLE lockbox_operator")
            connection.execute(statement, names)
            connection.execute("RESET ROLE")
            return connection.execute("SELECT payload FROM outbox WHERE id = %s", (names["id"],)).fetchone()[0]
        except psycopg.errors.CheckViolation:
            return ""
        finally:
            connection.rollback()


def once(pairs: list) -> dict:
    assert len(pairs) == len(dict(pairs)), pairs
    return dict(pairs)


@pytest.mark.parametrize("statement", [SKIP, ACCEPT], ids=["skip", "accept"])
@pytest.mark.parametrize("text", [event(), event(by=BY + ',"name":"Another"'), event(by=BY + ',"more":{"a":1,"a":2}'),
                                  event(reason="another reason", login="another", topic="another", first_offset=0)],
                         ids=["as it is", "a name twice", "more", "about something else"])
def test_what_is_told_is_what_was_ordered(system, statement, text):
    made = json.loads(order(system, statement, text), object_pairs_hook=once)
    assert made["data"]["by"].keys() == {"id", "email", "name"} and made["data"]["by"]["id"] == "2c1f"
    assert made["data"]["topic"] + "/0" == made["subject"]
    assert (made["data"]["reason"], made["data"]["login"]) == ("nobody can read it", "postgres")
    assert made["data"].get("first_offset", 5) == 5


@pytest.mark.parametrize("statement", [SKIP, ACCEPT], ids=["skip", "accept"])
@pytest.mark.parametrize("by", ['"name":"Jonas"', '"email":"jonas","name":"Jonas"', '"email":"jonas@lockbox.example"',
                                '"email":"jonas@lockbox.example","name":"' + 300 * "J" + '"', '"email":"j@x@y.example","name":""'],
                         ids=["no address", "none", "no name", "a long name", "two addresses"])
def test_whose_order_nobody_could_read(system, statement, by):
    assert order(system, statement, event(by=by)) == ""


@pytest.mark.parametrize("statement", [SKIP, ACCEPT], ids=["skip", "accept"])
def test_a_reason_or_a_name_that_is_too_long(system, statement):
    assert order(system, statement, event(), why=2001 * "x") == ""
    assert order(system, statement, event(), who=129 * "x") == ""


@pytest.mark.parametrize("by", [{}, {"email": "jonas", "name": "Jonas"}, {"email": "jonas@lockbox.example", "name": 300 * "J"}],
                         ids=["nobody", "no address", "a long name"])
def test_who_settles_a_record(system, by):
    """A revoke, say, whose discarding would be no row of audit.activity_log."""
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as connection:
        record = connection.execute("INSERT INTO quarantine (consumer, topic, \"partition\", \"offset\", headers, reason) VALUES"
                                    " ('lockbox.decider', 'lockbox.decisions.v1', 0, 5, '\\x00000000', 'x') RETURNING quarantine_id").fetchone()
        connection.execute("SET ROLE lockbox_operator")
        at = connection.execute("SELECT begun_at FROM quarantine_begin(%s, 'discarded', '2c1f', 'why')", record).fetchone()
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute("SELECT quarantine_settle(%s, %s, gen_random_uuid(), %s, NULL, NULL)", (*record, *at, json.dumps(by)))
        connection.rollback()


@pytest.mark.parametrize("database", ["lockbox", "audit"])
@pytest.mark.parametrize("last", [2 ** 20 + 5, 9 * 10 ** 18])
def test_what_is_to_come_is_not_stepped_over(system, database, last):
    """One order that has all decisions from now on stepped over, or left out of the audit store; lockboxctl takes none of so many."""
    call = {"lockbox": "partition_skip('a test', 0, 5, %s, '2c1f', 'why', gen_random_uuid(), %s)",
            "audit": "partition_skip('a test', 0, 5, %s, '2c1f', %s)"}[database]
    url = system.stack.env["LOCKBOX_SUPERUSER_URL" if database == "lockbox" else "LOCKBOX_AUDIT_SUPERUSER_URL"]
    with psycopg.connect(url, options=f"-c search_path={database}") as connection:
        connection.execute(f"SET ROLE {'lockbox_operator' if database == 'lockbox' else 'lockbox_audit_operator'}")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"SELECT {call}", (last, event()))
        connection.rollback()
        assert connection.execute(f"SELECT {call}", (2 ** 20 + 4, event())).fetchone()[0]
        connection.rollback()

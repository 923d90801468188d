"""What a .sql file says of its parameters and answers is what PostgreSQL describes of the prepared statement."""
import psycopg
import pytest
from psycopg.pq import ExecStatus

from support.statements import Statement, statements

# What of an answer's type each word says, by PostgreSQL's oids; text is what PostgreSQL prints of any.
TYPES = {"boolean": {16}, "bytea": {17}, "timestamptz": {1184}, **dict.fromkeys(["smallint", "integer", "bigint"], {20, 21, 23})}
AUDIT = ("models_", "auditor_", "proof_", "rebuild_", "tools_", "ctl_decision", "ctl_audit_review", "ctl_request_timeline",
         "ctl_partition_accept_audit", "ctl_partition_skip_audit")
DESCRIBED = [it for it in sorted(statements().values(), key=lambda it: it.name)
             if not it.name.startswith("unit_") and ";" not in it.text  # of several statements: a script, never prepared
             and not it.text.lstrip().startswith("COPY")]

COPIED = [it for it in sorted(statements().values(), key=lambda it: it.name) if it.copies and not it.name.startswith("unit_")]


def prepared(system, it: Statement):
    """What the server describes of a statement that is prepared as the workers do it."""
    audit = it.name.startswith(AUDIT)
    url = system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL" if audit else "LOCKBOX_SUPERUSER_URL"]
    with psycopg.connect(url, options=f"-c search_path={'audit' if audit else 'lockbox'}") as connection:
        if it.name in ("rebuild_fetch", "rebuild_compare"):
            connection.execute(next(s.text for s in statements().values() if s.name == "rebuild_begin"))
        server = connection.pgconn
        made = server.prepare(b"it", it.text.encode(), it.types)
        assert made.status == ExecStatus.COMMAND_OK, made.error_message.decode()
        described = server.describe_prepared(b"it")
        assert described.status == ExecStatus.COMMAND_OK, described.error_message.decode()
        connection.rollback()
        return described


@pytest.mark.parametrize("it", DESCRIBED, ids=lambda it: it.name)
def test_a_statement_is_what_its_file_says(system, it):
    described = prepared(system, it)
    assert described.nparams == len(it.types)
    if it.answers is None:
        return  # nobody reads them
    assert [described.fname(i).decode() for i in range(described.nfields)] == [column["name"] for column in it.answers]
    for i, column in enumerate(it.answers):
        assert described.ftype(i) in TYPES.get(column["type"], {described.ftype(i)}), column["name"]


@pytest.mark.parametrize("it", COPIED, ids=lambda it: it.name)
def test_a_copied_row_is_as_wide_as_its_table(system, it):
    """COPY's binary form has no types: a column of another width would be refused, or misread."""
    table = it.text.split("COPY ", 1)[1].split()[0]
    names = {"timestamp with time zone": "timestamptz"}
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]) as connection:
        there = dict(connection.execute("SELECT column_name, data_type FROM information_schema.columns"
                                        " WHERE table_schema = 'audit' AND table_name = %s", [table]).fetchall())
    assert it.copies == {column: names.get(there[column], there[column]) for column in it.copies}


def test_the_inbox_is_pruned_without_a_loop_in_a_loop(system):
    """By a worker's role, which row level security keeps from statistics: rows that were compared each with each took seconds a minute."""
    prune = next(it for it in statements().values() if it.name == "store_prune_inbox")
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as connection:
        connection.execute("""INSERT INTO inbox (source, event_id, identity, topic, consumer)
            SELECT 'prune', i::text, sha256(''), 'a test', 'lockbox.' || (ARRAY['requester', 'decider', 'notifier'])[1 + i % 3]
              FROM generate_series(1, 6000) AS i""")
        connection.execute("ANALYZE inbox")
        connection.execute("SET ROLE lockbox_notifier")
        plan = psycopg.RawCursor(connection).execute(f"EXPLAIN {prune.text}", ["P30D"]).fetchall()
        assert "Nested Loop" not in str(plan), "\n".join(line for line, in plan)
        psycopg.RawCursor(connection).execute(prune.text, ["PT0S"])
        connection.execute("RESET ROLE")
        left = connection.execute("SELECT consumer, count(*) FROM inbox WHERE source = 'prune' GROUP BY 1 ORDER BY 1").fetchall()
        assert left == [("lockbox.decider", 2000), ("lockbox.requester", 2000)]
        connection.rollback()

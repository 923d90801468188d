"""What a .sql file says of its parameters and answers is what PostgreSQL describes of the prepared statement."""
import re

import psycopg
import pytest
from psycopg.pq import ExecStatus

from support.statements import Statement, statements

# What of an answer's type each word says, by PostgreSQL's oids; text is what PostgreSQL prints of any.
TYPES = {"boolean": {16}, "bytea": {17}, "timestamptz": {1184}, **dict.fromkeys(["smallint", "integer", "bigint"], {20, 21, 23})}
AUDIT = ("models_", "auditor_", "proof_", "rebuild_", "tools_", "ctl_decision", "ctl_audit_review", "ctl_audit_partitions", "ctl_request_timeline",
         "ctl_cluster_report", "ctl_partition_accept_audit", "ctl_partition_skip_audit")
DESCRIBED = [it for it in sorted(statements().values(), key=lambda it: it.name)
             if not it.name.startswith("unit_") and ";" not in re.sub("--.*", "", it.text)  # a script of several is never prepared
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
    """By a worker's login, each consumer its own: rows that were compared each with each took seconds a minute."""
    prune = next(it for it in statements().values() if it.name == "store_prune_inbox")
    plans = []
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as connection:
        connection.execute("""INSERT INTO inbox (source, event_id, identity, topic, consumer)
            SELECT 'prune', i::text, sha256(''), 'a test', 'lockbox.' || (ARRAY['requester', 'decider', 'notifier'])[1 + i % 3]
              FROM generate_series(1, 6000) AS i""")
        connection.execute("ANALYZE inbox")
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary))
        connection.execute("LOAD 'auto_explain'")
        connection.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET client_min_messages = log")
        connection.execute("SET SESSION AUTHORIZATION lockbox_notifier")
        psycopg.RawCursor(connection).execute(prune.text, ["PT0S"])
        assert "Delete on inbox" in str(plans) and "Nested Loop" not in str(plans), "\n".join(plans)
        connection.execute("RESET SESSION AUTHORIZATION")
        left = connection.execute("SELECT consumer, count(*) FROM inbox WHERE source = 'prune' GROUP BY 1 ORDER BY 1").fetchall()
        assert left == [("lockbox.decider", 2000), ("lockbox.requester", 2000)]
        connection.rollback()


# How many events the planner knows of when it plans, each published; 0: nobody told it anything. The last are planned while others wait.
BACKLOG = "started with a backlog"
OUTBOX = {"new": 0, "young": 100, "at rest": 20000, BACKLOG: 20000}
WAITING = 4000  # events, each of a key of its own


def outbox_like(connection, known: str) -> None:
    """Hides the outbox behind an empty one of the same columns and indexes, which ends with the connection."""
    connection.execute("CREATE TEMP TABLE outbox (LIKE lockbox.outbox INCLUDING ALL)")
    connection.execute("CREATE TEMP TABLE lease (LIKE lockbox.lease INCLUDING ALL)")
    connection.execute("INSERT INTO lease (name, part, holder, pid, held_until)"
                       " SELECT 'relay', part, %s, 0, 'infinity' FROM generate_series(0, 15) AS part", [HOLDER])
    if OUTBOX[known]:
        write_outbox(connection, OUTBOX[known])
        connection.execute("UPDATE outbox SET published_at = clock_timestamp()")
        connection.execute("ANALYZE outbox")


def write_outbox(connection, count: int) -> None:
    connection.execute("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)"
                       " SELECT gen_random_uuid(), 'tenant', gen_random_uuid(), 'lockbox.tenant.changed.v1', repeat('x', 500)"
                       " FROM generate_series(1, %s)", [count])


def rows_read(plan: dict) -> int:
    """By all of its scans and joins together, whatever became of them."""
    filtered = sum(plan.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"))
    return int((plan["Actual Rows"] + filtered) * plan["Actual Loops"]) + sum(rows_read(it) for it in plan.get("Plans", []))


HOLDER = "0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c52"
PARTS = "{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}"
TAKEN = {"relay_take_fresh": [HOLDER, PARTS, "AFTER", 500, 8 << 20],
         "relay_take_heads": [HOLDER, PARTS, "AFTER", 1 << 40, 2000, 500, 8 << 20]}


@pytest.mark.parametrize("known", OUTBOX)
@pytest.mark.parametrize("name", TAKEN)
def test_the_relay_looks_up_each_keys_earlier_events(system, name, known):
    """Whatever the planner believes of how many wait: compared each with each, 3,000 took three seconds, in which nothing was published."""
    take = next(it for it in statements().values() if it.name == name)
    options = "-c search_path=pg_temp,lockbox -c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan"  # a worker's
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options=options) as connection:
        outbox_like(connection, known)
        if known == BACKLOG:
            write_outbox(connection, WAITING)
        made = connection.pgconn.prepare(b"it", take.text.encode(), take.types)
        assert made.status == ExecStatus.COMMAND_OK, made.error_message.decode()

        def execute(how: str, after: int) -> list:
            values = ", ".join(f"'{after if value == 'AFTER' else value}'" for value in TAKEN[name])
            return connection.execute(f"{how} EXECUTE it ({values})").fetchall()
        execute("", 0)
        if known != BACKLOG:
            write_outbox(connection, WAITING)
        half = connection.execute("SELECT max(seq) - %s FROM outbox", [WAITING // 2]).fetchone()[0]
        for after in (0, half):
            plan = execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)", after)[0][0][0]["Plan"]
            assert rows_read(plan) < 20 * WAITING, plan
        connection.rollback()


@pytest.mark.parametrize("known", [0, 100])
def test_the_inbox_is_asked_for_each_event_by_itself(system, known):
    """Also while it is young, and the planner knows of as many rows: it was read whole for each batch."""
    received = next(it for it in statements().values() if it.name == "store_received")
    options = "-c search_path=pg_temp,lockbox -c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan"
    enter = ("INSERT INTO inbox (source, event_id, identity, topic, consumer)"
             " SELECT '/source', i, sha256(''), 'a topic', 'a consumer' FROM generate_series(%s::int, %s) AS i")
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options=options) as connection:
        connection.execute("CREATE TEMP TABLE inbox (LIKE lockbox.inbox INCLUDING ALL)")
        connection.execute(enter, [1, known])
        if known:
            connection.execute("ANALYZE inbox")
        made = connection.pgconn.prepare(b"it", received.text.encode(), received.types)
        assert made.status == ExecStatus.COMMAND_OK, made.error_message.decode()
        asked = [["a topic"] * 200, ["/source"] * 200, [str(i) for i in range(1, 201)]]
        arrays = ["'{" + ",".join(column) + "}'" for column in asked]
        ask = f"EXECUTE it ({', '.join(arrays)}, 'a consumer')"
        connection.execute(ask)
        connection.execute(enter, [known + 1, 20000])
        assert len(connection.execute(ask).fetchall()) == 200
        plan = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {ask}").fetchone()[0][0]["Plan"]
        assert rows_read(plan) < 5000, plan
        connection.rollback()


def test_what_waits_is_counted_without_what_went_out(system):
    """Also behind a backlog that the planner takes to wait still: every five seconds the relay read the whole table, by an index whose ranges do
    not shrink, and published nothing meanwhile."""
    gauges = next(it for it in statements().values() if it.name == "relay_gauges")
    options = "-c search_path=pg_temp,lockbox -c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan"
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options=options) as connection:
        outbox_like(connection, BACKLOG)
        write_outbox(connection, 20_000)
        connection.execute("ANALYZE outbox")
        connection.execute("UPDATE outbox SET published_at = clock_timestamp()")
        write_outbox(connection, 10)
        plan = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {gauges.text}").fetchone()[0][0]["Plan"]
        assert rows_read(plan) < 1000, plan
        waiting = {row[0]: row[2] for row in connection.execute(gauges.text).fetchall()}
        assert waiting["outbox_unpublished"] == "10" and float(waiting["outbox_age_seconds"]) >= 0
        connection.rollback()

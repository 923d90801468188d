"""LOCK TABLE: no login keeps the others from a table for as long as its session lasts."""
import psycopg
import pytest

LOCKBOX = ["lockbox_relay", "lockbox_requester", "lockbox_decider", "lockbox_expirer", "lockbox_notifier", "lockbox_enforcer",
           "lockbox_authorizer", "lockbox_operator"]
AUDIT = ["lockbox_auditor", "lockbox_tenant_auditor", "lockbox_audit_operator"]
NOBODY_ELSES = {"lockbox_notifier": {"notification_sender"}}  # the mails' senders, which the notifier alone looks at
TABLES = "SELECT relname::text FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition"


def lockable(system, login: str, schema: str, mode: str) -> set[str]:
    """With the login's privileges: nobody has a password of lockbox_operator."""
    found = set()
    url = system.stack.env["LOCKBOX_SUPERUSER_URL" if schema == "lockbox" else "LOCKBOX_AUDIT_SUPERUSER_URL"]
    with psycopg.connect(url) as connection:
        tables = [table for table, in connection.execute(TABLES, (schema,)).fetchall()]
        connection.execute(f"SET ROLE {login}")
        for table in tables:
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(f'LOCK TABLE {schema}."{table}" IN {mode} MODE')
                found.add(table)
            except psycopg.errors.InsufficientPrivilege:
                pass
        connection.rollback()
    assert len(tables) > 20
    return found


@pytest.mark.parametrize("mode", ["SHARE", "ACCESS EXCLUSIVE"])
@pytest.mark.parametrize("login", LOCKBOX)
def test_a_login_of_the_operational_database(system, login, mode):
    assert lockable(system, login, "lockbox", mode) == NOBODY_ELSES.get(login, set())


@pytest.mark.parametrize("login", AUDIT)
def test_who_reads_the_audit_store(system, login):
    assert lockable(system, login, "audit", "SHARE") == set()


def test_the_rows_of_another_workers_consumer(attacker, system):
    """Nor are they locked one by one."""
    with attacker.session("lockbox_notifier") as notifier:
        assert notifier.execute("SELECT count(*) FROM consumer_offset WHERE consumer LIKE '%decider'").fetchone()[0] > 0
        assert notifier.execute("SELECT FROM consumer_offset WHERE consumer LIKE '%decider' FOR UPDATE").rowcount == 0
        assert notifier.execute("SELECT FROM inbox WHERE consumer LIKE '%decider' FOR UPDATE").rowcount == 0


def test_rows_are_deleted_of_the_own_consumer_alone(attacker, system):
    mine = "SELECT count(*) FROM lockbox.inbox WHERE source = 'a test' AND consumer = %s"
    system.lockbox.rows("INSERT INTO lockbox.inbox (source, event_id, identity, topic, consumer) SELECT 'a test', 'x', '', 'a test', consumer"
                        " FROM unnest('{lockbox.decider,lockbox.notifier}'::text[]) AS consumer ON CONFLICT DO NOTHING")
    try:
        with attacker.session("lockbox_notifier") as notifier:
            notifier.execute("SELECT inbox_prune('1 second')")
            assert notifier.execute(mine, ("lockbox.decider",)).fetchone()[0] == 1
            notifier.execute("SELECT inbox_prune('-1 hour')")
            assert notifier.execute(mine, ("lockbox.decider",)).fetchone()[0] == 1
            assert notifier.execute(mine, ("lockbox.notifier",)).fetchone()[0] == 0
            notifier.rollback()
    finally:
        system.lockbox.rows("DELETE FROM lockbox.inbox WHERE source = 'a test'")


def test_the_mark_of_a_database_that_was_set_back(attacker):
    """While it stands nothing is decided: another worker's login does not take it away."""
    with attacker.session("lockbox_decider") as decider:
        decider.execute("INSERT INTO set_back (consumer, topic, \"partition\", next_offset, committed_offset) VALUES"
                        " ('lockbox.decider', 'a test', 7, 1, 2)")
        decider.execute("SELECT set_back_forget('lockbox.notifier', '{a test}', '{7}')")
        assert decider.execute("SELECT count(*) FROM set_back WHERE topic = 'a test'").fetchone()[0] == 1
        decider.execute("SELECT set_back_forget('lockbox.decider', '{a test}', '{7}')")
        assert decider.execute("SELECT count(*) FROM set_back WHERE topic = 'a test'").fetchone()[0] == 0
        decider.rollback()
    assert attacker.tries("lockbox_decider", "DELETE FROM set_back") == "42501"

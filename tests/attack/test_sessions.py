"""What a session may set, and what PostgreSQL gives to whoever is let in: nothing of it changes what a login may do, or what a worker reads."""
import psycopg
import pytest

from support.outbox import INSERT, payload, row
from support.waiting import wait_until

LOCKBOX = ["lockbox_relay", "lockbox_requester", "lockbox_decider", "lockbox_expirer", "lockbox_notifier", "lockbox_enforcer", "lockbox_authorizer"]
AUDIT = ["lockbox_audit_writer", "lockbox_auditor"]
REFUSED = ["SET session_replication_role = replica", "SET ROLE lockbox_owner", "SET ROLE lockbox_audit_owner", "SET ROLE lockbox_operator",
           "SET SESSION AUTHORIZATION postgres", "SET zero_damaged_pages = on",
           "COPY (SELECT 1) TO PROGRAM 'true'", "COPY (SELECT 1) TO '/tmp/it'", "SELECT pg_read_file('PG_VERSION')",
           "SELECT lo_import('PG_VERSION')", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
           "SELECT pg_reload_conf()", "SELECT pg_switch_wal()", "SELECT pg_create_physical_replication_slot('it')",
           "SELECT pg_stat_reset()", "CREATE SCHEMA mine", "CREATE TABLE public.mine (it integer)",
           "CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION dblink",
           "ALTER ROLE lockbox_owner LOGIN", "ALTER ROLE postgres SET search_path = mine"]
OF_A_TABLE = ["TRUNCATE {}", "CREATE INDEX ON {} ((1))", "CREATE TRIGGER mine BEFORE UPDATE ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
              "ALTER TABLE {} DISABLE TRIGGER ALL", "CREATE POLICY mine ON {} USING (true)", "CREATE RULE mine AS ON UPDATE TO {} DO INSTEAD NOTHING",
              "GRANT SELECT ON {} TO PUBLIC"]


@pytest.mark.parametrize("login", LOCKBOX + AUDIT)
def test_what_a_session_may_not(attacker, login):
    database = "audit" if login in AUDIT else "lockbox"
    for statement in REFUSED:
        if login == "lockbox_auditor" and "pg_temp" in statement:
            continue  # it has temporary tables, for audit rebuild --check; no function of another's looks into its schema
        assert attacker.tries(login, statement, database=database) == "42501", statement


@pytest.mark.parametrize("login", LOCKBOX + AUDIT)
def test_what_is_the_owners(attacker, system, login):
    database = "audit" if login in AUDIT else "lockbox"
    for table in ("event", "checkpoint", "breach") if login in AUDIT else ("request", "outbox", "access_item", "vote", "quarantine", "set_back"):
        for statement in OF_A_TABLE:
            code = attacker.tries(login, statement.format(f"{database}.{table}"), database=database)
            assert code == "42501" or statement.startswith("GRANT"), statement
    granted = "SELECT 1 FROM information_schema.role_table_grants WHERE table_schema IN ('lockbox', 'audit') AND grantee = 'PUBLIC'"
    assert not system.lockbox.rows(granted) and not system.audit.rows(granted)


@pytest.mark.parametrize("login", LOCKBOX)
def test_no_number_is_set_back(attacker, system, login):
    sequences = [row.name for row in system.lockbox.rows("SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'S'")]
    assert len(sequences) >= 2
    for sequence in sequences:
        for call in ("setval('{}', 1)", "nextval('{}')"):
            assert attacker.tries(login, "SELECT " + call.format(sequence)) == "42501"


def test_no_transaction_outlives_its_session(attacker):
    """max_prepared_transactions = 0, PostgreSQL's own choice: what is prepared would keep its locks."""
    with attacker.session("lockbox_expirer") as expirer:
        expirer.execute("SELECT 1 FROM request FOR UPDATE")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            expirer.execute("PREPARE TRANSACTION 'mine'")
        expirer.rollback()


@pytest.mark.parametrize("login", ["lockbox_requester", "lockbox_decider", "lockbox_expirer"])
def test_row_security_is_not_switched_off(attacker, login):
    assert attacker.tries(login, "SET row_security = off", "SELECT count(*) FROM request") == "42501"


DEFAULTS = ["search_path = pg_catalog", "timezone = 'Asia/Tokyo'", "datestyle = 'German, DMY'", "statement_timeout = '1ms'", "lock_timeout = '1ms'",
            "idle_in_transaction_session_timeout = '1ms'", "enable_indexscan = off", "default_transaction_isolation = serializable"]


def test_defaults_that_a_login_leaves_behind(attacker, system, tenant):
    """Every login may set its own, and its password. What a worker's session needs it sets itself."""
    request = tenant.request()
    try:
        assert attacker.tries("lockbox_decider", *(f"ALTER ROLE lockbox_decider SET {default}" for default in DEFAULTS)) == ""
        system.stack.kill("decider")
        system.stack.await_ready("decider")
        assert request.decide("approve", comment="all is as it was") == "applied"
        assert request.check().allowed
    finally:
        system.lockbox.rows("ALTER ROLE lockbox_decider RESET ALL")
        system.stack.kill("decider")
        system.stack.await_ready("decider")


def test_an_event_that_the_relays_login_puts_off_for_ever(system):
    text = payload("lockbox.tenant.changed.v1", "contoso", {"tenant_id": "contoso", "change": "lockbox_enabled"})
    with psycopg.connect(system.stack.env["LOCKBOX_SUPERUSER_URL"], options="-c search_path=lockbox") as connection:
        connection.execute(INSERT, row("lockbox.tenant.changed.v1", "contoso", text))
        connection.execute("SET LOCAL ROLE lockbox_relay")
        connection.execute("UPDATE outbox SET next_attempt_at = 'infinity' WHERE published_at IS NULL AND payload = %s", (text,))
    try:
        wait_until(lambda: not system.stack.status()["relay"]["ready"], "the relay says that an event waits")
    finally:
        system.lockbox.rows("DELETE FROM lockbox.outbox WHERE published_at IS NULL AND payload = %s", text)
        system.stack.await_ready("relay")

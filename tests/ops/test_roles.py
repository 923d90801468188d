"""What each role's statements need, it may; what docs/security.md says it may not, the server refuses."""
import os
import re
from pathlib import Path

import psycopg
import pytest

from support.outbox import INSERT, payload, row
from support.scenario import Tenant
from support.sql import as_role
from support.statements import statements

TEXTS = {path: it.text for path, it in statements().items()}
REPOSITORY = Path(__file__).resolve().parents[2]
INVENTORY = Path(__file__).parent / "privileges.txt"

STORE = "common/store/sql/store"
CONSUMING = ["common/store/sql/offsets", *(f"{STORE}/{name}.sql" for name in ("receive", "received", "judged", "prune_inbox", "outbox",
                                                                             "quarantine", "wake_relay", "clock", "raise_mark"))]
STEPPING = [f"{STORE}/{name}.sql" for name in ("load_requests", "update_requests", "end_access", "wake_expirer")]
STATEMENTS = {  # what each worker runs; a directory means all of it
    "requester": [*CONSUMING, *STEPPING, f"{STORE}/insert_requests.sql", f"{STORE}/open_access.sql",
                  "services/requester/sql"],
    "decider": [*CONSUMING, *STEPPING, f"{STORE}/open_access.sql", f"{STORE}/count_votes.sql",
                "services/decider/sql"],
    "expirer": [f"{STORE}/clock.sql", f"{STORE}/raise_mark.sql", f"{STORE}/move_requests.sql", f"{STORE}/outbox.sql",
                f"{STORE}/wake_expirer.sql", f"{STORE}/wake_relay.sql", "services/expirer/sql"],
    "relay": ["services/relay/sql"],
    "notifier": [*CONSUMING, "services/notifier/sql"],
    "authorizer": ["services/authorizer/sql"],
    "auditor": ["common/store/sql/offsets", "services/auditor/sql"],
}


def files_of(worker: str) -> list[Path]:
    found = [REPOSITORY / place for place in STATEMENTS[worker]]
    return [path for place in found for path in (sorted(place.glob("*.sql")) if place.is_dir() else [place])]


def session(system, role: str, database: str = "lockbox") -> psycopg.Connection:
    url = system.stack.env["LOCKBOX_DATABASE_URL" if database == "lockbox" else "LOCKBOX_AUDIT_DATABASE_URL"]
    return psycopg.connect(as_role(url, role), options=f"-c search_path={database}")


@pytest.mark.parametrize("path, worker", [(path, worker) for worker in STATEMENTS for path in files_of(worker)],
                         ids=lambda it: it if isinstance(it, str) else f"{it.parts[-3]}/{it.name}")
def test_a_worker_may_run_its_statements(system, worker, path):
    """Planned and made ready to run, which is where privileges are looked at."""
    text = TEXTS[path.relative_to(REPOSITORY)]
    values = ", ".join(["NULL"] * max([0, *map(int, re.findall(r"\$(\d+)", text))]))
    role, database = ("lockbox_audit_writer", "audit") if worker == "auditor" else (f"lockbox_{worker}", "lockbox")
    with session(system, role, database) as connection:
        connection.execute(f"PREPARE it AS {text}")
        connection.execute(f"EXPLAIN EXECUTE it{f'({values})' if values else ''}")
        connection.rollback()


def test_every_statement_is_somebodys():
    listed = {path for worker in STATEMENTS for path in files_of(worker)}
    there = {*REPOSITORY.glob("services/*/sql/*.sql"), *REPOSITORY.glob(f"{STORE}/*.sql"),
             *REPOSITORY.glob("common/store/sql/offsets/*.sql")}
    assert there - listed == set()


OFFSETS = "INSERT INTO consumer_offset VALUES ('lockbox.{}', 'lockbox.tickets.v1', 0, 9, 9, 'me')"
INBOX = "INSERT INTO inbox (consumer, topic, source, event_id, identity) VALUES ('lockbox.{}', 't', 's', 'x', '')"
OUTBOX = ("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)"
          " VALUES (gen_random_uuid(), 'request', 'x', 'lockbox.{}.v1', '{{}}')")
OPEN = ("INSERT INTO access_item SELECT request_id, 9, 'eve', resource_id, 'get_pod_logs', 'openshift-x', NULL, NULL,"
        " clock_timestamp(), clock_timestamp() + interval '8 hours', 'approved' FROM request LIMIT 1")
MAKE_APPROVER = ("INSERT INTO role_assignment VALUES ('t', 's', 'owner', 'eve', 'eve@x.example', 'Eve', clock_timestamp())")
MAKE_KEY = "INSERT INTO approver_key VALUES ('t', 'eve', decode(repeat('00', 32), 'hex'), clock_timestamp())"
MAKE_REQUEST = ("INSERT INTO request (request_id, state, version, ticket_id, engineer_id, resource_id, created_at, standing, consent,"
                " particulars) VALUES (gen_random_uuid(), 'customer_notified', 1, 't', 'eve', 'r', clock_timestamp(), '', '', '')")
APPROVE = "UPDATE request SET state = 'approved' WHERE state = 'customer_notified'"

FORBIDDEN = {
    "lockbox_requester": [
        APPROVE, "UPDATE request SET engineer_id = 'eve'", "DELETE FROM request",
        "UPDATE access_item SET engineer_id = 'eve'", "UPDATE access_item SET expires_at = 'infinity'",
        "DELETE FROM access_item", "UPDATE role_assignment SET principal_id = 'eve'", "DELETE FROM role_assignment",
        "UPDATE approver_key SET public_key = decode(repeat('00', 32), 'hex')", "DELETE FROM ticket",
        "SELECT payload FROM outbox", OUTBOX.format("decision.judged"), OUTBOX.format("notification.sent"),
        "UPDATE outbox SET published_at = clock_timestamp()", "SELECT value FROM quarantine", "DELETE FROM quarantine",
        "UPDATE quarantine SET published_at = clock_timestamp()", "UPDATE inbox SET identity = ''",
        "UPDATE inbox SET event_id = 'x'", "SELECT recipient FROM notification", "SELECT snapshot FROM notice", OFFSETS.format("decider"),
        INBOX.format("decider")],
    "lockbox_decider": [
        MAKE_REQUEST, MAKE_APPROVER, MAKE_KEY, "UPDATE role_assignment SET removed_at = NULL",
        "UPDATE approver_key SET removed_at = NULL", "UPDATE subscription SET lockbox_enabled = false",
        "SELECT snapshot FROM ticket", "UPDATE request SET resource_id = 'r'",
        "UPDATE access_item SET expires_at = 'infinity'", "UPDATE access_item SET action = 'delete_object'",
        "DELETE FROM access_item", "DELETE FROM request", OUTBOX.format("tenant.changed"),
        OUTBOX.format("notification.sent"), "SELECT payload FROM outbox", "SELECT recipient FROM notification",
        OFFSETS.format("requester"), INBOX.format("requester")],
    "lockbox_expirer": [
        OPEN, APPROVE, MAKE_REQUEST, "UPDATE access_item SET expires_at = 'infinity'",
        "SELECT engineer_id FROM access_item", "UPDATE access_item SET expires_at = clock_timestamp()",
        OUTBOX.format("request.approved"), OUTBOX.format("decision.judged"), "SELECT principal_id FROM role_assignment", "SELECT snapshot FROM ticket", "SELECT payload FROM outbox",
        "SELECT epoch FROM consumer_offset", "SELECT event_id FROM inbox", "SELECT recipient FROM notification",
        "DELETE FROM request"],
    "lockbox_relay": [
        "DELETE FROM outbox",         OUTBOX.format("request.approved"), "UPDATE outbox SET payload = '{}'", "UPDATE outbox SET type = 'x'",
        "UPDATE quarantine SET value = ''", "DELETE FROM quarantine", "SELECT particulars FROM request", APPROVE, OPEN,
        "SELECT engineer_id FROM access_item", "SELECT recipient FROM notification", "SELECT snapshot FROM ticket",
        "SELECT principal_id FROM role_assignment", "SELECT epoch FROM consumer_offset"],
    "lockbox_notifier": [
        APPROVE, OPEN, "SELECT particulars FROM request", "SELECT engineer_id FROM access_item",
        "UPDATE access_item SET expires_at = clock_timestamp()", OUTBOX.format("request.approved"),
        OUTBOX.format("decision.judged"), "SELECT payload FROM outbox", "UPDATE notification SET recipient = 'eve@x.example'",
        "DELETE FROM notification", "DELETE FROM notification_earlier_attempt", "UPDATE notice SET snapshot = '{}'", "UPDATE ticket SET open = true",
        "SELECT principal_id FROM role_assignment", MAKE_APPROVER, OFFSETS.format("decider"), INBOX.format("decider")],
    "lockbox_enforcer": [
        "SELECT engineer_id FROM access_item", "SELECT state FROM request", OPEN, APPROVE, "SELECT payload FROM outbox",
        "SELECT snapshot FROM ticket", "SELECT epoch FROM consumer_offset", "SELECT version FROM schema_version"],
    "lockbox_operator": [
        APPROVE, OPEN, "UPDATE quarantine SET published_at = NULL", "DELETE FROM quarantine",
        OUTBOX.format("quarantine.replayed"), "DELETE FROM quarantine_settlement",
        "INSERT INTO quarantine_settlement VALUES (1, 'discarded', 'eve', 'eve', 'x', clock_timestamp())",
        "UPDATE notification SET state = 'sent'", "UPDATE consumer_offset SET next_offset = 0"],
}
NOBODY_MAY = ["TRUNCATE request", "CREATE TABLE mine (it integer)", "DROP TABLE access_item",
              "ALTER TABLE request DISABLE ROW LEVEL SECURITY", "DROP TRIGGER never_longer ON access_item",
              "UPDATE schema_version SET version = 1", "CREATE OR REPLACE FUNCTION access_check(text, text, text, text, text, text, text)"
              " RETURNS integer LANGUAGE sql AS 'SELECT 1'"]
REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)


@pytest.fixture(scope="module")
def lived(system):
    """A request that waits and one that is granted, so that there is something to lay hands on."""
    tenant = Tenant(system)
    waiting, granted = tenant.request(), tenant.request()
    granted.approve()
    return waiting, granted


@pytest.mark.parametrize("role, statement", [(role, statement) for role, statements in FORBIDDEN.items()
                                             for statement in statements + NOBODY_MAY])
def test_role_is_refused(system, lived, role, statement):
    login = "postgres" if role == "lockbox_operator" else role
    with session(system, login) as connection:
        if login != role:
            connection.execute(f"SET ROLE {role}")
        with pytest.raises(REFUSED):
            connection.execute(statement)
        connection.rollback()


@pytest.mark.parametrize("role, statement", [
    ("lockbox_requester", "UPDATE consumer_offset SET next_offset = 0 WHERE consumer LIKE '%decider'"),
    ("lockbox_decider", "UPDATE consumer_offset SET next_offset = 0 WHERE consumer LIKE '%notifier'"),
    ("lockbox_notifier", "UPDATE consumer_offset SET next_offset = 0 WHERE consumer LIKE '%requester'"),
])
def test_rows_of_others_are_out_of_reach(system, lived, role, statement):
    with session(system, role) as connection:
        assert connection.execute(statement).rowcount == 0
        connection.rollback()


def test_the_relay_cannot_drop_what_it_has_not_published(system):
    with session(system, "lockbox_worker") as worker:
        judged = payload("lockbox.decision.judged.v1", "x", {})
        worker.execute(INSERT, row("lockbox.decision.judged.v1", "x", judged))
        worker.execute("SET ROLE lockbox_relay")
        assert worker.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()[0] >= 1
        worker.execute("SELECT outbox_prune('-1 day')")
        assert worker.execute("SELECT count(*) FROM outbox WHERE payload = %s", (judged,)).fetchone()[0] == 1
        worker.rollback()


AUDIT_FORBIDDEN = {
    "lockbox_audit_writer": ["UPDATE event SET raw = ''", "DELETE FROM event", "TRUNCATE event",
                             "UPDATE schema_version SET version = 1", "CREATE TABLE mine (it integer)"],
    "lockbox_auditor": ["UPDATE event SET raw = ''", "DELETE FROM event", "INSERT INTO event DEFAULT VALUES",
                        "UPDATE consumer_offset SET next_offset = 0", "CREATE TABLE mine (it integer)"],
}


@pytest.mark.parametrize("role, statement", [(role, it) for role, all_of in AUDIT_FORBIDDEN.items() for it in all_of])
def test_audit_role_is_refused(system, role, statement):
    with session(system, role, "audit") as connection:
        with pytest.raises(REFUSED):
            connection.execute(statement)
        connection.rollback()


def test_the_workers_login_operates_a_small_deployment(system):
    """But for what is ordered of both databases, and for what this database was set back from."""
    left = system.lockbox.rows("""
        SELECT proname::text FROM pg_proc
         WHERE pronamespace = 'lockbox'::regnamespace AND has_function_privilege('lockbox_operator', oid, 'EXECUTE')
           AND NOT has_function_privilege('lockbox_worker', oid, 'EXECUTE') ORDER BY proname""")
    assert [row.proname for row in left] == ["log_read", "offsets_accept", "partition_accept", "partition_skip"]


def test_what_the_enforcer_may(system, lived):
    waiting, granted = lived
    assert granted.check().allowed and not waiting.check().allowed


ASK = "SELECT allowed, reason, version FROM access_check(%s, %s, 'create_object', 'openshift-x', 'ConfigMap', %s, %s)"


def test_only_the_authorizer_may_put_off_a_part_of_the_question(system):
    """It asks for a creation before it knows the object's name, and again once it does."""
    tenant = Tenant(system)
    request = tenant.request(actions=[{"action": "create_object", "namespace": "openshift-x", "kind": "ConfigMap", "name": "a"}])
    request.approve()
    who = (request.ticket.engineer.id, tenant.resource)
    with session(system, "lockbox_enforcer") as enforcer, session(system, "lockbox_authorizer") as authorizer:
        assert enforcer.execute(ASK, (*who, "a", None)).fetchone() == (True, "approved", 2)
        assert enforcer.execute(ASK, (*who, None, None)).fetchone() == (False, "no_grant", None)
        assert enforcer.execute(ASK, (*who, "a", "*")).fetchone() == (False, "content_required", None)
        assert authorizer.execute(ASK, (*who, None, "*")).fetchone() == (True, "approved", 2)
        assert authorizer.execute(ASK, (*who, "b", "*")).fetchone() == (False, "no_grant", None)


def inventory(system) -> str:
    """Role, table, privilege, and the columns where it is not for all of them; role and the function that it may call."""
    rows = system.lockbox.rows("""
        WITH held AS (
            SELECT r.rolname AS role, c.relname AS relation, p.privilege,
                   has_table_privilege(r.oid, c.oid, p.privilege) AS whole,
                   CASE WHEN p.privilege <> 'DELETE' THEN
                       (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                           AND has_column_privilege(r.oid, c.oid, a.attname, p.privilege)) END AS columns
              FROM pg_roles r, pg_class c,
                   unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS p (privilege, place)
             WHERE c.relnamespace = 'lockbox'::regnamespace AND c.relkind IN ('r', 'v', 'p')
               AND r.rolname IN ('lockbox_requester', 'lockbox_decider', 'lockbox_expirer', 'lockbox_relay',
                                 'lockbox_notifier', 'lockbox_enforcer', 'lockbox_authorizer', 'lockbox_operator')
               AND c.relname <> 'schema_version')
        SELECT role || ' ' || relation || ' ' || privilege || CASE WHEN whole THEN '' ELSE ' (' || columns || ')' END
               AS line
          FROM held WHERE whole OR columns IS NOT NULL ORDER BY role, relation, privilege""")
    rows += system.lockbox.rows("""
        SELECT r.rolname || ' calls ' || p.proname AS line
          FROM pg_roles r, pg_proc p
         WHERE p.pronamespace = 'lockbox'::regnamespace AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
           AND r.rolname IN ('lockbox_requester', 'lockbox_decider', 'lockbox_expirer', 'lockbox_relay', 'lockbox_notifier',
                             'lockbox_enforcer', 'lockbox_authorizer', 'lockbox_operator')
         ORDER BY 1""")
    return "".join(f"{row.line}\n" for row in rows)


def test_no_role_may_more_than_is_written_down(system):
    """privileges.txt is what the scripts grant, so that a change of it is seen. LOCKBOX_TEST_WRITE=1 writes it anew."""
    found = inventory(system)
    if os.environ.get("LOCKBOX_TEST_WRITE"):
        INVENTORY.write_text(found)
    assert found == INVENTORY.read_text()

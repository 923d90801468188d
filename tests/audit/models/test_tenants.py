"""Who may see and do what in the audit store: one tenant's rows, nothing wider, and nothing written."""
import secrets
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from psycopg import OperationalError
from psycopg.errors import InsufficientPrivilege, InvalidGrantOperation

from support.audit import await_auditor
from support.scenario import LOGS
from support.sql import Database, as_role

TABLES = ["event", "request_state", "request_version", "grant_item", "decision", "notification", "access", "subscription_owner",
          "activity", "unreadable"]
VIEWS = ["request", "request_history", "access_grant", "violation", "activity_log"]
TENANTS = [name for name in TABLES + VIEWS if name != "unreadable"]  # whose rows are some tenant's
# What could be done from its beginning on: a grant may have ended before that, and one without approval names any action.
ALLOWED = ("SELECT * FROM audit.grant_item g WHERE g.access_until > g.starts_at"
           " AND audit.covers(g.action, g.namespace, g.kind, g.name, g.action, g.namespace, g.kind, g.name)")
WRITES = ["INSERT INTO audit.{} SELECT * FROM audit.{} WHERE false", "UPDATE audit.{} SET topic = topic", "DELETE FROM audit.{}",
          "TRUNCATE audit.{}"]


class Bound:
    """A role of its own, bound to a tenant."""

    def __init__(self, system, tenant_id: str):
        self.system, self.tenant_id = system, tenant_id
        self.role = f"bound_{secrets.token_hex(4)}"
        system.audit.rows("SELECT audit.bind_tenant(%s, %s)", self.role, tenant_id)
        self.url = as_role(system.stack.env["LOCKBOX_AUDIT_DATABASE_URL"], self.role)
        self.database = Database(self.url)

    def close(self) -> None:
        self.database.close()
        self.system.audit.rows(f"DROP OWNED BY {self.role}")
        self.system.audit.rows("DELETE FROM audit.tenant_binding WHERE role_name = %s", self.role)
        self.system.audit.rows(f"DROP ROLE {self.role}")


@pytest.fixture(scope="module")
def tenants(system, lives):
    """Two that have rows in every relation, and something that could be done for a while."""
    await_auditor(system)
    relations = [*(f"audit.{relation}" for relation in TENANTS), f"({ALLOWED}) AS allowed"]
    counts = {relation: {row.tenant_id for row in system.audit.rows(f"SELECT DISTINCT tenant_id FROM {relation}")}
              for relation in relations}
    both = sorted(set.intersection(*counts.values()) - {None})
    assert len(both) >= 2, counts
    return both[:2]


@pytest.fixture(scope="module")
def bound(system, tenants):
    bound = Bound(system, tenants[0])
    yield bound
    bound.close()


def rows_of(database: Database, relation: str) -> list[str]:
    return sorted(row.it for row in database.rows(f"SELECT md5(to_jsonb(r)::text) AS it FROM audit.{relation} r"))


def rows_of_tenant(system, relation: str, tenant_id: str) -> list[str]:
    """By a superuser, whom nothing is hidden from."""
    return sorted(row.it for row in system.audit.rows(
        f"SELECT md5(to_jsonb(r)::text) AS it FROM audit.{relation} r WHERE tenant_id = %s", tenant_id))


@pytest.mark.parametrize("relation", TENANTS)
def test_a_bound_role_sees_its_tenants_rows_and_no_others(system, tenants, bound, relation):
    there = rows_of_tenant(system, relation, tenants[0])
    assert there and rows_of(bound.database, relation) == there
    assert len(there) < system.audit.value(f"SELECT count(*) FROM audit.{relation}")


@pytest.mark.parametrize("relation", TENANTS)
def test_a_session_narrows_but_does_not_widen(system, tenants, bound, relation):
    with_setting = {"bound": Database(bound.url), "auditor": Database(system.auditor.url)}
    for database in with_setting.values():
        database.rows(f"SET lockbox.tenant_id = '{tenants[1]}'")
    assert rows_of(with_setting["bound"], relation) == []
    assert rows_of(with_setting["auditor"], relation) == rows_of_tenant(system, relation, tenants[1])
    for database in with_setting.values():
        database.rows("RESET lockbox.tenant_id")
    assert rows_of(with_setting["bound"], relation) == rows_of_tenant(system, relation, tenants[0])
    assert len(rows_of(with_setting["auditor"], relation)) == system.audit.value(f"SELECT count(*) FROM audit.{relation}")
    for database in with_setting.values():
        database.close()


def test_rows_of_no_tenant_are_for_unbound_auditors(system, bound):
    assert system.auditor.value("SELECT count(*) FROM audit.unreadable") > 0
    assert system.auditor.value("SELECT count(*) FROM audit.event WHERE tenant_id IS NULL") > 0
    assert bound.database.value("SELECT count(*) FROM audit.unreadable") == 0
    assert bound.database.value("SELECT count(*) FROM audit.violation WHERE why = 'unreadable'") == 0
    narrowed = Database(system.auditor.url)
    narrowed.rows(f"SET lockbox.tenant_id = '{bound.tenant_id}'")
    assert narrowed.value("SELECT count(*) FROM audit.unreadable") == 0
    narrowed.close()


@pytest.mark.parametrize("statement", [
    "SET ROLE lockbox_auditor", "SET ROLE lockbox_audit_writer", "SET ROLE lockbox_audit_owner", "SET SESSION AUTHORIZATION postgres",
    "SELECT audit.unbind_tenant(current_user)", "SELECT audit.bind_tenant('another', 'x')", "DELETE FROM audit.tenant_binding",
    "UPDATE audit.tenant_binding SET tenant_id = 'x'", "INSERT INTO audit.tenant_binding VALUES ('x', 'y')",
    "CREATE TABLE audit.mine ()", "SELECT audit.replace_model('decision')", "SELECT * FROM audit.consumer_offset"])
def test_a_bound_role_is_refused(bound, statement):
    with pytest.raises(InsufficientPrivilege):
        bound.database.rows(statement)


def test_turning_policies_off_is_an_error_and_no_way_round(bound):
    database = Database(bound.url)
    database.rows("SET row_security = off")
    with pytest.raises(InsufficientPrivilege):
        database.rows("SELECT * FROM audit.event")
    database.close()


def test_whoever_acts_as_a_bound_role_is_bound(system, tenants, bound):
    wanted = rows_of_tenant(system, "request", tenants[0])
    superuser = Database(system.audit.url)
    superuser.rows(f"SET ROLE {bound.role}")
    assert rows_of(superuser, "request") == wanted
    superuser.close()
    member = f"member_{secrets.token_hex(4)}"
    system.audit.rows(f"CREATE ROLE {member} LOGIN IN ROLE {bound.role}")
    database = Database(as_role(bound.url, member))
    assert rows_of(database, "request") == wanted
    database.close()
    # An administrator's slip does not widen it either.
    system.audit.rows(f"GRANT lockbox_auditor TO {member}")
    database = Database(as_role(bound.url, member))
    assert rows_of(database, "request") == wanted
    database.rows("SET ROLE lockbox_auditor")
    assert rows_of(database, "request") == wanted
    database.close()
    system.audit.rows(f"DROP ROLE {member}")


def test_functions_tell_a_bound_role_nothing_of_others(system, tenants, bound):
    other = system.audit.rows(f"{ALLOWED} AND g.tenant_id = %s ORDER BY g.request_id, g.number", tenants[1])[0]
    question = (other.engineer_id, other.cluster, other.action, other.namespace, other.kind, other.name, other.starts_at)
    check = "SELECT allowed FROM audit.access_check_at(%s, %s, %s, %s, %s, %s, %s)"
    assert system.auditor.value(check, *question) is True
    assert bound.database.value(check, *question) is False
    data = "SELECT audit.event_data(%s, %s, %s, now())"
    assert system.auditor.value(data, other.topic, other.partition, other.offset)["request"]["request_id"] == other.request_id
    assert bound.database.value(data, other.topic, other.partition, other.offset) is None
    # Hashes prove the records beside them, and tell nothing of their own.
    leaf = 'SELECT count(leaf_hash) FROM audit.leaf_hashes(%s, %s, %s, %s + 1)'
    assert bound.database.value(leaf, other.topic, other.partition, other.offset, other.offset) == 1
    assert [row.role_name for row in bound.database.rows("SELECT role_name FROM audit.tenant_binding")] == [bound.role]
    assert system.auditor.rows("SELECT * FROM audit.tenant_binding") == []


def test_only_what_can_be_narrow_is_bound(system, tenants, bound):
    bind = "SELECT audit.bind_tenant(%s, %s)"
    for role in ("lockbox_auditor", "lockbox_audit_writer", "lockbox_audit_owner", "postgres"):
        with pytest.raises(InvalidGrantOperation):
            system.audit.rows(bind, role, tenants[0])
    system.audit.rows(bind, bound.role, tenants[0])  # once more is harmless
    with pytest.raises(InvalidGrantOperation):
        system.audit.rows(bind, bound.role, tenants[1])
    with pytest.raises(InsufficientPrivilege):
        system.auditor.rows(bind, "another", tenants[0])
    gone = Bound(system, tenants[0])
    system.audit.rows("SELECT audit.unbind_tenant(%s)", gone.role)
    with pytest.raises((InsufficientPrivilege, OperationalError)):  # it may not even connect
        gone.database.rows("SELECT * FROM audit.event")
    gone.close()


@pytest.mark.parametrize("relation", TABLES)
def test_auditors_write_nothing(system, bound, relation):
    for database in (system.auditor, bound.database):
        for write in WRITES:
            with pytest.raises(InsufficientPrivilege):
                database.rows(write.format(relation, relation))


@pytest.mark.parametrize("relation", TABLES)
def test_the_writer_deletes_nothing_and_changes_no_record(system, relation):
    writer = Database(system.stack.audit_writer_url)
    forbidden = WRITES[1:] if relation in ("event", "unreadable") else WRITES[2:]
    for write in forbidden:
        with pytest.raises(InsufficientPrivilege):
            writer.rows(write.format(relation, relation))
    writer.close()

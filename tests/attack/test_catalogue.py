"""The audit database's owner changes what its views, functions, policies, triggers or privileges are: audit verify names each."""
import json
import subprocess
from contextlib import contextmanager

import psycopg
import pytest

from support.audit import await_auditor
from support.scenario import Tenant
from support.stack import BINARIES

CHANGED, ADDED, MISSING = ("it is not as the scripts of this program make it", "no script of this program makes it", "it is missing")
VIEW, CHECK = "{violation}", "{access_check_at}"
ANY_MONTH = ("DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE audit.%I %s TRIGGER refuse_change', min(relname), '{}') FROM pg_class"
             " WHERE relname ~ '^event_\\d+_\\d+$' AND relispartition); END $$")
# What was done, how it is undone, what is found. {name} is the definition that stood.
ATTACKS = {
    "a view without its rows": (
        "CREATE OR REPLACE VIEW violation WITH (security_invoker) AS SELECT * FROM ({violation}) AS it WHERE false",
        "CREATE OR REPLACE VIEW violation WITH (security_invoker) AS {violation}", "view violation", CHANGED),
    "access that was always allowed": (
        "{access_check_at:allowed}", "{access_check_at}",
        "function audit.access_check_at(text,text,text,text,text,text,timestamp with time zone)", CHANGED),
    "models that never differ": (
        "CREATE OR REPLACE FUNCTION model_differences(model text) RETURNS TABLE (rows bigint, key text, what text)"
        " LANGUAGE sql STABLE AS 'SELECT 1::bigint, NULL::text, NULL::text WHERE false'",
        "{model_differences}", "function audit.model_differences(text)", CHANGED),
    "a policy that hides": (
        "CREATE POLICY hidden ON access AS RESTRICTIVE USING (engineer_id <> 'eve')", "DROP POLICY hidden ON access",
        "policy hidden of access", ADDED),
    "a policy that shows": (
        "ALTER POLICY own_tenant ON access USING (true)", "ALTER POLICY own_tenant ON access USING ({own_tenant})",
        "policy own_tenant of access", CHANGED),
    "a trigger dropped": (
        "DROP TRIGGER refuse_change ON checkpoint", "{refuse_change}; ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER refuse_change",
        "trigger refuse_change of checkpoint", MISSING),
    "a month's trigger disabled": (
        ANY_MONTH.format("DISABLE"), ANY_MONTH.format("ENABLE ALWAYS"), "trigger refuse_change of event_MONTH", CHANGED),
    "a rule": ("CREATE RULE nothing AS ON INSERT TO breach DO INSTEAD NOTHING", "DROP RULE nothing ON breach",
               "rule nothing of breach", ADDED),
    "a privilege": ("GRANT UPDATE ON log TO lockbox_auditor", "REVOKE UPDATE ON log FROM lockbox_auditor", "table log", CHANGED),
    "no row security": ("ALTER TABLE access DISABLE ROW LEVEL SECURITY", "ALTER TABLE access ENABLE ROW LEVEL SECURITY",
                        "table access", CHANGED),
    "a name that shadows PostgreSQL's": (
        "CREATE FUNCTION lower(name) RETURNS text LANGUAGE sql AS 'SELECT ''x'''", "DROP FUNCTION lower(name)",
        "function audit.lower(name)", ADDED),
}
DEFINITIONS = {
    "violation": "SELECT rtrim(pg_get_viewdef('audit.violation'::regclass), ';')",
    "access_check_at": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND proname = 'access_check_at'",
    "model_differences": "SELECT pg_get_functiondef('audit.model_differences(text)'::regprocedure)",
    "refuse_change": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'audit.checkpoint'::regclass AND tgname = 'refuse_change'",
    "own_tenant": "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'audit.access'::regclass AND polname = 'own_tenant'",
}


def lockboxctl(system, *arguments) -> subprocess.CompletedProcess:
    url = system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]
    return subprocess.run([BINARIES / "lockboxctl", *arguments], capture_output=True, text=True, timeout=300,
                          env=system.stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=url))


def found(system) -> dict[str, str]:
    done = lockboxctl(system, "audit", "verify", "-o", "json")
    named = {row["topic"]: row["what"] for row in json.loads(done.stdout) if row["partition"] is None}
    assert done.returncode == 1 or not named, done.stderr
    return named


@pytest.fixture(scope="module")
def owner(system):
    Tenant(system).request().approve()
    await_auditor(system)
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as session:
        session.execute("SET ROLE lockbox_audit_owner; SET search_path = audit")
        yield session


@contextmanager
def attack(owner, name: str):
    """Done, and in the end undone by what stood before."""
    stood = {name: owner.execute(question).fetchone()[0] for name, question in DEFINITIONS.items()}

    def filled(statement: str) -> str:
        statement = statement.replace("{access_check_at:allowed}", stood["access_check_at"].replace("SELECT false", "SELECT true"))
        for key, text in stood.items():
            statement = statement.replace("{" + key + "}", text)
        return statement
    done, undone, *_ = ATTACKS[name]
    owner.execute(filled(done))
    try:
        yield
    finally:
        owner.execute(filled(undone))


@pytest.mark.parametrize("name", ATTACKS)
def test_what_the_owner_changed_is_named(system, owner, name):
    *_, thing, what = ATTACKS[name]
    with attack(owner, name):
        assert found(system) == {thing: what}


def test_nothing_is_named_where_nothing_was_changed(system, owner):
    """Also after each of these was undone."""
    assert found(system) == {}


def test_rebuild_compares_by_its_own_words(system, owner):
    """A model that was edited, and a function of the database's that says that none was."""
    longer = ("UPDATE grant_item SET expires_at = expires_at {} interval '1 year' WHERE (request_id, number) = ("
              "SELECT request_id, number FROM grant_item ORDER BY request_id, number LIMIT 1)")
    owner.execute(longer.format("+"))
    with attack(owner, "models that never differ"):
        done = lockboxctl(system, "audit", "rebuild", "--check")
    owner.execute(longer.format("-"))
    assert done.returncode == 1 and "audit.grant_item: 1 rows differ" in done.stderr and "expires_at" in done.stderr
    assert "function audit.model_differences(text): " + CHANGED in done.stderr

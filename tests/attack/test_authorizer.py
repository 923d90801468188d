"""The authorizer's login asks about any cluster, which is its work: it reads no table but requests' ids and traces, and writes none."""
import pytest

LOGINS = ("lockbox_authorizer", "lockbox_enforcer")
READABLE = {"lockbox_authorizer": {"operator_bound", "schema_version"}, "lockbox_enforcer": set()}


@pytest.mark.parametrize("login", LOGINS)
def test_it_reads_no_table(attacker, system, login):
    tables = [row.name for row in system.lockbox.rows("SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'lockbox'::regnamespace"
                                                      " AND relkind IN ('r', 'v', 'p')")]
    read = {table for table in tables if attacker.tries(login, f"SELECT * FROM {table}") == ""}
    assert len(tables) > 20 and read == READABLE[login]
    for column in ("consent", "particulars", "state", "engineer_id", "tenant_id"):
        assert attacker.tries(login, f"SELECT {column} FROM request") == "42501"


@pytest.mark.parametrize("login", LOGINS)
def test_it_writes_none(attacker, system, login):
    granted = system.lockbox.rows("SELECT privilege_type, table_name FROM information_schema.table_privileges WHERE table_schema = 'lockbox'"
                                  " AND grantee = %s AND privilege_type <> 'SELECT'", login)
    assert granted == []
    assert attacker.tries(login, "DELETE FROM access_item") == "42501"


def test_the_enforcer_sees_what_was_signed_of_live_access_alone(attacker, tenant):
    waiting, open_ = tenant.request(), tenant.request()
    open_.approve()
    evidence = "SELECT access_evidence(%s)"
    with attacker.session("lockbox_enforcer") as enforcer:
        assert enforcer.execute(evidence, (waiting.id,)).fetchone() == (None,)
        assert enforcer.execute(evidence, (open_.id,)).fetchone()[0]["decisions"]
    assert attacker.tries("lockbox_enforcer", "SELECT signed_evidence(%(id)s)", id=waiting.id) == "42501"


@pytest.mark.parametrize("login", LOGINS)
def test_a_question_beyond_what_was_agreed_to(attacker, tenant, login):
    """Of a name that matters to no item: wildcards, empty text, another's case."""
    request = tenant.request()
    request.approve()
    ask = "SELECT allowed FROM access_check(%s, %s, %s, %s, NULL, %s, %s)"
    who, where = request.wish["engineer_id"], request.wish["resource_id"]
    with attacker.session(login) as session:
        assert session.execute(ask, (who, where, "get_pod_logs", "openshift-ingress", None, None)).fetchone()[0]
        for question in ((who, where, "get_pod_logs", "%", None, None), (who, where, "get_pod_logs", "", None, None),
                         (who, where, "get_pod_logs", "openshift-ingress", "", None), (who.upper(), where, "get_pod_logs", "openshift-ingress", None, None),
                         (who, where, "*", "openshift-ingress", None, "*"), (who, where, None, None, None, None), (None, where, "get_pod_logs", None, None, "*")):
            assert not session.execute(ask, question).fetchone()[0], question

"""What PostgreSQL leaves open to every login: a part that was taken over stops no other by it."""
import psycopg
import pytest

LOCKBOX = ["lockbox_relay", "lockbox_requester", "lockbox_decider", "lockbox_expirer", "lockbox_notifier", "lockbox_enforcer", "lockbox_authorizer"]
AUDIT = ["lockbox_audit_writer", "lockbox_auditor"]
LOCKS = ["SELECT pg_advisory_lock_shared(71061, 3)", "SELECT pg_try_advisory_lock(71062)", "SELECT pg_advisory_xact_lock(1)",
         "SELECT pg_try_advisory_xact_lock_shared(1, 2)"]
OTHERS = ["SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')", "CREATE TEMPORARY TABLE mine (it integer)"]


@pytest.mark.parametrize("login", LOCKBOX)
@pytest.mark.parametrize("statement", LOCKS + OTHERS)
def test_a_login_of_the_operational_database(attacker, login, statement):
    assert attacker.tries(login, statement) == "42501"


def test_the_relay_wakes_nobody(attacker):
    assert attacker.tries("lockbox_relay", "SELECT pg_notify('lockbox_due', '')") == "42501"


@pytest.mark.parametrize("login", LOCKBOX)
def test_a_lease_is_kept_by_the_relay_alone(attacker, login):
    keep = "SELECT lockbox.lease_keep('relay', '00000000-0000-7000-8000-000000000001', '{}')"
    if login != "lockbox_relay":
        assert attacker.tries(login, keep) == "42501"
    assert attacker.tries(login, "UPDATE lockbox.lease SET held_until = 'infinity'") == "42501"


def test_who_reads_the_audit_store_takes_no_lease(attacker):
    keep = "SELECT audit.lease_keep('checkpoints', '00000000-0000-7000-8000-000000000001', '{}')"
    assert attacker.tries("lockbox_auditor", keep, database="audit") == "42501"
    assert attacker.tries("lockbox_audit_writer", "UPDATE audit.lease SET held_until = 'infinity'", database="audit") == "42501"


@pytest.mark.parametrize("login", AUDIT)
@pytest.mark.parametrize("statement", OTHERS)
def test_a_login_of_the_audit_store(attacker, login, statement):
    if login == "lockbox_auditor" and "TEMPORARY" in statement:
        return  # lockboxctl audit rebuild --check takes it
    assert attacker.tries(login, statement, database="audit") == "42501"


@pytest.mark.parametrize("statement", [*LOCKS, "SELECT pg_notify('audit_checkpoint', '')"])
def test_who_reads_the_audit_store_stops_nobody(attacker, statement):
    assert attacker.tries("lockbox_auditor", statement, database="audit") == "42501"


@pytest.mark.parametrize("login, database", [(login, "audit") for login in LOCKBOX] + [(login, "lockbox") for login in AUDIT])
def test_the_other_database(attacker, login, database):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        attacker.session(login, database)


@pytest.mark.parametrize("login", ["lockbox_enforcer", "lockbox_auditor"])
def test_no_login_takes_every_connection(attacker, system, login):
    database = "audit" if login == "lockbox_auditor" else "lockbox"
    held = []
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            for _ in range(60):
                held.append(attacker.session(login, database))
    finally:
        for session in held:
            session.close()

"""A record is rejected for its own fault alone: where the database refuses what it leads to, and nothing else."""
from support.refusing import refusing
from support.scenario import Tenant
from support.waiting import wait_until


def quarantined(system) -> int:
    return system.lockbox.value("SELECT count(*) FROM lockbox.quarantine")


def reason_not_ready(system, worker: str) -> str:
    return system.stack.status()[worker]["reason"]


def test_what_the_server_cannot_do_is_no_records_fault(system):
    """Out of memory, a function that fails, a bug: the worker waits, says so, and rejects nothing."""
    tenant = Tenant(system)
    for sqlstate in ("P0001", "XX000", "54000", "0A000"):
        request = tenant.request()
        before = quarantined(system)
        with refusing(system, "request", "true", sqlstate):
            decision = request.submit("approve")
            wait_until(lambda: reason_not_ready(system, "decider"), f"the decider is not ready for {sqlstate}", 60)
        system.stack.await_ready()
        assert system.caused_by(decision, "decision.").event["data"]["verdict"] == "applied"
        request.event("approved")
        assert quarantined(system) == before, sqlstate


def test_what_a_records_own_writes_break_is_rejected_and_holds_up_nobody(system):
    tenant = Tenant(system)
    bad, good = tenant.request(), tenant.request()
    before = quarantined(system)
    with refusing(system, "request", f"new.request_id = '{bad.id}'", "23514"):
        bad.submit("approve")
        good.approve()
        wait_until(lambda: quarantined(system) == before + 1, "the decision is quarantined")
    assert bad.kinds == ["created"]


def test_a_decision_that_the_database_refuses_has_a_verdict(system):
    """A revoke that came to nothing is answered, and not taken for done: by a verdict beside its dead letter."""
    tenant = Tenant(system)
    bad = tenant.request()
    before = quarantined(system)
    with refusing(system, "request", f"new.request_id = '{bad.id}'", "22003"):
        judged = bad.judged(bad.submit("approve")).data
    assert (judged["verdict"], judged["request_id"], judged.get("decision")) == ("malformed", bad.id, None)
    assert quarantined(system) == before + 1 and bad.kinds == ["created"]
    assert bad.decide("approve") == "applied"


def test_where_the_verdict_is_refused_too_the_dead_letter_stays(system):
    """Inserts alone are refused: that the request was created is told by now, and the relay may still have to mark it as published."""
    tenant = Tenant(system)
    bad, good = tenant.request(), tenant.request()
    before = quarantined(system)
    with refusing(system, "outbox", f"new.payload::text LIKE '%%{bad.id}%%'", "23514", "INSERT"):
        bad.submit("approve")
        wait_until(lambda: quarantined(system) == before + 1, "the decision is quarantined", 60)
        good.approve()
    assert bad.kinds == ["created"]


def test_triggers_of_the_owner_refuse_as_constraints_do(system):
    """Otherwise a record that breaks a trigger's rule would wait for ever."""
    functions = system.lockbox.rows("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'lockbox'::regnamespace"
                                    " AND prorettype = 'trigger'::regtype")
    for function in functions:
        raised = function.prosrc.upper().count("RAISE EXCEPTION")
        assert function.prosrc.count("check_violation") + function.prosrc.count("'23514'") == raised, function.proname

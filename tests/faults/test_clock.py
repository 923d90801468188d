"""The database's clock is set wrong: what was over stays over, and nothing is decided until the clock is right again."""
from support.clock import clock_shifted
from support.scenario import Tenant
from support.waiting import wait_until

OFF = "the database's clock differs"
DAYS = 86_400


def says_so(system, *workers: str) -> bool:
    rows = system.stack.status()
    return all(OFF in rows[worker]["reason"] for worker in workers)


def wake_expirer(system) -> None:
    system.lockbox.rows("SELECT pg_notify('lockbox_due', '')")


def test_what_was_told_to_be_over_stays_over(system):
    request = Tenant(system).request(duration="PT2S")
    request.approve()
    request.event("completed")
    with clock_shifted(system.stack, -8):
        answer = request.check()
    assert (answer.allowed, answer.reason) == (False, "no_grant")


def test_days_ahead_for_a_while_end_nothing(system):
    tenant = Tenant(system)
    waits, granted, asked = tenant.request(), tenant.request(), tenant.request()
    granted.approve()
    with clock_shifted(system.stack, 5 * DAYS):
        wake_expirer(system)
        decision = asked.submit("approve")
        wait_until(lambda: says_so(system, "expirer", "decider"), "both say that nothing is decided")
        assert system.stack.metrics("expirer")["lockbox_clock_off_seconds"] > 4 * DAYS
        assert OFF in system.stack.log("expirer")
    wake_expirer(system)
    system.stack.await_ready()
    assert asked.judged(decision).data["verdict"] == "applied"
    assert (waits.kinds, granted.kinds) == (["created"], ["created", "approved"])
    assert granted.check().allowed
    waits.approve()


def test_far_behind_its_mark_nothing_is_allowed(system):
    request = Tenant(system).request()
    request.approve()
    assert request.check().allowed
    with clock_shifted(system.stack, -20):  # as servers that take over from each other may differ; by this clock the grant has not begun
        assert (request.check().allowed, request.check().reason) == (False, "no_grant")
    with clock_shifted(system.stack, -60):
        assert (request.check().allowed, request.check().reason) == (False, "clock_behind")
    assert request.check().allowed


def test_a_worker_may_not_set_the_mark(system):
    """Ahead of the clock everything would be refused; back, the mark would be none."""
    before = system.lockbox.value("SELECT at FROM lockbox.clock_mark")
    for reached in ("clock_timestamp() + interval '1 day'", "'epoch'"):
        system.lockbox.rows("SET ROLE lockbox_expirer")
        system.lockbox.rows(f"SELECT lockbox.clock_mark_raise({reached})")
        system.lockbox.rows("RESET ROLE")
    now = system.lockbox.row("SELECT at, at > clock_timestamp() AS ahead FROM lockbox.clock_mark")
    assert now.at >= before and not now.ahead

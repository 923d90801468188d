"""What time ends, and that nobody needs to be awake for it: access_check and the decider read the clock themselves."""
import signal
from datetime import datetime

import pytest

from support.waiting import wait_until


@pytest.fixture
def hasty(system):
    """Requests lapse after two seconds: only the requester needs to know."""
    system.stack.settings["LOCKBOX_PENDING_TTL"] = "PT2S"
    system.stack.up("requester")
    yield
    del system.stack.settings["LOCKBOX_PENDING_TTL"]
    system.stack.up("requester")


@pytest.fixture
def no_expirer(system):
    system.stack.down("expirer")
    yield
    system.stack.up("expirer")


def sleep_until(system, moment: str) -> None:
    """By the database's clock, which decides."""
    system.lockbox.rows("SELECT pg_sleep_until(%s)", moment)


def test_a_request_that_nobody_answers_lapses(system, tenant, hasty):
    request = tenant.request()
    first = request.first.request
    lasts = datetime.fromisoformat(first["decide_by"]) - datetime.fromisoformat(first["created_at"])
    assert lasts.total_seconds() == 2
    expired = request.event("expired")
    assert expired.request["ended_at"] == first["decide_by"]
    assert expired.event["time"] >= first["decide_by"]
    assert expired.cause is None
    assert request.decide("approve") == "late"
    assert not request.check().allowed
    assert request.kinds == ["created", "expired"]
    told = {tenant.owner.email, tenant.approver.email, request.ticket.engineer.email}
    system.mailbox.wait_for(request.id, told, "Lapsed")


def test_a_late_vote_finds_the_request_expired_without_the_expirer(system, tenant, hasty, no_expirer):
    request = tenant.request()
    sleep_until(system, request.first.request["decide_by"])
    assert request.decide("approve") == "late"
    assert request.event("expired").event["source"] == "/lockbox/decider"
    assert request.event("expired").request["ended_at"] == request.first.request["decide_by"]
    assert not request.check().allowed
    assert request.kinds == ["created", "expired"]


def test_a_dead_expirer_lengthens_no_access(system, tenant, no_expirer):
    request = tenant.request(duration="PT4S")
    approved = request.approve().request
    assert request.check().allowed
    sleep_until(system, approved["expires_at"])
    assert not request.check().allowed
    assert system.lockbox.value("SELECT state FROM lockbox.request WHERE request_id = %s", request.id) == "approved"
    assert request.decide("revoke") == "late"
    assert request.event("completed").request["ended_at"] == approved["expires_at"]
    assert request.kinds == ["created", "approved", "completed"]


def test_a_ticket_closed_after_the_end_revokes_nothing(system, tenant, no_expirer):
    request = tenant.request(duration="PT1S")
    sleep_until(system, request.approve().request["expires_at"])
    request.ticket.close()
    assert request.event("completed").event["source"] == "/lockbox/requester"
    assert request.kinds == ["created", "approved", "completed"]


def test_an_expirer_that_was_stopped_tells_what_it_missed(system, tenant):
    pid = system.stack.signal("expirer", signal.SIGSTOP)
    try:
        requests = [tenant.request(duration="PT1S") for _ in range(3)]
        for request in requests:
            request.approve()
        sleep_until(system, requests[-1].now["expires_at"])
        assert not any(request.check().allowed for request in requests)
    finally:
        system.stack.signal("expirer", signal.SIGCONT)
    for request in requests:
        assert request.event("completed").request["ended_at"] == request.events[1].request["expires_at"]
        assert request.kinds == ["created", "approved", "completed"]
    assert system.stack.pids["expirer"] == pid


def test_a_dead_relay_delays_the_news_and_nothing_else(system, tenant):
    request = tenant.request(duration="PT4S")
    system.stack.signal("relay", signal.SIGSTOP)
    try:
        decision = request.submit("approve")
        wait_until(lambda: request.check().allowed, "access opens without the relay")
        assert request.kinds == ["created"]
        request.await_access_end()
        assert request.kinds == ["created"]
    finally:
        system.stack.signal("relay", signal.SIGCONT)
    assert request.judged(decision).data["verdict"] == "applied"
    request.event("completed")
    assert request.kinds == ["created", "approved", "completed"]

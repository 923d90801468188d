"""A worker that is told to stop while others keep it waiting, and one that stands still."""
import signal
import uuid

from support.outbox import write_events
from support.scenario import Tenant
from support.stack import free_port, is_alive, state_of
from support.traffic import await_quiet
from support.waiting import wait_until


def test_a_relay_that_stops_hears_kafka_out(system, stack):
    """What Kafka has but has not confirmed yet is not published a second time."""
    key = f"tenant-{uuid.uuid4()}"
    await_quiet(system)
    asked = ("SELECT 1 FROM pg_stat_activity, lockbox.outbox WHERE application_name = 'lockbox-relay' AND state = 'idle'"
             " AND query LIKE '%%FROM quarantine%%' AND state_change > created_at AND published_at IS NULL AND aggregateid = %s")
    stack.signal("kafka", signal.SIGSTOP)
    try:
        write_events(system, [key])
        wait_until(lambda: system.lockbox.rows(asked, key), "the relay has the event")
        relay = stack.signal("relay", signal.SIGTERM)
        try:
            wait_until(lambda: not is_alive(relay), "it is gone", 1)
        except TimeoutError:
            pass  # it waits for Kafka
    finally:
        stack.signal("kafka", signal.SIGCONT)
    wait_until(lambda: not is_alive(relay), "it is gone")
    stack.await_ready("relay")
    await_quiet(system)
    assert len(system.events.where(lambda record: record.key == key.encode())) == 1


def test_a_relay_that_stands_still_loses_its_shards(system, stack):
    """Within twenty seconds another relay publishes what the stopped one held. When that one goes on it publishes nothing that the
    other has, and marks nothing."""
    tenant = Tenant(system)
    requests = [tenant.request() for _ in range(6)]
    await_quiet(system)
    stopped = stack.signal("relay", signal.SIGSTOP)
    wait_until(lambda: state_of(stopped) == "T", "it stands still")
    other = stack.spawn("relay", "2", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{free_port()}")
    try:
        before = len(system.events.records)
        for request in requests:
            request.submit("approve")
        wait_until(lambda: all("approved" in request.kinds for request in requests), "the other relay has all of them", 20)
    finally:
        stack.signal("relay", signal.SIGCONT)
        other.send_signal(signal.SIGTERM)
        assert other.wait(15) == 0
    stack.await_ready("relay")
    for request in requests:
        assert request.decide("revoke") == "applied"
        request.event("revoked")
    await_quiet(system)
    told = [record.event["id"] for record in system.events.records[before:]]
    assert len(set(told)) == len(told)

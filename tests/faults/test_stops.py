"""A worker that is told to stop while others keep it waiting."""
import signal

from support.scenario import Tenant
from support.stack import is_alive
from support.traffic import await_quiet
from support.waiting import wait_until


def test_a_relay_that_stops_hears_kafka_out(system, stack):
    """What Kafka has but has not confirmed yet is not published a second time."""
    request = Tenant(system).request()
    request.approve(duration="PT2S")
    await_quiet(system)
    asked = ("SELECT 1 FROM pg_stat_activity, lockbox.outbox WHERE application_name = 'lockbox-relay' AND state = 'idle'"
             " AND query LIKE '%%AS is_dead_letter%%' AND state_change > created_at AND published_at IS NULL AND aggregateid = %s")
    stack.signal("kafka", signal.SIGSTOP)
    try:
        wait_until(lambda: system.lockbox.rows(asked, request.id), "the relay has the event of the end, which time caused")
        relay = stack.signal("relay", signal.SIGTERM)
        try:
            wait_until(lambda: not is_alive(relay), "it is gone", 1)
        except TimeoutError:
            pass  # it waits for Kafka
    finally:
        stack.signal("kafka", signal.SIGCONT)
    wait_until(lambda: not is_alive(relay), "it is gone")
    stack.await_ready("relay")
    ended = request.event("completed")
    await_quiet(system)
    assert len(system.events.where(lambda record: record.event["id"] == ended.event["id"])) == 1

"""A record that Kafka has had for longer than the inbox remembers has no effect, unless an operator says so: what it did may be undone
since, and would be done again."""
import time

from confluent_kafka import Producer

from support.broker import client, set_topic
from support.events import event_in, outgoing
from support.scenario import Person, Tenant
from support.waiting import wait_until

TENANTS = "lockbox.tenants.v1"
DAY = 24 * 3600
QUARANTINED = "SELECT quarantine_id AS id, reason FROM lockbox.quarantine WHERE topic = %s AND position(%s::bytea IN value) > 0"


def produce_at(system, record, at: float) -> None:
    """Where whoever writes a record says when it was."""
    producer = Producer(client(system.bootstrap))
    set_topic(system.bootstrap, TENANTS, message_timestamp_type="CreateTime")
    try:
        producer.produce(record.topic, record.value, record.key, headers=list(record.headers), timestamp=int(at * 1000))
        assert producer.flush(30) == 0
    finally:
        set_topic(system.bootstrap, TENANTS, message_timestamp_type="LogAppendTime")


def test_what_is_older_than_the_inbox_waits_for_an_operator(system, ctl):
    tenant = Tenant(system)

    def assigned(days: float) -> str:
        """A role, in a record of so many days ago; the event's id."""
        event = event_in("tenant.role_assigned", {"tenant_id": tenant.id, "subscription_id": tenant.subscription, "role": "lockbox_approver",
                                                  "principal": Person.new("zoe").principal})
        produce_at(system, outgoing(event), time.time() - days * DAY)
        return event.get_id()
    old, younger = assigned(31), assigned(29)
    system.caused_by(younger, "tenant.changed")
    [row] = wait_until(lambda: system.lockbox.rows(QUARANTINED, TENANTS, old.encode()), "it is in quarantine")
    assert row.reason.startswith("too_old")
    assert not system.events.where(lambda record: record.cause == old)
    assert ctl("quarantine", "replay", row.id, "--by", "2c1f,jonas@lockbox.example,Jonas").returncode == 0
    system.caused_by(old, "tenant.changed")

"""An event that Kafka refuses for good: it holds up its own key, and nobody else, until an operator drops it."""
import json

from support.scenario import Tenant
from support.waiting import wait_until

REFUSED = "SELECT seq, refused_at FROM lockbox.outbox WHERE aggregateid = %s AND refused_at IS NOT NULL"
TOO_LARGE = 3 << 20  # the relay's client takes 2 MiB


def test_a_refused_event_waits_for_an_operator(system, stack):
    tenant = Tenant(system)
    stuck, other = tenant.request(), tenant.request()
    system.lockbox.rows("""INSERT INTO lockbox.outbox (id, aggregatetype, aggregateid, type, payload)
                           VALUES (gen_random_uuid(), 'request', %s, 'lockbox.request.reminder_due.v1', repeat('x', %s))""",
                        stuck.id, TOO_LARGE)
    stuck.submit("approve")
    [row] = wait_until(lambda: system.lockbox.rows(REFUSED, stuck.id), "it is refused for good")
    other.approve()
    other.event("approved")
    wait_until(lambda: "outbox list" in (stack.status()["relay"]["reason"]), "the relay is not ready, and says why")
    wait_until(lambda: stack.metrics("relay")["lockbox_outbox_refused"] == 1, "it is counted")
    waiting = "SELECT 1 FROM lockbox.outbox WHERE aggregateid = %s AND published_at IS NULL AND refused_at IS NULL"
    wait_until(lambda: system.lockbox.rows(waiting, stuck.id), "the approval waits behind it")
    assert not system.events.where(lambda record: record.kind == "request.approved" and record.request["request_id"] == stuck.id)

    [listed] = json.loads(stack.tool("outbox", "list", "-o", "json"))
    assert (int(listed["id"]), listed["key"], listed["type"]) == (row.seq, stuck.id, "lockbox.request.reminder_due.v1")
    by = ("--by", "2c1f,jonas@lockbox.example", "--reason", "larger than the topic takes")
    assert stack.tool("outbox", "drop", str(row.seq), *by) == f"{row.seq} dropped\n"
    stuck.event("approved")
    stack.await_ready("relay")
    kept = system.lockbox.rows("SELECT operator_id, login, reason, length(payload) AS bytes FROM lockbox.outbox_dropped WHERE seq = %s",
                               row.seq)
    assert kept == [("2c1f", "postgres", "larger than the topic takes", TOO_LARGE)]

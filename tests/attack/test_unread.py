"""An event that no reader takes, by a worker's login: it is recorded, named, and counted."""
import uuid

from support.outbox import INSERT, payload, row
from support.waiting import wait_until


def test_a_member_that_stands_twice_further_down(attacker, system):
    """The database looks at the members of the event and of its data alone."""
    before = system.stack.metrics("auditor")["lockbox_unreadable_total"]
    id_ = str(uuid.uuid4())
    twice = payload("lockbox.tenant.changed.v1", "contoso", {"tenant_id": "contoso", "change": "lockbox_enabled", "by": {"id": "gwen"}},
                    event=id_).replace('{"id":"gwen"}', '{"id":"gwen","id":"eve"}')
    with attacker.session("lockbox_requester") as requester:
        requester.execute(INSERT, row("lockbox.tenant.changed.v1", "contoso", twice, event=id_))
    named = """SELECT u.reason FROM audit.unreadable u JOIN audit.event e USING (topic, "partition", "offset")
                WHERE e.raw = convert_to(%s, 'UTF8')"""
    [found] = wait_until(lambda: system.auditor.rows(named, twice), "the audit store names it")
    assert "twice" in found.reason
    wait_until(lambda: system.stack.metrics("auditor")["lockbox_unreadable_total"] > before, "it is counted")

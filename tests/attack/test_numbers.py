"""A number that jsonb cannot hold is refused at the door, wherever it stands, and the next record is taken."""
import dataclasses

import pytest

from support.events import event_in, outgoing
from support.waiting import wait_until

NUMBERS = ["1e-20000", "-0.5E-16384", "1e400"]


def published(tenant) -> dict:
    """By topic: an event that its worker would take."""
    request = tenant.request()
    engineer = request.ticket.engineer.id
    return {
        "tickets": ("ticket.closed", {"ticket_id": request.ticket.id, "comment": "x"}),
        "tenants": ("tenant.contacts_set", {"tenant_id": tenant.id, "subscription_id": tenant.subscription, "alternate_emails": []}),
        "decisions": ("decision.submitted", {"request_id": request.id, "decision": "deny", "by": tenant.owner.principal}),
        "accesses": ("access.performed", {"engineer_id": engineer, "resource_id": tenant.resource, "action": "list_or_get_objects", "kind": "Pod",
                                          "namespace": "openshift-ingress", "performed_at": "2026-11-23T16:08:38Z", "outcome": "blocked"}),
    }


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("topic", ["tickets", "tenants", "decisions", "accesses"])
def test_it_is_refused(system, tenant, topic, mode):
    kind, data = published(tenant)[topic]
    sent = {}
    for number in NUMBERS:
        for odd in ("NUMBER", {"deep": ["NUMBER"]}):
            record = outgoing(event_in(kind, {**data, "odd": odd}), mode)
            [at] = system.publisher.send(dataclasses.replace(record, value=record.value.replace(b'"NUMBER"', number.encode())))
            sent[at.place] = number

    def letters() -> dict:
        found = {}
        for letter in system.deadletters.where(lambda record: True):
            said = {name: value.decode() for name, value in letter.headers if name.startswith("__connect.errors")}
            found[said["__connect.errors.topic"], int(said["__connect.errors.partition"]), int(said["__connect.errors.offset"])] = \
                said["__connect.errors.exception.message"]
        return found
    wait_until(lambda: sent.keys() <= letters().keys(), "each is a dead letter", 60)
    assert {number for place, number in sent.items() if number != "1e400" and "behind the point" not in letters()[place]} == set()
    event_id = system.publish(kind, data)
    wait_until(lambda: system.audit.rows("SELECT 1 FROM audit.event WHERE event_id = %s", event_id), "whoever comes next is recorded")

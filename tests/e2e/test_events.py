"""What stands around the data of an event out. That each fits its schema is checked for all tests: see conftest.py."""
import hashlib
import re

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat

from support.scenario import LOGS
from support.waiting import wait_until


def test_an_ordinary_sdk_reads_them(tenant):
    record = tenant.request().first
    message = kafka.KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
    event = kafka.from_kafka(message, JSONFormat())
    assert event.get_type() == "lockbox.request.created.v1"
    assert event.get_subject() == record.request["request_id"]
    assert event.get_data() == record.data


def test_envelope_of_a_whole_life(tenant):
    request = tenant.request(duration="PT1S")
    asked = request.first.cause
    decided = request.submit("approve")
    request.event("completed")
    envelopes = [record.event for record in request.events]
    assert [envelope["type"] for envelope in envelopes] == [
        f"lockbox.request.{kind}.v1" for kind in ("created", "approved", "completed")]
    assert [envelope["sequence"] for envelope in envelopes] == [f"{version:020}" for version in (1, 2, 3)]
    assert [envelope.get("causationid") for envelope in envelopes] == [asked, decided, None]
    assert [envelope["source"] for envelope in envelopes] == ["/lockbox/requester", "/lockbox/decider", "/lockbox/expirer"]
    assert [record.data.get("previous_state") for record in request.events] == [None, "customer_notified", "approved"]
    assert len({record.partition for record in request.events}) == 1
    uuid7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(uuid7.fullmatch(it) for it in [request.id, *(envelope["id"] for envelope in envelopes)])


def test_the_wish_is_repeated_whole(tenant):
    items = [LOGS, {"action": "update_object", "namespace": "app", "kind": "Deployment.apps", "name": "web\"1\"\\<b>"}]
    said = {"justification": "Zeile eins\nZeile zwei \\ \"quoted\" \u2028 <b>not markup</b>", "reason_code": "INGRESS-503",
            "duration": "PT90M"}
    ticket = tenant.ticket()
    request = ticket.request(actions=items, **said).first.request
    assert [{name: value for name, value in item.items() if name not in ("number", "kept")}
            for item in request["actions"]] == items
    assert {**said, "duration": "PT1H30M"} == {name: request[name] for name in said}
    assert request["engineer"] == ticket.engineer.engineer
    assert (request["tenant_id"], request["subscription_id"], request["ticket_id"], request["resource_id"]) == (
        tenant.id, tenant.subscription, ticket.id, tenant.resource)
    approvers = {entry["role"]: entry["principal"] for entry in request["approvers"]}
    assert approvers == {"owner": tenant.owner.principal, "lockbox_approver": tenant.approver.principal}


def test_the_digest_is_what_consent_is_given_to(tenant):
    """SHA-256 over length-prefixed fields, recomputed from the event alone, and the same through the request's life."""
    request = tenant.request(actions=[LOGS, {"action": "list_or_get_objects", "kind": "Node"}], reason_code="R-1")
    it = request.first.request

    def fields():
        yield from (it[name] for name in ("request_id", "tenant_id", "subscription_id", "ticket_id"))
        yield from (it["engineer"][name] for name in ("id", "email", "organization"))
        yield it["resource_id"]
        yield str(len(it["actions"]))
        for item in it["actions"]:
            yield str(item["number"])
            yield from (item.get(name) for name in ("action", "namespace", "kind", "name"))
        yield from (it.get(name) for name in ("justification", "reason_code", "duration", "starts_at", "decide_by"))
        for item in it["actions"]:
            yield from (item.get("container"), item.get("uid"), None, None, None, None)  # no content
        yield str(it["approvals_needed"])
        yield "true" if it.get("signed_decisions") else "false"

    assert it["digest_version"] == 2
    encoded = b"".join(b"\xff\xff\xff\xff" if field is None else len(field.encode()).to_bytes(4) + field.encode()
                       for field in fields())
    assert it["digest"] == hashlib.sha256(encoded).hexdigest()
    assert request.approve(actions=[1], duration="PT1H").request["digest"] == it["digest"]


FIRST = "1970-01-01T00:00:00Z"


def test_the_first_second_of_1970_is_a_time(system, tenant):
    """It is told, consented to and recorded as it was given, and means no less than any other time in the past."""
    request = tenant.request(starts_at=FIRST)
    assert request.first.request["starts_at"] == "1970-01-01T00:00:00.000000Z"
    approved = request.approve().request
    assert approved["starts_at"] >= approved["created_at"] and request.check().allowed
    engineer = request.ticket.engineer.id
    system.publish("access.performed", {"engineer_id": engineer, "resource_id": tenant.resource, **LOGS,
                                        "performed_at": FIRST, "outcome": "allowed"})
    [at] = wait_until(lambda: system.auditor.rows("SELECT performed_at FROM audit.access WHERE engineer_id = %s", engineer),
                      "the report is recorded")[0]
    assert at.timestamp() == 0

"""What cannot be read goes to quarantine and to the dead letters, untouched, with the place at fault; nobody else waits."""
import dataclasses
import json
import secrets

import pytest

from confluent_kafka import Producer

from support.broker import client, set_topic
from support.events import Outgoing, event_in, outgoing, place_of
from support.stack import REPOSITORY
from support.waiting import wait_until

EXAMPLES = REPOSITORY / "schemas/examples"
INDEX = json.loads((EXAMPLES / "index.json").read_text())
STRUCTURED = (("content-type", b"application/cloudevents+json"),)
CONNECT = "__connect.errors."
MOST = 256 * 1024  # bytes of a value that are kept


def body(**changes) -> dict:
    event = {"specversion": "1.0", "id": secrets.token_hex(8), "source": "https://support.example/tickets",
             "type": "lockbox.ticket.closed.v1", "data": {"ticket_id": "T-1", "comment": "done"}}
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def closed(value, key: str | None = "T-1", headers=STRUCTURED) -> Outgoing:
    return Outgoing("lockbox.tickets.v1", key, value if isinstance(value, bytes | None) else json.dumps(value).encode(),
                    headers)


PADDED = json.dumps(body())[:-1]
TWICE = json.dumps(body()).replace('"comment": "done"', '"ticket_id": "T-2"').encode()

# Record and reason: what the issue lists, one each.
BAD = {
    "not JSON": (closed(b'{"specversion": "1.0",'), "value"),
    "not UTF-8": (closed(json.dumps(body()).encode().replace(b"done", b"d\xffne")), "value"),
    "not an object": (closed(b"[]"), "value"),
    "not a CloudEvent": (closed({"ticket_id": "T-1"}), "/specversion"),
    "a CloudEvent of another version": (closed(body(specversion="0.3")), "/specversion"),
    "an unknown type": (closed(body(type="lockbox.ticket.exploded.v1")), "/type"),
    "a type of another topic": (closed(body(type="lockbox.decision.submitted.v1")), "/type"),
    "an attribute missing": (closed(body(id=None)), "/id"),
    "a field missing": (closed(body(data={})), "/data/ticket_id"),
    "a field of another type": (closed(body(data={"ticket_id": "T-1", "comment": 7})), "/data/comment"),
    "an id too long": (closed(body(data={"ticket_id": "T" * 129}), key="T" * 129), "/data/ticket_id"),
    "a text too long": (closed(body(data={"ticket_id": "T-1", "comment": "x" * 2001})), "/data/comment"),
    "a time that is none": (closed(body(time="yesterday")), "/time"),
    "the key differs": (closed(body(), key="T-2"), "key"),
    "no key": (closed(body(), key=None), "key"),
    "an empty value": (closed(b""), "value"),
    "a tombstone": (closed(None), "value"),
    "a member twice": (closed(TWICE), "value"),
    "256 KiB exceeded": (closed((PADDED + " " * (MOST + 1 - len(PADDED) - 1) + "}").encode()), "value"),
    "no content type known": (closed(body(), headers=(("content-type", b"application/xml"),)), "content-type"),
    "binary mode, an attribute missing": (
        closed(b'{"ticket_id": "T-1"}', headers=(("content-type", b"application/json"), ("ce_specversion", b"1.0"),
                                                 ("ce_type", b"lockbox.ticket.closed.v1"), ("ce_source", b"/x"))), "/id"),
    "headers of every kind": (closed(b"\x00\x01", headers=(("content-type", b"application/cloudevents+json"),
                                                           ("twice", b"1"), ("twice", b"2"), ("empty", b""),
                                                           ("null", None), ("bytes", bytes(range(256))))), "value"),
}


def dead_letter_of(system, sent):
    """The dead letter of a record that was produced."""
    place = {f"{CONNECT}topic": sent.topic, f"{CONNECT}partition": str(sent.partition), f"{CONNECT}offset": str(sent.offset)}
    wanted = {(name, value.encode()) for name, value in place.items()}
    return system.deadletters.wait_for(lambda letter: wanted <= set(letter.headers), f"dead letter of {sent.place}")


def assert_untouched(system, sent, reason: str) -> None:
    letter = dead_letter_of(system, sent)
    kept = sent.value and sent.value[:MOST]
    added = [f"{CONNECT}{name}" for name in ("topic", "partition", "offset", "exception.message")]
    if kept != sent.value:
        added += ["lockbox-whole-bytes", "lockbox-whole-hash"]
    headers, own = letter.headers[:-len(added)], dict(letter.headers[-len(added):])
    assert (letter.key, letter.value, headers, list(own)) == (sent.key, kept, sent.headers, added)
    assert kept == sent.value or int(own["lockbox-whole-bytes"]) >= len(sent.value)
    message = own[f"{CONNECT}exception.message"].decode()
    assert message.split(":")[0] == reason, message
    row = system.lockbox.row('SELECT * FROM lockbox.quarantine WHERE topic = %s AND "partition" = %s AND "offset" = %s',
                           *sent.place)
    assert (row.key, row.value, row.reason) == (sent.key, kept, message)
    wait_until(lambda: system.lockbox.value("SELECT published_at IS NOT NULL FROM lockbox.quarantine WHERE quarantine_id = %s",
                                          row.quarantine_id), "the dead letter is marked as published")


@pytest.mark.parametrize("record, reason", BAD.values(), ids=BAD)
def test_bad_input_becomes_a_dead_letter(system, record, reason):
    [sent] = system.publisher.send(record)
    assert_untouched(system, sent, reason)


def test_the_longest_event_is_not_too_long(system, tenant):
    ticket = tenant.ticket()
    record = outgoing(event_in("access.requested", ticket.wish()))
    padded = record.value[:-1] + b" " * (MOST - len(record.value)) + b"}"
    assert len(padded) == MOST
    system.publisher.send(dataclasses.replace(record, value=padded))
    system.caused_by(json.loads(record.value)["id"], "request.created")


def test_all_invalid_examples_at_once(system):
    """Those of schemas/examples, by the index that says where each is at fault; in one go, so that a few batches hold
    good and bad."""
    records, reasons = [], []
    for name, reason in INDEX.items():
        event = json.loads((EXAMPLES / name).read_text())
        short = name.split("/")[0].removeprefix("lockbox.").removesuffix(".v1")
        if short.partition(".")[0] in ("request", "notification", "quarantine", "operator") or short in (
                "access.performed", "decision.judged", "tenant.changed", "tenant.change_refused", "tenant.approvers_missing"):
            continue  # nobody reads these
        topic, key, _ = place_of(short)
        data = event.get("data")
        value = data.get(key) if isinstance(data, dict) else None
        records.append(Outgoing(topic, value if isinstance(value, str) else None, json.dumps(event).encode(), STRUCTURED))
        reasons.append(reason)
    assert len(records) > 100
    for sent, reason in zip(system.publisher.send(*records), reasons):
        assert_untouched(system, sent, reason)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("wire/rejected-*.json")), ids=lambda path: path.stem)
def test_wire_examples(system, path):
    example = json.loads(path.read_text())
    record = example["record"]
    if record["topic"] in ("lockbox.events.v1", "lockbox.accesses.v1"):
        pytest.skip("nobody reads that topic but the auditor")
    headers = tuple((name, value if value is None else value.encode()) for name, value in record.get("headers", []))
    value = record.get("value")
    [sent] = system.publisher.send(Outgoing(record["topic"], record.get("key"), value if value is None else value.encode(),
                                          headers))
    assert_untouched(system, sent, example["reason"].split(":")[0])


def test_what_contradicts_the_record_is_a_dead_letter_too(system, tenant):
    ticket = tenant.ticket()
    request = ticket.request()
    bad = {"/data/ticket_id": ("ticket.opened", {"ticket_id": ticket.id, "subscription_id": "another", "title": "again"}),
           "/data/request_id": ("access.withdrawn", {"ticket_id": ticket.id, "engineer_id": ticket.engineer.id,
                                                     "request_id": "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"}),
           "/data/engineer_id": ("access.withdrawn", {"ticket_id": ticket.id, "engineer_id": "somebody-else",
                                                      "request_id": request.id})}
    for reason, (kind, data) in bad.items():
        [sent] = system.publisher.send(outgoing(event_in(kind, data)))
        assert_untouched(system, sent, reason)
    assert request.kinds == ["created"]
    assert ticket.request().first.request["subscription_id"] == tenant.subscription


def test_a_bad_record_of_any_time_is_quarantined(system):
    """Where a topic takes its writers' word for it, the time of a record is any number."""
    times = [-9_500 * 31_556_952_000, 300_000 * 31_556_952_000, 2**63 - 1]
    set_topic(system.bootstrap, "lockbox.tickets.v1", message_timestamp_type="CreateTime",
              message_timestamp_after_max_ms=str(2**63 - 1))
    places = []
    try:
        producer = Producer(client(system.bootstrap))
        for time in times:
            producer.produce("lockbox.tickets.v1", b"x", b"T-1", 0, timestamp=time,
                             on_delivery=lambda error, message: places.append((message.offset(), error)))
        assert producer.flush(30) == 0 and not any(error for _, error in places)
    finally:
        set_topic(system.bootstrap, "lockbox.tickets.v1", message_timestamp_type="LogAppendTime",
                  message_timestamp_after_max_ms=None)
    rows = wait_until(lambda: [] if len(found := system.lockbox.rows(
        """SELECT kafka_timestamp, kafka_timestamp_ms FROM lockbox.quarantine
            WHERE topic = 'lockbox.tickets.v1' AND "partition" = 0 AND "offset" = ANY (%s) ORDER BY "offset" """,
        [offset for offset, _ in places])) < len(times) else found, "the records are quarantined")
    assert [tuple(row) for row in rows] == [(None, time) for time in times]


def malformed(system, event_id: str) -> dict:
    return system.caused_by(event_id, "decision.judged").data


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("broken", [{"decision": "perhaps"}, {"by": {"id": "ann"}}, {"actions": [0]}, {"duration": "P1M"}])
def test_a_decision_that_cannot_be_read_has_a_verdict(system, tenant, mode, broken):
    """Never silence: the portal hears that its revoke was none."""
    request = tenant.request()
    data = {"request_id": request.id, "decision": "revoke", "by": tenant.owner.principal, **broken}
    judged = malformed(system, system.publish("decision.submitted", data, mode))
    assert (judged["request_id"], judged["verdict"]) == (request.id, "malformed")
    assert not {"by", "decision", "tenant_id"} & set(judged)


def test_of_no_request_it_names_none(system, tenant):
    event = event_in("decision.submitted", {"request_id": ["x"], "decision": "revoke", "by": tenant.owner.principal})
    system.publisher.send(dataclasses.replace(outgoing(event), key="x"))
    answer = system.caused_by(event.get_id(), "decision.judged")
    assert (answer.data["request_id"], answer.data["verdict"], answer.event["subject"]) == (None, "malformed", event.get_id())


def test_its_id_has_its_verdict(system, tenant):
    """What comes under the same id is a dead letter, readable or not, and is not judged."""
    request = tenant.request()
    good = {"request_id": request.id, "decision": "approve", "by": tenant.owner.principal}
    bad = event_in("decision.submitted", {**good, "decision": "perhaps"})
    letters = [*system.publisher.send(outgoing(bad))]
    assert malformed(system, bad.get_id())["verdict"] == "malformed"
    for data in (good, {**good, "decision": "maybe"}):
        letters += system.publisher.send(outgoing(event_in("decision.submitted", data, id=bad.get_id())))
    letters += system.publisher.send(outgoing(bad))
    for sent in letters:
        dead_letter_of(system, sent)
    assert request.decide("deny") == "applied"  # and nothing was judged before it but once
    request.event("denied")
    assert len(system.events.where(lambda record: record.cause == bad.get_id())) == 1
    assert request.kinds == ["created", "denied"]


def test_an_access_that_cannot_be_read_is_a_dead_letter_of_the_auditors(system, tenant):
    """Published once, untouched, and kept in the audit store like any other record."""
    data = {"engineer_id": "eve", "resource_id": tenant.resource, "action": "get_pod_logs", "performed_at": "yesterday", "outcome": "allowed"}
    headers = (*STRUCTURED, ("of", b"ours"), ("twice", b"1"), ("twice", b"2"), ("null", None))
    event = {"specversion": "1.0", "id": secrets.token_hex(8), "source": "https://enforcement.example", "type": "lockbox.access.performed.v1",
             "data": data}
    sent, garbage = system.publisher.send(Outgoing("lockbox.accesses.v1", "eve", json.dumps(event).encode(), headers),
                                          Outgoing("lockbox.accesses.v1", None, b"\xff\x00", ()))
    for record, reason in ((sent, "/data/performed_at"), (garbage, "value")):
        letter = dead_letter_of(system, record)
        assert (letter.key, letter.value, letter.headers[:-4]) == (record.key, record.value, record.headers)
        assert letter.headers[-1][1].decode().split(":")[0] == reason
        wait_until(lambda: system.audit.value('SELECT published_at IS NOT NULL FROM audit.dead_letter WHERE (topic, "partition", "offset")'
                                              " = (%s, %s, %s)", *record.place), "the dead letter is marked as published")

"""Publishing and following over HTTP: what arrives in Kafka, who may write what, and what is no event."""
import base64
import json
import signal
import ssl
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import Consumer, TopicPartition

from bridges import SECONDS, Bridge, certificate
from support.broker import Feed, Record, partitions_of
from support.events import event_in, outgoing, place_of
from support.scenario import Tenant
from support.stack import free_port
from support.vocabulary import EVENTS
from support.waiting import stays, wait_until

IN = sorted(name for name, topic in EVENTS.items() if topic not in ("lockbox.events.v1", "lockbox.deadletter.v1", "lockbox.checkpoints.v1"))
JSON = {"Content-Type": "application/json"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BINARY = {**JSON, "ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "lockbox.ticket.closed.v1"}
EVENT = {"specversion": "1.0", "id": "1", "source": "s", "type": "lockbox.ticket.closed.v1", "data": {"ticket_id": "T"}}


class OverHttp:
    """A system whose events are published through the bridges of those who publish them."""

    def __init__(self, system, bridges):
        self.system, self.bridges = system, bridges

    def __getattr__(self, name):
        return getattr(self.system, name)

    def publish(self, short_type: str, data: dict, mode: str = "structured", **attributes) -> str:
        principal = {"lockbox.tickets.v1": "ticketing"}.get(place_of(short_type)[0], "portal")
        return self.bridges[principal].client.publish(short_type, data, mode, **attributes)


def record_at(stack, topic: str, partition: int, offset: int) -> Record:
    consumer = Consumer({**stack.kafka(), "group.id": "tests", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, offset)])
    try:
        return Record.of(wait_until(lambda: consumer.poll(1), f"{topic} {partition} {offset}"))
    finally:
        consumer.close()


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_an_approval_takes_effect(system, bridges, mode):
    """Ticket, tenant and decision by HTTP alone; the ticketing system reads over HTTP that access is granted."""
    request = Tenant(OverHttp(system, bridges), mode=mode).request()
    assert not request.check().allowed
    request.approve()
    assert request.check().allowed
    mine = (event for event in bridges["ticketing"].client.following("/events?wait=20") if event["subject"] == request.id and ".request." in event["type"])
    assert [next(mine)["type"] for _ in range(2)] == ["lockbox.request.created.v1", "lockbox.request.approved.v1"]


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("short_type", IN)
def test_the_record_is_what_a_kafka_client_would_write(stack, bridges, short_type, mode):
    """Of each type: topic, key, headers and value as the CloudEvents SDK for Kafka makes them."""
    event = event_in(short_type, {place_of(short_type)[1]: "a key, ümlaut"}, subject="50 % of “it”", source="urn:a,b")
    answer = bridges["trials"].client.post(event, mode)
    assert answer.status == 202, answer
    at = json.loads(answer.body)
    record, wanted = record_at(stack, at["topic"], at["partition"], at["offset"]), outgoing(event, mode)
    assert (record.topic, record.key) == (wanted.topic, wanted.key.encode())
    assert json.loads(record.value) == json.loads(wanted.value)
    assert dict(record.headers) == dict(wanted.headers) and len(record.headers) == len(wanted.headers)


def test_the_value_is_what_was_sent(stack, bridges):
    """Byte for byte: the same event again is the same bytes."""
    body = b' {"specversion":"1.0", "id":"1","source":"s","type":"lockbox.ticket.closed.v1","data":{"ticket_id":"T","n":1.50}}\n'
    answer = bridges["ticketing"].client.ask("POST", "/events", body, STRUCTURED)
    at = json.loads(answer.body)
    assert record_at(stack, at["topic"], at["partition"], at["offset"]).value == body


@pytest.mark.parametrize("principal, short_type", [("ticketing", "decision.submitted"), ("ticketing", "tenant.lockbox_disabled"),
                                                   ("portal", "ticket.closed"), ("portal", "access.requested"), ("portal", "access.performed")])
def test_nobody_writes_what_its_principal_may_not(system, bridges, principal, short_type):
    topic, key, _ = place_of(short_type)
    feed, mine, others = Feed(system.bootstrap, topic), str(uuid.uuid4()), str(uuid.uuid4())
    answer = bridges[principal].client.post(event_in(short_type, {key: mine}))
    assert (answer.status, answer.body.decode().strip()) == (403, f"Not authorized to access topics: [{topic}]")
    assert bridges["trials"].client.post(event_in(short_type, {key: others})).status == 202
    feed.wait_for(lambda record: record.key == others.encode(), "what came behind it")
    assert feed.where(lambda record: record.key == mine.encode()) == []
    feed.close()


def test_headers_of_the_request_choose_nothing(stack, bridges):
    """Neither topic nor partition, nor do they become headers of the record."""
    headers = {"kafka.OVERRIDE_TOPIC": "lockbox.decisions.v1", "kafka.TOPIC": "lockbox.decisions.v1", "kafka.KEY": "other", "kafka.PARTITION_KEY": "0",
               "kafka.OVERRIDE_TIMESTAMP": "1", "CamelHttpResponseCode": "500", "what": "deadletters", "__connect.errors.topic": "x"}
    event = event_in("ticket.closed", {"ticket_id": "T-7"})
    answer = bridges["trials"].client.post(event, **headers)
    assert answer.status == 202
    at = json.loads(answer.body)
    record = record_at(stack, at["topic"], at["partition"], at["offset"])
    assert (record.topic, record.key, [name for name, _ in record.headers]) == ("lockbox.tickets.v1", b"T-7", ["content-type"])
    assert record.timestamp_ms > 10 ** 12
    assert bridges["ticketing"].client.ask("GET", "/events?wait=0", headers=headers).headers["Content-Type"] == "application/cloudevents-batch+json"


@pytest.mark.parametrize("body, headers, status, why", [
    (b"nonsense", STRUCTURED, 400, "the body is not JSON, or has a member twice"),
    (b"", STRUCTURED, 400, "/specversion: missing"),
    (b"{}{}", STRUCTURED, 400, "the body is not JSON, or has a member twice"),
    (b'{"id": 1, "id": 2}', STRUCTURED, 400, "the body is not JSON, or has a member twice"),
    (b"[]", STRUCTURED, 400, "/specversion: missing"),
    (EVENT | {"specversion": "0.3"}, STRUCTURED, 400, "/specversion: not 1.0"),
    (EVENT | {"id": ""}, STRUCTURED, 400, "/id: missing"),
    (EVENT | {"source": 7}, STRUCTURED, 400, "/source: missing"),
    (EVENT | {"type": "lockbox.request.approved.v1"}, STRUCTURED, 400, "/type: unknown"),
    (EVENT | {"type": "com.example.other"}, STRUCTURED, 400, "/type: unknown"),
    (EVENT | {"data": {}}, STRUCTURED, 400, "/data/ticket_id: missing"),
    (EVENT | {"data": {"ticket_id": 7}}, STRUCTURED, 400, "/data/ticket_id: missing"),
    (EVENT | {"data": None}, STRUCTURED, 400, "/data/ticket_id: missing"),
    ({"ticket_id": "T"}, JSON, 400, "/specversion: missing"),
    ({"ticket_id": "T"}, {name: it for name, it in BINARY.items() if name != "ce-id"}, 400, "/id: missing"),
    ({}, BINARY, 400, "/data/ticket_id: missing"),
    ([EVENT], {"Content-Type": "application/cloudevents-batch+json"}, 415, None),
    (EVENT, {"Content-Type": "text/plain"}, 415, None),
    (EVENT, {}, 415, None),
    (EVENT | {"data": {"ticket_id": "T", "comment": "x" * 262144}}, STRUCTURED, 413, None),
])
def test_what_is_no_event_is_refused(system, bridges, body, headers, status, why):
    offsets = {record.place for record in system.events.records}
    answer = bridges["trials"].client.ask("POST", "/events", body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
    assert answer.status == status
    assert why is None or answer.body.decode() == f"{why}\n"
    assert offsets <= {record.place for record in system.events.records}


@pytest.mark.parametrize("method, path, status", [("PUT", "/events", 405), ("DELETE", "/events", 405), ("POST", "/deadletters", 405), ("GET", "/", 404),
                                                  ("GET", "/events?cursor=1", 400), ("GET", "/events?cursor=0.1;x", 400),
                                                  ("GET", "/events?wait=60", 400), ("GET", "/events?wait=-1", 400)])
def test_what_is_no_question_is_refused(bridges, method, path, status):
    assert bridges["ticketing"].client.ask(method, path).status == status


def test_a_place_that_kafka_does_not_have_is_gone(system, bridges):
    """Whatever other partitions have: they alone would be answered, and what the one has had would be missed."""
    Tenant(system)
    partitions = partitions_of(system.bootstrap, "lockbox.events.v1")
    for gone in partitions:
        cursor = "-".join(f"{number}.{99999999 if number == gone else 0}" for number in partitions)
        assert bridges["ticketing"].client.ask("GET", f"/events?cursor={cursor}").status == 410


@pytest.mark.parametrize("written, read", [('"a \\"quoted\\" word"', 'a "quoted" word'), ("100%25", "100%"), ("a+b", "a+b"), ('"%C3%BC"', "ü")])
def test_attributes_are_read_as_http_writes_them(stack, bridges, written, read):
    answer = bridges["ticketing"].client.ask("POST", "/events", b'{"ticket_id": "T"}', BINARY | {"ce-id": str(uuid.uuid4()), "ce-source": written})
    at = json.loads(answer.body)
    assert dict(record_at(stack, at["topic"], at["partition"], at["offset"]).headers)["ce_source"].decode() == read


def test_only_with_the_certificate_of_its_integrator(bridges):
    """That of another bridge's is none, nor is one by the same name."""
    mine, other = bridges["ticketing"], bridges["portal"]
    assert mine.client.ask("GET", "/events?wait=0").status == 200
    for certificate in (None, other.directory / "portal.crt", other.directory / "server.crt"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            mine.client_with(certificate).ask("GET", "/events?wait=0")


def test_answered_once_kafka_has_it(stack, bridges):
    """While the broker stands still there is no answer; once it goes on, the record is there."""
    client = bridges["ticketing"].client
    assert client.post(event_in("ticket.closed", {"ticket_id": "warm"})).status == 202
    answers = []
    asking = threading.Thread(target=lambda: answers.append(client.post(event_in("ticket.closed", {"ticket_id": "T"}))))
    stack.signal("kafka", signal.SIGSTOP)
    try:
        asking.start()
        assert stays(lambda: not answers, 1)
    finally:
        stack.signal("kafka", signal.SIGCONT)
    asking.join()
    at = json.loads(answers[0].body)
    assert answers[0].status == 202 and record_at(stack, at["topic"], at["partition"], at["offset"]).key == b"T"


def test_without_kafka_nothing_is_taken(stack, bridges, tmp_path):
    certificate(tmp_path, "server")
    bridge = Bridge(tmp_path, "ticketing", {**stack.kafka("ticketing"), "bootstrap.servers": f"127.0.0.1:{free_port()}"})
    try:
        for answer in (bridge.client.post(event_in("ticket.closed", {"ticket_id": "T"})), bridge.client.ask("GET", "/events?wait=0")):
            assert (answer.status, answer.body) == (503, b"not now: ask again\n")
    finally:
        bridge.stop()


def test_following_goes_on_where_the_client_says(system, bridges):
    """Each event once and in its partition's order, though the bridge is another in between; from an older place, again."""
    bridge, tenant = bridges["portal"], Tenant(OverHttp(system, bridges))
    start = bridge.client.ask("GET", "/events?cursor=latest&wait=0")
    assert start.events == []
    request = tenant.request()
    seen, answer = [], start
    until = time.monotonic() + SECONDS
    while not seen and time.monotonic() < until:
        answer = bridge.client.ask("GET", answer.next.replace("wait=0", "wait=20"))
        seen += [event["id"] for event in answer.events if event["subject"] == request.id and ".request." in event["type"]]
    bridge.stop()
    bridge.start()
    request.approve()
    while len(seen) < 2 and time.monotonic() < until:
        answer = bridge.client.ask("GET", answer.next)
        seen += [event["id"] for event in answer.events if event["subject"] == request.id and ".request." in event["type"]]
    assert seen == [record.event["id"] for record in request.events]
    again = bridge.client.ask("GET", start.next)
    assert [event["id"] for event in again.events if event["subject"] == request.id and ".request." in event["type"]][:1] == seen[:1]


def test_whoever_waits_hears_at_once(system, bridges):
    client = bridges["ticketing"].client
    place = client.ask("GET", "/events?cursor=latest&wait=0").next
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.ask, "GET", place.replace("wait=0", "wait=59"))
        assert stays(lambda: not waiting.done(), 1)
        tenant = Tenant(system)
        assert tenant.id in {event["subject"] for event in waiting.result(30).events}


def test_few_wait_at_once(bridges):
    """The fifth is told so, and publishing goes on meanwhile."""
    client = bridges["ticketing"].client
    place = client.ask("GET", "/events?cursor=latest&wait=0").next.replace("wait=0", "wait=15")
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(client.ask, "GET", place) for _ in range(5)]
        wait_until(lambda: any(it.done() for it in waiting), "one is refused", 10)
        assert [it.result().status for it in waiting if it.done()] == [429]
        assert client.post(event_in("ticket.closed", {"ticket_id": "T"})).status == 202


def test_dead_letters_come_back(bridges):
    client = bridges["ticketing"].client
    event = event_in("ticket.opened", {"ticket_id": "T-1"})
    at = json.loads(client.post(event).body)
    letters = client.following("/deadletters?wait=20")
    mine = next(it for it in letters if (it["topic"], it["partition"], it["offset"]) == tuple(at.values()))
    assert mine["reason"] == "/data/subscription_id: missing"
    assert json.loads(base64.b64decode(mine["value"]))["id"] == event.get_id()


def test_secrets_and_data_are_in_no_log(stack, bridges):
    said = "".join(bridge.log for bridge in bridges.bridges.values())
    passwords = [stack.kafka(principal)["sasl.password"] for principal in bridges.bridges]
    assert bridges.bridges and [it for it in [*passwords, "changeit", "ticket_id"] if it in said] == []

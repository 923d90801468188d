"""One ticket, from asked for to access: spans of every worker in one trace, each the child of what led to it."""
import json
import re
import secrets
import socket
import time
import urllib.request
from types import SimpleNamespace

from api import authorize, item, post, reviews
from support.scenario import new_engineer
from support.stack import free_port
from support.waiting import wait_until

WORKERS = {f"lockbox-{name}" for name in ("requester", "decider", "expirer", "relay", "notifier", "auditor", "authorizer")}


def attributes_of(span: dict) -> dict:
    return {it["key"]: it["value"]["stringValue"] for it in span["attributes"]}


def find(spans: list, service: str, verb: str, kind: str) -> dict:
    """The span of a worker, of that type of event."""
    found = [it for it in spans if (it["service"], it["name"]) == (f"lockbox-{service}", f"{verb} {kind}")]
    assert len(found) == 1, (service, verb, kind, [(it["service"], it["name"]) for it in spans])
    return found[0]


def count_of(port: int, metric: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        return int(re.search(rf"^lockbox_{metric}\{{.*\}} (\d+)$", page.read().decode(), re.MULTILINE).group(1))


def walk(authorizer, customer, **trace: str) -> str:
    """Asked for, approved, asked by an API server, told, over. Returns the request's id."""
    system, ticket = authorizer.system, customer.ticket(engineer=new_engineer())
    wish = ticket.wish(resource_id=authorizer.resource_id, actions=[item("list_or_get_objects", "Pod")], duration="PT20S")
    asked = system.publish("access.requested", wish, **trace)
    created = system.caused_by(asked, "request.created")
    request_id = created.event["subject"]
    system.caused_by(created.event["id"], "notification.sent")
    decided = system.publish("decision.submitted", {"request_id": request_id, "decision": "approve", "by": customer.approver.principal}, **trace)
    system.caused_by(decided, "request.approved")
    assert authorize(authorizer, "list", ticket.engineer.id)["allowed"] is True
    for report in reviews("list", "audit", ticket.engineer.id):
        for event in report["items"]:
            event["annotations"] = {"authorization.k8s.io/decision": "allow",
                                    "authorization.k8s.io/reason": f"lockbox request {request_id} until 2026-11-30T20:00:00Z"}
        assert post(authorizer, "/clusters/one/audit", json.dumps(report).encode())[0] == 200
    system.events.wait_for(lambda it: it.kind == "request.completed" and it.event["subject"] == request_id, "its end", 60)
    return request_id


def check(spans: list, request_id: str) -> None:
    requested = find(spans, "requester", "handle", "lockbox.access.requested.v1")
    decided = find(spans, "decider", "handle", "lockbox.decision.submitted.v1")
    completed = find(spans, "expirer", "make", "lockbox.request.completed.v1")
    for kind, parent in (("created", requested), ("approved", decided), ("completed", completed)):
        event = f"lockbox.request.{kind}.v1"
        published = find(spans, "relay", "publish", event)
        assert published["parentSpanId"] == parent["spanId"]
        for reader in ("notifier", "auditor"):
            assert find(spans, reader, "handle", event)["parentSpanId"] == published["spanId"]
    handled = find(spans, "notifier", "handle", "lockbox.request.created.v1")
    told = [it for it in spans if it["name"] == "tell approval_needed"]
    assert told and {it["parentSpanId"] for it in told} == {handled["spanId"]}
    made = [it for it in spans if (it["service"], it["name"]) == ("lockbox-authorizer", "make lockbox.access.performed.v1")]
    recorded = [it for it in spans if (it["service"], it["name"]) == ("lockbox-auditor", "handle lockbox.access.performed.v1")]
    assert made and {it["parentSpanId"] for it in recorded} == {it["spanId"] for it in made}
    assert find(spans, "authorizer", "answer", "authorize")["kind"] == 2
    about = attributes_of(requested)
    assert (about["lockbox.request.id"], about["lockbox.request.version"]) == (request_id, "1")
    assert all(int(it["startTimeUnixNano"]) <= int(it["endTimeUnixNano"]) for it in spans)


def await_spans(collector, trace_id: str, *wanted: tuple[str, str]) -> list:
    """wanted: a service, and the name of a span of it."""
    def there():
        spans = collector.of(trace_id)
        return {(it["service"], it["name"]) for it in spans} >= set(wanted) and WORKERS <= {it["service"] for it in spans}
    try:
        wait_until(there, f"the spans of {trace_id}", 60)
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {sorted((it['service'], it['name']) for it in collector.of(trace_id))}") from None
    return collector.of(trace_id)


LAST = (("lockbox-auditor", "handle lockbox.request.completed.v1"), ("lockbox-notifier", "handle lockbox.request.completed.v1"),
        ("lockbox-auditor", "handle lockbox.access.performed.v1"), ("lockbox-auditor", "handle lockbox.request.approved.v1"))


def test_one_ticket_is_one_trace(collector, authorizer, customer):
    trace_id, parent = secrets.token_hex(16), secrets.token_hex(8)
    request_id = walk(authorizer, customer, traceparent=f"00-{trace_id}-{parent}-01", tracestate="vendor=1")
    spans = await_spans(collector, trace_id, *LAST)
    check(spans, request_id)
    assert {it["traceState"] for it in spans} == {"vendor=1"}
    for service, kind in (("requester", "access.requested"), ("decider", "decision.submitted"), ("auditor", "access.requested")):
        assert find(spans, service, "handle", f"lockbox.{kind}.v1")["parentSpanId"] == parent
    said = json.dumps(spans)
    assert all(word not in said for word in ("@", customer.approver.id, "routers"))  # no address, no person, no content


def test_without_a_traceparent_the_request_is_the_trace(collector, authorizer, customer):
    request_id = walk(authorizer, customer)
    spans = await_spans(collector, request_id.replace("-", ""), *LAST)
    check(spans, request_id)
    assert "parentSpanId" not in find(spans, "requester", "handle", "lockbox.access.requested.v1") or not find(
        spans, "requester", "handle", "lockbox.access.requested.v1")["parentSpanId"]


def test_a_trace_that_is_not_sampled_has_no_spans(collector, system, customer):
    off, on = secrets.token_hex(16), secrets.token_hex(16)
    for trace_id, flags in ((off, "00"), (on, "01")):
        asked = system.publish("access.requested", customer.ticket().wish(), traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")
        system.caused_by(asked, "request.")
    wait_until(lambda: [it for it in collector.of(on) if it["name"] == "handle lockbox.access.requested.v1" and it["service"] == "lockbox-requester"],
               "the spans of the trace behind it")
    assert collector.of(off) == []


def test_a_collector_that_hangs_delays_nobody(system, authorizer):
    """It takes connections and says nothing: answers come as ever, spans are dropped and counted, and the end comes in time."""
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        http_port, port, path = free_port(), free_port(), authorizer.certificates.path
        process = system.stack.spawn(
            "authorizer", "hanging", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{http_port}", LOCKBOX_AUTHORIZER_LISTEN=f"127.0.0.1:{port}",
            LOCKBOX_AUTHORIZER_CERTIFICATE_FILE=path("server.crt"), LOCKBOX_AUTHORIZER_KEY_FILE=path("server.key"),
            LOCKBOX_AUTHORIZER_CLIENT_CA_FILE=path("ca.crt"), LOCKBOX_CLUSTERS_FILE=str(authorizer.file),
            LOCKBOX_OTLP_ENDPOINT=f"http://127.0.0.1:{hanging.getsockname()[1]}")
        try:
            wait_until(lambda: system.stack.ready(http_port) == "ready", "the authorizer is ready")
            other = SimpleNamespace(port=port, apiserver=authorizer.apiserver)
            slowest = 0.0

            def dropped():
                nonlocal slowest
                began = time.monotonic()
                assert authorize(other, "list", new_engineer().id)["allowed"] is False
                slowest = max(slowest, time.monotonic() - began)
                return count_of(http_port, "spans_dropped_total") > 0
            wait_until(dropped, "spans are dropped")
            assert slowest < 1.5  # the collector is given two seconds
            process.terminate()
            assert process.wait(9) == 0
        finally:
            process.kill()
            process.wait()

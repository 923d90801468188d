"""The trace of an access request, in the authorizer's answers and in what it reports; else that of the question."""
import http.client
import json
import secrets

from api import item, reviews
from support.scenario import new_engineer
from support.waiting import wait_until

STATE = "vendor=1"


def new_trace() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def ask(authorizer, page: str, review: dict, **headers: str) -> tuple:
    """The answer's traceparent and tracestate."""
    connection = http.client.HTTPSConnection("127.0.0.1", authorizer.port, context=authorizer.apiserver, timeout=30)
    try:
        connection.request("POST", f"/clusters/one/{page}", json.dumps(review).encode(), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        return answer.headers["traceparent"], answer.headers["tracestate"]
    finally:
        connection.close()


def granted(authorizer, customer, one: dict, **trace: str):
    system, ticket = authorizer.system, customer.ticket(engineer=new_engineer())
    asked = system.publish("access.requested", ticket.wish(resource_id=authorizer.resource_id, actions=[one]), **trace)
    request_id = system.caused_by(asked, "request.created").event["subject"]
    decided = system.publish("decision.submitted", {"request_id": request_id, "decision": "approve", "by": customer.approver.principal})
    system.caused_by(decided, "request.approved")
    return ticket.engineer.id, request_id


def test_an_answer_has_the_trace_of_the_request_that_it_rests_on(authorizer, customer):
    trace, own = new_trace(), new_trace()
    engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "Pod"), traceparent=trace, tracestate=STATE)
    review = reviews("list", "authorize", engineer)[-1]
    assert ask(authorizer, "authorize", review) == (trace, STATE)
    assert ask(authorizer, "authorize", review, traceparent=own, tracestate="a=1") == (trace, STATE)


def test_a_change_and_what_is_reported_of_it(authorizer, customer):
    trace = new_trace()
    engineer, request_id = granted(authorizer, customer, item("create_object", "ConfigMap"), traceparent=trace, tracestate=STATE)
    assert ask(authorizer, "admit", reviews("create", "admit", engineer)[0]) == (trace, STATE)
    for report in reviews("create", "audit", engineer):
        for event in report["items"]:
            event["annotations"] = {"authorization.k8s.io/decision": "allow",
                                    "authorization.k8s.io/reason": f"lockbox request {request_id} until 2026-11-30T20:00:00Z"}
        ask(authorizer, "audit", report)

    def recorded():
        return authorizer.system.auditor.rows("SELECT traceparent, tracestate FROM audit.event"
                                              " WHERE topic = 'lockbox.accesses.v1' AND traceparent = %s", trace)
    wait_until(recorded, "the access is recorded")
    assert {tuple(row) for row in recorded()} == {(trace, STATE)}


def test_an_answer_that_rests_on_none_has_the_trace_of_the_question(authorizer, customer):
    own = new_trace()
    review = reviews("list", "authorize", new_engineer().id)[-1]
    assert ask(authorizer, "authorize", review, traceparent=own, tracestate="a=1") == (own, "a=1")
    assert ask(authorizer, "authorize", review, traceparent=own, tracestate="a") == (own, None)
    assert ask(authorizer, "authorize", review, traceparent="00-a-b-01", tracestate="a=1") == (None, None)
    assert ask(authorizer, "authorize", review) == (None, None)


def test_a_request_without_a_trace(authorizer, customer):
    engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "Pod"))
    assert ask(authorizer, "authorize", reviews("list", "authorize", engineer)[-1]) == (None, None)

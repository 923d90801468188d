"""The authorizer over HTTPS, by reviews that a real API server sent (record.py)."""
import copy
import http.client
import json
import os
import signal
import ssl
import urllib.request
import uuid

import pytest

from conftest import RECORDED
from support.metrics import listed, shown
from support.scenario import new_engineer
from support.stack import free_port
from support.waiting import wait_until

NAMESPACE = "openshift-ingress"


def item(action: str, kind: str | None = None, name: str | None = None, namespace: str | None = NAMESPACE) -> dict:
    parts = {"action": action, "namespace": namespace, "kind": kind, "name": name}
    return {member: it for member, it in parts.items() if it is not None}


PODS = item("list_or_get_objects", "Pod")


def post(authorizer, path: str, body: bytes, context: ssl.SSLContext | None = None, method: str = "POST") -> tuple[int, dict]:
    connection = http.client.HTTPSConnection("127.0.0.1", authorizer.port, context=context or authorizer.apiserver, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


def reviews(command: str, page: str, engineer: str) -> list[dict]:
    """As recorded, by another engineer, whose requests have audit ids of their own."""
    found = copy.deepcopy([it["review"] for it in RECORDED["reviews"][command] if it["page"] == page])
    for review in found:
        for event in review.get("items", []):
            event["user"]["username"] = f"lockbox:{engineer}"
            event["auditID"] = str(uuid.uuid5(uuid.NAMESPACE_OID, engineer + event["auditID"]))
        if "spec" in review:
            review["spec"]["user"] = f"lockbox:{engineer}"
        if "request" in review:
            review["request"]["userInfo"]["username"] = f"lockbox:{engineer}"
    return found


def authorize(authorizer, command: str, engineer: str, at: int = -1) -> dict:
    status, answer = post(authorizer, "/clusters/one/authorize", json.dumps(reviews(command, "authorize", engineer)[at]).encode())
    assert status == 200 and answer["apiVersion"] == "authorization.k8s.io/v1"
    return answer["status"]


def admit(authorizer, command: str, engineer: str) -> dict:
    [review] = reviews(command, "admit", engineer)
    status, answer = post(authorizer, "/clusters/one/admit", json.dumps(review).encode())
    assert status == 200 and answer["response"]["uid"] == review["request"]["uid"]
    return answer["response"]


def granted(authorizer, customer, *items: dict):
    """A new engineer, with a live grant of these."""
    ticket = customer.ticket(engineer=new_engineer())
    request = ticket.request(resource_id=authorizer.resource_id, actions=list(items))
    request.approve()
    return ticket.engineer.id, request


SETTINGS = ("ConfigMap", "settings")
ALLOWED = [
    ("list", PODS), ("list by name", PODS), ("list by name", item("list_or_get_objects", "Pod", "router-1")),
    ("get", item("list_or_get_objects", "Deployment.apps", "router")), ("logs", item("get_pod_logs")),
    ("logs", item("get_pod_logs", name="router-1")), ("create", item("create_object", *SETTINGS)),
    ("create", item("create_object", "ConfigMap")), ("update", item("update_object", *SETTINGS)),
    ("patch", item("update_object", *SETTINGS)), ("delete", item("delete_object", *SETTINGS)),
    ("namespace", item("list_or_get_objects", "Namespace", NAMESPACE, namespace=None)),
]


@pytest.mark.parametrize("command, one", ALLOWED, ids=lambda it: it if isinstance(it, str) else it["action"])
def test_what_a_grant_allows(authorizer, customer, command, one):
    engineer, request = granted(authorizer, customer, one)
    said = authorize(authorizer, command, engineer)
    assert said["allowed"] is True
    assert said["reason"] == f"lockbox request {request.id} until {request.now['expires_at']}"
    assert request.decide("revoke") == "applied"
    refused = authorize(authorizer, command, engineer)
    assert (refused["allowed"], refused["denied"]) == (False, True)
    assert refused["reason"].startswith("lockbox: no_grant: no grant for ")


OTHERS = [
    ("list", item("list_or_get_objects", "Pod", "router-1")), ("list by name", item("list_or_get_objects", "Pod", "router-2")),
    ("get", item("list_or_get_objects", "DaemonSet.apps", "router")), ("logs", PODS), ("logs", item("get_pod_logs", name="router-2")),
    ("create", item("create_object", "Service", "settings")), ("update", item("delete_object", *SETTINGS)),
    ("patch", item("create_object", "ConfigMap")), ("delete", item("update_object", *SETTINGS)),
    ("namespace", item("list_or_get_objects", "Pod", NAMESPACE)), ("list", item("list_or_get_objects", "Pod", namespace="openshift-dns")),
]


@pytest.mark.parametrize("command, one", OTHERS, ids=lambda it: it if isinstance(it, str) else it["action"])
def test_what_another_grant_does_not(authorizer, customer, command, one):
    engineer, _ = granted(authorizer, customer, one)
    said = authorize(authorizer, command, engineer)
    assert (said["allowed"], said["denied"]) == (False, True)


@pytest.mark.parametrize("command, code", [("exec", "subresource"), ("scale", "subresource"), ("watch", "verb"),
                                           ("token", "subresource"), ("metrics", "path")])
def test_nobody_can_agree_to_it(authorizer, command, code):
    said = authorize(authorizer, command, "ines")
    assert (said["allowed"], said["denied"]) == (False, True)
    assert said["reason"].startswith(f"lockbox: {code}_not_permitted: ")


def test_no_engineer_may_ask_what_they_may(authorizer):
    assert authorize(authorizer, "can-i", "ines", at=0)["denied"] is True


def test_discovery_needs_no_grant(authorizer):
    assert authorize(authorizer, "version", "ines") == {"allowed": True, "reason": "lockbox: discovery needs no grant"}


def test_it_says_nothing_about_others(authorizer):
    review = reviews("list", "authorize", "x")[0]
    review["spec"] |= {"user": "somebody", "groups": ["system:authenticated"]}
    assert post(authorizer, "/clusters/one/authorize", json.dumps(review).encode())[1]["status"] == {"allowed": False}


# Admission

@pytest.mark.parametrize("command, one", [("create", item("create_object", *SETTINGS)), ("update", item("update_object", *SETTINGS)),
                                          ("patch", item("update_object", *SETTINGS)), ("delete", item("delete_object", *SETTINGS))])
def test_admission_asks_again_with_the_name(authorizer, customer, command, one):
    engineer, _ = granted(authorizer, customer, one)
    assert admit(authorizer, command, engineer)["allowed"] is True
    other, _ = granted(authorizer, customer, {**one, "name": "another"})
    said = admit(authorizer, command, other)
    assert said["allowed"] is False and said["status"]["code"] == 403
    assert said["status"]["message"].startswith("lockbox: no_grant: ")


def test_an_apply_creates_and_does_not_update(authorizer, customer):
    """Recorded of an object that exists."""
    engineer, _ = granted(authorizer, customer, item("create_object", *SETTINGS), item("list_or_get_objects", *SETTINGS))
    assert authorize(authorizer, "apply", engineer)["allowed"] is True
    assert admit(authorizer, "apply", engineer)["allowed"] is False


def test_connect_is_never_admitted(authorizer):
    assert admit(authorizer, "exec", "ines")["allowed"] is False


# Audit

def test_an_audit_event_is_one_access_however_often_it_is_sent(authorizer, system):
    engineer = new_engineer().id
    lists = reviews("list", "audit", engineer)
    for review in [*lists, *lists]:
        assert post(authorizer, "/clusters/one/audit", json.dumps(review).encode()) == (200, {})
    query = "SELECT * FROM audit.access WHERE engineer_id = %s AND outcome <> 'begun'"
    [row] = wait_until(lambda: [it for it in system.audit.rows(query, engineer) if it.resource is None], "the access is recorded")
    assert (row.action, row.namespace, row.kind, row.audit_id) == ("list_or_get_objects", NAMESPACE, "Pod", lists[0]["items"][0]["auditID"])


def test_the_good_events_beside_a_bad_one_are_recorded(authorizer, system):
    engineer = new_engineer().id
    review = reviews("list", "audit", engineer)[-1]
    bad = copy.deepcopy(review["items"][0])
    del bad["auditID"]
    review["items"].append(bad)
    assert post(authorizer, "/clusters/one/audit", json.dumps(review).encode())[0] == 400
    wait_until(lambda: system.audit.rows("SELECT * FROM audit.access WHERE engineer_id = %s", engineer), "the good one is recorded")


def test_audit_events_that_kafka_does_not_take_are_refused(authorizer, system):
    review = json.dumps(reviews("list", "audit", new_engineer().id)[0]).encode()
    system.stack.signal("kafka", signal.SIGSTOP)
    try:
        assert post(authorizer, "/clusters/one/audit", review)[0] == 503
    finally:
        system.stack.signal("kafka", signal.SIGCONT)
    wait_until(lambda: post(authorizer, "/clusters/one/audit", review)[0] == 200, "Kafka takes them again")


# What is wrong

def test_who_asks_shows_the_clusters_certificate(authorizer):
    review = json.dumps(reviews("list", "authorize", "ines")[0]).encode()
    path = "/clusters/one/authorize"
    nobody = ssl.create_default_context(cafile=authorizer.certificates.path("ca.crt"))
    assert post(authorizer, path, review, nobody)[0] == 401
    assert post(authorizer, path, review, authorizer.certificates.client("other", "another-cluster"))[0] == 403
    stranger = authorizer.certificates.client("stranger", "kube-apiserver", authority="other-ca")
    try:
        assert post(authorizer, path, review, stranger)[0] == 401
    except (ssl.SSLError, OSError):
        pass  # the handshake may say so


BAD = {"no JSON": b"{", "empty": b"", "another kind": b'{"apiVersion":"v1","kind":"Pod"}', "NUL": b'{"spec":{"user":"a\\u0000b"}}',
       "a version before": b'{"apiVersion":"authorization.k8s.io/v1beta1","kind":"SubjectAccessReview","spec":{"user":"lockbox:a"}}',
       "nothing asked": b'{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"lockbox:a"}}'}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_malformed_review_is_no_yes(authorizer, body):
    for page in ("authorize", "admit", "audit"):
        assert post(authorizer, f"/clusters/one/{page}", body)[0] == 400


def test_paths_methods_and_sizes_are_bounded(authorizer):
    assert post(authorizer, "/clusters/two/authorize", b"{}")[0] == 404
    assert post(authorizer, "/clusters/one/other", b"{}")[0] == 404
    assert post(authorizer, "/clusters/one/authorize", b"", method="GET")[0] == 405
    assert post(authorizer, "/clusters/one/authorize", b" " * (256 << 10) + b" ")[0] == 413


def test_a_homoglyph_is_another(authorizer, customer):
    engineer, _ = granted(authorizer, customer, PODS)
    review = reviews("list", "authorize", engineer)[0]
    review["spec"]["resourceAttributes"]["namespace"] = "openshift-ingre\u0455s"
    assert post(authorizer, "/clusters/one/authorize", json.dumps(review).encode())[1]["status"]["denied"] is True


def test_a_database_that_does_not_answer_is_a_no(authorizer, customer, system):
    engineer, _ = granted(authorizer, customer, PODS)
    backends = [it.pid for it in system.lockbox.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'lockbox-authorizer'")]
    for pid in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        said = authorize(authorizer, "list", engineer)
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)
    assert said["denied"] is True and said["reason"].startswith("lockbox: unavailable: ")
    wait_until(lambda: authorize(authorizer, "list", engineer)["allowed"], "the database answers again")


def test_a_file_that_pins_a_customers_keys_is_refused(authorizer, tmp_path):
    """Such a cluster trusts nobody but its customer: an authorizer that went by the database alone would open it."""
    clusters = json.loads(authorizer.file.read_text())
    clusters["clusters"][0]["trust"] = {"approvers": [], "approvals_needed": 1}
    file = tmp_path / "clusters.json"
    file.write_text(json.dumps(clusters))
    assert authorizer.spawn("2", file, free_port(), free_port()).wait(30) == 2


def test_the_docs_list_every_metric(authorizer):
    authorize(authorizer, "list", "nobody")
    with urllib.request.urlopen(f"http://127.0.0.1:{authorizer.http_port}/metrics", timeout=10) as answer:
        there = shown(answer.read().decode())
    assert listed()[1].items() <= there.items()
    assert there.keys() <= set().union(*listed())

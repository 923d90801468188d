"""The authorizer over HTTPS, by reviews that a real API server sent (record.py)."""
import copy
import json
import os
import re
import signal
import socket
import ssl
import threading
import urllib.request
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api import NAMESPACE, admit, authorize, granted, item, post, reviews, uid_of
from support.metrics import listed, shown
from support.scenario import new_engineer
from support.waiting import wait_until

PODS = item("list_or_get_objects", "Pod")
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


def test_no_engineer_may_ask_what_they_may(authorizer, customer):
    """Not even where somebody agreed to it."""
    engineer, _ = granted(authorizer, customer, item("create_object", "SelfSubjectAccessReview.authorization.k8s.io", namespace=None))
    said = authorize(authorizer, "can-i", engineer, at=0)
    assert said["denied"] is True and said["reason"].startswith("lockbox: verb_not_permitted: create of selfsubjectaccessreviews")
    said = admit(authorizer, "can-i", engineer)
    assert said["allowed"] is False and "lockbox: verb_not_permitted: " in said["status"]["message"]


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


def test_a_deletion_is_held_to_its_uid(authorizer, customer):
    one = item("delete_object", *SETTINGS)
    right, _ = granted(authorizer, customer, {**one, "uid": uid_of("delete")})
    assert authorize(authorizer, "delete", right)["allowed"] is True
    assert admit(authorizer, "delete", right)["allowed"] is True
    wrong, _ = granted(authorizer, customer, {**one, "uid": "0" * 36})
    assert authorize(authorizer, "delete", wrong)["allowed"] is True  # admission knows the object
    said = admit(authorizer, "delete", wrong)
    assert said["allowed"] is False and said["status"]["message"].startswith("lockbox: uid_changed: ConfigMap settings is not the object")


def test_a_deletion_that_another_grant_agrees_to(authorizer, customer):
    """One that ends later, and is about another object of that name, is not in the way."""
    one, engineer = item("delete_object", *SETTINGS), new_engineer()
    ticket = customer.ticket(engineer=engineer)
    requests = [ticket.request(resource_id=authorizer.resource_id, actions=[{**one, "uid": uid}]) for uid in (uid_of("delete"), "0" * 36)]
    for request in requests:
        request.approve()
    assert admit(authorizer, "delete", engineer.id)["allowed"] is True
    assert requests[0].decide("revoke") == "applied"
    assert admit(authorizer, "delete", engineer.id)["allowed"] is False


def test_an_item_that_an_approver_left_out_frees_no_deletion(authorizer, customer):
    """Without a uid it would."""
    one = item("delete_object", *SETTINGS)
    ticket = customer.ticket(engineer=new_engineer())
    request = ticket.request(resource_id=authorizer.resource_id, actions=[{**one, "uid": "0" * 36}, one])
    request.approve(actions=[1])
    assert admit(authorizer, "delete", ticket.engineer.id)["allowed"] is False


def test_an_apply_creates_and_does_not_update(authorizer, customer):
    """Recorded of an object that exists."""
    engineer, _ = granted(authorizer, customer, item("create_object", *SETTINGS), item("list_or_get_objects", *SETTINGS))
    assert authorize(authorizer, "apply", engineer)["allowed"] is True
    assert admit(authorizer, "apply", engineer)["allowed"] is False


def test_an_apply_needs_an_item_with_its_name(authorizer, customer):
    """Creating any name and reading any name together are not that."""
    engineer, _ = granted(authorizer, customer, item("create_object", "ConfigMap"), item("list_or_get_objects", "ConfigMap"))
    assert authorize(authorizer, "create", engineer)["allowed"] is True
    assert authorize(authorizer, "apply", engineer)["denied"] is True
    named = customer.ticket(engineer=new_engineer())
    for one in (item("create_object", *SETTINGS), item("create_object", "ConfigMap")):  # the other one ends later
        named.request(resource_id=authorizer.resource_id, actions=[one]).approve()
    assert authorize(authorizer, "apply", named.engineer.id)["allowed"] is True


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


def kept(system, body: bytes) -> list:
    return system.lockbox.rows("SELECT consumer, topic, convert_from(key, 'UTF8') AS key, reason FROM lockbox.quarantine WHERE value = %s", body)


def test_the_good_events_beside_a_bad_one_are_recorded(authorizer, system):
    engineer = new_engineer().id
    review = reviews("list", "audit", engineer)[-1]
    bad = copy.deepcopy(review["items"][0])
    del bad["auditID"]
    review["items"].append(bad)
    body = json.dumps(review).encode()
    assert post(authorizer, "/clusters/one/audit", body)[0] == 400
    wait_until(lambda: system.audit.rows("SELECT * FROM audit.access WHERE engineer_id = %s", engineer), "the good one is recorded")
    assert [tuple(it) for it in kept(system, body)] == [
        ("lockbox.authorizer", "lockbox.accesses.v1", "/lockbox/authorizer/one", "1 of 2 events cannot be read")]
    letter = system.deadletters.wait_for(lambda record: record.value == body, "the dead letter")
    assert letter.value == body


def test_what_is_no_list_is_kept(authorizer, system):
    body = b'{"kind":"EventList","items":[' + new_engineer().id.encode()
    assert post(authorizer, "/clusters/one/audit", body)[0] == 400
    assert [it.reason for it in kept(system, body)] == ["no audit.k8s.io/v1 EventList"]


def test_what_cannot_be_kept_is_sent_again(authorizer, system):
    body = b"{" + new_engineer().id.encode()
    system.lockbox.rows("REVOKE EXECUTE ON FUNCTION lockbox.quarantine_report(text, text, bytea, text) FROM lockbox_authorizer")
    try:
        assert post(authorizer, "/clusters/one/audit", body)[0] == 503
    finally:
        system.lockbox.rows("GRANT EXECUTE ON FUNCTION lockbox.quarantine_report(text, text, bytea, text) TO lockbox_authorizer")
    wait_until(lambda: post(authorizer, "/clusters/one/audit", body)[0] == 400, "the database takes it")
    assert kept(system, body)


@pytest.mark.parametrize("whose", ["nobody's", "another engineer's", "their own"])
def test_a_reason_is_held_against_the_grants(authorizer, customer, system, whose):
    """An authorizer that somebody put before ours may give any reason."""
    engineer, own = granted(authorizer, customer, PODS)
    _, other = granted(authorizer, customer, PODS)
    named = {"nobody's": "0190a0a0-0000-7000-8000-000000000000", "another engineer's": other.id, "their own": own.id}[whose]
    review = reviews("list", "audit", engineer)[-1]
    [event] = review["items"]
    event["annotations"] = {"authorization.k8s.io/decision": "allow",
                            "authorization.k8s.io/reason": f"lockbox request {named} until 2030-01-01T00:00:00.000000Z"}
    assert post(authorizer, "/clusters/one/audit", json.dumps(review).encode())[0] == 200
    [row] = wait_until(lambda: system.audit.rows("SELECT request_id, bypass FROM audit.access WHERE engineer_id = %s AND outcome <> 'begun'",
                                                 engineer), "the access is recorded")
    assert tuple(row) == ((own.id, None) if whose == "their own" else (None, "masters"))


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


@pytest.mark.parametrize("page, most", [("authorize", 256 << 10), ("admit", 4 << 20), ("audit", 8 << 20)])
def test_bodies_are_bounded(authorizer, page, most):
    for size, status in ((most, 400), (most + 1, 413), (10 << 20, 413)):
        assert post(authorizer, f"/clusters/one/{page}", b" " * size)[0] == status


def resident(process) -> int:
    [line] = [it for it in Path(f"/proc/{process.pid}/status").read_text().splitlines() if it.startswith("VmRSS:")]
    return int(line.split()[1])  # kB


@pytest.mark.parametrize("command, member", [("create", "object"), ("delete", "oldObject")])
def test_an_object_that_is_none_is_not_kept(authorizer, command, member):
    [review] = reviews(command, "admit", "ines")
    review["request"].pop("name", None)
    review["request"][member] = [{}] * 100_000
    body, page, sizes = json.dumps(review).encode(), "/clusters/one/admit", []
    for _ in range(24):
        status, answer = post(authorizer, page, body)
        assert status == 200 and answer["response"]["allowed"] is False
        sizes.append(resident(authorizer.process))
    assert sizes[-1] - sizes[8] < 100_000, sizes


def malformed(authorizer) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{authorizer.http_port}/metrics", timeout=10) as answer:
        return int(re.search(r"^lockbox_reviews_malformed_total\S* (\d+)", answer.read().decode(), re.MULTILINE)[1])


def test_what_is_refused_is_counted_and_told_without_its_words(authorizer, system):
    review, word = json.dumps(reviews("list", "authorize", "ines")[0]).encode(), "hedwig"
    nobody = ssl.create_default_context(cafile=authorizer.certificates.path("ca.crt"))
    tries = [(401, ("/clusters/one/authorize", review, nobody)), (404, (f"/clusters/{word}/authorize", review)),
             (403, ("/clusters/one/authorize", review, authorizer.certificates.client("another", "another-cluster"))),
             (413, ("/clusters/one/authorize", word.encode() * 50_000)), (400, ("/clusters/one/authorize", b'{"' + word.encode()))]
    for status, arguments in tries:
        before, told = malformed(authorizer), system.stack.log("authorizer-1").count('"level":"warn"')
        assert post(authorizer, *arguments)[0] == status
        wait_until(lambda: malformed(authorizer) > before, f"{status} is counted")
        wait_until(lambda: system.stack.log("authorizer-1").count('"level":"warn"') > told, f"{status} is told")
    assert word not in system.stack.log("authorizer-1")


def test_an_old_tls_is_refused(authorizer):
    """Of a client that offers one version alone, whatever its own rules say."""
    context = ssl.create_default_context(cafile=authorizer.certificates.path("ca.crt"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert post(authorizer, "/clusters/one/authorize", b"{}", context)[0] == 401
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="(?i)EOF|alert"):
        post(authorizer, "/clusters/one/authorize", b"{}", context)


def closed_by(connection: socket.socket) -> bool:
    try:
        return connection.recv(4096) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def let_go(connection: socket.socket, drip: bytes) -> bool:
    try:
        connection.sendall(drip)
    except OSError:
        return True
    return closed_by(connection)


def test_a_slow_client_is_let_go(authorizer):
    """Whoever sends one byte now and then holds a connection no longer than whoever sends none."""
    head = b"POST /clusters/one/authorize HTTP/1.1\r\nHost: x\r\nX: "
    begun = {"nothing": None, "TLS": b"", "half a line": head[:8], "half a head": head, "half a body": head + b"y\r\nContent-Length: 100000\r\n\r\n"}
    held, before = {}, malformed(authorizer)
    for what, said in begun.items():
        connection = socket.create_connection(("127.0.0.1", authorizer.port), 10)
        if said is not None:
            connection = authorizer.apiserver.wrap_socket(connection, server_hostname="127.0.0.1")
            connection.sendall(said)
        connection.settimeout(0.1)
        held[what] = connection

    def all_gone() -> bool:
        for what in [what for what, it in held.items() if let_go(it, b"z" if begun[what] else b"")]:
            held.pop(what).close()
        return not held

    wait_until(all_gone, "the server closes them", 60)
    wait_until(lambda: malformed(authorizer) >= before + len(begun), "they are counted")
    assert authorize(authorizer, "version", "ines")["allowed"] is True


def test_connections_are_bounded(authorizer):
    held = [socket.create_connection(("127.0.0.1", authorizer.port), 10) for _ in range(400)]
    try:
        for connection in held:
            connection.settimeout(0.05)
        wait_until(lambda: sum(map(closed_by, held)) >= 100, "those beyond the bound are closed", 60)
    finally:
        for connection in held:
            connection.close()
    wait_until(lambda: answers(authorizer), "there is room again")


def answers(authorizer) -> bool:
    try:
        return authorize(authorizer, "version", "ines")["allowed"]
    except OSError:
        return False


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


def test_a_connection_that_does_not_answer_holds_up_its_own_reviews_alone(authorizer, customer, system):
    """Many ask at once; each is answered within its time, rightly or that nobody can tell, and most by the other connections."""
    engineer, _ = granted(authorizer, customer, PODS)
    with ThreadPoolExecutor(24) as pool:
        def ask_all() -> list[dict]:
            return list(pool.map(lambda number: authorize(authorizer, "list", engineer if number % 2 else "nobody"), range(240)))

        assert [it["allowed"] for it in ask_all()] == [number % 2 == 1 for number in range(240)]
        busiest = system.lockbox.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'lockbox-authorizer'"
                                      " AND position('access_check' IN query) > 0 ORDER BY state_change DESC LIMIT 1")
        os.kill(busiest[0].pid, signal.SIGSTOP)
        try:
            said = ask_all()
        finally:
            os.kill(busiest[0].pid, signal.SIGCONT)
    for number, it in enumerate(said):
        assert it["allowed"] and number % 2 or it["denied"] and (number % 2 == 0 or it["reason"].startswith("lockbox: unavailable: ")), (number, it)
    assert sum(it["allowed"] for it in said) > 60
    wait_until(lambda: authorize(authorizer, "list", engineer)["allowed"], "all connections answer again")


def test_connections_that_end_under_load_allow_nothing_wrongly(authorizer, customer, system):
    engineer, _ = granted(authorizer, customer, PODS)
    ended = threading.Event()

    def ask(number: int) -> tuple[bool, list[tuple[bool, bool]]]:
        found = []
        while not ended.is_set():
            said = authorize(authorizer, "list", engineer if number % 2 else "nobody")
            found.append((said["allowed"], said.get("reason", "").startswith("lockbox: unavailable: ")))
        return number % 2 == 1, found

    with ThreadPoolExecutor(12) as pool:
        asking = [pool.submit(ask, number) for number in range(12)]
        for _ in range(5):
            system.lockbox.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockbox-authorizer'")
            wait_until(lambda: system.lockbox.rows("SELECT 1 FROM pg_stat_activity WHERE application_name = 'lockbox-authorizer'"), "it is back")
        ended.set()
        for may, found in (it.result() for it in asking):
            assert all(allowed == may or (not allowed and unavailable) for allowed, unavailable in found)
    wait_until(lambda: authorize(authorizer, "list", engineer)["allowed"], "the database answers again")


def test_the_docs_list_every_metric(authorizer):
    authorize(authorizer, "list", "nobody")
    with urllib.request.urlopen(f"http://127.0.0.1:{authorizer.http_port}/metrics", timeout=10) as answer:
        there = shown(answer.read().decode())
    assert listed()[1].items() <= there.items()
    assert there.keys() <= set().union(*listed())

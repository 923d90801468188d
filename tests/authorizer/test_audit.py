"""What the authorizer makes of audit events whose words an engineer chose: names, the URI, the audit id, and of reasons that are not ours."""
import json
import os
import subprocess
from datetime import datetime, timezone

import pytest

from api import NAMESPACE, authorize, granted, item, post, reviews
from support.scenario import new_engineer
from support.stack import BINARIES, free_port
from support.waiting import wait_until

PODS = item("list_or_get_objects", "Pod")
SETTINGS = ("ConfigMap", "settings")
ALLOW = "authorization.k8s.io/decision"
REASON = "authorization.k8s.io/reason"


def event_of(command: str, engineer: str, at: int = -1, query: str | None = None, **changes) -> dict:
    """As recorded, done now, with these members; query takes the place of the URI's."""
    [event] = [it for it in reviews(command, "audit", engineer)][at]["items"]
    event["requestReceivedTimestamp"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    event["objectRef"] = {**event.get("objectRef", {}), **changes.pop("objectRef", {})} or None
    if query is not None:
        event["requestURI"] = event["requestURI"].partition("?")[0] + "?" + query
    return {name: it for name, it in {**event, **changes}.items() if it is not None}


def tell(authorizer, *events: dict) -> tuple[int, dict]:
    return post(authorizer, "/clusters/one/audit", json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": events}).encode())


def told(authorizer, system, event: dict):
    """Its row of audit.access."""
    assert tell(authorizer, event)[0] == 200
    query = "SELECT * FROM audit.access WHERE audit_id = %s AND performed_at = %s"
    [row] = wait_until(lambda: system.audit.rows(query, event["auditID"], event["requestReceivedTimestamp"]), "the access is recorded")
    return row


def violations(system, engineer: str) -> list[str]:
    return [it.why for it in system.audit.rows("SELECT why FROM audit.violation WHERE engineer_id = %s", engineer)]


def ours(request) -> dict:
    return {ALLOW: "allow", REASON: f"lockbox request {request.id} until {request.now['expires_at']}"}


# What an engineer writes

@pytest.mark.parametrize("command", ["get", "exec"])
def test_a_name_of_any_length_has_its_row(authorizer, system, command):
    """Longer than an event may have, and than a member may be."""
    for length in (257, 100_000):
        event = event_of(command, new_engineer().id, objectRef={"name": "n" * length, "namespace": "s" * length}, query="")
        row = told(authorizer, system, event)
        assert (row.name, row.namespace) == ("n" * 255, "s" * 255)


@pytest.mark.parametrize("query, container", [
    ("", None), ("container=router", "router"), ("follow=true&container=router&container=proxy", "router"), ("%63ontainer=%72outer", "router"),
    ("container=a;b&container=router", "router"), ("x;container=a", None), ("container=%zz&container=router", "router"), ("container=a+b%0ac", "a b\nc"),
    ("acontainer=a&container", ""), (f"x={'y' * 100_000}&container=router", "router"), ("container=%ff", None)])
def test_the_container_is_the_one_whose_logs_were_read(authorizer, system, query, container):
    """By what the API server makes of its query (Go's url.ParseQuery)."""
    row = told(authorizer, system, event_of("logs", new_engineer().id, query=query))
    assert (row.action, row.container) == ("get_pod_logs", container or None)


@pytest.mark.parametrize("query, why", [("container=router", []), ("", []), ("%63ontainer=proxy", ["no_grant"]), ("x=1;&container=pro%78y", ["no_grant"])])
def test_another_container_is_a_violation_however_it_is_written(authorizer, customer, system, query, why):
    engineer, request = granted(authorizer, customer, {**item("get_pod_logs"), "container": "router"})
    row = told(authorizer, system, event_of("logs", engineer, query=query, annotations=ours(request)))
    assert row.request_id == request.id and violations(system, engineer) == why


@pytest.mark.parametrize("command, query, is_dry", [
    ("create", "dryRun=All", True), ("patch", "a=b&dryRun=%41ll", True), ("update", "dryRun=All&dryRun=All", True),
    ("create", "dryRun=All;", False), ("update", "dryRun=%zz", False), ("patch", "DryRun=All", False), ("create", "dryRun", False),
    ("delete", "dryRun=All", False), ("get", "dryRun=All", False)])
def test_nothing_that_was_kept_is_called_a_dry_run(authorizer, system, command, query, is_dry):
    """A semicolon has the API server pass over a parameter, and a deletion's body counts for all that its query says."""
    assert told(authorizer, system, event_of(command, new_engineer().id, query=query)).dry_run is is_dry


def test_an_audit_id_that_comes_again_hides_nothing(authorizer, customer, system):
    """An engineer chooses it, by a header: here, to have a log that they follow look as if it had ended."""
    engineer, request = granted(authorizer, customer, item("get_pod_logs"))
    started = event_of("logs", engineer, at=1, annotations=ours(request))
    row = told(authorizer, system, started)
    assert (row.outcome, row.covered_by) == ("allowed", request.id)
    other = told(authorizer, system, {**event_of("list", engineer), "auditID": started["auditID"]})
    assert other.performed_at != row.performed_at
    assert request.decide("revoke") == "applied"
    environment = {name: it for name, it in system.stack.env.items() if name.startswith("LOCKBOX_")}

    def outlived() -> list:
        done = subprocess.run([BINARIES / "lockboxctl", "cluster", "report", "one", "-o", "json", "--limit", "10000"], capture_output=True,
                              text=True, timeout=60, env={**os.environ, **environment, "LOCKBOX_CLUSTERS_FILE": str(authorizer.file)})
        return [it for it in json.loads(done.stdout) if it["what"] == "outlived" and it["request_id"] == request.id]

    [running] = wait_until(outlived, "the report names the log", 60)
    assert running["last"] is None
    assert tell(authorizer, {**event_of("logs", engineer, annotations=ours(request)),
                             **{it: started[it] for it in ("auditID", "requestReceivedTimestamp")}})[0] == 200
    wait_until(lambda: [it["last"] for it in outlived()] != [None], "and when it ended")


# Who let it through

FORGED = {
    "exec, by their own request": ("exec", True, {}, "masters"),
    "exec, as discovery": ("exec", False, {}, "masters"),
    "a watch, by their own request": ("watch", True, {}, "masters"),
    "metrics, as discovery": ("metrics", False, {}, "masters"),
    "a list, as discovery": ("list", False, {}, "masters"),
    "a list, by their own request": ("list", True, {}, None),
    "discovery": ("version", False, {}, None),
    "discovery, written otherwise": ("version", False, {"requestURI": "/%61pi/v1?timeout=32s"}, None),
    "as somebody else": ("list", True, {"impersonatedUser": {"username": "lockbox:somebody"}}, "impersonation"),
    "discovery as somebody else": ("version", False, {"impersonatedUser": {"username": "somebody"}}, "impersonation"),
}


@pytest.mark.parametrize("command, by_request, changes, why", FORGED.values(), ids=FORGED.keys())
def test_a_reason_is_no_leave_for_what_is_never_let_through(authorizer, customer, system, command, by_request, changes, why):
    """An authorizer that somebody put before ours may give any reason."""
    engineer, request = granted(authorizer, customer, PODS)
    reason = ours(request) if by_request else {ALLOW: "allow", REASON: "lockbox: discovery needs no grant"}
    row = told(authorizer, system, event_of(command, engineer, annotations=reason, responseStatus={"code": 200}, **changes))
    assert (row.outcome, row.bypass) == ("allowed", why)
    assert violations(system, engineer) == ([why] if why else [])


@pytest.mark.parametrize("code", [201, 404, 409, 422])
def test_an_apply_that_makes_nothing_is_no_violation(authorizer, customer, system, code):
    """It was let through to create: the API server had something against it."""
    engineer, request = granted(authorizer, customer, item("create_object", *SETTINGS))
    assert authorize(authorizer, "apply", engineer)["allowed"] is True
    row = told(authorizer, system, event_of("apply", engineer, annotations=ours(request), responseStatus={"code": code}))
    assert (row.action, row.outcome, row.covered_by) == ("create_object", "allowed", request.id)
    assert violations(system, engineer) == []


# What is nobody's, and what is no list

def test_who_did_not_log_in_is_no_engineer(authorizer, system):
    """The cluster's own policy may tell of them: the API server then has no name to tell. Anybody who reaches it can have it do so."""
    engineer = new_engineer().id
    event = {**event_of("list", engineer, at=0), "stage": "ResponseStarted", "user": {}, "responseStatus": {"metadata": {}, "code": 401}}
    body = json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event]}).encode()
    assert post(authorizer, "/clusters/one/audit", body) == (200, {})
    assert system.lockbox.rows("SELECT reason FROM lockbox.quarantine WHERE value = %s", body) == []
    assert tell(authorizer, {**event, "auditID": ""})[0] == 400  # no event at all


@pytest.mark.parametrize("items", [None, {}, [5], "x"])
def test_a_list_that_cannot_be_read_is_kept(authorizer, system, items):
    body = json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": items, "of": new_engineer().id}).encode()
    assert post(authorizer, "/clusters/one/audit", body)[0] == 400
    kept = system.lockbox.rows("SELECT reason FROM lockbox.quarantine WHERE value = %s", body)
    assert [it.reason for it in kept] == ["no audit.k8s.io/v1 EventList"]


def test_a_cluster_that_nobody_could_report_of_is_refused(authorizer, tmp_path):
    """Its reports would be dead letters, each of them."""
    file = tmp_path / "clusters.json"
    text = json.loads(authorizer.file.read_text())
    text["clusters"][0]["resource_id"] += "_1"
    file.write_text(json.dumps(text))
    assert authorizer.spawn("2", file, free_port(), free_port()).wait(30) == 2


# Reading that an item implies

def test_reading_that_an_item_implies_is_of_one_namespace(authorizer, customer):
    """An item without a namespace names an object that is in none: not every object of that name."""
    def everywhere(engineer: str) -> dict:
        [review] = reviews("list by name", "authorize", engineer)
        del review["spec"]["resourceAttributes"]["namespace"]
        return post(authorizer, "/clusters/one/authorize", json.dumps(review).encode())[1]["status"]

    for action in ("create_object", "update_object", "delete_object"):
        engineer, _ = granted(authorizer, customer, item(action, "Pod", "router-1", namespace=None))
        said = everywhere(engineer)
        assert said.get("denied") is True and said["reason"].startswith("lockbox: no_grant: "), (action, said)
    for name in ("router-1", None):
        engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "Pod", name, namespace=None))
        assert everywhere(engineer)["allowed"] is True
    node, _ = granted(authorizer, customer, item("update_object", "Namespace", NAMESPACE, namespace=None))
    assert authorize(authorizer, "namespace", node)["allowed"] is True

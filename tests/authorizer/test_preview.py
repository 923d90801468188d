"""Content before anybody is asked: who gets it, of what, and that an API server is asked for dry runs alone. tests/cluster has it beside a real one."""
import itertools
import json

import pytest

from api import authorize, granted, item, post
from support.content import content_of
from support.scenario import new_engineer

NAMESPACE = "openshift-ingress"
COLLECTION = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
PATH = f"{COLLECTION}/settings"
NOT_FOUND = (404, {"kind": "Status", "message": "not found"})


def config_map(**data) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": NAMESPACE}, "data": data}


def stored(object: dict) -> dict:
    return object | {"metadata": object["metadata"] | {"uid": "7c1b", "resourceVersion": "12"}}


@pytest.fixture
def server(authorizer):
    """The cluster's API server: without objects, until a test says otherwise."""
    server = authorizer.discovery
    server.asked, before = [], server.answer
    yield server
    server.answer = before


def preview(authorizer, context=None, **request) -> tuple[int, dict]:
    return post(authorizer, "/clusters/one/preview", json.dumps(request).encode(), context or authorizer.previewer)


def nobody() -> str:
    return new_engineer().id


def creating(server, *data: dict) -> None:
    """What its dry runs answer, one after the other."""
    answers = itertools.cycle(data)
    server.answer = lambda method, *_: NOT_FOUND if method == "GET" else (201, stored(config_map(**next(answers))))


def updating(server, *before: dict, after: dict) -> None:
    befores = itertools.cycle(before)
    server.answer = lambda method, *_: (200, stored(config_map(**next(befores)))) if method == "GET" else (200, stored(config_map(**after)))


def test_a_creation_is_two_dry_runs(authorizer, server):
    creating(server, {"a": "b", "defaulted": "c"})
    status, answer = preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))
    assert status == 200
    assert answer == {**item("create_object", "ConfigMap", "settings"), "content": content_of(config_map(a="b", defaulted="c"))}
    changes = [it for it in server.asked if it[0] != "GET"]
    assert [(method, path.partition("?")[0], body) for method, path, _, body in changes] == [("POST", COLLECTION, config_map(a="b"))] * 2
    assert all("dryRun=All&" in path for _, path, *_ in changes)


@pytest.mark.parametrize("type, body, content_type", [
    ("json", [{"op": "add", "path": "/data/a", "value": "c"}], "application/json-patch+json"),
    ("merge", {"data": {"a": "c"}}, "application/merge-patch+json"),
    ("strategic", {"data": {"a": "c"}}, "application/strategic-merge-patch+json"),
    ("apply", config_map(a="c"), "application/apply-patch+yaml")])
def test_a_patch_is_made_by_dry_runs(authorizer, customer, server, type, body, content_type):
    engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "ConfigMap", "settings"))
    updating(server, {"a": "b"}, after={"a": "c"})
    status, answer = preview(authorizer, engineer_id=engineer, kind="ConfigMap", namespace=NAMESPACE, name="settings",
                             patch={"type": type, "body": body})
    assert (status, answer) == (200, {**item("update_object", "ConfigMap", "settings"),
                                      "content": content_of(config_map(a="c"), config_map(a="b"))})
    changes = [it for it in server.asked if it[0] != "GET"]
    assert [(it[0], it[2], it[3]) for it in changes] == [("PATCH", content_type, body)] * 2
    assert all(it[1].startswith(f"{PATH}?dryRun=All&") for it in changes)


def test_what_comes_by_chance_has_no_content(authorizer, server):
    creating(server, {"a": "b", "key": "1"}, {"a": "b", "key": "2"})
    _, answer = preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))
    assert answer["code"] == "dry_runs_differ" and "/data/key" in answer["message"]


def test_an_object_that_is_changed_meanwhile_has_none(authorizer, customer, server):
    engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "ConfigMap", "settings"))
    updating(server, {"a": "1"}, {"a": "2"}, after={"a": "c"})
    assert preview(authorizer, engineer_id=engineer, object=config_map(a="c"))[1]["code"] == "object_changed"


def test_what_exists_is_shown_to_who_may_read_it(authorizer, customer, server):
    updating(server, {"secret": "x"}, after={"a": "c"})
    for asked in ({"object": config_map(a="c")}, {"kind": "ConfigMap", "namespace": NAMESPACE, "name": "settings",
                                                  "patch": {"type": "merge", "body": {}}}):
        engineer, request = granted(authorizer, customer, item("list_or_get_objects", "ConfigMap", "settings"))
        assert "content" in preview(authorizer, engineer_id=engineer, **asked)[1]
        assert request.decide("revoke") == "applied"
        status, answer = preview(authorizer, engineer_id=engineer, **asked)
        assert (status, answer["code"]) == (200, "no_grant") and "secret" not in json.dumps(answer)
        assert not authorize(authorizer, "create", engineer)["allowed"]


def test_nothing_forbidden_is_asked_for(authorizer, customer, server):
    """By the operator, or by the customer's policy: the API server hears nothing of it."""
    creating(server, {"a": "b"})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": NAMESPACE}, "data": {}}
    assert preview(authorizer, engineer_id=nobody(), object=secret)[1]["code"] == "action_forbidden"
    customer.change("policy_set", by=customer.admin.principal, forbid=[{"kind": "ConfigMap", "namespace": NAMESPACE}])
    try:
        assert preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))[1]["code"] == "action_forbidden"
        assert server.asked == []
    finally:
        customer.change("policy_set", by=customer.admin.principal)
    assert "content" in preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))[1]


def test_a_policy_that_forbids_updates_lets_creations_be_shown(authorizer, customer, server):
    customer.change("policy_set", by=customer.admin.principal, forbid=[{"action": "update_object", "kind": "ConfigMap"}])
    try:
        creating(server, {"a": "b"})
        assert "content" in preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))[1]
        engineer, _ = granted(authorizer, customer, item("list_or_get_objects", "ConfigMap", "settings"))
        updating(server, {"a": "b"}, after={"a": "c"})
        assert preview(authorizer, engineer_id=engineer, object=config_map(a="c"))[1]["code"] == "action_forbidden"
    finally:
        customer.change("policy_set", by=customer.admin.principal)


@pytest.mark.parametrize("status, code", [(400, "rejected"), (401, "not_previewed"), (403, "not_previewed"), (409, "object_changed"),
                                          (422, "rejected"), (429, "unavailable"), (500, "unavailable"), (503, "unavailable")])
def test_what_the_api_server_says(authorizer, server, status, code):
    server.answer = lambda method, *_: NOT_FOUND if method == "GET" else (status, {"message": "its words"})
    assert preview(authorizer, engineer_id=nobody(), object=config_map(a="b"))[1]["code"] == code


MALFORMED = {
    "nothing": {}, "nobody": {"object": config_map()}, "no object": {"engineer_id": "e"}, "an object and a patch": {
        "engineer_id": "e", "object": config_map(), "kind": "ConfigMap", "name": "x", "patch": {"type": "merge", "body": {}}},
    "an object and a name": {"engineer_id": "e", "object": config_map(), "name": "x"}, "a patch of nothing": {
        "engineer_id": "e", "patch": {"type": "merge", "body": {}}},
    "another type": {"engineer_id": "e", "kind": "ConfigMap", "name": "x", "patch": {"type": "other", "body": {}}},
    "no kind": {"engineer_id": "e", "object": {"apiVersion": "v1", "metadata": {"name": "x"}}},
    "a list": {"engineer_id": "e", "object": [config_map()]}, "a number too large": {"engineer_id": "e", "object": config_map(a=2 ** 60)},
    "generateName": {"engineer_id": "e", "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x-"}}},
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_request_that_cannot_be_read(authorizer, server, request_):
    status, answer = preview(authorizer, **request_)
    assert (status, answer["code"]) == (400, "malformed") and answer["message"] and server.asked == []


def test_who_may_ask(authorizer, server):
    """Neither the API server, nor may lockboxctl ask what an API server asks."""
    request = {"engineer_id": nobody(), "object": config_map()}
    assert preview(authorizer, authorizer.apiserver, **request)[0] == 403
    assert preview(authorizer, authorizer.certificates.client("stranger", "stranger"), **request)[0] == 403
    for page in ("authorize", "admit", "audit"):
        assert post(authorizer, f"/clusters/one/{page}", b"{}", authorizer.previewer)[0] == 403
    assert server.asked == []

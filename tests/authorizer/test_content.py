"""What runs is what was shown: an item with content covers that object alone, and only with those bytes."""
import copy
import json

import pytest

from api import admit, authorize, granted, item, post, reviews
from support.content import content_of
from support.scenario import Tenant, new_engineer

SETTINGS = ("ConfigMap", "settings")
ACTIONS = {"create": "create_object", "patch": "update_object"}  # the recorded update changes nothing


def objects(command: str) -> tuple[dict, dict | None]:
    request = reviews(command, "admit", "x")[0]["request"]
    return request["object"], request.get("oldObject")


def consented(command: str) -> dict:
    return {**item(ACTIONS[command], *SETTINGS), "content": content_of(*objects(command))}


def admit_changed(authorizer, command: str, engineer: str, change) -> dict:
    """Admission of the recorded review, changed."""
    [review] = reviews(command, "admit", engineer)
    change(review["request"])
    return post(authorizer, "/clusters/one/admit", json.dumps(review).encode())[1]["response"]


def digest_check(system, authorizer, engineer: str, one: dict, digest: str | None):
    return system.enforcer.row("SELECT allowed, reason FROM lockbox.access_check(%s, %s, %s, %s, %s, %s, %s)", engineer,
                               authorizer.resource_id, one["action"], one["namespace"], one["kind"], one["name"], digest)


@pytest.mark.parametrize("command", ACTIONS)
def test_what_was_shown_passes(authorizer, customer, system, command):
    one = consented(command)
    engineer, request = granted(authorizer, customer, one)
    assert request.now["actions"][0]["content"] == one["content"]
    assert authorize(authorizer, command, engineer)["allowed"] is True
    assert admit(authorizer, command, engineer)["allowed"] is True
    assert tuple(digest_check(system, authorizer, engineer, one, None)) == (False, "content_required")
    assert tuple(digest_check(system, authorizer, engineer, one, "*")) == (False, "content_required")
    assert tuple(digest_check(system, authorizer, engineer, one, "0" * 64)) == (False, "content_required")
    assert tuple(digest_check(system, authorizer, engineer, one, one["content"]["digest"])) == (True, "approved")
    assert tuple(digest_check(system, authorizer, engineer, {**one, "action": "list_or_get_objects"}, None)) == (True, "approved")
    assert request.decide("revoke") == "applied"
    assert admit(authorizer, command, engineer)["allowed"] is False


def test_what_the_server_keeps_for_itself_does_not_count(authorizer, customer):
    def change(request):
        request["object"]["metadata"] |= {"resourceVersion": "9999", "generation": 7, "managedFields": [{"manager": "x"}]}
        request["oldObject"]["metadata"] |= {"resourceVersion": "9998"}

    engineer, _ = granted(authorizer, customer, consented("patch"))
    assert admit_changed(authorizer, "patch", engineer, change)["allowed"] is True


def put(*path, value):
    def change(request):
        at = request["object"]
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = value
    return change


def moved_on(request):
    """Somebody else changed both."""
    for which in ("object", "oldObject"):
        request[which]["metadata"]["annotations"] = {"by": "somebody"}


def of_another_version(request):
    for which in ("object", "oldObject"):
        request[which]["apiVersion"] = "v2"


CHANGES = {
    "one field more": ("patch", put("data", "more", value="x"), "/data/more is not as it was agreed to"),
    "another value": ("patch", put("data", "a", value="x"), "/data/a is not as it was agreed to"),
    "a label": ("patch", put("metadata", "labels", value={"a": "b"}), "/metadata/labels is not as it was agreed to"),
    "an object that was changed": ("patch", moved_on, "the object was changed since it was agreed to"),
    "another version": ("patch", of_another_version, "api_version is v2, and another was agreed to"),
    "a large object": ("patch", put("data", "a", value="x" * 40_000), "/data/a is not as it was agreed to"),
    "no canonical form": ("patch", put("data", "a", value=2 ** 60), "2^53"),
    "a creation with more": ("create", put("data", "more", value="x"), "/data/more is not as it was agreed to"),
    "a creation with another value": ("create", put("data", "a", value="x"), "/data/a is not as it was agreed to"),
    "a large creation": ("create", put("data", "more", value="x" * 40_000), "/data/more is not as it was agreed to"),
    "a creation of nothing": ("create", lambda request: request.update(object=None), "not a JSON object"),
}


@pytest.mark.parametrize("command, change, why", CHANGES.values(), ids=CHANGES.keys())
def test_a_byte_more_is_refused(authorizer, customer, command, change, why):
    engineer, _ = granted(authorizer, customer, consented(command))
    said = admit_changed(authorizer, command, engineer, change)
    assert said["allowed"] is False and said["status"]["code"] == 403
    assert said["status"]["message"].startswith("lockbox: content_changed: ") and why in said["status"]["message"]


def test_an_item_without_content_covers_any(authorizer, customer):
    engineer, _ = granted(authorizer, customer, consented("patch"), item("update_object", *SETTINGS))
    assert admit_changed(authorizer, "patch", engineer, put("data", "more", value="x"))["allowed"] is True


@pytest.mark.parametrize("command", ACTIONS)
def test_a_grant_of_other_content_is_not_in_the_way(authorizer, customer, command):
    """Each is asked for by itself, and one that ends later is named first."""
    one, engineer = consented(command), new_engineer()
    other = {**one, "content": {**one["content"], "digest": "1" * 64}}
    ticket = customer.ticket(engineer=engineer)
    requests = [ticket.request(resource_id=authorizer.resource_id, actions=[it]) for it in (one, other)]
    for request in requests:
        request.approve()
    assert admit(authorizer, command, engineer.id)["allowed"] is True
    assert requests[0].decide("revoke") == "applied"
    said = admit(authorizer, command, engineer.id)
    assert said["allowed"] is False and said["status"]["message"].startswith("lockbox: content_changed: ")


def test_a_creation_is_no_update(authorizer, customer):
    engineer, _ = granted(authorizer, customer, consented("create"))
    assert admit(authorizer, "patch", engineer)["allowed"] is False


# Wishes

def without(name: str):
    return lambda one: one["content"].pop(name)


def with_content(**members):
    return lambda one: one["content"].update(members)


ENTRIES = "its changes are not entries of path, before and after alone"
WRONG = {
    "another normal form": (with_content(normal_form=2), "its normal form is not 1"), "no digest": (without("digest"), "its digest is no SHA-256"),
    "an odd digest": (with_content(digest="A" * 64), "its digest is no SHA-256"), "no digest before": (without("previous_digest"), "its previous_digest"),
    "another group": (with_content(api_version="apps/v1"), "its api_version is none of the kind's group"),
    "no changes": (without("changes"), "its changes are missing"), "changes of nothing": (with_content(changes={"a": 1}), "its changes are no list"),
    "no changes in the list": (with_content(changes=[]), "its changes are no list"),
    "changes that are a text": (with_content(changes="[{"), "its changes are no list"),
    "an entry of something else": (with_content(changes=[{"foo": 1}]), ENTRIES), "an entry that is none": (with_content(changes=["/data/a"]), ENTRIES),
    "an entry with more": (with_content(changes=[{"path": "/data/a", "after": "x", "note": "harmless"}]), ENTRIES),
    "an entry without a path": (with_content(changes=[{"before": "x", "after": "y"}]), ENTRIES),
    "an entry with neither": (with_content(changes=[{"path": "/data/a"}]), ENTRIES),
    "a path that is none": (with_content(changes=[{"path": 1, "after": "x"}]), ENTRIES),
    "a path without a slash": (with_content(changes=[{"path": "data/a", "after": "x"}]), "no JSON pointer"),
    "a path with an odd tilde": (with_content(changes=[{"path": "/data/a~2", "after": "x"}]), "no JSON pointer"),
    "the whole object": (with_content(changes=[{"path": "", "after": {}}]), "no JSON pointer"),
    "a change of nothing": (with_content(changes=[{"path": "/data/a", "before": "x", "after": "x"}]), "changes nothing"),
    "a path twice": (with_content(changes=[{"path": "/data/a", "after": "x"}, {"path": "/data/a", "after": "y"}]), "not in byte order"),
    "another order": (with_content(changes=[{"path": "/data/b", "after": "x"}, {"path": "/data/a", "after": "y"}]), "not in byte order"),
    "large changes": (with_content(changes=[{"path": "", "after": "x" * 33_000}]), "its changes are longer than 32 KB"),
    "no name": (lambda one: one.update(action="create_object", name=None), "not without a name"),
    "a deletion": (lambda one: one.update(action="delete_object"), "not with this action"),
}


@pytest.mark.parametrize("change, why", WRONG.values(), ids=WRONG.keys())
def test_a_wish_that_says_it_otherwise_is_refused(authorizer, customer, change, why):
    one = copy.deepcopy(consented("patch"))
    change(one)
    one = {name: it for name, it in one.items() if it is not None}
    request = customer.ticket().request(resource_id=authorizer.resource_id, actions=[one])
    assert (request.now["state"], request.now["reason"], request.now["reason_item"]) == ("refused", "action_not_permitted", 1)
    assert request.now["detail"].startswith("content: ") and why in request.now["detail"]


def test_a_policy_may_ask_for_it(system):
    tenant = Tenant(system)
    assert tenant.change("policy_set", by=tenant.admin.principal, exact_changes=True).kind == "tenant.changed"
    refused = tenant.request(actions=[item("update_object", *SETTINGS)])
    assert (refused.now["state"], refused.now["reason"]) == ("refused", "content_required")
    assert tenant.request(actions=[consented("patch")]).now["state"] == "customer_notified"

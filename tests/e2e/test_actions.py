"""Each of the five actions: what a grant of it covers, and what it does not, by contract's table."""
import pytest

from support.scenario import LOGS

NS = "openshift-ingress"


def item(action: str, namespace: str | None = None, kind: str | None = None, name: str | None = None) -> dict:
    parts = {"action": action, "namespace": namespace, "kind": kind, "name": name}
    return {part: value for part, value in parts.items() if value is not None}


# What is granted; what that allows; what it does not.
GRANTS = {
    "create, named": (
        item("create_object", "app", "ConfigMap", "settings"),
        [item("create_object", "app", "ConfigMap", "settings"), item("list_or_get_objects", "app", "ConfigMap", "settings")],
        [item("list_or_get_objects", "app", "ConfigMap", "other"), item("list_or_get_objects", "app", "ConfigMap"),
         item("create_object", "app", "ConfigMap", "other"), item("create_object", "app", "Secret", "settings"),
         item("create_object", "app", "ConfigMap"), item("create_object", None, "ConfigMap", "settings"),
         item("create_object", "APP", "ConfigMap", "settings"), item("update_object", "app", "ConfigMap", "settings")]),
    "create, any name": (
        item("create_object", "app", "ConfigMap"),
        [item("create_object", "app", "ConfigMap", "settings"), item("create_object", "app", "ConfigMap")],
        [item("create_object", "other", "ConfigMap", "settings"), item("list_or_get_objects", "app", "ConfigMap", "settings"),
         item("create_object", None, "ConfigMap")]),
    "create, cluster-scoped": (
        item("create_object", None, "ClusterRole"),
        [item("create_object", None, "ClusterRole", "viewer")],
        [item("create_object", "app", "ClusterRole", "viewer"), item("create_object", "", "ClusterRole", "viewer")]),
    "update": (
        item("update_object", "app", "Deployment", "web"),
        [item("update_object", "app", "Deployment", "web"), item("list_or_get_objects", "app", "Deployment", "web")],
        [item("update_object", "app", "Deployment", "db"), item("update_object", "app", "Deployment"),
         item("update_object", "other", "Deployment", "web"), item("update_object", "app", "StatefulSet", "web"),
         item("delete_object", "app", "Deployment", "web"), item("create_object", "app", "Deployment", "web")]),
    "delete, cluster-scoped": (
        item("delete_object", None, "PersistentVolume", "pv-7"),
        [item("delete_object", None, "PersistentVolume", "pv-7"), item("list_or_get_objects", None, "PersistentVolume", "pv-7")],
        [item("delete_object", "app", "PersistentVolume", "pv-7"), item("delete_object", None, "PersistentVolume", "pv-8"),
         item("delete_object", None, "PersistentVolume")]),
    "list, every namespace": (
        item("list_or_get_objects", None, "Pod"),
        [item("list_or_get_objects", None, "Pod"), item("list_or_get_objects", "app", "Pod"),
         item("list_or_get_objects", "app", "Pod", "web-1")],
        [item("list_or_get_objects", None, "Secret"), item("delete_object", "app", "Pod", "web-1")]),
    "get, one object": (
        item("list_or_get_objects", "app", "Secret", "token"),
        [item("list_or_get_objects", "app", "Secret", "token")],
        [item("list_or_get_objects", "app", "Secret"), item("list_or_get_objects", "app", "Secret", "other"),
         item("list_or_get_objects", None, "Secret", "token")]),
    "logs, every pod": (
        item("get_pod_logs", NS),
        [item("get_pod_logs", NS), item("get_pod_logs", NS, None, "router-1"), item("list_or_get_objects", NS, "Pod", "router-1")],
        [item("get_pod_logs", "openshift-dns"), item("get_pod_logs", NS, "Pod", "router-1"), item("get_pod_logs"),
         item("list_or_get_objects", NS, "Pod"), item("list_or_get_objects", NS, "ConfigMap", "router-1"),
         item("list_or_get_objects", "openshift-dns", "Pod", "router-1")]),
    "logs, one pod": (
        item("get_pod_logs", "openshift", None, "registry-1"),
        [item("get_pod_logs", "openshift", None, "registry-1"), item("list_or_get_objects", "openshift", "Pod", "registry-1")],
        [item("get_pod_logs", "openshift"), item("get_pod_logs", "openshift", None, "registry-2"),
         item("list_or_get_objects", "openshift", "Pod", "registry-2"), item("list_or_get_objects", "openshift", "Pod"),
         item("get_pod_logs", NS, None, "registry-1")]),
}

NOT_PERMITTED = {
    "an action outside the five": item("exec_into_pod", NS, None, "router-1"),
    "no action's name": item("", NS),
    "create without a kind": item("create_object", "app"),
    "update without a name": item("update_object", "app", "Deployment"),
    "delete without a kind": item("delete_object", "app", None, "web"),
    "list without a kind": item("list_or_get_objects", "app"),
    "logs without a namespace": item("get_pod_logs"),
    "logs of a namespace that is not OpenShift's": item("get_pod_logs", "customer-app"),
    "logs of a namespace that only begins so": item("get_pod_logs", "openshifty"),
    "logs of a namespace that ends too early": item("get_pod_logs", "openshift-"),
    "logs with a kind": item("get_pod_logs", NS, "Pod"),
    "an empty name": item("update_object", "app", "Deployment", ""),
    "a subresource": item("list_or_get_objects", "app", "pods/exec"),
    "a kind with a version": item("list_or_get_objects", "app", "Deployment.v1.apps"),
    "a namespace that leads elsewhere": item("list_or_get_objects", "openshift-x/../../secrets", "Pod"),
    "a name that leads elsewhere": item("list_or_get_objects", "app", "Pod", "../../secrets"),
    "a name of everything": item("list_or_get_objects", "app", "*"),
    "a uid that nobody compares": {**item("update_object", "app", "ConfigMap", "web"), "uid": "0d9f"},
    "a container of an object": {**item("list_or_get_objects", "app", "Pod"), "container": "web"},
}

# Which member is told to be at fault.
AT_FAULT = {"an action outside the five": "action", "create without a kind": "kind", "update without a name": "name",
            "logs of a namespace that is not OpenShift's": "namespace", "logs with a kind": "kind",
            "a uid that nobody compares": "uid", "a container of an object": "container"}


@pytest.mark.parametrize("granted, allowed, denied", GRANTS.values(), ids=GRANTS)
def test_a_grant_covers_what_its_item_says(tenant, granted, allowed, denied):
    request = tenant.request(actions=[granted])
    assert not any(request.check(question).allowed for question in allowed)
    request.approve()
    assert [question for question in allowed if not request.check(question).allowed] == []
    assert [question for question in denied if request.check(question).allowed] == []


@pytest.mark.parametrize("what", NOT_PERMITTED)
def test_what_is_not_permitted_is_refused_by_number_and_member(tenant, what):
    refused = tenant.request(actions=[LOGS, NOT_PERMITTED[what], LOGS]).first
    assert refused.kind == "request.refused"
    assert (refused.request["reason"], refused.request["reason_item"]) == ("action_not_permitted", 2)
    member, _, why = refused.request["detail"].partition(": ")
    assert why and member == AT_FAULT.get(what, member)


def test_a_grant_is_the_engineers_and_the_clusters_alone(tenant):
    request = tenant.request()
    request.approve()
    assert request.check(resource_id=tenant.resource.upper()).allowed  # ARM ids are compared without case
    assert not request.check(resource_id=tenant.resource + "-2").allowed
    assert not request.check(engineer_id=request.wish["engineer_id"].upper()).allowed
    assert not request.check(engineer_id=tenant.owner.id).allowed


def test_the_enforcer_may_ask_and_see_nothing_else(system):
    from psycopg.errors import InsufficientPrivilege
    tables = system.lockbox.rows("SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n"
                               " ON n.oid = c.relnamespace WHERE n.nspname = 'lockbox' AND c.relkind IN ('r', 'v')")
    assert len(tables) > 5
    for table in tables:
        try:
            system.enforcer.rows(f"SELECT FROM {table.name} LIMIT 1")
        except InsufficientPrivilege:
            continue
        raise AssertionError(f"lockbox_enforcer may read {table.name}")

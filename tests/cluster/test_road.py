"""The road with kubectl: refused, agreed to, answered, ended, refused; and what nobody can agree to."""
import json
import os
import signal
from pathlib import Path

import pytest

from support.cluster import GROUP, NAMESPACE, PREFIX
from support.waiting import wait_until

PODS = {"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": "Pod"}
GET_PODS = ("get", "pods", "-n", NAMESPACE, "-o", "name")


def refused(done, code: str) -> bool:
    return done.returncode != 0 and f"lockbox: {code}: " in done.stderr


def test_the_customer_agrees_and_the_same_command_answers(cluster, customer):
    engineer = cluster.engineer()
    assert refused(engineer.kubectl(*GET_PODS), "no_grant")
    request = engineer.ask(customer, PODS)
    assert refused(engineer.kubectl(*GET_PODS), "no_grant")
    request.approve()
    assert engineer.kubectl.must(*GET_PODS) == "pod/router-1\n"
    assert request.decide("revoke") == "applied"
    assert refused(engineer.kubectl(*GET_PODS), "no_grant")


def test_access_ends_with_its_time(cluster, customer):
    engineer = cluster.engineer()
    request = engineer.granted(customer, PODS, duration="PT8S")
    assert engineer.kubectl.must(*GET_PODS) == "pod/router-1\n"
    request.await_access_end()
    assert refused(engineer.kubectl(*GET_PODS), "no_grant")


def test_a_reason_names_what_is_missing(cluster, customer):
    done = cluster.engineer().kubectl("logs", "router-1", "-n", NAMESPACE)
    assert f"lockbox: no_grant: no grant for list_or_get_objects of Pod router-1 in {NAMESPACE}; ask on your ticket" in done.stderr


NEVER = {
    "watch": ("get", "pods", "-n", NAMESPACE, "--watch-only"),
    "deletecollection": ("delete", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods"),
    "exec": ("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/exec?command=sh", "-f", "-"),
    "scale": ("scale", "deployment/router", "-n", NAMESPACE, "--replicas=2"),
    "token": ("create", "token", "default", "-n", NAMESPACE),
    "can-i": ("auth", "can-i", "get", "pods"),
    "metrics": ("get", "--raw", "/metrics"),
}


@pytest.mark.parametrize("command", NEVER.values(), ids=NEVER.keys())
def test_nobody_can_agree_to_it(cluster, customer, command):
    engineer = cluster.engineer()
    items = [{"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": kind} for kind in ("Pod", "Deployment.apps")]
    engineer.granted(customer, *items)
    done = engineer.kubectl(*command, text="{}")
    assert done.returncode != 0 and "lockbox: " in done.stderr, done.stderr


def test_an_engineer_acts_for_nobody_else(cluster, customer):
    """The API server keeps the reason of a refused impersonation to itself."""
    engineer = cluster.engineer()
    engineer.granted(customer, PODS)
    done = engineer.kubectl(*GET_PODS, "--as", "admin", "--as-group", "system:masters")
    assert done.returncode != 0 and "Forbidden" in done.stderr


@pytest.mark.parametrize("user, groups", [(f"{PREFIX}erin", ()), ("erin", (GROUP,)), (PREFIX, (GROUP,))])
def test_an_engineer_has_prefix_and_group(cluster, customer, user, groups):
    assert refused(cluster.identity(user, *groups)("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods"), "identity")


def test_others_are_none_of_ours(cluster):
    done = cluster.identity("somebody")(*GET_PODS)
    assert done.returncode != 0 and "lockbox" not in done.stderr


# Admission

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, namespace: " + NAMESPACE + "}}\ndata: {{a: b}}\n"


def test_only_the_agreed_name_is_created(cluster, customer):
    engineer = cluster.engineer()
    engineer.granted(customer, {"action": "create_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "agreed"})
    assert refused(engineer.kubectl("create", "-f", "-", text=CONFIG_MAP.format("other")), "no_grant")
    engineer.kubectl.must("create", "-f", "-", text=CONFIG_MAP.format("agreed"))
    cluster.admin.must("delete", "configmap", "agreed", "-n", NAMESPACE)


def test_admission_asks_behind_system_masters(cluster, customer):
    """Members of system:masters pass before every authorizer."""
    engineer = cluster.engineer()
    master = cluster.identity(f"{PREFIX}{engineer.person.id}", GROUP, "system:masters")
    master.must(*GET_PODS)
    assert refused(master("create", "-f", "-", text=CONFIG_MAP.format("mine")), "no_grant")
    assert refused(master("delete", "configmap", "settings", "-n", NAMESPACE), "no_grant")


def test_the_clusters_file_is_read_again(cluster, system):
    """A bad one keeps what was read before."""
    path = Path(cluster.env["LOCKBOX_CLUSTERS_FILE"])
    whole, pid = path.read_text(), system.stack.pids["authorizer"]
    lines = system.stack.log("authorizer").count('"clusters read"')
    try:
        path.write_text("{")
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: "the one before stays" in system.stack.log("authorizer"), "the bad file is told")
        assert refused(cluster.engineer().kubectl(*GET_PODS), "no_grant")
        other = json.loads(whole)
        other["clusters"][0]["username_prefix"] = "other:"
        path.write_text(json.dumps(other))
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: system.stack.log("authorizer").count('"clusters read"') > lines, "the other file is read")
        done = cluster.engineer().kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods")
        assert refused(done, "identity")
    finally:
        path.write_text(whole)
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: system.stack.log("authorizer").count('"clusters read"') > lines + 1, "the file is read again")

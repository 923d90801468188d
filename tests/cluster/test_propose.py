"""What lockboxctl cluster propose shows is what admission sees: beside a real API server, for each kind whose dry runs have parts by chance."""
import json
import os
import subprocess

import pytest

from support.cluster import NAMESPACE
from support.content import content_of
from support.propose import Propose
from support.stack import BINARIES
from test_road import refused

PROGRAM = {"containers": [{"name": "it", "image": "router.example/it:1"}]}
TEMPLATE = {"metadata": {"labels": {"app": "it"}}, "spec": PROGRAM}
SELECTED = {"selector": {"matchLabels": {"app": "it"}}, "template": TEMPLATE}
JOB = {"template": {"spec": {**PROGRAM, "restartPolicy": "Never"}}}
PORTS = [{"port": 80}]
ITS_KIND = {"group": "example.com", "names": {"kind": "It", "plural": "its"}, "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}


def made(api_version: str, kind: str, name: str = "proposed", namespace: str | None = NAMESPACE, **members) -> dict:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


# By cluster.md's list: those by chance first.
KINDS = {
    "Pod": made("v1", "Pod", spec=PROGRAM),
    "Job": made("batch/v1", "Job", spec=JOB),
    "Service": made("v1", "Service", spec={"ports": PORTS, "selector": {"app": "it"}}),
    "Service with a node's port": made("v1", "Service", spec={"ports": PORTS, "type": "NodePort"}),
    "Service with that port": made("v1", "Service", spec={"ports": [{"port": 80, "nodePort": 30080}], "type": "NodePort"}),
    "Service without an address": made("v1", "Service", spec={"ports": PORTS, "clusterIP": "None", "selector": {"app": "it"}}),
    "ConfigMap": made("v1", "ConfigMap", data={"a": "b"}),
    "Deployment": made("apps/v1", "Deployment", spec=SELECTED),
    "StatefulSet": made("apps/v1", "StatefulSet", spec={**SELECTED, "serviceName": "it"}),
    "DaemonSet": made("apps/v1", "DaemonSet", spec=SELECTED),
    "CronJob": made("batch/v1", "CronJob", spec={"schedule": "0 0 * * *", "jobTemplate": {"spec": JOB}}),
    "PersistentVolumeClaim": made("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"],
                                                                      "resources": {"requests": {"storage": "1Gi"}}}),
    "CustomResourceDefinition": made("apiextensions.k8s.io/v1", "CustomResourceDefinition", "its.example.com", None, spec=ITS_KIND),
    "Namespace": made("v1", "Namespace", "openshift-proposed", None),
}


@pytest.fixture(scope="module")
def propose(cluster):
    return Propose(cluster.env, cluster.id)


@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_passes_as_it_was_proposed(cluster, customer, propose, kind):
    engineer, wanted = cluster.engineer(), KINDS[kind]
    item = propose.of_object(engineer.person.id, wanted)
    [change] = item["content"]["changes"]
    assert (item["action"], item["name"], change["path"]) == ("create_object", wanted["metadata"]["name"], "")
    assert item["content"] == content_of(change["after"], None, consented=wanted)
    engineer.granted(customer, item)
    engineer.kubectl.must("create", "--dry-run=server", "-f", "-", text=json.dumps(wanted))
    wanted_labels = wanted["metadata"] | {"labels": {"one": "more"}}
    done = engineer.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(wanted | {"metadata": wanted_labels}))
    assert refused(done, "content_changed"), done.stderr


def test_what_has_no_name_has_no_content(cluster, propose):
    pod = made("v1", "Pod", spec=PROGRAM)
    pod["metadata"] = {"generateName": "it-", "namespace": NAMESPACE}
    done = propose(cluster.engineer().person.id, "-f", "-", text=json.dumps(pod))
    assert done.returncode == 1 and "generateName" in done.stderr


SETTINGS = made("v1", "ConfigMap", "plain", data={"level": "debug"})
READ = {"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "plain"}


@pytest.fixture(scope="module", autouse=True)
def plain(cluster):
    """Made without the annotation of a client's apply."""
    cluster.admin("create", "-f", "-", text=json.dumps(SETTINGS | {"data": {"level": "info"}}))


def test_what_exists_is_shown_to_who_may_read_it(cluster, customer, propose):
    engineer = cluster.engineer()
    patch = ("--patch", '{"data":{"level":"debug"}}', "--kind", "ConfigMap", "--namespace", NAMESPACE, "--name", "plain")
    text = json.dumps(SETTINGS)
    assert propose.refused(engineer.person.id, "-f", "-", text=text) == "no_grant"
    assert propose.refused(engineer.person.id, *patch) == "no_grant"
    request = engineer.granted(customer, READ)
    item = propose.of_object(engineer.person.id, SETTINGS)
    assert item["action"] == "update_object" and item["content"]["changes"] == [{"path": "/data/level", "before": "info", "after": "debug"}]
    assert propose.item(engineer.person.id, *patch)["content"] == item["content"]
    assert request.decide("revoke") == "applied"
    assert propose.refused(engineer.person.id, "-f", "-", text=text) == "no_grant"


REQUEST = """exec lockboxctl ticket request "$1" "engineer_id=$2" "resource_id=$3" "justification=The routers need it." \
    "actions=$(lockboxctl cluster propose "$4" --engineer "$2" -f "$5")" """


def test_a_proposal_goes_straight_into_a_tickets_request(cluster, customer, propose, tmp_path):
    """By a shell, as the page has it: what the customer is asked is what was proposed, and the cluster takes that."""
    engineer = cluster.engineer()
    ticket, file = customer.ticket(engineer=engineer.person), tmp_path / "settings.json"
    data = {"quoted": 'a "b" \\ $c', "letters": "\u00e9\u20ac", "lines": "one\n\ntwo\n"}
    file.write_text(json.dumps(made("v1", "ConfigMap", "straight", data=data)))
    item = propose.item(engineer.person.id, "-f", str(file))
    sent = command(propose, "bash", "-euc", REQUEST, "bash", ticket.id, engineer.person.id, cluster.resource_id, cluster.id, str(file))
    request = cluster.system.caused_by(sent, "request.").request
    assert request["state"] == "customer_notified" and [{name: it[name] for name in item} for it in request["actions"]] == [item]
    owner = customer.owner
    sent = command(propose, "lockboxctl", "approve", request["request_id"], "--by", f"{owner.id},{owner.email},{owner.name}")
    assert cluster.system.caused_by(sent, "decision.judged").data["verdict"] == "applied"
    engineer.kubectl.must("create", "-f", str(file))


def command(propose, *arguments: str) -> str:
    """The id that it prints, with the stack's settings."""
    environment = {**os.environ, **propose.env, "PATH": f"{BINARIES}:{os.environ['PATH']}"}
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FORBIDDEN = {
    "Secret": made("v1", "Secret", data={}),
    "ClusterRole": made("rbac.authorization.k8s.io/v1", "ClusterRole", namespace=None, rules=[]),
    "webhook": made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", namespace=None, webhooks=[]),
}


@pytest.mark.parametrize("wanted", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_nothing_forbidden_is_shown(cluster, propose, wanted):
    assert propose.refused(cluster.engineer().person.id, "-f", "-", text=json.dumps(wanted)) == "action_forbidden"


REJECTED = {
    "a field that nobody knows": (made("v1", "ConfigMap", data={}, dato={}), "rejected"),
    "a kind that nobody knows": (made("v1", "Nothing"), "unknown_resource"),
    "a version that nobody knows": (made("v7", "ConfigMap"), "unknown_resource"),
    "no namespace": (made("v1", "ConfigMap", namespace=None), "malformed"),
    "a namespace too many": (made("v1", "Namespace"), "malformed"),
    "a name that is none": (made("v1", "ConfigMap", name="../secrets/x"), "action_not_permitted"),
    "a namespace that is none": (made("v1", "ConfigMap", namespace="a/b"), "action_not_permitted"),
    "too much": (made("v1", "ConfigMap", data={"a": "x" * 40_000}), "too_large"),
}


@pytest.mark.parametrize("wanted, code", REJECTED.values(), ids=REJECTED.keys())
def test_what_is_wrong_is_said(cluster, propose, wanted, code):
    assert propose.refused(cluster.engineer().person.id, "-f", "-", text=json.dumps(wanted)) == code


def test_what_changes_nothing_is_no_item(cluster, customer, propose):
    engineer = cluster.engineer()
    engineer.granted(customer, READ)
    assert propose.refused(engineer.person.id, "-f", "-", text=json.dumps(SETTINGS | {"data": {"level": "info"}})) == "nothing_changes"


def test_the_customers_identity_makes_dry_runs_alone(cluster):
    """Also for who takes the authorizer over."""
    customer = cluster.identity("lockbox-customer")
    text = json.dumps(made("v1", "ConfigMap", "by-the-customer", data={"a": "b"}))
    customer.must("create", "--dry-run=server", "-f", "-", text=text)
    assert refused(customer("create", "-f", "-", text=text), "dry_run_only")
    assert refused(customer("patch", "configmap", "plain", "-n", NAMESPACE, "-p", '{"data":{"level":"debug"}}'), "dry_run_only")
    assert customer("get", "secrets", "-n", NAMESPACE).returncode != 0

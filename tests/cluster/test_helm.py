"""Helm's rows of the table of docs/integrate/kubernetes.md: by the real helm, against the real API server."""
import json
import os
import subprocess

import pytest
import yaml

from support.cluster import NAMESPACE
from support.propose import Propose
from test_content import passes
from test_road import refused

IN = ("-n", NAMESPACE)
VALUES = """\
level: info
"""
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
  labels: {app.kubernetes.io/managed-by: {{ .Release.Service }}}
data: {level: {{ .Values.level }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-router}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: it, image: "router.example/it:1"}]}
"""


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    path = tmp_path_factory.mktemp("chart") / "routers"
    (path / "templates").mkdir(parents=True)
    (path / "Chart.yaml").write_text("apiVersion: v2\nname: routers\nversion: 0.1.0\n")
    (path / "values.yaml").write_text(VALUES)
    (path / "templates/all.yaml").write_text(TEMPLATE)
    return path


@pytest.fixture(scope="module")
def propose(cluster):
    return Propose(cluster.env, cluster.id)


def helm(*arguments, **settings) -> subprocess.CompletedProcess:
    return subprocess.run([os.environ["LOCKBOX_DEV_HELM"], *map(str, arguments)], capture_output=True, text=True, timeout=180,
                          env={**os.environ, **settings})


def rendered(release: str, chart, *options: str) -> str:
    done = helm("template", release, chart, *IN, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects_of(text: str) -> list[dict]:
    return [it | {"metadata": it["metadata"] | {"namespace": NAMESPACE}} for it in yaml.safe_load_all(text) if it]


def kind_of(wanted: dict) -> str:
    return wanted["kind"] if wanted["apiVersion"] == "v1" else f"{wanted['kind']}.{wanted['apiVersion'].partition('/')[0]}"


def reading(wanted: dict) -> dict:
    return {"action": "list_or_get_objects", "namespace": NAMESPACE, "kind": kind_of(wanted), "name": wanted["metadata"]["name"]}


def saved(engineer, wanted: dict) -> str:
    """The object as client-side apply sends it: with its annotation."""
    return engineer.kubectl.must("create", "--save-config", "--dry-run=client", "-o", "json", "-f", "-", text=json.dumps(wanted))


def test_template_into_server_side_apply(cluster, customer, propose, chart):
    """Each object by itself; then a change of one value, and one that nobody agreed to."""
    engineer, first = cluster.engineer(), rendered("server", chart)
    engineer.granted(customer, *(propose.of_object(engineer.person.id, it) for it in objects_of(first)))
    apply = ("apply", "--server-side", *IN, "-f", "-")
    done = engineer.kubectl(*apply, text=first)
    assert passes(done, True), done.stderr
    second = rendered("server", chart, "--set", "level=debug")
    done = engineer.kubectl(*apply, text=second)
    assert refused(done, "no_grant") and "update_object of Deployment.apps server-router" in done.stderr  # which does not change: it is sent all the same
    engineer.granted(customer, *map(reading, objects_of(second)))
    [settings] = [it for it in objects_of(second) if it["kind"] == "ConfigMap"]
    changing = cluster.engineer(engineer.person)
    changing.granted(customer, propose.of_object(engineer.person.id, settings))
    done = changing.kubectl(*apply, text=json.dumps(settings))
    assert passes(done, True), done.stderr
    assert cluster.admin.must("get", "configmap", "server-settings", *IN, "-o", "jsonpath={.data.level}") == "debug"


def test_template_into_client_side_apply(cluster, customer, propose, chart):
    """Refused where the object was proposed as it is, for its annotation; passes where it was proposed with that."""
    text = rendered("client", chart)
    plain = cluster.engineer()
    plain.granted(customer, *(propose.of_object(plain.person.id, it) for it in objects_of(text)))
    assert refused(plain.kubectl("apply", *IN, "-f", "-", text=text), "content_changed")
    annotated = cluster.engineer()
    annotated.granted(customer, *(propose.item(annotated.person.id, "-f", "-", text=saved(annotated, it)) for it in objects_of(text)))
    done = annotated.kubectl("apply", *IN, "-f", "-", text=text)
    assert passes(done, True), done.stderr


# What Helm keeps of a release, by where it keeps it.
RECORDS = {"secret": "no grant for create_object of Secret", "configmap": "no grant for create_object of ConfigMap sh.helm.release.v1."}


def install(engineer, release: str, chart, driver: str) -> subprocess.CompletedProcess:
    return helm("install", release, chart, *IN, "--kubeconfig", engineer.kubectl.kubeconfig, HELM_DRIVER=driver)


@pytest.mark.parametrize("driver", RECORDS)
def test_install_keeps_a_record_that_nobody_agreed_to(cluster, customer, propose, chart, driver):
    engineer, release = cluster.engineer(), f"install-{driver}"
    engineer.granted(customer, *(propose.of_object(engineer.person.id, it) for it in objects_of(rendered(release, chart))))
    done = install(engineer, release, chart, driver)
    assert refused(done, "no_grant") and RECORDS[driver] in done.stderr, done.stderr
    assert cluster.admin("get", "configmap", f"{release}-settings", *IN).returncode != 0


def of_helm(wanted: dict, release: str) -> dict:
    """As helm install sends an object: with its label, and annotations."""
    metadata = wanted["metadata"]
    return wanted | {"metadata": metadata | {
        "labels": metadata.get("labels", {}) | {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": metadata.get("annotations", {}) | {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": NAMESPACE}}}


@pytest.mark.parametrize("as_helm_sends_them", [False, True])
def test_install_with_its_record_in_a_configmap(cluster, customer, propose, chart, as_helm_sends_them):
    """The record is agreed to without content. The objects are not those of helm template: Helm adds a label and annotations."""
    engineer, release = cluster.engineer(), f"kept-{as_helm_sends_them}".lower()
    objects = objects_of(rendered(release, chart))
    record = {"namespace": NAMESPACE, "kind": "ConfigMap", "name": f"sh.helm.release.v1.{release}.v1"}
    items = [propose.of_object(engineer.person.id, of_helm(it, release) if as_helm_sends_them else it) for it in objects]
    engineer.granted(customer, *items, {"action": "create_object", **record}, {"action": "update_object", **record})
    done = install(engineer, release, chart, "configmap")
    assert passes(done, True if as_helm_sends_them else "not as it was agreed to"), done.stderr

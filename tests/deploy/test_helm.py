"""deploy/helm/lockbox: what Helm makes of the chart is what kustomize makes of deploy/kubernetes, and what Kubernetes takes."""
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from test_deploy import DEPLOY, REPOSITORY, assert_shut_in, run

CHART = DEPLOY / "helm/lockbox"
EXAMPLE = {  # as deploy/kubernetes/overlays/example has it
    "image": {"repository": "images.example/lockbox", "tag": "1.0"},
    "settings": {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "kafka-0.kafka.example:9093,kafka-1.kafka.example:9093",
                 "LOCKBOX_LOG_ORIGIN": "lockbox.example/prod", "LOCKBOX_SMTP_URL": "smtp://lockbox@mail.example:587?tls=required",
                 "LOCKBOX_MAIL_FROM": "lockbox@example.com", "LOCKBOX_PORTAL_URL": "https://portal.example/lockbox"},
    "workers": {"relay": {"replicas": 3, "database": "LOCKBOX_DATABASE_URL"}},
}


def rendered(tmp_path: Path, values: dict) -> list[dict]:
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    done = subprocess.run(["helm", "template", "lockbox", CHART, "--namespace", "lockbox", "--kube-version", "1.29", "-f", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def alike(manifests: list[dict]) -> dict[tuple[str, str], dict]:
    """By kind and name, without what tells revisions apart: kustomize's suffix of the settings, Helm's checksum and number."""
    found = {}
    for manifest in manifests:
        text = re.sub(r"\blockbox-[0-9a-z]{10}\b(?=\W|$)", lambda it: "lockbox" if re.search(r"\d", it[0]) else it[0],
                      yaml.safe_dump(manifest)).replace("lockbox-setup-1", "lockbox-setup")
        manifest = yaml.safe_load(text)
        annotations = manifest.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
        annotations.pop("checksum/settings", None)
        for container in manifest.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            for part in ("env", "ports"):
                container[part] = sorted(container.get(part) or [], key=lambda it: it["name"])
        found[manifest["kind"], manifest["metadata"]["name"]] = manifest
    return found


@pytest.mark.parametrize("overlay, more", [("example", {}), ("authorizer", {"authorizer": {"enabled": True}}), ("webhooks", {"webhooks": {"enabled": True}})])
def test_the_same_as_kustomize(tmp_path, overlay, more):
    ours = alike(rendered(tmp_path, {**EXAMPLE, **more}))
    theirs = alike(list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes/overlays" / overlay))))
    assert ours.keys() == theirs.keys()
    for name, manifest in theirs.items():
        assert ours[name] == manifest, name


@pytest.mark.parametrize("version", ["1.29", "1.34"])
@pytest.mark.parametrize("values", [{}, {**EXAMPLE, "authorizer": {"enabled": True}, "webhooks": {"enabled": True}, "imagePullSecrets": [{"name": "registry"}]}],
                         ids=["as-it-is", "with-all"])
def test_kubernetes_takes_it(tmp_path, values, version):
    for manifest in rendered(tmp_path, values):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("values", [{}, {**EXAMPLE, "authorizer": {"enabled": True}, "webhooks": {"enabled": True}}], ids=["as-it-is", "with-all"])
def test_each_pod_is_reached_by_somebody_and_reaches_somebody(tmp_path, values):
    assert_shut_in(rendered(tmp_path, values))


def test_lint():
    assert "0 chart(s) failed" in run("helm", "lint", "--strict", CHART)


@pytest.mark.parametrize("values, complaint", [
    ({"setings": {}}, "setings"),
    ({"settings": {"LOCKBOX_DATABASE_URL": "postgresql://user:secret@db/lockbox"}}, "settings"),
    ({"networkPolicy": {"webhooks": []}}, "webhooks"),
    ({"networkPolicy": {"metrics": None}}, "metrics"),
    ({"networkPolicy": {"kafka": {"namespaceSelector": None}}}, "kafka"),
    ({"networkPolicy": {"postgresql": {"namespaceSelector": {"matchLabels": None}}}}, "postgresql"),
    ({"networkPolicy": {"mail": {"ipBlock": {"cidr": "0.0.0.0/0"}}}}, "mail"),
    ({"workers": {"relay": {"replicas": "three", "database": "LOCKBOX_DATABASE_URL"}}}, "replicas"),
])
def test_values_that_make_no_sense_are_refused(tmp_path, values, complaint):
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    done = subprocess.run(["helm", "template", CHART, "--kube-version", "1.29", "-f", file], capture_output=True, text=True)
    assert done.returncode != 0 and complaint in done.stderr


def test_the_page_shows_values_that_fit(tmp_path):
    page = (REPOSITORY / "docs/containers.md").read_text()
    [values] = re.findall(r"```yaml\n(# values.yaml.*?)```", page, re.DOTALL)
    names = {manifest["metadata"]["name"] for manifest in rendered(tmp_path, yaml.safe_load(values))}
    assert {"lockbox-relay", "lockbox-authorizer"} <= names

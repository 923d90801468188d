"""deploy/ and docker-compose.yml as the programs that read them see them."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]
EXPOSURE = 1.2  # as docs/operate.md has it


def run(*command, **environment) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=REPOSITORY,
                          env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


# Prometheus

def test_alert_rules():
    assert "SUCCESS" in run("promtool", "check", "rules", DEPLOY / "prometheus/alerts.yml")
    assert "SUCCESS" in run("promtool", "test", "rules", DEPLOY / "prometheus/alerts_test.yml")


def test_every_alert_is_in_the_docs():
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    page = (REPOSITORY / "docs/operate.md").read_text()
    assert [rule["alert"] for rule in rules if rule["alert"] not in page] == []


# systemd

@pytest.fixture
def units(tmp_path) -> Path:
    """The units, over a program that is there."""
    shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    unit = tmp_path / "units/lockbox@.service"
    unit.write_text(unit.read_text().replace("/usr/local/bin/%i", "/bin/true"))
    for worker in WORKERS:
        shutil.copy(unit, tmp_path / f"units/lockbox@{worker}.service")
    return tmp_path / "units"


def test_units(units):
    names = [units / f"lockbox@{worker}.service" for worker in WORKERS] + [units / "lockbox.target"]
    assert run("systemd-analyze", "verify", "--man=no", *names, SYSTEMD_UNIT_PATH=f"{units}:").strip() == ""


@pytest.mark.parametrize("worker", WORKERS)
def test_units_are_as_shut_in_as_the_docs_say(units, worker):
    text = run("systemd-analyze", "security", "--offline=true", "--no-pager", units / f"lockbox@{worker}.service",
               SYSTEMD_UNIT_PATH=f"{units}:")
    assert float(re.search(r"Overall exposure level[^:]*: ([\d.]+)", text)[1]) <= EXPOSURE
    assert f"gives {EXPOSURE}" in (REPOSITORY / "docs/operate.md").read_text()


# docker-compose

@pytest.mark.parametrize("files", [["docker-compose.yml"], ["docker-compose.yml", "deploy/compose/local.yml"]])
def test_compose_file(tmp_path, files):
    run(DEPLOY / "compose/make-secrets", tmp_path)
    options = [option for file in files for option in ("-f", file)]
    text = run("docker-compose", *options, "config", SECRETS_DIR=str(tmp_path))
    services = yaml.safe_load(text)["services"]
    assert set(WORKERS) <= services.keys()
    assert {it["source"] for it in services["relay"]["secrets"]} == {"relay_database_url"}


# Kubernetes

@pytest.fixture(scope="module", params=["base", "overlays/example", "overlays/authorizer"])
def manifests(request) -> list[dict]:
    return list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes" / request.param)))


@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_manifests_are_what_kubernetes_takes(manifests, version):
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_every_container_is_shut_in(manifests):
    pods = [manifest["spec"]["template"]["spec"] for manifest in manifests if manifest["kind"] in ("Deployment", "Job")]
    workers = {pod["containers"][0]["args"][0] for pod in pods if pod["containers"][0]["name"] == "worker"}
    assert set(WORKERS) <= workers and len(pods) == len(workers) + 1
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_each_worker_mounts_its_own_secret_only(manifests):
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            [volume] = manifest["spec"]["template"]["spec"]["volumes"]
            assert volume["secret"]["secretName"] == manifest["metadata"]["name"]


def test_settings_are_known(manifests):
    """Every LOCKBOX_* that a manifest sets is one that a worker reads."""
    known = run(REPOSITORY / "build/release/bin/lockboxctl", "config", "-o", "csv")
    names = {name for manifest in manifests if manifest["kind"] == "ConfigMap" for name in manifest["data"]}
    names |= {entry["name"].removesuffix("_FILE") for manifest in manifests if manifest["kind"] in ("Deployment", "Job")
              for container in manifest["spec"]["template"]["spec"]["containers"] for entry in container.get("env", [])}
    assert [name for name in names if name not in known and f"{name}_FILE" not in known and "KAFKA_S" not in name] == []

"""deploy/ and docker-compose.yml as the programs that read them see them."""
import os
import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
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


# Network policies

def selects(selector: dict, labels: dict) -> bool:
    for rule in selector.get("matchExpressions", []):
        assert rule["operator"] in ("In", "NotIn")
        if (labels.get(rule["key"]) in rule["values"]) != (rule["operator"] == "In"):
            return False
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())


def is_somebody(peer: dict | None) -> bool:
    """One that leaves nobody out is everybody; so is none, and a selector that asks for nothing. Two networks of webhooks leave out
    what is private."""
    if not peer:
        return False
    if "ipBlock" in peer:
        return ip_network(peer["ipBlock"]["cidr"]).prefixlen > 0 or len(peer["ipBlock"].get("except", [])) > 0
    return any(selector.get("matchLabels") or selector.get("matchExpressions") for selector in peer.values())


def pods_of(manifests: list[dict]) -> dict[str, dict]:
    """Name of each workload, with its pods' labels."""
    pods = {it["metadata"]["name"]: it["spec"]["template"]["metadata"]["labels"] for it in manifests
            if it["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet")}
    assert not [it for it in manifests if it["kind"] in ("Pod", "CronJob", "ReplicaSet")]
    return pods


def assert_shut_in(manifests: list[dict]) -> None:
    """Each pod's traffic is of policies in both directions, and no rule of theirs lets in, or out to, everybody, on every port."""
    policies = [it["spec"] for it in manifests if it["kind"] == "NetworkPolicy"]
    for name, labels in pods_of(manifests).items():
        types = {kind for policy in policies if selects(policy["podSelector"], labels) for kind in policy["policyTypes"]}
        assert types == {"Ingress", "Egress"}, name
    for policy in policies:
        assert set(policy["policyTypes"]) == {{"ingress": "Ingress", "egress": "Egress"}[it] for it in policy if it in ("ingress", "egress")}
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy.get(way, []):
                assert rule.get(peers) and all(map(is_somebody, rule[peers])), rule
                assert rule.get("ports") and all(port.get("port") for port in rule["ports"]), rule


# Prometheus

def test_alert_rules():
    assert "SUCCESS" in run("promtool", "check", "rules", DEPLOY / "prometheus/alerts.yml")
    assert "SUCCESS" in run("promtool", "test", "rules", DEPLOY / "prometheus/alerts_test.yml")


# systemd

@pytest.fixture
def units(tmp_path) -> Path:
    """The units, over a program that is there."""
    shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    unit = tmp_path / "units/lockbox@.service"
    unit.write_text(unit.read_text().replace("/usr/local/bin/%i", "/bin/true"))
    check = tmp_path / "units/lockbox-check.service"
    check.write_text(check.read_text().replace("/usr/local/bin/lockboxctl", "/bin/true"))
    for worker in WORKERS:
        shutil.copy(unit, tmp_path / f"units/lockbox@{worker}.service")
    return tmp_path / "units"


def test_units(units):
    names = [units / f"lockbox@{worker}.service" for worker in WORKERS] + [units / "lockbox.target", units / "lockbox-check.timer"]
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


def test_compose_file_of_the_portal(tmp_path):
    """Shut in as the workers are, with its own secrets, on loopback; and mails lead to it. Without its address it does not start."""
    run(DEPLOY / "compose/make-secrets", tmp_path)
    options = ["-f", "docker-compose.yml", "-f", "deploy/compose/portal.yml"]
    given = {"SECRETS_DIR": str(tmp_path), "PORTAL_URL": "https://lockbox.contoso.example", "PORTAL_OIDC_ISSUER": "https://login.contoso.example"}
    services = yaml.safe_load(run("docker-compose", *options, "config", **given))["services"]
    portal = services["portal"]
    assert portal["read_only"] and portal["cap_drop"] == ["ALL"] and str(portal["ports"][0]).startswith(("127.0.0.1:", "{'"))
    assert {it["source"] for it in portal["secrets"]} == {"portal_oidc_client_secret", "portal_session_key", "auditor_database_url"}
    assert services["notifier"]["environment"]["LOCKBOX_PORTAL_URL"] == given["PORTAL_URL"]
    page = (REPOSITORY / "portal/README.md").read_text()
    assert [name for name in portal["environment"] if name.removesuffix("_FILE") not in page] == []
    assert len((tmp_path / "portal_session_key").read_text()) == 64
    with pytest.raises((AssertionError, subprocess.CalledProcessError)):
        run("docker-compose", *options, "config", SECRETS_DIR=str(tmp_path))


# Kubernetes

@pytest.fixture(scope="module", params=["base", "overlays/example", "overlays/authorizer", "overlays/webhooks"])
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


@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_the_portal(version):
    """What Kubernetes takes, shut in as the workers are, with the settings that the portal reads."""
    made = list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes/portal")))
    for manifest in made:
        kubernetes_validate.validate(manifest, version, strict=True)
    [pod] = [manifest["spec"]["template"]["spec"] for manifest in made if manifest["kind"] == "Deployment"]
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"] and container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    [settings] = [manifest["data"] for manifest in made if manifest["kind"] == "ConfigMap"]
    page = (REPOSITORY / "portal/README.md").read_text()
    names = [*settings, *(entry["name"].removesuffix("_FILE") for entry in container["env"])]
    assert [name for name in names if name not in page and not name.startswith("PORTAL_KAFKA_S")] == []


def test_each_worker_mounts_its_own_secret_only(manifests):
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            [volume] = manifest["spec"]["template"]["spec"]["volumes"]
            assert volume["secret"]["secretName"] == manifest["metadata"]["name"]


def test_kafka_knows_each_worker_by_its_own_certificate(manifests):
    """By files of its own secret: with TLS alone everybody would be User:ANONYMOUS, for whom no rule is made."""
    settings = {name: value for manifest in manifests if manifest["kind"] == "ConfigMap" for name, value in manifest["data"].items()}
    assert settings["LOCKBOX_KAFKA_SECURITY_PROTOCOL"] == "SSL"
    for name, file in (("CA", "kafka-ca.crt"), ("CERTIFICATE", "kafka.crt"), ("KEY", "kafka.key")):
        assert settings[f"LOCKBOX_KAFKA_SSL_{name}_LOCATION"] == f"/run/secrets/lockbox/{file}"
        assert f"`{file}`" in (REPOSITORY / "docs/containers.md").read_text()
    for pod in (manifest["spec"]["template"]["spec"] for manifest in manifests if manifest["kind"] in ("Deployment", "Job")):
        assert [mount["mountPath"] for container in pod["containers"] for mount in container["volumeMounts"]] == ["/run/secrets/lockbox"]


def test_webhooks():
    """The notifier alone may reach HTTPS outside, and no network that is not; it has the key."""
    made = list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes/overlays/webhooks")))
    keyed = [manifest["metadata"]["name"] for manifest in made if manifest["kind"] == "Deployment" and "LOCKBOX_WEBHOOK_KEY_FILE" in str(manifest)]
    [policy] = [manifest["spec"] for manifest in made if manifest["metadata"]["name"] == "lockbox-webhooks"]
    assert keyed == ["lockbox-notifier"] and policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "notifier"
    [rule] = policy["egress"]
    assert rule["ports"] == [{"port": 443}]
    open_to = [(ip_network(it["ipBlock"]["cidr"]), [ip_network(net) for net in it["ipBlock"]["except"]]) for it in rule["to"]]
    for address, allowed in (("10.1.2.3", False), ("169.254.169.254", False), ("192.168.0.1", False), ("127.0.0.1", False), ("172.20.0.1", False),
                             ("::1", False), ("fd00::1", False), ("93.184.215.14", True), ("2606:2800::1", True)):
        at = ip_address(address)
        assert any(at in net and not any(at in it for it in but) for net, but in open_to if net.version == at.version) == allowed, address


@pytest.mark.parametrize("folder", ["base", "portal", *(f"overlays/{it.name}" for it in sorted((DEPLOY / "kubernetes/overlays").iterdir()))])
def test_each_pod_is_reached_by_somebody_and_reaches_somebody(folder):
    assert_shut_in(list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes" / folder))))


def test_probes_have_a_listener_of_their_own(manifests):
    """Whoever fills the one of metrics has no worker restarted."""
    for pod in (manifest["spec"]["template"]["spec"] for manifest in manifests if manifest["kind"] == "Deployment"):
        for container in pod["containers"]:
            assert {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")} == {"probes"}
    reached = {port["port"] for manifest in manifests if manifest["kind"] == "NetworkPolicy"
               for rule in manifest["spec"].get("ingress", []) for port in rule["ports"]}
    assert 8081 not in reached


def test_settings_are_known(manifests):
    """Every LOCKBOX_* that a manifest sets is one that a worker reads."""
    known = run(REPOSITORY / "build/release/bin/lockboxctl", "config", "-o", "csv")
    names = {name for manifest in manifests if manifest["kind"] == "ConfigMap" for name in manifest["data"]}
    names |= {entry["name"].removesuffix("_FILE") for manifest in manifests if manifest["kind"] in ("Deployment", "Job")
              for container in manifest["spec"]["template"]["spec"]["containers"] for entry in container.get("env", [])}
    assert [name for name in names if name not in known and f"{name}_FILE" not in known and "KAFKA_S" not in name] == []

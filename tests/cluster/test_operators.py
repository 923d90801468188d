"""deploy/kubernetes/overlays/operators: what a real API server takes that knows Strimzi's and CloudNativePG's resources."""
import copy
import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from support.stack import REPOSITORY
from support.waiting import wait_until

OVERLAY = REPOSITORY / "deploy/kubernetes/overlays/operators"
THEIRS = ["Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "Cluster"]


@pytest.fixture(scope="module")
def manifests(cluster) -> list[dict]:
    done = subprocess.run([cluster.binary, "kustomize", OVERLAY], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def is_established(definition: dict) -> bool:
    conditions = definition.get("status", {}).get("conditions") or []  # none at first, which kubectl wait takes for an error
    return any(it["type"] == "Established" and it["status"] == "True" for it in conditions)


@pytest.fixture(scope="module")
def create(cluster, manifests):
    """What the server says to an object, with fields it does not know refused; nothing is kept."""
    for file in sorted(Path(os.environ["LOCKBOX_DEV_CRDS"]).glob("*.yaml")):
        cluster.admin.must("apply", "--server-side", "-f", str(file))
    wait_until(lambda: all(map(is_established, json.loads(cluster.admin.must("get", "crd", "-o", "json"))["items"])), "the definitions are in force", 60)
    for namespace in sorted({it["metadata"]["namespace"] for it in manifests}):
        cluster.admin.must("create", "namespace", namespace)
    return lambda it: cluster.admin("create", "--dry-run=server", "--validate=strict", "-f", "-", text=json.dumps(it))


def test_the_server_takes_it(create, manifests):
    assert set(THEIRS) < {it["kind"] for it in manifests}
    for manifest in manifests:
        done = create(manifest)
        assert done.returncode == 0, f"{manifest['kind']} {manifest['metadata']['name']}: {done.stderr}"


@pytest.mark.parametrize("kind", THEIRS)
def test_a_slip_is_refused(create, manifests, kind):
    """So that the test above means something."""
    wrong = copy.deepcopy(next(it for it in manifests if it["kind"] == kind))
    wrong["spec"]["replicaz"] = 3
    done = create(wrong)
    assert done.returncode != 0 and 'unknown field "spec.replicaz"' in done.stderr, done.stderr


@pytest.mark.parametrize("kind, path, value", [
    ("KafkaNodePool", ("spec", "roles"), ["brokers"]), ("KafkaUser", ("spec", "authentication", "type"), "tsl"),
    ("KafkaTopic", ("spec", "partitions"), "eight"), ("Cluster", ("spec", "postgresql", "synchronous", "method"), "maybe"),
    ("KafkaUser", ("spec", "authorization", "acls", 0, "operations"), ["Raed"])])
def test_a_wrong_value_is_refused(create, manifests, kind, path, value):
    wrong = copy.deepcopy(next(it for it in manifests if it["kind"] == kind))
    place = wrong
    for step in path[:-1]:
        place = place[step]
    assert place[path[-1]] != value
    place[path[-1]] = value
    assert create(wrong).returncode != 0

"""Programs by client-go and by the Python client: the same answers as kubectl gets."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from support.cluster import NAMESPACE
from test_content import DEPLOYMENT, IMAGE, READ, container, gone, propose, there  # noqa: F401
from test_propose import made
from test_road import PODS

HERE = Path(__file__).parent
CLIENTS = {"client-go": ["client-go"], "Python": ["python/bin/python", HERE / "client.py"]}
NAMED = (NAMESPACE, "content")


@pytest.fixture(params=CLIENTS)
def run(request):
    """Runs that client as an engineer."""
    program, *arguments = CLIENTS[request.param]
    program = Path(os.environ["LOCKBOX_DEV_CLIENTS"]) / program

    def run(engineer, verb: str, *more: str) -> subprocess.CompletedProcess:
        return subprocess.run([program, *arguments, engineer.kubectl.kubeconfig, verb, *more], capture_output=True, text=True, timeout=120)
    return run


def test_it_reads_what_was_agreed_to(cluster, customer, run):
    engineer = cluster.engineer()
    done = run(engineer, "list", NAMESPACE)
    assert done.returncode == 1 and "lockbox: no_grant: " in done.stderr
    request = engineer.granted(customer, PODS)
    done = run(engineer, "list", NAMESPACE)
    assert done.returncode == 0 and "router-1" in [it["metadata"]["name"] for it in json.loads(done.stdout)["items"]], done.stderr
    assert request.decide("revoke") == "applied"
    assert run(engineer, "list", NAMESPACE).returncode == 1


def test_nobody_can_agree_to_a_watch(cluster, customer, run):
    engineer = cluster.engineer()
    engineer.granted(customer, PODS)
    done = run(engineer, "watch", NAMESPACE)
    assert done.returncode == 1 and "lockbox: verb_not_permitted: watch of pods" in done.stderr, done.stderr


def test_its_update_passes_as_it_was_proposed(cluster, customer, propose, there, run):  # noqa: F811
    """Another image first, which is refused; then the one that was agreed to."""
    engineer = cluster.engineer()
    reading = engineer.granted(customer, READ)
    item = propose.of_patch(engineer.person.id, "strategic", container(image=f"{IMAGE}2"), *DEPLOYMENT)
    assert reading.decide("revoke") == "applied"
    engineer.granted(customer, item)
    done = run(engineer, "update", *NAMED, f"{IMAGE}3")
    assert done.returncode == 1 and "lockbox: content_changed: " in done.stderr, done.stderr
    done = run(engineer, "update", *NAMED, f"{IMAGE}2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["spec"]["template"]["spec"]["containers"][0]["image"] == f"{IMAGE}2"


@pytest.mark.parametrize("run", ["Python"], indirect=True)
def test_its_patch_passes_as_it_was_proposed(cluster, customer, propose, there, run):  # noqa: F811
    patched(cluster, customer, propose, run, "patch", container(image=f"{IMAGE}2"))


@pytest.mark.parametrize("run", ["client-go"], indirect=True)
def test_its_apply_passes_as_it_was_proposed(cluster, customer, propose, there, run):  # noqa: F811
    patched(cluster, customer, propose, run, "apply", made("apps/v1", "Deployment", "content", **container(image=f"{IMAGE}2")))


def patched(cluster, customer, propose, run, verb: str, body: dict) -> None:  # noqa: F811
    engineer = cluster.engineer()
    engineer.granted(customer, READ)
    engineer.granted(customer, propose.of_patch(engineer.person.id, "merge", container(image=f"{IMAGE}2"), *DEPLOYMENT))
    done = run(engineer, verb, *NAMED, json.dumps(body))
    assert done.returncode == 0, done.stderr

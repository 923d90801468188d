"""One stack with a Kubernetes API server for all of these tests; its cluster's tenant is made once."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import NAMESPACE, Cluster  # noqa: E402
from support.group import nothing_untoward, pytest_addoption, stack_of, system  # noqa: E402, F401
from support.scenario import Tenant  # noqa: E402

OBJECTS = f"""\
apiVersion: v1
kind: Namespace
metadata: {{name: {NAMESPACE}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: default, namespace: {NAMESPACE}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: {NAMESPACE}}}
data: {{level: info}}
---
apiVersion: v1
kind: Pod
metadata: {{name: router-1, namespace: {NAMESPACE}}}
spec: {{containers: [{{name: router, image: router.example/router}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: router, namespace: {NAMESPACE}}}
spec:
  selector: {{matchLabels: {{app: router}}}}
  template: {{metadata: {{labels: {{app: router}}}}, spec: {{containers: [{{name: router, image: router.example/router}}]}}}}
"""


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, options=("--cluster",)) as stack:
        yield stack


@pytest.fixture(scope="session")
def cluster(system, tmp_path_factory):  # noqa: F811
    cluster = Cluster(system, tmp_path_factory.mktemp("identities"))
    cluster.admin.must("apply", "-f", "-", text=OBJECTS)
    return cluster


@pytest.fixture(scope="session")
def customer(system, cluster):  # noqa: F811
    """The same one where the stack was there before (--stack)."""
    return Tenant(system, subscription=cluster.subscription, id=f"tenant-of-{cluster.subscription}")

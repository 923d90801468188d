"""The table of docs/integrate/kubernetes.md: kubectl by an engineer with a grant, and without."""
import pytest

from support.cluster import NAMESPACE
from test_road import CONFIG_MAP, PODS


def named(action: str, name: str) -> dict:
    return {"action": action, "namespace": NAMESPACE, "kind": "ConfigMap", "name": name}


IN = ("-n", NAMESPACE)
LOGS = {"action": "get_pod_logs", "namespace": NAMESPACE, "name": "router-1"}
DEPLOYMENT = {"action": "update_object", "namespace": NAMESPACE, "kind": "Deployment.apps", "name": "router"}
# What it is given, the objects that are there before, its grant, whether it is let through then.
TABLE = {
    "get pods": (("get", "pods", *IN), None, PODS, True),
    "logs": (("logs", "router-1", *IN), None, LOGS, True),
    "create": (("create", "-f", "-"), None, named("create_object", "it"), True),
    "apply, new": (("apply", "-f", "-"), None, named("create_object", "it"), True),
    "apply --server-side, new": (("apply", "--server-side", "-f", "-"), None, named("create_object", "it"), True),
    "apply, there": (("apply", "-f", "-"), "it", named("update_object", "it"), True),
    "apply --server-side, there": (("apply", "--server-side", "--force-conflicts", "-f", "-"), "it", named("update_object", "it"), True),
    "apply --server-side, there, may create": (("apply", "--server-side", "--force-conflicts", "-f", "-"), "it",
                                               named("create_object", "it"), False),
    "patch": (("patch", "configmap", "it", *IN, "-p", '{"data":{"a":"c"}}'), "it", named("update_object", "it"), True),
    "delete --wait=false": (("delete", "configmap", "it", *IN, "--wait=false"), "it", named("delete_object", "it"), True),
    "get -A of one name": (("get", "configmaps", "-A", "--field-selector", "metadata.name=it"), "it",
                           {"action": "update_object", "kind": "ConfigMap", "name": "it"}, False),
    "patch spec.replicas": (("patch", "deployment", "router", *IN, "-p", '{"spec":{"replicas":1}}'), None, DEPLOYMENT, True),
    "scale": (("scale", "deployment/router", *IN, "--replicas=1"), None, DEPLOYMENT, False),
    "rollout status": (("rollout", "status", "deployment/router", *IN, "--timeout=5s"), None, DEPLOYMENT, False),
    "exec": (("exec", "router-1", *IN, "--", "true"), None, PODS, False),
    # kubectl itself wants a running pod: this is what it would ask then.
    "port-forward": (("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/portforward?ports=8080", "-f", "-"), None,
                     PODS, False),
    "auth can-i": (("auth", "can-i", "get", "pods", *IN), None, PODS, False),
    "get --as": (("get", "pods", *IN, "--as", "admin", "--as-group", "system:masters"), None, PODS, False),
    "get --raw /metrics": (("get", "--raw", "/metrics"), None, PODS, False),
}


def let_through(done) -> bool:
    """The API server may have other reasons: there is no kubelet to ask for logs."""
    return "orbidden" not in done.stderr and "cannot watch" not in done.stderr


@pytest.fixture
def there(cluster, request):
    """The object `it`, as the table wants it; gone afterwards."""
    cluster.admin("delete", "configmap", "it", *IN)
    if TABLE[request.node.callspec.params["row"]][1]:
        cluster.admin.must("create", "-f", "-", text=CONFIG_MAP.format("it"))
    yield
    cluster.admin("delete", "configmap", "it", *IN)


@pytest.mark.parametrize("row", TABLE)
def test_with_its_grant(cluster, customer, there, row):
    command, _, item, expected = TABLE[row]
    engineer = cluster.engineer()
    engineer.granted(customer, item)
    done = engineer.kubectl(*command, text=CONFIG_MAP.format("it"))
    assert let_through(done) == expected, done.stderr


@pytest.mark.parametrize("row", TABLE)
def test_without_any(cluster, customer, there, row):
    done = cluster.engineer().kubectl(*TABLE[row][0], text=CONFIG_MAP.format("it"))
    assert not let_through(done), done.stdout

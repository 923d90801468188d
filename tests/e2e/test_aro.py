"""docs/forbidden.md beside ARO's own rules: each row of the page's table, as the resource provider refuses or not, and as Lockbox does."""
import re

import pytest

from support.stack import REPOSITORY
from test_actions import item

# Azure/ARO-RP at 668755c, pkg/frontend/validate.go: what its administrators' interface to a cluster's objects lets through.
ARO_NAME = re.compile(r"(?i)[-a-z0-9.]{1,255}")
ARO_NAMESPACES = {"", "openshift", "openshift-dns", "openshift-ingress"}  # of 62
ARO_CLUSTER_SCOPED = {"apiserver.openshift.io", "aro.openshift.io", "authorization.openshift.io", "certificates.k8s.io", "config.openshift.io",
                      "console.openshift.io", "imageregistry.operator.openshift.io", "machine.openshift.io", "machineconfiguration.openshift.io",
                      "operator.openshift.io", "rbac.authorization.k8s.io", "metrics.k8s.io"}


def aro_refuses(wish: dict, is_unrestricted: bool = False) -> bool:
    """is_unrestricted: a reading that asks for it is of any namespace."""
    action, namespace, name = wish["action"], wish.get("namespace", ""), wish.get("name", "")
    if action in ("get_pod_logs", "exec_into_pod"):
        return namespace == "" or namespace not in ARO_NAMESPACES or not (ARO_NAME.fullmatch(name) and wish.get("container"))
    kind, _, group = wish["kind"].partition(".")
    is_reading = action == "list_or_get_objects"
    if not (is_reading and is_unrestricted) and (namespace not in ARO_NAMESPACES or namespace == "" and not (
            group in ARO_CLUSTER_SCOPED or (kind, group) == ("Node", ""))):
        return True
    if kind == "Secret" or group == "oauth.openshift.io":
        return True
    if not is_reading and group in ("rbac.authorization.k8s.io", "authorization.openshift.io"):
        return True
    return not ARO_NAME.fullmatch(name) and not (is_reading and name == "")


def logs(namespace: str, action: str = "get_pod_logs", **more) -> dict:
    return {"action": action, "namespace": namespace, **more}


NS, ONE = "openshift-ingress", {"name": "router-1", "container": "router"}
FORBIDDEN, NOT_PERMITTED = "action_forbidden", "action_not_permitted"

# By the table's rows: what is asked for, whether ARO refuses it, and why Lockbox does.
ROWS = {
    "secrets": [
        (item("list_or_get_objects", NS, "Secret"), True, FORBIDDEN),
        (item("list_or_get_objects", NS, "Secret.example.com"), True, None)],
    "OAuth": [
        (item("list_or_get_objects", None, "OAuthClient.oauth.openshift.io"), True, FORBIDDEN),
        (item("delete_object", None, "OAuthClient.oauth.openshift.io", "console"), True, FORBIDDEN)],
    "writing RBAC": [
        (item("create_object", None, "ClusterRole.rbac.authorization.k8s.io", "viewer"), True, FORBIDDEN),
        (item("update_object", NS, "Role.rbac.authorization.k8s.io", "viewer"), True, FORBIDDEN),
        (item("delete_object", NS, "RoleBinding.authorization.openshift.io", "viewers"), True, FORBIDDEN),
        (item("list_or_get_objects", None, "ClusterRole.rbac.authorization.k8s.io"), False, None)],
    "what could undo the rest": [
        (item("update_object", None, "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "lockbox"), True, FORBIDDEN),
        (item("update_object", None, "APIService.apiregistration.k8s.io", "v1.apps"), True, FORBIDDEN),
        (item("update_object", None, "User.user.openshift.io", "ann"), True, FORBIDDEN),
        (item("update_object", None, "SecurityContextConstraints.security.openshift.io", "restricted"), True, FORBIDDEN),
        (item("update_object", None, "CertificateSigningRequest.certificates.k8s.io", "csr-1"), False, FORBIDDEN)],
    "namespaces, for objects": [
        (item("delete_object", NS, "Pod", "router-1"), False, None),
        (item("delete_object", "shop", "Pod", "cart-0"), True, None)],
    "namespaces, for logs": [
        (logs(NS, **ONE), False, None),
        (logs("openshift-of-another-release", **ONE), True, None),
        (logs("shop", **ONE), True, NOT_PERMITTED)],
    "cluster-scoped objects": [
        (item("list_or_get_objects", None, "Node"), False, None),
        (item("list_or_get_objects", None, "ClusterVersion.config.openshift.io"), False, None),
        (item("delete_object", None, "PersistentVolume", "pv-1"), True, None)],
    "names": [
        (item("update_object", NS, "ConfigMap", "settings"), False, None),
        (item("update_object", NS, "ConfigMap", "system:settings"), True, None),
        (item("update_object", NS, "ConfigMap", "../settings"), True, NOT_PERMITTED),
        (item("update_object", NS, "ConfigMap", "x" * 254), False, NOT_PERMITTED)],
    "create without a name": [
        (item("create_object", NS, "ConfigMap"), True, None)],
    "logs": [
        (logs(NS, **ONE), False, None),
        (logs(NS, name="router-1"), True, None),
        (logs(NS), True, None)],
    "commands in a pod": [
        (logs(NS, "exec_into_pod", **ONE), False, NOT_PERMITTED)],
}


def test_each_row_of_the_page_is_tried():
    page = (REPOSITORY / "docs/forbidden.md").read_text().partition("## Beside ARO's own list")[2]
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    assert rows[1:] == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_it_is_as_the_page_says(tenant, row):
    for wish, is_refused_by_aro, reason in ROWS[row]:
        assert aro_refuses(wish) == is_refused_by_aro, wish
        first = tenant.request(actions=[wish]).first
        assert (first.kind, first.request.get("reason")) == ("request.refused" if reason else "request.created", reason), wish
        assert reason != FORBIDDEN or first.request["detail"].startswith("operator: "), wish


def test_reading_without_restriction_opens_no_secrets_there():
    everywhere = [wish for rows in ROWS.values() for wish, _, _ in rows if wish["action"] == "list_or_get_objects"]
    assert [wish["kind"] for wish in everywhere if aro_refuses(wish, is_unrestricted=True)] == [
        "Secret", "Secret.example.com", "OAuthClient.oauth.openshift.io"]

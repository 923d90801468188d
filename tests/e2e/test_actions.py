"""Each of the five actions: what a grant of it covers, and what it does not, by contract's table."""
import psycopg
import pytest

from support.scenario import LOGS, Tenant
from support.waiting import wait_until

NS = "openshift-ingress"


def item(action: str, namespace: str | None = None, kind: str | None = None, name: str | None = None) -> dict:
    parts = {"action": action, "namespace": namespace, "kind": kind, "name": name}
    return {part: value for part, value in parts.items() if value is not None}


# What is granted; what that allows; what it does not.
GRANTS = {
    "create, named": (
        item("create_object", "app", "ConfigMap", "settings"),
        [item("create_object", "app", "ConfigMap", "settings"), item("list_or_get_objects", "app", "ConfigMap", "settings")],
        [item("list_or_get_objects", "app", "ConfigMap", "other"), item("list_or_get_objects", "app", "ConfigMap"),
         item("create_object", "app", "ConfigMap", "other"), item("create_object", "app", "Service", "settings"),
         item("create_object", "app", "ConfigMap"), item("create_object", None, "ConfigMap", "settings"),
         item("create_object", "APP", "ConfigMap", "settings"), item("update_object", "app", "ConfigMap", "settings")]),
    "create, any name": (
        item("create_object", "app", "ConfigMap"),
        [item("create_object", "app", "ConfigMap", "settings"), item("create_object", "app", "ConfigMap")],
        [item("create_object", "other", "ConfigMap", "settings"), item("list_or_get_objects", "app", "ConfigMap", "settings"),
         item("create_object", None, "ConfigMap")]),
    "create, cluster-scoped": (
        item("create_object", None, "Namespace"),
        [item("create_object", None, "Namespace", "viewer")],
        [item("create_object", "app", "Namespace", "viewer"), item("create_object", "", "Namespace", "viewer")]),
    "update": (
        item("update_object", "app", "Deployment.apps", "web"),
        [item("update_object", "app", "Deployment.apps", "web"), item("list_or_get_objects", "app", "Deployment.apps", "web")],
        [item("update_object", "app", "Deployment.apps", "db"), item("update_object", "app", "Deployment.apps"),
         item("update_object", "other", "Deployment.apps", "web"), item("update_object", "app", "StatefulSet.apps", "web"),
         item("delete_object", "app", "Deployment.apps", "web"), item("create_object", "app", "Deployment.apps", "web")]),
    "update, of an object that is called a star": (
        item("update_object", "app", "Deployment.apps", "*"),
        [item("update_object", "app", "Deployment.apps", "*"), item("list_or_get_objects", "app", "Deployment.apps", "*")],
        [item("update_object", "app", "Deployment.apps", "web"), item("update_object", "app", "Deployment.apps"),
         item("list_or_get_objects", "app", "Deployment.apps", "web"), item("list_or_get_objects", "app", "Deployment.apps")]),
    "delete, cluster-scoped": (
        item("delete_object", None, "PersistentVolume", "pv-7"),
        [item("delete_object", None, "PersistentVolume", "pv-7"), item("list_or_get_objects", None, "PersistentVolume", "pv-7")],
        [item("delete_object", "app", "PersistentVolume", "pv-7"), item("delete_object", None, "PersistentVolume", "pv-8"),
         item("delete_object", None, "PersistentVolume")]),
    "list, every namespace": (
        item("list_or_get_objects", None, "Pod"),
        [item("list_or_get_objects", None, "Pod"), item("list_or_get_objects", "app", "Pod"),
         item("list_or_get_objects", "app", "Pod", "web-1")],
        [item("list_or_get_objects", None, "Service"), item("delete_object", "app", "Pod", "web-1")]),
    "get, one object": (
        item("list_or_get_objects", "app", "Service", "token"),
        [item("list_or_get_objects", "app", "Service", "token")],
        [item("list_or_get_objects", "app", "Service"), item("list_or_get_objects", "app", "Service", "other"),
         item("list_or_get_objects", None, "Service", "token")]),
    "logs, every pod": (
        item("get_pod_logs", NS),
        [item("get_pod_logs", NS), item("get_pod_logs", NS, None, "router-1"), item("list_or_get_objects", NS, "Pod", "router-1")],
        [item("get_pod_logs", "openshift-dns"), item("get_pod_logs", NS, "Pod", "router-1"), item("get_pod_logs"),
         item("list_or_get_objects", NS, "Pod"), item("list_or_get_objects", NS, "ConfigMap", "router-1"),
         item("list_or_get_objects", "openshift-dns", "Pod", "router-1")]),
    "logs, one pod": (
        item("get_pod_logs", "openshift", None, "registry-1"),
        [item("get_pod_logs", "openshift", None, "registry-1"), item("list_or_get_objects", "openshift", "Pod", "registry-1")],
        [item("get_pod_logs", "openshift"), item("get_pod_logs", "openshift", None, "registry-2"),
         item("list_or_get_objects", "openshift", "Pod", "registry-2"), item("list_or_get_objects", "openshift", "Pod"),
         item("get_pod_logs", NS, None, "registry-1")]),
}

NOT_PERMITTED = {
    "an action outside the five": item("exec_into_pod", NS, None, "router-1"),
    "no action's name": item("", NS),
    "create without a kind": item("create_object", "app"),
    "update without a name": item("update_object", "app", "Deployment.apps"),
    "delete without a kind": item("delete_object", "app", None, "web"),
    "list without a kind": item("list_or_get_objects", "app"),
    "logs without a namespace": item("get_pod_logs"),
    "logs of a namespace that is not OpenShift's": item("get_pod_logs", "customer-app"),
    "logs of a namespace that only begins so": item("get_pod_logs", "openshifty"),
    "logs of a namespace that ends too early": item("get_pod_logs", "openshift-"),
    "logs with a kind": item("get_pod_logs", NS, "Pod"),
    "an empty name": item("update_object", "app", "Deployment.apps", ""),
    "a subresource": item("list_or_get_objects", "app", "pods/exec"),
    "a kind with a version": item("list_or_get_objects", "app", "Deployment.v1.apps"),
    "a namespace that leads elsewhere": item("list_or_get_objects", "openshift-x/../../secrets", "Pod"),
    "a name that leads elsewhere": item("list_or_get_objects", "app", "Pod", "../../secrets"),
    "a name of everything": item("list_or_get_objects", "app", "*"),
    "a uid that nobody compares": {**item("update_object", "app", "ConfigMap", "web"), "uid": "0d9f"},
    "a container of an object": {**item("list_or_get_objects", "app", "Pod"), "container": "web"},
}

# Which member is told to be at fault.
AT_FAULT = {"an action outside the five": "action", "create without a kind": "kind", "update without a name": "name",
            "logs of a namespace that is not OpenShift's": "namespace", "logs with a kind": "kind",
            "a uid that nobody compares": "uid", "a container of an object": "container"}


@pytest.mark.parametrize("granted, allowed, denied", GRANTS.values(), ids=GRANTS)
def test_a_grant_covers_what_its_item_says(tenant, granted, allowed, denied):
    request = tenant.request(actions=[granted])
    assert not any(request.check(question).allowed for question in allowed)
    request.approve()
    assert [question for question in allowed if not request.check(question).allowed] == []
    assert [question for question in denied if request.check(question).allowed] == []


@pytest.mark.parametrize("what", NOT_PERMITTED)
def test_what_is_not_permitted_is_refused_by_number_and_member(tenant, what):
    refused = tenant.request(actions=[LOGS, NOT_PERMITTED[what], LOGS]).first
    assert refused.kind == "request.refused"
    assert (refused.request["reason"], refused.request["item"], refused.request["reason_item"]) == ("action_not_permitted", 2, 2)
    member, _, why = refused.request["detail"].partition(": ")
    assert why and member == AT_FAULT.get(what, member)


# Which kinds the detail names.
NEED_A_GROUP = {"Deployment": ["Deployment.apps"], "Node": None, "Unheard": None, "Event": None,
                "Ingress": ["Ingress.config.openshift.io", "Ingress.networking.k8s.io", "Ingress.operator.openshift.io"],
                "DNS": ["DNS.config.openshift.io", "DNS.operator.openshift.io"]}


@pytest.mark.parametrize("kind", NEED_A_GROUP)
def test_a_kind_of_other_groups_needs_its_group(tenant, kind):
    first = tenant.request(actions=[LOGS, item("list_or_get_objects", "openshift-ingress", kind)]).first
    if NEED_A_GROUP[kind] is None:
        assert first.kind == "request.created"
        return
    assert (first.request["reason"], first.request["reason_item"]) == ("kind_needs_group", 2)
    assert all(candidate in first.request["detail"] for candidate in NEED_A_GROUP[kind])


FORBIDDEN = [
    item("list_or_get_objects", "openshift-ingress", "Secret"), item("list_or_get_objects", None, "Secret"),
    item("list_or_get_objects", None, "OAuthClient.oauth.openshift.io"),
    item("create_object", None, "ClusterRole.rbac.authorization.k8s.io"),
    item("delete_object", "openshift-dns", "RoleBinding.authorization.openshift.io", "viewers"),
    item("update_object", None, "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "lockbox"),
    item("update_object", None, "APIService.apiregistration.k8s.io", "v1.apps"),
    item("update_object", None, "CertificateSigningRequest.certificates.k8s.io", "csr-1"),
    item("create_object", None, "User.user.openshift.io"),
    item("update_object", None, "SecurityContextConstraints.security.openshift.io", "privileged"),
]


@pytest.mark.parametrize("wish", FORBIDDEN, ids=lambda wish: f"{wish['action']} {wish['kind']}")
def test_what_consent_cannot_open(tenant, wish):
    refused = tenant.request(actions=[LOGS, wish]).first
    assert refused.kind == "request.refused"
    assert (refused.request["reason"], refused.request["reason_item"]) == ("action_forbidden", 2)
    assert refused.request["detail"].startswith("operator: ")


def test_rbac_may_be_read(tenant):
    assert tenant.request(actions=[item("list_or_get_objects", None, "ClusterRole.rbac.authorization.k8s.io")]).first.kind == \
        "request.created"


def test_the_customer_forbids_more(system):
    tenant = Tenant(system)
    set_ = tenant.change("policy_set", by=tenant.admin.principal, forbid=[
        {"action": "delete_object"}, {"namespace": "openshift-config"}, {"kind": "*.machine.openshift.io"}])
    assert set_.kind == "tenant.changed" and len(set_.data["forbid"]) == 3
    for wish in (item("delete_object", "openshift-dns", "Pod", "dns-1"), item("list_or_get_objects", None, "ConfigMap"),
                 item("get_pod_logs", "openshift-config"), item("list_or_get_objects", "openshift-machine-api",
                                                                "Machine.machine.openshift.io")):
        refused = tenant.request(actions=[wish]).first
        assert (refused.kind, refused.request.get("reason")) == ("request.refused", "action_forbidden"), wish
        assert refused.request["detail"].startswith("policy: ")
    assert tenant.request().first.kind == "request.created"
    bad = tenant.change("policy_set", by=tenant.admin.principal, forbid=[{"kind": "secrets"}])
    assert (bad.kind, bad.data["reason"]) == ("tenant.change_refused", "action_not_permitted")


def test_a_grant_is_the_engineers_and_the_clusters_alone(tenant):
    request = tenant.request()
    request.approve()
    assert request.check(resource_id=tenant.resource.upper()).allowed  # ARM ids are compared without case
    assert not request.check(resource_id=tenant.resource + "-2").allowed
    assert not request.check(engineer_id=request.wish["engineer_id"].upper()).allowed
    assert not request.check(engineer_id=tenant.owner.id).allowed


def test_the_enforcer_may_ask_and_see_nothing_else(system):
    from psycopg.errors import InsufficientPrivilege
    tables = system.lockbox.rows("SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n"
                               " ON n.oid = c.relnamespace WHERE n.nspname = 'lockbox' AND c.relkind IN ('r', 'v')")
    assert len(tables) > 5
    for table in tables:
        try:
            system.enforcer.rows(f"SELECT FROM {table.name} LIMIT 1")
        except InsufficientPrivilege:
            continue
        raise AssertionError(f"lockbox_enforcer may read {table.name}")


def test_the_enforcer_may_call_two_functions(system):
    mine = system.lockbox.rows("SELECT proname::text FROM pg_proc WHERE pronamespace = 'lockbox'::regnamespace"
                               " AND has_function_privilege('lockbox_enforcer', oid, 'EXECUTE') ORDER BY proname")
    assert [row.proname for row in mine] == ["access_check", "access_evidence"]


def test_the_enforcer_sees_the_evidence_of_live_access(system, tenant):
    def evidence():
        return system.enforcer.row("SELECT lockbox.access_evidence(%s) AS it", request.id).it

    request = tenant.request()
    assert evidence() is None
    request.approve()
    it = evidence()
    assert (it["consent"]["digest"], it["consent"]["ticket_id"]) == (request.first.request["digest"], request.ticket.id)
    assert [(vote["by"], vote["decision"]) for vote in it["decisions"]] == [(tenant.owner.id, "approve")]
    assert request.decide("revoke") == "applied"
    request.await_access_end()
    assert evidence() is None


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_an_old_snapshot_allows_nothing(system, tenant, level):
    """A transaction of the enforcement point's that began before the revocation."""
    request = tenant.request()
    request.approve()
    asked = (request.wish["engineer_id"], request.wish["resource_id"], LOGS["action"], LOGS["namespace"])
    check = "SELECT allowed, reason FROM lockbox.access_check(%s, %s, %s, %s, NULL, NULL)"
    evidence = "SELECT lockbox.access_evidence(%s) IS NOT NULL"
    with psycopg.connect(system.stack.env["LOCKBOX_ENFORCER_URL"]) as enforcer:
        enforcer.isolation_level = level
        assert enforcer.execute(check, asked).fetchone() == (True, "approved")
        assert request.decide("revoke") == "applied"
        wait_until(lambda: enforcer.execute("SELECT clock_timestamp() > now() + interval '200 ms'").fetchone()[0], "the transaction is old")
        assert enforcer.execute(check, asked).fetchone() == (False, "set_back")
        assert enforcer.execute(evidence, (request.id,)).fetchone() == (False,)
        enforcer.rollback()
        assert enforcer.execute(check, asked).fetchone() == (False, "no_grant")


def test_overlapping_grants_never_end_each_other(tenant):
    """One engineer, one item, three grants: what ends one leaves the others, and the answer names one that is left."""
    ticket = tenant.ticket()
    brief, revoked, lasting = (ticket.request(duration=duration) for duration in ("PT2S", "PT1H", "PT2H"))
    for request in (brief, revoked, lasting):
        request.approve()
    ends = lasting.event("approved").request["expires_at"]
    brief.event("completed")
    assert lasting.check().allowed
    assert revoked.decide("revoke") == "applied"
    answer = lasting.check()
    assert (answer.allowed, str(answer.request_id)) == (True, lasting.id)
    assert lasting.event("approved").request["expires_at"] == ends and lasting.kinds == ["created", "approved"]
    assert lasting.decide("revoke") == "applied"
    assert not lasting.check().allowed

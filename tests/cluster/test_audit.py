"""What the cluster tells of its engineers: each request of theirs is one row of audit.access, begun and ended."""
import json
import signal

import pytest

from support.cluster import GROUP, NAMESPACE, PREFIX
from support.waiting import wait_until
from test_road import CONFIG_MAP, GET_PODS, PODS


def accesses(system, engineer) -> list:
    return system.audit.rows("SELECT * FROM audit.access WHERE engineer_id = %s ORDER BY performed_at", engineer.person.id)


def ended(system, engineer, condition, what: str):
    """The first ended access that fits."""
    def look():
        return [row for row in accesses(system, engineer) if row.outcome != "begun" and condition(row)]
    return wait_until(look, what, 60)[0]


def violations(system, engineer) -> set[str]:
    rows = system.audit.rows("SELECT why FROM audit.violation WHERE engineer_id = %s", engineer.person.id)
    return {row.why for row in rows}


def test_what_was_done_names_its_request(system, cluster, customer):
    engineer = cluster.engineer()
    request = engineer.granted(customer, PODS)
    engineer.kubectl.must(*GET_PODS)
    row = ended(system, engineer, lambda it: it.action == "list_or_get_objects" and it.covered_by,
                "the list is recorded, and its grant")
    assert (row.outcome, row.namespace, row.kind, row.name) == ("allowed", NAMESPACE, "Pod", None)
    assert (row.verb, row.code, row.reported_by, row.dry_run) == ("list", 200, "cluster", False)
    assert row.user_agent.startswith("kubectl/") and row.event_id == row.audit_id
    assert row.request_id == request.id and row.covered_by == request.id
    assert violations(system, engineer) == set()  # nor is discovery one


def test_what_was_refused_is_no_violation(system, cluster, customer):
    engineer = cluster.engineer()
    engineer.kubectl(*GET_PODS)
    row = ended(system, engineer, lambda it: it.action == "list_or_get_objects", "the refusal is recorded")
    assert (row.outcome, row.code, row.request_id) == ("blocked", 403, None)
    assert violations(system, engineer) == set()


def test_what_is_none_of_the_five_is_named(system, cluster, customer):
    engineer = cluster.engineer()
    engineer.kubectl("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/exec?command=sh", "-f", "-", text="{}")
    row = ended(system, engineer, lambda it: it.resource == "pods/exec", "exec is recorded")
    assert (row.outcome, row.action, row.namespace, row.name) == ("blocked", None, NAMESPACE, "router-1")


def test_a_creation_has_its_name(system, cluster, customer):
    engineer = cluster.engineer()
    request = engineer.granted(customer, {"action": "create_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "told"})
    engineer.kubectl.must("create", "-f", "-", "--dry-run=server", text=CONFIG_MAP.format("told"))
    row = ended(system, engineer, lambda it: it.action == "create_object", "the creation is recorded")
    assert (row.name, row.dry_run, row.covered_by) == ("told", True, request.id)


def test_a_deletion_that_says_it_is_a_dry_run_is_one_all_the_same(system, cluster, customer):
    """Its body counts, and what its URI says does not."""
    engineer = cluster.engineer()
    request = engineer.granted(customer, {"action": "delete_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "kept"})
    cluster.admin.must("create", "-f", "-", text=CONFIG_MAP.format("kept"))
    engineer.kubectl.must("delete", "--raw", f"/api/v1/namespaces/{NAMESPACE}/configmaps/kept?dryRun=All", "-f", "-",
                          text='{"apiVersion": "v1", "kind": "DeleteOptions"}')
    assert cluster.admin("get", "configmap", "kept", "-n", NAMESPACE).returncode != 0
    row = ended(system, engineer, lambda it: it.action == "delete_object", "the deletion is recorded")
    assert (row.name, row.dry_run, row.covered_by) == ("kept", False, request.id)


def test_a_name_that_is_too_long_is_told(system, cluster, customer):
    engineer = cluster.engineer()
    engineer.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{'n' * 300}")
    row = ended(system, engineer, lambda it: it.kind == "Pod", "the request is recorded")
    assert (row.outcome, row.name) == ("blocked", "n" * 255)


def test_an_apply_that_makes_nothing_is_no_violation(system, cluster, customer):
    engineer = cluster.engineer()
    request = engineer.granted(customer, {"action": "create_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "odd"})
    done = engineer.kubectl("apply", "--server-side", "--validate=false", "-f", "-", text=CONFIG_MAP.format("odd") + "immutable: 5\n")
    assert done.returncode != 0 and "orbidden" not in done.stderr, done.stderr
    row = ended(system, engineer, lambda it: it.verb == "patch", "the apply is recorded")
    assert (row.action, row.outcome, row.covered_by) == ("create_object", "allowed", request.id)
    assert violations(system, engineer) == set()


def test_a_container_is_told(system, cluster, customer):
    engineer = cluster.engineer()
    engineer.granted(customer, {"action": "get_pod_logs", "namespace": NAMESPACE})
    engineer.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/router-1/log?container=router")
    row = ended(system, engineer, lambda it: it.action == "get_pod_logs", "the logs are recorded")
    assert (row.container, row.name, row.kind) == ("router", "router-1", None)


@pytest.mark.parametrize("more, why", [((), "masters"), (("--as", "somebody", "--as-group", "system:masters"), "impersonation")])
def test_who_passes_every_authorizer_is_a_violation(system, cluster, customer, more, why):
    engineer = cluster.engineer()
    master = cluster.identity(f"{PREFIX}{engineer.person.id}", GROUP, "system:masters")
    master.must(*GET_PODS, *more)
    wait_until(lambda: why in violations(system, engineer), f"the violation {why}", 60)


def own_log(system, condition=lambda event: True) -> dict[str, str]:
    """The API server's own: auditID → engineer, of the engineers' ended requests."""
    lines = (system.stack.directory / "cluster" / "audit.log").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return {it["auditID"]: it["user"]["username"].removeprefix(PREFIX)
            for it in events if it["stage"] == "ResponseComplete" and condition(it)}


def test_every_request_of_the_servers_own_log_has_its_row(system, cluster, customer):
    cluster.engineer().kubectl(*GET_PODS)

    def missing():
        rows = system.audit.rows("SELECT audit_id, engineer_id FROM audit.access WHERE outcome <> 'begun'")
        return own_log(system).items() - {(row.audit_id, row.engineer_id) for row in rows}

    wait_until(lambda: not missing(), "every request is recorded", 60)
    twice = system.audit.rows("SELECT audit_id FROM audit.access WHERE audit_id IS NOT NULL GROUP BY audit_id HAVING count(*) > 1")
    assert twice == []


def test_nothing_is_done_that_cannot_be_recorded(system, cluster, customer):
    """Kafka stands still: the API server is told 503 within a second or so, five times, and refuses the request."""
    engineer = cluster.engineer()
    engineer.granted(customer, {"action": "create_object", "namespace": NAMESPACE, "kind": "ConfigMap", "name": "unseen"})
    system.stack.signal("kafka", signal.SIGSTOP)
    try:
        done = engineer.kubectl("create", "--validate=false", "-f", "-", text=CONFIG_MAP.format("unseen"), seconds=300)
    finally:
        system.stack.signal("kafka", signal.SIGCONT)
    assert done.returncode != 0
    assert cluster.admin("get", "configmap", "unseen", "-n", NAMESPACE).returncode != 0
    engineer.kubectl.must("create", "-f", "-", text=CONFIG_MAP.format("unseen"))
    cluster.admin.must("delete", "configmap", "unseen", "-n", NAMESPACE)

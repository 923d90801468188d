"""audit review: how a tenant consented in a month, counted from what became of requests made here."""
import json
from datetime import datetime, timezone

import pytest
from support.browser import Browser
from support.scenario import LOGS, Tenant
from support.sql import as_role
from support.waiting import wait_until

READ = {"action": "list_or_get_objects", "namespace": "openshift-ingress", "kind": "Pod"}
MONTH = f"{datetime.now(timezone.utc):%Y-%m}"


@pytest.fixture(scope="module")
def tenant(system, store):
    """Two requests at once approved, of which one is used by one of its two items; one denied; one that waits."""
    tenant = Tenant(system)
    used, unused, denied, waits = (tenant.request(actions=[LOGS, READ]) for _ in range(4))
    for request in (used, unused):
        request.approve()
    denied.decide("deny", by=tenant.approver)
    denied.event("denied")
    system.publish("access.performed", {"engineer_id": used.ticket.engineer.id, "resource_id": used.first.request["resource_id"],
                                        **LOGS, "performed_at": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
                                        "outcome": "allowed", "request_id": used.id})
    counted = "SELECT count(*) FROM audit.consent WHERE tenant_id = %s AND decision IS NOT NULL"
    wait_until(lambda: store.execute(counted, [tenant.id]).fetchone()[0] == 3, "three decisions are recorded")
    wait_until(lambda: store.execute("SELECT count(*) FROM audit.item_use WHERE request_id = %s AND uses = 1", [used.id])
               .fetchone()[0] == 1, "the access is recorded")
    return tenant


@pytest.fixture
def review(ctl, stack, tenant):
    """As an auditor asks."""
    url = as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor")
    return lambda *options: ctl("audit", "review", "--tenant", tenant.id, *options, LOCKBOX_AUDIT_DATABASE_URL=url)


@pytest.fixture
def hasty(store, tenant) -> int:
    """How many of the two were approved within ten seconds: on a busy machine perhaps none."""
    return store.execute("SELECT count(*) FROM audit.decision d JOIN audit.request r USING (request_id) WHERE r.tenant_id = %s"
                         " AND d.decision = 'approve' AND d.at < r.created_at + interval '10 seconds'", [tenant.id]).fetchone()[0]


def test_it_counts(review, tenant, hasty):
    rows = json.loads(review("--month", MONTH, "-o", "json").stdout)
    whole, *people = rows
    assert whole.items() >= {"part": "all", "requests": 4, "approved": 2, "denied": 1, "hasty": hasty, "lapsed": 0, "grants": 2,
                             "grants_unused": 1, "items": 4, "items_unused": 3, "approvers": 1}.items()
    assert whole["median_seconds"] >= 0
    by = {(row["part"], row["person"]): row for row in people}
    assert by["approver", tenant.owner.id]["approved"] == 2 and by["approver", tenant.approver.id]["denied"] == 1
    assert sum(row["requests"] for row in people if row["part"] == "engineer") == 4


def test_it_tells(review, tenant, hasty):
    told = review("--month", MONTH)
    assert told.returncode == 0, told.stderr
    for line in (f"Tenant              {tenant.id}", f"approved          2, within ten seconds: {hasty}",
                 "Grants              2, never used: 1", "Items granted       4, never used: 3"):
        assert line in told.stdout, told.stdout


def test_it_tells_the_same_as_a_page(review, tenant, hasty):
    told = review("--month", MONTH, "--html")
    assert told.returncode == 0, told.stderr
    for part in (f"How {tenant.id} consented in {MONTH}", f"<dd>2; within ten seconds: {hasty}</dd>", "<dd>2; never used: 1</dd>",
                 "<dd>4; never used: 3</dd>", "Each yes is by the same person.", f"approver {tenant.approver.id}</strong>"):
        assert part in told.stdout, told.stdout
    with Browser() as browser:
        for width in (360, 1200):
            shown = browser.open(told.stdout, width)
            assert shown.run("document.documentElement.scrollWidth") <= width and shown.requests == []


def test_another_month_has_nothing(review):
    told = review("--month", "2020-02")
    assert told.returncode == 0 and "Requests            0" in told.stdout and "nobody decided" in told.stdout


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "november", "2026-1x"])
def test_a_month_that_is_none(review, month):
    done = review("--month", month)
    assert (done.returncode, done.stdout) == (2, "") and "--month takes a month" in done.stderr

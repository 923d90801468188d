"""What alerts and the dashboard ask for, running workers show."""
import json
import re
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from support.metrics import listed, listed_checks, shown
from support.scenario import Tenant
from support.stack import WORKERS, free_port
from support.waiting import wait_until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = re.compile(r"\blockbox_\w+")
SAMPLE = re.compile(r'^(lockbox_\w+)\{(.*)\} (\S+)$')


def page_at(address: str) -> str:
    """Empty where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def page(stack, worker: str) -> str:
    return page_at(stack.env[f"LOCKBOX_HTTP_{worker.upper()}"])


def samples(text: str) -> dict[str, list[tuple[dict, float]]]:
    found = defaultdict(list)
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            found[name].append((dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)))
    return found


@pytest.fixture(scope="module")
def pages(system, stack):
    """After each kind of outcome has come about at least once."""
    tenant = Tenant(system)
    tenant.request().approve()
    tenant.request(justification=" ")
    wait_until(lambda: "lockbox_outbox_age_seconds" in page(stack, "relay") and "lockbox_mails{" in page(stack, "notifier") and
               "lockbox_oldest_due_seconds" in page(stack, "expirer"), "the gauges have been asked for")
    return {worker: page(stack, worker) for worker in WORKERS}


def asked_for() -> dict[str, str]:
    """Metric → who asks."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    board = json.loads((DEPLOY / "grafana/lockbox.json").read_text())
    found = {name: rule["alert"] for rule in rules for name in NAME.findall(rule["expr"])}
    return found | {name: panel["title"] for panel in board["panels"] for target in panel["targets"]
                    for name in NAME.findall(target["expr"])}


def test_every_metric_that_is_asked_for_is_there(pages):
    there = {name for text in pages.values() for name in samples(text)} | set(listed_checks())
    assert {name: who for name, who in asked_for().items() if name not in there} == {}


def test_labels_that_are_asked_for_are_there(pages):
    text = (DEPLOY / "grafana/lockbox.json").read_text() + (DEPLOY / "prometheus/alerts.yml").read_text()
    asked = {label.strip() for group in re.findall(r"by \(([^)]+)\)", text) for label in group.split(",")}
    there = {label for text in pages.values() for all_of in samples(text).values() for labels, _ in all_of for label in labels}
    assert asked - there - {"check"} == set()


def test_every_alert_has_a_runbook():
    """Under its own name, which its runbook_url leads to."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    page = (DEPLOY.parent / "docs/runbooks.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert [name for name, text in sections.items()
            if not all(f"*{part}.*" in text for part in ("Means", "First", "Shows", "Do"))] == []
    assert list(sections) == [rule["alert"] for rule in rules]
    assert [rule["alert"] for rule in rules
            if rule["annotations"].get("runbook_url") != f"docs/runbooks.md#{rule['alert'].lower()}"] == []


def test_the_docs_list_every_metric(pages):
    """By its type, its labels and what the worker itself says of it."""
    assert listed()[0] == {name: family for page in pages.values() for name, family in shown(page).items()}


def families(text: str) -> list[tuple[str, str]]:
    """Each family's name with its type; HELP stands before TYPE, and there is no sample without both."""
    found = re.findall(r"^# HELP (\w+) .+\n# TYPE \1 (\w+)$", text, re.MULTILINE)
    assert text.count("# TYPE ") == text.count("# HELP ") == len(found)
    return found


@pytest.mark.parametrize("worker", WORKERS)
def test_every_family_is_there_from_the_start(stack, pages, worker):
    """Before there is a database, or an outcome to count."""
    port = free_port()
    child = stack.spawn(worker, "start", LOCKBOX_INSTANCE="", LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                        LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", LOCKBOX_DATABASE_URL="postgresql://nobody@127.0.0.1:1/lockbox",
                        LOCKBOX_AUDIT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/audit")
    try:
        text = wait_until(lambda: page_at(f"127.0.0.1:{port}"), "it shows its metrics")
        assert families(text) == families(pages[worker])
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("worker", WORKERS)
def test_the_page_is_in_prometheus_form(pages, worker):
    """Each metric's lines stand together under one TYPE, histograms rise to their count."""
    typed, last = {}, None
    for line in pages[worker].splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in typed
            typed[name], last = kind, name
        elif not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            base = re.sub(r"_(bucket|sum|count)$", "", name) if typed.get(last) == "histogram" else name
            assert base == last and f'worker="{worker}"' in labels
            assert float(value) >= 0
    found = samples(pages[worker])
    for name in (name for name, kind in typed.items() if kind == "histogram"):
        counts = [value for _, value in found[f"{name}_bucket"]]
        assert counts == sorted(counts) and counts[-1] == found[f"{name}_count"][0][1]


def test_outcomes_are_counted_by_what_they_were(pages):
    def value(worker: str, name: str, label: str, of: str) -> float:
        return sum(it for labels, it in samples(pages[worker])[name] if labels[label] == of)
    assert value("decider", "lockbox_verdicts_total", "verdict", "applied") >= 1
    assert value("requester", "lockbox_refusals_total", "reason", "justification_missing") >= 1
    assert value("requester", "lockbox_events_total", "type", "lockbox.request.created.v1") >= 1
    assert value("decider", "lockbox_events_total", "type", "lockbox.request.approved.v1") >= 1
    assert {labels["state"] for labels, _ in samples(pages["notifier"])["lockbox_mails"]} == {"queued", "deferred", "sending"}


def test_lag_is_there_while_records_wait_and_goes(system, stack):
    """Records wait while the worker may not commit, and fetches nothing."""
    tenant = Tenant(system)
    def lag() -> float:
        return stack.metrics("requester")["lockbox_lag_records"]
    wait_until(lambda: lag() == 0, "nothing waits")
    quarantined = stack.metrics("requester")["lockbox_quarantined_total"]
    may = system.lockbox.value("SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.column_privileges WHERE grantee ="
                               " 'lockbox_requester' AND table_name = 'consumer_offset' AND privilege_type = 'UPDATE'")
    system.lockbox.rows("REVOKE UPDATE ON lockbox.consumer_offset FROM lockbox_requester")
    try:
        for seen in (0, 20):
            for _ in range(20):
                system.publish("tenant.subscription_added", {"tenant_id": tenant.id, "subscription_id": tenant.subscription})
            wait_until(lambda: lag() > seen, "records wait, and more when more come", 60)
        assert stack.metrics("requester")["lockbox_quarantined_total"] == quarantined
    finally:
        system.lockbox.rows(f"GRANT UPDATE ({may}) ON lockbox.consumer_offset TO lockbox_requester")
    wait_until(lambda: lag() == 0, "they are read", 60)

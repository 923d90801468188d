"""ticket, tenant and access report: every event in by its fields, and a whole lifecycle with nothing but lockboxctl."""
import base64
import json
import re
import secrets
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from support.scenario import Tenant
from support.signing import proof
from support.waiting import wait_until

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "schemas"))
import contract  # noqa: E402

EXAMPLES = TESTS.parent / "schemas/examples"
COMMANDS = {
    "ticket.opened": "ticket open", "ticket.assigned": "ticket assign", "ticket.escalated": "ticket escalate",
    "ticket.closed": "ticket close", "ticket.reopened": "ticket reopen", "access.requested": "ticket request",
    "access.withdrawn": "ticket withdraw", "access.emergency_declared": "ticket emergency",
    "tenant.subscription_added": "tenant subscription-add", "tenant.subscription_removed": "tenant subscription-remove",
    "tenant.role_assigned": "tenant role-assign", "tenant.role_removed": "tenant role-remove",
    "tenant.lockbox_enabled": "tenant enable", "tenant.lockbox_disabled": "tenant disable",
    "tenant.contacts_set": "tenant contacts", "tenant.policy_set": "tenant policy", "tenant.approver_key_set": "tenant key",
    "access.performed": "access report",
}
KEYS = {"ticket": "ticket_id", "tenant": "tenant_id", "access": "engineer_id"}


def example_of(path: Path) -> tuple[str, dict]:
    event = json.loads(path.read_text())
    return event["type"].removeprefix("lockbox.").removesuffix(".v1"), event["data"]


VALID = [path for kind in COMMANDS for path in sorted((EXAMPLES / f"lockbox.{kind}.v1").glob("valid-*.json"))]
INVALID = [path for kind in COMMANDS for path in sorted((EXAMPLES / f"lockbox.{kind}.v1").glob("invalid-*.json"))]


def text_of(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words_of(data: dict) -> list[str]:
    """Every member as a word: objects as JSON, lists item by item, null as nothing."""
    words = []
    for name, value in data.items():
        if isinstance(value, list):
            words += [f"{name}={text_of(item)}" for item in value] or [f"{name}="]
        else:
            words.append(f"{name}={'' if value is None else text_of(value)}")
    return words


def run_example(bare, kind, data):
    command = COMMANDS[kind].split()
    key = KEYS[command[0]]
    return bare(*command, data.get(key, ""), *words_of({name: it for name, it in data.items() if name != key}), "--dry-run")


@pytest.mark.parametrize("path", VALID, ids=lambda it: f"{it.parent.name}/{it.name}")
def test_every_example_can_be_published_by_its_fields(bare, path):
    kind, data = example_of(path)
    shape = contract.shape(contract.data_of(f"lockbox.{kind}.v1"))
    data = {name: it for name, it in data.items() if name in shape["fields"]}  # others are nobody's
    done = run_example(bare, kind, data)
    assert done.returncode == 0, done.stderr
    event = json.loads(done.stdout)
    assert (event["type"], event["source"]) == (f"lockbox.{kind}.v1", "/lockboxctl")
    assert event["data"] == contract.as_written(shape, data)


def test_what_a_reader_would_reject_is_refused(bare):
    """Of what is wrong in the examples: what is missing, too long or unknown stays so in words."""
    faults = json.loads((EXAMPLES / "index.json").read_text())
    wrong = [path for path in INVALID if re.search("missing|too-long|unknown", path.name)
             and faults[f"{path.parent.name}/{path.name}"].startswith("/data/")]
    assert len(wrong) > 30
    for path in wrong:
        kind, data = example_of(path)
        if data.get(KEYS[COMMANDS[kind].split()[0]]):
            done = run_example(bare, kind, data)
            assert done.returncode == 2 and done.stdout == "" and "/" in done.stderr, (path, done.stdout)


@pytest.mark.parametrize(("arguments", "words"), [
    (["ticket", "open", "T-1", "title=x"], "/subscription_id: missing"),
    (["ticket", "open", "T-1", "subscription_id=s", "title=x", "colour=red"], "no field of this event: colour"),
    (["ticket", "open", "T-1", "subscription_id=s", "title=x", "title=y"], "given twice: title"),
    (["ticket", "open", "T-1", "ticket_id=T-2", "subscription_id=s", "title=x"], "given twice: ticket_id"),
    (["ticket", "open"], "missing: TICKET"),
    (["ticket", "assign", "T-1", "engineer=erin,nowhere,Erin,redhat"], "/engineer/email"),
    (["tenant", "role-assign", "t", "principal=a,a@x.example,A", "role=king"], "/role"),
    (["tenant", "policy", "t", "subscription_id=s", "by=a,a@x.example,A", "approvals_needed=many"], "/approvals_needed"),
    (["tenant", "key", "t", "principal_id=a", "public_key=/nowhere/a.pem"], "/nowhere/a.pem cannot be read"),
    (["ticket", "request", "T-1", "engineer_id=e", "resource_id=r", "actions=get_pod_logs,openshift-x", "duration=2h"],
     "/duration"),
])
def test_wrong_fields_are_named(bare, arguments, words):
    done = bare(*arguments, "--dry-run")
    assert done.returncode == 2 and words in done.stderr and done.stdout == ""


def test_parts_go_in_order(bare):
    done = bare("ticket", "request", "T-1", "engineer_id=e", "resource_id=r", "actions=get_pod_logs,openshift-ingress",
                "actions=create_object,,Namespace", "actions=delete_object,shop,Pod,a,,u,1", "--dry-run")
    assert json.loads(done.stdout)["data"]["actions"] == [
        {"action": "get_pod_logs", "namespace": "openshift-ingress"}, {"action": "create_object", "kind": "Namespace"},
        {"action": "delete_object", "namespace": "shop", "kind": "Pod", "name": "a", "uid": "u,1"}]


# ---- with the workers ----


@pytest.fixture(scope="module")
def publish(ctl, system):
    """A publisher's command, done once Lockbox has answered; without an answer to wait for, once it is published."""
    def run(*arguments, answer=""):
        done = ctl(*arguments)
        assert done.returncode == 0, done.stderr
        return system.caused_by(done.stdout.strip(), answer) if answer else done.stdout.strip()
    return run


def test_a_lifecycle_with_lockboxctl_and_a_signature(bare, ctl, system, publish, tmp_path):
    tenant, subscription, ticket = (f"ctl-{secrets.token_hex(4)}" for _ in range(3))
    cluster = f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro"
    scope, keys = f"subscription_id={subscription}", {who: tmp_path / f"{who}.pem" for who in ("ada", "lena")}
    for who, key in keys.items():
        assert bare("keygen", key, LOCKBOX_LOG_ORIGIN=who).returncode == 0
    changed = [
        ("subscription-add", scope, "name=Production"),
        ("role-assign", "principal=ada,ada@contoso.example,Ada", "role=global_administrator"),
        ("role-assign", scope, "principal=lena,lena@contoso.example,Lena Fischer", "role=owner"),
        *(("key", f"principal_id={who}", f"public_key={keys[who]}", f"by={who},{who}@contoso.example,",
           f"proof={proof(load_pem_private_key(keys[who].read_bytes(), None), tenant, who)}") for who in keys),
        ("policy", scope, "by=ada,ada@contoso.example,Ada", "signed_decisions=true"),
        ("enable", scope, "by=ada,ada@contoso.example,Ada"),
    ]
    for verb, *fields in changed:
        publish("tenant", verb, tenant, *fields, answer="tenant.changed")
    publish("ticket", "open", ticket, scope, "title=Ingress is down")
    publish("ticket", "assign", ticket, "engineer=erin,erin@redhat.example,Erin,redhat")
    wish = ["ticket", "request", ticket, "engineer_id=erin", f"resource_id={cluster}",
            "actions=get_pod_logs,openshift-ingress", "actions=delete_object,shop,Pod,cart-0", "justification=routes answer 503"]
    created = publish(*wish, answer="request.created").request
    decide = [created["request_id"], "--by", "lena,lena@contoso.example,Lena Fischer", "--wait"]
    unsigned = ctl("approve", *decide)
    assert (unsigned.returncode, unsigned.stdout.split()[-1]) == (1, "bad_signature")
    stranger = tmp_path / "stranger.pem"
    bare("keygen", stranger, LOCKBOX_LOG_ORIGIN="stranger")
    assert ctl("approve", *decide, "--sign-with", stranger).stdout.split()[-1] == "bad_signature"
    signed = ctl("approve", *decide, "--sign-with", keys["lena"], "--items", "1", "--duration", "PT2H", "--comment", "logs only")
    assert (signed.returncode, signed.stdout.split()[-1]) == (0, "applied"), signed.stderr
    revoked = ctl("revoke", *decide, "--sign-with", keys["lena"])
    assert (revoked.returncode, revoked.stdout.split()[-1]) == (0, "applied"), revoked.stderr


def test_an_approver_makes_a_key_and_an_administrator_registers_it(ctl, bare, publish, tenant, tmp_path):
    """The private key stays with the approver: what keygen prints is all that the administrator needs."""
    key, by = tmp_path / "lena.pem", "lena,lena@contoso.example,Lena"
    made = bare("keygen", "approver", key, "--tenant", tenant.id, "--by", by)
    assert made.returncode == 0 and key.stat().st_mode & 0o777 == 0o600
    public, proof_of_key = made.stdout.splitlines()
    assert public.startswith('public_key={"kty":"OKP"') and proof_of_key.startswith("proof=")
    publish("tenant", "key", tenant.id, "principal_id=lena", public, proof_of_key, f"by={by}", answer="tenant.changed")
    assert bare("keygen", "approver", key).returncode == 1
    half = bare("keygen", "approver", tmp_path / "other.pem", "--tenant", tenant.id)
    assert half.returncode == 2 and "--by" in half.stderr and not (tmp_path / "other.pem").exists()


def test_an_emergency_is_acknowledged(ctl, system, publish, tenant):
    ticket = tenant.ticket()
    started = publish("ticket", "emergency", ticket.id, f"engineer_id={ticket.engineer.id}", f"resource_id={tenant.resource}",
                      "actions=get_pod_logs,openshift-ingress", "justification=all routes are down",
                      "authorized_by=kim,kim@microsoft.example,Kim", "incident_id=INC-7", answer="request.emergency_started")
    done = ctl("acknowledge", started.request["request_id"], "--wait", "--by",
               f"{tenant.owner.id},{tenant.owner.email},{tenant.owner.name}")
    assert (done.returncode, done.stdout.split()[-1]) == (0, "applied"), done.stderr


def test_a_signature_is_over_the_digest_that_consent_is_given_to(ctl, bare, tenant, tmp_path):
    request, key = tenant.request(), tmp_path / "key.pem"
    bare("keygen", key, LOCKBOX_LOG_ORIGIN="me")
    done = ctl("deny", request.id, "--by", "lena,lena@contoso.example", "--sign-with", key, "--dry-run")
    assert done.returncode == 0, done.stderr
    header, payload, _ = json.loads(done.stdout)["data"]["signature"].split(".")
    plain = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
    assert plain[0] == {"alg": "EdDSA"}
    assert {**plain[1], "iat": 0} == {"request_id": request.id, "digest": request.first.request["digest"], "decision": "deny",
                                      "by": "lena", "iat": 0}
    assert ctl("deny", request.id, "--by", "l,l@x.example", "--sign-with", tmp_path / "none").returncode == 2


def test_an_access_is_reported(ctl, system, publish, tenant):
    event_id = publish("access", "report", "erin", f"resource_id={tenant.resource}", "action=get_pod_logs",
                       "namespace=openshift-ingress", "performed_at=2026-11-25T20:00:00Z", "outcome=blocked")
    wait_until(lambda: system.audit.rows("SELECT 1 FROM audit.event WHERE event_id = %s", event_id), "the report in the audit store")


def test_another_tenant_adds_a_removed_subscription_once_it_is_released(ctl, system):
    """By the login that `./dev env` prints."""
    first, by = Tenant(system), ["--by", "2c1f,jonas@lockbox.example", "--reason", "moved to fabrikam"]

    def release(subscription: str, *options: str):
        return ctl("tenant", "release", subscription, *options)

    none = release(first.subscription, *by)
    assert (none.returncode, none.stdout) == (1, "") and "no removed subscription" in none.stderr
    assert first.change("subscription_removed", by=first.admin.principal).kind == "tenant.changed"
    second = Tenant(system, lockbox=False)
    added = {"subscription_id": first.subscription}
    assert second.change("subscription_added", **added).data["reason"] == "subscription_of_another_tenant"
    done = release(first.subscription.upper(), *by)
    assert done.returncode == 0 and first.id in done.stdout
    assert second.change("subscription_added", **added).kind == "tenant.changed"
    row = system.lockbox.row("SELECT * FROM lockbox.subscription_release WHERE subscription_id = %s", first.subscription)
    assert (row.tenant_id, row.operator_id, row.reason) == (first.id, "2c1f", "moved to fabrikam")
    assert release(first.subscription, *by).returncode == 1
    assert release(first.subscription, "--by", "2c1f,jonas@lockbox.example").returncode == 2

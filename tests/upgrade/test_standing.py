"""From the version that clusters first came with: requests of every state stand in its databases, and this version goes on with
each. capture.py left them; what is to end by time was three minutes from its end when it did."""
import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.audit import await_auditor
from support.signing import jws
from support.stack import SERVERS, WORKERS, Stack
from support.system import System
from support.waiting import wait_until
from test_upgrade import PSQL, TTL, create_topics, restore_kafka

BEFORE = Path(__file__).parent / "before_content"
LIVES = json.loads((BEFORE / "lives.json").read_text())
BY_TIME = {"to_lapse": "expired", "to_complete": "completed", "to_miss": "unacknowledged", "to_remind": "reminder_due"}
OPEN = {"granted", "part", "emergency", "acknowledged", "to_miss", "not_required"}


def restore(stack: Stack) -> None:
    urls = {"lockbox": stack.env["LOCKBOX_SUPERUSER_URL"], "audit": stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]}
    subprocess.run([*PSQL, "-f", BEFORE / "roles.sql", urls["lockbox"]], check=True, capture_output=True)
    for name, url in urls.items():
        script = gzip.decompress((BEFORE / f"{name}.sql.gz").read_bytes())
        subprocess.run([*PSQL, url], check=True, capture_output=True, input=script)
    shutil.copyfile(BEFORE / "checkpoint.pem", stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"])  # whose mode stays


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("standing"), LOCKBOX_MAIL_RETRY="PT1S", **TTL)
    stack.up(*SERVERS)
    restore(stack)
    create_topics(stack)
    restore_kafka(stack)
    yield stack
    stack.wipe()


@pytest.fixture(scope="module")
def upgraded(stack):
    stack.tool("db", "migrate")
    stack.up(*WORKERS)
    system = System(stack)
    yield system
    system.close()


def told(system: System, name: str, kind: str):
    return system.events.wait_for(lambda record: record.event["subject"] == LIVES[name]["id"] and record.kind == f"request.{kind}",
                                  f"request.{kind} of {name}", 60)


def decide(system: System, name: str, decision: str, by: str = "owner", **more) -> str:
    event = system.publish("decision.submitted", {"request_id": LIVES[name]["id"], "decision": decision, "by": LIVES[name][by], **more})
    return system.caused_by(event, "decision.judged").data["verdict"]


def is_open(system: System, name: str) -> bool:
    life = LIVES[name]
    return system.access_check(life["engineer_id"], life["resource_id"], life["item"]).allowed


@pytest.mark.parametrize("name", LIVES)
def test_what_stood_stands(upgraded, name):
    row = upgraded.lockbox.row("SELECT r.state, r.version, lockbox.snapshot(r) AS snapshot FROM lockbox.request r WHERE request_id = %s",
                               LIVES[name]["id"])
    if name not in BY_TIME:
        assert (row.state, row.version) == (LIVES[name]["state"], LIVES[name]["version"])
    assert row.snapshot["digest"] == LIVES[name]["digest"]
    # An approval of its second item alone opened nothing of the first.
    assert is_open(upgraded, name) == (name in OPEN - {"part"})


@pytest.mark.parametrize("name, kind", BY_TIME.items())
def test_time_goes_on(upgraded, name, kind):
    """What was due while nobody ran is told, with the time it was due."""
    event = told(upgraded, name, kind)
    assert event.request["version"] > LIVES[name]["version"]


def test_what_waits_can_be_decided(upgraded):
    assert decide(upgraded, "pending", "approve") == "applied" and is_open(upgraded, "pending")
    assert decide(upgraded, "to_deny", "deny") == "applied"
    assert decide(upgraded, "to_remind", "approve") == "applied"
    closed = upgraded.publish("ticket.closed", {"ticket_id": LIVES["pending_too"]["ticket_id"]})
    assert upgraded.caused_by(closed, "request.").kind == "request.cancelled"
    life = LIVES["to_withdraw"]
    withdrawn = upgraded.publish("access.withdrawn", {"request_id": life["id"], "ticket_id": life["ticket_id"],
                                                      "engineer_id": life["engineer_id"]})
    assert upgraded.caused_by(withdrawn, "request.").kind == "request.cancelled"


def test_a_vote_of_before_counts_with_one_of_now(upgraded):
    assert decide(upgraded, "voted", "approve") in ("duplicate", "recorded")
    assert not is_open(upgraded, "voted")
    assert decide(upgraded, "voted", "approve", by="other_owner") == "applied" and is_open(upgraded, "voted")


def test_a_key_of_before_signs_what_was_asked_before(upgraded):
    life = LIVES["signed"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(life["private_key"]))
    now = upgraded.lockbox.value("SELECT extract(epoch FROM clock_timestamp())::bigint")
    assert decide(upgraded, "signed", "approve") == "bad_signature" and not is_open(upgraded, "signed")
    signature = jws(key, request_id=life["id"], digest=life["digest"], decision="approve", by=life["owner"]["id"], iat=int(now))
    assert decide(upgraded, "signed", "approve", signature=signature) == "applied" and is_open(upgraded, "signed")


@pytest.mark.parametrize("name", sorted(OPEN - {"to_miss"}))
def test_what_is_open_can_be_revoked(upgraded, name):
    if name == "emergency":
        assert decide(upgraded, name, "acknowledge") == "applied"
    assert decide(upgraded, name, "revoke") == "applied"
    assert told(upgraded, name, "revoked") and not is_open(upgraded, name)


@pytest.mark.parametrize("name, decision, verdict", [("denied", "approve", "conflict"), ("revoked", "revoke", "late"), ("lapsed", "approve", "late"),
                                                     ("cancelled", "approve", "late"), ("completed", "revoke", "late")])
def test_what_is_over_stays_over(upgraded, name, decision, verdict):
    assert decide(upgraded, name, decision) == verdict and not is_open(upgraded, name)


def test_the_past_makes_the_same_models(upgraded):
    """Events of before and of now, as they were recorded: what was projected while they came is what they amount to."""
    wait_until(lambda: upgraded.lockbox.value("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL") == 0, "all is told")
    await_auditor(upgraded)
    assert "differ" not in upgraded.stack.tool("audit", "rebuild", "--check")
    assert upgraded.auditor.rows("SELECT * FROM audit.completeness WHERE missing > 0") == []
    for life in LIVES.values():
        versions = [record.request["version"] for record in upgraded.request_events(life["id"])]
        assert sorted(versions) == list(range(1, len(versions) + 1))

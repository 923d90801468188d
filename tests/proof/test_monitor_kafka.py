"""A customer's monitor with nothing but Kafka: topics of the test's own, whose checkpoints the test signs."""
import json
import re
import secrets
import uuid
from datetime import datetime, timedelta, timezone

import jsonschema
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from support.translog import EMPTY, Signer, field, leaf_bytes, leaf_hash, root_of
from support.waiting import wait_until

from test_monitor import SCHEMA


class Logs:
    """Kafka's topics under a prefix, the leaves of partition 0 of each, and who signs them."""

    def __init__(self, bootstrap: str, bare, tmp_path):
        self.settings = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": bootstrap, "LOCKBOX_TOPIC_PREFIX": f"m{secrets.token_hex(4)}.",
                         "LOCKBOX_LOG_ORIGIN": "log.example/m", "LOCKBOX_CHECKPOINT_VKEYS_FILE": str(tmp_path / "vkeys")}
        self.bare, self.file = bare, tmp_path / "seen"
        self.bootstrap, self.admin = bootstrap, AdminClient({"bootstrap.servers": bootstrap})
        self.producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
        made = self.admin.create_topics([NewTopic(self.topic(name), 1, 1) for name in ("events", "accesses", "checkpoints")])
        for done in made.values():
            done.result()
        self.key = Signer("log.example/m")
        (tmp_path / "vkeys").write_text(self.key.verifier.vkey + "\n")
        self.leaves: dict[str, list[bytes]] = {"events": [], "accesses": []}
        self.records: dict[str, list[tuple]] = {"events": [], "accesses": []}

    def topic(self, name: str) -> str:
        return f"{self.settings['LOCKBOX_TOPIC_PREFIX']}{name}.v1"

    def put(self, name: str, value: bytes, key: bytes | None = None, producer: Producer | None = None) -> int:
        got = []
        sender = producer or self.producer
        sender.produce(self.topic(name), value, key=key, partition=0, headers=[("content-type", b"application/cloudevents+json")],
                       on_delivery=lambda error, message: got.append((error, message)))
        assert sender.flush(30) == 0
        [(error, message)] = got
        assert error is None
        if name in self.leaves:
            self.records[name].append((message.offset(), message.timestamp()[1], key, value))
            self.keep(name, self.leaf(self.topic(name), *self.records[name][-1]), message.offset())
        return message.offset()

    def keep(self, name: str, leaf: bytes, offset: int) -> None:
        leaves = self.leaves[name]
        leaves += [EMPTY] * (offset - len(leaves)) + [leaf]

    @staticmethod
    def leaf(topic: str, offset: int, ms: int, key: bytes | None, value: bytes) -> bytes:
        headers = (1).to_bytes(4) + field(b"content-type") + field(b"application/cloudevents+json")
        return leaf_hash(leaf_bytes(topic, 0, offset, ms, key, headers, value))

    def event(self, type_: str, data: dict, subject: str = "x") -> int:
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/lockbox/decider", "type": f"lockbox.{type_}.v1", "subject": subject,
                 "time": "2026-11-29T12:00:00Z", "datacontenttype": "application/json", "data": data}
        return self.put("events", json.dumps(event).encode(), subject.encode())

    def approved(self, tenant: str = "contoso", **more) -> int:
        return self.event("request.approved", {"request": {"request_id": "r-1", "tenant_id": tenant, "resource_id": "/subscriptions/s", **more}})

    def report(self, ago: timedelta = timedelta(0), **more) -> int:
        data = {"engineer_id": "erin", "resource_id": "/subscriptions/4e75d99d-0122-4280-a1d2-bade4d869aa4/resourceGroups/rg/providers/"
                "Microsoft.RedHatOpenShift/openShiftClusters/aro", "action": "get_pod_logs", "namespace": "openshift-etcd", "outcome": "allowed",
                "performed_at": (datetime.now(timezone.utc) - ago).isoformat(), **more}
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/enforcement", "type": "lockbox.access.performed.v1",
                 "time": "2026-11-29T12:00:00Z", "datacontenttype": "application/json", "data": data}
        return self.put("accesses", json.dumps(event).encode(), b"erin")

    def sign(self, name: str = "events", leaves: list[bytes] | None = None, number: str = "", signer: Signer | None = None) -> str:
        origin = f"log.example/m/{number}{self.topic(name)}/0"
        leaves = self.leaves[name] if leaves is None else leaves
        by = Signer(origin, key=(signer or self.key).key)
        note = by.checkpoint(len(leaves), root_of(leaves))
        self.put("checkpoints", note.encode(), origin.encode())
        return note

    def look(self, *options: str, **settings: str) -> tuple[int, list[dict]]:
        done = self.bare("audit", "monitor", "--kafka", "--checkpoint", self.file, *options, **{**self.settings, **settings})
        assert done.returncode != 1 or done.stdout, done.stderr
        alarms = [json.loads(line) for line in done.stdout.splitlines()]
        for alarm in alarms:
            jsonschema.validate(alarm, SCHEMA)
        return done.returncode, alarms

    def told(self, *options: str) -> list[tuple]:
        return [(alarm["alarm"], alarm.get("offset")) for alarm in self.look(*options)[1]]


@pytest.fixture
def logs(stack, bare, tmp_path):
    return Logs(stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], bare, tmp_path)


def test_each_thing_is_told_once_it_is_signed(logs):
    logs.approved()
    assert logs.look() == (0, [])
    logs.sign()
    logs.event("request.denied", {})
    code, [alarm] = logs.look()
    assert code == 1 and alarm.items() >= {"alarm": "unsigned_access", "tenant_id": "contoso", "request_id": "r-1", "detail": "/subscriptions/s",
                                           "topic": logs.topic("events"), "partition": 0, "offset": 0}.items()
    for _ in range(2):
        assert logs.look() == (0, [])
    logs.approved(signed_decisions=True)
    emergency = logs.event("request.emergency_started", {"request": {"request_id": "r-2"}})
    logs.sign()
    changed = logs.event("tenant.changed", {"tenant_id": "contoso", "change": "policy_set", "weakens": True, "by": {"id": "lena"}})
    logs.sign()
    assert logs.told() == [("emergency", emergency), ("weakening", changed)]
    other = logs.approved("fabrikam")
    logs.sign()
    assert logs.told("--tenant", "contoso") == []
    logs.file.unlink()
    assert logs.told()[-1] == ("unsigned_access", other)


def test_offsets_without_a_record_are_holes(logs):
    """As Kafka's own marks of transactions are."""
    inside = Producer({"bootstrap.servers": logs.bootstrap, "transactional.id": logs.topic("t")})
    inside.init_transactions(30)
    for _ in range(3):
        inside.begin_transaction()
        logs.put("events", b"{}", producer=inside)
        inside.commit_transaction(30)
        logs.sign()
        assert logs.look() == (0, [])
    last = logs.approved()
    logs.sign()
    assert last == 6 and logs.told() == [("unsigned_access", 6)]


def test_reports_that_are_violations_by_themselves(logs):
    past = logs.report(bypass="masters")
    both = logs.report(timedelta(days=1, minutes=7, seconds=30), bypass="impersonation")
    logs.report()
    logs.report(timedelta(minutes=7), audit_id="a", bypass=None)
    odd = logs.put("accesses", b"no json")
    logs.sign("accesses")
    code, alarms = logs.look()
    assert code == 1 and [(alarm["offset"], alarm["why"]) for alarm in alarms] == [
        (past, "masters"), (both, "reported_late"), (both, "impersonation"), (odd, "unreadable")]
    assert alarms[0]["detail"].startswith("erin get_pod_logs /subscriptions/") and re.fullmatch(r"told 1 day 00:07:\d\d after it was done", alarms[1]["detail"])


def test_a_record_that_is_not_the_one_that_was_signed(logs):
    logs.approved()
    logs.sign()
    assert logs.look()[0] == 1
    logs.approved()
    logs.sign(leaves=[*logs.leaves["events"][:1], leaf_hash(b"another")])
    kept = logs.file.read_text().splitlines()
    for _ in range(2):
        assert logs.told() == [("record_wrong", 1)]  # and nothing is told of what it means
    assert [line for line in kept if logs.topic("events") in line] == [
        line for line in logs.file.read_text().splitlines() if logs.topic("events") in line]


def test_more_was_signed_than_kafka_has(logs):
    logs.approved()
    logs.sign(leaves=[*logs.leaves["events"], EMPTY, EMPTY])
    assert logs.told() == [("record_wrong", 1)]


@pytest.mark.parametrize("later", [True, False])
def test_a_checkpoint_that_does_not_extend_the_last(logs, later):
    """Smaller, or as large, and of another log under this name: somebody was shown another history."""
    for _ in range(3):
        logs.event("request.denied", {})
        logs.sign()
    assert logs.look() == (0, [])
    logs.sign(leaves=[leaf_hash(b"another")] * (3 if later else 2))
    for _ in range(2):
        code, [alarm] = logs.look()
        assert code == 1 and alarm["alarm"] == "not_extended"


def test_a_true_checkpoint_that_comes_again_is_nothing(logs):
    for _ in range(3):
        logs.event("request.denied", {})
        logs.sign()
    assert logs.look() == (0, [])
    logs.sign(leaves=logs.leaves["events"][:2])
    logs.sign(leaves=logs.leaves["events"])
    assert logs.look() == (0, [])


def test_a_history_that_was_rewritten(logs):
    """Kafka and checkpoints agree, and not with what was seen."""
    logs.event("request.denied", {})
    logs.sign()
    assert logs.look() == (0, [])
    form, since, read, line, _ = logs.file.read_text().split("\n", 4)
    origin, size, _, _ = line.split(" ")
    start, other = "\n".join((form, since, read)), "A" * 43 + "="
    logs.file.write_text(f"{start}\n{origin} {size} {other} {other}\n")
    logs.sign()
    for _ in range(2):
        assert logs.told() == [("not_extended", None)]
    logs.file.write_text(f"{start}\n{origin} {size} {other} {'B' * 43}=\n")  # an edge of another root
    assert logs.look() == (2, [])


def test_a_checkpoint_by_another_key_is_told_once(logs):
    logs.approved()
    for _ in range(3):
        logs.sign(signer=Signer("log.example/m"))
    logs.put("checkpoints", b"nothing")
    assert [kind for kind, _ in logs.told()] == ["checkpoint_wrong"]
    assert logs.look() == (0, [])


def test_a_log_that_is_gone(logs):
    logs.approved()
    logs.sign()
    assert logs.look()[0] == 1
    logs.admin.delete_topics([logs.topic("events")])[logs.topic("events")].result()
    wait_until(lambda: logs.topic("events") not in logs.admin.list_topics(timeout=10).topics, "the topic is gone")
    for _ in range(2):
        code, [alarm] = logs.look()
        assert code == 1 and alarm["alarm"] == "not_extended" and alarm["detail"].endswith("is gone")


def test_a_log_that_another_took_the_place_of_is_told_once(logs):
    """As after an operator accepted a partition whose log was replaced: its records are of the new log's name."""
    logs.approved()
    logs.sign()
    assert logs.look()[0] == 1
    logs.sign(leaves=[logs.leaf(f"2~{logs.topic('events')}", *logs.records["events"][0])], number="2~")
    assert sorted(kind for kind, _ in logs.told()) == ["not_extended", "unsigned_access"]
    assert logs.look() == (0, [])


def test_wrong_usage(logs):
    assert logs.look(LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1") == (3, [])
    assert logs.look(LOCKBOX_CHECKPOINT_VKEYS_FILE="") == (2, [])


def test_a_webhook_that_is_down_hides_no_alarm(logs):
    """Neither those of other logs, nor one that is told only once."""
    logs.sign(signer=Signer("log.example/m"))
    logs.approved()
    logs.report(ago=timedelta(hours=1))
    for name in ("events", "accesses"):
        logs.sign(name)
    down = logs.look("--webhook", "http://127.0.0.1:1/")
    assert down[0] == 3 and {alarm["alarm"] for alarm in down[1]} == {"checkpoint_wrong", "unsigned_access", "violation"}
    assert logs.look() == (1, down[1])  # nobody was told them
    logs.sign(signer=Signer("log.example/m"))
    down = logs.look("--webhook", "http://127.0.0.1:1/")
    assert down[0] == 3 and [alarm["alarm"] for alarm in down[1]] == ["checkpoint_wrong"]
    assert logs.look() == (1, down[1])
    assert logs.look() == (0, [])

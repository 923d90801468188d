"""From the version before to this one, with everything in place: its databases, as a run of it left them, and its Kafka."""
import gzip
import json
import subprocess
from collections import defaultdict
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from support.broker import client
from support.debian import POSTGRES
from support.system import System
from support.scenario import Tenant
from support.stack import SERVERS, WORKERS, Stack
from support.waiting import wait_until

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "schemas/db"
BEFORE = HERE / "before_roles"
LIVES = json.loads((BEFORE / "lives.json").read_text())
# The scripts that the version before had, by database. The program that applied them recorded them.
APPLIED = {"lockbox": ["V001__lockbox.sql", "V002__signatures.sql"], "audit": ["V001__audit.sql"]}
PSQL = [POSTGRES / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
TTL = {name: "P3650D" for name in ("LOCKBOX_PENDING_TTL", "LOCKBOX_GRANT_TTL", "LOCKBOX_GRANT_TTL_MAX",
                                   "LOCKBOX_EMERGENCY_TTL", "LOCKBOX_ACKNOWLEDGE_TTL")}


def restore_database(stack: Stack, which: str) -> None:
    url = stack.env["LOCKBOX_SUPERUSER_URL" if which == "lockbox" else "LOCKBOX_AUDIT_SUPERUSER_URL"]
    for name in APPLIED[which]:
        subprocess.run([*PSQL, "-1", "-f", SCRIPTS / which / name, url], check=True, capture_output=True)
    data = gzip.decompress((BEFORE / f"{which}.sql.gz").read_bytes())
    subprocess.run([*PSQL, url], check=True, capture_output=True, input=data)
    record = "\n".join(f"INSERT INTO public.lockbox_migration (version, name, checksum) VALUES ({int(name[1:4])},"
                       f" '{name[6:-4]}', encode(sha256(pg_read_binary_file('{SCRIPTS / which / name}')), 'hex'));"
                       for name in APPLIED[which])
    table = (HERE.parents[1] / "tools/lockboxctl/sql/migration_table.sql").read_text()
    subprocess.run([*PSQL, url], check=True, capture_output=True, input=(table + record).encode())


def create_topics(stack: Stack) -> None:
    """As the version before made them: a record's time is its producer's."""
    names = ("tickets", "tenants", "decisions", "accesses", "events", "deadletter", "checkpoints")
    topics = [NewTopic(f"lockbox.{name}.v1", 1 if name == "checkpoints" else 8, 1) for name in names]
    admin = AdminClient(client(stack.kafka()))
    for done in admin.create_topics(topics).values():
        done.result()


def restore_kafka(stack: Stack) -> None:
    """Every record to its place, out of the audit store, which has them all."""
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]) as connection:
        rows = connection.execute('SELECT topic, "partition", "offset", kafka_timestamp, key, headers, raw FROM audit.event'
                                  ' ORDER BY topic, "partition", "offset"').fetchall()
    places = defaultdict(list)
    producer = Producer({**client(stack.kafka()), "linger.ms": 5, "enable.idempotence": True})
    for topic, partition, offset, at, key, headers, raw in rows:
        assert offset == len(places[topic, partition])
        places[topic, partition].append(None)

        def delivered(error, message, place=(topic, partition, offset)):
            assert error is None
            places[place[0], place[1]][place[2]] = message.offset()
        producer.produce(topic, raw, key, partition=partition, timestamp=int(at.timestamp() * 1000),
                         headers=decoded(headers), on_delivery=delivered)
    producer.flush(30)
    assert all(offsets == list(range(len(offsets))) for offsets in places.values())


def decoded(data: bytes) -> list[tuple[str, bytes | None]]:
    """uint32 count, then name and value of each, length-prefixed."""
    at = 4

    def field() -> bytes | None:
        nonlocal at
        length = int.from_bytes(data[at:at + 4])
        at += 4
        if length == 0xFFFFFFFF:
            return None
        at += length
        return data[at - length:at]
    return [(field().decode(), field()) for _ in range(int.from_bytes(data[:4]))]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("upgrade"), LOCKBOX_MAIL_RETRY="PT1S", **TTL)
    stack.up(*SERVERS)
    create_topics(stack)
    for which in APPLIED:
        restore_database(stack, which)
    restore_kafka(stack)
    yield stack
    stack.wipe()


@pytest.fixture(scope="module")
def upgraded(stack):
    """Workers of this version first: they wait, the auditor for the schema, the others for their roles, which come with
    it. Then the schema."""
    stack.dev("up", "--only", ",".join(WORKERS), "--timeout", "3", check=False)
    waiting = {name: row["reason"].partition(" (since ")[0].removesuffix(": there is no connection to it") for name, row in stack.status().items() if name in WORKERS}
    assert waiting == {name: "waiting for the database" for name in WORKERS} | {
        "auditor": "the database's schema is older than this program: run lockboxctl db migrate"}
    pids = {name: row["pid"] for name, row in stack.status().items() if name in WORKERS}
    done = stack.tool("db", "migrate")
    assert "V006 roles applied" in done
    stack.await_ready(*WORKERS)
    assert {name: row["pid"] for name, row in stack.status().items() if name in WORKERS} == pids
    system = System(stack)
    yield system
    system.close()


def test_what_was_there_is_there(upgraded):
    rows = upgraded.lockbox.rows("SELECT r.request_id, r.state, r.version, lockbox.snapshot(r) AS snapshot FROM lockbox.request r")
    there = {str(row.request_id): row for row in rows}
    for name, life in LIVES.items():
        row = there[life["id"]]
        assert (row.state, row.version) == (life["state"], life["version"]), name
        assert (row.snapshot["state"], row.snapshot["engineer"]["id"]) == (life["state"], life["engineer_id"]), name


@pytest.mark.parametrize("name", LIVES)
def test_access_is_what_it_was(upgraded, name):
    life = LIVES[name]
    answer = upgraded.access_check(life["engineer_id"], life["resource_id"], life["item"])
    assert answer.allowed == (life["state"] in ("approved", "emergency", "not_required"))


def decide(system: System, life: dict, decision: str) -> str:
    event = system.publish("decision.submitted", {"request_id": life["id"], "decision": decision, "by": life["owner"]})
    return system.caused_by(event, "decision.judged").data["verdict"]


def test_what_waited_can_be_decided_and_what_was_granted_ended(upgraded):
    pending, granted, other = (LIVES[name] for name in ("pending", "granted", "pending_too"))
    assert decide(upgraded, pending, "approve") == "applied"
    assert upgraded.access_check(pending["engineer_id"], pending["resource_id"], pending["item"]).allowed
    assert decide(upgraded, granted, "revoke") == "applied"
    assert not upgraded.access_check(granted["engineer_id"], granted["resource_id"], granted["item"]).allowed
    assert decide(upgraded, LIVES["revoked"], "revoke") == "late"
    closed = upgraded.publish("ticket.closed", {"ticket_id": other["ticket_id"]})
    assert upgraded.caused_by(closed, "request.").kind == "request.cancelled"
    assert decide(upgraded, LIVES["emergency"], "revoke") == "applied"


def test_what_is_new_works(upgraded):
    request = Tenant(upgraded).request()
    request.approve()
    assert request.check().allowed


def test_nothing_was_read_or_told_twice(upgraded):
    """Each request's versions are on the topic once, and the audit store goes on where it was.

    The version before had another partitioner: a request's later versions stand in another partition, and a reader of
    both may meet them first."""
    wait_until(lambda: upgraded.lockbox.value("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL") == 0, "told")
    for life in LIVES.values():
        last = upgraded.lockbox.value("SELECT version FROM lockbox.request WHERE request_id = %s", life["id"])
        wait_until(lambda: len(upgraded.request_events(life["id"])) >= last, f"{last} events")
        assert sorted(record.request["version"] for record in upgraded.request_events(life["id"])) == list(range(1, last + 1))
    upgraded.deadletters.wait_for(lambda record: True, "the dead letter of the version before")
    wait_until(lambda: upgraded.audit.value("SELECT count(*) FROM audit.event WHERE topic = 'lockbox.events.v1'") ==
               len(upgraded.events.records), "all is audited")
    assert upgraded.auditor.rows("SELECT * FROM audit.completeness WHERE missing > 0") == []

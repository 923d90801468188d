"""topics create and topics check, each test under a prefix of its own."""
import json
import secrets
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

from conftest import run
from support.sql import as_role
from support.waiting import wait_until

INPUTS = ["tickets.v1", "tenants.v1", "decisions.v1", "accesses.v1"]
NAMES = [*INPUTS, "events.v1", "deadletter.v1", "checkpoints.v1"]
INPUT = {"compression.type": "uncompressed", "max.message.bytes": "1048576", "message.timestamp.type": "LogAppendTime"}


@pytest.fixture(scope="module")
def admin(stack):
    return AdminClient({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]})


def delete(admin, names: list[str]) -> None:
    """The controller answers before the broker knows."""
    for future in admin.delete_topics(names).values() if names else []:
        future.result()
    wait_until(lambda: not set(names) & set(admin.list_topics().topics), f"{names} are gone")


@pytest.fixture
def prefix(admin):
    prefix = f"ctl-{secrets.token_hex(4)}."
    yield prefix
    delete(admin, [name for name in admin.list_topics().topics if name.startswith(prefix)])


@pytest.fixture
def topics(ctl, prefix):
    """On the stack's one broker."""
    return lambda command, *arguments, **settings: ctl("topics", command, "--dev", *arguments, LOCKBOX_TOPIC_PREFIX=prefix, **settings)


def configuration(admin, topic: str) -> dict[str, str]:
    [future] = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values()
    return {name: entry.value for name, entry in future.result().items()}


def test_creates_what_is_missing_and_leaves_what_is_there(topics, prefix, admin):
    [future] = admin.create_topics([NewTopic(f"{prefix}tickets.v1", 3, 1)]).values()
    future.result()
    done = topics("create", "--partitions", "4", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"topic": prefix + name, "state": "exists" if name == "tickets.v1" else "created"}
                                       for name in NAMES]
    there = admin.list_topics().topics
    counts = {name: len(there[prefix + name].partitions) for name in NAMES}
    assert counts == {**dict.fromkeys(NAMES, 4), "tickets.v1": 3, "checkpoints.v1": 1}
    again = topics("create")
    assert again.returncode == 0 and again.stdout.count("exists") == len(NAMES)


def test_records_are_kept_for_ever_and_dead_letters_may_be_large(topics, prefix, admin):
    assert topics("create").returncode == 0
    assert len(admin.list_topics().topics[f"{prefix}events.v1"].partitions) == 8
    for name in NAMES:
        assert configuration(admin, prefix + name)["retention.ms"] == "-1"
    assert configuration(admin, f"{prefix}deadletter.v1")["max.message.bytes"] == "2097152"
    done = topics("check")
    assert done.returncode == 0 and done.stderr.count("\n") == 1, done.stderr


def test_topics_that_others_write_are_bounded_and_at_the_brokers_time(topics, prefix, admin):
    assert topics("create").returncode == 0
    for name in NAMES:
        there = configuration(admin, prefix + name)
        assert there["unclean.leader.election.enable"] == "false"
        assert (INPUT.items() <= there.items()) == (name in INPUTS)


@pytest.mark.parametrize("name, value", [("compression.type", "producer"), ("max.message.bytes", "1048577"),
                                         ("message.timestamp.type", "CreateTime"), ("unclean.leader.election.enable", "true")])
def test_check_demands_each_of_them(topics, prefix, admin, name, value):
    [future] = admin.create_topics([NewTopic(f"{prefix}accesses.v1", 8, 1, config={**INPUT, name: value})]).values()
    future.result()
    assert topics("create").returncode == 0
    done = topics("check")
    assert done.returncode == 1
    assert f"accesses.v1: {name} is {value}" in done.stderr and done.stderr.count("must be") == 1


def test_one_broker_is_enough_with_dev_alone(topics, ctl, prefix):
    created = topics("create")
    assert created.returncode == 0 and "--dev: one broker is enough" in created.stderr
    done = topics("check")
    assert done.returncode == 0 and "--dev: one broker is enough" in done.stderr
    done = ctl("topics", "check", LOCKBOX_TOPIC_PREFIX=prefix)
    assert done.returncode == 1 and done.stderr.count("has 1 replicas, and must have at least 3") == len(NAMES)
    done = ctl("topics", "create", "--replication", "2", LOCKBOX_TOPIC_PREFIX=prefix)
    assert done.returncode == 2 and "--dev" in done.stderr


@pytest.mark.parametrize("known", [2, 4])
def test_check_compares_partitions_with_what_workers_know(topics, prefix, stack, known):
    assert topics("create", "--partitions", "3").returncode == 0
    with psycopg.connect(stack.env["LOCKBOX_SUPERUSER_URL"]) as db:
        db.execute("""INSERT INTO lockbox.consumer_offset (consumer, topic, "partition", epoch, next_offset, owner)
                      SELECT 'lockbox.requester', %s, n, 1, 0, 'a test' FROM generate_series(0, %s) AS n""",
                   (f"{prefix}tickets.v1", known - 1))
    done = topics("check")
    assert done.returncode == 1
    assert f"tickets.v1: has 3 partitions, and lockbox.requester knows {known}" in done.stderr
    assert "tenants.v1: has" not in done.stderr


@pytest.fixture(scope="module")
def store(ctl, stack):
    """An audit store of our own, without an auditor."""
    name = f"ctl_topics_{secrets.token_hex(4)}"
    url = urlunsplit(urlsplit(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])._replace(path=f"/{name}"))
    with psycopg.connect(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        assert ctl("db", "migrate", "--only", "audit", LOCKBOX_AUDIT_DATABASE_URL=url).returncode == 0
        yield url
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_check_compares_partitions_with_what_is_stored(topics, prefix, store):
    assert topics("create", "--partitions", "3").returncode == 0
    with psycopg.connect(store) as db:
        db.execute("""INSERT INTO audit.log (topic, "partition", base, size, rows, edge)
                      SELECT %s || name, n, 0, 1, 1, sha256('') FROM (VALUES ('accesses.v1', 3), ('events.v1', 2)) AS it (name, n)""", (prefix,))
    as_auditor = {"LOCKBOX_AUDIT_DATABASE_URL": as_role(store, "lockbox_auditor")}
    done = topics("check", **as_auditor)
    assert done.returncode == 1
    assert f"{prefix}accesses.v1: has 3 partitions, and the audit store has records of 4" in done.stderr
    assert "events.v1: has" not in done.stderr


def test_check_says_where_the_store_was_not_asked(topics, prefix, store, stack):
    assert topics("create").returncode == 0
    login = f"ctl_{secrets.token_hex(4)}"
    with psycopg.connect(store, autocommit=True) as db:
        db.execute(f"CREATE ROLE {login} LOGIN IN ROLE lockbox_audit_operator")
        refused = topics("check", LOCKBOX_AUDIT_DATABASE_URL=as_role(store, login))
        db.execute(f"DROP ROLE {login}")
    assert refused.returncode == 0 and "its partitions are not compared" in refused.stderr
    alone = {name: stack.env[name] for name in ("LOCKBOX_DATABASE_URL", "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS")}
    done = run("topics", "check", "--dev", LOCKBOX_TOPIC_PREFIX=prefix, **alone)
    assert done.returncode == 0 and "the audit store was not asked: LOCKBOX_AUDIT_DATABASE_URL is not set" in done.stderr
    gone = topics("check", LOCKBOX_AUDIT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/audit")
    assert gone.returncode == 3 and "LOCKBOX_AUDIT_DATABASE_URL" in gone.stderr and prefix in gone.stdout


def test_reconcile_reads_every_partition(ctl, stack, prefix, admin):
    topic, last = f"{prefix}tickets.v1", 259
    [future] = admin.create_topics([NewTopic(topic, last + 1, 1, config=INPUT)]).values()
    future.result()
    producer = Producer({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]})
    producer.produce(topic, b"not JSON", b"k", last)
    assert producer.flush(30) == 0
    places = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(last + 1)}
    wait_until(lambda: not any(it.exception(20) for it in admin.list_offsets(places, request_timeout=10).values()), "each partition has a leader")
    done = ctl("db", "reconcile", "--dry-run", "-o", "json", LOCKBOX_TOPIC_PREFIX=prefix, LOCKBOX_DATABASE_URL=stack.env["LOCKBOX_SUPERUSER_URL"])
    assert done.returncode == 0 and json.loads(done.stdout) == [], done.stderr
    assert "1 records of input are to be read; 0 versions" in done.stderr


def test_check_names_what_is_missing(topics, prefix, admin):
    assert topics("check").returncode == 1
    assert topics("create").returncode == 0
    delete(admin, [f"{prefix}events.v1"])
    done = topics("check", "-o", "json")
    assert done.returncode == 1
    assert {row["topic"] for row in json.loads(done.stdout) if row["state"] == "missing"} == {f"{prefix}events.v1"}
    assert f"{prefix}events.v1: there is no such topic" in done.stderr


def test_check_finds_wrong_partitions_and_sizes(topics, prefix, admin):
    small = {"max.message.bytes": "1000"}
    for future in admin.create_topics([NewTopic(f"{prefix}deadletter.v1", 2, 1, config=small),
                                       NewTopic(f"{prefix}checkpoints.v1", 2, 1)]).values():
        future.result()
    assert topics("create", "--partitions", "2").returncode == 0
    done = topics("check", "--partitions", "2")
    assert done.returncode == 1
    assert "deadletter.v1: max.message.bytes is 1000" in done.stderr
    assert "checkpoints.v1: has 2 partitions instead of 1" in done.stderr
    assert "events.v1:" not in done.stderr


@pytest.mark.parametrize("partitions", ["0", "-1", "many", "3x", "99999999999999999999"])
def test_a_wrong_number(topics, partitions):
    done = topics("create", f"--partitions={partitions}")
    assert done.returncode == 2 and "--partitions" in done.stderr


def test_more_replicas_than_brokers(topics):
    done = topics("create", "--replication", "4")
    assert done.returncode == 1 and "was not created" in done.stderr


def test_no_kafka(without_kafka):
    done = without_kafka["topics"].result()
    assert done.returncode == 3 and "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS" in done.stderr


@pytest.mark.parametrize(("rules", "says"), [
    ("", "no rule on standard input"), ("User:a Read topic literal", "line 1 is no rule"), ("User:a Read topic literal x y", "line 1 is no rule"),
    ("User:a Read topic literal x\nUser:a Eat topic literal x", "line 2: Eat is no operation"),
    ("User:a Read table literal x", "line 1: table is no kind of resource"), ("User:a Read topic wild x", "line 1: wild is no pattern"),
    ("User:a Read topic literal x\n" * 513, "more than 512 rules")])
def test_what_is_no_rule_grants_nothing(ctl, rules, says):
    done = ctl("topics", "grant", given=rules)
    assert done.returncode == 2 and says in done.stderr and done.stdout == ""


def test_a_kafka_that_knows_no_rules_refuses_each(ctl):
    done = ctl("topics", "grant", given="User:a Read topic literal x\nUser:b Write group prefixed y\n")
    assert done.returncode == 1 and "line 1 was not granted: " in done.stderr and "line 2 was not granted: " in done.stderr

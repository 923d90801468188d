"""topics create and topics check, each test under a prefix of its own."""
import json
import secrets

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from support.waiting import wait_until

NAMES = ["tickets.v1", "tenants.v1", "decisions.v1", "accesses.v1", "events.v1", "deadletter.v1", "checkpoints.v1"]


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
    return lambda *arguments: ctl("topics", *arguments, LOCKBOX_TOPIC_PREFIX=prefix)


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
    assert (done.returncode, done.stderr) == (0, "")


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
    done = topics("create", "--replication", "3")
    assert done.returncode == 1 and "was not created" in done.stderr


def test_no_kafka(without_kafka):
    done = without_kafka["topics"].result()
    assert done.returncode == 3 and "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS" in done.stderr

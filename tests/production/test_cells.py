"""Two cells on one Kafka: a topic and group prefix and a PostgreSQL each. Neither reads, decides or feels what the other does."""
import dataclasses
import os
import subprocess

import pytest
from confluent_kafka.admin import AdminClient
from support.broker import Feed, Publisher, client, complaints
from support.events import Outgoing
from support.group import stack_of
from support.scenario import Tenant
from support.stack import BINARIES, REPOSITORY, WORKERS
from support.system import System

EAST, WEST = "east.", "west."


class Cell(System):
    """A cell as those around it reach it: by its prefix."""

    def __init__(self, stack, prefix: str):
        self.prefix = prefix
        super().__init__(stack)
        for feed in (self.events, self.deadletters):
            feed.close()
        self.events = Feed(self.bootstrap, f"{prefix}events.v1", complaints)
        self.deadletters = Feed(self.bootstrap, f"{prefix}deadletter.v1")
        self.publisher = Prefixed(self.bootstrap, prefix)


class Prefixed(Publisher):
    def __init__(self, bootstrap, prefix: str):
        super().__init__(bootstrap)
        self.prefix = prefix

    def send(self, *records: Outgoing):
        return super().send(*(dataclasses.replace(it, topic=self.prefix + it.topic.removeprefix("lockbox.")) for it in records))


def settings(prefix: str) -> dict[str, str]:
    return {"LOCKBOX_TOPIC_PREFIX": prefix, "LOCKBOX_GROUP_PREFIX": prefix, "LOCKBOX_LOG_ORIGIN": f"lockbox.example/{prefix[:-1]}"}


@pytest.fixture(scope="module")
def stacks(request, tmp_path_factory):
    """The second has its own PostgreSQL and workers, and the first one's Kafka."""
    with stack_of(request, tmp_path_factory, **settings(EAST)) as east:
        shared = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": east.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]}
        with stack_of(request, tmp_path_factory, "postgres", "smtp", "schema", *WORKERS, **settings(WEST), **shared) as west:
            yield east, west


@pytest.fixture(scope="module")
def cells(stacks):
    # System looks at the topics of the usual prefix first.
    subprocess.run([BINARIES / "lockboxctl", "topics", "create", "--dev"], check=True, capture_output=True,
                   env=stacks[0].worker_environment(LOCKBOX_TOPIC_PREFIX="lockbox."))
    cells = Cell(stacks[0], EAST), Cell(stacks[1], WEST)
    yield cells
    for cell in cells:
        cell.close()


def test_each_cell_walks_its_own_lifecycle(cells):
    for cell, other in (cells, cells[::-1]):
        request = Tenant(cell).request()
        request.approve()
        assert request.check().allowed
        assert not other.access_check(request.wish["engineer_id"], request.wish["resource_id"], request.wish["actions"][0]).allowed
        assert other.request_events(request.id) == []
        assert other.lockbox.value("SELECT count(*) FROM lockbox.request WHERE request_id = %s", request.id) == 0


def test_a_decision_that_reaches_the_other_cell_decides_nothing(cells):
    east, west = cells
    request = Tenant(east).request()
    decision = {"request_id": request.id, "decision": "approve", "by": request.tenant.owner.principal}
    judged = west.caused_by(west.publish("decision.submitted", decision), "decision.judged")
    assert judged.data["verdict"] == "unknown_request"
    assert not request.check().allowed and request.kinds == ["created"]


def test_one_cells_database_is_down_and_the_other_works(cells):
    east, west = cells
    tenant = Tenant(west)
    east.stack.down("postgres")
    try:
        tenant.request().approve()
        assert all(row["ready"] for name, row in west.stack.status().items() if name != "kafka")
    finally:
        east.stack.up()
    Tenant(east).request().approve()


def test_topics_groups_and_logs_are_named_by_their_cell(cells):
    admin = AdminClient(client(cells[0].bootstrap))
    groups = {group.group_id for group in admin.list_consumer_groups().result(30).valid}
    topics = set(admin.list_topics(timeout=30).topics)
    for cell in cells:
        assert {f"{cell.prefix}{name}" for name in ("requester", "decider", "notifier", "auditor")} <= groups
        assert {f"{cell.prefix}{name}.v1" for name in ("tickets", "events", "checkpoints")} <= topics
        others = cell.auditor.rows("SELECT DISTINCT topic FROM audit.event WHERE NOT starts_with(topic, %s)", cell.prefix)
        assert others == []


def test_rules_of_one_cell_name_no_other():
    done = subprocess.run([REPOSITORY / "deploy/kafka/acls.sh", "--dry-run", "--bootstrap-server", "kafka:9093"], check=True,
                          capture_output=True, text=True, env={**os.environ, "LOCKBOX_TOPIC_PREFIX": WEST, "LOCKBOX_GROUP_PREFIX": WEST,
                                                               "PRINCIPALS": "User:west-"})
    words = done.stdout.split()
    topics = [name for option, name in zip(words, words[1:]) if option == "--topic"]
    assert topics and all(name.startswith(WEST) for name in topics)
    assert "lockbox." not in done.stdout and "User:west-relay" in words

"""The same input makes the same events, whoever reads it, when, and in whatever batches: ids and times follow from what
caused them."""
import subprocess
from urllib.parse import urlsplit, urlunsplit

import pytest

from support.scenario import Person, Tenant
from support.sql import Database, as_role
from support.stack import BINARIES
from support.waiting import wait_until


class Second:
    """A second, empty operational database, with workers of its own that read the same topics."""

    def __init__(self, system):
        self.stack = system.stack
        system.lockbox.rows("CREATE DATABASE again")
        self.url = self.of("LOCKBOX_SUPERUSER_URL")
        subprocess.run([BINARIES / "lockboxctl", "db", "migrate", "--only", "lockbox"], check=True, capture_output=True,
                       env=self.stack.worker_environment(LOCKBOX_DATABASE_URL=self.url))
        self.database = Database(self.url)
        self.children: dict[str, subprocess.Popen] = {}

    def of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.stack.env[name])._replace(path="/again"))

    def start(self, worker: str) -> None:
        self.children[worker] = self.stack.spawn(worker, "again", LOCKBOX_GROUP_PREFIX="again.",
                                                 LOCKBOX_DATABASE_URL=as_role(self.of("LOCKBOX_DATABASE_URL"), f"lockbox_{worker}"))

    def stop(self, worker: str) -> None:
        child = self.children.pop(worker)
        child.terminate()
        child.wait()

    def close(self) -> None:
        for worker in list(self.children):
            self.stop(worker)
        self.database.close()


@pytest.fixture
def second(system):
    second = Second(system)
    yield second
    second.close()
    system.lockbox.rows("DROP DATABASE again")


def read_so_far(database: Database, group: str) -> dict:
    return {(row.topic, row.partition): row.next_offset for row in database.rows(
        'SELECT topic, "partition", next_offset FROM lockbox.consumer_offset WHERE consumer = %s', group)}


def await_as_far(system, second: Second, worker: str) -> None:
    def as_far() -> bool:
        return read_so_far(system.lockbox, f"lockbox.{worker}") == read_so_far(second.database, f"again.{worker}")
    wait_until(as_far, f"the second {worker} is as far as the first", 60)


EVENTS = """
SELECT aggregateid, type, id::text, payload FROM lockbox.outbox
 WHERE aggregateid = ANY (%s) OR aggregateid IN (SELECT request_id::text FROM lockbox.request WHERE tenant_id = ANY (%s))
 ORDER BY aggregateid, payload::json ->> 'sequence', type, payload"""


def events_of(database: Database, tenants: list[Tenant]) -> list:
    """What these tenants' databases tell of: other tests' input was there before, and the second one read it side by side."""
    ids = [tenant.id for tenant in tenants]
    return [row for row in database.rows(EVENTS, ids, ids) if "notification." not in row.type]


def test_two_databases_tell_the_same_to_the_byte(system, second):
    second.start("requester")
    second.start("decider")
    tenants = [Tenant(system, owners=3), Tenant(system, lockbox=False)]
    await_as_far(system, second, "requester")

    second.stop("requester")  # and takes in one batch what the first took in many
    tenant, unasked = tenants
    tickets = [tenant.ticket() for _ in range(3)]
    requests = [ticket.request() for ticket in tickets for _ in range(3)]
    tickets[0].request(justification=" ")
    unasked.request()
    for ticket in tickets:
        ticket.escalate(Person.new("erin", "microsoft.example", "microsoft"))
    second.start("requester")
    await_as_far(system, second, "requester")

    second.stop("decider")
    for request in requests[:5]:
        assert request.decide("approve") == "applied"
    requests[0].decide("revoke")
    requests[5].decide("deny")
    requests[5].decide("approve", by=tenant.approver)
    requests[6].decide("approve", by=Person.new("mallory"))
    second.start("decider")
    await_as_far(system, second, "decider")

    second.stop("requester")
    for ticket in tickets:
        ticket.close()
        ticket.request()  # is refused
    unasked.change("lockbox_enabled", by=unasked.admin.principal)
    second.start("requester")
    await_as_far(system, second, "requester")

    assert len(events_of(system.lockbox, tenants)) >= 50
    assert events_of(second.database, tenants) == events_of(system.lockbox, tenants)

"""Both databases are lost at once, and Kafka is kept: what docs/recovery.md says to do, done, from backups of two times and from none."""
import subprocess

from restoring import accept, committed, dump, maintenance, restore, says_so
from support.audit import audit_complaints, await_auditor
from support.history import all_complaints
from support.scenario import Tenant
from support.stack import BINARIES, WORKERS
from support.waiting import wait_until

DECIDING = ("requester", "decider", "expirer")
PATIENCE = 120
UNSIGNED = """SELECT 1 FROM audit.log AS l LEFT JOIN audit.publication AS p USING (topic, "partition")
               WHERE l.topic NOT LIKE '%%checkpoints.v1' AND l.size > coalesce(p.size, 0)"""


def tool(system, *arguments: str) -> subprocess.CompletedProcess:
    env = system.stack.worker_environment(LOCKBOX_DATABASE_URL=system.stack.env["LOCKBOX_SUPERUSER_URL"],
                                          LOCKBOX_AUDIT_DATABASE_URL=system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    return subprocess.run([BINARIES / "lockboxctl", *arguments], capture_output=True, text=True, env=env)


def await_told(system) -> None:
    """All is told, recorded, signed and published, and Kafka has heard how far each worker is."""
    wait_until(lambda: system.lockbox.value("SELECT count(*) FROM lockbox.outbox WHERE published_at IS NULL") == 0, "all is told", PATIENCE)
    await_auditor(system, PATIENCE)
    wait_until(lambda: not system.audit.rows(UNSIGNED), "each log is signed to its end, and it is published", PATIENCE)
    await_auditor(system, PATIENCE)
    wait_until(lambda: committed(system) and committed(system, "requester") and committed(system, "auditor"),
               "Kafka's committed offsets are the databases'", PATIENCE)


def derive_again(system) -> None:
    """The page's steps from where the databases are there again, and no worker runs."""
    system.stack.dev("up", "--only", "relay,notifier,auditor", "--timeout", "10", check=False)
    wait_until(lambda: says_so(system, "auditor"), "the auditor says that its store was set back", PATIENCE)
    done = tool(system, "db", "reconcile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 versions that were told are not in the database" in done.stderr
    done = accept(system, "--only", "audit")
    assert done.returncode == 0, done.stderr
    system.stack.up(seconds=PATIENCE)
    system.stack.await_ready(seconds=PATIENCE)


def nothing_is_missing(system) -> None:
    await_told(system)
    assert all_complaints(system.events.records) == []
    assert audit_complaints(system) == []
    for command in (("audit", "verify", "--kafka"), ("audit", "rebuild", "--check"), ("audit", "reconcile")):
        done = tool(system, *command)
        assert done.returncode == 0, (command, done.stdout + done.stderr)


def told_twice_otherwise(system) -> dict:
    """Versions of requests that were told in two ways."""
    found: dict = {}
    for record in system.events.where(lambda it: it.kind.startswith("request.")):
        found.setdefault((record.event["subject"], record.request["version"]), set()).add(record.value)
    return {version: values for version, values in found.items() if len(values) > 1}


def test_both_are_restored_from_backups_of_two_times(system):
    tenant = Tenant(system)
    granted, revoked, waits = (tenant.request() for _ in range(3))
    revoked.approve()
    await_told(system)
    older = dump(system)
    granted.approve()
    await_told(system)
    newer = dump(system, "audit")
    revoked.decide("revoke")
    later = Tenant(system).request()
    later.approve()
    await_told(system)

    system.stack.down(*WORKERS)
    restore(system, older)
    restore(system, newer, "audit")
    system.stack.dev("up", "--only", "decider", "--timeout", "10", check=False)
    wait_until(lambda: says_so(system, "decider"), "the decider says that its database was set back", PATIENCE)
    assert revoked.check().reason == "set_back"
    system.stack.down(*DECIDING)
    derive_again(system)

    assert granted.check().allowed and later.check().allowed and not revoked.check().allowed
    waits.approve()
    nothing_is_missing(system)
    assert told_twice_otherwise(system) == {}


def empty(system, name: str) -> None:
    """In the database's place there is one of its name, with nothing in it."""
    with maintenance(system, name) as server:
        server.rows(f"DROP DATABASE {name} WITH (FORCE)")
        server.rows(f"CREATE DATABASE {name}")


def test_both_are_made_anew_from_what_kafka_has(system):
    """Nothing was backed up: Kafka has each record since its beginning."""
    tenant = Tenant(system)
    granted, revoked, waits = (tenant.request() for _ in range(3))
    granted.approve()
    revoked.approve()
    revoked.decide("revoke")
    await_told(system)

    system.stack.down(*WORKERS)
    empty(system, "lockbox")
    empty(system, "audit")
    done = tool(system, "db", "migrate")
    assert done.returncode == 0, done.stderr
    derive_again(system)

    assert granted.check().allowed and not revoked.check().allowed
    waits.approve()
    nothing_is_missing(system)
    assert told_twice_otherwise(system) == {}

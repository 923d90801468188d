"""Both databases and Kafka are backed up in the page's order, lost, and restored in its order: what was decided stands."""
import shutil
import subprocess
from urllib.parse import urlsplit, urlunsplit

import psycopg
from support.debian import POSTGRES
from support.scenario import Tenant
from support.stack import BINARIES
from support.traffic import await_quiet
from support.audit import await_auditor
from support.waiting import wait_until

URLS = {"lockbox": "LOCKBOX_SUPERUSER_URL", "audit": "LOCKBOX_AUDIT_SUPERUSER_URL"}
DECIDING = ("requester", "decider", "expirer")


def dump(stack, database: str) -> bytes:
    return subprocess.run([POSTGRES / "pg_dump", "-Fc", stack.env[URLS[database]]], check=True, capture_output=True).stdout


def restore(stack, database: str, dumped: bytes) -> None:
    url = stack.env[URLS[database]]
    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f"DROP DATABASE {database} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {database}")
    subprocess.run([POSTGRES / "pg_restore", "--exit-on-error", "-d", url], check=True, capture_output=True, input=dumped)


def tool(stack, *arguments: str) -> subprocess.CompletedProcess:
    env = stack.worker_environment(LOCKBOX_DATABASE_URL=stack.env["LOCKBOX_SUPERUSER_URL"],
                                   LOCKBOX_AUDIT_DATABASE_URL=stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    return subprocess.run([BINARIES / "lockboxctl", *arguments], capture_output=True, text=True, env=env)


def back_up_kafka(stack) -> None:
    stack.down("kafka")
    shutil.copytree(stack.directory / "kafka", stack.directory / "kafka-copy")
    stack.up()


def lose_and_restore(stack, lockbox: bytes, audit: bytes) -> None:
    """Kafka first, then the databases; the workers last."""
    stack.down("requester", "decider", "expirer", "relay", "notifier", "auditor", "kafka")
    shutil.rmtree(stack.directory / "kafka")
    (stack.directory / "kafka-copy").rename(stack.directory / "kafka")
    stack.up("kafka", "postgres")
    restore(stack, "lockbox", lockbox)
    restore(stack, "audit", audit)
    stack.dev("up", "--only", "relay,notifier,auditor,decider", "--timeout", "5", check=False)


def test_what_was_backed_up_in_order_is_restored(stack, system):
    tenant = Tenant(system)
    before, asked = tenant.request(), tenant.request()
    before.approve()
    await_quiet(system)
    lockbox = dump(stack, "lockbox")
    asked.approve()
    await_auditor(system)
    audit = dump(stack, "audit")
    revoked = tenant.request()
    revoked.approve()
    assert revoked.decide("revoke") == "applied"
    await_quiet(system)
    back_up_kafka(stack)
    lost = tenant.request()
    lost.approve()
    system.close()

    lose_and_restore(stack, lockbox, audit)
    wait_until(lambda: "set back" in stack.status()["decider"]["reason"], "the decider says that its database is older", 120)
    assert not before.check().allowed and before.check().reason == "set_back"
    stack.down(*DECIDING)
    done = tool(stack, "db", "reconcile")
    assert done.returncode == 0, done.stdout + done.stderr
    done = tool(stack, "offsets", "accept", "--only", "audit", "--by", "ops-1,ops@lockbox.example", "--reason", "restored")
    assert done.returncode in (0, 1), done.stderr
    stack.up()
    stack.await_ready(seconds=120)

    assert before.check().allowed and asked.check().allowed
    assert not revoked.check().allowed and not lost.check().allowed
    assert system.lockbox.value("SELECT count(*) FROM lockbox.request WHERE request_id = %s", lost.id) == 0
    done = tool(stack, "audit", "verify", "--kafka")
    findings = [line for line in done.stdout.splitlines() if line.startswith("lockbox.")]
    assert "; 0 are no longer there" in done.stdout
    assert (findings, done.returncode) == ([], 0), done.stdout
    assert tool(stack, "audit", "rebuild", "--check").returncode == 0

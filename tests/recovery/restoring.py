"""A database of a stack is put back to an older dump, as an operator restores it; who says so; and what the operator then does."""
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from confluent_kafka import Consumer, TopicPartition

from support.broker import client
from support.debian import POSTGRES
from support.sql import Database
from support.stack import BINARIES

URLS = {"lockbox": "LOCKBOX_SUPERUSER_URL", "audit": "LOCKBOX_AUDIT_SUPERUSER_URL"}


def url(system, which: str, database: str = "") -> str:
    parts = urlsplit(system.stack.env[URLS[which]])
    return urlunsplit(parts._replace(path=f"/{database}") if database else parts)


def dump(system, which: str = "lockbox") -> bytes:
    return subprocess.run([POSTGRES / "pg_dump", "-Fc", url(system, which)], check=True, capture_output=True).stdout


@contextmanager
def maintenance(system, which: str):
    """A session on another database of the server."""
    other = Database(url(system, which, "postgres"))
    yield other
    other.close()


def restore(system, dumped: bytes, which: str = "lockbox") -> None:
    """In the place of the database that is there, as one step to those who connect."""
    name = urlsplit(url(system, which)).path[1:]
    with maintenance(system, which) as server:
        server.rows("CREATE DATABASE restored")
        subprocess.run([POSTGRES / "pg_restore", "-d", url(system, which, "restored")], check=True, capture_output=True, input=dumped)
        server.rows(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        server.rows(f"DROP DATABASE {name} WITH (FORCE)")
        server.rows(f"ALTER DATABASE restored RENAME TO {name}")


def says_so(system, *workers: str) -> bool:
    rows = system.stack.status()
    return all("set back" in rows[worker]["reason"] for worker in workers)


def accept(system, *arguments: str) -> subprocess.CompletedProcess:
    env = system.stack.worker_environment(LOCKBOX_DATABASE_URL=url(system, "lockbox"), LOCKBOX_AUDIT_DATABASE_URL=url(system, "audit"))
    return subprocess.run([BINARIES / "lockboxctl", "offsets", "accept", "--by", "ops-1,ops@lockbox.example", "--reason",
                           "restored for a test", *arguments], capture_output=True, text=True, env=env)


def committed(system, worker: str = "decider", database: Database | None = None) -> bool:
    """Whether Kafka has heard of all that a worker committed."""
    schema = "audit" if worker == "auditor" else "lockbox"
    database = database or (system.audit if worker == "auditor" else system.lockbox)
    consumer = Consumer({**client(system.bootstrap), "group.id": f"lockbox.{worker}"})
    rows = database.rows(f'SELECT topic, "partition", next_offset FROM {schema}.consumer_offset'
                         " WHERE consumer = %s AND next_offset > 0", f"lockbox.{worker}")
    offsets = consumer.committed([TopicPartition(row.topic, row.partition) for row in rows], 10)
    consumer.close()
    return [it.offset for it in offsets] == [row.next_offset for row in rows]

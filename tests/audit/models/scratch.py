"""An audit database of its own in the stack's PostgreSQL, and the tables of the read models as bytes."""
import os
import secrets
import subprocess

import psycopg

from support.sql import as_role, Database
from support.stack import BINARIES, BUILD, REPOSITORY

MODELS = ["request_state", "request_version", "grant_item", "decision", "notification", "access", "subscription_owner",
          "activity", "unreadable"]
EVENT = ('topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id, source, type, subject,'
         " event_time, tenant_id, subscription_id, request_id, ticket_id, actor, leaf_hash")


def contents(url: str, models=MODELS) -> dict[str, list[bytes]]:
    """Every row of every model, as PostgreSQL writes it, sorted."""
    with psycopg.connect(url) as connection:
        found = {}
        for model in models:
            with connection.cursor().copy(f"COPY audit.{model} TO STDOUT") as rows:
                found[model] = sorted(b"".join(bytes(part) for part in rows).splitlines())
        return found


def ctl(stack, *arguments, **settings) -> subprocess.CompletedProcess:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX_", "PG"))}
    theirs = {name: value for name, value in stack.env.items() if name.startswith("LOCKBOX_")}
    return subprocess.run([BINARIES / "lockboxctl", *arguments], env={**mine, **theirs, **settings}, capture_output=True,
                          text=True, timeout=300)


def empty(stack, server: Database) -> str:
    """The name of an audit database as it is after its migrations: a copy of it is there at once."""
    name = f"empty_{len(list((REPOSITORY / 'schemas/db/audit').glob('V*.sql')))}"
    if not server.rows("SELECT 1 FROM pg_database WHERE datname = %s", name):
        server.rows(f"CREATE DATABASE {name}")
        url = stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"].rpartition("/")[0] + f"/{name}"
        done = ctl(stack, "db", "migrate", "--only", "audit", LOCKBOX_AUDIT_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
    return name


class Scratch:
    def __init__(self, stack):
        self.stack = stack
        self.name = f"audit_{secrets.token_hex(4)}"
        self.server = Database(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
        self.server.rows(f"CREATE DATABASE {self.name} TEMPLATE {empty(stack, self.server)}")
        self.superuser_url = self.url_of(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
        self.writer_url = self.url_of(stack.audit_writer_url)
        self.auditor_url = as_role(self.writer_url, "lockbox_auditor")
        self.database = Database(self.superuser_url)

    def url_of(self, url: str) -> str:
        return url.rpartition("/")[0] + f"/{self.name}"

    def take_events(self) -> None:
        """The rows of the stack's store."""
        with psycopg.connect(self.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]) as there, \
                psycopg.connect(self.superuser_url) as here:
            with there.cursor().copy(f"COPY (SELECT {EVENT} FROM audit.event) TO STDOUT (FORMAT binary)") as rows, \
                    here.cursor().copy(f"COPY audit.event ({EVENT}) FROM STDIN (FORMAT binary)") as into:
                for part in rows:
                    into.write(part)

    def project(self, seed: str, chunk: int) -> None:
        """All of them, chunk at a time, in an order by the seed."""
        program = BUILD / "tests/project_events"
        done = subprocess.run([program, self.writer_url, seed, str(chunk)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr

    def rebuild(self, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess:
        return ctl(self.stack, "audit", "rebuild", *arguments, LOCKBOX_AUDIT_DATABASE_URL=url or self.superuser_url)

    def drop(self) -> None:
        self.database.close()
        self.server.rows(f"DROP DATABASE {self.name} WITH (FORCE)")
        self.server.close()

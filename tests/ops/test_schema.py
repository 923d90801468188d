"""The scripts of schemas/db by psql alone, and workers that meet a schema older or newer than they know."""
import json
import re
import secrets
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from support.debian import POSTGRES
from support.sql import as_role
from support.stack import free_port
from support.waiting import wait_until

SCRIPTS = Path(__file__).resolve().parents[2] / "schemas/db"
PSQL = POSTGRES / "psql"
ROLE = {"lockbox": "lockbox_expirer", "audit": "lockbox_audit_writer"}
WORKER = {"lockbox": "expirer", "audit": "auditor"}
SETTING = {"lockbox": "LOCKBOX_DATABASE_URL", "audit": "LOCKBOX_AUDIT_DATABASE_URL"}
BOTH = pytest.mark.parametrize("which", ["lockbox", "audit"])


def scripts(which: str) -> list[Path]:
    return sorted((SCRIPTS / which).glob("*"))


def last_version(which: str) -> int:
    return int(scripts(which)[-1].name[1:4])


class Fresh:
    """A database of its own in the stack's PostgreSQL, and workers that use it."""

    def __init__(self, stack, which: str):
        self.stack, self.which = stack, which
        self.superuser = stack.env["LOCKBOX_SUPERUSER_URL"]
        self.name = f"schema_{secrets.token_hex(4)}"
        self.url = urlunsplit(urlsplit(self.superuser)._replace(path=f"/{self.name}"))
        self.children: list[subprocess.Popen] = []
        self.server(f"CREATE DATABASE {self.name}")

    def server(self, statement: str) -> None:
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(statement)

    def sql(self, statement: str) -> list:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def psql(self, path: Path) -> None:
        done = subprocess.run([PSQL, self.url, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", path],
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{path.name}: {done.stderr}"

    def migrate(self, *paths: Path) -> None:
        for path in paths or scripts(self.which):
            self.psql(path)

    def worker(self) -> tuple[subprocess.Popen, int]:
        """Its role's; the auditor under another group, so that the stack's keeps its partitions."""
        port = free_port()
        child = self.stack.spawn(WORKER[self.which], "schema", LOCKBOX_INSTANCE="", LOCKBOX_GROUP_PREFIX=f"{self.name}.",
                                 LOCKBOX_HTTP_LISTEN=f"127.0.0.1:{port}",
                                 **{SETTING[self.which]: as_role(self.url, ROLE[self.which])})
        self.children.append(child)
        return child, port

    def log(self) -> list[dict]:
        pids = {child.pid for child in self.children}
        lines = [json.loads(line) for line in self.stack.log(f"{WORKER[self.which]}-schema").splitlines()]
        mine, found = False, []
        for line in lines:
            mine = line.get("pid") in pids if line["message"] == "started" else mine
            found += [line] if mine else []
        return found

    def drop(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()
        self.server(f"DROP DATABASE {self.name} WITH (FORCE)")


@pytest.fixture
def fresh(stack, which):
    fresh = Fresh(stack, which)
    yield fresh
    fresh.drop()


@BOTH
def test_names_are_those_that_flyway_reads(which):
    assert [path.name for path in scripts(which) if not re.fullmatch(r"V\d{3}__[a-z0-9_]+\.sql", path.name)] == []
    versions = [int(path.name[1:4]) for path in scripts(which)]
    assert len(set(versions)) == len(versions)


@BOTH
def test_psql_makes_what_db_migrate_makes(fresh, which):
    """Each script in a transaction of its own, as Flyway runs them."""
    fresh.migrate()
    made = {"lockbox": "LOCKBOX_SUPERUSER_URL", "audit": "LOCKBOX_AUDIT_SUPERUSER_URL"}[which]
    dump = [POSTGRES / "pg_dump", "--schema-only", f"--schema={which}"]
    texts = [subprocess.run([*dump, url], capture_output=True, text=True, check=True).stdout
             for url in (fresh.url, fresh.stack.env[made])]
    # One that another test took away and gave back comes last.
    mine, theirs = [sorted((line for line in text.splitlines() if not line.startswith(("\\", "--"))), key=lambda it: it if it.startswith("GRANT") else "")
                    for text in texts]
    assert mine == theirs


@BOTH
def test_the_schema_says_its_last_scripts_version(fresh, which):
    fresh.migrate()
    [(version, oldest)] = fresh.sql(f"SELECT version, oldest_program FROM {which}.schema_version")
    assert version == last_version(which) and 0 < oldest <= version


@BOTH
def test_the_catalogue_folds_a_to_z_alone(fresh, which):
    """U+212A is no k: what the last script leaves names the collation wherever it folds."""
    fresh.migrate()
    texts = fresh.sql("""
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname IN ('lockbox', 'audit')
        UNION ALL SELECT viewname, definition FROM pg_views WHERE schemaname IN ('lockbox', 'audit')
        UNION ALL SELECT proname, pg_get_functiondef(oid) FROM pg_proc
                   WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('lockbox', 'audit'))
        UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE connamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('lockbox', 'audit'))""")
    folding = {name: re.findall(r"\b(?:lower|upper)\((?:[^()]|\([^()]*\))*\)|ilike|~~?\*", text, re.IGNORECASE) for name, text in texts}
    assert any(folding.values())
    assert {name: calls for name, calls in folding.items() if any('COLLATE "C"' not in call for call in calls)} == {}


@BOTH
def test_a_worker_waits_for_an_older_schema_to_be_migrated(fresh, which):
    fresh.migrate(scripts(which)[0])
    child, port = fresh.worker()
    wait_until(lambda: "older" in fresh.stack.ready(port) and "lockboxctl db migrate" in fresh.stack.ready(port), "it says that it is older")
    [said] = [line for line in fresh.log() if "older" in line["message"]]
    assert (said["level"], said["found"], said["needed"]) == ("error", 0, last_version(which))
    fresh.migrate(*scripts(which)[1:])
    wait_until(lambda: fresh.stack.ready(port) == "ready", "it is ready", 60)
    assert child.poll() is None


@BOTH
def test_a_worker_refuses_a_schema_that_is_too_new_for_it(fresh, which):
    fresh.migrate()
    fresh.sql(f"UPDATE {which}.schema_version SET version = 900, oldest_program = {last_version(which) + 1}")
    child, port = fresh.worker()
    assert child.wait(30) == 3
    said = [line for line in fresh.log() if line["level"] == "error"]
    assert [(line["found"], line["known"]) for line in said] == [(900, last_version(which))] and "newer" in said[0]["message"]
    assert fresh.log()[-1] | {"message": "ended", "status": 3} == fresh.log()[-1]


@BOTH
def test_a_worker_stays_on_a_newer_schema_that_says_it_may(fresh, which):
    fresh.migrate()
    fresh.sql(f"UPDATE {which}.schema_version SET version = 900, oldest_program = {last_version(which)}")
    child, port = fresh.worker()
    wait_until(lambda: fresh.stack.ready(port) == "ready", "it is ready", 60)
    # Nor does it stay when a later change leaves it behind: the next connection is refused.
    fresh.sql(f"UPDATE {which}.schema_version SET oldest_program = 900")
    fresh.server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{fresh.name}'")
    assert child.wait(30) == 3

"""Flyway, unchanged, over schemas/db: it makes what `lockboxctl db migrate` makes. On a PostgreSQL that has seen neither."""
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.debian import POSTGRES, java  # noqa: E402
from support.stack import REPOSITORY, Stack  # noqa: E402

BOTH = pytest.mark.parametrize("which", ["lockbox", "audit"])
PG_DUMP = POSTGRES / "pg_dump"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("flyway"))
    stack.up("postgres")
    yield stack
    stack.wipe()


def url_of(stack, database: str) -> str:
    return urlunsplit(urlsplit(stack.env["LOCKBOX_SUPERUSER_URL"])._replace(path=f"/{database}"))


def flyway(stack, which: str, command: str) -> str:
    """As docs/operate.md has it."""
    server = urlsplit(stack.env["LOCKBOX_SUPERUSER_URL"]).netloc.rpartition("@")[2]
    done = subprocess.run([java(), "-cp", f"{os.environ['LOCKBOX_DEV_FLYWAY_JARS']}/*",
                           "org.flywaydb.commandline.Main", f"-url=jdbc:postgresql://{server}/flyway_{which}", "-user=postgres",
                           f"-locations=filesystem:schemas/db/{which}", command], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated(stack):
    """What Flyway says of each database; it comes first, and so finds no role either."""
    with psycopg.connect(url_of(stack, "postgres"), autocommit=True) as connection:
        for which in ("lockbox", "audit"):
            connection.execute(f"CREATE DATABASE flyway_{which}")
    said = {which: flyway(stack, which, "migrate") for which in ("lockbox", "audit")}
    stack.tool("db", "migrate")
    return said


@BOTH
def test_it_runs_every_script(migrated, which):
    scripts = list((REPOSITORY / "schemas/db" / which).iterdir())
    assert f"Successfully applied {len(scripts)} migrations" in migrated[which]


@BOTH
def test_it_makes_what_db_migrate_makes(stack, migrated, which):
    dumps = [subprocess.run([PG_DUMP, "--schema-only", f"--schema={which}", url_of(stack, database)], capture_output=True,
                            text=True, check=True).stdout for database in (f"flyway_{which}", which)]
    flyways, ours = [[line for line in dump.splitlines() if not line.startswith(("\\", "--"))] for dump in dumps]
    assert len(ours) > 100 and flyways == ours


@BOTH
def test_a_second_time_there_is_nothing_to_do(stack, migrated, which):
    assert "No migration necessary" in flyway(stack, which, "migrate")
    flyway(stack, which, "validate")


def test_the_page_has_its_arguments(stack):
    page = " ".join((REPOSITORY / "docs/operate.md").read_text().split())
    assert "flyway -url=jdbc:postgresql://db.example/lockbox -user=postgres -locations=filesystem:schemas/db/lockbox migrate" in page

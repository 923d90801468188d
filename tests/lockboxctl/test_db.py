"""db migrate and db status, each test on two databases of its own in the stack's PostgreSQL."""
import hashlib
import json
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from support.sql import as_role

SCRIPTS = Path(__file__).resolve().parents[2] / "schemas/db"
NOWHERE = "postgresql://ann:xyzzy-secret@127.0.0.1:1/lockbox"


def other_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class Empty:
    """Two databases without a table."""

    def __init__(self, ctl, superuser_url: str):
        self.ctl, self.superuser_url = ctl, superuser_url
        self.names = {which: f"ctl_{which}_{secrets.token_hex(4)}" for which in ("lockbox", "audit")}
        self.urls = {which: other_database(superuser_url, name) for which, name in self.names.items()}
        self.settings = {"LOCKBOX_DATABASE_URL": self.urls["lockbox"],
                         "LOCKBOX_AUDIT_DATABASE_URL": self.urls["audit"]}
        for name in self.names.values():
            self.server(f"CREATE DATABASE {name}")

    def server(self, statement: str) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(statement)

    def sql(self, statement: str, which: str = "lockbox") -> list:
        with psycopg.connect(self.urls[which], autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def db(self, *arguments, **settings) -> subprocess.CompletedProcess:
        return self.ctl("db", *arguments, **{**self.settings, **settings})

    def recorded(self, which: str = "lockbox") -> list:
        return self.sql("SELECT version, checksum FROM public.lockbox_migration ORDER BY version", which)

    def drop(self) -> None:
        for name in self.names.values():
            self.server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(ctl, stack):
    empty = Empty(ctl, stack.env["LOCKBOX_SUPERUSER_URL"])
    yield empty
    empty.drop()


@pytest.fixture
def migrated(empty):
    done = empty.db("migrate")
    assert done.returncode == 0, done.stderr
    return empty


def checksums(which: str) -> list:
    scripts = sorted((SCRIPTS / which).glob("V*.sql"))
    return [(int(script.name[1:4]), hashlib.sha256(script.read_bytes()).hexdigest()) for script in scripts]


def test_migrates_both_and_records_what_sha256sum_says(empty):
    done = empty.db("migrate")
    assert done.returncode == 0, done.stderr
    for which in ("lockbox", "audit"):
        assert empty.recorded(which) == checksums(which)
        assert f"{which}: V001" in done.stdout
    assert empty.sql("SELECT count(*) FROM lockbox.request") == [(0,)]
    assert empty.sql("SELECT count(*) FROM audit.event", "audit") == [(0,)]


def test_a_second_time_does_nothing(migrated):
    before = migrated.sql("SELECT * FROM public.lockbox_migration")
    done = migrated.db("migrate")
    assert (done.returncode, done.stdout.count("up to date")) == (0, 2), done.stderr
    assert migrated.sql("SELECT * FROM public.lockbox_migration") == before


def test_two_at_once_are_harmless(empty):
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: empty.db("migrate"), range(4)))
    assert [run.returncode for run in runs] == [0] * 4, [run.stderr for run in runs]
    assert "".join(run.stdout for run in runs).count("applied in") == sum(len(checksums(w)) for w in empty.names)


def test_a_dry_run_changes_nothing(empty):
    done = empty.db("migrate", "--dry-run")
    assert done.returncode == 0 and "would be applied" in done.stdout
    assert empty.sql("SELECT to_regclass('public.lockbox_migration')::text, to_regnamespace('lockbox')::text") == \
        [(None, None)]


def test_only_one_of_the_two(empty):
    assert empty.db("migrate", "--only", "audit").returncode == 0
    assert empty.recorded("audit") == checksums("audit")
    assert empty.sql("SELECT to_regclass('public.lockbox_migration')::text") == [(None,)]
    wrong = empty.db("migrate", "--only", "both")
    assert wrong.returncode == 2 and "--only" in wrong.stderr


def test_a_script_that_changed_since_is_refused(migrated):
    migrated.sql("UPDATE public.lockbox_migration SET checksum = repeat('0', 64) WHERE version = 1")
    done = migrated.db("migrate")
    assert done.returncode == 1
    assert "V001 (lockbox) was applied as another script" in done.stderr and "0" * 64 in done.stderr
    rows = json.loads(migrated.db("status", "-o", "json").stdout)
    assert [row["state"] for row in rows if (row["database"], row["version"]) == ("lockbox", 1)] == ["changed"]


def test_a_database_newer_than_the_program_is_refused(migrated):
    migrated.sql("INSERT INTO public.lockbox_migration VALUES (900, 'from_tomorrow', '00')")
    done = migrated.db("migrate")
    assert done.returncode == 1 and "V900 (from_tomorrow)" in done.stderr and "newer" in done.stderr
    assert migrated.db("status").returncode == 1


def test_a_script_that_is_missing_below_later_ones_is_refused(migrated):
    migrated.sql("DELETE FROM public.lockbox_migration WHERE version = 7")
    done = migrated.db("migrate")
    assert done.returncode == 1 and "V008 (worker_settles) was applied before an earlier one" in done.stderr


AS_IT_WAS = """CREATE OR REPLACE FUNCTION lockbox.snapshot(lockbox.request) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{' || ($1).standing || ',' || lockbox.consent_kept(($1).consent, ($1).kept) || ',' || ($1).particulars || '}')::json"""


def test_a_script_that_fits_any_later_version_comes_late(migrated):
    definition = "SELECT prosrc, proacl::text, proowner FROM pg_proc WHERE oid = 'lockbox.snapshot'::regproc"
    before = migrated.sql(definition)
    migrated.sql("DELETE FROM public.lockbox_migration WHERE version IN (5, 19)")
    migrated.sql(AS_IT_WAS)
    assert migrated.db("status").returncode == 1
    done = migrated.db("migrate")
    assert done.returncode == 0 and [line.split()[1] for line in done.stdout.splitlines() if "applied in" in line] == ["V005", "V019"], done.stderr
    assert migrated.recorded() == checksums("lockbox") and migrated.sql(definition) == before


# PostgreSQL 15.20 and 17.12 refuse ALTER TABLE with a default where such a function has the table's row type.
KEPT_PARSED = """
SELECT DISTINCT p.oid::regprocedure::text FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
  JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid JOIN pg_class c ON c.oid = t.typrelid AND c.relkind IN ('r', 'p')
 WHERE p.prosqlbody IS NOT NULL AND p.pronamespace::regnamespace::text IN ('lockbox', 'audit')"""


def test_no_function_stands_in_the_way_of_a_new_column(migrated):
    assert migrated.sql(KEPT_PARSED) == [] and migrated.sql(KEPT_PARSED, "audit") == []
    migrated.sql("ALTER TABLE lockbox.request ADD later integer NOT NULL DEFAULT 0")


def test_a_script_that_fails_leaves_nothing(empty):
    empty.sql("CREATE SCHEMA lockbox")
    done = empty.db("migrate", "--only", "lockbox")
    assert done.returncode == 1 and "already exists" in done.stderr and "rolled back" in done.stderr
    assert empty.recorded() == []
    empty.sql("DROP SCHEMA lockbox")
    assert empty.db("migrate", "--only", "lockbox").returncode == 0


def test_status_before_and_after(empty):
    before = empty.db("status", "-o", "json")
    assert before.returncode == 1 and {row["state"] for row in json.loads(before.stdout)} == {"pending"}
    assert empty.db("migrate").returncode == 0
    after = empty.db("status", "-o", "json")
    rows = json.loads(after.stdout)
    assert after.returncode == 0 and {row["state"] for row in rows} == {"applied"}
    assert [(row["version"], row["checksum"]) for row in rows if row["database"] == "audit"] == checksums("audit")


def test_a_worker_may_ask_for_the_status(migrated):
    roles = {"LOCKBOX_DATABASE_URL": as_role(migrated.urls["lockbox"], "lockbox_worker"),
             "LOCKBOX_AUDIT_DATABASE_URL": as_role(migrated.urls["audit"], "lockbox_audit_writer")}
    done = migrated.db("status", **roles)
    assert done.returncode == 0, done.stderr
    refused = migrated.db("migrate", **{**roles, "LOCKBOX_DATABASE_URL": as_role(empty_url(migrated), "lockbox_worker")})
    assert refused.returncode == 1 and "permission denied" in refused.stderr


def empty_url(databases: Empty) -> str:
    """A database that nobody has migrated: the server's own."""
    return other_database(databases.superuser_url, "postgres")


def test_a_database_that_is_not_there(ctl):
    done = ctl("db", "migrate", LOCKBOX_DATABASE_URL=NOWHERE, LOCKBOX_AUDIT_DATABASE_URL=NOWHERE)
    assert done.returncode == 3
    assert "LOCKBOX_DATABASE_URL" in done.stderr and "LOCKBOX_AUDIT_DATABASE_URL" in done.stderr
    assert "xyzzy-secret" not in done.stdout + done.stderr


def test_nobody_is_given_a_file_of_keys_that_has_none(empty, stack):
    """The logs' names are theirs from the first record on; before it a redirected `audit vkey` would trust nothing, quietly."""
    empty.db("migrate")
    done = empty.ctl("audit", "vkey", **empty.settings, LOCKBOX_CHECKPOINT_KEY_FILE=stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"])
    assert (done.returncode, done.stdout) == (1, "") and "its first record begins one" in done.stderr


def test_what_is_accepted_is_one_answer(migrated):
    found = {"lockbox": "lockbox.decider", "audit": "lockbox.auditor"}

    def accept(*only):
        done = migrated.ctl("offsets", "accept", "--by", "jo,jo@lockbox.example", "--reason", "test", "-o", "json", *only, **migrated.settings)
        return done.returncode, json.loads(done.stdout)

    for only in ([], ["--only", "lockbox"], ["--only", "audit"]):
        for which, consumer in found.items():
            migrated.sql(f"""INSERT INTO {which}.set_back (consumer, topic, "partition", next_offset, committed_offset)
                             VALUES ('{consumer}', 'lockbox.decisions.v1', 3, 17, 21) ON CONFLICT DO NOTHING""", which)
        assert accept(*only) == (0, [{"consumer": consumer, "topic": "lockbox.decisions.v1", "partition": 3, "next_offset": 17, "committed_offset": 21}
                                     for which, consumer in found.items() if which in only or not only])
        assert accept(*only) == (1, [])

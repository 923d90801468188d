"""The store and its logs: every record once, heads that anybody can recompute, checkpoints that are signed once."""
import json
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg.errors import InsufficientPrivilege

from support import merkle
from support.audit import TOPICS, audit_complaints, ends_of_kafka, everything_in_kafka
from support.audited import CHECKPOINTS, Another, Store, new_key, new_store, public_key
from support.sql import Database
from support.stack import BINARIES
from support.waiting import wait_until


def some_records(seed: int, count: int) -> list[tuple]:
    """Of any kind: nothing is too broken to be kept."""
    chance = random.Random(seed)
    return [(chance.choice([None, b"", chance.randbytes(8)]),
             chance.choice([None, b"", b"{}", b'{"id":"\\u0000"}', chance.randbytes(chance.randrange(300))]),
             [(chance.choice(["a", "content-type", "ce_id"]), chance.choice([None, b"", chance.randbytes(5)]))
              for _ in range(chance.randrange(3))]) for _ in range(count)]


def small(count: int) -> list[tuple]:
    return [(b"k", b"%d" % number, []) for number in range(count)]


@pytest.fixture(scope="module")
def filled(store):
    """Logs of any size up to one that fills a tile of the second level, and one with holes."""
    for partition, size in enumerate((1, 2, 3, 255, 256, 257, 1000)):
        store.fill("lockbox.decisions.v1", partition, some_records(partition, size))
    store.fill("lockbox.events.v1", 0, small(66_000))
    for number in range(3):
        store.fill("lockbox.events.v1", 1, small(100), transaction=f"filler-{number}")
    store.fill("lockbox.events.v1", 1, small(1))
    store.await_auditor()
    store.await_checkpoints()


def all_complaints(store, topics: list[str] = TOPICS) -> list[str]:
    """Every record is there once, as it was; heads, tiles and checkpoints are what Kafka's records amount to."""
    store.await_auditor()
    kafka = everything_in_kafka(store, topics)
    assert audit_complaints(store, kafka) == ["lockbox.events.v1/1: 3 missing of 0–303"]
    return store.complaints(kafka)


def test_the_store_is_what_kafkas_records_amount_to(store, filled):
    assert all_complaints(store) == []
    tiles = store.audit.row("SELECT count(*) FILTER (WHERE level = 1) AS upper, count(*) AS all FROM audit.tile")
    assert tiles.upper == 1 and tiles.all > 256


def test_a_large_value_is_compressed_by_lz4_in_every_month(store):
    store.fill("lockbox.events.v1", 2, [(b"large", b"one sentence after the other. " * 200, [])])
    store.await_auditor()
    assert store.audit.value("SELECT pg_column_compression(raw) FROM audit.event WHERE key = 'large'") == "lz4"
    assert store.audit.rows("""SELECT t.relid::regclass FROM pg_partition_tree('audit.event') AS t
        JOIN pg_attribute a ON a.attrelid = t.relid WHERE a.attname = 'raw' AND a.attcompression <> 'l'""") == []


def test_completeness_counts_holes(store, filled):
    row = store.auditor.row("SELECT * FROM audit.completeness WHERE topic = 'lockbox.events.v1' AND \"partition\" = 1")
    assert tuple(row) == ("lockbox.events.v1", 1, 0, 303, 301, 3)  # each transaction's end is an offset without a record


def test_checkpoints_are_signed_and_published_in_order(store, filled):
    key = public_key(Path(store.stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"]))
    published: dict[str, list[str]] = {}
    for _, record in sorted(everything_in_kafka(store, [CHECKPOINTS]).items()):
        published.setdefault(record.key.decode(), []).append(record.value.decode())
    rows = store.auditor.rows("SELECT * FROM audit.checkpoint ORDER BY number")
    assert {row.topic for row in rows} == {"lockbox.decisions.v1", "lockbox.events.v1"}
    for row in rows:
        assert row.origin == f"lockbox.example/dev/{row.topic}/{row.partition}"
        assert merkle.checkpoint(row.note, [key]) == (row.origin, row.size, row.root)
        assert row.key_id == merkle.key_id(row.origin, key).hex()
    stored: dict[str, list[str]] = {}
    for row in rows:
        stored.setdefault(row.origin, []).append(row.note)
    assert published == stored
    assert [row.public_key for row in store.auditor.rows("SELECT * FROM audit.checkpoint_key")] == [key]


def test_what_was_stored_and_not_published_is_published_after_a_crash(store, filled):
    def published() -> int:
        return len(everything_in_kafka(store, [CHECKPOINTS]))
    before = published()
    place = "lockbox.decisions.v1", 6
    store.audit.rows('UPDATE audit.publication SET size = 0 WHERE topic = %s AND "partition" = %s', *place)
    again = len(store.checkpoints(*place))
    assert again > 0
    store.stack.kill("auditor")
    wait_until(lambda: published() == before + again, "published again")
    store.await_checkpoints()
    store.stack.await_ready("auditor")


def test_kills_lose_and_repeat_nothing(store, filled):
    for round in range(3):
        store.fill("lockbox.tickets.v1", round % 2, some_records(100 + round, 3000))
        store.stack.kill("auditor")
        store.fill("lockbox.tickets.v1", 2, some_records(200 + round, 500))
        store.stack.await_ready("auditor")
    store.await_auditor()
    store.await_checkpoints()
    assert all_complaints(store, ["lockbox.tickets.v1", CHECKPOINTS]) == []


def test_two_auditors_and_one_that_slept_sign_each_head_once(store, filled):
    second = Another(store, "2", LOCKBOX_INSTANCE="")
    try:
        wait_until(lambda: second.page("/readyz")[0] == 200 and second.metric("lockbox_partitions") > 10, "shared", 60)
        for partition in range(8):
            store.fill("lockbox.tenants.v1", partition, some_records(300 + partition, 400))
        store.await_auditor()
        assert second.metric("lockbox_records_total") > 0
        second.child.send_signal(signal.SIGSTOP)
        for partition in range(8):
            store.fill("lockbox.tenants.v1", partition, some_records(400 + partition, 400))
        store.await_auditor()
        second.child.send_signal(signal.SIGCONT)
        for partition in range(8):
            store.fill("lockbox.tenants.v1", partition, some_records(500 + partition, 100))
        store.await_auditor()
        store.await_checkpoints()
        assert second.metric("lockbox_halted") == 0 == store.stack.metrics("auditor")["lockbox_halted"]
    finally:
        second.child.send_signal(signal.SIGCONT)
        second.stop()
    assert all_complaints(store) == []


# ---- rebuilding ----

SAME = {"event": "received_at", "log": "changed_at", "tile": "", "kept_leaf": ""}


def test_the_whole_store_is_built_again_from_kafka(store, filled, stack):
    store.await_auditor()
    store.await_checkpoints()
    rebuilt = new_store(stack, "rebuilt")
    auditor = Another(rebuilt, "3", LOCKBOX_GROUP_PREFIX="rebuild.", LOCKBOX_CHECKPOINT_KEY_FILE="")
    try:
        rebuilt.await_auditor()
        store.await_auditor()
        for table, but in SAME.items():
            assert rebuilt.rows_of(table, but) == store.rows_of(table, but), table
        assert rebuilt.audit.value("SELECT count(*) FROM audit.checkpoint") == 0
    finally:
        auditor.stop()
        rebuilt.close()


def test_another_group_adds_nothing_to_a_store_that_is_filled(store, filled):
    before = store.rows_of("log")
    other = Another(store, "4", LOCKBOX_GROUP_PREFIX="other.")
    try:
        assert "contradicts" in other.await_halt()
        assert store.rows_of("log") == before
    finally:
        other.stop()


# ---- what contradicts itself ----

ALTERED = {
    "head": "UPDATE audit.log SET edge = sha256('x') || substr(edge, 33)",
    "leaf": "UPDATE audit.event SET leaf_hash = sha256('x') WHERE \"offset\" = (SELECT max(\"offset\") FROM audit.event)",
    "tile": "UPDATE audit.tile SET hashes = sha256('x') || substr(hashes, 33) WHERE index = 1",
    "missing tile": "DELETE FROM audit.tile WHERE index = 1",
    "checkpoint": "UPDATE audit.checkpoint SET root = sha256('x') WHERE number = (SELECT max(number) FROM audit.checkpoint)",
    "cut": "UPDATE audit.log SET size = 512, rows = 512, edge = substr(edge, 1, 32)",
}


def alter(store, statement: str) -> None:
    tables = store.audit.rows("SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid"
                              " WHERE c.relnamespace = 'audit'::regnamespace")
    for action in ("DISABLE", "ENABLE ALWAYS"):
        for table in tables:
            store.audit.rows(f"ALTER TABLE {table.name} {action} TRIGGER USER" if action == "DISABLE" else
                             f"ALTER TABLE {table.name} ENABLE TRIGGER USER")
        if action == "DISABLE":
            store.audit.rows(statement)


@pytest.fixture(scope="module")
def original(stack):
    """A store of one topic with 600 records, checkpoint included, and its auditor stopped: to be copied."""
    store = SmallStore(stack, new_store(stack, "original").name)
    admin = AdminClient({"bootstrap.servers": store.bootstrap, "log_level": 0})
    for done in admin.create_topics([NewTopic(store.topic.replace("accesses", short), 1, 1) for short in (
            "tickets", "tenants", "decisions", "accesses", "events", "deadletter", "checkpoints")]).values():
        done.result()
    store.fill(store.topic, 0, small(600))
    auditor = store.start()
    store.await_signed(600)
    auditor.stop()
    store.close()
    return store


class SmallStore(Store):
    topic = "small.accesses.v1"
    settings = {"LOCKBOX_TOPIC_PREFIX": "small.", "LOCKBOX_GROUP_PREFIX": "small."}

    def start(self, **settings: str) -> Another:
        """Its auditor; only one at a time. Kafka's committed offsets are of the copy before, which may have read more."""
        self.auditor_process = auditor = Another(self, "5", **self.settings, **settings)

        def has_looked() -> bool:
            self.audit.rows("SELECT * FROM audit.offsets_accept('tests', 'one copy of several')")
            return auditor.page("/readyz")[0] == 200 or bool(
                re.search(r"^lockbox_halted\S* 1$", auditor.page("/metrics")[1], re.MULTILINE))
        try:
            wait_until(has_looked, "the auditor looked at its partitions", 60)
        except TimeoutError as late:
            raise TimeoutError(f"{late}: {auditor.page('/readyz')}") from None
        return auditor

    def signed(self) -> int:
        return self.audit.value("SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE topic = %s", self.topic)

    def await_signed(self, size: int) -> None:
        wait_until(lambda: self.signed() == size, f"{size} records signed", 60)

    def grow(self, count: int) -> int:
        """How many records there are then, in Kafka: those of other copies, too."""
        self.fill(self.topic, 0, small(count))
        return ends_of_kafka(self, [self.topic])[self.topic, 0][1]


@pytest.fixture
def small_store(stack, original, request):
    """A copy of it, which no auditor has touched yet."""
    name = "copy_" + "".join(c if c.isalnum() else "_" for c in request.node.name.lower())[-40:]
    server = Database(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"])
    server.rows(f"CREATE DATABASE {name} TEMPLATE {original.name}")
    server.close()
    copy = SmallStore(stack, name)
    yield copy
    copy.auditor_process.kill()
    copy.close()


@pytest.mark.parametrize("what", ALTERED)
def test_a_store_that_contradicts_itself_halts_the_auditor_at_its_next_start(small_store, what):
    alter(small_store, ALTERED[what])
    small_store.grow(10)
    assert "contradicts" in small_store.start().await_halt()
    assert small_store.signed() == 600


@pytest.mark.parametrize("what", ["head", "cut"])
def test_a_head_that_changes_while_the_auditor_runs_halts_it(small_store, what):
    size = small_store.grow(10)
    auditor = small_store.start()
    small_store.await_signed(size)
    alter(small_store, ALTERED[what])
    small_store.grow(10)
    assert "contradicts" in auditor.await_halt()
    assert small_store.signed() == size


# ---- tiles above others ----

LARGE = ("lockbox.events.v1", 0)
TILE = "topic = 'lockbox.events.v1' AND \"partition\" = 0 AND index = 0 AND level = 1"


def verify(store) -> list[tuple]:
    done = subprocess.run([BINARIES / "lockboxctl", "audit", "verify", "-o", "json", "--topic", LARGE[0]], capture_output=True,
                          text=True, env=store.stack.worker_environment(LOCKBOX_AUDIT_DATABASE_URL=store.superuser_url))
    found = [(row["topic"], row["partition"], row["offset"], row["what"]) for row in json.loads(done.stdout)]
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def root_of_tile(hashes: bytes) -> bytes:
    return merkle.Tree([hashes[at:at + 32] for at in range(0, len(hashes), 32)]).root(256)


def tamper(store, change: str, *values) -> None:
    """A change of tiles by the database's owner, who puts the trigger that refuses it back."""
    store.audit.rows("ALTER TABLE audit.tile DISABLE TRIGGER refuse_change")
    store.audit.rows(change, *values)
    store.audit.rows("ALTER TABLE audit.tile ENABLE ALWAYS TRIGGER refuse_change")


@pytest.fixture
def tile(store, filled):
    """The full tile of the second level, as it is now and afterwards."""
    assert verify(store) == []
    store.audit.rows(f"CREATE TEMPORARY TABLE before AS SELECT * FROM audit.tile WHERE topic = '{LARGE[0]}'")
    yield store.audit.value(f"SELECT hashes FROM audit.tile WHERE {TILE}")
    tamper(store, f"DELETE FROM audit.tile WHERE topic = '{LARGE[0]}'")
    store.audit.rows("INSERT INTO audit.tile TABLE before")
    store.audit.rows("DROP TABLE before")
    assert verify(store) == []


def change_hash(hashes: bytes, at: int, to: bytes) -> bytes:
    return hashes[:32 * at] + to + hashes[32 * at + 32:]


def test_a_changed_hash_of_the_second_level_is_found(store, tile):
    tamper(store, f"UPDATE audit.tile SET hashes = %s WHERE {TILE}", change_hash(tile, 77, bytes(32)))
    assert verify(store) == [(*LARGE, 77 * 256, "hash 77 of tile 1/0 is not that of the tile below it")]


def test_a_tile_of_the_second_level_that_is_gone_is_found(store, tile):
    tamper(store, f"DELETE FROM audit.tile WHERE {TILE}")
    assert verify(store) == [(*LARGE, 0, "tile 1/0 is missing")]


def test_a_tile_that_fits_the_one_above_is_found(store, tile):
    below = TILE.replace("index = 0 AND level = 1", "index = 77 AND level = 0")
    changed = change_hash(store.audit.value(f"SELECT hashes FROM audit.tile WHERE {below}"), 5, bytes(32))
    tamper(store, f"UPDATE audit.tile SET hashes = %s WHERE {below}", changed)
    tamper(store, f"UPDATE audit.tile SET hashes = %s WHERE {TILE}", change_hash(tile, 77, root_of_tile(changed)))
    assert verify(store) == [(*LARGE, 77 * 256 + 5, "the record is not the one in the log")]


def test_a_tile_of_the_third_level_is_one_too_many(store, tile):
    store.audit.rows("INSERT INTO audit.tile VALUES (%s, %s, 2, 0, %s)", *LARGE, tile)
    assert verify(store) == [(*LARGE, None, "there is a tile 2/0 that a log of this size has not")]


# ---- keys ----

def test_keys_rotate_with_both_signing_for_a_while(small_store, tmp_path):
    old = Path(small_store.stack.env["LOCKBOX_CHECKPOINT_KEY_FILE"])
    new = new_key(tmp_path / "new.pem")
    both = tmp_path / "both.pem"
    both.touch(0o600)
    both.write_bytes(new.read_bytes() + old.read_bytes())
    for file, signers in [(both, [new, old]), (new, [new])]:
        auditor = small_store.start(LOCKBOX_CHECKPOINT_KEY_FILE=str(file))
        small_store.await_signed(small_store.grow(10))
        auditor.stop()
        row = small_store.checkpoints(small_store.topic, 0)[-1]
        assert merkle.checkpoint(row.note, [public_key(key) for key in signers]) == (row.origin, row.size, row.root)
        assert row.key_id == merkle.key_id(row.origin, public_key(new)).hex()
    assert {row.public_key for row in small_store.audit.rows("SELECT * FROM audit.checkpoint_key")} == {
        public_key(old), public_key(new)}


@pytest.mark.parametrize("setting, value", [
    ("LOCKBOX_CHECKPOINT_KEY_FILE", "/nowhere"), ("LOCKBOX_CHECKPOINT_KEY_FILE", "/etc/hostname"),
    ("LOCKBOX_LOG_ORIGIN", "two words"), ("LOCKBOX_LOG_ORIGIN", "a+b"), ("LOCKBOX_CHECKPOINT_INTERVAL", "PT0S")])
def test_a_bad_setting_stops_the_start_and_is_named(store, setting, value):
    auditor = Another(store, "bad", LOCKBOX_INSTANCE="", **{setting: value})
    assert auditor.child.wait(20) == 2
    assert setting in store.stack.log("auditor-bad")


# ---- months that leave ----

def test_a_month_that_is_over_is_summarized_to_its_end(small_store):
    def left_out() -> int:
        return small_store.audit.value(
            "SELECT sum(brin_summarize_new_values(i.indexrelid)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin' WHERE i.indrelid ="
            " to_regclass('audit.event_' || to_char(now() AT TIME ZONE 'UTC' - interval '1 month', 'YYYY_MM'))")
    small_store.audit.rows("SET ROLE lockbox_audit_owner")
    small_store.audit.rows("SELECT audit.make_month(date_trunc('month', now() AT TIME ZONE 'UTC' - interval '1 month'))")
    small_store.audit.rows("RESET ROLE")
    small_store.start().await_ready()
    alter(small_store, """INSERT INTO audit.event
        SELECT (copy).* FROM (SELECT jsonb_populate_record(NULL::audit.event, to_jsonb(e) || jsonb_build_object(
                                         'offset', 1000 + n, 'received_at', now() - interval '1 month')) AS copy
                                FROM (SELECT * FROM audit.event LIMIT 1) AS e, generate_series(1, 30000) AS n) AS copies""")
    small_store.writer.rows("SELECT audit.make_room(now())")
    assert left_out() == 0


CHANGED = '{"specversion":"1.0","data":{"tenant_id":"contoso","subscription_id":"a","change":"lockbox_enabled","at":"2026-01-01T00:00:00Z"}}'


def test_a_detached_month_breaks_neither_appends_nor_proofs(small_store):
    month = small_store.audit.value("SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date - 1")
    small_store.audit.rows("SELECT audit.make_month(date_trunc('month', %s::timestamptz))", month)
    alter(small_store, f"""INSERT INTO audit.event (topic, "partition", "offset", received_at, headers, raw, type, tenant_id, leaf_hash) VALUES
        ('other.events.v1', 0, 0, clock_timestamp(), '', convert_to('{CHANGED}', 'UTF8'), 'lockbox.tenant.changed.v1', 'contoso', '')""")
    alter(small_store, "UPDATE audit.event SET received_at = received_at - interval '1 month'")
    small_store.audit.rows("INSERT INTO audit.legal_hold (since, until, reason) VALUES (%s, %s::date + 1, 'case 7')", month, month)
    with pytest.raises(Exception, match="legal hold 1: case 7"):
        small_store.audit.rows("SELECT audit.detach_month(%s)", month)
    small_store.audit.rows("UPDATE audit.legal_hold SET lifted_at = now()")
    with pytest.raises(Exception, match="is not over"):
        small_store.audit.rows("SELECT audit.detach_month(now()::date)")
    small_store.audit.rows("SELECT audit.detach_month(%s)", month)
    assert small_store.audit.value("SELECT count(*) FROM audit.event WHERE topic = %s", small_store.topic) == 0
    # What its tenants set is in force still.
    assert small_store.audit.value("SELECT count(*) FROM audit.set_between('contoso', 'lockbox', 'A', now(), now()) WHERE set_between ->> 'at' = '2026-01-01T00:00:00Z'") == 1
    size = small_store.grow(500)
    auditor = small_store.start()
    small_store.await_signed(size)
    auditor.stop()
    leaves = [merkle.leaf_hash(record) for record in records_of(small_store)]
    tree = merkle.Tree(leaves)
    log = small_store.audit.row("SELECT * FROM audit.log WHERE topic = %s", small_store.topic)
    assert (log.size, log.edge) == (size, tree.edge(size))
    tiles = small_store.audit.rows("SELECT level, index, hashes FROM audit.tile WHERE topic = %s", small_store.topic)
    assert {(row.level, row.index): row.hashes for row in tiles} == tree.tiles(size)


def records_of(store):
    records = everything_in_kafka(store, [store.topic])
    return [records[place] for place in sorted(records)]


# ---- who may what ----

TABLES = ["event", "log", "tile", "kept_leaf", "checkpoint", "checkpoint_key"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_changes_what_is_there(store, filled, table, statement):
    """By privilege, and where somebody has that: by trigger, as long as he leaves those in place."""
    column = store.audit.value("SELECT column_name FROM information_schema.columns WHERE table_schema = 'audit'"
                               " AND table_name = %s AND column_name NOT IN ('number', 'size', 'rows', 'edge', 'changed_at') LIMIT 1", table)
    statement = statement.format(f"audit.{table}", column, column)
    for database in (store.writer, store.auditor, store.audit):
        with pytest.raises(InsufficientPrivilege):
            database.rows(statement)


def test_nor_in_a_month_by_itself(store, filled):
    month = store.audit.value("SELECT 'audit.event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
    for statement in (f"UPDATE {month} SET raw = ''", f"DELETE FROM {month}", f"TRUNCATE {month}"):
        for database in (store.writer, store.auditor, store.audit):
            with pytest.raises(InsufficientPrivilege):
                database.rows(statement)


@pytest.mark.parametrize("statement", [
    "UPDATE audit.log SET size = size - 1", "UPDATE audit.log SET edge = edge", "UPDATE audit.log SET base = base + 1",
    "SELECT audit.make_month('2040-01-01')", "SELECT audit.detach_month('2020-01-01')",
    "SELECT audit.make_room('2040-01-01')", "INSERT INTO audit.kept_leaf VALUES ('x', 0, 0, '')",
    "INSERT INTO audit.legal_hold (since, until, reason) VALUES ('2020-01-01', '2021-01-01', 'x')"])
def test_the_writer_only_adds(store, filled, statement):
    with pytest.raises(Exception) as error:
        store.writer.rows(statement)
    assert isinstance(error.value, InsufficientPrivilege) or "clock says" in str(error.value)


def test_no_head_is_signed_twice(store, filled):
    with pytest.raises(Exception, match="checkpoint_topic_partition_size_key"):
        store.writer.rows("""INSERT INTO audit.checkpoint (topic, "partition", origin, size, root, key_id, note)
                             SELECT topic, "partition", origin, size, root, key_id, 'another' FROM audit.checkpoint LIMIT 1""")

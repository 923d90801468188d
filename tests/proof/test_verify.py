"""audit verify on a store that is right, its words, and its exit codes."""
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from support.audit import await_auditor
from support.translog import Verifier
from support.waiting import wait_until

from conftest import ACCESSES, await_signed, publish


def test_all_is_right(ctl, signed):
    done = ctl("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    records = signed.execute("SELECT sum(rows) FROM audit.log").fetchone()[0]
    checkpoints = signed.execute("SELECT count(*) FROM audit.checkpoint").fetchone()[0]
    said = re.match(r"(\d+) records, (\d+) checkpoints, (\d+) logs in", done.stdout)
    assert int(said[1]) >= records and int(said[2]) >= checkpoints > 3
    assert json.loads(ctl("audit", "verify", "-o", "json").stdout) == []


def test_it_is_the_same_in_kafka(ctl, signed):
    done = ctl("audit", "verify", "--kafka")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ records are the same in Kafka; 0 are no longer there", done.stdout)


def test_a_store_that_grows_meanwhile_is_right(ctl, stack, signed):
    """Records, tiles and checkpoints come while they are looked at."""
    enough = threading.Event()

    def grow() -> None:
        for seed in count(1000):
            publish(stack, {partition: 12 for partition in range(4)}, seed)
            if enough.is_set():
                return
    size = "SELECT sum(size), (SELECT count(*) FROM audit.checkpoint) FROM audit.log"
    before = signed.execute(size).fetchone()

    def grown(after) -> bool:
        return after[0] > before[0] + 256 and after[1] > before[1]
    with ThreadPoolExecutor(1) as pool:
        growing = pool.submit(grow)
        try:
            for options in ((), ("--kafka",), ("--leaves",), ("--kafka",), ()):
                done = ctl("audit", "verify", *options)
                assert done.returncode == 0, done.stdout + done.stderr
            assert not growing.done()
            wait_until(lambda: grown(signed.execute(size).fetchone()), "it has grown meanwhile, and is signed")
        finally:
            enough.set()
        growing.result()


def test_what_kafka_has_otherwise_is_found(ctl, stack, system, signed):
    """The store is whole by itself, its checkpoints are signed: but that is not what was written to Kafka."""
    publish(stack, {5: 3}, 99)
    await_signed(system, signed)
    offset = signed.execute('SELECT max("offset") FROM audit.event WHERE topic = %s AND "partition" = 5', [ACCESSES]).fetchone()[0]
    stack.down("auditor")
    try:
        publish(stack, {5: 2}, 100)
        done = ctl("audit", "verify", "--kafka")
        assert done.returncode == 1 and "2 records behind Kafka" in done.stderr
    finally:
        stack.up("auditor")
    await_auditor(system)
    assert ctl("audit", "verify", "--kafka").returncode == 0
    assert offset >= 2


def test_a_range(ctl, signed):
    place = ("--topic", ACCESSES, "--partition", 0)
    for offsets in ("0", "0..0", "255..256", "100..600", "513..732"):
        done = ctl("audit", "verify", *place, "--offsets", offsets)
        assert done.returncode == 0, offsets + done.stdout + done.stderr
    assert ctl("audit", "verify", *place).returncode == 0


def test_wrong_usage(ctl, bare, signed):
    assert ctl("audit", "verify", "--partition", "1").returncode == 2
    assert ctl("audit", "verify", "--topic", ACCESSES, "--partition", 0, "--offsets", "7..3").returncode == 2
    assert ctl("audit", "verify", "--topic", ACCESSES, "--partition", 0, "--offsets", "0..99999").returncode == 2
    assert ctl("audit", "verify", "--topic", ACCESSES, "--partition", 0, "--offsets", f"{2**63 - 1}").returncode == 2
    assert ctl("audit", "verify", "--topic", "nonsense").returncode == 1
    assert bare("audit", "verify").returncode == 2  # no key to trust
    assert ctl("audit", "verify", LOCKBOX_AUDIT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/audit").returncode == 3


def test_vkeys_are_those_of_the_logs(ctl, signed):
    done = ctl("audit", "vkey")
    assert done.returncode == 0
    verifiers = [Verifier.read(line) for line in done.stdout.splitlines()]
    logs = signed.execute("SELECT count(*) FROM audit.log WHERE topic NOT LIKE '%checkpoints%'").fetchone()[0]
    assert len(verifiers) == logs and len({verifier.key for verifier in verifiers}) == 1
    for note, origin in signed.execute("SELECT note, origin FROM audit.checkpoint").fetchall():
        assert next(verifier for verifier in verifiers if verifier.name == origin).time_of(note) == 0


def test_the_vkeys_alone_are_enough_to_verify(ctl, signed, tmp_path):
    keys = tmp_path / "vkeys.txt"
    keys.write_text("# given by hand\n" + ctl("audit", "vkey").stdout.splitlines()[0] + "\n")
    done = ctl("audit", "verify", LOCKBOX_CHECKPOINT_KEY_FILE="", LOCKBOX_CHECKPOINT_VKEYS_FILE=str(keys))
    assert done.returncode == 0, done.stdout + done.stderr
    made = ctl("keygen", tmp_path / "another.pem")
    keys.write_text(made.stdout)
    done = ctl("audit", "verify", "-o", "json", LOCKBOX_CHECKPOINT_KEY_FILE="", LOCKBOX_CHECKPOINT_VKEYS_FILE=str(keys))
    assert done.returncode == 1
    assert {found["what"].split(": ")[1] for found in json.loads(done.stdout)} == {"it is signed by no key that is trusted"}


def test_keygen_overwrites_nothing(bare, tmp_path):
    path = tmp_path / "checkpoint.pem"
    done = bare("keygen", path, LOCKBOX_LOG_ORIGIN="lockbox.example/somewhere")
    assert done.returncode == 0 and Verifier.read(done.stdout.strip()).name == "lockbox.example/somewhere"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    assert bare("keygen", path).returncode == 1 and path.read_text() == before


LEAVES = "(text, integer, bigint, bigint)"
SLY = "CREATE TYPE audit.sly AS ENUM ('12345678'); " + "".join(
    f"CREATE FUNCTION audit.sly_{name}(audit.sly, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
    f" CREATE OPERATOR audit.{sign} (LEFTARG = audit.sly, RIGHTARG = bigint, FUNCTION = audit.sly_{name}); "
    for name, sign in (("ge", ">="), ("lt", "<")))
LIES = {  # what its owner may do to the store, and undo: it answers with rows that nobody asked for
    "leaves": (f"""ALTER FUNCTION audit.leaf_hashes{LEAVES} RENAME TO true_hashes;
                   CREATE FUNCTION audit.leaf_hashes{LEAVES} RETURNS TABLE ("offset" bigint, leaf_hash bytea) LANGUAGE sql
                   AS 'SELECT "offset" + 9999999, leaf_hash FROM audit.true_hashes($1, $2, $3, $4)'""",
               f"DROP FUNCTION audit.leaf_hashes{LEAVES}; ALTER FUNCTION audit.true_hashes{LEAVES} RENAME TO leaf_hashes"),
    "tiles": (f"""ALTER TABLE audit.tile RENAME TO true_tile; {SLY}
                  CREATE VIEW audit.tile AS SELECT topic, "partition", level, '12345678'::audit.sly AS index, hashes FROM audit.true_tile;
                  GRANT SELECT ON audit.tile TO PUBLIC""",
              "DROP TYPE audit.sly CASCADE; DROP VIEW IF EXISTS audit.tile; ALTER TABLE audit.true_tile RENAME TO tile"),
    "records": ("""ALTER TABLE audit.event RENAME TO true_event;
                   CREATE VIEW audit.event AS SELECT true_event.* FROM audit.true_event CROSS JOIN generate_series(1, 2);
                   GRANT SELECT ON audit.event TO PUBLIC""",
                "DROP VIEW audit.event; ALTER TABLE audit.true_event RENAME TO event"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_store_that_lies_is_found_out_and_breaks_nothing(ctl, stack, system, signed, tmp_path, lie):
    await_signed(system, signed)
    place = ("--topic", ACCESSES, "--partition", 1)
    stack.down("auditor")
    last = signed.execute("SELECT size - 1 FROM audit.log WHERE topic = %s AND partition = 1", [ACCESSES]).fetchone()[0]
    ranges = ("verify", *place, "--offsets", f"{last - 10}..{last}")  # of a tile that is not whole
    export = ("export", "--out", tmp_path / "lie.tar", "--from", "2020-01-01T00:00:00Z", "--to", "2090-01-01T00:00:00Z")
    commands = {"leaves": [("proof", ACCESSES, 1, last), ranges], "tiles": [("verify",)], "records": [export]}[lie]
    lying, undone = LIES[lie]
    signed.execute(lying)
    try:
        for command in commands:
            done = ctl("audit", *command)
            assert done.returncode == 1, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
    finally:
        signed.execute(undone)
        stack.up("auditor")
    assert ctl("audit", "verify").returncode == 0

"""audit verify on a store that is right, its words, and its exit codes."""
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

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

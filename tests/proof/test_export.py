"""Exports and proofs, as verifiers take them that share nothing with Lockbox: Python's of docs/, Go's of tests/proof/go."""
import io
import json
import os
import random
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from support.events import Outgoing
from support.translog import Proof, Verifier, leaf_bytes

from conftest import ACCESSES, REPOSITORY, await_signed

ALL = ("--from", "2020-01-01T00:00:00Z", "--to", "2090-01-01T00:00:00Z")
VERIFIER = REPOSITORY / "docs/verify_export.py"


def python(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, VERIFIER, *map(str, arguments)], capture_output=True, text=True)


def go(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([os.environ["LOCKBOX_DEV_TRANSLOG"], *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def export(ctl, signed, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("export") / "all"
    done = ctl("audit", "export", "--out", path, *ALL)
    assert done.returncode == 0, done.stderr
    return path


def records_of(path: Path) -> int:
    return len(list(path.rglob("*.leaf")))


def test_three_verifiers_agree(bare, export, signed):
    count = records_of(export)
    stored = signed.execute("SELECT count(*) FROM audit.event WHERE topic NOT LIKE '%checkpoints%'").fetchone()[0]
    assert count == json.loads((export / "manifest.json").read_text())["records"] and 700 < count <= stored
    ours = bare("audit", "verify", export)
    assert ours.returncode == 0 and ours.stdout.startswith(f"{count} records of ") and "vkeys.txt" in ours.stdout
    theirs = python(export)
    assert theirs.returncode == 0 and theirs.stdout.startswith(f"{count} records of "), theirs.stderr
    gos = go("check", export)
    assert (gos.returncode, gos.stdout.strip()) == (0, str(count)), gos.stderr


def test_the_verifier_is_short():
    assert len(VERIFIER.read_text().splitlines()) < 500


def bombs(folder: Path):
    """Small archives that are large once they are read."""
    def archive(name: str, mode: str, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
        with tarfile.open(folder / name, mode) as out:
            for member, body in members:
                member.size = len(body) or member.size
                out.addfile(member, io.BytesIO(body))
        return folder / name
    large = tarfile.TarInfo("manifest.json")
    yield archive("packed.tar", "w:xz", [(large, bytes(600 << 20))])
    sparse = archive("sparse.tar", "w:", [(tarfile.TarInfo("manifest.json"), b"x" * 512)])
    head = bytearray(sparse.read_bytes())
    head[156:157] = b"S"  # GNU's old form of a file with holes: at 386 its parts, at 483 its whole size
    head[386:410] = b"00000000000\0" + b"00000001000\0"
    head[483:495] = b"77777777777\0"
    head[257:265] = b"ustar  \0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head[:512])
    sparse.write_bytes(head)
    yield sparse
    yield archive("many.tar", "w:", [(tarfile.TarInfo(f"records/{number}"), b"") for number in range(6000)])
    yield archive("deep.tar", "w:", [(tarfile.TarInfo("manifest.json"), b"[" * (3 << 20))])


def test_a_small_archive_takes_no_large_memory(bare, tmp_path):
    for path in bombs(tmp_path):
        assert path.stat().st_size < 4 << 20
        limited = f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (400 << 20,) * 2); sys.argv = ['v', {str(path)!r}];" \
                  f" runpy.run_path({str(VERIFIER)!r}, run_name='__main__')"
        done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, timeout=120)
        assert done.returncode == 1 and "Traceback" not in done.stderr, f"{path.name}: {done.stderr[-500:]}"


ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b1m\x7f\u202e"


def hostile(folder: Path, export: Path):
    """Exports in which whoever made them put what steers a terminal: name of each, path."""
    def copy(name: str) -> Path:
        to = folder / name
        to.mkdir()
        for file in ("README.txt", "vkeys.txt", "manifest.json"):
            (to / file).write_bytes((export / file).read_bytes())
        (to / "manifest.json").write_text(json.dumps({**json.loads((export / "manifest.json").read_text()), "records": 0, "logs": []}))
        return to

    def said(to: Path, **more) -> None:
        (to / "manifest.json").write_text(json.dumps({**json.loads((to / "manifest.json").read_text()), **more}))
    foreign = copy("foreign")
    (foreign / ESCAPES).write_text("x")
    (foreign / os.fsdecode(b"\x9b1m\xff")).write_text("x")
    record = copy("record")
    said(record, records=1)
    (record / "records").mkdir()
    for ending in (".leaf", ".tlog-proof"):
        (record / f"records/{ESCAPES}{ending}").write_text("x")
    log = copy("log")
    said(log, logs=[{"topic": ESCAPES, "partition": 0, "origin": ESCAPES, "base": 0, "size": 1}])
    (log / "checkpoints" / ESCAPES).mkdir(parents=True)
    (log / "checkpoints" / ESCAPES / "0.txt").write_text(f"{ESCAPES}\n1\nAAAA\n\n\u2014 {ESCAPES} AAAA\n")
    said(copy("format"), format=ESCAPES, origin=ESCAPES)
    (copy("keys") / "vkeys.txt").write_text(f"{ESCAPES}+00000000+{ESCAPES}\n")
    (copy("torn") / "manifest.json").write_text(ESCAPES)
    for made in [*folder.iterdir()]:
        yield made
        archive = made.with_suffix(".tar")
        with tarfile.open(archive, "w:", format=tarfile.USTAR_FORMAT, errors="surrogateescape") as out:
            out.add(made, "")
        yield archive


def test_a_hostile_export_steers_no_terminal(bare, export, tmp_path):
    """Neither its files' names nor what is in them."""
    for path in hostile(tmp_path, export):
        for done in (bare("audit", "verify", path), python(path), python(path, "--show")):
            said = done.stdout + done.stderr
            assert done.returncode in (1, 2) and "Traceback" not in said, said
            assert not [c for c in said if c != "\n" and not c.isprintable()], f"{path.name}: {said!r}"


def test_a_hostile_record_steers_no_terminal(ctl, system, signed, tmp_path):
    """Whatever --show prints of it."""
    [sent] = system.publisher.send(Outgoing(ACCESSES, "eng-1", f'{{"odd": "{ESCAPES}"}}'.encode()))
    await_signed(system, signed)
    [since] = signed.execute('SELECT kafka_timestamp FROM audit.event WHERE topic = %s AND "partition" = %s AND "offset" = %s', sent.place).fetchone()
    path = tmp_path / "odd.tar"
    assert ctl("audit", "export", "--out", path, "--from", since.isoformat(), *ALL[2:]).returncode == 0
    done = python(path, "--show")
    assert done.returncode == 0 and "owned" in done.stdout, done.stderr
    assert not [c for c in done.stdout if c != "\n" and not c.isprintable()]


def test_an_archive_is_the_same(ctl, bare, export, tmp_path):
    path = tmp_path / "all.tar"
    assert ctl("audit", "export", "--out", path, *ALL).returncode == 0
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", path, "-C", tmp_path / "out"], check=True)
    for verify in (bare("audit", "verify", path), bare("audit", "verify", tmp_path / "out"), python(path)):
        assert verify.returncode == 0, verify.stdout + verify.stderr


def test_keys_given_before_are_asked_for(ctl, bare, export, tmp_path):
    mine, other = tmp_path / "mine.txt", tmp_path / "other.txt"
    mine.write_text(ctl("audit", "vkey").stdout)
    other.write_text(bare("keygen", tmp_path / "key.pem").stdout)
    assert bare("audit", "verify", export, LOCKBOX_CHECKPOINT_VKEYS_FILE=str(mine)).returncode == 0
    assert bare("audit", "verify", export, LOCKBOX_CHECKPOINT_VKEYS_FILE=str(other)).returncode == 1
    assert python(export, "--keys", mine).returncode == 0
    assert python(export, "--keys", other).returncode == 1


def change_a_byte(chance: random.Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def test_whatever_is_changed_in_an_export_is_seen_by_both(ctl, bare, signed, tmp_path):
    """In a record, a proof or a checkpoint; taken away; put in. What nobody signed (README, manifest's words) is not meant."""
    chance = random.Random(6962)
    folder = tmp_path / "changed"
    [since] = signed.execute("SELECT kafka_timestamp FROM audit.event WHERE topic = %s ORDER BY kafka_timestamp DESC OFFSET 20 LIMIT 1",
                             [ACCESSES]).fetchone()
    assert ctl("audit", "export", "--out", folder, "--from", since.isoformat(), *ALL[2:]).returncode == 0
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".leaf", ".tlog-proof", ".txt") and path.name != "README.txt")
    for path in chance.sample(files, 30):
        before = path.read_bytes()
        what = chance.choice(["change", "remove", "add"])
        added = path.with_name(path.name + ".bak")
        if what == "change":
            change_a_byte(chance, path)
        elif what == "remove":
            path.unlink()
        else:
            added.write_bytes(b"x")
        ours, theirs = bare("audit", "verify", folder), python(folder)
        assert (ours.returncode, theirs.returncode) == (1, 1), f"{what} {path}: {ours.stdout}{ours.stderr}{theirs.stdout}"
        added.unlink(missing_ok=True)
        path.write_bytes(before)
    assert bare("audit", "verify", folder).returncode == python(folder).returncode == 0


def members_of(archive: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(archive, "r:") as opened:
        return [(member.name, opened.extractfile(member).read()) for member in opened]


def archive_of(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w:", format=tarfile.USTAR_FORMAT) as out:
        for name, body in members:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            out.addfile(member, io.BytesIO(body))
    return path


def test_a_file_that_is_there_twice_is_seen_by_both(ctl, bare, signed, tmp_path):
    """A record that stands in the place of another one of its log leaves the manifest's counts as they are."""
    path = tmp_path / "all.tar"
    assert ctl("audit", "export", "--out", path, *ALL).returncode == 0
    members = members_of(path)
    assert bare("audit", "verify", archive_of(tmp_path / "same.tar", members)).returncode == 0
    first, other = [[at for at, (name, _) in enumerate(members) if name.startswith(f"records/{ACCESSES}/0/")][i:i + 2] for i in (10, 20)]
    doubled = {"instead": [members[at - other[0] + first[0]] if at in other else member for at, member in enumerate(members)]}
    for at, (name, _) in enumerate(members):
        if name in ("README.txt", "vkeys.txt", f"checkpoints/{ACCESSES}/0.txt"):
            doubled[name.replace("/", "-")] = [*members[:at + 1], *members[at:]]
    assert len(doubled) == 4
    for what, these in doubled.items():
        made = archive_of(tmp_path / f"{what}.tar", these)
        for done in (bare("audit", "verify", made), python(made)):
            assert done.returncode == 1 and "twice" in done.stdout + done.stderr, f"{what}: {done.stdout}{done.stderr}"


def test_proofs_of_single_records(ctl, signed):
    keys = {verifier.name: verifier for verifier in map(Verifier.read, ctl("audit", "vkey").stdout.splitlines())}
    chance = random.Random(1)
    rows = signed.execute('SELECT topic, "partition", "offset", kafka_timestamp_ms, key, headers, raw'
                          " FROM audit.event WHERE topic = %s", [ACCESSES]).fetchall()
    for topic, partition, offset, ms, key, headers, raw in chance.sample(rows, 12):
        done = ctl("audit", "proof", topic, partition, offset)
        assert done.returncode == 0, done.stderr
        proof = Proof.read(done.stdout)
        verifier = keys[f"lockbox.example/dev/{topic}/{partition}"]
        leaf = leaf_bytes(topic, partition, offset, ms, key, headers, raw)
        assert proof.holds(leaf, verifier)
        assert not proof.holds(leaf + b"x", verifier)


def test_what_there_is_no_proof_of(ctl, signed):
    assert ctl("audit", "proof", ACCESSES, 0, 999_999).returncode == 1
    assert ctl("audit", "proof", "nonsense", 0, 0).returncode == 1
    assert ctl("audit", "proof", ACCESSES, 0, "x").returncode == 2
    checkpoints = ACCESSES.replace("accesses", "checkpoints")
    assert ctl("audit", "proof", checkpoints, 0, 0).returncode == 1  # recorded, and under no checkpoint


def test_wrong_selections(ctl, tmp_path, signed):
    out = tmp_path / "out"
    for arguments in ([], ["--from", "2020-01-01T00:00:00Z"], ["--request", "nonsense"], ["--tenant", "a", *ALL],
                      ["--from", "yesterday", "--to", "today"]):
        assert ctl("audit", "export", "--out", out, *arguments).returncode == 2
    assert ctl("audit", "export", "--out", out, "--tenant", "nobody").returncode == 1
    east = ctl("audit", "export", "--out", out, "--from", "1971-01-01T00:00:00+20:00", "--to", "1971-01-02T00:00:00-20:00")
    assert east.returncode == 1 and "has no such records" in east.stderr
    assert not out.exists()


def test_an_export_overwrites_nothing(ctl, export):
    assert ctl("audit", "export", "--out", export, *ALL).returncode == 1

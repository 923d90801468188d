"""docs/verify.html in a browser without a network: it finds what lockboxctl finds."""
import io
import random
import tarfile
from pathlib import Path

import pytest
from support.browser import Browser
from support.waiting import wait_until

from conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/verify.html").read_text()


@pytest.fixture(scope="module")
def archive(ctl, signed, tmp_path_factory) -> Path:
    """The smallest of the three logs, and nothing else."""
    path = tmp_path_factory.mktemp("page") / "export.tar"
    done = ctl("audit", "export", "--out", path, "--from", "2020-01-01T00:00:00Z", "--to", "2090-01-01T00:00:00Z")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser):
    return browser.open(PAGE, 360)


def choose(page, field: str, path: Path) -> None:
    node = page.send("Runtime.evaluate", expression=f"document.getElementById('{field}')")["result"]["objectId"]
    page.send("DOM.enable")
    page.send("DOM.setFileInputFiles", files=[str(path)], objectId=node)


def verdict(page, archive: Path, keys: Path | None = None) -> tuple[str, str]:
    """What the result is marked as, and its words."""
    page.run("document.getElementById('result').className = 'none yet'")
    if keys:
        choose(page, "keys", keys)
    choose(page, "archive", archive)
    wait_until(lambda: page.run("document.getElementById('result').className") in ("right", "wrong", "as-far"), "a verdict", 120)
    return page.run("document.getElementById('result').className"), page.run("document.getElementById('result').textContent")


def changed(archive: Path, path: Path, change) -> Path:
    """The archive with its members (name → bytes) changed."""
    with tarfile.open(archive) as old:
        members = {member.name: old.extractfile(member).read() for member in old if member.isfile()}
    change(members)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as new:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            new.addfile(header, io.BytesIO(content))
    return path


def test_what_is_right(page, bare, archive):
    said = bare("audit", "verify", archive).stdout.split(" ")[0]
    kind, words = verdict(page, archive)
    assert kind == "as-far" and words.startswith(f"{said} records of "), words
    assert page.run("document.querySelectorAll('#records details').length") == int(said)
    assert page.requests == []


def test_keys_that_were_given(page, ctl, bare, archive, tmp_path):
    mine, other = tmp_path / "mine.txt", tmp_path / "other.txt"
    mine.write_text(ctl("audit", "vkey").stdout)
    other.write_text(bare("keygen", tmp_path / "key.pem").stdout)
    assert verdict(page, archive, mine)[0] == "right"
    kind, words = verdict(page, archive, other)
    assert kind == "wrong" and "no trusted key signed the checkpoint" in words


def flip(chance: random.Random, ending: str):
    def change(members: dict[str, bytes]) -> None:
        name = chance.choice(sorted(name for name in members if name.endswith(ending)))
        content = bytearray(members[name])
        content[chance.randrange(len(content))] ^= 1
        members[name] = bytes(content)
    return change


def drop(ending: str):
    return lambda members: members.pop(next(name for name in members if name.endswith(ending)))


def exchange(members: dict[str, bytes]) -> None:
    first, second, *_ = sorted(name for name in members if name.endswith(".leaf"))
    members[first], members[second] = members[second], members[first]


@pytest.mark.parametrize("change", [
    flip(random.Random(1), ".leaf"), flip(random.Random(2), ".leaf"), flip(random.Random(3), ".tlog-proof"), drop(".leaf"),
    drop(".tlog-proof"), drop("manifest.json"), exchange, lambda members: members.update({"records/more.leaf": b"x"}),
    lambda members: members.update({"note.txt": b"x"}),
    lambda members: members.update({"vkeys.txt": b"not a key\n"})],
    ids=["a record", "another", "a proof", "no record", "no proof", "no manifest", "exchanged", "one more", "foreign", "keys"])
def test_whatever_is_changed_is_seen(page, bare, archive, tmp_path, change):
    path = changed(archive, tmp_path / "changed.tar", change)
    kind, words = verdict(page, path)
    assert kind == "wrong" and words.startswith("Not right. "), words
    assert bare("audit", "verify", path).returncode == 1


def test_what_is_no_archive(page, tmp_path):
    path = tmp_path / "photo.tar"
    path.write_bytes(random.Random(7).randbytes(5000))
    assert verdict(page, path)[0] == "wrong"


def test_a_record_cannot_become_markup(page, archive, tmp_path):
    """Values are shown as text, whatever they hold: the page has no other script to run, and runs none."""
    assert "innerHTML" not in PAGE and "'unsafe-inline'" not in PAGE and "default-src 'none'" in PAGE
    page.run("show([{time_ms: 0n, topic: '<b>', partition: 0, offset: 0n, value: new TextEncoder().encode('<img src=x onerror=alert(1)>')}])")
    assert page.run("document.querySelectorAll('#records img, #records b').length") == 0

"""docs/events.md names every type and topic, and the links of the pages on events lead somewhere."""

import json
import re

import pytest

from contract import SCHEMAS, TYPES, channels

PAGE = SCHEMAS.parent / "docs" / "events.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[(lockbox\.\S+)\] \| .* \|$", re.MULTILINE)
EXAMPLE = re.compile(r"^\[(lockbox\.\S+)\]: \.\./schemas/examples/(\S+)/valid-\S+\.json$", re.MULTILINE)


def test_every_type_has_an_example():
    assert sorted(ROW.findall(TEXT)) == sorted(TYPES)
    assert sorted(EXAMPLE.findall(TEXT)) == sorted((name, name) for name in TYPES)


def test_topics_and_keys():
    rows = dict(re.findall(r"^\| (lockbox\.\w+\.v1) \| (.*?) \|", TEXT, re.MULTILINE))
    assert set(rows) == set(channels())
    for topic, (key, _) in channels().items():
        assert key.removeprefix("as ") in rows[topic], topic


@pytest.mark.parametrize("name", ["events.md", "signatures.md"])
def test_links(name):
    page = PAGE.parent / name
    links = [link for link in re.findall(r"\](?:\(|: )([^)\s]+)", page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(("heading", "members"), [
    ("Requests", ("lockbox.request.refused.v1", "data", "request", "reason")),
    ("A tenant's changes", ("lockbox.tenant.change_refused.v1", "data", "reason"))])
def test_every_reason_is_explained_in_its_order(heading, members):
    schema = json.loads((SCHEMAS / f"events/{members[0]}.schema.json").read_text())
    for member in members[1:]:
        schema = schema["properties"][member]
    assert explained(heading) == schema["enum"]


def test_every_verdict_is_explained_in_its_order():
    known = json.loads((SCHEMAS / "events/common.schema.json").read_text())["$defs"]["verdict"]["enum"]
    assert explained("Decisions") == known


def explained(heading: str) -> list[str]:
    """What the first column of the table under a heading names."""
    page = (SCHEMAS.parent / "docs/integrate/refusals.md").read_text()
    section = page.partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)

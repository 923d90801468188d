"""docs/events.md names every type and topic, and the links of the pages on events lead somewhere."""

import re

import pytest

from contract import SCHEMAS, TYPES, channels

PAGE = SCHEMAS.parent / "docs" / "events.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| (lockbox\.\S+) \| .* \| \[\S+\]\(\.\./schemas/examples/(\S+)/valid-\S+\.json\) \|$", re.MULTILINE)


def test_every_type_has_an_example():
    assert sorted(ROW.findall(TEXT)) == sorted((name, name) for name in TYPES)


def test_topics_and_keys():
    rows = dict(re.findall(r"^\| (lockbox\.\w+\.v1) \| (.*?) \|", TEXT, re.MULTILINE))
    assert set(rows) == set(channels())
    for topic, (key, _) in channels().items():
        assert key.removeprefix("as ") in rows[topic], topic


@pytest.mark.parametrize("name", ["events.md", "signatures.md"])
def test_links(name):
    page = PAGE.parent / name
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []

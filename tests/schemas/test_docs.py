"""docs/events.md names every type and topic, and its links lead somewhere."""

import re

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


def test_links():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert [link for link in links if not (PAGE.parent / link).exists()] == []

"""docs/security.md: each part that may be taken over names the tests that try it, and these tests are there."""
import re

import pytest

from support.stack import REPOSITORY

TEXT = (REPOSITORY / "docs/security.md").read_text()
MODEL = re.search(r"^## Threat model\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)[1]
ROWS = dict(re.findall(r"^\*\*([^*]+)\.\*\* (.*?)(?=\n\n|\Z)", MODEL, re.MULTILINE | re.DOTALL))
TEST = re.compile(r"\[(test_\w+)(?:\.py)?\]\(\.\./(tests/[\w/]+/(test_\w+)\.py)\)")


def test_there_are_rows():
    assert {"requester", "decider", "expirer", "relay", "notifier", "authorizer", "auditor", "portal", "operator", "operational database",
            "audit database", "Kafka", "ticketing system", "enforcement point"} <= ROWS.keys()


@pytest.mark.parametrize("part", ROWS)
def test_a_row_names_its_test(part):
    assert TEST.search(ROWS[part]), f"{part}: what is said of it is tried by no test"


def test_each_named_test_is_there_under_its_name():
    named = TEST.findall(TEXT)
    assert len(named) > 20
    assert [path for word, path, name in named if word != name or not (REPOSITORY / path).is_file()] == []


def test_what_is_refused_names_a_test():
    for part, text in ROWS.items():
        for sentence in re.findall(r"Refused[^:.]*:.*?(?=Not stopped|Shown by|Bounded by|$)", text, re.DOTALL):
            assert TEST.search(sentence), f"{part}: {sentence}"

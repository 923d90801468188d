"""Every event is told in words: each valid example, in a timeline and a report, the auditor's columns, the activity log."""

import json

import pytest

from conftest import run
from contract import PREFIX, TOPIC_OF, example_files, example_id, read_json, structured

EXAMPLES = example_files("valid")
# What the activity log leaves to models of its own: events in, mails.
NO_ACTIVITY = ("notification",)


@pytest.fixture(scope="module")
def told():
    """Example → what tell_events says of it."""
    records = [structured(path.parent.name, read_json(path)) for path in EXAMPLES]
    lines = [json.dumps(record | {"topic": record["topic"].removeprefix(PREFIX)}) + "\n" for record in records]
    answers = [json.loads(line) for line in run("tell_events", text="".join(lines)).splitlines()]
    return dict(zip(EXAMPLES, answers, strict=True))


@pytest.mark.parametrize("path", EXAMPLES, ids=example_id)
def test_example_is_told(told, path):
    event, said = read_json(path), told[path]
    assert said["what"] and event["type"] not in said["what"] and "lockbox." not in said["what"], said
    assert "(null)" not in said["what"], said
    data = event["data"]
    assert said["request_id"] == data.get("request", data).get("request_id"), said
    family = event["type"].split(".")[1]
    logged = TOPIC_OF[event["type"]] == "lockbox.events.v1" and family not in NO_ACTIVITY
    assert all(said[name] for name in ("operation", "status", "level")) == logged, said

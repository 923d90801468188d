"""How every event is told to people: each valid example, in a timeline and a report, the auditor's columns, the activity log.

golden/told.txt is that, printed; LBX_GOLDEN=update writes it anew, and its diff is the review.
"""

import json
import os
import re
from pathlib import Path

import pytest

from conftest import run
from contract import PREFIX, TOPIC_OF, example_files, example_id, read_json, structured

EXAMPLES = example_files("valid")
GOLDEN = Path(__file__).parent / "golden/told.txt"


@pytest.fixture(scope="module")
def told():
    """Example → what tell_events says of it."""
    records = [structured(path.parent.name, read_json(path)) for path in EXAMPLES]
    lines = [json.dumps(record | {"topic": record["topic"].removeprefix(PREFIX)}) + "\n" for record in records]
    answers = [json.loads(line) for line in run("tell_events", text="".join(lines)).splitlines()]
    return dict(zip(EXAMPLES, answers, strict=True))


def test_golden(told):
    text = "".join(f"{example_id(path)}\n" + "".join(f"    {name}: {word}\n" for name, word in said.items() if word is not None)
                   for path, said in told.items())
    if os.environ.get("LBX_GOLDEN") == "update":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", EXAMPLES, ids=example_id)
def test_example_is_told(told, path):
    event, said = read_json(path), told[path]
    assert said["what"] and not re.search(r"lockbox\.[\w.]+\.v1|\(null\)", said["what"]), said
    data = event["data"]
    assert said["request_id"] == data.get("request", data).get("request_id"), said
    if event["type"].startswith("lockbox.access."):
        assert said["who"] == data["engineer_id"], said
    # Mails have a model of their own, and events in are no activities of Lockbox's.
    logged = TOPIC_OF[event["type"]] == "lockbox.events.v1" and ".notification." not in event["type"]
    assert all(said[name] for name in ("operation", "status", "level")) == logged, said

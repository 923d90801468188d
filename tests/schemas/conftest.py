"""The programs that say what the C code makes of events: those of tests/tools/ in the build."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from contract import PREFIX

REPO = Path(__file__).resolve().parents[2]


def run(program, *args, text=""):
    path = REPO / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release") / "tests" / program
    assert path.exists(), f"{path} is missing: ./dev build makes it; LOCKBOX_DEV_PRESET names another build"
    done = subprocess.run([path, *args], input=text.encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"{program}: exit {done.returncode}: {done.stderr.decode()}"
    return done.stdout.decode()


@pytest.fixture(scope="session")
def tables():
    """The decoders' tables: {"envelope": table, "types": {type: {"topic", "key", "table"}}}."""
    dump = json.loads(run("dump_tables"))
    return {"envelope": dump["envelope"], "types": {entry["type"]: entry for entry in dump["types"]}}


@pytest.fixture(scope="session")
def decode():
    """Records in, what the decoder says of each out."""

    def decode_records(records, max_bytes=None):
        lines = [json.dumps(r | {"topic": r["topic"].removeprefix(PREFIX)}) for r in records]
        out = run("decode_events", *([str(max_bytes)] if max_bytes else []), text="\n".join(lines) + "\n")
        answers = [json.loads(line) for line in out.splitlines()]
        assert len(answers) == len(records)
        return answers

    return decode_records


@pytest.fixture(scope="session")
def consent_digest():
    """Requests in, the digest of each out."""
    return lambda requests: run("consent_digest", text=lines(requests)).splitlines()


@pytest.fixture(scope="session")
def check_signature():
    """{"request", "decision", "key"} each in, "good" or "bad" of each out."""
    return lambda given: run("check_signature", text=lines(given)).splitlines()


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)

"""./dev docs renders the AsyncAPI page: every topic, every type and every member is there, and the page needs nobody else."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.stack import REPOSITORY  # noqa: E402
from support.webdriver import Browser  # noqa: E402

SCHEMAS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text())
           for path in (REPOSITORY / "schemas/events").glob("*.json")}
TOPICS = ["tickets", "tenants", "decisions", "accesses", "events", "deadletter", "checkpoints"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    done = subprocess.run(["./dev", "docs"], cwd=REPOSITORY, capture_output=True, text=True,
                          env={**os.environ, "LOCKBOX_DEV_DIR": str(tmp_path_factory.mktemp("docs"))})
    assert done.returncode == 0 and done.stdout.endswith("build/docs/index.html\n"), done.stdout + done.stderr
    return REPOSITORY / "build/docs/index.html"


@pytest.fixture(scope="module")
def browser(page, tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    browser.open(page.as_uri())
    browser.wait_for("h1")
    yield browser
    browser.close()


def test_topics_and_types_are_shown(browser):
    text = browser.text()
    assert text.startswith("Lockbox events")
    assert [topic for topic in TOPICS if f"lockbox.{topic}.v1" not in text] == []
    assert [name for name in SCHEMAS if name != "common" and f"Message ID{name}" not in "".join(text.split("\n"))] == []


def test_members_are_in_the_page(page):
    text = page.read_text()
    members = {member for part in SCHEMAS["common"]["$defs"].values() for member in part.get("properties", {})}
    assert len(members) > 50 and [member for member in members if not re.search(rf'"{member}\\*"', text)] == []


def test_it_needs_nobody(browser):
    assert browser.console() == []
    loaded = browser.call("POST", "/execute/sync", {"args": [], "script":
                          "return performance.getEntriesByType('resource').map(entry => entry.name)"})
    assert [address for address in loaded if not address.startswith(("file:", "data:"))] == []

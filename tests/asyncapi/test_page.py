"""./dev docs renders the AsyncAPI page: every topic, every type and every member is there, and the page needs nobody else.
So does the site of all pages, whose links lead somewhere (mkdocs is strict) and which can be searched."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.stack import REPOSITORY  # noqa: E402
from support.waiting import wait_until  # noqa: E402
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
    wait_until(lambda: browser.all("h1"), "the page has drawn itself", 120, every=0.5)  # three megabytes of it
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


# The site

SITE = REPOSITORY / "build/site"
ELSEWHERE = re.compile(r'(?:src|<link[^>]*href)="?(https?://[^" >]+)')


def test_every_page_is_in_the_site(page):
    pages = [path.relative_to(REPOSITORY) for path in REPOSITORY.glob("docs/**/*.md")]
    assert [str(path) for path in pages if not (SITE / path.with_suffix(".html")).exists()] == []
    assert (SITE / "index.html").exists()


def test_the_site_loads_nothing_from_elsewhere(page):
    found = {address for file in SITE.rglob("*.html") for address in ELSEWHERE.findall(file.read_text())}
    assert found == set()


def test_the_site_can_be_searched(page):
    index = json.loads((SITE / "search/search_index.json").read_text())
    assert any("runbooks.html" in entry["location"] and "LockboxHalted" in entry["title"] for entry in index["docs"])


AXE = Path(os.environ.get("LOCKBOX_DEV_READERS", "")) / "node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def reader(page, tmp_path_factory):
    """A browser for the site."""
    browser = Browser(tmp_path_factory.mktemp("reader"))
    yield browser
    browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", ["index", "docs/architecture", "docs/settings", "docs/signatures", "docs/operate", "docs/integrate/portals", "CONTRIBUTING"])
def test_the_site_is_for_everybody(reader, name, width, scheme):
    """axe-core finds nothing at fault: headings, tables, code, pictures, navigation, in both schemes, on a phone and on a desk."""
    cdp = "/goog/cdp/execute"
    reader.call("POST", cdp, {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [{"name": "prefers-color-scheme", "value": scheme}]}})
    reader.call("POST", cdp, {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}})
    reader.open((SITE / f"{name}.html").as_uri())
    reader.call("POST", "/execute/sync", {"script": "localStorage.clear()", "args": []})  # where the theme keeps the scheme
    reader.open((SITE / f"{name}.html").as_uri())
    reader.wait_for("h1")
    reader.call("POST", cdp, {"cmd": "Runtime.evaluate", "params": {"expression": AXE.read_text()}})
    found = reader.call("POST", "/execute/async", {"args": [], "script": """
        const done = arguments[0];
        axe.run().then((it) => done(it.violations.map((found) => [found.id, found.nodes.slice(0, 3).map((node) => node.html)])));"""})
    assert found == []

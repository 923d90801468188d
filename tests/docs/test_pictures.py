"""The drawings in docs/images: as tools/docs/pictures.py draws them, each on a page, and true."""
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from pages import PAGES
from support.stack import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"
SVG = "{http://www.w3.org/2000/svg}"


def texts(name: str) -> set[str]:
    return {it.text for it in ElementTree.parse(IMAGES / f"{name}.svg").iter(f"{SVG}text")}


def test_they_are_as_the_script_draws_them():
    done = subprocess.run([sys.executable, REPOSITORY / "tools/docs/pictures.py", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_each_is_on_a_page_with_words_for_who_does_not_see_it():
    shown = {name: words for page in PAGES for words, name in re.findall(r"!\[([^\]]*)\]\((?:docs/)?(?:\.\./)*images/(\w+)\.svg\)", page.read_text())}
    assert shown.keys() == {path.stem for path in IMAGES.glob("*.svg")} and all(shown.values())


def test_a_picture_says_what_it_is():
    for path in IMAGES.glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        assert root.get("role") == "img" and root.findtext(f"{SVG}title") and root.findtext(f"{SVG}desc")
        assert "http" not in path.read_text().replace("http://www.w3.org/2000/svg", "")


def test_the_lifecycle_has_every_state():
    rules = (REPOSITORY / "tests/unit/golden/rules.txt").read_text()
    states = set(re.findall(r"^(\w+)(?: \(over\))?$", rules, re.MULTILINE))
    assert len(states) == 10 and states <= texts("lifecycle")


def test_the_road_has_every_worker():
    assert {"requester", "decider", "expirer", "relay", "notifier", "auditor", "authorizer"} <= texts("road")

"""Each page begins with who it is for, what they need and what they will have; the glossary has each word once."""
import re

import pytest

from pages import PAGES, name_of
from support.stack import REPOSITORY

BEGIN = [page for page in PAGES if page.parent in (REPOSITORY / "docs", REPOSITORY / "docs/integrate") or page.name == "CONTRIBUTING.md"]
ALL = [*BEGIN, *(page for page in PAGES if page.parent.name == "decisions"),
       *(REPOSITORY / page for page in ("README.md", "SECURITY.md", "CHANGELOG.md", "portal/README.md", "examples/README.md"))]


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_a_page_says_for_whom_it_is(page):
    title, _, paragraph = page.read_text().split("\n\n")[0], *page.read_text().partition("\n\n")[1:]
    first = " ".join(paragraph.split("\n\n")[0].split())
    assert title.startswith("# ") and first.startswith("For ")
    assert "You need " in first and "ou will have " in first, first


def test_the_glossary_is_in_order():
    words = re.findall(r"^\| ([^|]+) \|", (REPOSITORY / "docs/glossary.md").read_text(), re.MULTILINE)[1:]
    assert words == sorted(set(words), key=str.lower) and len(words) > 30


def test_readme_leads_to_every_page():
    readme = (REPOSITORY / "README.md").read_text()
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", readme)}
    assert [name_of(page) for page in BEGIN if name_of(page) not in linked and not any(
        name_of(page).startswith(folder) for folder in linked if folder.endswith("integrate/"))] == []

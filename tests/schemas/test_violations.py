"""The kinds of violation and of alarm: the schema, the audit store's scripts, the auditor's metric, lockboxctl and the pages have the same."""
import json
import re

from contract import SCHEMAS

REPOSITORY = SCHEMAS.parent
PROPERTIES = json.loads((SCHEMAS / "monitor/lockbox.monitor.alarm.v1.schema.json").read_text())["properties"]
WHY = set(PROPERTIES["why"]["enum"])
SCRIPTS = [path.read_text() for path in sorted((SCHEMAS / "db/audit").glob("V*.sql"))]


def breaches() -> set[str]:
    return {word for text in SCRIPTS for word in re.findall(r"(?:RETURN QUERY SELECT|SELECT) '(\w+)', (?:'|format\()", text)}


def test_why_is_what_the_scripts_find():
    view = [text for text in SCRIPTS if re.search(r"CREATE (?:OR REPLACE )?VIEW violation\b", text)][-1]
    view = re.search(r"VIEW violation\b.*?;", view, re.DOTALL)[0]
    of_accesses = set(re.findall(r"(?:THEN|ELSE) '(\w+)'", view))
    assert of_accesses | breaches() | {"unreadable"} == WHY


def test_the_metric_counts_each_breach():
    text = (REPOSITORY / "services/auditor/sql/breaches.sql").read_text()
    assert set(re.search(r"'\{([\w,]+)\}'", text)[1].split(",")) == breaches()


def test_the_page_explains_each():
    text = (REPOSITORY / "docs/audit-recipes.md").read_text()
    assert [word for word in sorted(WHY) if f"`{word}`" not in text] == []


def test_alarms_are_those_of_the_program_and_its_page():
    page = re.findall(r"^\| `(\w+)` \|", (REPOSITORY / "docs/monitor.md").read_text(), re.MULTILINE)
    assert page == PROPERTIES["alarm"]["enum"]
    folder = REPOSITORY / "tools/lockboxctl/audit"
    program = (folder / "monitor.c").read_text() + (folder / "meaning.c").read_text()
    assert [word for word in page if not re.search(rf"""["']{word}["']""", program)] == []

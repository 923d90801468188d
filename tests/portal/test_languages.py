"""The second language says all that the first does, and nothing else; what is filled in is the same in both."""
import re

from support.stack import REPOSITORY

FOLDER = REPOSITORY / "portal" / "lockbox_portal"
CATALOG = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', (FOLDER / "locale" / "de.po").read_text(), re.MULTILINE))
FILLED_IN = re.compile(r"\{\w+\}")


def said() -> set[str]:
    """What the pages and the program say to people."""
    pages = "".join(path.read_text() for path in (FOLDER / "templates").iterdir())
    found = {re.sub(r'\\"', '"', text) for _, text in re.findall(r"""_\((["'])(.*?)\1[),]""", pages)}
    program = (FOLDER / "app.py").read_text()
    told = re.findall(r'(?:told\(request, \d+|^    \d+: \(|TOLD\.get\(error\.status_code, \()(?:, )?"([^"]+)",\s*"([^"]+)"', program, re.MULTILINE)
    shown = re.findall(r'(?:title|words)="([^"]+)"', program)
    bad = [text for path in FOLDER.glob("*.py") for text in re.findall(r'BadForm\("([^"]+)"\)', path.read_text())]
    return found | {text for pair in told for text in pair} | set(shown) | set(bad)


def test_all_is_said_in_german():
    texts = said()
    assert len(texts) > 120
    assert sorted(texts - set(CATALOG)) == []
    assert [text for text in CATALOG if not CATALOG[text]] == []


def test_nothing_is_said_in_german_alone():
    assert sorted(set(CATALOG) - said()) == []


def test_what_is_filled_in_is_the_same():
    assert [text for text, german in CATALOG.items() if sorted(FILLED_IN.findall(text)) != sorted(FILLED_IN.findall(german))] == []

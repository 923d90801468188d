"""Changes as they are shown: whole, by one source of words, and harmless whatever they hold."""
import html
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import rfc8785

from support.hostile import CHANGES, NEVER, SHOWABLE, read_back, request
from test_mails import LOOKS, check

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release")
GOLDEN = Path(__file__).with_name("golden") / "changes.txt"
LEAD = "   | "


def mail(changes: list) -> dict:
    asked = {"kind": "approval_needed", "reader": "approver", "portal_url": "https://portal.contoso.example", "request": request(changes),
             "ticket_title": "a title", "now": 1795450118000000, "to": "ann@contoso.example"}
    done = subprocess.run([BUILD / "tests" / "write_mail"], input=json.dumps(asked) + "\n", check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def lines_of_text(mail: dict) -> list[str]:
    return [line.removeprefix(LEAD) for line in mail["text"].split("\n") if line.startswith(LEAD)]


def lines_of_html(mail: dict) -> list[str]:
    [diff] = re.findall(r'<pre class="diff">(.*?)</pre>', mail["html"], re.DOTALL)
    lines = [re.fullmatch(r'<span class="(path|before|after|mark)">([^<>]*)</span>', line) for line in diff.split("\n")]
    signs = {"path": "@", "before": "-", "after": "+", "mark": "!"}
    assert all(line and html.unescape(line[2])[0] == signs[line[1]] for line in lines)
    return [html.unescape(line[2]) for line in lines]


def lines_of_words(changes: list) -> list[str]:
    done = subprocess.run([BUILD / "bin" / "lockboxctl", "request", "words"], input=json.dumps(request(changes)) + "\n", check=True,
                          capture_output=True, text=True)
    none, lines = json.loads(done.stdout)["changes"]
    assert none == []
    return lines


@pytest.mark.parametrize("name", CHANGES)
def test_one_source_of_words(name):
    """Text, HTML and what the portal asks for are the same lines, and no character of theirs hides or turns anything."""
    it = mail(CHANGES[name])
    lines = lines_of_text(it)
    assert lines and lines == lines_of_html(it) == lines_of_words(CHANGES[name])
    for text in (it["subject"], it["text"], it["html"]):
        assert not NEVER.search(text.replace("\n", "")), name
    assert max(map(len, lines)) < 120


@pytest.mark.parametrize("name", SHOWABLE)
def test_nothing_is_cut(name):
    """What is read is what is signed: the lines say the changes whose canonical JSON the digest covers."""
    assert rfc8785.dumps(read_back(lines_of_text(mail(CHANGES[name])))) == rfc8785.dumps(CHANGES[name])


def test_32_kb_are_shown_whole():
    assert 24_000 < len(rfc8785.dumps(CHANGES["large"])) <= 32 << 10


@pytest.mark.parametrize("name", ["no-list", "more"])
def test_what_is_no_change_is_said_to_be_none(name):
    lines = lines_of_text(mail(CHANGES[name]))
    assert lines[0] == "! not a change as Lockbox makes them; as it is:" and all(line[0] == "!" for line in lines)


def test_golden():
    """What each looks like: LBX_GOLDEN=update writes it anew."""
    told = "".join(f"== {name}\n" + "".join(f"{line}\n" for line in lines_of_text(mail(CHANGES[name])))
                   for name in CHANGES if name not in ("large", "columns"))
    if os.environ.get("LBX_GOLDEN") == "update":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(told)
    assert told == GOLDEN.read_text()


@pytest.mark.parametrize("width, dark", LOOKS)
def test_in_a_browser(browser, width, dark):
    """Coloured by what they are, monospaced, within the window, readable in light and dark; nothing of it is markup."""
    page = browser.open(mail([*CHANGES["html"], *CHANGES["columns"], *CHANGES["bidi"], *CHANGES["rtl"]])["html"], width, dark)
    check(page, width, dark)
    looks = page.run("""[...document.querySelectorAll('.diff > span')].map((e) => {
        const it = getComputedStyle(e);
        return [e.className, it.backgroundColor, it.fontFamily.includes('monospace'), it.direction, it.whiteSpace];})""")
    assert {it[0] for it in looks} == {"path", "before", "after", "mark"}
    assert len({(it[0], it[1]) for it in looks}) == 4 and len({it[1] for it in looks}) == 4
    assert all(it[2:] == [True, "ltr", "pre-wrap"] for it in looks)
    assert page.run("document.querySelectorAll('script, img, b').length") == 0

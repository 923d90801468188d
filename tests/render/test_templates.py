"""Templates bent at random, as a browser reads them: those that are taken show what comes from outside as text, and load
nothing. So what mail/markup takes for a place of text is one for a real reader of HTML, too."""
import json
import os
import random
import re
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release")
TEMPLATES = REPO / "common" / "mail" / "templates"
NAMES = sorted(path.name for path in TEMPLATES.glob("*.html"))
BITS = ["<", ">", "</", "/>", '"', "'", "=", "!", "-", "--", "&", "&lt;", " ", "\n", "<p>", "</p>", "<p title=\"", "<a href=\"", "{{",
        "}}", "{{link}}", "{{engineer}}", "{{justification}}", "{{#link}}", "{{/link}}", "<title>", "</title>", "<style>", "</style>",
        "<pre>", "<table>", "</table>", "<td>", "<!--", "-->", "<!doctype html>", "<li value=\"{{number}}\">", "<div ", "class=\"x\"",
        "<script>", "<img src=x>", "style=\"", "<br/>", "<bdi>", "</main>", "</body>", "</html>", "<head>", "<b", "<h1 title=\"{{cluster}}\">"]
ELEMENTS = set("""html head meta title style body header main footer section article div span p h1 h2 h3 h4 ol ul li dl dt dd a b strong
i em u small sub sup code pre bdi blockquote br hr table thead tbody tfoot tr th td caption abbr time colgroup""".split())
HOSTILE = "HOSTILE<img src=x onerror=alert(1)>\" onclick=\"alert(1) ' --> </style></title></script> javascript:alert(1)"
REQUEST = {
    "request_id": "r-1", "ticket_id": HOSTILE, "subscription_id": HOSTILE, "resource_id": HOSTILE, "state": "customer_notified",
    "version": 1, "justification": HOSTILE + "\n" + HOSTILE, "duration": "PT1H", "created_at": "2026-11-23T16:08:38Z",
    "actions": [{"number": 1, "action": "delete_object", "namespace": HOSTILE, "kind": HOSTILE, "name": HOSTILE, "kept": True}],
    "engineer": {"id": "e", "email": "e@microsoft.example", "name": HOSTILE, "organization": HOSTILE[:120]},
    "decide_by": "2026-11-27T16:08:38Z", "approvals_needed": 1, "approvers": [], "alternate_emails": [], "decisions": []}
ASKED = {"kind": "approval_needed", "reader": "approver", "portal_url": "https://portal.contoso.example", "request": REQUEST,
         "ticket_title": HOSTILE, "now": 1795450118000000, "to": "ann@contoso.example"}

# What the reader made of it: elements, and where our words are besides text.
READ = """((page) => {
  const read = new DOMParser().parseFromString(page, "text/html");
  const all = [...read.querySelectorAll("*")];
  return {
    elements: all.map((e) => e.tagName.toLowerCase()),
    attributes: all.flatMap((e) => [...e.attributes].map((a) => [e.tagName.toLowerCase(), a.name, a.value])),
    comments: document.createTreeWalker.call(read, read, NodeFilter.SHOW_COMMENT).nextNode() !== null,
    styles: [...read.querySelectorAll("style")].map((e) => e.textContent),
  };
})"""


def bent(dice, text):
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        if dice.random() < 0.3:
            text = text[:at] + text[at + dice.randint(1, 4):]
        elif dice.random() < 0.2:
            end = dice.randrange(at, len(text) + 1)
            text = text[:at] + text[at:end] * 2 + text[end:]
        else:
            text = text[:at] + dice.choice(BITS) + text[at:]
    return text


def variants(dice, count):
    """(a template's name, its text bent): each bit between two lines of some, then so many bent anywhere."""
    for bit in BITS:
        for name in dice.sample(NAMES, 4):
            lines = (TEMPLATES / name).read_text().split("\n")
            lines.insert(dice.randrange(len(lines)), bit)
            yield name, "\n".join(lines)
    for _ in range(count):
        name = dice.choice(NAMES)
        yield name, bent(dice, (TEMPLATES / name).read_text())


def shown(folder):
    done = subprocess.run([BUILD / "tests" / "write_mail", folder], input=json.dumps(ASKED) + "\n", capture_output=True,
                          text=True, timeout=60)
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 2:
        assert re.fullmatch(r"([a-z_]+\.(html|txt):\d+: .+\n)+", done.stderr), done.stderr
        return None
    return json.loads(done.stdout)["html"]


def test_what_is_taken_is_text_to_a_browser(browser, tmp_path):
    dice = random.Random(int(os.environ.get("LOCKBOX_TEST_SEED", "8")))
    page = browser.open("<p>reader</p>", 360)
    taken = 0
    for number, (name, text) in enumerate(variants(dice, int(os.environ.get("LOCKBOX_TEST_COUNT", "150")))):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text(text)
        html = shown(folder)
        if html is None:
            continue
        taken += 1
        read = page.run(f"{READ}({json.dumps(html)})")
        where = (number, name)
        assert set(read["elements"]) <= ELEMENTS, where
        assert not read["comments"], where
        for element, attribute, value in read["attributes"]:
            assert not attribute.startswith("on") and attribute not in ("src", "srcset", "background", "action"), where
            assert "HOSTILE" not in value or attribute in ("title", "aria-label", "value"), where
            assert attribute != "href" or value.startswith(("https://", "http://", "mailto:")), where
        assert not any(word in style for style in read["styles"] for word in ("HOSTILE", "url(", "@import")), where
    assert taken > 30, taken
    assert page.requests == []

"""Naughty strings, and how what a mail says of them shows: said here once more, in Python."""
import json
import re
from html.parser import HTMLParser
from pathlib import Path

STRINGS = [text for group in json.loads(Path(__file__).with_name("naughty.json").read_text()).values() for text in group]

# What the notifier's mails have, in this order.
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted",
           "MIME-Version", "Content-Type"]

BYTES, CHARACTERS = "bytes", "characters"

STEERS = re.compile("[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
                    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")


def harmless(text):
    return STEERS.sub("\ufffd", re.sub("[\r\n\t]", " ", text))


def short(text):
    text = harmless(text)
    return text if len(text) <= 80 else text[:80] + "\u2026"


def cluster(text):
    return harmless(text.rstrip("/").rsplit("/", 1)[-1])


def part(text):
    """Of an item's words: bare where it is a name, else quoted."""
    if re.fullmatch(r"[A-Za-z0-9._:/@-]+", text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", harmless(text)) + '"'


def lines(text):
    found = re.split("\r\n|\r|\n", text)
    return [harmless(line) for line in (found[:-1] if found[-1] == "" else found)]


def clipped(text, limit, unit):
    if unit == CHARACTERS:
        return text[:limit]
    return text.encode()[:limit].decode(errors="ignore")


class Tags(HTMLParser):
    """Every tag with its attributes, and all text, as another reader of HTML takes them."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag != "br":
            self.tags.append((tag, [(name, value if name not in ("href",) else "") for name, value in attributes]))

    def handle_endtag(self, tag):
        self.tags.append((tag, None))

    def handle_comment(self, data):
        self.tags.append(("comment", data))

    def handle_pi(self, data):
        self.tags.append(("instruction", data))

    def handle_data(self, data):
        self.text += data

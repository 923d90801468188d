"""Naughty strings in every field that reaches a mail: the mail is, to the byte, what it is with plain words in their place.

Each mail has a naughty string in every field at once, another in each. In the mails of two kinds that tell of the same
fields, every string has been in every one of them. support/naughty.py says what a string shows as.
"""

import copy
import email
import email.policy
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.naughty import BYTES, CHARACTERS, HEADERS, STEERS, STRINGS, Tags, clipped, cluster, harmless, lines, part  # noqa: E402
from support.naughty import short  # noqa: E402

BUILD = Path(__file__).resolve().parents[2] / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release")
NOW = 1795450118000000


# ---- the fields: where each stands in a request, its limit, and how it shows ----

FIELDS = {
    ("ticket_title",): (256, BYTES, harmless),
    ("request_id",): (128, BYTES, harmless),
    ("ticket_id",): (128, BYTES, harmless),
    ("tenant_id",): (128, BYTES, None),
    ("subscription_id",): (128, BYTES, harmless),
    ("engineer", "id"): (128, BYTES, None),
    ("engineer", "name"): (256, BYTES, harmless),
    ("engineer", "organization"): (128, BYTES, harmless),
    ("resource_id",): (512, BYTES, harmless),
    ("actions", 0, "namespace"): (256, BYTES, part),
    ("actions", 0, "name"): (256, BYTES, part),
    ("actions", 1, "kind"): (256, BYTES, part),
    ("actions", 1, "name"): (256, BYTES, part),
    ("actions", 1, "namespace"): (256, BYTES, part),
    ("actions", 2, "action"): (64, BYTES, part),
    ("actions", 2, "kind"): (256, BYTES, part),
    ("justification",): (2000, CHARACTERS, lines),
    ("reason_code",): (128, BYTES, None),
    ("approvers", 0, "principal", "id"): (128, BYTES, None),
    ("approvers", 0, "principal", "name"): (256, BYTES, None),
    ("decisions", 0, "by", "name"): (256, BYTES, harmless),
    ("decisions", 0, "comment"): (2000, CHARACTERS, lines),
    ("incident_id",): (128, BYTES, harmless),
    ("authorized_by", "id"): (128, BYTES, None),
    ("authorized_by", "name"): (256, BYTES, harmless),
}
PATHS = list(FIELDS)
PLAIN = {path: f"P{number:02}P" for number, path in enumerate(PATHS)}
PLAIN["resource_id",] = "/x/" + PLAIN["resource_id",]


def placed(values):
    """A request, and its ticket's title, with these values in their fields."""
    item = {"kept": True}
    spec = {
        "ticket_title": "", "state": "approved", "version": 2, "duration": "PT8H", "created_at": "2026-11-23T16:08:38Z",
        "decide_by": "2026-11-27T16:08:38Z", "starts_at": "2026-11-23T16:08:38Z", "expires_at": "2026-11-24T00:08:38Z",
        "approvals_needed": 1, "alternate_emails": [], "acknowledge_by": "2026-11-24T16:08:38Z",
        "engineer": {"email": "erin@microsoft.example"},
        "authorized_by": {"email": "max@microsoft.example"},
        "actions": [item | {"number": 1, "action": "get_pod_logs"}, item | {"number": 2, "action": "delete_object"},
                    item | {"number": 3}],
        "approvers": [{"principal": {"email": "ann@contoso.example"}, "role": "owner"}],
        "decisions": [{"by": {"id": "u-ann", "email": "ann@contoso.example"}, "decision": "approve",
                       "at": "2026-11-23T16:08:38Z"}],
    }
    spec = copy.deepcopy(spec)
    for path, value in values.items():
        place = spec
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    return spec


KINDS = [("approval_needed", "customer_notified", "approver"), ("reminder", "customer_notified", "alternate"),
         ("outcome", "approved", "engineer"), ("outcome", "revoked", "approver"), ("emergency", "emergency", "alternate"),
         ("emergency_reminder", "completed", "approver")]


def asked(kind, values):
    name, state, reader = kind
    spec = placed(values)
    title = spec.pop("ticket_title")
    return {"kind": name, "reader": reader, "portal_url": "https://portal.contoso.example", "ticket_title": title,
            "now": NOW, "to": "ann@contoso.example", "request": spec | {"state": state}}


def write(*specs):
    text = "".join(json.dumps(spec) + "\n" for spec in specs)
    done = subprocess.run([BUILD / "tests" / "write_mail"], input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(specs)
    return [json.loads(answer) for answer in answers]


# ---- what is expected: the plain mail with the strings in place of the plain words ----

def filled(plain, values, escape, between):
    """`between`: what stands between two lines of a value of several."""
    link = quote(values["request_id",], safe="-._~")
    filled_in = {f"/requests/{PLAIN['request_id',]}": f"/requests/{link}"}
    for path in PATHS:
        show = FIELDS[path][2]
        shows = show(values[path]) if show else PLAIN[path]
        filled_in[PLAIN[path]] = between.join(map(escape, shows)) if isinstance(shows, list) else escape(shows)
    filled_in[PLAIN["resource_id",][3:]] = escape(cluster(values["resource_id",]))
    longest_first = sorted(filled_in, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: filled_in[found[0]], plain)


def html_text(text):
    return html.escape(text, quote=True).replace("&#x27;", "&#39;")


def check_bytes(answer):
    message = email.message_from_bytes(answer["bytes"].encode("ascii"), policy=email.policy.default)
    assert message.keys() == HEADERS and message.defects == []
    assert message["Subject"].rstrip(" ") == answer["subject"].rstrip(" ")  # unencoded ends are no part of it
    assert message["Subject"].defects == ()
    parts = list(message.iter_parts())
    assert [(part.get_content_type(), part.keys()) for part in parts] == [
        ("text/plain", ["Content-Type", "Content-Transfer-Encoding"]),
        ("text/html", ["Content-Type", "Content-Transfer-Encoding"])]
    assert [part.defects for part in parts] == [[], []]
    assert [part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in parts] == [
        answer["text"], answer["html"]]
    assert all(len(line) <= 998 for line in answer["bytes"].split("\r\n"))
    assert "\n" not in answer["bytes"].replace("\r\n", "")


@pytest.mark.parametrize("kind", KINDS, ids=[f"{kind[0]}-{kind[1]}" for kind in KINDS])
def test_every_string_in_every_field(kind):
    [plain] = write(asked(kind, PLAIN))
    check_bytes(plain)
    shape = Tags(plain["html"])
    mails = [{path: clipped(STRINGS[(start + 11 * column) % len(STRINGS)], *FIELDS[path][:2])
              for column, path in enumerate(PATHS)} for start in range(KINDS.index(kind) % 2, len(STRINGS), 2)]
    for values, answer in zip(mails, write(*(asked(kind, values) for values in mails))):
        assert "refused" not in answer, (answer, values)
        assert answer["text"] == filled(plain["text"], values, str, "\n> ")
        assert answer["html"] == filled(plain["html"], values, html_text, "<br>\n")
        assert answer["subject"] == filled_subject(plain["subject"], values)
        check_bytes(answer)
        page = Tags(answer["html"])
        assert page.tags == shape.tags
        assert not STEERS.search(page.text.replace("\n", "")) and not STEERS.search(answer["subject"])


QUOTES = re.compile(r'["\u00ab\u00bb\u201c-\u201f\u2033\u2036\u301e\uff02]')  # a title stands in quotes there, and must not end them


def filled_subject(plain, values):
    shows = {PLAIN["ticket_title",]: QUOTES.sub("'", short(values["ticket_title",])), PLAIN["ticket_id",]: harmless(values["ticket_id",]),
             PLAIN["request_id",]: harmless(values["request_id",]),
             PLAIN["resource_id",][3:]: cluster(values["resource_id",])}
    return re.sub("|".join(shows), lambda found: shows[found[0]], plain)


def test_there_are_enough():
    assert len(STRINGS) == len(set(STRINGS)) >= 300


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(map(str, path)))
def test_ten_thousand_characters_are_refused(path):
    """Except in a title, which the event's own limit keeps short: here it comes without one."""
    [answer] = write(asked(KINDS[4], PLAIN | {path: "w" * 10_000}))
    if path == ("ticket_title",):
        check_bytes(answer)
    else:
        pointer = "".join(f"/{step}" for step in path)
        assert answer["refused"].startswith(f"{pointer}: longer than ")


@pytest.mark.parametrize("path", [path for path in PATHS if path != ("ticket_title",)],
                         ids=lambda path: "/".join(map(str, path)))
def test_nul_is_refused(path):
    [answer] = write(asked(KINDS[4], PLAIN | {path: "a\0b"}))
    assert "refused" in answer


@pytest.mark.parametrize("address", [
    "ann@b.example\r\nBcc: evil@c.example", "\"ann\"@b.example", "ann@b\u00fccher.example", "\u00e4nn@b.example",
    "ann@b.example\0", "ann b@c.example", "a" * 65 + "@b.example", "ann\u202e@b.example", "<ann@b.example>", "ann", ""])
def test_addresses_are_refused(address):
    [answer] = write(asked(KINDS[0], PLAIN) | {"to": address.split("\0")[0] if "\0" not in address else "ann@b.example\1"})
    assert "refused" in answer
    [answer] = write(asked(KINDS[0], PLAIN | {("engineer", "email"): address}))
    assert answer["refused"].startswith(("/engineer/email: ", "value: a NUL"))

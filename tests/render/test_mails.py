"""Readable at 360 px and at 1200, in light and dark, by a screen reader, and without asking anybody for anything."""
import json
import os
import subprocess
from pathlib import Path

import pytest

import screenshots
from screenshots import IMAGES, SHOTS, Shot

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / "build" / os.environ.get("LOCKBOX_DEV_PRESET", "release")
MEASURE = Path(__file__).with_name("measure.js").read_text()
KINDS = ["approval_needed", "reminder", "outcome", "emergency", "emergency_reminder"]
STATES = ["denied", "expired", "cancelled", "completed", "revoked", "refused", "not_required"]
LOOKS = [(360, False), (360, True), (1200, False), (1200, True)]


def preview(kind, reader, *more):
    return subprocess.run([BUILD / "bin" / "lockboxctl", "notification", "preview", kind, "--reader", reader, "--html", *more],
                          check=True, capture_output=True, text=True).stdout


def check(page, width, dark, sections={"H2"}):
    seen = page.run(MEASURE)
    assert page.requests == [] and seen["loads"] == 0
    assert seen["scroll"] <= width and seen["overflow"] == []
    assert seen["small"] == [] and seen["hidden"] == []
    assert seen["texts"] > 10 and seen["faint"] == []
    assert seen["background"] < 0.05 if dark else seen["background"] > 0.8
    assert seen["language"] == "en" and seen["title"] and seen["landmarks"] == 1
    assert seen["headings"][0] == "H1" and set(seen["headings"][1:]) == sections
    assert seen["headers"] and set(seen["headers"]) == {"row"}
    return seen


@pytest.mark.parametrize("width, dark", LOOKS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(browser, kind, width, dark):
    seen = check(browser.open(preview(kind, "approver"), width, dark), width, dark)
    [(words, address, height)] = seen["links"]
    assert words.endswith("in the portal") and height >= 44  # large enough for a thumb
    assert address == "https://portal.contoso.example/lockbox/requests/019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77"
    assert address in seen["text"]  # to be read aloud, or typed


@pytest.mark.parametrize("reader", ["alternate", "engineer"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_readers(browser, kind, reader):
    seen = check(browser.open(preview(kind, reader), 360, True), 360, True)
    assert ("You are informed, you cannot approve." in seen["text"]) == (reader == "alternate")


@pytest.mark.parametrize("width, dark", LOOKS)
def test_a_digest(browser, width, dark):
    seen = check(browser.open(preview("digest", "approver"), width, dark), width, dark, sections=set())
    *requests, (words, address, height) = seen["links"]
    assert [(link, to) for link, to, _ in requests] == [(to, to) for _, to, _ in requests] and len(requests) == 3
    assert (words, address) == ("Open the portal", "https://portal.contoso.example/lockbox") and height >= 44


@pytest.mark.parametrize("state", STATES)
def test_every_outcome(browser, state):
    check(browser.open(preview("outcome", "engineer", "--state", state), 360, False), 360, False)


@pytest.mark.parametrize("word", ["w", "\u00b7", "<", "\u05d0", "\u6f22", "\U0001f510", "-", "/", "."])
@pytest.mark.parametrize("width", [360, 1200])
def test_words_without_end(browser, word, width):
    """Each field as long as it may be, without a place to break."""
    def long(limit):
        return word * (limit // len(word.encode()))

    item = {"number": 1, "action": "delete_object", "namespace": long(256), "kind": long(256), "name": long(256), "kept": True}
    request = {
        "request_id": long(128), "ticket_id": long(128), "subscription_id": long(128), "resource_id": long(512),
        "state": "emergency", "version": 1, "actions": [item, item | {"number": 2}], "justification": long(2000),
        "engineer": {"id": "e", "email": "e" * 64 + "@" + "d" * 63 + "." + "d" * 63 + ".example", "name": long(256),
                     "organization": long(128)},
        "authorized_by": {"id": "m", "email": "m@d.example", "name": long(256)}, "incident_id": long(128),
        "duration": "PT1H", "created_at": "2026-11-23T16:08:38Z", "starts_at": "2026-11-23T16:08:38Z",
        "expires_at": "2026-11-23T17:08:38Z", "acknowledge_by": "2026-11-24T16:08:38Z", "approvals_needed": 1,
        "approvers": [], "alternate_emails": [], "decisions": []}
    asked = {"kind": "emergency", "reader": "approver", "portal_url": "https://portal.contoso.example", "request": request,
             "ticket_title": long(10_000), "now": 1795450118000000, "to": "ann@contoso.example"}
    done = subprocess.run([BUILD / "tests" / "write_mail"], input=json.dumps(asked) + "\n", check=True, capture_output=True,
                          text=True)
    check(browser.open(json.loads(done.stdout)["html"], width), width, False)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_pictures(browser, shot: Shot):
    """Those in docs/ are of this size and this look still; and their page shows them."""
    page = browser.open(shot.html(), shot.width, shot.dark)
    check(page, shot.width, shot.dark)
    kept, made = (IMAGES / shot.name).read_bytes(), page.picture()
    assert kept[:4] == made[:4] == b"RIFF"
    assert len(kept) < 70_000
    assert f"images/{shot.name}" in (REPO / "docs" / "mail.md").read_text()


def test_no_other_pictures():
    assert {path.name for path in IMAGES.glob("mail-*")} == {shot.name for shot in screenshots.SHOTS}

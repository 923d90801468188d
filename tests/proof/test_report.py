"""audit report: a page for people, looked at with a browser that has no network to ask."""
import html
import json
import os
import re
import subprocess

import pytest
import rfc8785
from psycopg import sql
from support.browser import Browser
from support.content import content_of
from support.hostile import NEVER, TURNED, read_back
from support.scenario import LOGS, Tenant
from support.waiting import wait_until

from conftest import PROGRAM, await_signed

WIDTHS = (360, 1200)
NASTY = "\"><script>alert(1)</script><img src=http://evil.example/x> &amp; ‮ a-very-long-word-" + "x" * 300
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "router", "namespace": "openshift-ingress"}, "data": {"a": "1"}}
EXACT = {"action": "update_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "router",
         "content": content_of({**CONFIG, "data": {"a": NASTY, TURNED: "\u001b[31m", "c": "A" * 10000}}, CONFIG)}


@pytest.fixture(scope="module")
def request_(system, store):
    request = Tenant(system, alternates=("desk@contoso.example",)).request(justification=NASTY, actions=[LOGS, EXACT])
    request.decide("approve", comment=NASTY)
    request.event("approved")
    system.publish("access.performed", {"engineer_id": request.ticket.engineer.id, "resource_id": request.first.request["resource_id"],
                                      **LOGS, "performed_at": "2026-11-25T10:00:00Z", "outcome": "allowed", "request_id": request.id})
    wait_until(lambda: store.execute("SELECT count(*) FROM audit.event WHERE request_id = %s AND type LIKE %s",
                                     [request.id, "lockbox.notification.%"]).fetchone()[0] >= 4, "its mails are recorded")
    await_signed(system, store)
    return request


@pytest.fixture(scope="module")
def page(ctl, request_, tmp_path_factory):
    done = ctl("audit", "report", request_.id, "--html")
    assert done.returncode == 0, done.stderr
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(done.stdout)
    return path


def text_of(page) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page.read_text().partition("</style>")[2]))


def test_it_tells_the_story(page, request_):
    text = text_of(page)
    for part in (request_.id, request_.ticket.id, request_.ticket.engineer.name, request_.tenant.owner.name, "grants access",
                 "says yes", "approval_needed", "allowed", "Get logs from every pod in openshift-ingress", "desk@contoso.example"):
        assert part in text, part
    assert "not proved" not in text and text.count("proved") >= 8
    assert "Each of the" in text and "lockbox.example/dev/lockbox.events.v1/" in text


def test_it_tells_the_same_as_text(ctl, page, request_):
    """Each paragraph and each fact of the page, and nothing that steers a terminal."""
    done = ctl("audit", "report", request_.id)
    assert done.returncode == 0, done.stderr
    for part in (request_.id, request_.ticket.id, request_.tenant.owner.name, "grants access", "approval_needed", "allowed",
                 "Get logs from every pod in openshift-ingress", "desk@contoso.example", "lockbox.example/dev/lockbox.events.v1/",
                 EXACT["content"]["digest"]):
        assert part in done.stdout, part
    told = re.findall(r"([^\s]+, partition \d+, offset \d+)", done.stdout)
    assert told == re.findall(r"<small>([^<]+, partition \d+, offset \d+)", page.read_text())
    assert done.stdout.count(": proved\n") == len(told) and "NOT PROVED" not in done.stdout
    assert not NEVER.search(done.stdout.replace("\n", ""))


def test_its_order_is_the_timeline_s(ctl, page, request_):
    rows = json.loads(ctl("request", "timeline", request_.id, "-o", "json").stdout)
    shown = re.findall(r"<small>([^<]+, partition \d+, offset \d+)", page.read_text())
    told = [f"{row['topic']}, partition {row['partition']}, offset {row['offset']}" for row in rows]
    assert len(shown) >= 8 and shown == [place for place in told if place in shown]


def test_it_shows_the_change_whole_and_harmless(page, request_):
    """The lines are those of the mail: their values are the JSON that was signed."""
    [diff] = re.findall(r'<pre class="note diff">(.*?)</pre>', page.read_text(), re.DOTALL)
    lines = [html.unescape(re.fullmatch(r'<span class="(?:path|before|after|mark)">([^<>]*)</span>', line)[1]) for line in diff.split("\n")]
    assert read_back(lines) == EXACT["content"]["changes"] and not NEVER.search("".join(lines))
    assert "! characters that are not seen, or turn text around: U+202E, U+2066, U+2069" in lines
    for name in ("digest", "previous_digest"):
        assert EXACT["content"][name] in text_of(page)


def test_the_item_s_row_has_it(store, page, request_):
    """As it was signed: the changes are the bytes that the digest covers."""
    row = store.execute("SELECT api_version, content_digest, previous_digest, changes FROM audit.grant_item WHERE request_id = %s AND number = 2",
                        [request_.id]).fetchone()
    content = EXACT["content"]
    assert row == ("v1", content["digest"], content["previous_digest"], rfc8785.dumps(content["changes"]).decode())
    assert store.execute("SELECT changes FROM audit.grant_item WHERE request_id = %s AND number = 1", [request_.id]).fetchone() == (None,)


def test_nothing_from_outside_is_markup(page):
    assert "<script" not in page.read_text() and "<img" not in page.read_text()


def test_it_fits_and_loads_nothing(page):
    with Browser() as browser:
        for width in WIDTHS:
            shown = browser.open(page.read_text(), width)
            inner, wide = shown.run("[window.innerWidth, document.documentElement.scrollWidth]")
            assert inner == width and wide <= width, f"{wide} px wide at {width}"
            assert shown.run("Math.max(...[...document.querySelectorAll('body *')].map(e => e.getBoundingClientRect().right))") <= width
            assert shown.requests == []


@pytest.fixture
def hidden(store, request_):
    """The decision as it is before the auditor has recorded it; and how it comes back."""
    decision = request_.event("approved").cause

    def name(request_id: str | None, event_id: str) -> None:
        """The store refuses changes: a superuser switches that off and on again, in one transaction."""
        with store.transaction():
            triggers = store.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit.event'::regclass AND tgenabled = 'A'").fetchall()
            store.execute("ALTER TABLE audit.event DISABLE TRIGGER USER")
            changed = store.execute("UPDATE audit.event SET request_id = %s, event_id = %s WHERE event_id IN (%s, %s)",
                                    [request_id, event_id, decision, f"hidden-{decision}"])
            assert changed.rowcount == 1
            store.execute("ALTER TABLE audit.event ENABLE TRIGGER USER")
            for [trigger] in triggers:
                store.execute(sql.SQL("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER {}").format(sql.Identifier(trigger)))

    name(None, f"hidden-{decision}")
    yield decision, lambda: name(request_.id, decision)
    name(request_.id, decision)


@pytest.mark.parametrize("command", ["report", "export"])
def test_it_waits_for_the_cause_of_what_it_tells(settings, request_, hidden, tmp_path, command):
    decision, show = hidden
    arguments = {"report": [request_.id, "--html"], "export": ["--request", request_.id, "--out", tmp_path / "out"]}[command]
    with subprocess.Popen([PROGRAM, "audit", command, *arguments], env={**os.environ, **settings}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert f"waiting for the audit store: event {decision}, the cause of lockbox." in process.stderr.readline()
        show()
        told, complaints = process.communicate(timeout=60)
    assert process.returncode == 0 and complaints == ""
    if command == "report":
        assert "says yes" in told and "not in the audit store" not in told
    else:
        assert any(decision in leaf.read_bytes().decode(errors="replace") for leaf in (tmp_path / "out").rglob("*.leaf"))


@pytest.mark.parametrize("command", ["report", "export"])
def test_it_says_which_cause_is_missing(ctl, request_, hidden, tmp_path, command):
    decision, _ = hidden
    arguments = {"report": [request_.id, "--html"], "export": ["--request", request_.id, "--out", tmp_path / "out"]}[command]
    done = ctl("audit", command, *arguments)
    assert done.returncode == 1
    for caused in ("decision.judged", "request.approved"):
        assert f"not in the audit store: event {decision}, the cause of lockbox.{caused}.v1" in done.stderr
    if command == "report":
        assert decision in done.stdout and "says yes" not in done.stdout and "grants access" in done.stdout
    else:
        assert list((tmp_path / "out").rglob("*.leaf"))


def test_it_needs_a_request(ctl, request_):
    assert ctl("audit", "report", "nonsense", "--html").returncode == 2
    assert ctl("audit", "report", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--html").returncode == 1

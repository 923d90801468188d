"""audit report: a page for people, looked at with a browser that has no network to ask."""
import html
import json
import re

import pytest
from support.browser import Browser
from support.scenario import LOGS, Tenant
from support.waiting import wait_until

from conftest import await_signed

WIDTHS = (360, 1200)
NASTY = "\"><script>alert(1)</script><img src=http://evil.example/x> &amp; ‮ a-very-long-word-" + "x" * 300


@pytest.fixture(scope="module")
def request_(system, store):
    request = Tenant(system, alternates=("desk@contoso.example",)).request(justification=NASTY)
    request.decide("approve", comment=NASTY)
    request.event("approved")
    system.publish("access.performed", {"engineer_id": request.ticket.engineer.id, "resource_id": request.first.request["resource_id"],
                                      **LOGS, "performed_at": "2026-11-25T10:00:00Z", "outcome": "allowed", "request_id": request.id})
    wait_until(lambda: store.execute("SELECT count(*) FROM audit.event WHERE request_id = %s AND type LIKE %s",
                                     [request.id, "lockbox.notification.%"]).fetchone()[0] >= 4, "its mails are recorded")
    await_signed(store)
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


def test_its_order_is_the_timeline_s(ctl, page, request_):
    rows = json.loads(ctl("request", "timeline", request_.id, "-o", "json").stdout)
    shown = re.findall(r"<small>([^<]+, partition \d+, offset \d+)", page.read_text())
    told = [f"{row['topic']}, partition {row['partition']}, offset {row['offset']}" for row in rows]
    assert len(shown) >= 8 and shown == [place for place in told if place in shown]


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


def test_it_needs_a_request(ctl, request_):
    assert ctl("audit", "report", request_.id).returncode == 2  # --html
    assert ctl("audit", "report", "nonsense", "--html").returncode == 2
    assert ctl("audit", "report", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--html").returncode == 1

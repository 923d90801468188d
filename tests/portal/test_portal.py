"""portal/ in a real browser, against a real stack: from log-in to grant, signed with a passkey; what is shown, and what is refused."""
import http.client
import json
import os
import re
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from support.content import content_of
from support.hostile import NEVER, TURNED, read_back
from support.scenario import LOGS, Person, Request, Tenant, Ticket, new_engineer
from support.waiting import wait_until

AXE = Path(os.environ["LOCKBOX_DEV_READERS"]) / "node_modules/axe-core/axe.min.js"
OVER_THE_EDGE = "return document.documentElement.scrollWidth - innerWidth"
DELETE = {"action": "delete_object", "namespace": "openshift-ingress", "kind": "Pod", "name": "router-default-x2kqp"}
ENTER = "\ue007"
HOSTILE = ("</dd><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
           "<form action='//evil.example'><button>Approve</button></form>\r\n&lt;b&gt; \"'` ‮drawkcab​ ${7*7}{{7*7}}\r")


@pytest.fixture
def owner(browser, customer):
    """The browser, with the subscription's owner logged in."""
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner)
    return browser


def open_request(browser, request) -> None:
    """Its page, once the portal knows of it."""
    def there() -> bool:
        browser.visit(f"/requests/{request.id}")
        return bool(browser.all("#decide"))
    wait_until(there, f"the portal knows {request.id}", every=0.2)


def approve(browser, *items: int) -> None:
    for item in items:
        browser.click(f"#keep-{item}")
    wait_until(lambda: not browser.script("return document.querySelector('[data-decision=approve]').disabled"), "every item was in view")
    browser.click("[data-decision=approve]")


def verdict(browser) -> str:
    return browser.settled("a verdict", lambda: [it for it in (
        browser.script("return document.querySelector('#verdict')?.dataset.verdict"),) if it] or None)[0]


def register(browser) -> None:
    """A key, in the place of the one before: until Lockbox has it, the old one is theirs."""
    def since() -> str | None:
        return browser.script("return document.querySelector('section.card time')?.dateTime")
    browser.visit("/keys")
    before = browser.settled("the page of keys", lambda: [since()])[0]
    browser.click("[data-act=register]")
    browser.settled("the new key", lambda: since() not in (None, before))
    browser.wait_for("section.card", "Your key is a passkey")


HELD = """
    const real = navigator.credentials.create.bind(navigator.credentials);
    const held = new Promise((resolve) => { window.release = resolve; });
    navigator.credentials.create = async (options) => { window.asked = true; await held; return real(options); };
    window.told = 0;
    new EventSource(`/events?mark=${document.body.dataset.mark}`).addEventListener("changed", () => { window.told++; });"""


def test_news_waits_for_a_registration_under_way(owner, customer):
    """A device that takes its time, and news of other requests meanwhile: the page stays, and the key is registered."""
    owner.visit("/keys")
    before = owner.settled("the page of keys", lambda: [owner.script("return document.querySelector('section.card time')?.dateTime")])[0]
    owner.script(HELD)
    owner.click("[data-act=register]")
    wait_until(lambda: owner.script("return window.asked"), "the device is asked")
    for times in (1, 2):
        customer.request()
        wait_until(lambda times=times: owner.script("return window.told") >= times, "news came, and the page is the same")
    owner.script("window.release()")
    owner.settled("the new key", lambda: owner.script("return document.querySelector('section.card time')?.dateTime") not in (None, before))
    owner.wait_for("section.card", "Your key is a passkey")


@pytest.mark.parametrize("width", [360, 1200])
def test_from_log_in_to_grant(owner, customer, width):
    """The owner registers a passkey, and signs with it: on a phone, and on a desk."""
    owner.resize(width)
    register(owner)
    request = customer.request(actions=[LOGS, DELETE])
    open_request(owner, request)
    assert "Get logs from every pod in openshift-ingress" in owner.text("#items")
    look_at_all(owner)
    approve(owner, 1)
    assert verdict(owner) == "applied"
    approved = request.event("approved").request
    assert [item["kept"] for item in approved["actions"]] == [True, False]
    assert request.check().allowed
    submitted = sent_of(customer.system, request)
    assert submitted["assertion"] and "signature" not in submitted
    owner.wait_for("#state", "access is open")
    owner.type("#comment", "That is enough.")
    owner.click("[data-decision=revoke]")
    assert verdict(owner) == "applied"
    request.await_access_end()
    owner.resize(1200)


def sent_of(system, request) -> dict:
    """The decision that the portal published, as the audit store has it."""
    raw = wait_until(lambda: system.audit.value(
        "SELECT convert_from(raw, 'UTF8') FROM audit.event WHERE request_id = %s AND type = 'lockbox.decision.submitted.v1' "
        "ORDER BY received_at DESC LIMIT 1", request.id), "the decision is in the audit store")
    return json.loads(raw)["data"]


def test_where_signatures_are_asked_for(owner, customer, system):
    """The administrator registers a key, switches signatures on and off; each by the portal. Unsigned decisions then change nothing."""
    request = None
    owner.call("DELETE", "/cookie")
    owner.log_in(customer.admin, "/keys")
    register(owner)
    owner.visit("/administration")
    owner.click("[name=signed_decisions]")
    assert owner.script("return document.querySelector('[data-weaker]').hidden")
    owner.click("[data-act=policy_set]")
    wait_until(lambda: owner.script("return document.querySelector('[name=signed_decisions]')?.hasAttribute('checked')"), "signatures are on")
    request = customer.request()
    assert request.first.request["signed_decisions"]
    assert request.decide("approve") == "bad_signature"
    owner.call("DELETE", "/cookie")
    owner.log_in(customer.owner)
    open_request(owner, request)
    approve(owner, 1)
    assert verdict(owner) == "applied"
    assert request.check().allowed
    a_first_key_is_signed_by_an_administrator(owner, customer)
    owner.call("DELETE", "/cookie")
    owner.log_in(customer.admin, "/administration")
    owner.click("[name=signed_decisions]")
    assert not owner.script("return document.querySelector('[data-weaker]').hidden")
    owner.click("[data-act=policy_set]")
    wait_until(lambda: owner.script("return document.querySelector('[name=signed_decisions]')?.hasAttribute('checked') === false"),
               "signatures are off")


def a_first_key_is_signed_by_an_administrator(browser, customer) -> None:
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.approver, "/keys")
    browser.click("[data-act=register]")
    browser.wait_for("section.card .notice", "waits for the signature")
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.admin, "/administration")
    assert customer.approver.email in browser.wait_for("[data-pending]")
    browser.click("[data-pending] button")
    wait_until(lambda: not browser.all("[data-pending]"), "the key is signed")
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.approver, "/keys")
    browser.wait_for("section.card", "Your key is a passkey")


def test_nothing_is_ticked_and_nothing_approved_unseen(owner, customer):
    """Thirty items do not fit: approve stays disabled until the reader has scrolled to the last."""
    request = customer.request(actions=[{**DELETE, "name": f"router-{number}"} for number in range(30)])
    owner.resize(360, 640)
    open_request(owner, request)
    assert owner.script("return [...document.querySelectorAll('#items input')].filter(it => it.checked).length") == 0
    owner.script("document.querySelector('#keep-1').click()")
    assert owner.script("return document.querySelector('[data-decision=approve]').disabled")
    for number in range(1, 31):
        owner.script("document.querySelector(`[data-item='${arguments[0]}']`).scrollIntoView({block: 'center'})", number)
        wait_until(lambda number=number: owner.all(f"[data-item='{number}'][data-seen]"), f"item {number} was in view")
    wait_until(lambda: not owner.script("return document.querySelector('[data-decision=approve]').disabled"), "all were seen")
    assert owner.script("return document.documentElement.scrollWidth") <= 360
    owner.resize(1200)


def test_a_denial_says_why(owner, customer):
    request = customer.request()
    open_request(owner, request)
    owner.click("[data-decision=deny]")
    assert "Say why" in owner.wait_for("#trouble")
    owner.type("#comment", "Not during the sale.")
    owner.click("[data-decision=deny]")
    assert verdict(owner) == "applied"
    assert request.event("denied").request["decisions"][0]["comment"] == "Not during the sale."


def test_what_has_changed_meanwhile_is_not_decided(owner, customer):
    request = customer.request()
    open_request(owner, request)
    request.approve()
    owner.wait_for("#news", "Something has changed")
    owner.script("document.querySelector('#keep-1').click()")
    approve(owner)
    assert "has changed since this page was loaded" in owner.wait_for("#trouble")


CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "router", "namespace": "openshift-ingress"}, "data": {"a": "1"}}
EXACT = [
    {"action": "update_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "router", "content": content_of(
        {**CONFIG, "data": {"a": HOSTILE, "b\u202e": TURNED, "c": "A" * 10000}}, CONFIG)},
    {"action": "create_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "other", "content": content_of(
        {**CONFIG, "metadata": {**CONFIG["metadata"], "name": "other"}})},
]
SHOWN = """return [...document.querySelectorAll('[data-item]')].map((item) => [...item.querySelectorAll('.line')].map((line) =>
    ({path: '@', before: '-', after: '+'})[line.parentElement.dataset.side] + (line.classList.contains('on') ? '…' : ' ') + line.textContent))"""
PLACES = """return ['before', 'after'].map((name) => document.querySelector(`.side.${name}`).getBoundingClientRect()).map((it) => [it.left, it.top])"""


def test_a_change_is_signed_as_it_is_read(owner, customer):
    """Side by side where there is room, whole, harmless; the passkey signs what the page shows, and nothing where that is bent."""
    register(owner)
    request = customer.request(actions=EXACT)
    open_request(owner, request)
    shown = owner.script(SHOWN)
    assert [read_back(lines) for lines in shown] == [item["content"]["changes"] for item in EXACT]
    assert not owner.all("#items img") and not owner.all("#items form") and "owned" not in owner.title
    assert not NEVER.search("".join(line for lines in shown for line in lines))
    assert {"characters that are not seen, or turn text around: U+202E, U+2066, U+2069", "a text of 10000 characters"} <= set(
        owner.script("return [...document.querySelectorAll('.mark')].map(it => it.textContent)"))
    (left, top), (right, beside) = owner.script(PLACES)
    assert right > left and beside == top
    owner.resize(360)
    (left, top), (right, below) = owner.script(PLACES)
    assert right == left and below > top and owner.script(OVER_THE_EDGE) <= 0 and findings(owner) == []
    owner.resize(1200)
    look_at_all(owner)
    owner.script("document.querySelector('.after .line').textContent += ' '")
    owner.script("document.querySelector('[data-item=\\'2\\'] .after .line.first:nth-child(2)').textContent = '  \"apiVersion\": \"v2\",'")
    approve(owner, 1, 2)
    assert "not what Lockbox recorded" in owner.wait_for("#trouble")
    open_request(owner, request)
    look_at_all(owner)
    approve(owner, 1, 2)
    assert verdict(owner) == "applied"
    assert [it["content"] for it in request.event("approved").request["actions"]] == [it["content"] for it in EXACT]


def test_what_was_done_is_shown(owner, customer, system):
    """Under the grant, alike accesses together, in the words of the mails; and at the engineer's next request."""
    request = customer.request(actions=[LOGS, DELETE])
    request.approve()
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    told = {"engineer_id": request.ticket.engineer.id, "resource_id": request.first.request["resource_id"], "performed_at": now,
            "request_id": request.id}
    for access in ({**LOGS, "outcome": "allowed"}, {**LOGS, "outcome": "allowed"}, {**DELETE, "outcome": "blocked"}):
        system.publish("access.performed", {**told, **access})
    wait_until(lambda: system.auditor.value("SELECT count(*) FROM audit.access WHERE request_id = %s", request.id) == 3, "the store has them")
    wait_until(lambda: owner.visit(f"/requests/{request.id}") or owner.all("#done"), "the portal knows of the approval")
    assert "Get logs from every pod in openshift-ingress" in owner.wait_for("#done", "2 times")
    assert "Delete Pod router-default-x2kqp" in owner.text("#done") and owner.text("#done .blocked") == "refused"
    following = request.ticket.request()
    open_request(owner, following)
    assert following.id != request.id and "what they did with it" in owner.text("#consent details")
    owner.click("#consent summary")
    assert "2 times" in owner.text("#consent details") and not owner.all("#done")


def look_at_all(browser) -> None:
    """Scrolls through the items, a screen at a time, as a reader does."""
    end = browser.script("return document.documentElement.scrollHeight")
    for at in range(0, end, 600):
        browser.call("POST", "/execute/async", {"args": [at], "script":
            "scrollTo(0, arguments[0]); requestAnimationFrame(() => requestAnimationFrame(() => arguments[1]()))"})


def test_hostile_text_stays_text(owner, customer):
    request = customer.request(justification=HOSTILE)
    open_request(owner, request)
    assert owner.script("return document.querySelector('[data-field=justification]').textContent") == HOSTILE
    assert not owner.all("#consent img") and not owner.all("#consent form") and "owned" not in owner.title
    assert owner.script("return [...document.querySelectorAll('#consent .odd')].map(it => it.title)") == ["U+000D", "U+000A", "U+202E", "U+200B", "U+000D"]
    approve(owner, 1)  # the digest is of what is shown
    assert verdict(owner) == "applied"


def test_identical_requests_stand_together(owner, customer):
    ticket = customer.ticket()
    first, second = ticket.request(), ticket.request()
    open_request(owner, second)
    owner.visit("/")
    assert "2 requests that ask for the same" in owner.wait_for(f"div.card:has(a[href='/requests/{first.id}'])")
    owner.visit(f"/requests/{second.id}")
    days = {it.first.request["created_at"][:10] for it in (first, second)}
    assert owner.script("return document.querySelector('#today').textContent") == ("2" if len(days) == 1 else "1")


def test_what_waits_in_all_their_tenants(browser, system):
    """One list, of two tenants and two subscriptions of one of them."""
    mine, other = Tenant(system), Tenant(system)
    browser.call("DELETE", "/cookie")
    browser.log_in(mine.owner)
    assert other.change("role_assigned", principal=mine.owner.principal, role="owner").kind == "tenant.changed"
    second = str(uuid.uuid4())
    for change, data in (("subscription_added", {"name": "Staging"}), ("role_assigned", {"principal": mine.owner.principal, "role": "owner"}),
                         ("lockbox_enabled", {"by": other.admin.principal})):
        assert other.change(change, subscription_id=second, **data).kind == "tenant.changed"
    requests = [mine.request(), other.request(), Ticket(other, subscription_id=second).request(
        resource_id=other.resource.replace(other.subscription, second))]
    for request in requests:
        open_request(browser, request)
    browser.visit("/")
    for request in requests:
        assert browser.all(f"a[href='/requests/{request.id}']"), request.id


def test_another_person_sees_nothing(owner, customer):
    request = customer.request()
    open_request(owner, request)
    owner.call("DELETE", "/cookie")
    owner.log_in(Person.new("eve"))
    owner.visit(f"/requests/{request.id}")
    assert "Not found" in owner.text("h1")
    owner.visit("/administration")
    assert "Not from here" in owner.text("h1")


def findings(browser) -> list:
    """What axe-core finds at fault in the page: rule and place."""
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Runtime.evaluate", "params": {"expression": AXE.read_text()}})
    return browser.call("POST", "/execute/async", {"args": [], "script": """
        const done = arguments[0];
        axe.run().then((it) => done(it.violations.map((found) => [found.id, found.nodes.map((node) => node.html)])));"""})


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [360, 1200])
def test_for_everybody(browser, customer, width, scheme):
    """axe-core has nothing to say, and nothing goes over the edge, of any page with something on it."""
    request, over = customer.request(actions=[LOGS, DELETE]), customer.request()
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.admin, "/administration")
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
    browser.resize(width)
    browser.wait_for("section.tenant")
    browser.script("for (const mark of document.querySelectorAll('[data-weaker], .trouble')) mark.hidden = false")
    is_for_everybody(browser)
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner, "/keys")
    is_for_everybody(browser)
    open_request(browser, request)
    is_for_everybody(browser)
    open_request(browser, over)
    browser.click("[data-decision=deny]")
    browser.wait_for("#trouble", "Say why")
    is_for_everybody(browser)
    browser.type("#comment", "Not now.")
    browser.click("[data-decision=deny]")
    assert verdict(browser) == "applied"
    is_for_everybody(browser)
    browser.visit("/")
    is_for_everybody(browser)
    browser.visit("/requests/none")
    is_for_everybody(browser)
    browser.click("form[action$=logout] button")
    browser.wait_for("h1", "You are logged out")
    is_for_everybody(browser)
    browser.resize(1200)


def is_for_everybody(browser) -> None:
    assert (findings(browser), max(0, browser.script(OVER_THE_EDGE))) == ([], 0), browser.url


def test_by_keyboard_alone(browser, customer):
    """From the log-in by the list of requests to a verdict that is signed, and out again: no pointer is used."""
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner, "/keys")
    register(browser)
    request = customer.request()
    open_request(browser, request)
    browser.call("DELETE", "/cookie")
    browser.visit("/")
    browser.wait_for("button", "Log in")
    for name, text in (("sub", customer.owner.id), ("email", customer.owner.email), ("name", customer.owner.name)):
        press(browser, f"[name={name}]", text)
    press(browser, "button", ENTER)
    browser.wait_for("header .who", customer.owner.name)
    press(browser, f"a[href='/requests/{request.id}']", ENTER)
    browser.wait_for("#decide")
    wait_until(lambda: not browser.script("return document.querySelector('#tick-all').disabled"), "the item was in view")
    press(browser, "#keep-1")
    press(browser, "[data-decision=approve]")
    assert verdict(browser) == "applied" and request.check().allowed
    assert sent_of(customer.system, request)["assertion"]
    press(browser, "form[action$=logout] button", ENTER)
    browser.wait_for("h1", "You are logged out")


def press(browser, css: str, text: str = " ") -> None:
    """Tabs on until the element has the focus, then presses space, or types."""
    for _ in range(200):
        if browser.script("return document.activeElement.matches(arguments[0])", css):
            browser.keys(text)
            return
        browser.keys("\ue004")
    raise AssertionError(f"no way to {css} by keyboard")


def test_news_come_into_the_list_by_themselves(owner, customer):
    """By server-sent events, on the page that is there: nothing is loaded anew."""
    owner.visit("/")
    owner.script("window.stays = true")
    request = customer.request()
    owner.wait_for(f"a[href='/requests/{request.id}']")
    request.approve()
    owner.settled("it is open", lambda: owner.script(
        "return document.querySelector(`a[href='/requests/${arguments[0]}']`)?.closest('ul').classList.contains('card')", request.id))
    assert owner.script("return window.stays")


def test_no_script_and_nothing_else_from_elsewhere(owner, portal, customer):
    """Of every page: what it loads is the portal's own; and the browser holds it to that."""
    request = customer.request()
    open_request(owner, request)
    for path in (f"/requests/{request.id}", "/", "/keys"):
        owner.visit(path)
        loaded = owner.script("return performance.getEntriesByType('resource').map(it => it.name)")
        assert loaded and [url for url in loaded if not url.startswith(portal.url + "/")] == []
    owner.console()
    owner.script("""const it = document.createElement('script'); it.textContent = 'window.evil = true'; document.head.append(it);
                    const other = document.createElement('script'); other.src = 'https://evil.example/x.js'; document.head.append(other)""")
    assert owner.script("return window.evil") is None
    assert len([line for line in owner.console() if "Content Security Policy" in line]) >= 2


def test_an_emergency_is_acknowledged(owner, customer):
    ticket = customer.ticket()
    wish = ticket.wish(incident_id="INC-1", authorized_by=new_engineer().principal)
    request = Request(ticket, wish, customer.system.caused_by(ticket.publish("access.emergency_declared", **wish), "request."))
    assert request.first.kind == "request.emergency_started"
    open_request(owner, request)
    assert "emergency access is open" in owner.text("#state")
    owner.click("[data-decision=acknowledge]")
    assert verdict(owner) == "applied"
    assert request.event("acknowledged")
    owner.wait_for("section.history", "emergency access is open")


def test_for_a_shorter_time(owner, customer):
    request = customer.request(duration="PT8H")
    open_request(owner, request)
    owner.click("#shorter option[value=PT1H]")
    owner.wait_for("[data-asked]", "for 1 hour, until ")
    approve(owner, 1)
    assert verdict(owner) == "applied"
    approved = request.event("approved").request
    assert datetime.fromisoformat(approved["expires_at"]) - datetime.fromisoformat(approved["starts_at"]) == timedelta(hours=1)


WHEN = r"(\d\d:\d\d) (today|tomorrow) \((?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d) UTC\)"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_times_are_words_of_the_readers_zone(owner, customer, zone):
    """Until when it would be open; until when it is; both by the reader's clock, with UTC's beside."""
    owner.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setTimezoneOverride", "params": {"timezoneId": zone}})
    request = customer.request(duration="PT8H")
    open_request(owner, request)
    asked = re.fullmatch(f"for 8 hours, until {WHEN}, if it is approved now", owner.wait_for("#consent [data-asked]"))
    assert asked
    approved = request.approve().request
    until = datetime.fromisoformat(approved["expires_at"])
    owner.settled("it is open", lambda: owner.visit(f"/requests/{request.id}") or owner.text("#state") == "access is open")
    said = re.search(f"for (8 hours|7 hours 5[0-9] minutes), until {WHEN}", owner.text("main"))
    assert said, owner.text("main")
    local = until.astimezone(ZoneInfo(zone))
    today = datetime.now(timezone.utc).astimezone(ZoneInfo(zone)).date()
    assert said[2] == f"{local:%H:%M}" and said[5] == f"{until:%H:%M}"
    assert said[3] == ("today" if local.date() == today else "tomorrow")
    assert said[4] == (None if local.date() == until.date() else f"{until:%Y-%m-%d}")
    owner.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setTimezoneOverride", "params": {"timezoneId": ""}})


def test_german(owner, customer):
    owner.visit("/")
    owner.click("button[value=de]")
    owner.wait_for("h1", "Zugriffsanfragen")
    request = customer.request(duration="PT8H")
    open_request(owner, request)
    assert re.fullmatch(r"für 8 Stunden, bis (heute|morgen), \d\d:\d\d Uhr \(.*UTC\), wenn jetzt zugestimmt wird", owner.wait_for("#consent [data-asked]"))
    assert owner.script("return document.documentElement.lang") == "de" and findings(owner) == []
    owner.visit("/")
    owner.click("button[value=en]")
    owner.wait_for("h1", "Requests for access")


def test_who_has_no_session_or_no_token_sends_nothing(portal, customer):
    """Without a log-in a page leads there; a request that does not come from our pages is refused."""
    request = customer.request()
    for headers in ({}, {"Origin": portal.url}, {"Origin": "https://evil.example", "X-CSRF": "x"}):
        asked = urllib.request.Request(f"{portal.url}/requests/{request.id}/decisions", b"{}", {**headers, "Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        assert refused.value.code in (401, 403)
        assert "script-src 'self'" in refused.value.headers["Content-Security-Policy"]


def test_a_body_says_how_long_it_is_and_is_no_longer_than_a_decision(owner, portal, customer):
    """From a logged-in page of ours: without a length, with one that is none, and beyond 256 KiB."""
    request, most = customer.request(), 262_144
    open_request(owner, request)
    headers = {"Cookie": "; ".join(f"{it['name']}={it['value']}" for it in owner.call("GET", "/cookie")),
               "X-CSRF": owner.script("return document.body.dataset.csrf"), "Origin": portal.url, "Content-Type": "application/json"}

    def status(body: bytes, **more: str) -> int:
        connection = http.client.HTTPConnection(portal.url.partition("//")[2], timeout=30)
        try:
            connection.putrequest("POST", f"/requests/{request.id}/decisions")
            for name, value in {**headers, **{name.replace("_", "-"): value for name, value in more.items()}}.items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(body)
            return connection.getresponse().status
        finally:
            connection.close()

    decision = b'{"decision": "approve"}'
    assert status(decision, Content_Length=str(len(decision))) == 400  # read, and no decision
    assert status(b"%x\r\n%s\r\n0\r\n\r\n" % (len(decision), decision), Transfer_Encoding="chunked") == 411
    assert status(b"", Content_Length="-1") in (400, 411)
    assert status(b"", Content_Length=str(most + 1)) == 413
    assert status(b"", Content_Length="9" * 30) in (400, 413)
    assert status(b" " * most, Content_Length=str(most)) == 400
    assert not request.check().allowed

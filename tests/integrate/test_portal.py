"""examples/portal in a real browser, against a real stack: shows what is asked as it was asked, and sends what was clicked."""
import http.client
import os
import re
import secrets
import signal
import subprocess
import sys
from urllib.parse import urlencode, urlsplit

import pytest

from programs import EXAMPLES
from support.webdriver import Browser
from support.scenario import LOGS, Tenant
from support.stack import REPOSITORY
from support.waiting import wait_until

DELETE = {"action": "delete_object", "namespace": "openshift-ingress", "kind": "Pod", "name": "router-default-x2kqp"}
HOSTILE = ("</td></table><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
           "<form action='//evil.example'><button>Approve</button></form>\n&lt;b&gt; \"'` ‮drawkcab​ ${7*7}")
HOSTILE_NAME = "<img><b>\"'`${7*7}&lt;i>"  # as hostile as a Kubernetes name can be
HOSTILE_SEEN = HOSTILE.replace("‮", "⟨U+202E⟩").replace("​", "⟨U+200B⟩")


class Portal:
    """The server, for one approver."""

    def __init__(self, stack, principal: dict):
        self.process = subprocess.Popen([sys.executable, "examples/portal/server.py", "--approver",
                                         ",".join(principal[part] for part in ("id", "email", "name"))],
                                        cwd=REPOSITORY, env=stack.worker_environment(), stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().removeprefix("Open ").strip()
        parts = urlsplit(self.address)
        self.host, self.cookie = parts.netloc, parts.query

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def send(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, dict[str, str]]:
        """As a program would, with the headers that a page of the portal would have, unless told others."""
        ours = {"Host": self.host, "Origin": f"http://{self.host}", "Cookie": self.cookie,
                "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request(method, path, body or None, {name: it for name, it in {**ours, **headers}.items() if it})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())


@pytest.fixture(scope="module")
def customer(system):
    return Tenant(system)


@pytest.fixture(scope="module")
def portal(stack, customer):
    portal = Portal(stack, customer.owner.principal)
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def open_request(browser, portal):
    """Opens the portal, and follows the list to a ticket."""
    def open_ticket(request) -> None:
        browser.open(portal.address)
        selector = f"a[href='/request/{request.id}']"
        assert browser.wait_for(selector) == request.ticket.id
        browser.open(f"http://{portal.host}/request/{request.id}")
    return open_ticket


def verdict(browser) -> str:
    return browser.wait_for("#verdict").removeprefix("Your decision: ")


def test_a_request_is_shown_as_asked_and_approved(browser, system, customer, open_request):
    request = customer.ticket(title="Ingress routers restart").request(actions=[LOGS, DELETE], duration="PT2H",
                                                                       reason_code="customer_request")
    open_request(request)
    seen, asked = browser.text(), request.first.request
    engineer = request.ticket.engineer
    for told in (engineer.name, engineer.email, engineer.id, engineer.organization, asked["resource_id"], asked["tenant_id"],
                 asked["subscription_id"], asked["justification"], asked["decide_by"], asked["request_id"], "PT2H",
                 "customer_notified", f"{asked['digest']}, as Lockbox has it"):
        assert told in seen
    assert browser.texts("tr[id^=item-]") == ["1 get_pod_logs openshift-ingress — —",
                                              "2 delete_object openshift-ingress Pod router-default-x2kqp"]
    browser.type("#approve input[name=comment]", "Go ahead.")
    browser.click("#approve button")
    assert verdict(browser) == "applied"
    granted = request.event("approved").request
    assert [item["kept"] for item in granted["actions"]] == [True, True]
    assert granted["decisions"][0]["by"] == customer.owner.principal and granted["decisions"][0]["comment"] == "Go ahead."
    assert request.check(LOGS).allowed and request.check(DELETE).allowed


def test_an_approval_can_be_narrowed(browser, customer, open_request):
    request = customer.request(actions=[LOGS, DELETE], duration="PT2H")
    open_request(request)
    browser.click("#approve input[value='2']")
    browser.type("#approve input[name=minutes]", "30")
    browser.click("#approve button")
    assert verdict(browser) == "applied"
    granted = request.event("approved").request
    assert ([item["kept"] for item in granted["actions"]], granted["granted_duration"]) == ([True, False], "PT30M")
    assert request.check(LOGS).allowed and not request.check(DELETE).allowed
    assert browser.text("#item-2").endswith("left out")


def test_nothing_kept_is_not_sent(browser, customer, open_request):
    request = customer.request()
    open_request(request)
    browser.click("#approve input[value='1']")
    browser.click("#approve button")
    browser.wait_for("body", "Keep at least one action, or deny the request.")
    assert request.decide("deny") == "applied"


def test_denied(browser, customer, open_request):
    request = customer.request()
    open_request(request)
    browser.type("#deny input[name=comment]", "Not today.")
    browser.click("#deny button")
    assert verdict(browser) == "applied"
    denied = request.event("denied").request
    assert denied["decisions"][0]["comment"] == "Not today."
    assert "There is nothing left to decide." in browser.text() and browser.all("form") == []


def test_revoked(browser, customer, open_request):
    request = customer.request()
    request.approve()
    wait_until(lambda: opened(open_request, request, browser, "#revoke"), "the portal knows of the approval")
    browser.click("#revoke button")
    assert verdict(browser) == "applied"
    assert request.event("revoked").request["state"] == "revoked" and not request.check().allowed


def opened(open_request, request, browser, css: str) -> bool:
    open_request(request)
    return bool(browser.all(css))


def test_a_decision_without_effect_is_told(browser, customer, open_request):
    """The page is old: another approver was quicker. The verdict says so, and nothing changes."""
    request = customer.request()
    open_request(request)
    assert request.decide("deny", customer.approver) == "applied"
    browser.click("#approve button")
    assert verdict(browser) == "conflict" and request.kinds[-1] == "denied"


def test_hostile_text_stays_text(browser, portal, system, customer, open_request):
    ticket = customer.ticket(title=HOSTILE)
    ticket.engineer = type(ticket.engineer)(ticket.engineer.id, ticket.engineer.email, HOSTILE, "microsoft")
    ticket.assign(ticket.engineer)
    request = ticket.request(justification=HOSTILE, actions=[{**DELETE, "name": HOSTILE_NAME}])
    browser.console()
    open_request(request)
    assert browser.title == f"Ticket {ticket.id}"
    assert browser.all("script, img, b, i, form[action*=evil]") == []
    assert {form: len(browser.all(form)) for form in ("#approve", "#deny", "form")} == {"#approve": 1, "#deny": 1, "form": 2}
    for part in HOSTILE_SEEN.splitlines():
        assert browser.text().count(part) == 2  # the engineer's name, the justification
    assert browser.text().count(HOSTILE_NAME) == 2  # in the item's row and in the form
    assert browser.console() == []
    browser.open(portal.address)
    assert browser.title == "Access requests" and browser.all("script, img, b, i") == []
    assert request.decide("deny") == "applied"


def test_the_policy_would_stop_a_script(browser, portal):
    """The second line, should text ever become markup: the browser itself refuses."""
    browser.open(portal.address)
    browser.open(f"http://{portal.host}/nowhere")  # a page that does not load itself again
    browser.console()
    browser.call("POST", "/execute/sync", {"args": [], "script": """
        const script = document.createElement('script'); script.textContent = "document.title = 'owned'";
        document.body.append(script);
        const image = document.createElement('img'); image.src = 'http://127.0.0.1:1/x'; document.body.append(image);"""})
    assert browser.title == "Not found"
    complaints = wait_until(browser.console, "the browser complains")
    assert any("Content Security Policy" in complaint for complaint in complaints)


def test_others_requests_are_not_shown(browser, system, portal, open_request, customer):
    theirs, ours = Tenant(system).request(), customer.request()
    open_request(ours)  # which was asked later, and is here
    assert portal.send("GET", f"/request/{theirs.id}")[0] == 404
    assert theirs.id not in portal.send("GET", "/")[1]


@pytest.fixture
def asked(portal, customer):
    """A request that is shown, and the form that would approve it."""
    request = customer.request()
    page = wait_until(lambda: seen(portal, f"/request/{request.id}"), "the portal knows of it")
    form = page[page.index('id="approve"'):]
    fields = dict(re.findall(r'name="(csrf|id)" value="([^"]+)"', form[:form.index("</form>")]))
    return request, {**fields, "decision": "approve", "item": "1", "comment": ""}


def seen(portal, path: str) -> str:
    status, page, _ = portal.send("GET", path)
    return page if status == 200 else ""


FOREIGN = {
    "no cookie": ({}, {"Cookie": ""}),
    "another key": ({}, {"Cookie": "key=" + secrets.token_urlsafe(24)}),
    "no token": ({"csrf": ""}, {}),
    "another token": ({"csrf": secrets.token_urlsafe(24)}, {}),
    "another site": ({}, {"Origin": "http://evil.example"}),
    "no origin": ({}, {"Origin": ""}),
    "a hidden origin": ({}, {"Origin": "null"}),
    "another name for our address": ({}, {"Host": "evil.example", "Origin": "http://evil.example"}),
}


@pytest.mark.parametrize("fields, headers", FOREIGN.values(), ids=list(FOREIGN))
def test_what_did_not_come_from_the_portal_decides_nothing(portal, asked, fields, headers):
    request, form = asked
    assert portal.send("POST", f"/request/{request.id}", urlencode({**form, **fields}), **headers)[0] == 403
    # The same form, sent as the page would: what came before it on the same key has had no effect.
    assert portal.send("POST", f"/request/{request.id}", urlencode({**form, "decision": "deny"}))[0] == 303
    assert request.event("denied").request["decisions"][0]["decision"] == "deny"


def test_sent_twice_is_one_decision(portal, system, asked):
    request, form = asked
    for _ in range(2):
        status, _, headers = portal.send("POST", f"/request/{request.id}", urlencode(form))
        assert (status, headers["Location"]) == (303, f"/request/{request.id}?decision={form['id']}")
    assert request.judged(form["id"]).data["verdict"] == "applied"
    # What comes last on the key was judged after both.
    assert request.decide("approve") == "duplicate"
    judged = system.events.where(lambda record: record.cause == form["id"] and record.kind == "decision.judged")
    assert len(judged) == 1
    assert system.deadletters.where(lambda record: record.key == request.id.encode()) == []


BAD_FORMS = {
    "no items": ({"item": "99"}, 400, "Keep at least one action"),
    "no number": ({"minutes": "1h"}, 400, "Minutes are a number"),
    "no such decision": ({"decision": "own"}, 400, "There is no such decision"),
    "no id": ({"id": "../x"}, 400, "The form has no id"),
    "too much": ({"comment": "x" * 20000}, 413, "A form has a few fields"),
}


@pytest.mark.parametrize("fields, status, why", BAD_FORMS.values(), ids=list(BAD_FORMS))
def test_a_bad_form_says_why(portal, asked, fields, status, why):
    request, form = asked
    answer = portal.send("POST", f"/request/{request.id}", urlencode({**form, **fields}))
    assert answer[0] == status and why in answer[1]
    assert request.decide("deny") == "applied"


@pytest.mark.parametrize("path, status", [("/", 200), ("/style.css", 200), ("/nowhere", 404), ("/request/x", 404)])
def test_every_page_has_the_policy(portal, path, status):
    answered, _, headers = portal.send("GET", path)
    assert answered == status
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
    assert portal.send("GET", path, Cookie="")[0] == 403
    assert portal.send("GET", path, Host="evil.example")[0] == 403


def test_it_listens_on_loopback_only(portal):
    port = int(portal.host.rpartition(":")[2])
    listening = [line.split()[1] for table in ("tcp", "tcp6") for line in open(f"/proc/{portal.process.pid}/net/{table}")
                 if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


def test_what_differs_from_its_digest_cannot_be_decided(monkeypatch):
    """Shown and recorded are two things: no button, and no decision."""
    monkeypatch.syspath_prepend(str(EXAMPLES / "portal"))
    import json
    import lockbox
    import pages
    example = REPOSITORY / "schemas/examples/lockbox.request.created.v1/valid-two-signed-approvals.json"
    request = json.loads(example.read_text())["data"]["request"]
    request["signed_decisions"] = False
    request["digest"] = lockbox.digest(request)
    whole = lockbox.Asked(request, request)
    assert whole.is_whole and 'id="approve"' in pages.request({}, whole, "t", None).body
    changes = [{"justification": "x"}, {"duration": "PT1H"}, {"ticket_id": "x"}, {"approvals_needed": 9}, {"starts_at": request["decide_by"]},
               {"engineer": {**request["engineer"], "email": "x@y.example"}}, {"actions": request["actions"][:-1]},
               {"actions": [{**request["actions"][0], "namespace": "openshift-x"}, *request["actions"][1:]]}]
    for change in changes:
        other = lockbox.Asked({**request, **change}, request)
        assert not other.is_whole and "<form" not in pages.request({}, other, "t", None).body, change


@pytest.fixture(scope="module", autouse=True)
def demo(tmp_path_factory):
    """./dev demo --portal: it makes its way to where it waits for the reader while the other tests go on."""
    environment = {name: value for name, value in os.environ.items() if name != "LOCKBOX_DEV_DIR"}
    demo = subprocess.Popen([sys.executable, "tools/dev/demo.py", "--portal"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
                            env={**environment, "TMPDIR": str(tmp_path_factory.mktemp("demo"))})
    yield demo
    if demo.poll() is None:
        demo.send_signal(signal.SIGINT)  # it stops its stack
    demo.wait(60)


def test_the_demo_waits_for_the_click(browser, demo):
    """With the browser in the reader's place: the walk goes on once the button is pressed."""
    with demo:
        lines = []
        while not lines or not lines[-1].startswith("http://"):
            lines.append(demo.stdout.readline().strip())
            assert demo.poll() is None, lines
        browser.open(lines[-1])
        browser.wait_for("a[href^='/request/']")
        browser.click("a[href^='/request/']")
        browser.wait_for("body", "Half of the routes answer 503.")
        browser.type("#approve input[name=comment]", "Go ahead.")
        browser.click("#approve button")
        assert verdict(browser) == "applied"
        rest = demo.stdout.read()
    assert demo.returncode == 0 and "Every step was seen to happen." in rest, "\n".join(lines) + rest
    assert re.findall(r"access_check: (yes|no)", rest) == ["yes", "no", "no", "no", "no"]

"""What is wrong is told in a sentence that says what to do; nothing is published, or Lockbox's verdict is shown as it came."""
import json
import re
import time
import uuid

import pytest

from support.passkey import PRESENT, Passkey
from support.scenario import Person, Tenant
from support.waiting import wait_until
from test_portal import approve, open_request, register, verdict
from visitor import Visitor


@pytest.fixture(scope="module")
def signing(system, portal):
    """Its administrator and its owner have passkeys of the portal, and decisions are signed."""
    tenant = Tenant(system)
    tenant.passkeys = {tenant.admin: Passkey("localhost", (portal.url,)), tenant.owner: Passkey("localhost", (portal.url,))}
    for person, passkey in tenant.passkeys.items():
        assert tenant.change("approver_key_set", subscription_id=None, principal_id=person.id, public_key=passkey.jwk,
                             proof=passkey.proof(tenant.id, person.id), by=person.principal).kind == "tenant.changed"
    assert tenant.change("policy_set", by=tenant.admin.principal, signed_decisions=True).kind == "tenant.changed"
    return tenant


def knows(visitor: Visitor, request) -> None:
    wait_until(lambda: f"/requests/{request.id}" in visitor.page("/"), "the portal knows the request")


def published(system, portal, request) -> int:
    """How many decisions about the request the portal has sent."""
    return system.audit.value("SELECT count(*) FROM audit.event WHERE request_id = %s AND type = 'lockbox.decision.submitted.v1' AND source = %s",
                              request.id, portal.url)


def touched(passkey: Passkey, request, **client) -> dict:
    payload = {"request_id": request.id, "digest": request.first.request["digest"], "decision": "approve", "iat": int(time.time()),
               "by": request.tenant.owner.id}
    return passkey.touch(json.dumps(payload).encode(), **client)


def wrong(signing, request) -> dict:
    """Assertions that do not hold for an approval of the request."""
    passkey = signing.passkeys[signing.owner]
    return {
        "wrong origin": touched(passkey, request, origin="https://evil.example"),
        "another request's challenge": passkey.signed(signing.request(), decision="approve"),
        "not verified": touched(passkey, request, flags=PRESENT),
        "a foreign key": touched(Passkey("localhost", passkey.origins), request),
        "an administrator's key": touched(signing.passkeys[signing.admin], request),
    }


def test_a_signature_that_does_not_hold(portal, signing, system):
    """The verdict is shown as it came, in words; the right one is then applied, and shown once more it is a duplicate."""
    request, visitor = signing.request(), Visitor(portal, signing.owner)
    knows(visitor, request)
    for what, assertion in wrong(signing, request).items():
        said = judged(visitor, request, assertion)
        assert said == ("bad_signature", "Your signature does not hold: no key, another key, or another page. Nothing has changed. Look at “My key”."), what
    assert not request.check().allowed
    good = touched(signing.passkeys[signing.owner], request)
    assert judged(visitor, request, good) == ("applied", "It is done.")
    assert request.check().allowed
    assert judged(visitor, request, good) == ("duplicate", "You had decided so before. Nothing has changed.")


def test_an_assertion_replayed_after_its_access_was_revoked(portal, signing):
    request, visitor = signing.request(), Visitor(portal, signing.owner)
    knows(visitor, request)
    good, passkey = touched(signing.passkeys[signing.owner], request), signing.passkeys[signing.owner]
    assert judged(visitor, request, good)[0] == "applied"
    assert request.decide("revoke", assertion=passkey.signed(request, decision="revoke")) == "applied"
    request.await_access_end()
    assert judged(visitor, request, good)[0] in ("duplicate", "conflict", "late")
    assert not request.check().allowed


def judged(visitor: Visitor, request, assertion: dict) -> tuple[str, str]:
    """The verdict and its words, as the page shows them."""
    event_id = str(uuid.uuid4())

    def send() -> int:
        version = int(re.search(r'data-version="(\d+)"', visitor.page(f"/requests/{request.id}"))[1])
        return visitor.send(f"/requests/{request.id}/decisions", {"event_id": event_id, "version": version, "decision": "approve",
                                                                  "assertion": assertion})
    assert send() == 202

    def shown():
        return re.search(r'data-verdict="([a-z_]+)">\s*<strong>([^<]+)</strong>', visitor.page(f"/requests/{request.id}?sent={event_id}"))
    found = wait_until(shown, "a verdict is shown")
    return found[1], found[2]


def test_an_approval_of_no_item(portal, customer):
    """No page sends one. What leaves every item out is not taken for what names none, and keeps all."""
    request, visitor = customer.request(), Visitor(portal, customer.owner)
    knows(visitor, request)
    content = {"event_id": str(uuid.uuid4()), "version": 1, "decision": "approve", "actions": []}
    assert visitor.send(f"/requests/{request.id}/decisions", content) == 202
    request.event("denied")
    assert not request.check().allowed


def test_not_from_one_of_our_pages(portal, system, signing):
    """Another origin, no token, another session's token: refused with words, and nothing is published."""
    request, visitor, other = signing.request(), Visitor(portal, signing.owner), Visitor(portal, signing.owner)
    knows(visitor, request)
    content = {"event_id": str(uuid.uuid4()), "version": 1, "decision": "deny", "comment": "No."}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"X-CSRF": ""}, {"X-CSRF": other.csrf}):
        status, said = visitor.answer(f"/requests/{request.id}/decisions", content, **headers)
        assert status == 403 and "did not come from one of the portal's own pages" in said["words"] and "try again" in said["words"]
    nobody = Visitor(portal, Person.new("eve"))
    status, said = nobody.answer(f"/requests/{request.id}/decisions", content)
    assert status == 404 and "You are not asked about such a request" in said["words"]
    assert published(system, portal, request) == 0


def test_a_session_that_has_ended(browser, portal, customer, system):
    """The page tells so, and nothing is sent."""
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner)
    request = customer.request()
    open_request(browser, request)
    browser.type("#comment", "Not now.")
    browser.call("DELETE", "/cookie")
    browser.click("[data-decision=deny]")
    assert browser.wait_for("#trouble") == "Your session has ended. Nothing was sent. Load the page again, log in, and decide again."
    assert request.kinds == ["created"] and published(system, portal, request) == 0


def test_who_is_not_verified_signs_nothing(browser, portal, customer, system):
    """The device asks for a fingerprint, and gets none; or it is another's, which knows no such passkey."""
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner, "/keys")
    register(browser)
    request = customer.request()
    device = f"/webauthn/authenticator/{browser.authenticator}"
    open_request(browser, request)
    browser.call("POST", f"{device}/uv", {"isUserVerified": False})
    try:
        approve(browser, 1)
        assert "Nothing was sent: the passkey did not sign." in browser.wait_for("#trouble")
    finally:
        browser.call("POST", f"{device}/uv", {"isUserVerified": True})
    kept = browser.call("GET", f"{device}/credentials")
    browser.call("DELETE", f"{device}/credentials")
    try:
        browser.click("[data-decision=approve]")
        wait_until(lambda: browser.script("return !document.querySelector('[data-decision=approve]').disabled"), "the device has answered")
        assert "Nothing was sent: the passkey did not sign." in browser.wait_for("#trouble")
    finally:
        for credential in kept:
            browser.call("POST", f"{device}/credential", credential)
    assert published(system, portal, request) == 0 and not request.check().allowed


def test_two_tabs(browser, system):
    """What was decided in one is told in the other, which sends nothing any more."""
    tenant = Tenant(system)  # without a passkey: the device is the first tab's alone
    browser.call("DELETE", "/cookie")
    browser.log_in(tenant.owner)
    request = tenant.request()
    open_request(browser, request)
    first = browser.call("GET", "/window")
    second = browser.call("POST", "/window/new", {"type": "tab"})["handle"]
    try:
        browser.call("POST", "/window", {"handle": second})
        open_request(browser, request)
        approve(browser, 1)
        assert verdict(browser) == "applied"
        browser.call("DELETE", "/window")
    finally:
        browser.call("POST", "/window", {"handle": first})
    browser.wait_for("#news", "Something has changed")
    browser.type("#comment", "No.")
    browser.click("[data-decision=deny]")
    assert "The request has changed since this page was loaded. Load it again, and look at it again." in browser.wait_for("#trouble")
    assert request.check().allowed

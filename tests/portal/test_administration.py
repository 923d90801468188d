"""A Global Administrator's page: on and off, policy, what is forbidden, who is told, roles and keys; each weakening change marked before it is sent."""
import json
import secrets

import pytest

from support.scenario import Person, Tenant
from support.waiting import wait_until
from test_portal import approve, open_request, press, register, verdict

CARD = "section[data-subscription]"


@pytest.fixture
def tenant(system):
    return Tenant(system, alternates=("soc@contoso.example",))


@pytest.fixture
def admin(browser, tenant):
    """The browser, with the tenant's administrator at the page."""
    browser.call("DELETE", "/cookie")
    browser.log_in(tenant.admin, "/administration")
    wait_until(lambda: browser.visit("/administration") or browser.all(CARD), "the portal knows the tenant")
    return browser


def write(browser, name: str, text: str) -> None:
    browser.script("""const it = document.querySelector(`[name="${arguments[0]}"]`); it.value = arguments[1];
                      it.dispatchEvent(new Event("input", {bubbles: true}))""", name, text)


def changed(tenant, change: str, times: int = 1):
    """The last of so many changes of that kind."""
    def them() -> list:
        return [record for record in tenant.system.events.records if record.kind == "tenant.changed"
                and record.data["tenant_id"] == tenant.id and record.data["change"] == change]
    return wait_until(lambda: them()[times - 1:times], f"{times} {change}")[0].data


def value_of(browser, name: str):
    return browser.settled(name, lambda: [browser.script(f"return document.querySelector('[name={name}]')?.value")])[0]


def shown(browser, what: str, text: str) -> None:
    """Waits until the page of the time after the change is there."""
    browser.settled(f"{text} among {what}", lambda: text in browser.script(
        "return document.querySelector('section[data-subscription]')?.dataset[arguments[0]] ?? ''", what))


def marks(browser) -> list[bool]:
    """Whether the policy and who is told are marked as asking for less."""
    return browser.script("return [...document.querySelectorAll('[data-weaker]')].map(it => !it.hidden)")


def test_lockbox_is_turned_off_and_on(admin, tenant):
    assert "⚠" in admin.script("return getComputedStyle(document.querySelector('[data-act=lockbox_disabled] + .weaker'), '::before').content")
    admin.click("[data-act=lockbox_disabled]")
    admin.wait_for(CARD, "Lockbox is off")
    off = changed(tenant, "lockbox_disabled")
    assert off["weakens"] and off["by"] == tenant.admin.principal
    assert tenant.request().first.request["state"] == "not_required"
    assert not admin.all("[data-act=lockbox_enabled] + .weaker")
    admin.click("[data-act=lockbox_enabled]")
    admin.wait_for(CARD, "Lockbox is on")


STRICT = {"approvals_needed": 2, "max_duration": "PT2H", "exact_changes": True, "emergency": "never", "forbid": [
    {"kind": "Node"}, {"namespace": "openshift-etcd"}], "auto_approve": [{"action": "get_pod_logs", "namespace": "openshift-console"}]}


def test_each_weaker_policy_is_marked_before_it_is_sent(admin, tenant):
    """One member at a time; the page says so where Lockbox does, and not where it asks for as much or for more."""
    assert tenant.change("policy_set", by=tenant.admin.principal, **STRICT).kind == "tenant.changed"
    wait_until(lambda: admin.visit("/administration") or value_of(admin, "max_duration") == "PT2H", "the policy is shown")
    weaker = {"approvals_needed": "1", "max_duration": "PT4H", "forbid": ""}
    stronger = {"approvals_needed": "3", "max_duration": "PT1H", "forbid": "Node\nnamespace=openshift-etcd\nSecret"}
    for name in weaker:
        was = value_of(admin, name)
        for value, is_weaker in ((weaker[name], True), (stronger[name], False), (was, False)):
            write(admin, name, value)
            assert marks(admin)[0] == is_weaker, (name, value)
    for name in ("exact_changes", "never"):
        admin.click(f"[name={name}]")
        assert marks(admin)[0], name
        admin.click(f"[name={name}]")
        assert not marks(admin)[0], name
    write(admin, "max_duration", "")
    assert marks(admin)[0]
    write(admin, "max_duration", "PT1H")
    write(admin, "forbid", "Node\nnamespace=openshift-etcd\nSecret\n")
    admin.click("[data-act=policy_set]")
    done = changed(tenant, "policy_set", 2)
    assert "weakens" not in done or not done["weakens"]
    assert {name: done.get(name) for name in STRICT} == {**STRICT, "max_duration": "PT1H", "forbid": [*STRICT["forbid"], {"kind": "Secret"}]}
    shown(admin, "policy", '"PT1H"')
    write(admin, "forbid", "Secret")
    admin.click("[data-act=policy_set]")
    assert changed(tenant, "policy_set", 3)["weakens"]


def test_what_is_forbidden_is_edited_whatever_it_names(admin, tenant):
    """Entries without a kind, too: each is a line, and goes where its line goes."""
    forbid = [{"namespace": "openshift-etcd"}, {"kind": "Node"}, {"action": "delete_object", "namespace": "shop", "kind": "Deployment.apps"}]
    assert tenant.change("policy_set", by=tenant.admin.principal, forbid=forbid).kind == "tenant.changed"
    shown = "namespace=openshift-etcd\nNode\naction=delete_object namespace=shop kind=Deployment.apps\n"
    wait_until(lambda: admin.visit("/administration") or value_of(admin, "forbid") == shown, "each entry is a line")
    write(admin, "forbid", shown.replace("openshift-etcd", "openshift-ingress"))
    assert marks(admin)[0]
    write(admin, "forbid", "kind=Node\naction=delete_object kind=Deployment.apps namespace=shop\nnamespace=openshift-etcd\n*")
    assert not marks(admin)[0]
    write(admin, "forbid", "namespace=openshift-ingress\naction=delete_object")
    admin.click("[data-act=policy_set]")
    assert changed(tenant, "policy_set", 2)["forbid"] == [{"namespace": "openshift-ingress"}, {"action": "delete_object"}]
    shown_again = "namespace=openshift-ingress\naction=delete_object\n"
    wait_until(lambda: value_of(admin, "forbid") == shown_again, "the page of the time after the change")
    for wrong in ("pods in shop", "namespace=", "kind=Node kind=Secret", "name=cart-0"):
        write(admin, "forbid", wrong)
        assert marks(admin)[0], wrong
        admin.click("[data-act=policy_set]")
        assert "What is forbidden is a kind" in admin.wait_for("section.tenant > .trouble"), wrong


def test_who_is_told(admin, tenant, system):
    """Addresses and webhooks: what is left out is marked; webhooks set here stay when only an address is changed."""
    url = f"https://soc.contoso.example/{secrets.token_hex(8)}"
    assert "were last set elsewhere" in admin.text(CARD)
    write(admin, "webhooks", f"cloudevents {url}")
    write(admin, "alternates", "soc@contoso.example\nnoc@contoso.example")
    admin.click("[data-act=contacts_set]")
    assert changed(tenant, "contacts_set", 2)["alternate_emails"] == ["soc@contoso.example", "noc@contoso.example"]
    shown(admin, "webhooks", url)
    assert value_of(admin, "webhooks") == f"cloudevents {url}\n"
    assert "were last set elsewhere" not in admin.text(CARD) and marks(admin)[1] is False
    write(admin, "alternates", "SOC@contoso.example\nnoc@contoso.example\nciso@contoso.example")
    assert marks(admin)[1] is False
    admin.click("[data-act=contacts_set]")
    third = changed(tenant, "contacts_set", 3)
    assert not third.get("weakens")
    sent = wait_until(lambda: system.audit.value(
        "SELECT convert_from(raw, 'UTF8') FROM audit.event WHERE tenant_id = %s AND type = 'lockbox.tenant.contacts_set.v1' AND source LIKE "
        "'http://localhost%%' ORDER BY received_at DESC LIMIT 1", tenant.id), "the audit store has it")
    assert json.loads(sent)["data"]["webhooks"] == [{"format": "cloudevents", "url": url}]
    shown(admin, "alternates", "ciso@")
    write(admin, "webhooks", "")
    assert marks(admin)[1]
    write(admin, "webhooks", f"cloudevents {url}")
    assert not marks(admin)[1]
    write(admin, "alternates", "soc@contoso.example")
    assert marks(admin)[1]
    write(admin, "webhooks", "only-a-format")
    admin.click("[data-act=contacts_set]")
    assert "A webhook is a line" in admin.wait_for("section.tenant > .trouble")


def test_a_role_is_given_and_taken_away(admin, tenant):
    new = Person.new("nora")
    for name, text in (("id", new.id), ("email", new.email), ("name", new.name)):
        admin.type(f"[data-new-role] [name={name}]", text)
    admin.click("[data-act=role_assigned]")
    admin.settled("they have it", lambda: new.email in admin.text("section.tenant"))
    given = changed(tenant, "role_assigned", 4)
    assert given["principal"] == new.principal and given["role"] == "lockbox_approver" and given["by"] == tenant.admin.principal
    assert new.id in {it["principal"]["id"] for it in tenant.request().first.request["approvers"]}
    at = admin.script("return [...document.querySelectorAll('[data-role]')].findIndex(it => it.textContent.includes(arguments[0]))", new.email)
    admin.script("document.querySelectorAll('[data-role] button')[arguments[0]].click()", at)
    admin.settled("they have it no longer", lambda: new.email not in admin.text("section.tenant"))
    assert changed(tenant, "role_removed")["principal"] == new.principal


def test_what_lockbox_refuses_is_told(admin, tenant):
    """Signatures, where nobody has a key."""
    admin.click("[name=signed_decisions]")
    admin.click("[data-act=policy_set]")
    assert "Lockbox refused the change: keys_missing" in admin.wait_for("section.tenant > .trouble")


def test_a_lost_key_is_replaced_by_an_administrator(browser, tenant):
    """Where decisions are signed: the owner's device is lost; the new key waits for the administrator's signature, and then signs."""
    log_in(browser, tenant.owner)
    register(browser)
    log_in(browser, tenant.admin)
    register(browser)
    browser.visit("/administration")
    browser.click("[name=signed_decisions]")
    browser.click("[data-act=policy_set]")
    assert changed(tenant, "policy_set")["signed_decisions"]
    request, device = tenant.request(), f"/webauthn/authenticator/{browser.authenticator}"
    owners = browser.call("GET", f"{device}/credentials")
    log_in(browser, tenant.owner)
    [lost] = [it for it in owners if it["credentialId"] == browser.script("return JSON.parse(document.querySelector('section.card').dataset.key).credential_id")]
    browser.call("DELETE", f"{device}/credentials/{lost['credentialId']}")
    open_request(browser, request)
    approve(browser, 1)
    assert "the passkey did not sign" in browser.wait_for("#trouble")
    browser.visit("/keys")
    assert "asks for less protection" in browser.text("section.card .weaker")
    browser.click("[data-act=recover]")
    browser.wait_for("section.card .notice", "waits for the signature")
    open_request(browser, request)
    log_in(browser, tenant.admin, "/administration")
    assert tenant.owner.email in browser.wait_for("[data-pending]") and "asks for less protection" in browser.text("[data-pending] .weaker")
    browser.click("[data-pending] button")
    replaced = changed(tenant, "approver_key_set", 3)
    assert replaced["weakens"] and replaced["principal_id"] == tenant.owner.id and replaced["by"] == tenant.admin.principal
    log_in(browser, tenant.owner, f"/requests/{request.id}")
    wait_until(lambda: browser.visit(f"/requests/{request.id}") or browser.script(
        "return JSON.parse(document.querySelector('#decide').dataset.key).credential_id !== arguments[0]", lost["credentialId"]), "the new key is theirs")
    approve(browser, 1)
    assert verdict(browser) == "applied" and request.check().allowed


def test_a_key_is_removed_by_an_administrator(browser, tenant):
    log_in(browser, tenant.owner)
    register(browser)
    log_in(browser, tenant.admin, "/administration")
    holder = f"[data-holder='{tenant.owner.id}']"
    assert tenant.owner.name in browser.wait_for(holder) and "asks for less protection" in browser.text(f"{holder} .weaker")
    press(browser, f"{holder} button")
    removed = changed(tenant, "approver_key_set", 2)
    assert "public_key" not in removed and removed["weakens"] and removed["by"] == tenant.admin.principal
    browser.settled("it is gone", lambda: not browser.all(holder) and browser.all(CARD))


def log_in(browser, person, path: str = "/keys") -> None:
    browser.call("DELETE", "/cookie")
    browser.log_in(person, path)
    wait_until(lambda: browser.visit(path) or browser.all("section, .card"), "the portal knows them")

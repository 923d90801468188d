"""Slack, Teams and CloudEvents webhooks: told what alternates are mailed, by the mails' ledger, words and rules."""
import base64
import secrets
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from support.scenario import Tenant
from support.traffic import await_quiet
from support.waiting import wait_until

NASTY = "<!channel> *bold* [here](https://evil.example) &amp;"


def path_of(ending: str = "") -> str:
    """With a secret in it, as such URLs have."""
    return f"/services/{secrets.token_hex(12)}{ending}"


def name_of(url: str) -> str:
    """A webhook in the ledger, in events and in logs."""
    return f"{sha256(url.encode()).hexdigest()[:16]}@{url.split('/')[2].split(':')[0]}"


class Told:
    """A tenant whose subscription has one webhook."""

    def __init__(self, system, receiver, ending: str = "", form: str = "cloudevents"):
        self.system, self.path, self.form = system, path_of(ending), form
        self.url = receiver.url(self.path)
        self.tenant = Tenant(system)
        self.set([{"url": self.url, "format": form}])

    def set(self, webhooks: list[dict]):
        return self.tenant.change("contacts_set", alternate_emails=[], webhooks=webhooks, by=self.tenant.admin.principal)

    def outcome(self, kind: str, seconds: float = 60, of: str = "approval_needed"):
        """The event about what became of a message."""
        return self.system.events.wait_for(
            lambda record: (record.kind == f"notification.{kind}" and record.data["recipient"] == name_of(self.url)
                            and record.data["kind"] == of), f"notification.{kind} of {self.path}, {of}", seconds)


@pytest.mark.parametrize("form", ["slack", "teams", "cloudevents"])
def test_a_request_and_its_outcome_are_told(system, receiver, form):
    told = Told(system, receiver, form=form)
    request = told.tenant.ticket(title=NASTY).request()
    [asked, *_] = receiver.wait_for(told.path, 1)
    request.approve()
    [_, outcome, *_] = receiver.wait_for(told.path, 2)
    assert request.id in asked.body.decode() and request.id in outcome.body.decode()
    link = f"https://portal.example/lockbox/requests/{request.id}"
    SHAPES[form](asked, link)
    sent = told.outcome("sent")
    assert (sent.data["channel"], sent.data["smtp_reply"]) == (form, "HTTP 204")


def slack(asked, link: str) -> None:
    header, section, actions = asked.json["blocks"]
    assert asked.headers["content-type"] == "application/json"
    assert header["text"]["type"] == section["text"]["type"] == "plain_text"
    assert len(header["text"]["text"]) <= 150 and len(section["text"]["text"]) <= 3000
    assert NASTY in section["text"]["text"]
    assert [element["url"] for element in actions["elements"]] == [link]


def teams(asked, link: str) -> None:
    [attachment] = asked.json["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive" and card["type"] == "AdaptiveCard"
    assert [block["type"] for block in card["body"]] == ["RichTextBlock"] * 2
    assert NASTY in card["body"][1]["inlines"][0]["text"] and card["body"][1]["inlines"][0]["type"] == "TextRun"
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open in the portal", "url": link}]


def cloudevents(asked, link: str) -> None:
    event = asked.json
    assert asked.headers["content-type"].startswith("application/cloudevents+json")
    assert (event["specversion"], event["type"], event["id"]) == ("1.0", "lockbox.webhook.message.v1", asked.headers["webhook-id"])
    assert (event["data"]["kind"], event["data"]["link"]) == ("approval_needed", link)
    assert NASTY in event["data"]["text"]


SHAPES = {"slack": slack, "teams": teams, "cloudevents": cloudevents}


def test_an_event_is_signed_by_standard_webhooks(system, receiver, key):
    told = Told(system, receiver)
    told.tenant.request()
    [asked] = receiver.wait_for(told.path)
    scheme, _, signature = asked.headers["webhook-signature"].partition(",")
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    assert scheme == "v1a"
    load_pem_private_key(key.read_bytes(), None).public_key().verify(base64.b64decode(signature), signed)


def test_what_is_down_is_tried_again_under_the_same_id(system, receiver):
    told = Told(system, receiver, "/503/429/200")
    told.tenant.request()
    tries = receiver.wait_for(told.path, 3)
    assert len({it.headers["webhook-id"] for it in tries}) == 1 and len({it.body for it in tries}) == 1
    assert told.outcome("sent").data["attempts"] == 3


@pytest.mark.parametrize("status", [302, 404, 410])
def test_a_refusal_or_a_redirect_is_for_good(system, receiver, status):
    told = Told(system, receiver, f"/{status}")
    told.tenant.request()
    failed = told.outcome("failed")
    assert (failed.data["attempts"], failed.data["smtp_reply"]) == (1, f"HTTP {status}")
    assert receiver.at("/elsewhere") == []


def test_a_webhook_that_never_answers_keeps_no_mail(system, receiver):
    silent = [Told(system, receiver, "/hang") for _ in range(3)]
    for it in silent:
        for _ in range(3):
            it.tenant.request()
    receiver.wait_for(silent[0].path)
    request = Tenant(system).request()
    system.mailbox.wait_for(request.id, {request.tenant.owner.email, request.tenant.approver.email}, "Approval needed")
    waiting = "SELECT count(*) FROM lockbox.notification WHERE channel IS NOT NULL AND next_attempt_at IS NOT NULL"
    assert system.lockbox.value(waiting) > 0
    for it in silent:
        it.set([])
    receiver.ended.set()
    await_quiet(system)
    receiver.ended.clear()


def test_a_webhook_that_is_gone_is_told_nothing_and_its_removal_is_mailed(system, receiver):
    told = Told(system, receiver, "/503")
    told.tenant.request()
    receiver.wait_for(told.path)
    assert told.set([]).data["weakens"]
    assert told.outcome("failed").data["smtp_reply"] == "not sent: the webhook was removed"
    wait_until(lambda: any(mail.recipient == told.tenant.admin.email and told.tenant.id in mail.subject for mail in system.mailbox.all()),
               "the administrator is mailed", 60)


def test_the_url_is_told_nowhere(system, receiver, stack):
    told = Told(system, receiver)
    told.tenant.request()
    receiver.wait_for(told.path)
    told.outcome("sent")
    secret = told.path.rsplit("/", 1)[-1]
    assert [record.place for record in system.events.records if secret.encode() in record.value] == []
    assert system.lockbox.value("SELECT count(*) FROM lockbox.notification n WHERE n::text LIKE %s", f"%{secret}%") == 0
    assert [name for name in ("requester", "decider", "relay", "notifier") if secret in stack.log(name)] == []


@pytest.mark.parametrize("url", ["http://hooks.example/x", "https://user@hooks.example/x", "https://hooks.example/#x", "https://[::1]/",
                                 "https://hooks.example:0/", "https://hooks.example/a b", "ftp://hooks.example/"])
def test_another_url_is_malformed(system, url):
    tenant = Tenant(system)
    before = len(system.deadletters.records)
    tenant.publish("contacts_set", alternate_emails=[], webhooks=[{"url": url, "format": "slack"}])
    wait_until(lambda: len(system.deadletters.records) > before, "it is rejected")
    assert b"/data/webhooks/0/url" in dict(system.deadletters.records[-1].headers)["__connect.errors.exception.message"]


def test_a_private_address_is_not_posted_to_unless_a_setting_says_so(system, receiver, stack):
    """Last: another notifier."""
    stack.settings["LOCKBOX_WEBHOOK_PRIVATE"] = "no"
    stack.up("notifier")
    told = Told(system, receiver)
    told.tenant.request()
    assert "not public" in told.outcome("failed").data["smtp_reply"]
    assert receiver.at(told.path) == []

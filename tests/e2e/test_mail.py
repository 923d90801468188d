"""Mails as the people receive them: each once, to the right ones, saying what must be said."""
import random
import re
import secrets

import pytest

from support.naughty import BYTES, CHARACTERS, HEADERS, STEERS, STRINGS, Tags, clipped, harmless, lines, part, short
from support.scenario import LOGS, Person, Tenant, Ticket
from support.waiting import wait_until


@pytest.fixture(scope="module")
def written(system):
    """A tenant whose alternates repeat an owner's address in capitals, and one another."""
    tenant = Tenant(system)
    tenant.change("contacts_set", alternate_emails=["Security@Contoso.example", tenant.owner.email.upper(),
                                                    "security@contoso.example"])
    return tenant


def once(mails) -> dict:
    by_recipient = {mail.recipient: mail for mail in mails}
    assert len(by_recipient) == len(mails), [mail.recipient for mail in mails]
    return by_recipient


def settled(system, request) -> None:
    """Waits until the ledger owes nothing more about the request, as far as its events go."""
    wait_until(lambda: system.lockbox.value(
        "SELECT count(*) > 0 AND bool_and(state = 'sent') FROM lockbox.notification WHERE request_id = %s", request.id),
        f"every mail about {request.id} sent")


def test_every_approver_and_alternate_is_asked_once(system, written):
    request = written.request()
    settled(system, request)
    mails = once(system.mailbox.about(request.id))
    assert set(mails) == {written.owner.email, written.approver.email, "Security@Contoso.example"}
    for mail in mails.values():
        assert mail.subject.startswith("Approval asked" if mail.recipient.startswith("Security") else "Approval needed")
        assert request.ticket.id in mail.subject and request.id in mail.subject


def test_what_an_approver_reads(system, tenant):
    items = [LOGS, {"action": "delete_object", "namespace": "openshift-dns", "kind": "Pod", "name": "dns-default-7"},
             {"action": "list_or_get_objects", "kind": "Node"}, {"action": "create_object", "kind": "Namespace"},
             {"action": "update_object", "namespace": "app", "kind": "Deployment.apps", "name": "web"}]
    ticket = tenant.ticket(title="Ingress <script>alert(1)</script>\r\nBcc: mallory@evil.example")
    request = ticket.request(actions=items, justification="<b>Trust me</b>\r\n.\r\nRCPT TO:<mallory@evil.example>")
    [mail] = [it for it in system.mailbox.wait_for(request.id, {tenant.owner.email}) if it.recipient == tenant.owner.email]
    assert mail.message["To"].addresses[0].addr_spec == tenant.owner.email
    assert mail.message["From"].addresses[0].addr_spec == "lockbox@lockbox.example"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Bcc"] is None
    assert re.fullmatch(r"<[0-9a-f-]{36}@lockbox\.example>", mail.id)
    words = " ".join(mail.text.split())
    for item in items:
        assert all(part in words for name, part in item.items() if name != "action"), item
    deadline = request.first.request["decide_by"][:19].replace("T", " ")
    for said in ("aro-prod", tenant.resource, ticket.engineer.name, ticket.engineer.email, "microsoft", ticket.id,
                 f"{deadline} UTC", f"https://portal.example/lockbox/requests/{request.id}", "<b>Trust me</b>",
                 "<script>alert(1)</script>"):
        assert said in words, said
    assert "<script>" not in mail.html and "<b>Trust me" not in mail.html
    assert "&lt;script&gt;" in mail.html and "&lt;b&gt;Trust me" in mail.html
    assert f'href="https://portal.example/lockbox/requests/{request.id}"' in mail.html


@pytest.mark.parametrize("decision, subject", [("approve", "Approved"), ("deny", "Denied")])
def test_the_outcome_goes_to_engineer_approvers_and_alternates(system, written, decision, subject):
    request = written.request()
    request.decide(decision)
    everyone = {written.owner.email, written.approver.email, "Security@Contoso.example", request.ticket.engineer.email}
    mails = system.mailbox.wait_for(request.id, everyone, subject)
    assert set(once(mails)) == everyone
    settled(system, request)
    assert len(system.mailbox.about(request.id)) == 7  # three were asked, four were told


@pytest.mark.parametrize("ending, subject", [("revoked", "Revoked"), ("cancelled", "Cancelled"), ("completed", "Completed")])
def test_the_end_is_told(system, tenant, ending, subject):
    request = tenant.request(duration="PT1S" if ending == "completed" else "PT1H")
    if ending != "cancelled":
        request.approve()
    if ending == "revoked":
        request.decide("revoke")
    if ending == "cancelled":
        request.ticket.close()
    request.event(ending)
    everyone = {tenant.owner.email, tenant.approver.email, request.ticket.engineer.email}
    assert set(once(system.mailbox.wait_for(request.id, everyone, subject))) == everyone


def test_a_refusal_is_told_to_the_engineer(system, tenant):
    request = tenant.request(actions=[{"action": "reboot_node"}])
    mails = system.mailbox.wait_for(request.id, {request.ticket.engineer.email})
    settled(system, request)
    assert set(once(mails)) == {request.ticket.engineer.email}


def test_each_mail_stands_in_the_ledger_and_is_told(system, tenant):
    request = tenant.request()
    settled(system, request)
    ledger = system.lockbox.rows("SELECT * FROM lockbox.notification WHERE request_id = %s", request.id)
    mails = once(system.mailbox.about(request.id))
    assert {row.recipient: row.message_id for row in ledger} == {mail.recipient: mail.id for mail in mails.values()}
    for row in ledger:
        assert (row.kind, row.version, row.state, row.attempts, row.smtp_code) == ("approval_needed", 1, "sent", 1, 250)
        assert row.message_id == f"<{row.notification_id}@lockbox.example>"
        [attempt] = system.lockbox.rows("SELECT * FROM lockbox.notification_attempt WHERE notification_id = %s",
                                      row.notification_id)
        assert (attempt.number, attempt.outcome, attempt.smtp_code, attempt.smtp_reply) == (1, "sent", 250, row.smtp_reply)
        assert row.queued_at <= attempt.begun_at == row.attempted_at <= attempt.ended_at
        sent = system.events.wait_for(lambda record: record.kind == "notification.sent"
                                    and record.data["notification_id"] == str(row.notification_id), "notification.sent")
        assert sent.event["subject"] == request.id
        assert sent.cause == request.first.event["id"]
        said = {name: sent.data[name] for name in ("request_id", "tenant_id", "version", "kind", "recipient", "message_id",
                                                   "attempts", "smtp_reply")}
        assert said == {"request_id": request.id, "tenant_id": tenant.id, "version": 1, "kind": "approval_needed",
                        "recipient": row.recipient, "message_id": row.message_id, "attempts": 1,
                        "smtp_reply": row.smtp_reply}
        assert row.smtp_reply.startswith("250")


@pytest.mark.parametrize("seed", range(6))
def test_naughty_words_are_words_all_the_way(system, tenant, seed):
    """What tests/mail tries with every string, with some through every worker, Kafka, the database and SMTP."""
    dice = random.Random(seed)
    some = [text for text in STRINGS if len(harmless(text).strip(" \ufffd\u00a0")) > 2]
    title, name = (clipped(dice.choice(some), 256, BYTES) for _ in range(2))
    reason, comment = (clipped(dice.choice(some), 2000, CHARACTERS) for _ in range(2))
    token = secrets.token_hex(3)
    engineer = Person(f"erin-{token}", f"erin.{token}@microsoft.example", name, "microsoft")
    request = Ticket(tenant, engineer, title=title).request(
        justification=reason, actions=[{"action": "delete_object", "namespace": "openshift-dns", "kind": "Pod", "name": "dns\"<b>"}])
    assert request.first.kind == "request.created", (seed, request.first.data)
    assert request.decide("deny", comment=comment) == "applied"
    everyone = {tenant.owner.email, tenant.approver.email}
    asked = system.mailbox.wait_for(request.id, everyone, "Approval needed")
    told = system.mailbox.wait_for(request.id, everyone | {engineer.email}, "Denied")
    for mail in asked + told:
        assert [header for header in mail.message.keys() if not header.startswith("X-")] == HEADERS, seed
        assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]
        assert f'ticket {request.ticket.id} "{short(title)}"' in mail.subject
        text = mail.text.replace("\r\n", "\n")
        assert '\n1. Delete Pod "dns\\"<b>" in openshift-dns\n' in text
        assert f"\nTicket: {request.ticket.id}: {harmless(title)}\n" in text
        assert f"\nEngineer: {harmless(name)} ({engineer.email})\n" in text
        assert "\nJustification:\n> " + "\n> ".join(lines(reason)) + "\n" in text
        assert ("\nComment:\n> " + "\n> ".join(lines(comment)) + "\n" in text) == (mail in told)
        page = Tags(mail.html)
        assert {tag for tag, _ in page.tags} <= TAGS and not STEERS.search(page.text.replace("\n", "").replace("\r", ""))
        assert [attributes for tag, attributes in page.tags if tag == "a" and attributes] == [
            [("class", "act"), ("href", "")]]


TAGS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "ol", "li", "a", "span", "bdi",
        "blockquote", "table", "tr", "th", "td"}


def test_the_mails_of_a_request_are_one_thread(system, tenant):
    request = tenant.request()
    request.decide("deny")
    mails = system.mailbox.wait_for(request.id, {tenant.owner.email, request.ticket.engineer.email}, "Denied")
    mails += system.mailbox.wait_for(request.id, {tenant.owner.email}, "Approval needed")
    for mail in mails:
        assert mail.message["References"] == mail.message["In-Reply-To"] == f"<{request.id}@lockbox.example>"
        assert mail.message["List-Id"] == "<lockbox.lockbox.example>"
        assert mail.message["Date"].datetime.tzinfo is not None
    assert len({mail.id for mail in mails}) == len(mails)

"""Mails as the people receive them: each once, to the right ones, saying what must be said."""
import random
import re
import secrets
from datetime import timedelta

import pytest

from support.naughty import BYTES, CHARACTERS, HEADERS, STEERS, STRINGS, Tags, clipped, harmless, lines, part, short
from support.scenario import LOGS, Person, Request, Tenant, Ticket
from support.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def nothing_is_due(system):
    """What other tests had mailed went out, the greatest request's hundreds too, for as long as they become fewer."""
    def due() -> int:
        return system.lockbox.value("SELECT count(*) FROM lockbox.notification WHERE next_attempt_at <= now()")
    while left := due():
        wait_until(lambda: due() < left, "mails that are due become fewer", 60)


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


def of_tenant(system, tenant, kind: str, count: int) -> dict:
    """Recipient → mail, of the mails of a kind about a tenant, once that many are sent."""
    rows = wait_until(lambda: [] if len(found := system.lockbox.rows(
        "SELECT recipient, message_id FROM lockbox.notification WHERE tenant_id = %s AND kind = %s AND request_id IS NULL AND state = 'sent'",
        tenant.id, kind)) < count else found, f"{count} mails {kind}")
    ids = {row.message_id: row.recipient for row in rows}
    mails = wait_until(lambda: [] if len(found := [it for it in system.mailbox.all() if it.id in ids]) < count else found, "the mails")
    return {mail.recipient: mail for mail in mails}


@pytest.mark.parametrize("what, data, words", [
    ("lockbox_disabled", {}, "Lockbox was disabled"),
    ("policy_set", {"auto_approve": [{"action": "get_pod_logs"}]}, "The policy asks for less than before")])
def test_a_change_that_gives_up_protection_is_mailed_at_once(system, what, data, words):
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    change = tenant.change(what, by=tenant.admin.principal, **data)
    mails = of_tenant(system, tenant, "security_change", 4)
    assert set(mails) == {tenant.admin.email, tenant.owner.email, tenant.approver.email, "soc@contoso.example"}
    for mail in mails.values():
        assert words in mail.subject and tenant.id in mail.subject
        assert tenant.subscription in mail.text and tenant.admin.email in mail.text
    sent = system.events.wait_for(lambda record: record.kind == "notification.sent" and record.cause == change.event["id"], "sent")
    assert (sent.data["kind"], sent.data.get("request_id"), sent.event["subject"]) == ("security_change", None, tenant.id)


def test_off_and_asked_and_on_again_is_told(system):
    """Of the change, and of the access that was opened meanwhile, which ends."""
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    tenant.change("lockbox_disabled", by=tenant.admin.principal)
    request = tenant.request()
    assert request.first.kind == "request.not_required"
    tenant.change("lockbox_enabled", by=tenant.admin.principal)
    request.event("revoked")
    request.await_access_end()
    concerned = {tenant.owner.email, tenant.approver.email, "soc@contoso.example"}
    assert set(of_tenant(system, tenant, "security_change", 4)) == concerned | {tenant.admin.email}
    for subject in ("Access without approval", "Revoked"):
        assert concerned <= {mail.recipient for mail in system.mailbox.wait_for(request.id, concerned, subject)}


def test_too_few_approvers_are_mailed_to_administrators_and_alternates(system):
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    for person, role in ((tenant.owner, "owner"), (tenant.approver, "lockbox_approver")):
        tenant.change("role_removed", principal=person.principal, role=role)
    mails = of_tenant(system, tenant, "approvers_missing", 2)
    assert set(mails) == {tenant.admin.email, "soc@contoso.example"}
    assert all("0 may approve where 1 are needed" in mail.text and tenant.subscription in mail.text for mail in mails.values())


def test_who_may_approve_is_informed_of_access_without_approval(system):
    tenant = Tenant(system, lockbox=False, alternates=("soc@contoso.example",))
    request = tenant.request()
    settled(system, request)
    mails = once(system.mailbox.about(request.id))
    engineer = request.ticket.engineer.email
    assert set(mails) == {engineer, tenant.owner.email, tenant.approver.email, "soc@contoso.example"}
    assert {mail.subject.split(":")[0] for name, mail in mails.items() if name != engineer} == {"Access without approval"}
    assert mails[engineer].subject.startswith("Approval not required")


@pytest.fixture(scope="module")
def soon(system):
    """Requests remind soon, and emergencies should be acknowledged soon."""
    hurry = {"LOCKBOX_PENDING_TTL": "PT1H", "LOCKBOX_REMINDERS": "PT59M54S", "LOCKBOX_ACKNOWLEDGE_TTL": "PT3S"}
    system.stack.settings.update(hurry)
    system.stack.up("requester")
    yield
    for name in hurry:
        del system.stack.settings[name]
    system.stack.up("requester")


def recipients(system, request, kind: str) -> list[str]:
    return sorted(row.recipient for row in system.lockbox.rows(
        "SELECT recipient FROM lockbox.notification WHERE request_id = %s AND kind = %s", request.id, kind))


def test_a_reminder_goes_to_who_has_not_voted_and_to_nobody_else(system, soon):
    tenant = Tenant(system, owners=3, alternates=("soc@contoso.example",))
    tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)
    request = tenant.request()
    assert request.decide("approve", by=tenant.all_owners[1]) == "recorded"
    request.event("reminder_due")
    settled(system, request)
    wait_until(lambda: recipients(system, request, "reminder"), "the reminders")
    assert recipients(system, request, "reminder") == sorted(
        it.email for it in (tenant.all_owners[0], tenant.all_owners[2], tenant.approver))
    mails = [mail for mail in system.mailbox.wait_for(request.id, {tenant.approver.email}, "Reminder")]
    assert not {"soc@contoso.example", tenant.all_owners[1].email, request.ticket.engineer.email} & {mail.recipient for mail in mails}


def test_an_emergency_and_its_reminder_reach_every_approver_and_alternate(system, soon):
    tenant = Tenant(system, owners=2, alternates=("soc@contoso.example", "desk@contoso.example"))
    ticket = tenant.ticket()
    wish = ticket.wish(incident_id="INC-1", authorized_by=Person.new("vera").principal)
    request = Request(ticket, wish, system.caused_by(ticket.publish("access.emergency_declared", **wish), "request."))
    everybody = sorted([*(it.email for it in tenant.all_owners), tenant.approver.email, "soc@contoso.example", "desk@contoso.example"])
    request.event("unacknowledged")
    for kind in ("emergency", "emergency_reminder"):
        wait_until(lambda kind=kind: len(recipients(system, request, kind)) >= len(everybody), f"mails of kind {kind}")
        assert recipients(system, request, kind) == everybody
    settled(system, request)
    assert {mail.recipient for mail in system.mailbox.wait_for(request.id, set(everybody), "Emergency")} == set(everybody)


@pytest.fixture(scope="module")
def few(system):
    """Three requests that wait for a person have a mail each, and those that come within four seconds more are a digest's."""
    hurry = {"LOCKBOX_MAIL_DIGEST_AFTER": "3", "LOCKBOX_MAIL_DIGEST_WITHIN": "PT4S"}
    before = {name: system.stack.settings.get(name) for name in hurry}
    system.stack.settings.update(hurry)
    system.stack.up("notifier")
    yield
    for name, value in before.items():
        system.stack.settings.pop(name) if value is None else system.stack.settings.update({name: value})
    system.stack.up("notifier")


def asked(system, tenant, recipient: str, count: int) -> list:
    """The rows that ask a person, once that many are sent."""
    return wait_until(lambda: [] if len(found := system.lockbox.rows(
        "SELECT * FROM lockbox.notification WHERE tenant_id = %s AND recipient = %s AND kind = 'approval_needed'"
        " AND state = 'sent' ORDER BY queued_at", tenant.id, recipient)) < count else found, f"{count} sent to {recipient}", 60)


def test_many_requests_for_one_person_are_a_digest(system, few):
    """Each person gets three mails and one that carries the rest, with a link for each request."""
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    requests = [tenant.ticket().request() for _ in range(12)]
    for recipient in (tenant.owner.email, tenant.approver.email, "soc@contoso.example"):
        rows = asked(system, tenant, recipient, 12)
        alone = [row for row in rows if row.digest_id is None]
        digests = {row.digest_id for row in rows} - {None}
        # A slow machine asks for longer than a digest waits, and than mails are counted.
        assert {row.notification_id for row in rows[:3]} <= {row.notification_id for row in alone} and digests and len(digests) <= 3
        for row in alone:
            assert sum(row.queued_at - timedelta(seconds=3) < before.queued_at < row.queued_at for before in rows) < 3
        carried = {str(row.request_id) for row in rows if row.digest_id is not None}
        assert carried == {request.id for request in requests} - {str(row.request_id) for row in alone}
        mails = wait_until(lambda: [] if len(found := [mail for mail in system.mailbox.all() if mail.recipient == recipient and mail.id in {
            f"<{digest}@lockbox.example>" for digest in digests}]) < len(digests) else found, "the digests")
        links = [link for mail in mails for link in re.findall(r"https://portal\.example/lockbox/requests/(\S+)", mail.text)]
        assert sorted(links) == sorted(carried)
        for mail in mails:
            assert all(f'href="https://portal.example/lockbox/requests/{link}"' in mail.html for link in set(links) if link in mail.text)
            assert tenant.id in mail.subject and "Get logs from every pod in" in mail.text
            assert ("you cannot approve" in mail.text) == recipient.startswith("soc")
    row = asked(system, tenant, tenant.owner.email, 12)[-1]
    sent = system.events.wait_for(lambda record: record.kind == "notification.sent"
                                  and record.data["notification_id"] == str(row.notification_id), "sent")
    assert sent.event["subject"] == str(row.request_id)


def test_what_was_decided_does_not_count(system, few):
    """A person who decides each request as it comes is told of each at once."""
    tenant = Tenant(system)
    for _ in range(5):
        request = tenant.request()
        request.decide("deny")
        system.mailbox.wait_for(request.id, {tenant.owner.email}, "Denied")
    rows = asked(system, tenant, tenant.owner.email, 5)
    assert {row.digest_id for row in rows} == {None}


@pytest.fixture(scope="module")
def patient(system):
    """A digest waits for ten minutes, and requests lapse after twenty seconds."""
    patience = {"LOCKBOX_MAIL_DIGEST_AFTER": "1", "LOCKBOX_MAIL_DIGEST_WITHIN": "PT10M", "LOCKBOX_PENDING_TTL": "PT20S"}
    before = {name: system.stack.settings.get(name) for name in patience}
    system.stack.settings.update(patience)
    system.stack.up("notifier", "requester")
    yield
    for name, value in before.items():
        system.stack.settings.pop(name) if value is None else system.stack.settings.update({name: value})
    system.stack.up("notifier", "requester")


def test_a_digest_goes_halfway_to_the_first_deadline(system, patient):
    tenant = Tenant(system)
    requests = [tenant.ticket().request() for _ in range(3)]
    rows = asked(system, tenant, tenant.owner.email, 3)
    [digest] = {row.digest_id for row in rows} - {None}
    sent = system.lockbox.value("SELECT finished_at FROM lockbox.notification WHERE notification_id = %s", digest)
    assert all(sent.isoformat() < request.first.request["decide_by"] for request in requests)

"""A real mail server, Debian's Postfix, with STARTTLS and passwords: what arrives, and what is refused and why."""
import re
from collections import Counter

import pytest

from authority import Authority
from support.postfix import Postfix
from support.waiting import wait_until

PASSWORD = "correct horse"


REFUSED = {
    "another name": "the server's certificate is refused: hostname mismatch",
    "expired": "the server's certificate is refused: certificate has expired",
    "self-signed": "the server's certificate is refused: self-signed certificate",
    "unknown authority": "the server's certificate is refused: unable to get local issuer certificate",
}


@pytest.fixture(scope="module")
def postfix(authority, tmp_path_factory):
    stranger = Authority(tmp_path_factory.mktemp("stranger"), "another CA")
    server = Postfix({
        "right": authority.issue("postfix", "DNS:localhost"),
        "another name": authority.issue("another", "DNS:mail.contoso.example"),
        "expired": authority.issue("old", "DNS:localhost", expired=True),
        "self-signed": authority.self_signed("alone", "DNS:localhost"),
        "unknown authority": stranger.issue("theirs", "DNS:localhost"),
        "from the first byte": authority.issue("submissions", "DNS:localhost"),
    }, PASSWORD, frozenset({"from the first byte"}))
    yield server
    server.stop()


def settings(authority, **changes):
    return {"LOCKBOX_SMTP_PASSWORD": PASSWORD, "LOCKBOX_SMTP_CA_FILE": str(authority.certificate)} | changes


def header(name, mail):
    return re.search(rb"^" + name + rb": *(.*?)\r?$", mail, re.MULTILINE | re.IGNORECASE).group(1).decode()


def test_mails_arrive_by_the_thousand_over_starttls(ledger, postfix, authority, sizes):
    """From one process, as the ledger says; a recipient that the server does not know is refused for good."""
    recipients = [f"ann{number}@contoso.example" for number in range(sizes["starttls"])]
    ledger.queue([*recipients, "nobody@contoso.example"])
    ledger.notifier(postfix.url("right"), **settings(authority, LOCKBOX_MAIL_RETRY="PT1S"))
    ledger.await_finished(180)
    mails = ledger.mails()
    refused, [*_, attempt] = mails.pop("nobody@contoso.example")
    assert (refused.state, attempt.smtp_code, attempt.enhanced_status) == ("failed", 554, "5.7.1")
    assert "no such person" in refused.smtp_reply
    assert {(mail.state, mail.smtp_code) for mail, _ in mails.values()} == {("sent", 250)}
    # Where the whole server stands still for a moment, the notifier puts off those that waited longest. And a process of
    # Postfix's may die of its password server, with a mail in hand.
    earlier = Counter(attempt.smtp_reply for _, attempts in mails.values() for attempt in attempts[:-1])
    assert earlier.pop("the session broke off: SMTP server dropped connection", 0) <= len(postfix.deaths())
    assert set(earlier) <= {"the relay was slow with it while others waited"} and earlier.total() < sizes["starttls"] / 20
    wait_until(lambda: len(postfix.delivered()) == len(recipients), "Postfix has delivered all", 120, every=0.5)
    arrived = {header(b"X-Original-To", mail): header(b"Message-ID", mail) for mail in postfix.delivered()}
    assert arrived == {recipient: mail.message_id for recipient, (mail, _) in mails.items()}
    queue_ids = Counter(re.search(r"queued as (\w+)", mail.smtp_reply).group(1) for mail, _ in mails.values())
    assert len(queue_ids) == len(recipients)
    assert "sasl_method=PLAIN, sasl_username=lockbox@contoso.example" in postfix.log()


def test_mails_arrive_under_tls_from_the_first_byte(ledger, postfix, authority):
    before = len(postfix.delivered())
    recipients = [f"eve{number}@contoso.example" for number in range(50)]
    ledger.queue([*recipients, "nobody@contoso.example"])
    ledger.notifier(postfix.url("from the first byte"), **settings(authority, LOCKBOX_MAIL_RETRY="PT1S"))
    ledger.await_finished(60)
    mails = ledger.mails()
    refused, [*_, attempt] = mails.pop("nobody@contoso.example")
    assert (refused.state, attempt.smtp_code, attempt.enhanced_status) == ("failed", 554, "5.7.1")
    assert {(mail.state, mail.smtp_code) for mail, _ in mails.values()} == {("sent", 250)}
    wait_until(lambda: len(postfix.delivered()) == before + len(recipients), "Postfix has delivered all", 60, every=0.5)


@pytest.mark.parametrize("flaw", REFUSED)
def test_a_certificate_that_does_not_hold_is_refused(ledger, postfix, authority, flaw):
    before = len(postfix.delivered())
    ledger.queue(["ann@contoso.example"])
    ledger.notifier(postfix.url(flaw), **settings(authority))
    wait_until(lambda: ledger.db.value("SELECT state FROM lockbox.notification") == "deferred", "it is refused")
    [(mail, [attempt])] = ledger.mails().values()
    assert attempt.smtp_reply.lower().startswith(REFUSED[flaw].lower()) and attempt.smtp_code == 0
    assert len(postfix.delivered()) == before


def test_a_wrong_password_is_told(ledger, postfix, authority):
    ledger.queue(["ann@contoso.example"])
    ledger.notifier(postfix.url("right"), **settings(authority, LOCKBOX_SMTP_PASSWORD="wrong"))
    wait_until(lambda: ledger.db.value("SELECT state FROM lockbox.notification") == "deferred", "it is refused", 60)
    [(mail, [attempt])] = ledger.mails().values()
    assert attempt.smtp_reply.startswith("the server did not accept user and password: 535 5.7.8")
    assert "wrong" not in attempt.smtp_reply

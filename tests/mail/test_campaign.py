"""Ledger and receiver agree on every mail, whatever the receiver does at whichever step.

Drop, hang, 4xx, 5xx and garbage at connect, banner, EHLO, STARTTLS, the handshake, AUTH, MAIL, RCPT, DATA, in the body and
after the final dot, by a seed. Here a share of it; `./dev test mail/campaign` does it whole.
"""
import random
from collections import Counter

import pytest

from support.receiver import ACTIONS, MAIL_STEPS, SESSION_STEPS, Plan, Receiver, token_in
from support.waiting import wait_until

ROUNDS = {"LOCKBOX_MAIL_RETRY": "PT0.25S", "LOCKBOX_SMTP_TIMEOUT": "PT2S", "LOCKBOX_MAIL_SESSIONS": "8"}


class Trouble(Plan):
    """A mail has trouble its first few times, each time at one step; every eighth session has some of its own."""

    def __init__(self, seed: int):
        self.seed = seed
        self.deeds: Counter = Counter()

    def pick(self, steps: list[str], chooser: random.Random) -> dict[str, str]:
        step = chooser.choice(steps)
        actions = [action for action in ACTIONS if action != "hang" or chooser.random() < 0.3]
        if step in ("connect", "body", "handshake"):
            actions = [action for action in actions if action in ("drop", "hang")] + ["drop"]
        action = chooser.choice([*actions, *(["421"] if step in ("mail", "rcpt") else [])])
        self.deeds[step, action] += 1
        return {step: action}

    def session(self, number):
        chooser = random.Random(f"{self.seed} session {number}")
        return self.pick(SESSION_STEPS, chooser) if chooser.random() < 0.125 else {}

    def mail(self, recipient, time):
        chooser = random.Random(f"{self.seed} {recipient} {time}")
        return self.pick(MAIL_STEPS, chooser) if time <= 3 and chooser.random() < 0.3 else {}


def complaints_about(ledger, receiver, recipients) -> list[str]:
    """Where what the ledger says is not what the receiver knows."""
    mails, found = ledger.mails(), []
    taken = {recipient: [] for recipient in recipients}
    for one in receiver.taken:
        taken[one.recipient].append(one)
    if sorted(mails) != sorted(recipients):
        found.append("the ledger has other mails than were queued")
    told = Counter((event["data"]["notification_id"], event["type"]) for event in ledger.events())
    tokens = Counter(token for _, attempts in mails.values() for attempt in attempts if (token := token_in(attempt.smtp_reply)))
    for recipient, (mail, attempts) in mails.items():
        said = [one for one in taken[recipient] if one.said]
        sent = [attempt for attempt in attempts if attempt.outcome == "sent"]
        facts = {
            "final": mail.state in ("sent", "failed") and mail.next_attempt_at is None and mail.finished_at is not None,
            "sent exactly if the receiver said so": (mail.state == "sent") == bool(said) and len(sent) == len(said) <= 1,
            "failed by the receiver's own word": mail.state == "sent" or mail.smtp_code == 550
            and mail.smtp_reply.startswith("550 5.2.1 no ") and mail.enhanced_status == "5.2.1",
            "attempts numbered and over": [attempt.number for attempt in attempts] == list(range(1, mail.attempts + 1))
            and all(attempt.ended_at and attempt.outcome and attempt.smtp_reply for attempt in attempts),
            "the last attempt is the mail's end": bool(attempts) and attempts[-1].outcome == mail.state
            and (attempts[-1].smtp_code, attempts[-1].smtp_reply) == (mail.smtp_code, mail.smtp_reply),
            "all before it deferred": all(attempt.outcome == "deferred" for attempt in attempts[:-1]),
            "each try is an attempt": receiver.tries.get(recipient, 0) <= len(attempts) and
            len(taken[recipient]) <= len(attempts),
            "one Message-ID, the ledger's": {one.message_id for one in taken[recipient]} <= {mail.message_id},
            "whole": len({one.content.partition(b"\r\n\r\n")[2] and True for one in taken[recipient]}) <= 1,
            "told once": told[str(mail.notification_id), f"lockbox.notification.{mail.state}.v1"] == 1,
        }
        found += [f"{recipient}: not {fact}: {mail} {attempts} {taken[recipient]}"[:1500] for fact, holds in facts.items() if not holds]
        for attempt in attempts:
            reply = receiver.replies.get(token_in(attempt.smtp_reply) or 0)
            if reply and (reply.recipient or recipient) != recipient:
                found.append(f"{recipient}: an answer to {reply.recipient}: {attempt}")
            if attempt.smtp_code in (450, 550) and not reply and attempt.smtp_reply != "550 two":  # of the garbage
                found.append(f"{recipient}: an answer that nobody gave: {attempt}")
    found += [f"answer {token} stands {count} times in the ledger" for token, count in tokens.items() if count > 1]
    # What was said to a mail stands in the ledger.
    found += [f"not in the ledger: {reply}" for token, reply in receiver.replies.items()
              if reply.step in MAIL_STEPS and token not in tokens]
    if sum(told.values()) != len(recipients):
        found.append(f"{sum(told.values())} mails told of, {len(recipients)} queued")
    return found


@pytest.fixture
def hostile(authority, tls):
    """A receiver that wants TLS and a password, and what a notifier needs to reach it."""
    receivers = []

    def make(plan):
        receivers.append(Receiver(plan, tls=tls, user="lockbox", password="secret").__enter__())
        return receivers[-1], {"LOCKBOX_SMTP_PASSWORD": "secret", "LOCKBOX_SMTP_CA_FILE": str(authority.certificate)}

    yield make
    for one in receivers:
        one.__exit__()


def test_ledger_and_receiver_agree(ledger, hostile, sizes, seed):
    trouble = Trouble(seed)
    receiver, settings = hostile(trouble)
    recipients = [f"r{number}@contoso.example" for number in range(sizes["campaign"])]
    ledger.queue(recipients)
    notifiers = [ledger.notifier(receiver.url("localhost"), str(number), **settings, **ROUNDS) for number in (1, 2)]
    ledger.await_finished(sizes["campaign_seconds"])
    assert [ledger.stop(notifier) for notifier in notifiers] == [0, 0]
    assert complaints_about(ledger, receiver, recipients) == []
    states = Counter(mail.state for mail, _ in ledger.mails().values())
    attempts = Counter(len(attempts) for _, attempts in ledger.mails().values())
    print(f"\n{states} attempts {sorted(attempts.items())}, {receiver.sessions} sessions, {sum(trouble.deeds.values())} troubles")
    wanted = {(step, action) for step in SESSION_STEPS + MAIL_STEPS for action in ("drop", "hang")} | {
        (step, action) for step in ("banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot")
        for action in ("4xx", "5xx", "garbage")}
    assert len(wanted & trouble.deeds.keys()) >= len(wanted) * sizes["campaign_share"]

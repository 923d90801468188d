"""The senders against the ledger: who waits for whom, which relay is asked, what a stop or a kill leaves behind."""
import random
import re
import signal
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from support.processor import cpu_seconds
from support.receiver import Plan, Receiver
from support.stack import free_port
from support.waiting import be_slow, stays, wait_until


class Scripted(Plan):
    """Recipient (its part before the @, without digits) → step → action; how often at most."""

    def __init__(self, times=10**9, **mails):
        self.times, self.mails, self.sessions = times, mails, {}

    def session(self, number):
        return self.sessions

    def mail(self, recipient, time):
        return self.mails.get(recipient.partition("@")[0].rstrip("0123456789"), {}) if time <= self.times else {}


@pytest.fixture
def receiver():
    receivers = []

    def make(plan=None, **options):
        receivers.append(Receiver(plan or Plan(), **options).__enter__())
        return receivers[-1]

    yield make
    for one in receivers:
        one.__exit__()


def people(name, count):
    return [f"{name}{number}@contoso.example" for number in range(count)]


def connections_to(port) -> int:
    """Of clients on this machine, established."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def states(ledger) -> Counter:
    return Counter(mail.state for mail, _ in ledger.mails().values())


# ---- the ledger ----

def test_a_mail_in_one_attempt(ledger, receiver):
    server = receiver()
    ledger.queue(["ann@contoso.example"])
    ledger.notifier(server.url())
    ledger.await_finished(30)
    [(mail, [attempt])] = ledger.mails().values()
    assert (mail.state, mail.attempts, mail.smtp_code, mail.enhanced_status, mail.smtp_reply) == (
        "sent", 1, 250, "2.0.0", "250 2.0.0 taken")
    assert (attempt.outcome, attempt.number, attempt.smtp_code, attempt.enhanced_status, attempt.smtp_reply, attempt.relay) == (
        "sent", 1, 250, "2.0.0", "250 2.0.0 taken", f"127.0.0.1:{server.port}")
    assert mail.queued_at <= attempt.begun_at <= attempt.ended_at == mail.finished_at
    [event] = ledger.events()
    assert event["type"] == "lockbox.notification.sent.v1"
    assert event["data"]["message_id"] == mail.message_id == server.taken[0].message_id


def test_4xx_waits_longer_each_time(ledger, receiver):
    server = receiver(Scripted(times=3, grey={"rcpt": "4xx"}))
    ledger.queue(["grey@contoso.example"])
    ledger.notifier(server.url(), LOCKBOX_MAIL_RETRY="PT0.4S")
    ledger.await_finished(60)
    [(mail, attempts)] = ledger.mails().values()
    assert [attempt.outcome for attempt in attempts] == ["deferred"] * 3 + ["sent"]
    waits = [(after.begun_at - before.ended_at).total_seconds() for before, after in zip(attempts, attempts[1:])]
    for wait, least in zip(waits, (0.3, 0.6, 1.2)):
        assert wait >= least


def test_a_mail_is_given_up_at_its_deadline(ledger, receiver):
    server = receiver(Scripted(grey={"rcpt": "4xx"}))
    ledger.queue(["grey@contoso.example"], patience="3 seconds")
    ledger.notifier(server.url(), LOCKBOX_MAIL_RETRY="PT0.4S")
    ledger.await_finished(30)
    [(mail, attempts)] = ledger.mails().values()
    assert (mail.state, mail.smtp_code, attempts[-1].outcome) == ("failed", 450, "failed")
    assert len(attempts) > 1
    assert all(attempt.begun_at < mail.give_up_at for attempt in attempts[:-1])  # the last one may have waited for a processor
    [event] = ledger.events()
    assert event["type"] == "lockbox.notification.failed.v1" and event["data"]["smtp_reply"] == mail.smtp_reply


def test_the_ledger_refuses_a_sent_mail_without_250(ledger):
    ledger.queue(["ann@contoso.example"])
    with pytest.raises(Exception, match="check constraint"):
        ledger.db.rows("UPDATE lockbox.notification SET state = 'sent', smtp_code = 450")


LONGEST = ("d" * 53 + ".") * 4 + "x"  # with a UUID and "@" before it, 254 characters


def test_the_longest_domain_of_a_sender(ledger, receiver):
    server = receiver()
    [notification] = ledger.queue(["ann@contoso.example"])
    ledger.db.rows("UPDATE lockbox.notification SET message_id = %s", f"<{notification}@{LONGEST}>")
    ledger.notifier(server.url(), LOCKBOX_MAIL_FROM=f"lockbox@{LONGEST}")
    ledger.await_finished(30)
    [taken] = server.taken
    assert taken.message_id == f"<{notification}@{LONGEST}>"
    headers = taken.content.partition(b"\r\n\r\n")[0].decode().splitlines()
    assert f"List-Id: <lockbox.{LONGEST}>" in headers


def test_a_longer_domain_stops_the_start(ledger, receiver):
    notifier = ledger.notifier(receiver().url(), "longer", LOCKBOX_MAIL_FROM=f"lockbox@{LONGEST}y")
    assert notifier.wait(30) != 0
    log = (ledger.stack.directory / "log/notifier-longer.log").read_text()
    assert "LOCKBOX_MAIL_FROM" in log and "longer than 217 characters" in log


# ---- nobody waits for another ----

@pytest.mark.parametrize("step", ["rcpt", "dot"])
def test_slow_recipients_hold_nobody_up(ledger, receiver, step):
    """More of them than sessions, all before the others in the queue."""
    server = receiver(Scripted(slow={step: "held"}))
    slow, quick = people("slow", 6), people("quick", 300)
    ledger.queue(slow + quick)
    ledger.notifier(server.url(), LOCKBOX_MAIL_SESSIONS="2")
    wait_until(lambda: states(ledger)["sent"] == 300, "the others have their mail")
    mails = ledger.mails()
    assert {mail.state for recipient, (mail, _) in mails.items() if recipient in quick} == {"sent"}
    assert {mail.state for recipient, (mail, _) in mails.items() if recipient in slow} == {"sending"}
    server.release()
    ledger.await_finished(60)
    assert {(mail.state, mail.attempts) for mail, _ in ledger.mails().values()} == {("sent", 1)}
    assert server.most_at_once <= 20


def test_too_many_slow_recipients_give_way(ledger, receiver):
    """More than there may be sessions at all: those that waited longest are put off, and still arrive."""
    server = receiver(Scripted(times=1, slow={"rcpt": "held"}))
    slow, quick = people("slow", 20), people("quick", 200)
    ledger.queue(slow + quick)
    ledger.notifier(server.url(), LOCKBOX_MAIL_SESSIONS="1", LOCKBOX_MAIL_RETRY="PT0.5S")
    most = 0

    def others_have_their_mail():
        nonlocal most
        # The kernel's list is not of one moment: what is there beyond the bound is there at the next look, too.
        most = max(most, min(connections_to(server.port) for _ in range(3)))
        return len({one.recipient for one in server.taken if one.recipient.startswith("quick")}) == 200

    wait_until(others_have_their_mail, "the others have their mail", 60)
    server.release()
    ledger.await_finished(90)
    assert states(ledger) == {"sent": 220}
    assert most <= 10
    put_off = [attempts[0] for mail, attempts in ledger.mails().values() if len(attempts) > 1]
    assert put_off and {attempt.smtp_reply for attempt in put_off} == {"the relay was slow with it while others waited"}
    assert len(server.taken) == 220


def test_a_dead_server_keeps_only_what_is_tried(ledger, receiver):
    """A relay that accepts connections and says nothing: mails stay in the ledger for whoever can send them."""
    dead, alive = receiver(Scripted()), receiver()
    dead.plan.sessions = {"banner": "hang"}
    ledger.queue(people("ann", 200))
    stuck = ledger.notifier(dead.url(), "1", LOCKBOX_MAIL_SESSIONS="2", LOCKBOX_SMTP_TIMEOUT="PT30S",
                            LOCKBOX_MAIL_RETRY="PT1S")
    wait_until(lambda: dead.open >= 2, "it is stuck")
    ledger.notifier(alive.url(), "2")
    wait_until(lambda: states(ledger)["sent"] >= 180, "the other notifier sent what was not under way", 25)
    assert ledger.stop(stuck) == 0
    ledger.await_finished(90)
    assert len(alive.taken) == 200


def test_two_notifiers_share_the_queue(ledger, receiver):
    first, second = receiver(), receiver()
    ledger.queue(people("ann", 2000))
    notifiers = [ledger.notifier(server.url(), str(number)) for number, server in enumerate((first, second))]
    ledger.await_finished(60)
    assert [ledger.stop(notifier) for notifier in notifiers] == [0, 0]
    assert first.taken and second.taken
    assert Counter(one.recipient for one in first.taken + second.taken) == Counter(people("ann", 2000))


# ---- relays ----

def test_relays_are_tried_in_order_and_again_once_they_are_back(ledger, receiver):
    port = free_port()
    second = receiver()
    ledger.queue(people("before", 20))
    ledger.notifier(f"smtp://127.0.0.1:{port}?tls=off {second.url()}", LOCKBOX_MAIL_RETRY="PT0.3S", LOCKBOX_MAIL_SESSIONS="2")
    ledger.await_finished(30)
    mails = ledger.mails()
    assert {(mail.state, mail.attempts) for mail, _ in mails.values()} == {("sent", 1)}
    assert {attempts[0].relay for _, attempts in mails.values()} == {f"127.0.0.1:{second.port}"}
    first = receiver(port=port)

    def first_is_used():
        ledger.queue([f"after{time.monotonic_ns()}@contoso.example"])
        ledger.await_finished(30)
        return first.taken

    wait_until(first_is_used, "the first relay is asked again", 30, every=0.3)

    def only_the_first_is_used():
        """A session that the second relay still has open may take some more."""
        taken = len(second.taken)
        ledger.queue(people(f"late{time.monotonic_ns()}", 20))
        ledger.await_finished(30)
        return len(second.taken) == taken

    wait_until(only_the_first_is_used, "the second relay is let go", 30, every=0.3)


@pytest.mark.parametrize("trouble", [{"banner": "5xx"}, {"banner": "drop"}, {"connect": "drop"}, {"ehlo": "4xx"}, {"mail": "421"},
                                     {"mail": "drop"}, {"ehlo": "garbage"}, {"banner": "hang"}], ids=str)
def test_a_relay_that_does_not_work_costs_no_attempt(ledger, receiver, trouble):
    first, second = receiver(Scripted()), receiver()
    first.plan.sessions = trouble
    ledger.queue(people("ann", 30))
    ledger.notifier(f"{first.url()},{second.url()}", LOCKBOX_SMTP_TIMEOUT="PT1S", LOCKBOX_MAIL_SESSIONS="2")
    ledger.await_finished(30)
    assert {(mail.state, mail.attempts) for mail, _ in ledger.mails().values()} == {("sent", 1)}
    assert len(second.taken) == 30 and not first.taken


@pytest.mark.parametrize("trouble", ["4xx", "5xx"])
def test_an_answer_to_a_mail_is_not_asked_for_elsewhere(ledger, receiver, trouble):
    first, second = receiver(Scripted(ann={"rcpt": trouble})), receiver()
    ledger.queue(people("ann", 3))
    ledger.notifier(f"{first.url()},{second.url()}")
    wait_until(lambda: states(ledger)["deferred" if trouble == "4xx" else "failed"] == 3, "all answered")
    assert not second.taken


def mail_age(address: str) -> float:
    """As the notifier's /metrics has it, -1 where it has not asked yet."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        found = re.search(r"^lockbox_mail_age_seconds\S* (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else -1


def test_all_relays_down_and_back(ledger, receiver):
    ports = free_port(), free_port()
    ledger.queue(people("ann", 50))
    ledger.db.rows("UPDATE lockbox.notification SET queued_at = clock_timestamp() - interval '1 hour'")
    http = f"127.0.0.1:{free_port()}"
    ledger.notifier(" ".join(f"smtp://127.0.0.1:{port}?tls=off" for port in ports), LOCKBOX_MAIL_RETRY="PT1S",
                    LOCKBOX_HTTP_LISTEN=http)
    wait_until(lambda: states(ledger)["deferred"] == 50, "all deferred")
    wait_until(lambda: mail_age(http) >= 3600, "the gauge to tell how long the mails have waited, not how long they are due")
    assert {attempt.smtp_reply for _, attempts in ledger.mails().values() for attempt in attempts} == {
        "no connection to the server: Connection refused"}
    back = receiver(port=ports[1])
    ledger.await_finished(60)
    assert states(ledger) == {"sent": 50} and len(back.taken) == 50


def test_taking_a_mail_in_hand_touches_no_index(ledger, receiver):
    """The new version of the row stays on its page (heap-only). None is settled meanwhile: that needs room on the page, too."""
    def versions():
        return ledger.db.row("SELECT n_tup_upd AS all_of_them, n_tup_hot_upd AS on_the_page FROM pg_stat_user_tables"
                             " WHERE relname = 'notification'")

    before = versions()
    server = receiver(Scripted(ann={"rcpt": "held"}))
    ledger.queue(people("ann", 20))
    ledger.notifier(server.url(), LOCKBOX_MAIL_SESSIONS="20")
    wait_until(lambda: states(ledger)["sending"] == 20, "all are taken in hand")
    wait_until(lambda: versions().all_of_them - before.all_of_them >= 20, "PostgreSQL has counted")
    after = versions()
    assert after.on_the_page - before.on_the_page == after.all_of_them - before.all_of_them
    server.release()
    ledger.await_finished(60)


# ---- stopping, and dying ----

def test_a_stop_ends_what_is_under_way_and_gives_the_rest_back(ledger, receiver):
    server = receiver(Scripted(slow={"dot": "1.5"}, stuck={"rcpt": "hang"}))
    ledger.queue(people("stuck", 1) + people("slow", 1) + people("ann", 400))
    server.plan.mails["ann"] = {"rcpt": "0.05"}
    server.plan.times = 1
    notifier = ledger.notifier(server.url(), LOCKBOX_MAIL_SESSIONS="3", LOCKBOX_MAIL_RETRY="PT1S")
    wait_until(lambda: len(server.taken) >= 20, "it is at work")
    assert ledger.stop(notifier) == 0
    mails = ledger.mails()
    assert states(ledger)["sending"] == 0
    assert mails["slow0@contoso.example"][0].state == "sent"
    stuck, [attempt] = mails["stuck0@contoso.example"]
    assert (stuck.state, attempt.outcome, attempt.smtp_reply) == ("deferred", "deferred", "the notifier stopped")
    sent = {recipient for recipient, (mail, _) in mails.items() if mail.state == "sent"}
    assert sent == {one.recipient for one in server.taken if one.said}
    for mail, attempts in mails.values():
        assert len(attempts) == mail.attempts == (0 if mail.state == "queued" else 1)
        assert all(attempt.ended_at for attempt in attempts)
    del server.plan.mails["ann"]
    ledger.notifier(server.url())
    ledger.await_finished(60)
    assert all(len(attempts) == mail.attempts <= 2 for mail, attempts in ledger.mails().values())


def test_a_stop_waits_asleep(ledger, receiver):
    """For a mail that is stuck: the stop takes seconds, and a fraction of them of the processor."""
    server = receiver(Scripted(stuck={"rcpt": "hang"}))
    ledger.queue(people("stuck", 1))
    notifier = ledger.notifier(server.url())
    wait_until(lambda: server.open == 1, "it is under way")
    before, began = cpu_seconds(notifier.pid), time.monotonic()
    notifier.send_signal(signal.SIGTERM)
    used = before

    def has_ended():
        nonlocal used
        used = cpu_seconds(notifier.pid) or used
        return notifier.poll() is not None

    wait_until(has_ended, "it stops")
    assert notifier.returncode == 0 and states(ledger) == {"deferred": 1}
    assert used - before < (time.monotonic() - began) / 4


def test_a_lost_database_session_repeats_nothing_that_is_known(ledger, receiver):
    """Every dispatcher's database session is ended while mails are under way: what the relay says meanwhile still counts."""
    server = receiver(Scripted(ann={"dot": "0.02"}))
    ledger.queue(people("ann", 600))
    ledger.notifier(server.url())
    for _ in range(5):
        taken = len(server.taken)
        wait_until(lambda: len(server.taken) >= min(taken + 60, 600), "it goes on")
        ledger.db.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockbox-notifier-sender'")
    ledger.await_finished(60)
    assert states(ledger) == {"sent": 600}
    assert_each_taking_is_an_attempt(ledger, server, people("ann", 600))


def assert_each_taking_is_an_attempt(ledger, server, recipients):
    takings = Counter(one.recipient for one in server.taken)
    mails = ledger.mails()
    assert takings.keys() == mails.keys() == set(recipients)
    assert {(one.recipient, one.message_id) for one in server.taken} == {
        (recipient, mail.message_id) for recipient, (mail, _) in mails.items()}
    for recipient, (mail, attempts) in mails.items():
        outcomes = Counter(attempt.outcome for attempt in attempts)
        assert outcomes.keys() <= {"sent", "interrupted"} and outcomes["sent"] >= 1 and attempts[-1].outcome == "sent"
        assert outcomes["sent"] <= takings[recipient] <= len(attempts) == mail.attempts
    told = Counter(event["data"]["notification_id"] for event in ledger.events())
    assert set(told.values()) == {1} and len(told) == len(recipients)


def test_kills_lose_no_mail(ledger, receiver, sizes, seed):
    """kill -9 of two notifiers at random. Every mail arrives, repeats have the same Message-ID, and the ledger shows each."""
    chooser = random.Random(seed)
    server = receiver(Scripted(ann={"dot": "0.001"}))
    recipients = people("ann", sizes["kills"])
    ledger.queue(recipients)
    running = {number: ledger.notifier(server.url(), number) for number in ("1", "2")}
    kills = 0
    deadline = time.monotonic() + 240
    while ledger.unfinished() and time.monotonic() < deadline:
        be_slow(chooser.uniform(0.05, 0.6))
        number = chooser.choice(sorted(running))
        running[number].send_signal(signal.SIGKILL)
        running[number].wait()
        kills += 1
        running[number] = ledger.notifier(server.url(), number)
    ledger.await_finished(60)
    assert kills >= 2
    assert_each_taking_is_an_attempt(ledger, server, recipients)
    repeated = len(server.taken) - len(recipients)
    interrupted = ledger.db.value("SELECT count(*) FROM lockbox.notification_attempt WHERE outcome = 'interrupted'")
    print(f"\n{kills} kills, {interrupted} attempts interrupted, {repeated} mails repeated")
    assert repeated <= interrupted


# ---- digests ----

def assert_carried(ledger, digest: str, ids: list[str], kind: str, message_id: str) -> None:
    """Each row ended with the digest, and each is told once, under the Message-ID that a mail log knows."""
    rows = ledger.db.rows("SELECT notification_id::text AS id, state, digest_id::text, smtp_reply, finished_at FROM lockbox.notification"
                          " WHERE digest_id IS NOT NULL")
    [carrier] = ledger.db.rows("SELECT * FROM lockbox.notification WHERE kind = 'digest'")
    assert {row.id for row in rows} == set(ids)
    assert {(row.state, row.digest_id, row.smtp_reply, row.finished_at) for row in rows} == {
        (kind, digest, carrier.smtp_reply, carrier.finished_at)}
    events = ledger.events()
    assert Counter(event["data"]["notification_id"] for event in events) == Counter([digest, *ids])
    assert {(event["type"], event["data"]["message_id"]) for event in events} == {(f"lockbox.notification.{kind}.v1", message_id)}
    assert {event["data"]["kind"]: event["subject"] == "t-1" for event in events} == {"digest": True, "approval_needed": False}


def test_a_digest_is_one_mail_with_a_link_for_each_request(ledger, receiver):
    server = receiver()
    digest, ids = ledger.queue_digest("ann@contoso.example", 30)
    ledger.notifier(server.url())
    ledger.await_finished(30)
    [taken] = server.taken
    assert taken.message_id == f"<{digest}@lockbox.example>"
    assert_carried(ledger, digest, ids, "sent", taken.message_id)


def test_what_a_refused_digest_carried_failed_with_it(ledger, receiver):
    server = receiver(Scripted(gone={"rcpt": "5xx"}))
    digest, ids = ledger.queue_digest("gone@contoso.example", 3)
    ledger.notifier(server.url())
    ledger.await_finished(30)
    assert server.taken == []
    assert_carried(ledger, digest, ids, "failed", f"<{digest}@lockbox.example>")


def test_a_kill_loses_nothing_that_a_digest_carries(ledger, receiver):
    """The notifier died while the mail was under way; what came for the same person meanwhile is another digest's."""
    server = receiver(Scripted(stuck={"rcpt": "hang"}))
    digest, ids = ledger.queue_digest("stuck@contoso.example", 5)
    notifier = ledger.notifier(server.url())
    wait_until(lambda: server.open == 1, "it is under way", 60)
    assert ledger.db.value("SELECT gathering FROM lockbox.notification WHERE kind = 'digest'") is None
    notifier.kill()
    notifier.wait()
    server.plan.mails.clear()
    ledger.notifier(server.url())
    ledger.await_finished(60)
    assert {taken.message_id for taken in server.taken} == {f"<{digest}@lockbox.example>"}
    assert_carried(ledger, digest, ids, "sent", f"<{digest}@lockbox.example>")


def test_a_dead_notifiers_mail_is_not_forgotten_while_its_row_is_locked(ledger, receiver):
    """Who died is forgotten only once none of his mails is left in hand."""
    server = receiver(Scripted(stuck={"rcpt": "hang"}))
    ledger.queue(people("stuck", 1))
    notifier = ledger.notifier(server.url())
    wait_until(lambda: server.open == 1, "it is under way")
    notifier.kill()
    notifier.wait()
    server.plan.mails.clear()
    with psycopg.connect(ledger.stack.env["LOCKBOX_SUPERUSER_URL"]) as busy:
        busy.execute("SELECT FROM lockbox.notification FOR UPDATE")
        ledger.queue(people("ann", 1))
        ledger.notifier(server.url())
        wait_until(lambda: states(ledger)["sent"] == 1, "the other is at work")
        assert stays(lambda: states(ledger)["sending"] == 1, 2)
    ledger.await_finished(30)
    [(_, attempts)] = [story for recipient, story in ledger.mails().items() if recipient.startswith("stuck")]
    *before, last = [attempt.outcome for attempt in attempts]
    # Twice, where PostgreSQL still claims for the dead one's second dispatcher what the first one's session left.
    assert before in (["interrupted"], ["interrupted"] * 2) and last == "sent"


def test_what_is_told_late_of_an_attempt_is_kept_once(ledger, receiver):
    """It was taken for dead, another notifier took the mail in hand and gave it back, and then the first told after all."""
    server = receiver()
    [notification] = ledger.queue(people("ann", 1))
    ledger.db.rows("INSERT INTO lockbox.notification_earlier_attempt (notification_id, number, begun_at, ended_at, outcome)"
                   " VALUES (%s, 1, clock_timestamp(), clock_timestamp(), 'interrupted')", notification)
    ledger.db.rows("UPDATE lockbox.notification SET state = 'deferred', outcome = 'deferred', attempts = 1, smtp_code = 450,"
                   " attempted_at = clock_timestamp(), attempt_ended_at = clock_timestamp()")
    [(_, told)] = ledger.mails().values()
    assert [attempt.outcome for attempt in told] == ["deferred"]
    ledger.notifier(server.url())
    ledger.await_finished(30)
    [(_, attempts)] = ledger.mails().values()
    assert [(attempt.outcome, attempt.smtp_code) for attempt in attempts] == [("deferred", 450), ("sent", 250)]


def test_a_database_that_is_away_is_waited_for(ledger, receiver):
    """Meanwhile what is on the wire ends; afterwards the ledger says so, and nobody asked in a frenzy."""
    server = receiver(Scripted(ann={"dot": "0.02"}))
    ledger.queue(people("ann", 300))
    ledger.notifier(server.url())
    wait_until(lambda: len(server.taken) >= 50, "it is at work")
    ledger.stack.down("postgres")
    wait_until(lambda: server.open == 0, "what was on the wire has ended")
    log = ledger.stack.directory / "log/notifier-1.log"
    asked = log.read_text().count("no database connection")
    wait_until(lambda: log.read_text().count("no database connection") >= asked + 4, "it goes on asking", 40)
    assert log.read_text().count("no database connection") < asked + 100
    ledger.stack.up("postgres")
    ledger.await_finished(60)
    assert states(ledger) == {"sent": 300}
    assert_each_taking_is_an_attempt(ledger, server, people("ann", 300))

"""What arrives: the headers that were meant and no others, both bodies, whatever a ticket contains."""

import email
import email.policy

import pytest

from driver import Driver, message, send

HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]

REQUEST = {
    "request_id": "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77",
    "state": "customer_notified",
    "version": 1,
    "tenant_id": "t-contoso",
    "subscription_id": "5f3e",
    "ticket_id": "2611230040001",
    "engineer": {"id": "e-erin", "email": "erin@microsoft.example", "name": "Erin Example",
                 "organization": "microsoft"},
    "resource_id": "/subscriptions/5f3e/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro-1",
    "actions": [{"number": 1, "action": "get_pod_logs", "namespace": "openshift-ingress", "kept": True},
                {"number": 2, "action": "list_or_get_objects", "kind": "Secret", "kept": True}],
    "justification": "Routers restart.",
    "duration": "PT8H",
    "created_at": "2026-11-23T16:08:38Z",
    "decide_by": "2026-11-27T16:08:38Z",
    "approvals_needed": 1,
    "approvers": [],
    "alternate_emails": [],
    "decisions": [],
}

HOSTILE = [
    "x\r\nBcc: evil@example.com\r\n\r\nbody",
    "x\nSubject: other",
    "x\rSubject: other",
    "x\r\n Bcc: folded",
    "<script>alert(1)</script>",
    "</td></table><h1>Approved</h1><a href='https://evil.example'>here</a>",
    "\"><img src=x onerror=alert(1)>",
    "{{7*7}} ${x} <%= y %> %s%n %1$s",
    "\u202egpj.exe\u202c \u2066x\u2069 \u200e\u200f",
    "\x01\x02\x1b[31m\x7f\x85",
    "\u2028Subject: other\u2029",
    "\U0001f510 \U0001f469\u200d\U0001f692 \u05d0\u05d1 e\u0301",
    "=?utf-8?q?=0D=0ABcc:_evil?= =?utf-8?b?AA==?=",
    ".\r\n.\r\nQUIT\r\n",
    "\r\n.\r\n",
    "--=_lockbox_alternative--",
    "trailing space \t",
    "a" * 128,
    "",
]

MAIL = {"kind": "approval_needed", "reader": "approver", "portal_url": "https://portal.contoso.example",
        "ticket_title": "Ingress routers restart", "now": 1795450118000000, "request": REQUEST}


def parse(envelope):
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def bodies(mail):
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for part in (mail, text, html):
        assert part.defects == []
    return tuple(part.get_content().replace("\r\n", "\n") for part in (text, html))


def check_headers(mail, *optional):
    assert mail.keys() == [*HEADERS[:5], *optional, *HEADERS[5:]]
    for name, value in mail.items():
        assert value.defects == () and not set(value) & set("\r\n\0"), name


def test_arrives_as_meant(receiver):
    server = receiver()
    sent = message(subject="Zu prüfen: \U0001f510 Anfrage", from_name="Lockbox, Contoso", to_name="Ann \"Ng\" Ä",
                   text="Grüße\n.\n..two\nFrom here\n" + "long " * 400 + "\ntrailing \n",
                   html="<p>Grüße = 1</p>\n")
    assert send(server.url(), sent) == [
        {"outcome": "delivered", "code": 250, "enhanced": "2.0.0", "reply": "250 2.0.0 taken"}]
    [envelope] = server.handler.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("lockbox@contoso.example", ["ann1@contoso.example"])
    mail = parse(envelope)
    check_headers(mail)
    assert mail["Subject"] == sent["subject"]
    assert mail["From"].addresses[0].display_name == "Lockbox, Contoso"
    assert mail["From"].addresses[0].addr_spec == sent["from"]
    assert mail["To"].addresses[0].display_name == sent["to_name"]
    assert mail["To"].addresses[0].addr_spec == sent["to"]
    assert mail["Date"].datetime.timestamp() == sent["date"] / 1e6
    assert mail["Message-ID"] == sent["message_id"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert bodies(mail) == (sent["text"], sent["html"])
    assert all(len(line) <= 998 and max(line, default=0) < 128 for line in envelope.content.split(b"\r\n"))


def test_a_thread(receiver):
    server = receiver()
    ids = {"in_reply_to": "<a@b.example>", "references": "<r@b.example> <a@b.example>", "list_id": "lockbox.b.example"}
    send(server.url(), message(**ids))
    mail = parse(server.handler.envelopes[0])
    check_headers(mail, "In-Reply-To", "References", "List-Id")
    assert [mail[name] for name in ("In-Reply-To", "References", "List-Id")] == [
        ids["in_reply_to"], ids["references"], f"<{ids['list_id']}>"]


def test_the_same_input_gives_the_same_bytes(receiver):
    server = receiver()
    send(server.url(), message(), message())
    first, second = server.handler.envelopes
    assert first.content == second.content


def test_a_request_arrives_in_words(receiver):
    server = receiver()
    send(server.url(), message(mail=MAIL))
    mail = parse(server.handler.envelopes[0])
    check_headers(mail)
    text, html = bodies(mail)
    assert REQUEST["ticket_id"] in mail["Subject"] and REQUEST["request_id"] in mail["Subject"]
    for said in ("Get logs from every pod in openshift-ingress", "List or get Secret in every namespace", "aro-1",
                 REQUEST["resource_id"], "Erin Example", "microsoft", "Routers restart.", "2026-11-27 16:08:38 UTC",
                 "4 days left", f"https://portal.contoso.example/requests/{REQUEST['request_id']}"):
        assert said in text and said in html
    for remote in ("<img", "<link", "@import", "url(", "<script", "<iframe"):
        assert remote not in html


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_words_in_headers(receiver, word):
    server = receiver()
    [result] = send(server.url(), message(subject=word, from_name=word, to_name=word, text=word, html=word))
    assert result["outcome"] == "delivered"
    [envelope] = server.handler.envelopes
    assert envelope.rcpt_tos == ["ann1@contoso.example"]
    mail = parse(envelope)
    assert mail.keys() == HEADERS
    assert mail["From"].addresses[0].addr_spec == "lockbox@contoso.example"
    assert [address.addr_spec for address in mail["To"].addresses] == ["ann1@contoso.example"]
    assert bodies(mail) == (word.replace("\r\n", "\n"),) * 2
    assert not set(mail["Subject"]) & set("\r\n\0")
    if "=?" in word:
        assert mail["Subject"] == word


@pytest.mark.parametrize("word", [word for word in HOSTILE if word], ids=range(len(HOSTILE) - 1))
def test_hostile_requests_stay_text(receiver, word):
    server = receiver()
    item = {"number": 1, "action": word[:16], "namespace": word, "kind": word, "name": word, "kept": True}
    request = REQUEST | {
        "request_id": word, "ticket_id": word, "subscription_id": word, "resource_id": word, "justification": word,
        "engineer": {"id": word, "email": "erin@microsoft.example", "name": word, "organization": word},
        "actions": [item, item | {"number": 2, "action": "delete_object"}]}
    [result] = send(server.url(), message(mail=MAIL | {"ticket_title": word, "request": request}))
    assert result["outcome"] == "delivered"
    mail = parse(server.handler.envelopes[0])
    check_headers(mail)
    text, html = bodies(mail)
    for said in (text, html, mail["Subject"]):
        assert not set(said) & set("\r\0\x01\x02\x1b\x7f\x85\u202e\u202c\u2066\u2069\u200e\u200f\u2028\u2029")
    for markup in ("<script", "<img", "<h1>Approved", "href='", "evil.example'>"):
        assert markup not in html
    assert html.count("<h1>") == html.count("<table>") == html.count("<a ") == 1


def test_ten_thousand_characters(receiver):
    server = receiver()
    word = "w" * 10_000
    send(server.url(), message(subject=word, text=word, html=f"<p>{word}</p>", from_name=word))
    mail = parse(server.handler.envelopes[0])
    assert mail.keys() == HEADERS
    assert mail["Subject"] == word
    assert bodies(mail) == (word, f"<p>{word}</p>")


@pytest.mark.parametrize("address", [
    "ann@b.example>\r\nRCPT TO:<evil@b.example", "ann@b.example\r\nDATA", "ann@b.example\n", "ann b@c.example",
    "\"a b\"@c.example", "<ann@b.example>", "ann", "", "ann@", "@b.example", "ann@b\u00fccher.example",
    "a" * 65 + "@b.example", "a@" + "b" * 64 + ".example", "a@" + ".".join(["b" * 60] * 5), "ann@[127.0.0.1]",
    "ann\x7f@b.example", "ann,bo@b.example"])
def test_a_bad_address_never_reaches_the_server(receiver, address):
    server = receiver()
    to_him, from_him = send(server.url(), message(to=address), message(**{"from": address}))
    assert (to_him["outcome"], to_him["code"]) == ("permanent", 0)
    assert to_him["reply"].startswith("address refused: ")
    assert (from_him["outcome"], from_him["code"]) == ("permanent", 0)
    assert from_him["reply"].startswith("sender's address refused: ")
    assert server.handler.connections == 0


def test_a_bad_address_stops_nobody_else(receiver):
    server = receiver()
    results = send(server.url(), message(1), message(2, to="bad address"), message(3))
    assert [result["outcome"] for result in results] == ["delivered", "permanent", "delivered"]
    assert [envelope.rcpt_tos for envelope in server.handler.envelopes] == [
        ["ann1@contoso.example"], ["ann3@contoso.example"]]


def test_two_hundred_mails_in_one_session(receiver):
    server = receiver()
    sent = [message(i, text="x" * 70 + "\n" * 2 + "y" * 8000) for i in range(200)]
    results = send(server.url(), *sent)
    assert {result["outcome"] for result in results} == {"delivered"}
    assert server.handler.connections == 1
    assert [parse(envelope)["Message-ID"] for envelope in server.handler.envelopes] == [
        one["message_id"] for one in sent]


def test_sessions_follow_each_other(receiver):
    server = receiver()
    with Driver(server.url()) as driver:
        for i in range(20):
            assert driver.send(message(i))[0]["outcome"] == "delivered"
    assert server.handler.connections == len(server.handler.envelopes) == 20

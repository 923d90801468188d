"""STARTTLS and passwords: a mail leaves under a certificate valid for the configured host, or not at all."""

import ssl

import pytest
from aiosmtpd.smtp import AuthResult

from authority import Authority
from driver import Driver, message, refusal, send
from support.waiting import be_slow
from wire import DROP, HANG, server_context, under


def check_nothing_left(server, results, *said):
    for result in results:
        assert (result["outcome"], result["code"]) == ("temporary", 0), result
        for words in said:
            assert words in result["reply"], result
    assert server.accepted == []
    assert not any(command.startswith(("MAIL", "AUTH")) for command in server.commands)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_right_name_is_delivered_to(receiver, authority, tls, host):
    server = receiver(tls_context=tls, require_starttls=True)
    results = send(server.url(host, query="?tls=required"), message(1), message(2), ca_file=authority.certificate)
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]
    assert [envelope.rcpt_tos for envelope in server.handler.envelopes] == [
        ["ann1@contoso.example"], ["ann2@contoso.example"]]


def test_a_hundred_sessions_in_one_process(receiver, authority, tls):
    """libesmtp's own context is freed by the first and used by the second."""
    server = receiver(tls_context=tls, require_starttls=True)
    with Driver(server.url("localhost", query="?tls=required"), ca_file=authority.certificate) as driver:
        for i in range(100):
            assert driver.send(message(i))[0]["outcome"] == "delivered"
    assert len(server.handler.envelopes) == 100


def test_two_hundred_mails_under_tls(receiver, authority, tls):
    server = receiver(tls_context=tls, require_starttls=True)
    sent = [message(i, text="x" * 40_000) for i in range(200)]
    results = send(server.url("localhost", query="?tls=required"), *sent, ca_file=authority.certificate)
    assert {result["outcome"] for result in results} == {"delivered"}
    assert len(server.handler.envelopes) == 200


def test_threads_share_a_relay(receiver, authority, tls):
    server = receiver(tls_context=tls, require_starttls=True)
    with Driver(server.url("localhost", query="?tls=required"), ca_file=authority.certificate, threads=8) as driver:
        for _ in range(5):
            results = driver.send(*(message(i) for i in range(40)))
            assert {result["outcome"] for result in results} == {"delivered"}
    assert server.handler.connections == 5 * 8
    assert len(server.handler.envelopes) == 5 * 40


@pytest.mark.parametrize("names", [("DNS:mail.contoso.example",), ("DNS:*.contoso.example", "IP:127.0.0.2"), ()])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_another_name_is_refused(wire, authority, host, names):
    server = wire(tls=server_context(*authority.issue("another", *names)))
    results = send(server.url(host, query="?tls=required"), message(1), message(2), ca_file=authority.certificate)
    check_nothing_left(server, results, "the server's certificate is refused: ", "mismatch")


def test_an_expired_certificate_is_refused(wire, authority):
    server = wire(tls=server_context(*authority.issue("expired", "DNS:localhost", expired=True)))
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate)
    check_nothing_left(server, results, "the server's certificate is refused: certificate has expired")


def test_an_unknown_authority_is_refused(wire, authority, tls, tmp_path):
    stranger = Authority(tmp_path, "another CA")
    server = wire(tls=tls)
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=stranger.certificate)
    check_nothing_left(server, results, "the server's certificate is refused: ")
    results = send(server.url("localhost", query="?tls=required"), message())  # the system's authorities
    check_nothing_left(server, results, "the server's certificate is refused: ")


def test_a_self_signed_certificate_is_refused(wire, authority):
    server = wire(tls=server_context(*authority.self_signed("alone", "DNS:localhost")))
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate)
    check_nothing_left(server, results, "the server's certificate is refused: self-signed certificate")


def test_no_starttls_no_mail(wire, authority):
    server = wire()
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate)
    check_nothing_left(server, results, "does not offer STARTTLS")


@pytest.mark.parametrize("reply", [b"500 what?\r\n", b"250 wire.example\r\n"])
def test_starttls_cannot_be_taken_away(wire, authority, tls, reply):
    server = wire({("ehlo", 1): reply}, tls=tls)
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate)
    check_nothing_left(server, results)


def test_another_host_needs_tls_unless_told_otherwise(wire):
    """This machine's name stands for a host that is no loopback."""
    server = wire()
    results = send(server.url("127.0.0.1.nip.invalid", query=""), message())
    assert results[0]["outcome"] == "temporary"
    assert server.commands == []


def test_tls_off_ignores_the_offer(wire, tls):
    server = wire(tls=tls)
    assert send(server.url("localhost", query="?tls=off"), message())[0]["outcome"] == "delivered"
    assert not any(command.startswith("STARTTLS") for command in server.commands)


@pytest.mark.parametrize("reply", [b"454 4.7.0 not now\r\n", b"554 5.7.0 never\r\n"])
def test_starttls_refused(wire, authority, tls, reply):
    server = wire({"starttls": reply}, tls=tls)
    [result] = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate)
    assert (result["outcome"], result["code"]) == ("temporary", int(reply[:3]))
    assert server.accepted == []


@pytest.mark.parametrize("action", [DROP, HANG, b"nonsense\r\n", b"220 go ahead\r\n220 twice\r\n"])
def test_no_handshake(wire, authority, action):
    server = wire({"starttls": action}, offer_starttls=True)
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate,
                   timeout_ms=1000)
    check_nothing_left(server, results)


def test_forged_replies_in_clear_are_not_taken_for_tls(wire, authority, tls):
    """A whole session's replies, sent in clear behind the answer to STARTTLS."""
    forged = b"220 go ahead\r\n250 wire.example\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n221 bye\r\n"
    server = wire({"starttls": forged}, tls=tls)
    results = send(server.url("localhost", query="?tls=required"), message(1), message(2),
                   ca_file=authority.certificate, timeout_ms=2000)
    check_nothing_left(server, results, "someone is in between")


def test_a_client_certificate_lying_about_is_not_used(receiver, authority, tls, tmp_path, monkeypatch):
    """libesmtp would look for one below $HOME, refuse TLS where it may not look, and free one it found twice."""
    server = receiver(tls_context=tls, require_starttls=True)
    chain, key = authority.issue("client")
    folder = tmp_path / ".config" / "libesmtp" / "private"
    folder.mkdir(parents=True)
    for name in ("localhost", "127.0.0.1"):
        (folder / f"{name}.pem").write_bytes(chain.read_bytes() + key.read_bytes())
        (folder / f"{name}.pem").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Driver(server.url("localhost", query="?tls=required"), ca_file=authority.certificate) as driver:
        for i in range(3):
            assert driver.send(message(i))[0]["outcome"] == "delivered"
    monkeypatch.setenv("HOME", "/dev/null")
    with Driver(server.url("localhost", query="?tls=required"), ca_file=authority.certificate) as driver:
        assert driver.send(message())[0]["outcome"] == "delivered"


def test_versions_below_1_2_are_refused(wire, authority):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.load_cert_chain(*authority.issue("old", "DNS:localhost"))
    server = wire(tls=old)
    results = send(server.url("localhost", query="?tls=required"), message(), ca_file=authority.certificate,
                   timeout_ms=2000)
    check_nothing_left(server, results, "no TLS with the server")


# ---- TLS from the first byte ----

@pytest.fixture
def submissions(receiver, authority, tls):
    """A server of port 465's kind, and its URL for a host and a user."""
    def make(**options):
        server = receiver(ssl_context=tls, **options)
        server.url = lambda host="localhost", user="": f"smtps://{user}{host}:{server.port}"
        return server
    return make


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_mails_go_under_tls_from_the_first_byte(submissions, authority, host):
    server = submissions()
    sent = [message(i, text="x" * 40_000) for i in range(200)]
    results = send(server.url(host), *sent, ca_file=authority.certificate)
    assert {result["outcome"] for result in results} == {"delivered"}
    assert [envelope.rcpt_tos for envelope in server.handler.envelopes] == [[one["to"]] for one in sent]
    assert server.handler.connections == 1


def test_a_user_is_authenticated_under_it(submissions, authority):
    server = submissions(auth_required=True, auth_require_tls=False, authenticator=authenticator)
    results = send(server.url(user="lockbox%40contoso.example@"), message(1), message(2), ca_file=authority.certificate,
                   password="secret")
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]
    [result] = send(server.url(user="lockbox%40contoso.example@"), message(3), ca_file=authority.certificate, password="wrong")
    assert result["reply"].startswith("the server did not accept user and password: 535")


def test_sessions_under_it_follow_each_other(submissions, authority):
    server = submissions()
    with Driver(server.url(), ca_file=authority.certificate, threads=8) as driver:
        for _ in range(5):
            results = driver.send(*(message(i) for i in range(40)))
            assert {result["outcome"] for result in results} == {"delivered"}
    assert len(server.handler.envelopes) == 5 * 40


@pytest.mark.parametrize("issue, said", [
    (lambda authority: authority.issue("elsewhere", "DNS:mail.contoso.example"), "mismatch"),
    (lambda authority: authority.issue("over", "DNS:localhost", expired=True), "certificate has expired"),
    (lambda authority: authority.self_signed("lonely", "DNS:localhost"), "self-signed certificate"),
])
def test_its_certificate_has_to_hold(wire, authority, issue, said):
    server = wire({"connect": under(server_context(*issue(authority)))})
    results = send(server.url("localhost", query="").replace("smtp:", "smtps:"), message(1), message(2),
                   ca_file=authority.certificate)
    check_nothing_left(server, results, "the server's certificate is refused: ", said)


@pytest.mark.parametrize("action", [None, DROP, HANG])
def test_a_server_without_it_gets_nothing(wire, authority, action):
    server = wire({"connect": action})
    results = send(server.url("localhost", query="").replace("smtp:", "smtps:"), message(1), message(2),
                   ca_file=authority.certificate, connect_timeout_ms=1000)
    check_nothing_left(server, results, "no TLS with the server: ")


@pytest.mark.parametrize("step", ["banner", "ehlo", "mail", "rcpt", "data", "dot"])
def test_silence_and_a_lost_connection_under_it_are_bounded(wire, authority, tls, step):
    for action in (HANG, DROP):
        server = wire({"connect": under(tls), (step, 1): action})
        first, second = send(server.url("localhost", query="").replace("smtp:", "smtps:"), message(1), message(2),
                             ca_file=authority.certificate, timeout_ms=1000)
        assert (first["outcome"], first["code"], second["outcome"]) == ("temporary", 0, "temporary")
        assert server.accepted == []


def test_a_reply_longer_than_libesmtps_buffer_is_read_under_it(wire, authority, tls):
    """It comes in one TLS record, of which libesmtp takes 2 KB at a time."""
    server = wire({"connect": under(tls)}, extensions=[f"X-{number:060}" for number in range(150)])
    results = send(server.url("localhost", query="").replace("smtp:", "smtps:"), message(1), message(2), ca_file=authority.certificate,
                   timeout_ms=5000)
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]


def test_long_bodies_arrive_whole_under_it(wire, authority, tls):
    raw = "Subject: x\r\n\r\n" + ("x" * 900 + "\r\n") * 14_000

    def be_late(_):
        be_slow(0.3)
        return b""

    server = wire({"connect": under(tls), "body": be_late})
    results = send(server.url("localhost", query="").replace("smtp:", "smtps:"), message(raw=raw), message(1),
                   ca_file=authority.certificate)
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]
    assert server.accepted[0][1].partition(b"\r\n\r\n")[2].decode() == raw.partition("\r\n\r\n")[2]


# ---- passwords ----

def authenticator(_server, _session, _envelope, mechanism, data):
    is_right = (data.login, data.password) == (b"lockbox@contoso.example", b"secret")
    return AuthResult(success=is_right and mechanism in ("PLAIN", "LOGIN"), handled=False)


@pytest.mark.parametrize("excluded", [[], ["PLAIN"], ["LOGIN"]])
def test_a_user_is_authenticated(receiver, authority, tls, excluded):
    server = receiver(tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticator,
                      auth_exclude_mechanism=excluded)
    results = send(server.url("localhost", "lockbox%40contoso.example@", ""), message(1), message(2),
                   ca_file=authority.certificate, password="secret")
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]


def test_a_user_is_authenticated_in_clear_on_this_machine_alone(receiver):
    server = receiver(auth_required=True, auth_require_tls=False, authenticator=authenticator)
    url = server.url("localhost", "lockbox%40contoso.example@")
    results = send(url, message(1), message(2), password="secret")
    assert [result["outcome"] for result in results] == ["delivered", "delivered"]
    [result] = send(url, message(3), password="wrong")
    assert (result["outcome"], result["reply"][:51]) == ("temporary", "the server did not accept user and password: 535 5.")
    assert len(server.handler.envelopes) == 2


def test_a_wrong_password_refuses_no_mail(receiver, authority, tls):
    server = receiver(tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticator)
    results = send(server.url("localhost", "lockbox%40contoso.example@", ""), message(1), message(2),
                   ca_file=authority.certificate, password="wrong")
    for result in results:
        assert result["outcome"] == "temporary"
        assert result["reply"].startswith("the server did not accept user and password: 535")
        assert "wrong" not in result["reply"] and "lockbox@" not in result["reply"]
    assert server.handler.envelopes == []


@pytest.mark.parametrize("extensions", [(), ("AUTH CRAM-MD5",), ("AUTH NTLM",), ("AUTH GSSAPI EXTERNAL ANONYMOUS",),
                                        ("AUTH ../../../tmp/x",)])
def test_without_a_mechanism_of_ours_nothing_is_sent(wire, authority, tls, extensions):
    server = wire({"auth": b"504 no\r\n"}, extensions, tls=tls)
    [result] = send(server.url("localhost", "ann@", ""), message(), ca_file=authority.certificate, password="secret")
    assert result["outcome"] == "temporary"
    assert result["reply"].startswith("the server did not accept user and password")
    assert server.accepted == []
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_the_password_is_not_sent_before_tls(wire, authority):
    server = wire(extensions=["AUTH PLAIN LOGIN"])
    results = send(server.url("localhost", "ann@", ""), message(), ca_file=authority.certificate, password="secret")
    check_nothing_left(server, results, "does not offer STARTTLS")


@pytest.mark.parametrize("url, options, why", [
    ("smtps://mail.example.com?tls=off", {}, "TLS from the first byte"),
    ("smtps://ann@mail.example.com", {}, "a user without a password"),
    ("smtps://mail.example.com", {"ca_file": "/nonexistent"}, "/nonexistent"),
    ("smtp://ann@mail.example.com?tls=off", {"password": "secret"}, "under TLS only"),
    ("smtp://ann:secret@mail.example.com", {}, "LOCKBOX_SMTP_PASSWORD"),
    ("smtp://ann@mail.example.com", {}, "a user without a password"),
    ("smtp://mail.example.com", {"ca_file": "/nonexistent"}, "/nonexistent"),
])
def test_settings_that_stop_the_start(url, options, why):
    said = refusal(url, **options)
    assert why in said and "secret" not in said

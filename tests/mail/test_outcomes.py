"""What becomes of a mail where the server misbehaves: delivered only on its final 250, permanent only on its 5xx to this
mail, and in doubt temporary."""

import socket
import subprocess

import pytest

from driver import message, send
from support.waiting import be_slow
from wire import DROP, HANG, drip

STEPS = ["banner", "ehlo", "mail", "rcpt", "data", "dot"]
GARBAGE = [b"hello\r\n", b"\r\n", b"250\r\n", b"250x ok\r\n", b"999 what\r\n", b"99999999999999999999 what\r\n",
           b"250-first\r\n550 second\r\n", b"\x00\xff\xfe\r\n", b"-250 ok\r\n"]


def outcomes(results):
    return [result["outcome"] for result in results]


def check_no_false_delivery(server, sent, results, unclear=False):
    """Delivered is what the server took; unclear: it may have taken more, and not said so in a way one can trust."""
    delivered = [one["to"] for one, result in zip(sent, results) if result["outcome"] == "delivered"]
    taken = [recipient for recipient, _ in server.accepted]
    assert delivered == taken or unclear and set(delivered) <= set(taken)


def run(server, count=2, unclear=False, **options):
    sent = [message(i) for i in range(1, count + 1)]
    results = send(server.url(), *sent, **options)
    check_no_false_delivery(server, sent, results, unclear)
    return results


def test_nothing_goes_wrong(wire):
    server = wire()
    results = run(server, count=3)
    assert results == [{"outcome": "delivered", "code": 250, "enhanced": "", "reply": "250 taken"}] * 3
    assert server.connections == 1


# ---- replies ----

@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_5xx_to_a_mail_is_final_and_stops_no_other(wire, step):
    server = wire({(step, 1): b"550 5.1.1 no such thing\r\n"})
    first, second = run(server)
    assert first == {"outcome": "permanent", "code": 550, "enhanced": "5.1.1", "reply": "550 5.1.1 no such thing"}
    assert second["outcome"] == "delivered"


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_4xx_to_a_mail_is_temporary_and_stops_no_other(wire, step):
    server = wire({(step, 1): b"450 4.2.1 later\r\n"})
    first, second = run(server)
    assert first == {"outcome": "temporary", "code": 450, "enhanced": "4.2.1", "reply": "450 4.2.1 later"}
    assert second["outcome"] == "delivered"


@pytest.mark.parametrize("reply", [b"554 5.7.1 go away\r\n", b"421 4.3.2 too busy\r\n"])
@pytest.mark.parametrize("step", ["banner", "ehlo"])
def test_a_server_that_refuses_us_refuses_no_mail(wire, step, reply):
    first, second = run(wire({step: reply}))
    assert first == second
    assert (first["outcome"], first["code"]) == ("temporary", int(reply[:3]))
    assert first["enhanced"] == reply[4:9].decode()
    assert first["reply"] == reply.decode().strip()


@pytest.mark.parametrize("code", [503, 521, 530, 534, 535, 538])
def test_5xx_about_the_session_is_temporary(wire, code):
    first, _ = run(wire({"mail": f"{code} 5.7.0 not like this\r\n".encode()}))
    assert (first["outcome"], first["code"]) == ("temporary", code)


def test_552_to_rcpt_is_temporary(wire):
    first, _ = run(wire({("rcpt", 1): b"552 too many\r\n"}))
    assert (first["outcome"], first["code"]) == ("temporary", 552)


def test_421_ends_the_session(wire):
    def bye(connection):
        connection.socket.sendall(b"421 4.3.2 shutting down\r\n")
        return DROP

    first, second, third = run(wire({("rcpt", 2): bye}), count=3)
    assert first["outcome"] == "delivered"
    assert second == {"outcome": "temporary", "code": 421, "enhanced": "4.3.2", "reply": "421 4.3.2 shutting down"}
    assert third["outcome"] == "temporary"


@pytest.mark.parametrize("ehlo", [(), ("ENHANCEDSTATUSCODES",)])
@pytest.mark.parametrize("reply, enhanced, said", [
    (b"550 5.1.1 no such user\r\n", "5.1.1", "550 5.1.1 no such user"),
    (b"550 no such user\r\n", "", "550 no such user"),
    (b"550 4.1.1 lies\r\n", None, None),
    (b"550-5.1.1 one\r\n550 5.1.1 two\r\n", "5.1.1", None),
    (b"550 \x1b[31mred\x07\t\xc3\xa9 \xff\xc2\x85 <b>\r\n", "", "550 [31mred \u00e9 <b>"),
    (b"550 5.999.999 " + b"\xc3\xa9" * 400 + b"\r\n", "5.999.999", None),
    (b"550 \r\n", "", "550"),
])
def test_replies_become_one_harmless_line(wire, ehlo, reply, enhanced, said):
    result, _ = run(wire({("rcpt", 1): reply}, extensions=ehlo))
    assert (result["outcome"], result["code"]) == ("permanent", 550)
    assert enhanced is None or result["enhanced"] == enhanced
    assert said is None or result["reply"] == said
    assert len(result["reply"].encode()) <= 512
    assert all(character.isprintable() for character in result["reply"])


def test_an_old_server_knows_no_ehlo(wire):
    assert outcomes(run(wire({"ehlo": b"500 what?\r\n"}))) == ["delivered", "delivered"]


# ---- no replies ----

@pytest.mark.parametrize("step", ["connect", *STEPS, "body"])
def test_a_lost_connection_is_temporary(wire, step):
    first, second = run(wire({step: DROP}))
    assert outcomes([first, second]) == ["temporary", "temporary"]
    assert first["code"] == second["code"] == 0 and first["reply"]


@pytest.mark.parametrize("step", ["rcpt", "data", "body", "dot"])
def test_a_connection_lost_later_takes_no_delivery_back(wire, step):
    results = run(wire({(step, 3): DROP}), count=5)
    assert outcomes(results) == ["delivered", "delivered", "temporary", "temporary", "temporary"]


def test_a_connection_lost_at_quit_harms_nothing(wire):
    assert outcomes(run(wire({"quit": DROP}))) == ["delivered", "delivered"]


@pytest.mark.parametrize("step", ["banner", "ehlo", "mail", "rcpt", "data", "dot"])
def test_silence_is_bounded(wire, step):
    """The server hangs for good, so that an end is the session's own."""
    first, second = run(wire({(step, 1): HANG}), timeout_ms=1000)
    assert outcomes([first, second]) == ["temporary", "temporary"]


@pytest.mark.parametrize("step", ["banner", "rcpt", "dot"])
def test_a_dripping_reply_is_bounded(wire, step):
    """Each byte comes in time, the last of them after many minutes."""
    server = wire({step: drip(b"2" + b"5" * 9999, 0.2)})
    assert outcomes(run(server, timeout_ms=1000)) == ["temporary", "temporary"]


def test_a_peer_that_stops_taking_gets_no_mail_with_a_hole(wire):
    """libesmtp drops what it could not write in time and goes on with the rest."""
    seen = []

    def stall(connection):
        be_slow(4)
        try:
            while got := connection.socket.recv(1 << 20):
                seen.append(got)
                if b"".join(seen[-2:]).endswith(b"\r\n.\r\n"):
                    connection.wire.accepted.append(("?", b"".join(seen)))
                    return b"250 taken\r\n"
        except OSError:
            pass
        return DROP

    big = message(text="0123456789" * 7 + "\n" + "x" * 12_000_000)
    server = wire({"body": stall})
    [result] = send(server.url(), big, timeout_ms=1000)
    assert result["outcome"] == "temporary"
    assert server.accepted == []


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    [result] = send(f"smtp://127.0.0.1:{port}", message())
    assert (result["outcome"], result["reply"]) == ("temporary", "no connection to the server: Connection refused")


def test_no_such_host():
    [result] = send("smtp://nowhere.invalid:25", message())
    assert result["outcome"] == "temporary"
    assert result["reply"].startswith("no connection to the server: ")


def test_connecting_is_bounded():
    """A listener whose queue is full lets a connection hang."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        [result] = send(f"smtp://127.0.0.1:{port}", message(), connect_timeout_ms=1000)
        for one in waiting:
            one.close()
    assert (result["outcome"], result["reply"]) == (
        "temporary", "no connection to the server: Connection timed out")


# ---- nonsense ----

@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("step", STEPS)
def test_nonsense_is_no_delivery(wire, step, garbage):
    results = run(wire({(step, 1): garbage}), unclear=True, timeout_ms=1000)
    assert results[0]["outcome"] == "temporary"


@pytest.mark.parametrize("reply, outcome", [(b"2", "temporary"), (b"250", "temporary"),
                                            (b"250-first\r\n", "temporary"), (b"55", "temporary"),
                                            (b"250 tak", "delivered"), (b"550 no", "permanent")])
def test_a_reply_cut_off_counts_if_it_decided(wire, reply, outcome):
    def cut_off(connection):
        connection.socket.sendall(reply)
        return DROP

    server = wire({("dot", 1): cut_off})
    first, second = send(server.url(), message(1), message(2))
    # A mail that the server had heard nothing of is begun again; where the first's fate is unclear nothing more is tried.
    assert outcomes([first, second]) == [outcome, "temporary" if outcome == "temporary" else "delivered"]


@pytest.mark.parametrize("step", ["banner", "mail", "rcpt", "data"])
@pytest.mark.parametrize("extra", [b"250 ok\r\n", b"354 go\r\n250 ok\r\n"])
def test_replies_too_many_are_no_delivery(wire, step, extra):
    usual = {"banner": b"220 hi\r\n", "mail": b"250 ok\r\n", "rcpt": b"250 ok\r\n", "data": b"354 go\r\n"}
    server = wire({(step, 1): usual[step] + extra})
    results = send(server.url(), message(1), message(2), timeout_ms=1000)
    # A server that says 250 before the dot lies in its own name; it may be believed about the mail at hand only.
    assert results[1]["outcome"] == "temporary" or message(2)["to"] in [recipient for recipient, _ in server.accepted]


@pytest.mark.parametrize("reply", [b"251 forwarded\r\n", b"220 hello\r\n", b"354 more\r\n", b"200 fine\r\n"])
def test_only_250_after_the_data_delivers(wire, reply):
    first, _ = run(wire({("dot", 1): reply}), timeout_ms=1000)
    assert first["outcome"] == "temporary"


# ---- extensions ----

@pytest.mark.parametrize("extensions", [("PIPELINING",), ("CHUNKING",), ("PIPELINING", "chunking"),
                                        ("PIPELINING", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "XUSR")],
                         ids="+".join)
class TestExtensions:
    def test_deliver(self, wire, extensions):
        server, plain = wire(extensions=[e for e in extensions if e != "ENHANCEDSTATUSCODES"]), wire()
        assert outcomes(run(server, count=5)) == ["delivered"] * 5
        run(plain, count=5)
        assert server.accepted == plain.accepted
        assert not any(command.startswith("BDAT") for command in server.commands)

    def test_refused_recipient(self, wire, extensions):
        server = wire({("rcpt", 2): b"550 5.1.1 nobody\r\n", ("rcpt", 3): b"450 4.2.1 later\r\n"}, extensions)
        results = run(server, count=4)
        assert outcomes(results) == ["delivered", "permanent", "temporary", "delivered"]

    @pytest.mark.parametrize("action", [DROP, b"garbage\r\n"])
    @pytest.mark.parametrize("step", ["mail", "rcpt", "data", "body", "dot"])
    def test_lost(self, wire, extensions, step, action):
        """libesmtp 1.1.0 with CHUNKING and PIPELINING: a jump to nowhere."""
        results = run(wire({(step, 2): action}, extensions), count=4, unclear=True, timeout_ms=1000)
        # Where MAIL was not answered the server has heard nothing of the mail: it is begun again.
        rest = "delivered" if step == "mail" else "temporary"
        assert outcomes(results) == ["delivered", rest, rest, rest]


def test_chunking_is_hidden_however_the_reply_comes(wire):
    reply = b"250-wire.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"
    for cut in range(1, len(reply)):
        def send_in_two(connection):
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.socket.sendall(reply[:cut])
            be_slow(0.002)
            return reply[cut:]

        server = wire({"ehlo": send_in_two})
        assert outcomes(send(server.url(), message())) == ["delivered"]
        assert not any(command.startswith("BDAT") for command in server.commands)


def test_a_mail_that_is_too_big_is_announced(wire):
    server = wire(extensions=["SIZE 100"])
    run(server, count=1)
    assert any(command.startswith("MAIL FROM:<lockbox@contoso.example> SIZE=") for command in server.commands)


def test_raw_bytes_are_held_to_the_protocol(wire):
    server = wire()
    results = send(server.url(), message(raw="a\n.\n\r\n"), message(raw="no end"), message(raw="x" * 999 + "\r\n"),
                   message(raw="Subject: x\r\n\r\n.\r\n..\r\n"))
    assert outcomes(results) == ["permanent", "permanent", "permanent", "delivered"]
    assert all(result["reply"].startswith("message refused: ") for result in results[:3])
    [(_, content)] = server.accepted
    assert content.endswith(b"\r\n\r\n.\r\n..\r\n")


def body_of(size):
    lines = b"".join(b"%07d.\r\n" % number for number in range(size // 10 + 1))[:size - 2] + b"\r\n"
    return "Subject: x\r\n\r\n" + lines.replace(b"\r\r\n", b"x\r\n").decode()


@pytest.mark.parametrize("size", [100, 2030, 4096, 8192, 16300, 16384, 16390, 40000])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_bodies_of_any_length_arrive_whole(wire, authority, tls, size, secure):
    server = wire(tls=tls if secure else None)
    raw = body_of(size)
    options = {"ca_file": authority.certificate} if secure else {}
    url = server.url("localhost", query="?tls=required") if secure else server.url()
    assert outcomes(send(url, message(raw=raw), message(raw=raw), **options)) == ["delivered"] * 2
    assert [content.partition(b"\r\n\r\n")[2].decode() for _, content in server.accepted] == [raw.partition("\r\n\r\n")[2]] * 2


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_peer_that_takes_a_long_body_slowly_is_waited_for(wire, authority, tls, secure):
    """More than the kernel keeps for the connection: a relay on another machine takes less at once than a mail may have."""
    raw = "Subject: x\r\n\r\n" + ("x" * 900 + "\r\n") * 14_000

    def be_late(_):
        be_slow(0.3)
        return b""

    server = wire({"body": be_late}, tls=tls if secure else None)
    options = {"ca_file": authority.certificate} if secure else {}
    url = server.url("localhost", query="?tls=required") if secure else server.url()
    assert outcomes(send(url, message(raw=raw), message(), **options)) == ["delivered"] * 2
    assert server.accepted[0][1].partition(b"\r\n\r\n")[2].decode() == raw.partition("\r\n\r\n")[2]


def test_a_body_goes_out_at_once(wire):
    """libesmtp writes it in pieces of 2 KB, of which each would be a segment, and wake the server."""
    firsts = []

    def look(connection):
        firsts.append(connection.socket.recv(1 << 16))
        connection.buffer += firsts[-1]
        return b""

    server = wire({"body": look})
    assert outcomes(send(server.url(), message(raw=body_of(8000)))) == ["delivered"]
    assert firsts[0].endswith(b"\r\n.\r\n") and len(firsts[0]) > 8000


def test_finding_a_name_is_bounded(tmp_path):
    """A resolver that asks a name server which never answers, for twice ten seconds and more."""
    if not can_have_own_resolver():
        pytest.skip("no right to a resolv.conf of one's own")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.97", 53))
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.97\noptions timeout:10 attempts:2\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: dns\n")
    mounts = "; ".join(f"mount --bind {tmp_path / name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf"))
    [result] = send("smtp://mail.contoso.example:25", message(), connect_timeout_ms=1000,
                    wrapper=["unshare", "--mount", "sh", "-euc", f'{mounts}; exec "$@"', "sh"])
    assert (result["outcome"], result["reply"]) == (
        "temporary", "no connection to the server: its address was not found in time")
    assert silent.recv(512)  # it was asked
    silent.close()


def can_have_own_resolver() -> bool:
    try:
        return subprocess.run(["unshare", "--mount", "mount", "--bind", "/etc/hostname", "/etc/resolv.conf"],
                              capture_output=True).returncode == 0
    except FileNotFoundError:
        return False

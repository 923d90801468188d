"""An SMTP server that misbehaves on command, at any step, and remembers what it took responsibility for."""

import socket
import ssl
import threading

from support.waiting import be_slow

DROP = "drop"
HANG = "hang"

EHLO = ("wire.example", "SIZE 10000000", "8BITMIME")


class Closed(Exception):
    pass


class Wire:
    """script: step → what is done there instead of the usual reply; ("rcpt", 2) is the second RCPT of all.

    An action is bytes (sent as they are), DROP (the connection is closed), HANG (nothing more is said), or a function
    of the connection that returns one of these. Steps: connect, banner, ehlo, starttls, auth, mail, rcpt, data, body
    (354 was sent, the message is coming), dot, bdat, rset, quit.
    """

    def __init__(self, script=None, extensions=(), tls=None, offer_starttls=None):
        self.script = script or {}
        self.extensions = [*EHLO, *extensions]
        self.tls = tls
        self.offer_starttls = tls is not None if offer_starttls is None else offer_starttls
        self.accepted = []  # (recipient, content) of each message answered with 250
        self.connections = 0
        self.commands = []
        self.counts = {}
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.close()

    def url(self, host="127.0.0.1", user="", query="?tls=off"):
        return f"smtp://{user}{host}:{self.port}{query}"

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=Connection(self, peer).run, daemon=True).start()

    def action(self, step):
        self.counts[step] = self.counts.get(step, 0) + 1
        return self.script.get((step, self.counts[step]), self.script.get(step))


class Connection:
    def __init__(self, wire, peer):
        self.wire = wire
        self.socket = peer
        self.buffer = b""
        self.is_tls = False
        self.recipient = None

    def run(self):
        try:
            self.step("connect", b"")
            self.step("banner", b"220 wire.example ready\r\n")
            while True:
                self.command(self.line())
        except (Closed, OSError, ValueError):
            pass
        finally:
            self.socket.close()

    # ---- bytes ----

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise Closed
        self.buffer += got

    def line(self):
        while b"\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def exactly(self, count):
        while len(self.buffer) < count:
            self.more()
        got, self.buffer = self.buffer[:count], self.buffer[count:]
        return got

    def content(self):
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(line + b"\r\n" for line in lines)

    # ---- steps ----

    def step(self, step, reply):
        """Does what the script says, else replies; whether the reply was the usual one."""
        action = self.wire.action(step)
        if callable(action):
            action = action(self)
        if action is None:
            self.socket.sendall(reply)
            return True
        if action == DROP:
            raise Closed
        if action == HANG:
            self.wire.over.wait()
            raise Closed
        self.socket.sendall(action)
        return action.startswith(reply[:3])

    def command(self, line):
        verb, _, rest = line.decode("ascii").partition(" ")
        self.wire.commands.append(line.decode("ascii"))
        getattr(self, f"on_{verb.lower()}", self.on_unknown)(rest)

    def on_unknown(self, _):
        self.socket.sendall(b"500 what?\r\n")

    def on_ehlo(self, _):
        lines = [*self.wire.extensions, *(["STARTTLS"] if self.wire.offer_starttls and not self.is_tls else [])]
        reply = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"
        self.step("ehlo", reply.encode())

    def on_helo(self, _):
        self.step("helo", b"250 wire.example\r\n")

    def on_starttls(self, _):
        if self.step("starttls", b"220 go ahead\r\n") and self.wire.tls:
            self.socket = self.wire.tls.wrap_socket(self.socket, server_side=True)
            self.is_tls = True

    def on_auth(self, _):
        self.step("auth", b"235 2.7.0 welcome\r\n")

    def on_mail(self, _):
        self.recipient = None
        self.step("mail", b"250 sender ok\r\n")

    def on_rcpt(self, rest):
        if self.step("rcpt", b"250 recipient ok\r\n"):
            self.recipient = rest.partition("<")[2].partition(">")[0]

    def on_data(self, _):
        if not self.recipient:
            self.socket.sendall(b"503 no valid recipient\r\n")
            return
        if not self.step("data", b"354 go on\r\n"):
            return
        self.step("body", b"")
        content = self.content()
        recipient = self.recipient
        if self.step("dot", b"250 taken\r\n"):
            self.wire.accepted.append((recipient, content))

    def on_bdat(self, rest):
        size, _, last = rest.partition(" ")
        self.pending = getattr(self, "pending", b"") + self.exactly(int(size))
        if not self.recipient:
            self.pending = b""
            self.socket.sendall(b"503 no valid recipient\r\n")
        elif self.step("bdat", b"250 chunk ok\r\n") and last:
            self.wire.accepted.append((self.recipient, self.pending))
            self.pending = b""

    def on_rset(self, _):
        self.recipient = None
        self.pending = b""
        self.step("rset", b"250 forgotten\r\n")

    def on_quit(self, _):
        self.step("quit", b"221 bye\r\n")
        raise Closed


def drip(reply, seconds):
    """An action that sends a reply one byte at a time."""

    def send(connection):
        for i in range(len(reply)):
            connection.socket.sendall(reply[i:i + 1])
            be_slow(seconds)
        return b""

    return send


def under(tls):
    """An action of "connect": TLS from the first byte."""

    def begin(connection):
        connection.socket = tls.wrap_socket(connection.socket, server_side=True)
        return b""

    return begin


def server_context(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context

"""A portal for one approver: shows what he is asked exactly as it was asked, and publishes what he decides.

    python server.py --approver lena,lena.fischer@contoso.example,'Lena Fischer'

It prints the address to open, which holds a key for this run. It listens on loopback, and has no log-in: whoever has the address is
the approver. What stands between a hostile request's text and the reader: every text is escaped, invisible characters are named,
and the pages' policy allows no script at all. What stands between another web site and a decision: the key in a cookie that goes to no
other site, a token in each form, and the Origin and Host headers.
"""
import argparse
import hmac
import os
import re
import secrets
import sys
import uuid
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from confluent_kafka import KafkaException

import pages
from lockbox import Lockbox

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAX_FORM_BYTES = 16384
REQUEST = re.compile(r"/request/([0-9a-f-]{36})")


class BadForm(Exception):
    """The form says something that cannot be sent; the message says what."""


class Handler(BaseHTTPRequestHandler):
    timeout = 30
    server: "Portal"

    # what comes in

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        key = parse_qs(url.query).get("key", [""])[0]
        if not self.is_our_host():
            self.answer(403, pages.message("Not here", "This portal has another address."))
        elif url.path == "/" and hmac.compare_digest(key.encode(), self.server.key.encode()):
            self.redirect("/", f"key={self.server.key}; HttpOnly; SameSite=Strict; Path=/")
        elif not self.has_key():
            self.answer(403, pages.message("Who are you?", "Open the whole address that the portal printed."))
        elif url.path == "/style.css":
            self.send(200, "text/css; charset=utf-8", pages.STYLE.encode())
        elif url.path == "/":
            self.answer(200, pages.overview(self.server.lockbox.approver, self.server.lockbox.all()))
        else:
            self.show(url)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_FORM_BYTES:
            self.answer(413, pages.message("Too much", "A form has a few fields."))
            return
        fields = parse_qs(self.rfile.read(length).decode(errors="replace"), keep_blank_values=True, max_num_fields=100)
        token = fields.get("csrf", [""])[0].encode()
        if not (self.is_our_host() and self.has_key() and self.headers.get("Origin") == f"http://{self.headers['Host']}"
                and hmac.compare_digest(token, self.server.csrf.encode())):
            self.answer(403, pages.message("Not from here", "This did not come from one of the portal's own pages."))
            return
        try:
            self.decide(fields)
        except BadForm as error:
            self.answer(400, pages.message("Not sent", str(error)))
        except KafkaException:
            self.answer(503, pages.message("Not sent", "Kafka does not answer. Go back and press the button again."))

    def is_our_host(self) -> bool:
        """A name that somebody else has made to mean our address is not ours."""
        return self.headers.get("Host") in self.server.hosts

    def has_key(self) -> bool:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("key")
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self.server.key.encode())

    # what it does

    def show(self, url) -> None:
        path = REQUEST.fullmatch(url.path)
        asked = self.server.lockbox.find(path[1]) if path else None
        if asked is None:
            self.answer(404, pages.message("Not found", "You are not asked about such a request."))
            return
        decision = parse_qs(url.query).get("decision", [""])[0]
        verdict = self.server.lockbox.verdict(decision)
        if decision in self.server.lockbox.decisions and verdict is None:
            self.answer(200, pages.Page("Sent", '<p class="notice">Sent. Waiting for the verdict …</p>', refresh=1))
        else:
            self.answer(200, pages.request(self.server.lockbox.approver, asked, self.server.csrf, verdict))

    def decide(self, fields: dict[str, list[str]]) -> None:
        path = REQUEST.fullmatch(self.path)
        asked = self.server.lockbox.find(path[1]) if path else None
        if asked is None:
            raise BadForm("You are not asked about such a request.")
        event_id, decision = fields.get("id", [""])[0], fields.get("decision", [""])[0]
        try:
            uuid.UUID(event_id)
        except ValueError:
            raise BadForm("The form has no id.") from None
        if decision not in ("approve", "deny", "revoke", "acknowledge") or not asked.is_whole:
            raise BadForm("There is no such decision.")
        more = narrowed(asked.now, fields) if decision == "approve" else {}
        if comment := fields.get("comment", [""])[0].strip()[:2000]:
            more["comment"] = comment
        self.server.lockbox.decide(event_id, path[1], decision, **more)
        self.redirect(f"/request/{path[1]}?decision={event_id}")

    # what goes out

    def answer(self, status: int, page: pages.Page) -> None:
        self.send(status, "text/html; charset=utf-8", page.render())

    def redirect(self, where: str, cookie: str = "") -> None:
        self.send(303, "text/plain", b"", Location=where, **({"Set-Cookie": cookie} if cookie else {}))

    def send(self, status: int, content_type: str, body: bytes, **more: str) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": content_type, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The address has a key in it, and requests have names in them: neither belongs into a log."""


def narrowed(request: dict, fields: dict[str, list[str]]) -> dict:
    """What an approval leaves out of what was asked, as the event has it."""
    asked = [item["number"] for item in request["actions"]]
    kept = [number for number in asked if str(number) in fields.get("item", [])]
    minutes = fields.get("minutes", [""])[0].strip()
    if not kept:
        raise BadForm("Keep at least one action, or deny the request.")
    if minutes and not re.fullmatch(r"[1-9][0-9]{0,4}", minutes):
        raise BadForm("Minutes are a number.")
    return {**({"actions": kept} if kept != asked else {}), **({"duration": f"PT{minutes}M"} if minutes else {})}


class Portal(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, lockbox: Lockbox):
        super().__init__((host, port), Handler)
        self.lockbox = lockbox
        self.key, self.csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        port = self.server_address[1]
        self.hosts = {f"{host}:{port}", *({f"localhost:{port}"} if host == "127.0.0.1" else ())}
        self.address = f"http://{host}:{port}/?key={self.key}"


def approver(said: str) -> dict:
    parts = [part.strip() for part in said.split(",", 2)]
    if len(parts) != 3 or not all(parts):
        raise argparse.ArgumentTypeError("an approver is ID,EMAIL,NAME")
    return dict(zip(("id", "email", "name"), parts))


def main() -> int:
    parser = argparse.ArgumentParser(description="A portal for one approver.")
    parser.add_argument("--approver", type=approver, required=True, metavar="ID,EMAIL,NAME")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    options = parser.parse_args()
    lockbox = Lockbox(os.environ["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], options.approver)
    portal = Portal(options.host, options.port, lockbox)
    print(f"Open {portal.address}", flush=True)
    try:
        portal.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())

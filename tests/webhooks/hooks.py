"""Receivers of webhooks: an HTTPS server that keeps what it is posted, and answers as the path asks."""
import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.waiting import wait_until


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """Paths: …/NAME is answered 204; …/NAME/503/200 once by 503, then by 200, and so on; …/hang never, until it is closed."""

    def __init__(self, certificate, key):
        self.posted: list[Posted] = []
        self.ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                before = len(receiver.at(self.path))
                receiver.posted.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                answers = [int(part) for part in self.path.split("/") if part.isdigit() and len(part) == 3] or [204]
                if self.path.endswith("/hang"):
                    receiver.ended.wait()
                self.send_response(answers[min(before, len(answers) - 1)])
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"https://localhost:{self.server.server_port}{path}"

    def at(self, path: str) -> list[Posted]:
        return [it for it in self.posted if it.path == path]

    def wait_for(self, path: str, count: int = 1, seconds: float = 60) -> list[Posted]:
        return wait_until(lambda: self.at(path) if len(self.at(path)) >= count else None, f"{count} posted to {path}", seconds)

    def close(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

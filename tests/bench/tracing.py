"""Tracing: lifecycles per second with spans, beside those without, and the workers' processor time for each. Both from one run.

The collector is a server that reads and forgets, in this process.
"""
import http.server
import json
import os
import sys
import tempfile
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]
from road import lifecycles  # noqa: E402
from tests.support.processor import cpu_seconds  # noqa: E402
from tests.support.stack import WORKERS, Stack  # noqa: E402

COUNT = int(os.environ.get("LOCKBOX_BENCH_LIFECYCLES", "2000"))


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    spans = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Sink.spans += sum(len(scope["spans"]) for resource in body["resourceSpans"] for scope in resource["scopeSpans"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def measure(**settings: str) -> tuple[float, float]:
    """Lifecycles a second, and milliseconds of the workers' processors for each."""
    with tempfile.TemporaryDirectory(prefix="lockbox-bench-") as directory:
        stack = Stack(Path(directory), LOCKBOX_PENDING_PER_SUBSCRIPTION=str(2 * COUNT), **settings)
        stack.up()
        try:
            pids = [stack.status()[worker]["pid"] for worker in WORKERS]
            before = cpu_seconds(*pids)
            _, whole = lifecycles(stack, COUNT)
            return whole, (cpu_seconds(*pids) - before) / COUNT * 1000
        finally:
            stack.wipe()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
threading.Thread(target=server.serve_forever, daemon=True).start()
without, cost_without = measure()
spanned, cost_spanned = measure(LOCKBOX_OTLP_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
print(f"without spans    {without:8.0f} lifecycles/s   {cost_without:.2f} ms of processor each")
print(f"with spans       {spanned:8.0f} lifecycles/s   {cost_spanned:.2f} ms of processor each   "
      f"{Sink.spans / COUNT:.0f} spans each")
print(f"ratio            {spanned / without:8.2f} [0.9]              {cost_spanned / cost_without:.2f}")

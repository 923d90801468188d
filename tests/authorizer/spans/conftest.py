"""A stack whose workers send spans to a real collector, which hands them on to us."""
import http.server
import json
import os
import subprocess
import threading
from pathlib import Path

import pytest

from support.group import stack_of
from support.stack import free_port
from support.waiting import wait_until


class Sink(http.server.BaseHTTPRequestHandler):
    """What the collector made of the spans, as it exports them: OTLP in JSON."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces"
        for resource in body["resourceSpans"]:
            about = {it["key"]: it["value"]["stringValue"] for it in resource["resource"]["attributes"]}
            self.server.spans += [{**span, "service": about["service.name"]} for scope in resource["scopeSpans"] for span in scope["spans"]]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Collector:
    def __init__(self, directory: Path):
        self.port = free_port()
        self.sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
        self.sink.spans = []
        threading.Thread(target=self.sink.serve_forever, daemon=True).start()
        (directory / "collector.yaml").write_text(f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{self.port}"}}}}}}}}
exporters: {{otlp_http: {{endpoint: "http://127.0.0.1:{self.sink.server_port}", encoding: json, compression: none}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [otlp_http]}}}}
""")
        self.log = directory / "collector.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([os.environ["LOCKBOX_DEV_COLLECTOR"], "--config", f"file:{directory}/collector.yaml"],
                                            stdout=log, stderr=log)
        wait_until(lambda: "Everything is ready" in self.log.read_text(), "the collector is ready")

    def of(self, trace_id: str) -> list[dict]:
        return [span for span in list(self.sink.spans) if span["traceId"] == trace_id]

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log.read_text()[-3000:]
        self.sink.shutdown()


@pytest.fixture(scope="session")
def collector(tmp_path_factory):
    collector = Collector(tmp_path_factory.mktemp("collector"))
    yield collector
    collector.close()


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory, collector):
    """A whole one, whose authorizer the folder above starts."""
    with stack_of(request, tmp_path_factory, LOCKBOX_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}") as stack:
        yield stack

"""Prometheus over a stack: scrapes each worker once a second, and a file of checks, and evaluates the rules as often. The rules are
those of deploy/prometheus/alerts.yml with their thresholds and windows, but without `for`: an alert fires at once."""
import http.server
import json
import subprocess
import threading
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from support.stack import REPOSITORY, WORKERS, free_port
from support.waiting import wait_until

RULES = REPOSITORY / "deploy/prometheus/alerts.yml"


def rules() -> list[dict]:
    return yaml.safe_load(RULES.read_text())["groups"][0]["rules"]


class Textfile(http.server.BaseHTTPRequestHandler):
    """As node_exporter shows it: the file that a check writes, once it is there."""

    def do_GET(self):
        text = self.server.file.read_bytes() if self.server.file.exists() else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Prometheus:
    def __init__(self, stack, directory: Path):
        at_once = [{name: value for name, value in rule.items() if name != "for"} for rule in rules()]
        (directory / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "lockbox", "rules": at_once}]}))
        targets = [stack.env[f"LOCKBOX_HTTP_{worker.upper()}"] for worker in WORKERS]
        self.checks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Textfile)
        self.checks.file = self.check_file = directory / "check.prom"
        threading.Thread(target=self.checks.serve_forever, daemon=True).start()
        (directory / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": "lockbox", "static_configs": [{"targets": targets}]},
                               {"job_name": "checks", "static_configs": [{"targets": [f"127.0.0.1:{self.checks.server_port}"]}]}]}))
        self.address = f"127.0.0.1:{free_port()}"
        self.log = (directory / "log").open("w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address={self.address}"], stdout=self.log, stderr=self.log)
        wait_until(lambda: self.value("count(lockbox_ready)") == len(WORKERS), "all workers are scraped", 60)

    def get(self, path: str, **parameters: str) -> dict:
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def value(self, expression: str) -> float | None:
        """Of the first series; None where there is none, or no answer yet."""
        try:
            found = self.get("query", query=expression)["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> dict[str, str]:
        """Alert → its summary."""
        return {alert["labels"]["alertname"]: alert["annotations"]["summary"]
                for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"}

    def await_alert(self, name: str, seconds: float = 60) -> str:
        """Its summary, once it fires."""
        wait_until(lambda: name in self.firing(), f"{name} fires", seconds)
        return self.firing()[name]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.checks.shutdown()

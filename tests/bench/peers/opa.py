"""Open Policy Agent as it would stand in the authorizer's place: it answers the same reviews over TLS, from grants that somebody
pushes to it. It keeps no record, and knows of a revoke when somebody tells it."""
import http.client
import json
import os
import subprocess
import time
from pathlib import Path

from support.stack import free_port
from support.waiting import wait_until

POLICY = Path(__file__).resolve().parent / "opa" / "review.rego"
DAY = 86400


class Agent:
    def __init__(self, certificates, directory: Path):
        self.port, path = free_port(), certificates.path
        self.process = subprocess.Popen(
            [os.environ["LOCKBOX_DEV_OPA"], "run", "--server", f"--addr=127.0.0.1:{self.port}", "--min-tls-version=1.3",
             f"--tls-cert-file={path('server.crt')}", f"--tls-private-key-file={path('server.key')}", f"--tls-ca-cert-file={path('ca.crt')}",
             "--authentication=tls", "--skip-version-check", "--log-level=error", POLICY], cwd=directory)

    def push(self, context, grants: int, engineers: int) -> None:
        """The grants that the bench puts into the database, once the server answers."""
        now, by_engineer = time.time(), {}
        for number in range(1, grants + 1):
            is_live = number % 10 == 0
            by_engineer.setdefault(f"eng-{number % engineers}", []).append({
                "action": "get_pod_logs", "namespace": "openshift-ingress",
                "starts_at": now - (3600 if is_live else 30 * DAY), "expires_at": now + (7 * 3600 if is_live else -29 * DAY)})

        def put() -> bool:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
            try:
                connection.request("PUT", "/v1/data/grants", json.dumps(by_engineer), {"Content-Type": "application/json"})
                return connection.getresponse().status == 204
            except OSError:
                return False
            finally:
                connection.close()
        wait_until(put, "Open Policy Agent has the grants", 60)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)

"""The portal beside a stack, on ports of its own, with an OpenID provider for development."""
import os
import secrets
import subprocess
import urllib.request
from pathlib import Path

from .stack import REPOSITORY, free_port
from .waiting import wait_until

PYTHON = os.environ.get("LOCKBOX_DEV_PORTAL_PYTHON", "")


class Portal:
    """The directory gets its database and its log; lockboxctl is found in path."""

    def __init__(self, bootstrap: str, path: str, directory: Path, **settings: str):
        ports, secret = (free_port(), free_port()), secrets.token_urlsafe()
        self.url, self.provider = (f"http://localhost:{port}" for port in ports)
        self.log = directory / "portal.log"
        environment = {
            "PATH": path, "PORTAL_URL": self.url, "PORTAL_SESSION_KEY": secrets.token_urlsafe(32), "PORTAL_OIDC_ISSUER": self.provider,
            "PORTAL_OIDC_CLIENT_ID": "portal", "PORTAL_OIDC_CLIENT_SECRET": secret,
            "PORTAL_DATABASE_URL": f"sqlite:///{directory}/portal.db", "PORTAL_KAFKA_BOOTSTRAP_SERVERS": bootstrap, **settings}
        self.processes = [
            self.start(environment, "development/provider.py", "--port", str(ports[1]), "--client", "portal", f"--secret={secret}",
                       "--redirect", f"{environment['PORTAL_URL']}/login/callback"),
            self.start(environment, "-m", "lockbox_portal", "--port", str(ports[0]))]
        wait_until(lambda: self.answers(f"{self.url}/readyz") and self.answers(f"{self.provider}/keys"), "the portal is ready")

    def start(self, environment: dict, *arguments: str) -> subprocess.Popen:
        with self.log.open("a") as log:
            return subprocess.Popen([PYTHON, *arguments], cwd=REPOSITORY / "portal", env=environment, stdout=log, stderr=log)

    def answers(self, url: str) -> bool:
        assert all(process.poll() is None for process in self.processes), self.log.read_text()
        try:
            return urllib.request.urlopen(url, timeout=5).status == 200
        except OSError:
            return False

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(10)

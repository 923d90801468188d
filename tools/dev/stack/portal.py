"""The portal of ./dev up --portal, and the OpenID provider for development that it asks: whoever types a name is that person."""
import secrets
from pathlib import Path

from secure import Secure

PROCESSES = ["provider", "portal"]


class Portal:
    """python is that of the portal's own packages; directory holds its secrets and its database."""

    def __init__(self, directory: Path, repository: Path, python: str, ports: dict[str, int]):
        self.directory, self.folder, self.python, self.ports = directory, repository / "portal", python, ports

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['portal']}"

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.ports['provider']}"

    def make(self) -> None:
        """Secrets, once."""
        self.directory.mkdir(exist_ok=True)
        for name in ("session_key", "client_secret"):
            if not self.path(name).exists():
                self.path(name).touch(0o600)
                self.path(name).write_text(secrets.token_urlsafe(32))

    def path(self, name: str) -> Path:
        return self.directory / name

    def provider(self) -> list[str]:
        return [self.python, str(self.folder / "development/provider.py"), "--port", str(self.ports["provider"]), "--client", "portal",
                f"--secret={self.path('client_secret').read_text()}", "--redirect", f"{self.url}/login/callback"]

    def command(self) -> list[str]:
        return [self.python, "-m", "lockbox_portal", "--port", str(self.ports["portal"])]

    def settings(self, bootstrap: str, binaries: Path, secure: Secure | None) -> dict[str, str]:
        kafka = secure.kafka_settings("portal") if secure else {}
        return {
            "PYTHONPATH": str(self.folder), "PORTAL_URL": self.url, "PORTAL_SESSION_KEY_FILE": str(self.path("session_key")),
            "PORTAL_OIDC_ISSUER": self.issuer, "PORTAL_OIDC_CLIENT_ID": "portal",
            "PORTAL_OIDC_CLIENT_SECRET_FILE": str(self.path("client_secret")),
            "PORTAL_DATABASE_URL": f"sqlite:///{self.path('portal.db')}", "PORTAL_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "PORTAL_WORDS_COMMAND": f"{binaries / 'lockboxctl'} request words",
            **{name.replace("LOCKBOX_", "PORTAL_", 1): it for name, it in kafka.items() if name.startswith("LOCKBOX_KAFKA_")}}

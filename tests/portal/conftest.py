"""One stack, one portal beside it with an OpenID provider for development, one browser with a passkey in it."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import nothing_untoward, pytest_addoption, system, stack  # noqa: E402, F401
from support.portal import Portal  # noqa: E402
from support.scenario import Tenant  # noqa: E402
from support.sql import as_role  # noqa: E402
from support.webdriver import Browser  # noqa: E402

@pytest.fixture(scope="module")
def portal(stack, tmp_path_factory):  # noqa: F811
    bootstrap = stack.worker_environment()["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
    portal = Portal(bootstrap, stack.env["PATH"], tmp_path_factory.mktemp("portal"),
                    PORTAL_AUDIT_DATABASE_URL=as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor"))
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def customer(system):  # noqa: F811
    return Tenant(system)


class Reader(Browser):
    """A browser whose reader has a device with a passkey, and verifies themselves whenever it asks."""

    def __init__(self, directory: Path, portal: Portal):
        super().__init__(directory)
        self.portal = portal
        self.authenticator = self.call("POST", "/webauthn/authenticator", {
            "protocol": "ctap2_1", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "isUserConsenting": True})

    def visit(self, path: str) -> None:
        self.open(self.portal.url + path)

    def log_in(self, person, path: str = "/") -> None:
        """By the provider's page; then the page that was asked for is there."""
        self.visit(path)
        self.type("[name=sub]", person.id)
        self.type("[name=email]", person.email)
        self.type("[name=name]", person.name)
        self.click("button")
        self.wait_for("header .who", person.name)

    def script(self, text: str, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def keys(self, text: str) -> None:
        """Pressed where the focus is."""
        actions = [{"type": it, "value": key} for key in text for it in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def resize(self, width: int, height: int = 900) -> None:
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})


@pytest.fixture(scope="module")
def browser(tmp_path_factory, portal):
    browser = Reader(tmp_path_factory.mktemp("browser"), portal)
    yield browser
    browser.close()

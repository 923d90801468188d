"""./dev up --portal: the portal and its OpenID provider for development beside the stack, where mails lead."""
import urllib.request

import pytest

from support.stack import Stack


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path / "stack")
    yield stack
    stack.wipe()


def test_up_with_the_portal(stack):
    """Without the workers, which it does not ask. A page leads to the provider's; up again keeps both."""
    parts = "kafka", "postgres", "schema", "provider", "portal"
    stack.up(*parts, options=("--portal",))
    url = stack.env["LOCKBOX_PORTAL_URL"]
    assert urllib.request.urlopen(f"{url}/readyz").read() == b"ok\n"
    page = urllib.request.Request(url, headers={"Accept": "text/html"})
    assert "For development only" in urllib.request.urlopen(page).read().decode()
    before = {name: row["pid"] for name, row in stack.status().items() if row["ready"]}
    assert {"portal", "provider"} <= set(before)
    stack.up(*parts)
    assert {name: row["pid"] for name, row in stack.status().items() if row["ready"]} == before

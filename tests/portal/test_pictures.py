"""The pictures in docs/: LBX_GOLDEN=update makes them anew, of a request with a change, on a phone and on a desk."""
import base64
import os

import pytest

from support.content import content_of
from support.scenario import LOGS
from support.stack import REPOSITORY
from test_portal import open_request

IMAGES = REPOSITORY / "docs" / "images"
LOOKS = [(360, "dark"), (1200, "light")]
BEFORE = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "router-default", "namespace": "openshift-ingress"}, "spec": {
    "replicas": 2, "template": {"spec": {"containers": [{"name": "router", "image": "quay.io/openshift/origin-haproxy-router:4.17.1"}]}}}}
AFTER = {**BEFORE, "spec": {"replicas": 3, "template": {"spec": {"containers": [
    {"name": "router", "image": "quay.io/openshift/origin-haproxy-router:4.17.3"}]}}}}
CHANGE = {"action": "update_object", "namespace": "openshift-ingress", "kind": "Deployment.apps", "name": "router-default",
          "content": content_of(AFTER, BEFORE)}


@pytest.fixture(scope="module")
def request_(customer):
    return customer.request(actions=[LOGS, CHANGE])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_request(browser, customer, request_, width, scheme):
    browser.call("DELETE", "/cookie")
    browser.log_in(customer.owner)
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
    browser.resize(width)
    open_request(browser, request_)
    browser.resize(width, browser.script("return document.documentElement.scrollHeight"))
    shot = browser.call("POST", "/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {"format": "webp", "quality": 40}})
    made, path = base64.b64decode(shot["data"]), IMAGES / f"portal-request-{width}-{scheme}.webp"
    if os.environ.get("LBX_GOLDEN") == "update":
        path.write_bytes(made)
    browser.resize(1200)
    assert made[:4] == path.read_bytes()[:4] == b"RIFF" and len(path.read_bytes()) < 90_000
    assert path.name in (REPOSITORY / "portal" / "README.md").read_text()

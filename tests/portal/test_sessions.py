"""Cookies, the ends of sessions, and the portal behind a reverse proxy that has others beside it."""
import os
import re
import subprocess
import urllib.error
import urllib.request
import uuid
from http.cookiejar import Cookie
from pathlib import Path

import pytest

from support.portal import PYTHON, Portal
from support.scenario import Tenant
from support.stack import free_port
from support.waiting import wait_until
from visitor import Visitor

KEY = "a key of a test, of more than thirty-two characters"
MAKE = """
import base64, json, sys, time
from itsdangerous import TimestampSigner
key, cookie, ago = sys.argv[1], sys.argv[2], int(sys.argv[3])
signer = TimestampSigner(key)
told = json.loads(base64.b64decode(signer.unsign(cookie)))
told["begun"] -= ago
print(signer.sign(base64.b64encode(json.dumps(told).encode())).decode())
"""


@pytest.fixture(scope="module")
def start(stack, tmp_path_factory):
    started = []

    def one(**settings: str) -> Portal:
        bootstrap = stack.worker_environment()["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]
        started.append(Portal(bootstrap, stack.env["PATH"], tmp_path_factory.mktemp("portal"), PORTAL_SESSION_KEY=KEY, **settings))
        return started[-1]
    yield one
    for portal in started:
        portal.close()


@pytest.fixture(scope="module")
def keyed(start):
    """A portal whose session key is known here."""
    return start()


def session(visitor: Visitor) -> Cookie:
    [cookie] = [it for it in visitor.cookies if it.name == "portal"]
    return cookie


def status_of(portal: Portal, cookie: str, path: str = "/sent/none") -> int:
    """Asked with that cookie alone: 404 is somebody's, 401 nobody's."""
    asked = urllib.request.Request(portal.url + path, headers={"Cookie": f"portal={cookie}", "Accept": "application/json"})
    try:
        return urllib.request.urlopen(asked, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_cookie_is_for_the_browser_and_this_site_alone(keyed, customer):
    cookie = session(Visitor(keyed, customer.owner))
    told = {name.lower(): value for name, value in cookie._rest.items()}
    assert "httponly" in told and told["samesite"] == "lax" and cookie.path == "/"


def test_behind_https_the_cookie_is_secure(start):
    """And of the portal's path, where the proxy has others beside it."""
    portal = start(PORTAL_URL="https://portal.example/lockbox")

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None
    with pytest.raises(urllib.error.HTTPError) as leads:
        urllib.request.build_opener(Stay).open(f"{portal.url}/login?to=/lockbox/keys")
    cookie = leads.value.headers["Set-Cookie"].lower()
    assert leads.value.code == 302 and {"secure", "httponly", "samesite=lax", "path=/lockbox"} <= set(re.split("; ?", cookie))
    assert "redirect_uri=https%3A%2F%2Fportal.example%2Flockbox%2Flogin%2Fcallback" in leads.value.headers["Location"]


def test_who_logs_out_has_no_session_wherever_its_cookie_is(keyed, customer):
    visitor, other = Visitor(keyed, customer.owner), Visitor(keyed, customer.owner)
    copied = session(visitor).value
    assert status_of(keyed, copied) == 404
    form = urllib.request.Request(f"{keyed.url}/logout", f"csrf={visitor.csrf}".encode(), {"Origin": keyed.url})
    assert "You are logged out" in visitor.opener.open(form).read().decode()
    assert status_of(keyed, copied) == 401
    assert status_of(keyed, session(other).value) == 404  # another session of theirs goes on


def test_a_session_ends_eight_hours_after_its_log_in(keyed, customer):
    """However often it was used since."""
    cookie = session(Visitor(keyed, customer.owner)).value

    def aged(seconds: int) -> str:
        return subprocess.run([PYTHON, "-c", MAKE, KEY, cookie, str(seconds)], capture_output=True, text=True, check=True).stdout.strip()
    assert status_of(keyed, aged(7 * 3600)) == 404
    assert status_of(keyed, aged(8 * 3600 + 1)) == 401
    assert status_of(keyed, cookie[:-2] + "xx") == 401  # and who changes it has none


def test_news_end_with_the_session(keyed, customer):
    visitor = Visitor(keyed, customer.owner)
    with visitor.opener.open(f"{keyed.url}/events", timeout=60) as news:
        assert news.headers["X-Accel-Buffering"] == "no" and news.readline().startswith((b"event: changed", b":"))
        form = urllib.request.Request(f"{keyed.url}/logout", f"csrf={visitor.csrf}".encode(), {"Origin": keyed.url})
        visitor.opener.open(form).close()
        while news.readline():
            pass


@pytest.fixture(scope="module")
def behind(start, tmp_path_factory):
    """A portal at /lockbox of a reverse proxy."""
    port = free_port()
    portal = start(PORTAL_URL=f"http://localhost:{port}/lockbox")
    inside, portal.url = portal.url, f"http://localhost:{port}/lockbox"
    with (tmp_path_factory.mktemp("proxy") / "log").open("w") as log:
        proxy = subprocess.Popen([Path(os.environ["LOCKBOX_DEV_READERS"]) / "go", "proxy", str(port), "/lockbox", inside], stdout=log, stderr=log)
    wait_until(lambda: portal.answers(f"{portal.url}/readyz"), "the proxy answers")
    yield portal
    proxy.terminate()
    proxy.wait(10)


def test_behind_a_reverse_proxy(behind, system):
    """Log-in, pages, what they load, decisions and news: all of it below the path."""
    tenant = Tenant(system)
    visitor = Visitor(behind, tenant.owner)
    request = tenant.request()
    with visitor.opener.open(f"{behind.url}/events", timeout=60) as news:
        assert any(line.startswith(b"event: changed") for line in news)
    wait_until(lambda: f'href="/lockbox/requests/{request.id}"' in visitor.page("/"), "its page knows the request")
    page = visitor.page(f"/requests/{request.id}")
    links = re.findall(r'(?:href|src|action)="([^"]+)"', page)
    assert [it for it in links if not it.startswith(("/lockbox/", "#"))] == []
    for link in {it for it in links if "/static/" in it}:
        assert urllib.request.urlopen(behind.url.removesuffix("/lockbox") + link).status == 200
    sent = {"event_id": str(uuid.uuid4()), "version": 1, "decision": "approve"}
    assert visitor.answer(f"/requests/{request.id}/decisions", sent, Origin=behind.url.removesuffix("/lockbox"))[0] == 202
    assert request.event("approved")


def test_the_provider_s_redirect_leads_below_the_path(behind, customer):
    """A page that was asked for without a session is there after the log-in."""
    visitor = Visitor(behind, customer.owner, "/keys")
    assert visitor.landed == f"{behind.url}/keys"

"""The portal's log-in with an OpenID provider of others', npm's oidc-provider: as strict as OpenID Connect allows."""
import html
import http.cookiejar
import os
import re
import secrets
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from support.portal import Portal
from support.scenario import Person, Tenant
from support.stack import free_port
from support.waiting import wait_until


@pytest.fixture
def portal(stack, tmp_path, request):
    """Whose people are those of that provider."""
    settings = getattr(request, "param", {})
    secret, issuer = secrets.token_urlsafe(), f"http://localhost:{free_port()}"
    portal = Portal(stack.worker_environment()["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"], stack.env["PATH"], tmp_path,
                    PORTAL_OIDC_ISSUER=issuer, PORTAL_OIDC_CLIENT_SECRET=secret, **settings)
    with (tmp_path / "provider.log").open("w") as log:
        provider = subprocess.Popen([Path(os.environ["LOCKBOX_DEV_READERS"]) / "provider", issuer, "portal", f"{secret}",
                                     f"{portal.url}/login/callback"], stdout=log, stderr=log)
    wait_until(lambda: answers(f"{issuer}/.well-known/openid-configuration", provider, tmp_path / "provider.log"), "the provider answers", 60)
    yield portal
    portal.close()
    provider.terminate()
    provider.wait(10)


def answers(url: str, provider: subprocess.Popen, log: Path) -> bool:
    assert provider.poll() is None, log.read_text()
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


class Visitor:
    """A browser without scripts: keeps cookies, follows redirects, fills in forms."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url: str, form: dict | None = None) -> tuple[str, str]:
        """Where it ended, and the page."""
        request = urllib.request.Request(url, form and urllib.parse.urlencode(form).encode(), {"Accept": "text/html"})
        with self.opener.open(request, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def send(self, url: str, page: str, **fields: str) -> tuple[str, str]:
        """The page's form, with what it holds and these fields."""
        [action] = re.findall(r'<form[^>]* action="([^"]+)"', page)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return self.open(urllib.parse.urljoin(url, html.unescape(action)), hidden | fields)


def test_a_log_in_leads_back_to_the_page_that_was_asked_for(portal):
    visitor = Visitor()
    url, page = visitor.open(f"{portal.url}/keys")
    assert "/interaction/" in url
    url, page = visitor.send(url, page, login="lena", password="any")
    url, page = visitor.send(url, page)  # she agrees that the portal is told who she is
    assert url == f"{portal.url}/keys" and "The name of lena" in page and "You have no role in any tenant yet" in page


@pytest.mark.parametrize("portal", [{"PORTAL_OIDC_ID_CLAIM": "oid"}], indirect=True)
def test_a_person_s_id_is_the_claim_that_is_set(portal, system):
    """Whom Lockbox knows as object-lena is asked, and nobody else."""
    tenant = Tenant(system)
    lena = Person("object-lena", "lena@contoso.example", "Lena")
    assert tenant.change("role_assigned", principal=lena.principal, role="lockbox_approver").kind == "tenant.changed"
    request = tenant.request()
    visitor, other = Visitor(), Visitor()
    for who, name in ((visitor, "lena"), (other, "object-lena")):
        who.send(*who.send(*who.open(f"{portal.url}/"), login=name, password="any"))
    wait_until(lambda: f"/requests/{request.id}" in visitor.open(f"{portal.url}/")[1], "she is asked")
    assert f"/requests/{request.id}" not in other.open(f"{portal.url}/")[1]


@pytest.mark.parametrize("portal", [{"PORTAL_OIDC_ID_CLAIM": "employee_number"}], indirect=True)
def test_who_has_no_such_claim_is_not_logged_in(portal):
    visitor = Visitor()
    with pytest.raises(urllib.error.HTTPError) as refused:
        visitor.send(*visitor.send(*visitor.open(f"{portal.url}/"), login="lena", password="any"))
    assert refused.value.code == 403 and "the provider says no employee_number" in refused.value.read().decode()


def test_who_does_not_agree_is_not_logged_in(portal):
    visitor = Visitor()
    url, page = visitor.send(*visitor.open(f"{portal.url}/keys"), login="lena", password="any")
    [cancel] = re.findall(r'href="([^"]*/abort)"', page)
    with pytest.raises(urllib.error.HTTPError) as refused:
        visitor.open(urllib.parse.urljoin(url, html.unescape(cancel)))
    assert refused.value.code == 403 and "You are not logged in" in refused.value.read().decode()

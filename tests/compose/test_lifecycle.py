"""One ticket through the containers: from asked to ended access, with its mails and its rows in the audit store."""
import urllib.request

from composed import compose, execute, page, published
from support.scenario import Tenant
from support.waiting import wait_until


def test_one_request_from_asked_to_ended(system):
    tenant = Tenant(system)
    request = tenant.request(duration="PT10S")
    assert request.first.kind == "request.created"
    assert not request.check().allowed

    [mail] = wait_until(lambda: system.mails(tenant.owner.email), "the approver's mail")
    assert request.id in mail.subject and request.ticket.id in mail.subject
    assert request.ticket.engineer.name in mail.text

    request.approve()
    answer = request.check()
    assert (answer.allowed, str(answer.request_id), answer.reason) == (True, request.id, "approved")

    wait_until(lambda: system.mails(request.ticket.engineer.email), "the engineer's mail")
    request.event("completed")
    assert not request.check().allowed
    assert request.kinds == ["created", "approved", "completed"]

    def audited() -> list[str]:
        rows = system.auditor.rows("SELECT type FROM audit.event WHERE request_id = %s ORDER BY kafka_timestamp", request.id)
        return [row.type for row in rows if row.type.startswith("lockbox.request.")]
    expected = [f"lockbox.request.{kind}.v1" for kind in request.kinds]
    wait_until(lambda: audited() == expected, "the request's events in the audit store")
    assert system.auditor.rows("SELECT * FROM audit.completeness WHERE missing > 0") == []


def test_lockboxctl_in_the_image_sees_the_request(system):
    """As docs/containers.md has it; a worker's own role does not."""
    request = Tenant(system).request()
    assert request.id in compose("run", "--rm", "--no-deps", "setup", "lockboxctl", "request", "list")


def test_the_portal_reads_the_request_and_sends_strangers_to_the_log_in(system):
    """By its own copy of what Lockbox publishes; lockboxctl of its image words it."""
    tenant = Tenant(system)
    request = tenant.request()
    portal = published("portal", 8000)
    assert page(portal, "/readyz") == (200, b"ok\n")
    known = ("import sqlite3, sys; print(sqlite3.connect('file:/var/lib/portal/portal.db?mode=ro', uri=True)"
             ".execute('SELECT words FROM request WHERE request_id = ?', sys.argv[1:]).fetchall())")
    words = wait_until(lambda: execute("portal", "/opt/portal/venv/bin/python", "-c", known, request.id).strip("[]\n"), "the portal knows the request")
    assert "openshift" in words
    stranger = urllib.request.build_opener(NoRedirect).open(f"http://{portal}/requests/{request.id}", timeout=10)
    assert (stranger.status, stranger.headers["Location"]) == (303, f"/lockbox/login?to=/lockbox/requests/{request.id}")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def http_error_303(self, req, fp, code, msg, headers):
        return fp

"""The auditors' commands as auditors run them: with the login of lockbox_auditor, or of a role that is bound to one tenant."""
import secrets
import uuid

import pytest
from psycopg import sql
from support.audit import await_auditor
from support.scenario import Tenant
from support.sql import as_role
from support.waiting import wait_until

from conftest import await_signed


@pytest.fixture(scope="module")
def story(system, store):
    """A request that was denied, recorded and signed."""
    request = Tenant(system).request()
    request.decide("deny")
    request.event("denied")
    wait_until(lambda: store.execute("SELECT count(*) FROM audit.request WHERE request_id = %s AND state = 'denied'",
                                     [request.id]).fetchone()[0], "the denial is recorded")
    await_signed(system, store)
    return request


@pytest.fixture(scope="module")
def place(store, story):
    """Where the request's first event stands: topic, partition, offset."""
    return store.execute('SELECT topic, "partition", "offset" FROM audit.event WHERE request_id = %s'
                         ' AND type LIKE %s ORDER BY "offset" LIMIT 1', [story.id, "lockbox.request.%"]).fetchone()


@pytest.fixture(scope="module")
def neighbour(system, store, story, place):
    """Another tenant's record that is proved by the same hashes as the story's first event."""
    beside = """SELECT count(*) FROM audit.event
                 WHERE (topic, "partition", "offset" / 256) = (%s, %s, %s / 256) AND tenant_id <> %s"""
    for _ in range(20):
        for _ in range(32):
            system.publish("tenant.subscription_added", {"tenant_id": f"tenant-{secrets.token_hex(4)}", "name": "Beside",
                                                         "subscription_id": str(uuid.uuid4())})
        await_auditor(system)
        if store.execute(beside, [*place, story.tenant.id]).fetchone()[0]:
            return await_signed(system, store)
    raise AssertionError("no other tenant's record came to stand there")


@pytest.fixture(scope="module")
def bound(store, story, neighbour):
    role = f"auditor_of_{story.tenant.id.replace('-', '_')}"
    store.execute("SELECT audit.bind_tenant(%s, %s)", [role, story.tenant.id])
    yield role
    store.execute(sql.SQL("SELECT audit.unbind_tenant({0}); DROP ROLE {1}").format(sql.Literal(role), sql.Identifier(role)))


@pytest.fixture(params=["lockbox_auditor", "bound"])
def auditor(request, ctl, stack):
    """lockboxctl as an auditor runs it."""
    role = request.getfixturevalue("bound") if request.param == "bound" else request.param
    url = as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], role)
    return lambda *arguments, **more: ctl(*arguments, LOCKBOX_AUDIT_DATABASE_URL=url, LOCKBOX_DATABASE_URL="", **more)


def test_every_page_s_command_works(auditor, bare, story, place, tmp_path):
    assert auditor("audit", "vkey").returncode == 0
    proof = auditor("audit", "proof", *place)
    assert proof.returncode == 0, proof.stderr
    report = auditor("audit", "report", story.id, "--html")
    assert report.returncode == 0 and story.tenant.owner.name in report.stdout and "not proved" not in report.stdout, report.stderr
    text = auditor("audit", "report", story.id)
    assert text.returncode == 0 and story.tenant.owner.name in text.stdout and "NOT PROVED" not in text.stdout, text.stderr
    timeline = auditor("request", "timeline", story.id)
    assert timeline.returncode == 0 and "asks 2 approvers" in timeline.stdout, timeline.stderr
    for scope in (("--request", story.id), ("--tenant", story.tenant.id)):
        path = tmp_path / f"{scope[0]}.tar"
        exported = auditor("audit", "export", "--out", path, *scope)
        assert exported.returncode == 0, exported.stderr
        verified = bare("audit", "verify", path)
        assert verified.returncode == 0 and not verified.stdout.startswith("0 records"), verified.stdout


def test_an_auditor_of_every_tenant_verifies_the_store(ctl, stack, story):
    url = as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], "lockbox_auditor")
    done = ctl("audit", "verify", LOCKBOX_AUDIT_DATABASE_URL=url)
    assert done.returncode == 0 and "all is right" in done.stdout, done.stderr
    assert ctl("audit", "rebuild", "--check", LOCKBOX_AUDIT_DATABASE_URL=url).returncode == 0


@pytest.mark.parametrize("options", [(), ("--kafka",)], ids=str)
def test_one_tenant_s_login_is_told_that_it_cannot_verify_the_store(ctl, stack, bound, options):
    """It would find every other tenant's record missing."""
    url = as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], bound)
    done = ctl("audit", "verify", *options, LOCKBOX_AUDIT_DATABASE_URL=url)
    assert done.returncode == 3 and "one tenant" in done.stderr and "42501" not in done.stderr, done.stderr


@pytest.fixture
def narrowed(store, story):
    role = sql.Identifier("auditor_who_looks_at_one")
    store.execute(sql.SQL("CREATE ROLE {0} LOGIN IN ROLE lockbox_auditor; ALTER ROLE {0} SET lockbox.tenant_id = {1}")
                  .format(role, sql.Literal(story.tenant.id)))
    yield "auditor_who_looks_at_one"
    store.execute(sql.SQL("DROP ROLE {0}").format(role))


def test_a_login_narrowed_to_a_tenant_does_not_call_the_rest_missing(ctl, stack, narrowed):
    done = ctl("audit", "verify", LOCKBOX_AUDIT_DATABASE_URL=as_role(stack.env["LOCKBOX_AUDIT_DATABASE_URL"], narrowed))
    assert done.returncode == 3 and "one tenant" in done.stderr, done.stderr + done.stdout

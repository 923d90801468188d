"""What the pages tell one to type and what takes minutes: fetched, built and run as it stands there."""
import json
import secrets
import uuid

import pytest

from pages import blocks
from support.scenario import Person, Tenant, new_engineer
from support.stack import REPOSITORY

INTEGRATE = REPOSITORY / "docs/integrate"


def typed(page: str, words: str) -> str:
    [block] = [block for block in blocks(REPOSITORY / page) if block.language == "sh" and words in block.text]
    return block.text


@pytest.fixture(scope="module")
def java(place):
    """The examples' classes and jars, made by the page's own commands."""
    place.begin()
    *lines, _ = typed("docs/integrate/enforcement.md", "mvn").splitlines()
    done = place.run("\n".join(["cd examples/java", *lines]))
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.mark.parametrize("page, file", [("enforcement", "access"), ("portals", "tenant"), ("ticketing", "ticket")])
def test_the_pages_build_java_alike(page, file):
    first, *rest = (typed(f"docs/integrate/{name}.md", "mvn").splitlines()[:3] for name in ("enforcement", page))
    assert [first] == rest


def test_the_three_in_java(java, system):
    """Ticketing asks for what nobody may approve, the portal for a tenant of its own is refused, access is blocked."""
    place, tenant = java, Tenant(system)
    examples = place.tree / "examples"
    access = json.loads((examples / "access.json").read_text()) | {"engineer_id": new_engineer().id}
    (examples / "access.json").write_text(json.dumps(access))
    done = place.run("\n".join(["set +e", typed("docs/integrate/enforcement.md", "mvn").splitlines()[-1], "[ $? -eq 1 ]"]))
    assert done.returncode == 0 and done.stdout.startswith("blocked: no_grant"), done.stdout + done.stderr
    customer = json.loads((examples / "tenant.json").read_text())
    customer |= {"tenant_id": f"tenant-{secrets.token_hex(4)}", "subscription_id": tenant.subscription,
                 "administrator": Person.new("gwen").principal, "approver": Person.new("lena").principal}
    (examples / "tenant.json").write_text(json.dumps(customer))
    done = place.run("\n".join(["set +e", typed("docs/integrate/portals.md", "mvn").splitlines()[-1], "[ $? -eq 1 ]"]))
    assert done.returncode == 0 and "subscription_of_another_tenant" in done.stdout, done.stdout + done.stderr
    ticket = json.loads((examples / "ticket.json").read_text())
    ticket["ticket_id"] = f"{uuid.uuid4().int % 10 ** 16:016}"
    ticket["opened"]["data"]["subscription_id"] = tenant.subscription
    ticket["asked"]["data"]["justification"] = " "
    (examples / "ticket.json").write_text(json.dumps(ticket))
    done = place.run("\n".join(["set +e", typed("docs/integrate/ticketing.md", "mvn").splitlines()[-1], "[ $? -eq 1 ]"]))
    assert done.returncode == 0 and "refused" in done.stdout, done.stdout + done.stderr

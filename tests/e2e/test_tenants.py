"""What a tenant changes is told, and what it may not change is refused with a reason."""
import pytest

from support.scenario import Person, Tenant


@pytest.fixture
def own(system):
    """A tenant for one test alone."""
    return Tenant(system)


def test_each_change_is_told(system):
    tenant = Tenant(system, alternates=("security@contoso.example",))
    told = system.events.where(lambda record: record.event["subject"] == tenant.id)
    assert {record.kind for record in told} == {"tenant.changed"}
    assert [record.data["change"] for record in told] == [
        "subscription_added", "role_assigned", "role_assigned", "role_assigned", "contacts_set", "lockbox_enabled"]
    roles = [(record.data["role"], record.data["principal"]["id"]) for record in told if "role" in record.data]
    assert roles == [("global_administrator", tenant.admin.id), ("owner", tenant.owner.id),
                     ("lockbox_approver", tenant.approver.id)]
    assert told[-1].data["by"] == tenant.admin.principal


@pytest.mark.parametrize("change", ["lockbox_enabled", "lockbox_disabled"])
def test_only_a_global_administrator_switches_lockbox(own, change):
    for somebody in (own.owner, own.approver, Person.new("mallory")):
        refused = own.change(change, by=somebody.principal)
        assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "not_a_global_administrator")
    assert own.request().first.kind == "request.created"


def test_an_administrator_of_another_tenant_switches_nothing(system, own):
    other = Tenant(system)
    refused = own.change("lockbox_disabled", by=other.admin.principal)
    assert refused.data["reason"] == "not_a_global_administrator"


def test_an_administrator_who_was_removed_switches_nothing(own):
    own.change("role_removed", principal=own.admin.principal, role="global_administrator", subscription_id=None)
    refused = own.change("lockbox_disabled", by=own.admin.principal)
    assert refused.data["reason"] == "not_a_global_administrator"


def test_a_subscription_of_another_tenant_is_out_of_reach(system, own, tenant):
    for change in ({"change": "subscription_added"}, {"change": "subscription_removed"},
                   {"change": "contacts_set", "alternate_emails": []},
                   {"change": "lockbox_disabled", "by": own.admin.principal},
                   {"change": "role_assigned", "principal": own.owner.principal, "role": "owner"}):
        refused = own.change(subscription_id=tenant.subscription, **change)
        assert refused.kind == "tenant.change_refused", change
        assert refused.data["reason"] == ("subscription_of_another_tenant" if change["change"] == "subscription_added"
                                          else "subscription_unknown")
    assert tenant.request().first.kind == "request.created"


def test_an_unknown_subscription(own):
    refused = own.change("role_assigned", principal=own.owner.principal, role="owner", subscription_id="unheard-of")
    assert refused.data["reason"] == "subscription_unknown"


def test_a_role_of_a_subscription_names_it(own):
    refused = own.change("role_assigned", principal=own.owner.principal, role="owner", subscription_id=None)
    assert refused.data["reason"] == "subscription_missing"


def test_a_removed_subscription_comes_back_without_lockbox(own):
    own.change("subscription_removed")
    assert own.ticket().request().first.request["reason"] == "subscription_unknown"
    own.change("subscription_added")
    assert own.ticket().request().first.kind == "request.not_required"
    own.change("lockbox_enabled", by=own.admin.principal)
    assert own.ticket().request().first.kind in ("request.created", "request.refused")


def test_approvers_are_who_holds_a_role_now_each_once(system):
    tenant = Tenant(system, owners=2)
    tenant.change("role_assigned", principal=tenant.owner.principal, role="lockbox_approver")
    tenant.change("role_removed", principal=tenant.approver.principal, role="lockbox_approver")
    approvers = tenant.request().first.request["approvers"]
    assert sorted(entry["principal"]["id"] for entry in approvers) == sorted(owner.id for owner in tenant.all_owners)
    assert [entry["role"] for entry in approvers] == ["owner", "owner"]

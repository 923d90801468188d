"""What a tenant changes is told, and what it may not change is refused with a reason."""
import secrets

import pytest

from support.scenario import Person, Tenant, Ticket


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
    for change in ({"change": "subscription_added"}, {"change": "subscription_removed", "by": own.admin.principal},
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
    own.change("subscription_removed", by=own.admin.principal)
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


def test_who_removes_a_subscription_is_one_of_its_administrators(own):
    event_id = own.publish("subscription_removed")
    letter = own.system.deadletters.wait_for(lambda letter: event_id.encode() in (letter.value or b""), "the change without by")
    assert letter.headers[-1][1].startswith(b"/data/by")
    refused = own.change("subscription_removed", by=own.owner.principal)
    assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "not_a_global_administrator")
    assert own.request().first.kind == "request.created"


def test_a_removed_subscription_ends_what_waits_and_what_is_open(own):
    waiting, open_one = own.request(), own.request()
    open_one.approve()
    assert open_one.check().allowed
    removed = own.change("subscription_removed", by=own.admin.principal)
    assert waiting.event("cancelled").event["causationid"] == removed.event["causationid"]
    assert open_one.event("revoked").event["causationid"] == removed.event["causationid"]
    assert not open_one.check().allowed
    assert waiting.decide("approve") == "late"


def test_nobody_takes_a_removed_subscription_over(system, own):
    other, asked = Tenant(system), own.request()
    own.change("subscription_removed", by=own.admin.principal)
    refused = other.change("subscription_added", subscription_id=own.subscription.upper())
    assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "subscription_of_another_tenant")
    assigned = other.change("role_assigned", principal=other.owner.principal, role="owner", subscription_id=own.subscription)
    assert assigned.data["reason"] == "subscription_unknown"
    assert asked.decide("approve", by=other.owner) == "not_an_approver"
    assert not asked.check().allowed


def test_a_key_is_set_by_its_person_or_an_administrator(own):
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    refused = own.change("approver_key_set", subscription_id=None, principal_id=own.owner.id, public_key=key,
                         by=own.approver.principal)
    assert (refused.kind, refused.data["reason"]) == ("tenant.change_refused", "not_a_global_administrator")


def test_at_most_200_people_approve_a_subscription(own):
    people = [Person.new("pat") for _ in range(199)]
    *assigned, one_too_many = [own.publish("role_assigned", principal=person.principal, role="lockbox_approver") for person in people]
    assert own.system.caused_by(one_too_many, "tenant.").data["reason"] == "too_many_approvers"
    assert own.system.caused_by(assigned[-1], "tenant.").kind == "tenant.changed"
    assert own.change("role_assigned", principal=people[0].principal, role="owner").kind == "tenant.changed"
    assert len(own.request().first.request["approvers"]) == 200


def test_of_more_who_stand_from_before_the_first_who_were_assigned_are_asked(own):
    """As a version let them be assigned that knew no limit, or whoever restores roles: 1,002 people, in another order than their ids'."""
    first = own.request()
    own.system.lockbox.rows("""INSERT INTO lockbox.role_assignment (tenant_id, subscription_id, role, principal_id, email, name, assigned_at)
                               SELECT %s, %s, 'lockbox_approver', 'pat-' || 9999 - n, 'pat-' || n || '@contoso.example', 'Pat', clock_timestamp()
                                   + n * interval '1 microsecond' FROM generate_series(1, 1000) AS n""", own.id, own.subscription.lower())
    before = own.system.stack.metrics("requester")["lockbox_approvers_left_out_total"]
    request = first.ticket.request(justification="at two at night", duration="PT1H")
    people = [approver["principal"]["id"] for approver in request.first.request["approvers"]]
    assert set(people[:2]) == {own.owner.id, own.approver.id}, "within one millisecond, perhaps"
    assert people[2:] == [f"pat-{9999 - n}" for n in range(1, 199)]
    assert own.system.stack.metrics("requester")["lockbox_approvers_left_out_total"] == before + 1
    assert own.change("role_assigned", principal=Person.new("one-more").principal, role="owner").data["reason"] == "too_many_approvers"
    request.approve()
    assert request.decide("revoke") == "applied"
    request.event("revoked")


def test_another_letter_is_another_subscription(system):
    """U+212A, the Kelvin sign, which some fold to k: whoever has it as a subscription has nothing of k's."""
    theirs = Tenant(system, subscription=f"k-{secrets.token_hex(6)}")
    twin = Tenant(system, lockbox=False, subscription="\u212a" + theirs.subscription[1:])
    twin.change("lockbox_enabled", by=twin.admin.principal)
    twin.change("lockbox_disabled", by=twin.admin.principal)
    assert theirs.request().first.kind == "request.created"  # it is theirs still, and Lockbox is on
    request = twin.request(resource_id=theirs.resource)
    assert request.first.request["reason"] == "resource_outside_subscription"
    assert not request.check().allowed


def test_the_same_letters_are_the_same_subscription(system):
    tenant = Tenant(system, subscription=f"k-{secrets.token_hex(6)}")
    assert Ticket(tenant, subscription_id=tenant.subscription.upper()).request().first.kind == "request.created"


def missing(system, change) -> dict:
    """The alarm that a change caused."""
    return system.caused_by(change.cause, "tenant.approvers_missing").data


def no_alarm(system, change) -> bool:
    """Once a later change of the tenant is answered, an alarm would have come."""
    return not system.events.where(lambda record: record.cause == change.cause and record.kind == "tenant.approvers_missing")


def test_an_alarm_when_fewer_may_approve_than_are_needed(system):
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    by = tenant.admin.principal
    before = system.stack.metrics("requester")["lockbox_approvers_missing_total"]
    assert no_alarm(system, tenant.change("policy_set", by=by, approvals_needed=2))
    alarm = missing(system, tenant.change("role_removed", principal=tenant.approver.principal, role="lockbox_approver", by=by))
    assert (alarm["cause"], alarm["needed"], alarm["left"], alarm["by"]) == ("role_removed", 2, 1, by)
    assert sorted(alarm["informed"]) == sorted([tenant.admin.email, "soc@contoso.example"])
    assert tenant.request().first.request["reason"] == "no_approvers"
    alarm = missing(system, tenant.change("policy_set", by=by, approvals_needed=3))
    assert (alarm["cause"], alarm["needed"], alarm["left"]) == ("policy_set", 3, 1)
    quiet = tenant.change("policy_set", by=by, approvals_needed=3, max_duration="PT1H")
    off = tenant.change("lockbox_disabled", by=by)
    alarm = missing(system, tenant.change("lockbox_enabled", by=by))
    assert (alarm["cause"], alarm["needed"], alarm["left"]) == ("lockbox_enabled", 3, 1)
    assert no_alarm(system, quiet) and no_alarm(system, off)
    tenant.change("policy_set", by=by)
    assert tenant.request().kinds == ["created"]
    assert system.stack.metrics("requester")["lockbox_approvers_missing_total"] == before + 3


def test_who_has_no_key_approves_nothing_that_is_signed(system):
    tenant = Tenant(system)
    admin, owner = tenant.sign_decisions(tenant.owner)
    assert tenant.request().kinds == ["created"]
    gone = tenant.change("approver_key_set", owner, subscription_id=None, principal_id=tenant.owner.id, public_key=None,
                         by=tenant.owner.principal)
    alarm = missing(system, gone)
    assert (alarm["subscription_id"], alarm["cause"], alarm["needed"], alarm["left"]) == (tenant.subscription, "key_removed", 1, 0)
    assert tenant.request().first.request["reason"] == "no_approvers"


def test_a_change_that_gives_up_protection_says_whom_it_concerns(system):
    """As it was before: also those who are told no more."""
    tenant = Tenant(system, alternates=("soc@contoso.example",))
    everybody = sorted([tenant.admin.email, tenant.owner.email, tenant.approver.email, "soc@contoso.example"])
    for change, data in (("contacts_set", {"alternate_emails": []}), ("lockbox_disabled", {"by": tenant.admin.principal})):
        told = tenant.change(change, **data).data
        assert (told["weakens"], told["concerns"], sorted(told["informed"])) == (True, [tenant.subscription], everybody)
        everybody = [it for it in everybody if it != "soc@contoso.example"]
    assert "weakens" not in tenant.change("lockbox_enabled", by=tenant.admin.principal).data

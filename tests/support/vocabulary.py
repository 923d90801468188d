"""The contract's words. Made by tools/dev/vocabulary.py from schemas/."""

STATES = ("customer_notified", "approved", "emergency", "denied", "expired", "cancelled", "completed", "revoked",
          "refused", "not_required")
DECISIONS = ("approve", "deny", "revoke", "acknowledge")
VERDICTS = ("applied", "recorded", "duplicate", "late", "conflict", "not_an_approver", "self_approval", "widens",
            "unknown_request", "bad_signature", "malformed")
ROLES = ("global_administrator", "owner", "lockbox_approver")
REFUSALS = ("ticket_unknown", "ticket_closed", "engineer_not_on_ticket", "organization_not_allowed",
            "subscription_unknown", "action_not_permitted", "kind_needs_group", "action_forbidden",
            "resource_outside_subscription", "duration_too_long", "starts_too_late", "justification_missing",
            "extends_unknown", "content_required", "emergency_not_allowed", "authorizer_is_engineer",
            "authorizer_unproved", "too_many_requests", "no_approvers", "not_a_global_administrator",
            "subscription_of_another_tenant", "subscription_missing", "bad_key", "too_many_approvers", "keys_missing",
            "bad_signature")
CHANGES = ("subscription_added", "subscription_removed", "role_assigned", "role_removed", "lockbox_enabled",
           "lockbox_disabled", "contacts_set", "policy_set", "approver_key_set")
MAIL_KINDS = ("approval_needed", "reminder", "outcome", "emergency", "emergency_reminder", "informed",
              "security_change", "approvers_missing", "digest")
OUTCOMES = ("allowed", "blocked", "begun")
EMERGENCIES = ("allowed", "never")
CAUSES = ("role_removed", "key_removed", "policy_set", "lockbox_enabled")
WEBHOOK_FORMATS = ("slack", "teams", "cloudevents")

# Type, without lockbox. and .v1 → topic.
EVENTS = {
    "ticket.opened": "lockbox.tickets.v1",
    "ticket.assigned": "lockbox.tickets.v1",
    "ticket.escalated": "lockbox.tickets.v1",
    "ticket.closed": "lockbox.tickets.v1",
    "ticket.reopened": "lockbox.tickets.v1",
    "access.requested": "lockbox.tickets.v1",
    "access.withdrawn": "lockbox.tickets.v1",
    "access.emergency_declared": "lockbox.tickets.v1",
    "access.performed": "lockbox.accesses.v1",
    "tenant.subscription_added": "lockbox.tenants.v1",
    "tenant.subscription_removed": "lockbox.tenants.v1",
    "tenant.role_assigned": "lockbox.tenants.v1",
    "tenant.role_removed": "lockbox.tenants.v1",
    "tenant.lockbox_enabled": "lockbox.tenants.v1",
    "tenant.lockbox_disabled": "lockbox.tenants.v1",
    "tenant.contacts_set": "lockbox.tenants.v1",
    "tenant.policy_set": "lockbox.tenants.v1",
    "tenant.approver_key_set": "lockbox.tenants.v1",
    "tenant.changed": "lockbox.events.v1",
    "tenant.change_refused": "lockbox.events.v1",
    "tenant.approvers_missing": "lockbox.events.v1",
    "decision.submitted": "lockbox.decisions.v1",
    "decision.judged": "lockbox.events.v1",
    "request.created": "lockbox.events.v1",
    "request.refused": "lockbox.events.v1",
    "request.not_required": "lockbox.events.v1",
    "request.approval_recorded": "lockbox.events.v1",
    "request.approved": "lockbox.events.v1",
    "request.denied": "lockbox.events.v1",
    "request.expired": "lockbox.events.v1",
    "request.cancelled": "lockbox.events.v1",
    "request.completed": "lockbox.events.v1",
    "request.revoked": "lockbox.events.v1",
    "request.reminder_due": "lockbox.events.v1",
    "request.emergency_started": "lockbox.events.v1",
    "request.acknowledged": "lockbox.events.v1",
    "request.unacknowledged": "lockbox.events.v1",
    "notification.sent": "lockbox.events.v1",
    "notification.failed": "lockbox.events.v1",
    "quarantine.replayed": "lockbox.events.v1",
    "quarantine.discarded": "lockbox.events.v1",
    "operator.row_refused": "lockbox.events.v1",
    "operator.partition_skipped": "lockbox.events.v1",
    "operator.partition_accepted": "lockbox.events.v1",
}

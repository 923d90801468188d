/* The contract's words. Made by tools/dev/vocabulary.py from schemas/.
 *
 * Each list X(NAME, "text") is an enum and its names (payload.h). Each family of events is a list
 * X(FAMILY, NAME, "type", TOPIC, table): the type is LBX_EVENT_FAMILY_NAME, table that of its data (payload.c).
 */
#ifndef LBX_EVENT_VOCABULARY_H
#define LBX_EVENT_VOCABULARY_H

/* clang-format off */

#define LBX_STATES(X)                                                                              \
    X(CUSTOMER_NOTIFIED, "customer_notified")                                                      \
    X(APPROVED, "approved")                                                                        \
    X(EMERGENCY, "emergency")                                                                      \
    X(DENIED, "denied")                                                                            \
    X(EXPIRED, "expired")                                                                          \
    X(CANCELLED, "cancelled")                                                                      \
    X(COMPLETED, "completed")                                                                      \
    X(REVOKED, "revoked")                                                                          \
    X(REFUSED, "refused")                                                                          \
    X(NOT_REQUIRED, "not_required")

#define LBX_DECISIONS(X)                                                                           \
    X(APPROVE, "approve")                                                                          \
    X(DENY, "deny")                                                                                \
    X(REVOKE, "revoke")                                                                            \
    X(ACKNOWLEDGE, "acknowledge")

#define LBX_VERDICTS(X)                                                                            \
    X(APPLIED, "applied")                                                                          \
    X(RECORDED, "recorded")                                                                        \
    X(DUPLICATE, "duplicate")                                                                      \
    X(LATE, "late")                                                                                \
    X(CONFLICT, "conflict")                                                                        \
    X(NOT_AN_APPROVER, "not_an_approver")                                                          \
    X(SELF_APPROVAL, "self_approval")                                                              \
    X(WIDENS, "widens")                                                                            \
    X(UNKNOWN_REQUEST, "unknown_request")                                                          \
    X(BAD_SIGNATURE, "bad_signature")                                                              \
    X(MALFORMED, "malformed")

#define LBX_ROLES(X)                                                                               \
    X(GLOBAL_ADMINISTRATOR, "global_administrator")                                                \
    X(OWNER, "owner")                                                                              \
    X(LOCKBOX_APPROVER, "lockbox_approver")

#define LBX_REFUSALS(X)                                                                            \
    X(TICKET_UNKNOWN, "ticket_unknown")                                                            \
    X(TICKET_CLOSED, "ticket_closed")                                                              \
    X(ENGINEER_NOT_ON_TICKET, "engineer_not_on_ticket")                                            \
    X(ORGANIZATION_NOT_ALLOWED, "organization_not_allowed")                                        \
    X(SUBSCRIPTION_UNKNOWN, "subscription_unknown")                                                \
    X(ACTION_NOT_PERMITTED, "action_not_permitted")                                                \
    X(KIND_NEEDS_GROUP, "kind_needs_group")                                                        \
    X(ACTION_FORBIDDEN, "action_forbidden")                                                        \
    X(RESOURCE_OUTSIDE_SUBSCRIPTION, "resource_outside_subscription")                              \
    X(DURATION_TOO_LONG, "duration_too_long")                                                      \
    X(STARTS_TOO_LATE, "starts_too_late")                                                          \
    X(JUSTIFICATION_MISSING, "justification_missing")                                              \
    X(EXTENDS_UNKNOWN, "extends_unknown")                                                          \
    X(CONTENT_REQUIRED, "content_required")                                                        \
    X(EMERGENCY_NOT_ALLOWED, "emergency_not_allowed")                                              \
    X(AUTHORIZER_IS_ENGINEER, "authorizer_is_engineer")                                            \
    X(AUTHORIZER_UNPROVED, "authorizer_unproved")                                                  \
    X(TOO_MANY_REQUESTS, "too_many_requests")                                                      \
    X(NO_APPROVERS, "no_approvers")                                                                \
    X(NOT_A_GLOBAL_ADMINISTRATOR, "not_a_global_administrator")                                    \
    X(SUBSCRIPTION_OF_ANOTHER_TENANT, "subscription_of_another_tenant")                            \
    X(SUBSCRIPTION_MISSING, "subscription_missing")                                                \
    X(BAD_KEY, "bad_key")                                                                          \
    X(TOO_MANY_APPROVERS, "too_many_approvers")                                                    \
    X(KEYS_MISSING, "keys_missing")                                                                \
    X(BAD_SIGNATURE, "bad_signature")

#define LBX_CHANGES(X)                                                                             \
    X(SUBSCRIPTION_ADDED, "subscription_added")                                                    \
    X(SUBSCRIPTION_REMOVED, "subscription_removed")                                                \
    X(ROLE_ASSIGNED, "role_assigned")                                                              \
    X(ROLE_REMOVED, "role_removed")                                                                \
    X(LOCKBOX_ENABLED, "lockbox_enabled")                                                          \
    X(LOCKBOX_DISABLED, "lockbox_disabled")                                                        \
    X(CONTACTS_SET, "contacts_set")                                                                \
    X(POLICY_SET, "policy_set")                                                                    \
    X(APPROVER_KEY_SET, "approver_key_set")

#define LBX_MAIL_KINDS(X)                                                                          \
    X(APPROVAL_NEEDED, "approval_needed")                                                          \
    X(REMINDER, "reminder")                                                                        \
    X(OUTCOME, "outcome")                                                                          \
    X(EMERGENCY, "emergency")                                                                      \
    X(EMERGENCY_REMINDER, "emergency_reminder")                                                    \
    X(INFORMED, "informed")                                                                        \
    X(SECURITY_CHANGE, "security_change")                                                          \
    X(APPROVERS_MISSING, "approvers_missing")                                                      \
    X(DIGEST, "digest")

#define LBX_OUTCOMES(X)                                                                            \
    X(ALLOWED, "allowed")                                                                          \
    X(BLOCKED, "blocked")                                                                          \
    X(BEGUN, "begun")

#define LBX_EMERGENCIES(X)                                                                         \
    X(ALLOWED, "allowed")                                                                          \
    X(NEVER, "never")

#define LBX_CAUSES(X)                                                                              \
    X(ROLE_REMOVED, "role_removed")                                                                \
    X(KEY_REMOVED, "key_removed")                                                                  \
    X(POLICY_SET, "policy_set")                                                                    \
    X(LOCKBOX_ENABLED, "lockbox_enabled")

#define LBX_WEBHOOK_FORMATS(X)                                                                     \
    X(SLACK, "slack")                                                                              \
    X(TEAMS, "teams")                                                                              \
    X(CLOUDEVENTS, "cloudevents")

#define LBX_TICKET_EVENTS(X)                                                                       \
    X(TICKET, OPENED, "lockbox.ticket.opened.v1", TICKETS, ticket_opened)                          \
    X(TICKET, ASSIGNED, "lockbox.ticket.assigned.v1", TICKETS, ticket_assigned)                    \
    X(TICKET, ESCALATED, "lockbox.ticket.escalated.v1", TICKETS, ticket_assigned)                  \
    X(TICKET, CLOSED, "lockbox.ticket.closed.v1", TICKETS, ticket_comment)                         \
    X(TICKET, REOPENED, "lockbox.ticket.reopened.v1", TICKETS, ticket_comment)

#define LBX_ACCESS_EVENTS(X)                                                                       \
    X(ACCESS, REQUESTED, "lockbox.access.requested.v1", TICKETS, access_requested)                 \
    X(ACCESS, WITHDRAWN, "lockbox.access.withdrawn.v1", TICKETS, access_withdrawn)                 \
    X(ACCESS, EMERGENCY_DECLARED, "lockbox.access.emergency_declared.v1", TICKETS, access_emergency_declared) \
    X(ACCESS, PERFORMED, "lockbox.access.performed.v1", ACCESSES, access_performed)

#define LBX_TENANT_EVENTS(X)                                                                       \
    X(TENANT, SUBSCRIPTION_ADDED, "lockbox.tenant.subscription_added.v1", TENANTS, tenant_subscription) \
    X(TENANT, SUBSCRIPTION_REMOVED, "lockbox.tenant.subscription_removed.v1", TENANTS, tenant_subscription_removed) \
    X(TENANT, ROLE_ASSIGNED, "lockbox.tenant.role_assigned.v1", TENANTS, tenant_role)              \
    X(TENANT, ROLE_REMOVED, "lockbox.tenant.role_removed.v1", TENANTS, tenant_role)                \
    X(TENANT, LOCKBOX_ENABLED, "lockbox.tenant.lockbox_enabled.v1", TENANTS, tenant_switch)        \
    X(TENANT, LOCKBOX_DISABLED, "lockbox.tenant.lockbox_disabled.v1", TENANTS, tenant_switch)      \
    X(TENANT, CONTACTS_SET, "lockbox.tenant.contacts_set.v1", TENANTS, tenant_contacts_set)        \
    X(TENANT, POLICY_SET, "lockbox.tenant.policy_set.v1", TENANTS, tenant_policy_set)              \
    X(TENANT, APPROVER_KEY_SET, "lockbox.tenant.approver_key_set.v1", TENANTS, tenant_approver_key_set) \
    X(TENANT, CHANGED, "lockbox.tenant.changed.v1", EVENTS, tenant_changed)                        \
    X(TENANT, CHANGE_REFUSED, "lockbox.tenant.change_refused.v1", EVENTS, tenant_changed)          \
    X(TENANT, APPROVERS_MISSING, "lockbox.tenant.approvers_missing.v1", EVENTS, tenant_approvers_missing)

#define LBX_DECISION_EVENTS(X)                                                                     \
    X(DECISION, SUBMITTED, "lockbox.decision.submitted.v1", DECISIONS, decision_submitted)         \
    X(DECISION, JUDGED, "lockbox.decision.judged.v1", EVENTS, decision_judged)

#define LBX_REQUEST_EVENTS(X)                                                                      \
    X(REQUEST, CREATED, "lockbox.request.created.v1", EVENTS, request_changed)                     \
    X(REQUEST, REFUSED, "lockbox.request.refused.v1", EVENTS, request_changed)                     \
    X(REQUEST, NOT_REQUIRED, "lockbox.request.not_required.v1", EVENTS, request_changed)           \
    X(REQUEST, APPROVAL_RECORDED, "lockbox.request.approval_recorded.v1", EVENTS, request_changed) \
    X(REQUEST, APPROVED, "lockbox.request.approved.v1", EVENTS, request_changed)                   \
    X(REQUEST, DENIED, "lockbox.request.denied.v1", EVENTS, request_changed)                       \
    X(REQUEST, EXPIRED, "lockbox.request.expired.v1", EVENTS, request_changed)                     \
    X(REQUEST, CANCELLED, "lockbox.request.cancelled.v1", EVENTS, request_changed)                 \
    X(REQUEST, COMPLETED, "lockbox.request.completed.v1", EVENTS, request_changed)                 \
    X(REQUEST, REVOKED, "lockbox.request.revoked.v1", EVENTS, request_changed)                     \
    X(REQUEST, REMINDER_DUE, "lockbox.request.reminder_due.v1", EVENTS, request_changed)           \
    X(REQUEST, EMERGENCY_STARTED, "lockbox.request.emergency_started.v1", EVENTS, request_changed) \
    X(REQUEST, ACKNOWLEDGED, "lockbox.request.acknowledged.v1", EVENTS, request_changed)           \
    X(REQUEST, UNACKNOWLEDGED, "lockbox.request.unacknowledged.v1", EVENTS, request_changed)

#define LBX_NOTIFICATION_EVENTS(X)                                                                 \
    X(NOTIFICATION, SENT, "lockbox.notification.sent.v1", EVENTS, notification_outcome)            \
    X(NOTIFICATION, FAILED, "lockbox.notification.failed.v1", EVENTS, notification_outcome)

#define LBX_QUARANTINE_EVENTS(X)                                                                   \
    X(QUARANTINE, REPLAYED, "lockbox.quarantine.replayed.v1", EVENTS, quarantine_replayed)         \
    X(QUARANTINE, DISCARDED, "lockbox.quarantine.discarded.v1", EVENTS, quarantine_discarded)

#define LBX_OPERATOR_EVENTS(X)                                                                     \
    X(OPERATOR, ROW_REFUSED, "lockbox.operator.row_refused.v1", EVENTS, operator_row_refused)      \
    X(OPERATOR, PARTITION_SKIPPED, "lockbox.operator.partition_skipped.v1", EVENTS, operator_partition_skipped) \
    X(OPERATOR, PARTITION_ACCEPTED, "lockbox.operator.partition_accepted.v1", EVENTS, operator_partition_accepted)

/* X(FAMILY) */
#define LBX_EVENT_FAMILIES(X)                                                                      \
    X(TICKET)                                                                                      \
    X(ACCESS)                                                                                      \
    X(TENANT)                                                                                      \
    X(DECISION)                                                                                    \
    X(REQUEST)                                                                                     \
    X(NOTIFICATION)                                                                                \
    X(QUARANTINE)                                                                                  \
    X(OPERATOR)

#define LBX_EVENT_TYPES(X) \
    LBX_TICKET_EVENTS(X) \
    LBX_ACCESS_EVENTS(X) \
    LBX_TENANT_EVENTS(X) \
    LBX_DECISION_EVENTS(X) \
    LBX_REQUEST_EVENTS(X) \
    LBX_NOTIFICATION_EVENTS(X) \
    LBX_QUARANTINE_EVENTS(X) \
    LBX_OPERATOR_EVENTS(X)

/* clang-format on */

#endif

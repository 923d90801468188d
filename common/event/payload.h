/* What events carry: one struct and one table for each type of contract, in and out.
 *
 * A field exists first in schemas/events/, then in the table, then here; a test holds them together.
 * Limits: ids 128 bytes, names and titles 256 bytes, e-mails 254 bytes, free text 2,000 characters.
 */
#ifndef LBX_EVENT_PAYLOAD_H
#define LBX_EVENT_PAYLOAD_H

#include "event/record.h"
#include "json/fields.h"

/* ---- vocabulary: enums and their names in JSON; 0 is absent ---- */

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
    X(BAD_SIGNATURE, "bad_signature")

#define LBX_ROLES(X)                                                                               \
    X(GLOBAL_ADMINISTRATOR, "global_administrator")                                                \
    X(OWNER, "owner")                                                                              \
    X(LOCKBOX_APPROVER, "lockbox_approver")

/* Why a request or a tenant's change was refused. The order of the first block is the order in which
 * creation checks. */
#define LBX_REFUSALS(X)                                                                            \
    X(TICKET_UNKNOWN, "ticket_unknown")                                                            \
    X(TICKET_CLOSED, "ticket_closed")                                                              \
    X(ENGINEER_NOT_ON_TICKET, "engineer_not_on_ticket")                                            \
    X(ORGANIZATION_NOT_ALLOWED, "organization_not_allowed")                                        \
    X(ACTION_NOT_PERMITTED, "action_not_permitted")                                                \
    X(RESOURCE_OUTSIDE_SUBSCRIPTION, "resource_outside_subscription")                              \
    X(DURATION_TOO_LONG, "duration_too_long")                                                      \
    X(JUSTIFICATION_MISSING, "justification_missing")                                              \
    X(EXTENDS_UNKNOWN, "extends_unknown")                                                          \
    X(NO_APPROVERS, "no_approvers")                                                                \
    X(NOT_A_GLOBAL_ADMINISTRATOR, "not_a_global_administrator")                                    \
    X(SUBSCRIPTION_UNKNOWN, "subscription_unknown")                                                \
    X(SUBSCRIPTION_OF_ANOTHER_TENANT, "subscription_of_another_tenant")                            \
    X(SUBSCRIPTION_MISSING, "subscription_missing")                                                \
    X(AUTHORIZER_IS_ENGINEER, "authorizer_is_engineer")                                            \
    X(BAD_KEY, "bad_key")

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
    X(EMERGENCY_REMINDER, "emergency_reminder")

#define LBX_OUTCOMES(X) X(ALLOWED, "allowed") X(BLOCKED, "blocked")

/* For each list: enum lbx_<name> { LBX_<PREFIX>_NONE, … } and its names table, names[0] == NULL. */
/* clang-format off */
#define LBX_NAMED_ENUM(list, tag, prefix)                                                          \
    enum lbx_##tag { LBX_##prefix##_NONE, list(LBX_ENUM_##prefix) LBX_##prefix##_END };            \
    extern const char *const lbx_##tag##_names[];
/* clang-format on */

#define LBX_ENUM_STATE(name, text) LBX_STATE_##name,
#define LBX_ENUM_DECISION(name, text) LBX_DECISION_##name,
#define LBX_ENUM_VERDICT(name, text) LBX_VERDICT_##name,
#define LBX_ENUM_ROLE(name, text) LBX_ROLE_##name,
#define LBX_ENUM_REFUSAL(name, text) LBX_REFUSAL_##name,
#define LBX_ENUM_CHANGE(name, text) LBX_CHANGE_##name,
#define LBX_ENUM_MAIL(name, text) LBX_MAIL_##name,
#define LBX_ENUM_OUTCOME(name, text) LBX_OUTCOME_##name,

LBX_NAMED_ENUM(LBX_STATES, state, STATE)
LBX_NAMED_ENUM(LBX_DECISIONS, decision, DECISION)
LBX_NAMED_ENUM(LBX_VERDICTS, verdict, VERDICT)
LBX_NAMED_ENUM(LBX_ROLES, role, ROLE)
LBX_NAMED_ENUM(LBX_REFUSALS, refusal, REFUSAL)
LBX_NAMED_ENUM(LBX_CHANGES, change, CHANGE)
LBX_NAMED_ENUM(LBX_MAIL_KINDS, mail_kind, MAIL)
LBX_NAMED_ENUM(LBX_OUTCOMES, outcome, OUTCOME)

/* The index of text in names, 0 where it is none of them. */
int lbx_name_index(const char *const *names, const char *text);

/* ---- parts ---- */

struct lbx_principal {
    const char *id, *email, *name;
};

struct lbx_engineer {
    const char *id, *email, *name, *organization;
};

/* One wish of a request. action is text: a word outside the permitted five is a refusal, not a
 * malformed event. */
struct lbx_item {
    int64_t number; /* place in the list, from 1; absent in access.requested */
    const char *action, *namespace, *kind, *name;
    bool kept; /* still asked for, or granted, after partial approvals */
};

struct lbx_approver {
    struct lbx_principal principal;
    int role; /* enum lbx_role: what made him one */
};

struct lbx_vote {
    struct lbx_principal by; /* only an id, "policy", where a policy approved */
    int decision;            /* enum lbx_decision */
    int64_t at;
    const char *comment;
};

/* What is approved without asking: every action of that name, in that namespace (absent: any), asked for
 * under that reason code (absent: any). */
struct lbx_auto_approval {
    const char *action, *namespace, *reason_code;
};

/* What a subscription's Global Administrator decided for it. */
struct lbx_policy {
    int64_t approvals_needed; /* 1 to 5; 0: 1 */
    int64_t max_duration;     /* 0: the operator's */
    struct lbx_auto_approval *auto_approve;
    size_t auto_approve_count;
    bool signed_decisions;
};

/* A public key as JWK (RFC 7517, RFC 8037): kty OKP, crv Ed25519, x in base64url. */
struct lbx_jwk {
    const char *kty, *crv, *x;
};

/* A request as it stands: published whole with every request.* event, and kept in the operational
 * database as the text of its two parts (lbx_request_standing_table, lbx_request_particulars_table). */
struct lbx_request {
    const char *request_id;
    int state; /* enum lbx_state */
    int64_t version;
    const char *tenant_id, *subscription_id; /* absent where the ticket is unknown */
    const char *ticket_id;
    struct lbx_engineer engineer; /* only its id where the ticket does not name him */
    const char *resource_id;
    struct lbx_item *actions;
    size_t action_count;
    const char *justification, *reason_code;
    int64_t duration;         /* asked for; what an approval may not exceed */
    int64_t granted_duration; /* the shortest that an approver gave; absent: none gave one */
    int64_t created_at, decide_by, starts_at, expires_at;
    int64_t remind_at; /* next reminder while the customer is asked */
    int64_t approvals_needed;
    bool signed_decisions; /* a decision counts only with an approver's signature */
    struct lbx_principal
        opened_by; /* whoever opened the ticket, where he is on the vendor's side */
    struct lbx_approver *approvers;
    size_t approver_count;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_vote *decisions;
    size_t decision_count;
    const char *extends;
    int reason;          /* enum lbx_refusal, of a refused request */
    int64_t reason_item; /* number of the offending item */
    int64_t ended_at;    /* when it reached a terminal state */
    const char *digest;  /* SHA-256, hex, over what consent is given to */
    /* Of an emergency only: */
    struct lbx_principal authorized_by;
    const char *incident_id;
    int64_t acknowledge_by, acknowledged_at;
    bool unacknowledged; /* acknowledge_by passed without an acknowledgement */
};

/* ---- events in ---- */

struct lbx_ticket_opened {
    const char *ticket_id, *subscription_id, *title, *severity;
    struct lbx_engineer
        opened_by; /* optional; organization optional in it: the vendor's own people */
};

struct lbx_ticket_assigned { /* assigned and escalated */
    const char *ticket_id;
    struct lbx_engineer engineer;
};

struct lbx_ticket_comment { /* closed and reopened */
    const char *ticket_id, *comment;
};

struct lbx_access_requested {
    const char *ticket_id, *engineer_id, *resource_id;
    struct lbx_item *actions;
    size_t action_count;
    const char *justification, *reason_code;
    int64_t duration, starts_at;
    const char *extends;
    /* Of access.emergency_declared only, required there: */
    struct lbx_principal authorized_by;
    const char *incident_id;
};

struct lbx_access_withdrawn {
    const char *request_id, *ticket_id, *engineer_id, *comment;
};

/* Every tenant event; each type's table names the members it has. */
struct lbx_tenant_event {
    const char *tenant_id, *subscription_id, *name;
    struct lbx_principal principal; /* whose role it is */
    int role;                       /* enum lbx_role */
    struct lbx_principal by;        /* who enables, disables or sets the policy */
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_policy policy;  /* its members stand beside the others in JSON */
    const char *principal_id;  /* whose key it is */
    struct lbx_jwk public_key; /* absent (null in JSON): removed */
};

struct lbx_decision_submitted {
    const char *request_id;
    int decision; /* enum lbx_decision */
    struct lbx_principal by;
    const char *comment;
    int64_t duration;
    int64_t *actions; /* numbers of the items kept */
    size_t action_count;
    const char *signature;
};

struct lbx_access_performed {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name;
    int64_t performed_at;
    int outcome; /* enum lbx_outcome */
    const char *request_id;
};

/* ---- events out ---- */

struct lbx_request_changed {
    struct lbx_request request;
    int previous_state; /* enum lbx_state; absent in the first event */
};

struct lbx_decision_judged {
    const char *request_id, *tenant_id;
    int decision, verdict;
    struct lbx_principal by;
    int64_t at;
    const char *comment;
};

struct lbx_tenant_changed { /* changed and change_refused */
    const char *tenant_id, *subscription_id, *name;
    int change; /* enum lbx_change */
    struct lbx_principal principal;
    int role;
    struct lbx_principal by;
    const char **alternate_emails;
    size_t alternate_count;
    struct lbx_policy policy;
    const char *principal_id;
    struct lbx_jwk public_key;
    int64_t at;
    int reason; /* enum lbx_refusal, of change_refused */
};

struct
    lbx_quarantine_settled { /* replayed and discarded: what an operator did with a rejected record */
    int64_t quarantine_id;
    const char *consumer, *topic; /* where it was rejected */
    int64_t partition, offset;
    const char *rejected_for;
    struct lbx_principal by;
    const char *login, *reason;
    int64_t at;
    int64_t replayed_partition, replayed_offset; /* of replayed: where it stands again */
};

struct lbx_notification_outcome { /* sent and failed */
    const char *notification_id, *request_id, *tenant_id;
    int64_t version; /* of the request */
    int kind;        /* enum lbx_mail_kind */
    const char *recipient, *message_id;
    int64_t attempts, at;
    const char *smtp_reply;
};

/* ---- the types ---- */

/* X(enum name, CloudEvents type, topic, payload table). The key of the topic's record is the member
 * that LBX_TOPICS names (events.v1: the event's subject). */
#define LBX_EVENT_TYPES(X)                                                                         \
    X(TICKET_OPENED, "lockbox.ticket.opened.v1", TICKETS, ticket_opened)                           \
    X(TICKET_ASSIGNED, "lockbox.ticket.assigned.v1", TICKETS, ticket_assigned)                     \
    X(TICKET_ESCALATED, "lockbox.ticket.escalated.v1", TICKETS, ticket_assigned)                   \
    X(TICKET_CLOSED, "lockbox.ticket.closed.v1", TICKETS, ticket_comment)                          \
    X(TICKET_REOPENED, "lockbox.ticket.reopened.v1", TICKETS, ticket_comment)                      \
    X(ACCESS_REQUESTED, "lockbox.access.requested.v1", TICKETS, access_requested)                  \
    X(ACCESS_WITHDRAWN, "lockbox.access.withdrawn.v1", TICKETS, access_withdrawn)                  \
    X(EMERGENCY_DECLARED, "lockbox.access.emergency_declared.v1", TICKETS, emergency_declared)     \
    X(SUBSCRIPTION_ADDED, "lockbox.tenant.subscription_added.v1", TENANTS, tenant_subscription)    \
    X(SUBSCRIPTION_REMOVED, "lockbox.tenant.subscription_removed.v1", TENANTS,                     \
      tenant_subscription)                                                                         \
    X(ROLE_ASSIGNED, "lockbox.tenant.role_assigned.v1", TENANTS, tenant_role)                      \
    X(ROLE_REMOVED, "lockbox.tenant.role_removed.v1", TENANTS, tenant_role)                        \
    X(LOCKBOX_ENABLED, "lockbox.tenant.lockbox_enabled.v1", TENANTS, tenant_switch)                \
    X(LOCKBOX_DISABLED, "lockbox.tenant.lockbox_disabled.v1", TENANTS, tenant_switch)              \
    X(CONTACTS_SET, "lockbox.tenant.contacts_set.v1", TENANTS, tenant_contacts)                    \
    X(POLICY_SET, "lockbox.tenant.policy_set.v1", TENANTS, tenant_policy)                          \
    X(APPROVER_KEY_SET, "lockbox.tenant.approver_key_set.v1", TENANTS, tenant_approver_key)        \
    X(DECISION_SUBMITTED, "lockbox.decision.submitted.v1", DECISIONS, decision_submitted)          \
    X(ACCESS_PERFORMED, "lockbox.access.performed.v1", ACCESSES, access_performed)                 \
    X(REQUEST_CREATED, "lockbox.request.created.v1", EVENTS, request_changed)                      \
    X(REQUEST_REFUSED, "lockbox.request.refused.v1", EVENTS, request_changed)                      \
    X(REQUEST_NOT_REQUIRED, "lockbox.request.not_required.v1", EVENTS, request_changed)            \
    X(REQUEST_APPROVAL_RECORDED, "lockbox.request.approval_recorded.v1", EVENTS, request_changed)  \
    X(REQUEST_APPROVED, "lockbox.request.approved.v1", EVENTS, request_changed)                    \
    X(REQUEST_DENIED, "lockbox.request.denied.v1", EVENTS, request_changed)                        \
    X(REQUEST_EXPIRED, "lockbox.request.expired.v1", EVENTS, request_changed)                      \
    X(REQUEST_CANCELLED, "lockbox.request.cancelled.v1", EVENTS, request_changed)                  \
    X(REQUEST_COMPLETED, "lockbox.request.completed.v1", EVENTS, request_changed)                  \
    X(REQUEST_REVOKED, "lockbox.request.revoked.v1", EVENTS, request_changed)                      \
    X(REQUEST_REMINDER_DUE, "lockbox.request.reminder_due.v1", EVENTS, request_changed)            \
    X(REQUEST_EMERGENCY, "lockbox.request.emergency_started.v1", EVENTS, request_changed)          \
    X(REQUEST_ACKNOWLEDGED, "lockbox.request.acknowledged.v1", EVENTS, request_changed)            \
    X(REQUEST_UNACKNOWLEDGED, "lockbox.request.unacknowledged.v1", EVENTS, request_changed)        \
    X(DECISION_JUDGED, "lockbox.decision.judged.v1", EVENTS, decision_judged)                      \
    X(TENANT_CHANGED, "lockbox.tenant.changed.v1", EVENTS, tenant_changed)                         \
    X(TENANT_CHANGE_REFUSED, "lockbox.tenant.change_refused.v1", EVENTS, tenant_changed)           \
    X(NOTIFICATION_SENT, "lockbox.notification.sent.v1", EVENTS, notification_outcome)             \
    X(NOTIFICATION_FAILED, "lockbox.notification.failed.v1", EVENTS, notification_outcome)         \
    X(QUARANTINE_REPLAYED, "lockbox.quarantine.replayed.v1", EVENTS, quarantine_replayed)          \
    X(QUARANTINE_DISCARDED, "lockbox.quarantine.discarded.v1", EVENTS, quarantine_discarded)

enum lbx_event_type {
    LBX_EVENT_NONE,
#define LBX_EVENT_ENUM(name, text, topic, table) LBX_EVENT_##name,
    LBX_EVENT_TYPES(LBX_EVENT_ENUM)
#undef LBX_EVENT_ENUM
        LBX_EVENT_COUNT
};

struct lbx_event_type_info {
    const char *name;
    enum lbx_topic topic;
    const struct lbx_table *data;
};

/* type must not be LBX_EVENT_NONE. */
const struct lbx_event_type_info *lbx_event_type_info(enum lbx_event_type type);

/* LBX_EVENT_NONE where no type has that name. */
enum lbx_event_type lbx_event_type_find(const char *name);

/* Parts that what is kept is made of, too. */
extern const struct lbx_table lbx_principal_table, lbx_engineer_table, lbx_opener_table,
    lbx_auto_approval_table;

/* The whole request, for the operational database's own copy. */
extern const struct lbx_table lbx_request_table;
extern const struct lbx_table lbx_request_item_table; /* one of its actions */
/* Its members in two parts, in this order: what follows from the clock alone, and the rest. */
extern const struct lbx_table lbx_request_standing_table, lbx_request_particulars_table;
/* data of a request.* event with the first part alone. */
extern const struct lbx_table lbx_request_moved_table;

#endif

/* The contract's tables, with a row for each member: its presence and limits. Rows take their
 * member's name, and check its C type (json/table.h). Cannot fail. */
#include "event/rows.h"

#include <assert.h>
#include <string.h>

/* clang-format off */

/* ---- events in ---- */

static const struct lbx_field ticket_opened_rows[] = {
    LBX_ROW_TEXT(lbx_ticket_opened, ticket_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_ticket_opened, subscription_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_ticket_opened, title, REQUIRED, NAME),
    LBX_ROW_TEXT(lbx_ticket_opened, severity, OPTIONAL, BYTES(0, 64)),
    LBX_ROW_OBJECT(lbx_ticket_opened, opened_by, struct lbx_engineer, OPTIONAL, OF(lbx_opener_table)),
};
TABLE(ticket_opened, lbx_ticket_opened, ticket_opened_rows);

static const struct lbx_field ticket_assigned_rows[] = {
    LBX_ROW_TEXT(lbx_ticket_assigned, ticket_id, REQUIRED, ID),
    LBX_ROW_OBJECT(lbx_ticket_assigned, engineer, struct lbx_engineer, REQUIRED, ENGINEER),
};
TABLE(ticket_assigned, lbx_ticket_assigned, ticket_assigned_rows);

static const struct lbx_field ticket_comment_rows[] = {
    LBX_ROW_TEXT(lbx_ticket_comment, ticket_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_ticket_comment, comment, OPTIONAL, PROSE),
};
TABLE(ticket_comment, lbx_ticket_comment, ticket_comment_rows);

/* justification is optional here: if it is missing or blank, the request is refused. */
#define WISH_ROWS                                                                                  \
    LBX_ROW_TEXT(lbx_access_requested, ticket_id, REQUIRED, ID),                                   \
    LBX_ROW_TEXT(lbx_access_requested, engineer_id, REQUIRED, ID),                                 \
    LBX_ROW_TEXT(lbx_access_requested, resource_id, REQUIRED, CLUSTER),                            \
    LBX_ROW_OBJECTS(lbx_access_requested, actions, action_count, struct lbx_item, REQUIRED,        \
                    ITEMS(1, ITEMS_MAX), OF(lbx_item_table)),                                                \
    LBX_ROW_TEXT(lbx_access_requested, justification, OPTIONAL, PROSE),                            \
    LBX_ROW_TEXT(lbx_access_requested, reason_code, OPTIONAL, BYTES(0, 128)),                      \
    LBX_ROW_DURATION(lbx_access_requested, duration, OPTIONAL, .min = SECOND),                     \
    LBX_ROW_TIME(lbx_access_requested, starts_at, OPTIONAL),                                       \
    LBX_ROW_TEXT(lbx_access_requested, extends, OPTIONAL, ID)

static const struct lbx_field access_requested_rows[] = {WISH_ROWS};
TABLE(access_requested, lbx_access_requested, access_requested_rows);

static const struct lbx_field emergency_declared_rows[] = {
    WISH_ROWS,
    LBX_ROW_OBJECT(lbx_access_requested, authorized_by, struct lbx_principal, REQUIRED,
                   PRINCIPAL),
    LBX_ROW_TEXT(lbx_access_requested, incident_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_access_requested, authorization, OPTIONAL, BYTES(0, 65536)),
};
TABLE(access_emergency_declared, lbx_access_requested, emergency_declared_rows);

static const struct lbx_field access_withdrawn_rows[] = {
    LBX_ROW_TEXT(lbx_access_withdrawn, request_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_access_withdrawn, ticket_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_access_withdrawn, engineer_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_access_withdrawn, comment, OPTIONAL, PROSE),
};
TABLE(access_withdrawn, lbx_access_withdrawn, access_withdrawn_rows);

/* The person who made a change, and the signature of one that requires less than before. */
#define BY(presence)                                                                               \
    LBX_ROW_OBJECT(lbx_tenant_event, by, struct lbx_principal, presence, PRINCIPAL),               \
    SIGNATURE_ROW("signature", lbx_tenant_event, signature, BYTES(0, 65536))

static const struct lbx_field tenant_subscription_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, name, OPTIONAL, NAME),
    BY(OPTIONAL),
};
TABLE(tenant_subscription, lbx_tenant_event, tenant_subscription_rows);

static const struct lbx_field tenant_subscription_removed_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, name, OPTIONAL, NAME),
    BY(REQUIRED),
};
TABLE(tenant_subscription_removed, lbx_tenant_event, tenant_subscription_removed_rows);

/* Owner and Lockbox Approver without a subscription make a refusal. */
static const struct lbx_field tenant_role_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, OPTIONAL, ID),
    LBX_ROW_OBJECT(lbx_tenant_event, principal, struct lbx_principal, REQUIRED, PRINCIPAL),
    LBX_ROW_ENUM(lbx_tenant_event, role, REQUIRED, ONE_OF(role)),
    BY(OPTIONAL),
};
TABLE(tenant_role, lbx_tenant_event, tenant_role_rows);

static const struct lbx_field tenant_switch_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, REQUIRED, ID),
    BY(REQUIRED),
};
TABLE(tenant_switch, lbx_tenant_event, tenant_switch_rows);

static const struct lbx_field tenant_contacts_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, REQUIRED, ID),
    LBX_ROW_TEXTS(lbx_tenant_event, alternate_emails, alternate_count, REQUIRED,
                  ITEMS(0, ADDRESSES_MAX), EMAIL),
    LBX_ROW_OBJECTS(lbx_tenant_event, webhooks, webhook_count, struct lbx_webhook, OPTIONAL,
                    ITEMS(0, WEBHOOKS_MAX), OF(lbx_webhook_table)),
    BY(OPTIONAL),
};
TABLE(tenant_contacts_set, lbx_tenant_event, tenant_contacts_rows);

/* A policy's members are members of the event itself. */
#define POLICY_ROWS(owner)                                                                         \
    LBX_ROW_AS("approvals_needed", owner, policy.approvals_needed, LBX_T_INT, int64_t, OPTIONAL,   \
               BETWEEN(1, 5)),                                                                     \
    LBX_ROW_AS("max_duration", owner, policy.max_duration, LBX_T_DURATION, int64_t, OPTIONAL,      \
               .min = SECOND),                                                                     \
    LBX_ROW_AS("auto_approve", owner, policy.auto_approve, LBX_T_LIST, struct lbx_auto_approval *, \
               OPTIONAL, .item = LBX_T_OBJECT, ITEMS(0, 50), OF(lbx_auto_approval_table),          \
               .count_offset = LBX_PLACE(owner, policy.auto_approve_count, size_t)),               \
    LBX_ROW_AS("signed_decisions", owner, policy.signed_decisions, LBX_T_BOOL, bool, OPTIONAL),    \
    LBX_ROW_AS("forbid", owner, policy.forbid, LBX_T_LIST, struct lbx_forbidden *, OPTIONAL,       \
               .item = LBX_T_OBJECT, ITEMS(0, 50), OF(lbx_forbidden_table),                        \
               .count_offset = LBX_PLACE(owner, policy.forbid_count, size_t)),                     \
    LBX_ROW_AS("emergency", owner, policy.emergency, LBX_T_ENUM, int, OPTIONAL,                    \
               ONE_OF(emergency)),                                                                 \
    LBX_ROW_AS("exact_changes", owner, policy.exact_changes, LBX_T_BOOL, bool, OPTIONAL)

static const struct lbx_field tenant_policy_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, subscription_id, REQUIRED, ID),
    BY(REQUIRED),
    POLICY_ROWS(lbx_tenant_event),
};
TABLE(tenant_policy_set, lbx_tenant_event, tenant_policy_rows);

static const struct lbx_field tenant_approver_key_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_event, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_event, principal_id, REQUIRED, ID),
    /* null removes the key; an absent member is an error */
    LBX_ROW_OBJECT(lbx_tenant_event, public_key, struct lbx_jwk, REQUIRED, .nullable = true,
                   OF(lbx_jwk_table)),
    SIGNATURE_ROW("proof", lbx_tenant_event, proof, BYTES(0, 4096)),
    BY(REQUIRED),
};
TABLE(tenant_approver_key_set, lbx_tenant_event, tenant_approver_key_rows);

static const struct lbx_field decision_submitted_rows[] = {
    LBX_ROW_TEXT(lbx_decision_submitted, request_id, REQUIRED, ID),
    LBX_ROW_ENUM(lbx_decision_submitted, decision, REQUIRED, ONE_OF(decision)),
    LBX_ROW_OBJECT(lbx_decision_submitted, by, struct lbx_principal, REQUIRED, PRINCIPAL),
    LBX_ROW_TEXT(lbx_decision_submitted, comment, OPTIONAL, PROSE),
    LBX_ROW_DURATION(lbx_decision_submitted, duration, OPTIONAL, .min = SECOND),
    LBX_ROW_INTS(lbx_decision_submitted, actions, action_count, OPTIONAL, ITEMS(0, ITEMS_MAX),
                 NUMBER),
    LBX_ROW_AS("signature", lbx_decision_submitted, signature.jws, LBX_T_TEXT, const char *, OPTIONAL,
               BYTES(0, 4096)),
    LBX_ROW_AS("assertion", lbx_decision_submitted, signature.assertion, LBX_T_OBJECT,
               struct lbx_assertion, OPTIONAL, OF(lbx_assertion_table)),
};
TABLE(decision_submitted, lbx_decision_submitted, decision_submitted_rows);

static const struct lbx_field access_performed_rows[] = {
    LBX_ROW_TEXT(lbx_access_performed, engineer_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_access_performed, resource_id, REQUIRED, CLUSTER),
    LBX_ROW_TEXT(lbx_access_performed, action, OPTIONAL, BYTES(0, 64)),
    LBX_ROW_TEXT(lbx_access_performed, namespace, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_access_performed, kind, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_access_performed, name, OPTIONAL, NAME),
    LBX_ROW_TIME(lbx_access_performed, performed_at, REQUIRED),
    LBX_ROW_ENUM(lbx_access_performed, outcome, REQUIRED, ONE_OF(outcome)),
    LBX_ROW_TEXT(lbx_access_performed, request_id, OPTIONAL, ID),
    LBX_ROW_TEXT(lbx_access_performed, resource, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_access_performed, verb, OPTIONAL, NAME),
    LBX_ROW_INT(lbx_access_performed, code, OPTIONAL, BETWEEN(100, 599)),
    LBX_ROW_TEXT(lbx_access_performed, container, OPTIONAL, NAME),
    LBX_ROW_BOOL(lbx_access_performed, dry_run, OPTIONAL),
    LBX_ROW_TEXT(lbx_access_performed, user_agent, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_access_performed, reported_by, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_access_performed, audit_id, OPTIONAL, ID),
    LBX_ROW_TEXT(lbx_access_performed, bypass, OPTIONAL, NAME),
};
TABLE(access_performed, lbx_access_performed, access_performed_rows);

/* ---- events out ---- */

/* The request is the last member: store/request_text.h. */
static const struct lbx_field request_changed_rows[] = {
    LBX_ROW_ENUM(lbx_request_changed, previous_state, OPTIONAL, ONE_OF(state)),
    LBX_ROW_OBJECT(lbx_request_changed, request, struct lbx_request, REQUIRED,
                   OF(lbx_request_table)),
};
TABLE(request_changed, lbx_request_changed, request_changed_rows);

static const struct lbx_field decision_judged_rows[] = {
    /* null, without decision and by, where the decision could not be read */
    LBX_ROW_TEXT(lbx_decision_judged, request_id, REQUIRED, .nullable = true, ID),
    LBX_ROW_TEXT(lbx_decision_judged, tenant_id, OPTIONAL, ID),
    LBX_ROW_ENUM(lbx_decision_judged, decision, OPTIONAL, ONE_OF(decision)),
    LBX_ROW_ENUM(lbx_decision_judged, verdict, REQUIRED, ONE_OF(verdict)),
    LBX_ROW_OBJECT(lbx_decision_judged, by, struct lbx_principal, OPTIONAL, PRINCIPAL),
    LBX_ROW_TIME(lbx_decision_judged, at, REQUIRED),
    LBX_ROW_TEXT(lbx_decision_judged, comment, OPTIONAL, PROSE),
};
TABLE(decision_judged, lbx_decision_judged, decision_judged_rows);

static const struct lbx_field tenant_changed_rows[] = {
    LBX_ROW_TEXT(lbx_tenant_changed, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_tenant_changed, subscription_id, OPTIONAL, ID),
    LBX_ROW_TEXT(lbx_tenant_changed, name, OPTIONAL, NAME),
    LBX_ROW_ENUM(lbx_tenant_changed, change, REQUIRED, ONE_OF(change)),
    LBX_ROW_OBJECT(lbx_tenant_changed, principal, struct lbx_principal, OPTIONAL, PRINCIPAL),
    LBX_ROW_ENUM(lbx_tenant_changed, role, OPTIONAL, ONE_OF(role)),
    LBX_ROW_OBJECT(lbx_tenant_changed, by, struct lbx_principal, OPTIONAL, PRINCIPAL),
    LBX_ROW_TEXTS(lbx_tenant_changed, alternate_emails, alternate_count, OPTIONAL,
                  ITEMS(0, ADDRESSES_MAX), EMAIL),
    POLICY_ROWS(lbx_tenant_changed),
    LBX_ROW_TEXT(lbx_tenant_changed, principal_id, OPTIONAL, ID),
    LBX_ROW_OBJECT(lbx_tenant_changed, public_key, struct lbx_jwk, OPTIONAL, OF(lbx_jwk_table)),
    LBX_ROW_TIME(lbx_tenant_changed, at, REQUIRED),
    LBX_ROW_BOOL(lbx_tenant_changed, weakens, OPTIONAL),
    LBX_ROW_TEXTS(lbx_tenant_changed, concerns, concern_count, OPTIONAL,
                  ITEMS(0, LBX_CONCERNS_MAX), ID),
    LBX_ROW_TEXTS(lbx_tenant_changed, informed, informed_count, OPTIONAL,
                  ITEMS(0, LBX_INFORMED_MAX), EMAIL),
    LBX_ROW_ENUM(lbx_tenant_changed, reason, OPTIONAL, ONE_OF(refusal)),
};
const struct lbx_table lbx_tenant_changed_table =
    LBX_TABLE("tenant_changed", lbx_tenant_changed, tenant_changed_rows);
#define tenant_changed lbx_tenant_changed_table

static const struct lbx_field approvers_missing_rows[] = {
    LBX_ROW_TEXT(lbx_approvers_missing, tenant_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_approvers_missing, subscription_id, REQUIRED, ID),
    LBX_ROW_ENUM(lbx_approvers_missing, cause, REQUIRED, ONE_OF(cause)),
    LBX_ROW_INT(lbx_approvers_missing, needed, REQUIRED, BETWEEN(1, 5)),
    LBX_ROW_INT(lbx_approvers_missing, left, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_OBJECT(lbx_approvers_missing, by, struct lbx_principal, OPTIONAL, PRINCIPAL),
    LBX_ROW_TEXTS(lbx_approvers_missing, informed, informed_count, OPTIONAL,
                  ITEMS(0, LBX_INFORMED_MAX), EMAIL),
    LBX_ROW_TIME(lbx_approvers_missing, at, REQUIRED),
};
const struct lbx_table lbx_approvers_missing_table =
    LBX_TABLE("tenant_approvers_missing", lbx_approvers_missing, approvers_missing_rows);
#define tenant_approvers_missing lbx_approvers_missing_table

static const struct lbx_field notification_outcome_rows[] = {
    LBX_ROW_TEXT(lbx_notification_outcome, notification_id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_notification_outcome, request_id, OPTIONAL, ID),
    LBX_ROW_TEXT(lbx_notification_outcome, tenant_id, OPTIONAL, ID),
    LBX_ROW_INT(lbx_notification_outcome, version, REQUIRED, BETWEEN(1, INT64_MAX)),
    LBX_ROW_ENUM(lbx_notification_outcome, kind, REQUIRED, ONE_OF(mail_kind)),
    LBX_ROW_TEXT(lbx_notification_outcome, recipient, REQUIRED, EMAIL),
    LBX_ROW_ENUM(lbx_notification_outcome, channel, OPTIONAL, ONE_OF(webhook_format)),
    LBX_ROW_TEXT(lbx_notification_outcome, message_id, REQUIRED, BYTES(1, 512)),
    LBX_ROW_INT(lbx_notification_outcome, attempts, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_TIME(lbx_notification_outcome, at, REQUIRED),
    LBX_ROW_TEXT(lbx_notification_outcome, smtp_reply, OPTIONAL, PROSE),
};
TABLE(notification_outcome, lbx_notification_outcome, notification_outcome_rows);

#define REJECTED_ROWS                                                                              \
    LBX_ROW_INT(lbx_quarantine_settled, quarantine_id, REQUIRED, BETWEEN(1, INT64_MAX)),           \
    LBX_ROW_TEXT(lbx_quarantine_settled, consumer, REQUIRED, NAME),                                \
    LBX_ROW_TEXT(lbx_quarantine_settled, topic, REQUIRED, NAME),                                   \
    LBX_ROW_INT(lbx_quarantine_settled, partition, REQUIRED, BETWEEN(0, INT64_MAX)),               \
    LBX_ROW_INT(lbx_quarantine_settled, offset, REQUIRED, BETWEEN(0, INT64_MAX)),                  \
    LBX_ROW_TEXT(lbx_quarantine_settled, rejected_for, REQUIRED, PROSE),                           \
    LBX_ROW_OBJECT(lbx_quarantine_settled, by, struct lbx_principal, REQUIRED, PRINCIPAL),         \
    LBX_ROW_TEXT(lbx_quarantine_settled, login, REQUIRED, ID),                                     \
    LBX_ROW_TIME(lbx_quarantine_settled, at, REQUIRED)

static const struct lbx_field quarantine_replayed_rows[] = {
    REJECTED_ROWS,
    LBX_ROW_TEXT(lbx_quarantine_settled, reason, OPTIONAL, PROSE),
    LBX_ROW_INT(lbx_quarantine_settled, replayed_partition, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_INT(lbx_quarantine_settled, replayed_offset, REQUIRED, BETWEEN(0, INT64_MAX)),
};
TABLE(quarantine_replayed, lbx_quarantine_settled, quarantine_replayed_rows);

static const struct lbx_field quarantine_discarded_rows[] = {
    REJECTED_ROWS,
    LBX_ROW_TEXT(lbx_quarantine_settled, reason, REQUIRED, PROSE),
};
TABLE(quarantine_discarded, lbx_quarantine_settled, quarantine_discarded_rows);

/* ---- operators ---- */

static const struct lbx_field operator_row_refused_rows[] = {
    LBX_ROW_TEXT(lbx_row_refused, topic, REQUIRED, NAME),
    LBX_ROW_INT(lbx_row_refused, row, REQUIRED, BETWEEN(1, INT64_MAX)),
    LBX_ROW_TEXT(lbx_row_refused, error, REQUIRED, NAME),
    LBX_ROW_INT(lbx_row_refused, bytes, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_TEXT(lbx_row_refused, event_id, OPTIONAL, ID),
    LBX_ROW_TEXT(lbx_row_refused, event_type, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_row_refused, event_subject, OPTIONAL, ID),
    LBX_ROW_TIME(lbx_row_refused, at, REQUIRED),
};
TABLE(operator_row_refused, lbx_row_refused, operator_row_refused_rows);

static const struct lbx_field operator_partition_skipped_rows[] = {
    LBX_ROW_TEXT(lbx_partition_order, topic, REQUIRED, NAME),
    LBX_ROW_INT(lbx_partition_order, partition, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_INT(lbx_partition_order, first_offset, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_INT(lbx_partition_order, last_offset, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_OBJECT(lbx_partition_order, by, struct lbx_principal, REQUIRED, PRINCIPAL),
    LBX_ROW_TEXT(lbx_partition_order, login, REQUIRED, ID),
    LBX_ROW_TIME(lbx_partition_order, at, REQUIRED),
    LBX_ROW_TEXT(lbx_partition_order, reason, REQUIRED, PROSE),
};
TABLE(operator_partition_skipped, lbx_partition_order, operator_partition_skipped_rows);

static const struct lbx_field operator_partition_accepted_rows[] = {
    LBX_ROW_TEXT(lbx_partition_order, topic, REQUIRED, NAME),
    LBX_ROW_INT(lbx_partition_order, partition, REQUIRED, BETWEEN(0, INT64_MAX)),
    LBX_ROW_TEXT(lbx_partition_order, log, REQUIRED, NAME),
    LBX_ROW_OBJECT(lbx_partition_order, by, struct lbx_principal, REQUIRED, PRINCIPAL),
    LBX_ROW_TEXT(lbx_partition_order, login, REQUIRED, ID),
    LBX_ROW_TIME(lbx_partition_order, at, REQUIRED),
    LBX_ROW_TEXT(lbx_partition_order, reason, REQUIRED, PROSE),
};
TABLE(operator_partition_accepted, lbx_partition_order, operator_partition_accepted_rows);

/* clang-format on */

/* ---- the types ---- */

static const struct lbx_event_type_info types[] = {
#define TYPE_INFO(family, name, text, topic, table)                                                \
    [LBX_EVENT_##family##_##name] = {text, LBX_FAMILY_##family, LBX_TOPIC_##topic, &table},
    LBX_EVENT_TYPES(TYPE_INFO)
#undef TYPE_INFO
};

const struct lbx_event_type_info *lbx_event_type_info(enum lbx_event_type type) {
    assert(type > LBX_EVENT_NONE && type < LBX_EVENT_COUNT);
    return &types[type];
}

enum lbx_event_type lbx_event_type_find(const char *name) {
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++)
        if (strcmp(types[type].name, name) == 0)
            return (enum lbx_event_type)type;
    return LBX_EVENT_NONE;
}

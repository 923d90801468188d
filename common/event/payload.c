/* The contract's tables. Each reads as its page does: the member, whether it must be there, its
 * limits. Rows take their member's name and check its C type (json/table.h). */
#include "event/payload.h"

#include <assert.h>
#include <string.h>

/* ---- vocabulary ---- */

#define TEXT_OF(name, text) text,
#define DEFINE_NAMES(list, tag) const char *const lbx_##tag##_names[] = {NULL, list(TEXT_OF) NULL};

DEFINE_NAMES(LBX_STATES, state)
DEFINE_NAMES(LBX_DECISIONS, decision)
DEFINE_NAMES(LBX_VERDICTS, verdict)
DEFINE_NAMES(LBX_ROLES, role)
DEFINE_NAMES(LBX_REFUSALS, refusal)
DEFINE_NAMES(LBX_CHANGES, change)
DEFINE_NAMES(LBX_MAIL_KINDS, mail_kind)
DEFINE_NAMES(LBX_OUTCOMES, outcome)
DEFINE_NAMES(LBX_EMERGENCIES, emergency)
DEFINE_NAMES(LBX_CAUSES, cause)
DEFINE_NAMES(LBX_WEBHOOK_FORMATS, webhook_format)

int lbx_name_index(const char *const *names, const char *text) {
    for (int i = 1; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return 0;
}

/* ---- what rows are made of ---- */

#define REQUIRED .required = true
#define OPTIONAL .required = false
#define BYTES(least, most) .min = (least), .max = (most)
#define ID BYTES(1, 128)
#define NAME BYTES(0, 256)
#define EMAIL BYTES(3, 254), .format = LBX_FMT_EMAIL
#define CLUSTER BYTES(1, 512), .format = LBX_FMT_CLUSTER
#define WEBHOOK_URL BYTES(9, 1000), .format = LBX_FMT_WEBHOOK
#define PROSE .characters = true, .min = 0, .max = 2000
#define BETWEEN(least, most) .min = (least), .max = (most)
#define ITEMS(least, most) .min_items = (least), .max_items = (most)
#define OF(table) .of = &(table)
#define PRINCIPAL OF(lbx_principal_table)
#define ENGINEER OF(lbx_engineer_table)
#define ONE_OF(tag) .names = lbx_##tag##_names

enum { ITEMS_MAX = 32, ADDRESSES_MAX = 50, WEBHOOKS_MAX = 10, APPROVERS_MAX = 1000 };
#define SECOND 1000000
#define NUMBER BETWEEN(1, ITEMS_MAX)

#define TABLE(name, owner, rows) static const struct lbx_table name = LBX_TABLE(#name, owner, rows)

/* clang-format off */

/* ---- parts ---- */

static const struct lbx_field principal_rows[] = {
    LBX_ROW_TEXT(lbx_principal, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_principal, email, REQUIRED, EMAIL),
    LBX_ROW_TEXT(lbx_principal, name, REQUIRED, NAME),
};
const struct lbx_table lbx_principal_table = LBX_TABLE("principal", lbx_principal, principal_rows);

static const struct lbx_field engineer_rows[] = {
    LBX_ROW_TEXT(lbx_engineer, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_engineer, email, REQUIRED, EMAIL),
    LBX_ROW_TEXT(lbx_engineer, name, REQUIRED, NAME),
    LBX_ROW_TEXT(lbx_engineer, organization, REQUIRED, BYTES(1, 128)),
};
const struct lbx_table lbx_engineer_table = LBX_TABLE("engineer", lbx_engineer, engineer_rows);

/* What breaks the contract in it is judged, a refusal, and no broken event. */
static const struct lbx_field item_content_rows[] = {
    LBX_ROW_INT(lbx_item_content, normal_form, OPTIONAL, BETWEEN(0, 1000)),
    LBX_ROW_TEXT(lbx_item_content, api_version, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item_content, digest, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item_content, previous_digest, OPTIONAL, NAME),
    LBX_ROW(lbx_item_content, changes, LBX_T_CANONICAL, const char *, OPTIONAL, .max = 1 << 20),
};
TABLE(item_content, lbx_item_content, item_content_rows);
#define CONTENT_ROW                                                                                \
    LBX_ROW_OBJECT(lbx_item, content, struct lbx_item_content, OPTIONAL, OF(item_content))

/* As wished for: which members an action must have is judged, a refusal, and no broken event. */
static const struct lbx_field item_rows[] = {
    LBX_ROW_TEXT(lbx_item, action, REQUIRED, BYTES(0, 64)),
    LBX_ROW_TEXT(lbx_item, namespace, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, kind, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, name, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, container, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, uid, OPTIONAL, NAME),
    CONTENT_ROW,
};
TABLE(item, lbx_item, item_rows);

/* The parts of a request as it stands. */

static const struct lbx_field request_engineer_rows[] = {
    LBX_ROW_TEXT(lbx_engineer, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_engineer, email, OPTIONAL, EMAIL),
    LBX_ROW_TEXT(lbx_engineer, name, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_engineer, organization, OPTIONAL, BYTES(1, 128)),
};
TABLE(request_engineer, lbx_engineer, request_engineer_rows);

static const struct lbx_field request_item_rows[] = {
    LBX_ROW_INT(lbx_item, number, REQUIRED, NUMBER),
    LBX_ROW_TEXT(lbx_item, action, REQUIRED, BYTES(0, 64)),
    LBX_ROW_TEXT(lbx_item, namespace, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, kind, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, name, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, container, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, uid, OPTIONAL, NAME),
    CONTENT_ROW,
    LBX_ROW_BOOL(lbx_item, kept, REQUIRED),
};
const struct lbx_table lbx_request_item_table =
    LBX_TABLE("request_item", lbx_item, request_item_rows);

static const struct lbx_field approver_rows[] = {
    LBX_ROW_OBJECT(lbx_approver, principal, struct lbx_principal, REQUIRED, PRINCIPAL),
    LBX_ROW_ENUM(lbx_approver, role, REQUIRED, ONE_OF(role)),
};
TABLE(approver, lbx_approver, approver_rows);

/* A policy votes, too: under an id alone. */
static const struct lbx_field voter_rows[] = {
    LBX_ROW_TEXT(lbx_principal, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_principal, email, OPTIONAL, EMAIL),
    LBX_ROW_TEXT(lbx_principal, name, OPTIONAL, NAME),
};
TABLE(voter, lbx_principal, voter_rows);

static const struct lbx_field vote_rows[] = {
    LBX_ROW_OBJECT(lbx_vote, by, struct lbx_principal, REQUIRED, OF(voter)),
    LBX_ROW_ENUM(lbx_vote, decision, REQUIRED, ONE_OF(decision)),
    LBX_ROW_TIME(lbx_vote, at, REQUIRED),
    LBX_ROW_TEXT(lbx_vote, comment, OPTIONAL, PROSE),
};
TABLE(vote, lbx_vote, vote_rows);

static const struct lbx_field auto_approval_rows[] = {
    LBX_ROW_TEXT(lbx_auto_approval, action, REQUIRED, BYTES(1, 64)),
    LBX_ROW_TEXT(lbx_auto_approval, namespace, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_auto_approval, reason_code, OPTIONAL, BYTES(0, 128)),
};
const struct lbx_table lbx_auto_approval_table =
    LBX_TABLE("auto_approval", lbx_auto_approval, auto_approval_rows);

static const struct lbx_field webhook_rows[] = {
    LBX_ROW_TEXT(lbx_webhook, url, REQUIRED, WEBHOOK_URL),
    LBX_ROW_ENUM(lbx_webhook, format, REQUIRED, ONE_OF(webhook_format)),
};
const struct lbx_table lbx_webhook_table = LBX_TABLE("webhook", lbx_webhook, webhook_rows);

static const struct lbx_field forbidden_rows[] = {
    LBX_ROW_TEXT(lbx_forbidden, action, OPTIONAL, BYTES(1, 64)),
    LBX_ROW_TEXT(lbx_forbidden, namespace, OPTIONAL, BYTES(1, 256)),
    LBX_ROW_TEXT(lbx_forbidden, kind, OPTIONAL, BYTES(1, 256)),
};
const struct lbx_table lbx_forbidden_table = LBX_TABLE("forbidden", lbx_forbidden, forbidden_rows);

static const struct lbx_field jwk_rows[] = {
    LBX_ROW_TEXT(lbx_jwk, kty, REQUIRED, BYTES(0, 16)),
    LBX_ROW_TEXT(lbx_jwk, crv, REQUIRED, BYTES(0, 16)),
    LBX_ROW_TEXT(lbx_jwk, x, REQUIRED, BYTES(0, 128)),
    LBX_ROW_TEXT(lbx_jwk, y, OPTIONAL, BYTES(0, 128)),
    LBX_ROW_TEXT(lbx_jwk, rp_id, OPTIONAL, BYTES(0, 253)),
    LBX_ROW_TEXTS(lbx_jwk, origins, origin_count, OPTIONAL, ITEMS(1, 5), BYTES(0, 512)),
};
const struct lbx_table lbx_jwk_table = LBX_TABLE("jwk", lbx_jwk, jwk_rows);

static const struct lbx_field assertion_rows[] = {
    LBX_ROW_TEXT(lbx_assertion, payload, REQUIRED, BYTES(0, 65536)),
    LBX_ROW_TEXT(lbx_assertion, client_data_json, REQUIRED, BYTES(0, 4096)),
    LBX_ROW_TEXT(lbx_assertion, authenticator_data, REQUIRED, BYTES(0, 4096)),
    LBX_ROW_TEXT(lbx_assertion, signature, REQUIRED, BYTES(0, 256)),
};
const struct lbx_table lbx_assertion_table = LBX_TABLE("assertion", lbx_assertion, assertion_rows);

/* A JWS, or in its place an assertion. */
#define SIGNATURE_ROW(row_name, owner, member, ...)                                                \
    LBX_ROW_AS(row_name, owner, member.jws, LBX_T_TEXT, const char *, OPTIONAL,                    \
               OF(lbx_assertion_table), .object_offset = offsetof(struct owner, member.assertion), \
               __VA_ARGS__)

/* The ticketing system says of which organization the opener is; without one he is the customer. */
static const struct lbx_field opener_rows[] = {
    LBX_ROW_TEXT(lbx_engineer, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_engineer, email, REQUIRED, EMAIL),
    LBX_ROW_TEXT(lbx_engineer, name, REQUIRED, NAME),
    LBX_ROW_TEXT(lbx_engineer, organization, OPTIONAL, BYTES(1, 128)),
};
const struct lbx_table lbx_opener_table = LBX_TABLE("opener", lbx_engineer, opener_rows);

/* A request's members in three parts, so that time can move one without reading the others. What follows
 * from the clock alone: */
#define STANDING_ROWS                                                                              \
    LBX_ROW_TEXT(lbx_request, request_id, REQUIRED, ID),                                           \
    LBX_ROW_ENUM(lbx_request, state, REQUIRED, ONE_OF(state)),                                     \
    LBX_ROW_INT(lbx_request, version, REQUIRED, BETWEEN(1, INT64_MAX)),                            \
    LBX_ROW_TIME(lbx_request, decide_by, OPTIONAL),                                                \
    LBX_ROW_TIME(lbx_request, remind_at, OPTIONAL),                                                \
    LBX_ROW_TIME(lbx_request, expires_at, OPTIONAL),                                               \
    LBX_ROW_TIME(lbx_request, acknowledge_by, OPTIONAL),                                           \
    LBX_ROW_TIME(lbx_request, acknowledged_at, OPTIONAL),                                          \
    LBX_ROW_BOOL(lbx_request, unacknowledged, OPTIONAL),                                           \
    LBX_ROW_TIME(lbx_request, ended_at, OPTIONAL)
/* What consent is given to: nothing changes it once the request stands. */
#define CONSENT_ROWS                                                                               \
    LBX_ROW_TEXT(lbx_request, tenant_id, OPTIONAL, ID),                                            \
    LBX_ROW_TEXT(lbx_request, subscription_id, OPTIONAL, ID),                                      \
    LBX_ROW_TEXT(lbx_request, ticket_id, REQUIRED, ID),                                            \
    LBX_ROW_OBJECT(lbx_request, engineer, struct lbx_engineer, REQUIRED, OF(request_engineer)),    \
    LBX_ROW_TEXT(lbx_request, resource_id, REQUIRED, BYTES(1, 512)),                               \
    LBX_ROW_OBJECTS(lbx_request, actions, action_count, struct lbx_item, REQUIRED,                 \
                    ITEMS(1, ITEMS_MAX), OF(lbx_request_item_table)),                              \
    LBX_ROW_TEXT(lbx_request, justification, OPTIONAL, PROSE),                                     \
    LBX_ROW_TEXT(lbx_request, reason_code, OPTIONAL, BYTES(0, 128)),                               \
    LBX_ROW_DURATION(lbx_request, duration, OPTIONAL, .min = SECOND),                              \
    LBX_ROW_TIME(lbx_request, created_at, REQUIRED),                                               \
    LBX_ROW_INT(lbx_request, approvals_needed, OPTIONAL, BETWEEN(0, 5)),                           \
    LBX_ROW_BOOL(lbx_request, signed_decisions, OPTIONAL),                                         \
    LBX_ROW_OBJECT(lbx_request, opened_by, struct lbx_principal, OPTIONAL, PRINCIPAL),             \
    LBX_ROW_OBJECTS(lbx_request, approvers, approver_count, struct lbx_approver, REQUIRED,         \
                    ITEMS(0, APPROVERS_MAX), OF(approver)),                                        \
    LBX_ROW_TEXTS(lbx_request, alternate_emails, alternate_count, REQUIRED,                        \
                  ITEMS(0, ADDRESSES_MAX), EMAIL),                                                 \
    LBX_ROW_TEXT(lbx_request, extends, OPTIONAL, ID),                                              \
    LBX_ROW_ENUM(lbx_request, reason, OPTIONAL, ONE_OF(refusal)),                                  \
    LBX_ROW_INT(lbx_request, reason_item, OPTIONAL, NUMBER),                                       \
    LBX_ROW_TEXT(lbx_request, detail, OPTIONAL, BYTES(0, 512)),                                    \
    LBX_ROW_INT(lbx_request, digest_version, OPTIONAL, BETWEEN(1, 2)),                             \
    LBX_ROW_TEXT(lbx_request, digest, OPTIONAL, BYTES(64, 64)),                                    \
    LBX_ROW_OBJECT(lbx_request, authorized_by, struct lbx_principal, OPTIONAL, PRINCIPAL),         \
    LBX_ROW_TEXT(lbx_request, incident_id, OPTIONAL, ID)
/* What decisions change. */
#define PARTICULAR_ROWS                                                                            \
    LBX_ROW_DURATION(lbx_request, granted_duration, OPTIONAL, .min = SECOND),                      \
    LBX_ROW_TIME(lbx_request, starts_at, OPTIONAL),                                                \
    LBX_ROW_OBJECTS(lbx_request, decisions, decision_count, struct lbx_vote, REQUIRED,             \
                    ITEMS(0, APPROVERS_MAX), OF(vote))

static const struct lbx_field standing_rows[] = {STANDING_ROWS};
const struct lbx_table lbx_request_clock_table =
    LBX_TABLE("request_standing", lbx_request, standing_rows);

static const struct lbx_field consent_rows[] = {CONSENT_ROWS};
const struct lbx_table lbx_request_consent_table =
    LBX_TABLE("request_consent", lbx_request, consent_rows);

static const struct lbx_field particular_rows[] = {PARTICULAR_ROWS};
const struct lbx_table lbx_request_particulars_table =
    LBX_TABLE("request_particulars", lbx_request, particular_rows);

static const struct lbx_field request_rows[] = {STANDING_ROWS, CONSENT_ROWS, PARTICULAR_ROWS};
const struct lbx_table lbx_request_table = LBX_TABLE("request", lbx_request, request_rows);

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

/* A missing or blank justification is judged, a refusal: here it is optional. */
#define WISH_ROWS                                                                                  \
    LBX_ROW_TEXT(lbx_access_requested, ticket_id, REQUIRED, ID),                                   \
    LBX_ROW_TEXT(lbx_access_requested, engineer_id, REQUIRED, ID),                                 \
    LBX_ROW_TEXT(lbx_access_requested, resource_id, REQUIRED, CLUSTER),                            \
    LBX_ROW_OBJECTS(lbx_access_requested, actions, action_count, struct lbx_item, REQUIRED,        \
                    ITEMS(1, ITEMS_MAX), OF(item)),                                                \
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

/* Who did it, and the signature of a change that asks for less than before. */
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

/* Owner and Lockbox Approver without a subscription are judged, a refusal. */
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

/* A policy's members stand in the event itself. */
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
    /* null removes the key; leaving it out says nothing */
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

/* The request stands last: store/request_text.h. */
static const struct lbx_field request_changed_rows[] = {
    LBX_ROW_ENUM(lbx_request_changed, previous_state, OPTIONAL, ONE_OF(state)),
    LBX_ROW_OBJECT(lbx_request_changed, request, struct lbx_request, REQUIRED,
                   OF(lbx_request_table)),
};
TABLE(request_changed, lbx_request_changed, request_changed_rows);

static const struct lbx_field decision_judged_rows[] = {
    /* null, and no decision and by: of one that could not be read */
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

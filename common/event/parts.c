/* Tables of parts that several events share: persons, items, a policy's parts, keys, and the request. Cannot fail. */
#include "event/rows.h"

/* clang-format off */

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

/* Invalid content makes a refusal, not a malformed event. */
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

/* Items as requested. An action's missing member makes a refusal, not a malformed event. */
static const struct lbx_field item_rows[] = {
    LBX_ROW_TEXT(lbx_item, action, REQUIRED, BYTES(0, 64)),
    LBX_ROW_TEXT(lbx_item, namespace, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, kind, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, name, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, container, OPTIONAL, NAME),
    LBX_ROW_TEXT(lbx_item, uid, OPTIONAL, NAME),
    CONTENT_ROW,
};
const struct lbx_table lbx_item_table = LBX_TABLE("item", lbx_item, item_rows);

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

/* A voter may also be a policy, with an id only. */
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

/* The opener's organization; without one, the opener is a customer. */
static const struct lbx_field opener_rows[] = {
    LBX_ROW_TEXT(lbx_engineer, id, REQUIRED, ID),
    LBX_ROW_TEXT(lbx_engineer, email, REQUIRED, EMAIL),
    LBX_ROW_TEXT(lbx_engineer, name, REQUIRED, NAME),
    LBX_ROW_TEXT(lbx_engineer, organization, OPTIONAL, BYTES(1, 128)),
};
const struct lbx_table lbx_opener_table = LBX_TABLE("opener", lbx_engineer, opener_rows);

/* A request's members in three parts, so that time can move a request by the first alone. The
 * part that the clock changes: */
#define CLOCK_ROWS                                                                                 \
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
/* The part that the digest covers: constant after creation. */
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
    LBX_ROW_INT(lbx_request, item, OPTIONAL, NUMBER),                                              \
    LBX_ROW_TEXT(lbx_request, detail, OPTIONAL, BYTES(0, 512)),                                    \
    LBX_ROW_INT(lbx_request, digest_version, OPTIONAL, BETWEEN(1, 2)),                             \
    LBX_ROW_TEXT(lbx_request, digest, OPTIONAL, BYTES(64, 64)),                                    \
    LBX_ROW_OBJECT(lbx_request, authorized_by, struct lbx_principal, OPTIONAL, PRINCIPAL),         \
    LBX_ROW_TEXT(lbx_request, incident_id, OPTIONAL, ID)
/* The part that decisions change. */
#define DECIDED_ROWS                                                                               \
    LBX_ROW_DURATION(lbx_request, granted_duration, OPTIONAL, .min = SECOND),                      \
    LBX_ROW_TIME(lbx_request, starts_at, OPTIONAL),                                                \
    LBX_ROW_OBJECTS(lbx_request, decisions, decision_count, struct lbx_vote, REQUIRED,             \
                    ITEMS(0, APPROVERS_MAX), OF(vote))

static const struct lbx_field clock_rows[] = {CLOCK_ROWS};
const struct lbx_table lbx_request_clock_table =
    LBX_TABLE("request_clock", lbx_request, clock_rows);

static const struct lbx_field consent_rows[] = {CONSENT_ROWS};
const struct lbx_table lbx_request_consent_table =
    LBX_TABLE("request_consent", lbx_request, consent_rows);

static const struct lbx_field decided_rows[] = {DECIDED_ROWS};
const struct lbx_table lbx_request_decided_table =
    LBX_TABLE("request_decided", lbx_request, decided_rows);

static const struct lbx_field request_rows[] = {CLOCK_ROWS, CONSENT_ROWS, DECIDED_ROWS};
const struct lbx_table lbx_request_table = LBX_TABLE("request", lbx_request, request_rows);

/* The tables against the contract, written down here once more: each type's members, in order, whether
 * they must be there, the longest value, and one that is too long and how that is told. */
#include "event/payload.h"

#include "check.h"
#include "expand.h"

struct member {
    const char *name;
    bool required;
    const char *fits, *breaks;
    const char *reason; /* behind the member's pointer */
    bool nullable;      /* required, but may be null */
};

#define ID(name, required)                                                                         \
    { name, required, "\"<128>\"", "\"<129>\"", ": longer than 128 bytes" }
#define NAME(name, required)                                                                       \
    { name, required, "\"<256>\"", "\"<257>\"", ": longer than 256 bytes" }
#define RESOURCE                                                                                   \
    { "resource_id", true, "\"<512>\"", "\"<513>\"", ": longer than 512 bytes" }
#define COMMENT(name)                                                                              \
    { name, false, "\"<2000\xC3\xA9>\"", "\"<2001>\"", ": longer than 2000 characters" }
#define REQUIRED_TEXT(name)                                                                        \
    { name, true, "\"<2000\xC3\xA9>\"", "\"<2001>\"", ": longer than 2000 characters" }
#define REASON_CODE                                                                                \
    { "reason_code", false, "\"<128>\"", "\"<129>\"", ": longer than 128 bytes" }
#define WORD(name, required, word, all)                                                            \
    { name, required, "\"" word "\"", "\"" word "x\"", ": not one of " all }
#define TIME(name, required)                                                                       \
    {                                                                                              \
        name, required, "\"2026-11-23T16:08:38.123456Z\"", "\"2026-02-29T00:00:00Z\"",             \
            ": not an RFC 3339 time from 1970 to 9999"                                             \
    }
#define DURATION                                                                                   \
    { "duration", false, "\"P10000D\"", "\"PT0.9S\"", ": shorter than PT1S" }
#define EMAIL_FITS "\"<64>@<63>.<63>.<61>\""
#define PRINCIPAL_FITS "{\"id\":\"<128>\",\"email\":" EMAIL_FITS ",\"name\":\"<256>\"}"
#define PRINCIPAL(name, required)                                                                  \
    {                                                                                              \
        name, required, PRINCIPAL_FITS,                                                            \
            "{\"id\":\"a\",\"email\":\"<64>@<63>.<63>.<62>\",\"name\":\"\"}",                      \
            "/email: longer than 254 bytes"                                                        \
    }
#define EMAILS(required)                                                                           \
    {                                                                                              \
        "alternate_emails", required, "[<49" EMAIL_FITS ",>" EMAIL_FITS "]",                       \
            "[<50\"a@b\",>\"a@b\"]", ": more than 50 items"                                        \
    }
#define STATES                                                                                     \
    "customer_notified, approved, emergency, denied, expired, cancelled, completed, revoked, "     \
    "refused, not_required"
#define DECISIONS "approve, deny, revoke, acknowledge"
#define ROLES "global_administrator, owner, lockbox_approver"
#define CHANGES                                                                                    \
    "subscription_added, subscription_removed, role_assigned, role_removed, lockbox_enabled, "     \
    "lockbox_disabled, contacts_set, policy_set, approver_key_set"
#define REFUSALS                                                                                   \
    "ticket_unknown, ticket_closed, engineer_not_on_ticket, organization_not_allowed, "            \
    "action_not_permitted, resource_outside_subscription, duration_too_long, "                     \
    "justification_missing, extends_unknown, no_approvers, not_a_global_administrator, "           \
    "subscription_unknown, subscription_of_another_tenant, subscription_missing, "                 \
    "authorizer_is_engineer, bad_key"
#define ITEM "{\"action\":\"<64>\",\"namespace\":\"<256>\",\"kind\":\"<256>\",\"name\":\"<256>\"}"
#define KEPT_ITEM                                                                                  \
    "{\"number\":32,\"action\":\"<64>\",\"namespace\":\"<256>\",\"kind\":\"<256>\","               \
    "\"name\":\"<256>\",\"kept\":false}"
#define ENGINEER                                                                                   \
    "{\"id\":\"<128>\",\"email\":" EMAIL_FITS ",\"name\":\"<256>\",\"organization\":\"<128>\"}"

static const struct member ticket_opened[] = {
    ID("ticket_id", true),
    ID("subscription_id", true),
    NAME("title", true),
    {"severity", false, "\"<64>\"", "\"<65>\"", ": longer than 64 bytes"},
    {"opened_by", false, ENGINEER,
     "{\"id\":\"a\",\"email\":\"a@b\",\"name\":\"\",\"organization\":\"\"}",
     "/organization: empty"},
    {NULL},
};
static const struct member ticket_assigned[] = {
    ID("ticket_id", true),
    {"engineer", true, ENGINEER, "{\"id\":\"a\",\"email\":\"a@b\",\"name\":\"\"}",
     "/organization: missing"},
    {NULL},
};
static const struct member ticket_comment[] = {ID("ticket_id", true), COMMENT("comment"), {NULL}};
#define WISH                                                                                       \
    ID("ticket_id", true), ID("engineer_id", true), RESOURCE,                                      \
        {"actions", true, "[<31" ITEM ",>" ITEM "]", "[<32{\"action\":\"\"},>{\"action\":\"\"}]",  \
         ": more than 32 items"},                                                                  \
        COMMENT("justification"), REASON_CODE, DURATION, TIME("starts_at", false),                 \
        ID("extends", false)

static const struct member access_requested[] = {WISH, {NULL}};
static const struct member emergency_declared[] = {
    WISH,
    PRINCIPAL("authorized_by", true),
    ID("incident_id", true),
    {NULL},
};
static const struct member access_withdrawn[] = {
    ID("request_id", true),
    ID("ticket_id", true),
    ID("engineer_id", true),
    COMMENT("comment"),
    {NULL},
};
static const struct member tenant_subscription[] = {
    ID("tenant_id", true),
    ID("subscription_id", true),
    NAME("name", false),
    {NULL},
};
static const struct member tenant_role[] = {
    ID("tenant_id", true),
    ID("subscription_id", false),
    PRINCIPAL("principal", true),
    WORD("role", true, "lockbox_approver", ROLES),
    {NULL},
};
static const struct member tenant_switch[] = {
    ID("tenant_id", true),
    ID("subscription_id", true),
    PRINCIPAL("by", true),
    {NULL},
};
static const struct member tenant_contacts[] = {
    ID("tenant_id", true),
    ID("subscription_id", true),
    EMAILS(true),
    {NULL},
};
#define POLICY                                                                                     \
    {"approvals_needed", false, "5", "6", ": not between 1 and 5"},                                \
        {"max_duration", false, "\"PT8H\"", "\"P1M\"",                                             \
         ": not an ISO 8601 duration of weeks, days or time"},                                     \
        {"auto_approve", false, "[<49" AUTO ",>" AUTO "]", "[<50" AUTO ",>" AUTO "]",              \
         ": more than 50 items"},                                                                  \
    {                                                                                              \
        "signed_decisions", false, "true", "1", ": not true or false"                              \
    }
#define AUTO "{\"action\":\"<64>\",\"namespace\":\"<256>\",\"reason_code\":\"<128>\"}"
#define JWK "{\"kty\":\"<16>\",\"crv\":\"<16>\",\"x\":\"<128>\"}"
static const struct member tenant_policy[] = {
    ID("tenant_id", true), ID("subscription_id", true), PRINCIPAL("by", true), POLICY, {NULL},
};
static const struct member tenant_approver_key[] = {
    ID("tenant_id", true),
    ID("principal_id", true),
    {"public_key", true, JWK, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "/x: missing", true},
    {NULL},
};
static const struct member decision_submitted[] = {
    ID("request_id", true),
    WORD("decision", true, "acknowledge", DECISIONS),
    PRINCIPAL("by", true),
    COMMENT("comment"),
    DURATION,
    {"actions", false, "[1,32]", "[1,33]", "/1: not between 1 and 32"},
    {"signature", false, "\"<4096>\"", "\"<4097>\"", ": longer than 4096 bytes"},
    {NULL},
};
static const struct member access_performed[] = {
    ID("engineer_id", true),
    RESOURCE,
    {"action", true, "\"<64>\"", "\"<65>\"", ": longer than 64 bytes"},
    NAME("namespace", false),
    NAME("kind", false),
    NAME("name", false),
    TIME("performed_at", true),
    WORD("outcome", true, "blocked", "allowed, blocked"),
    ID("request_id", false),
    {NULL},
};

#define REQUEST_BEGIN                                                                              \
    "{\"request_id\":\"<128>\",\"state\":\"approved\",\"version\":1,"                              \
    "\"decide_by\":\"2026-11-27T16:08:38.123456Z\","                                               \
    "\"remind_at\":\"2026-11-24T00:08:38.123456Z\","                                               \
    "\"expires_at\":\"2026-11-24T00:08:38.123456Z\","                                              \
    "\"acknowledge_by\":\"2026-11-24T00:08:38.123456Z\","                                          \
    "\"acknowledged_at\":\"2026-11-24T00:08:38.123456Z\",\"unacknowledged\":true,"                 \
    "\"ended_at\":\"2026-11-23T16:08:38.123456Z\",\"tenant_id\":\"<128>\","                        \
    "\"subscription_id\":\"<128>\",\"ticket_id\":\"<128>\",\"engineer\":" ENGINEER                 \
    ",\"resource_id\":\"<512>\",\"actions\":[<31" KEPT_ITEM ",>" KEPT_ITEM "],"                    \
    "\"justification\":\"<2000>\",\"reason_code\":\"<128>\",\"duration\":\"PT8H\","                \
    "\"granted_duration\":\"PT2H\","                                                               \
    "\"created_at\":\"2026-11-23T16:08:38.123456Z\","                                              \
    "\"starts_at\":\"2026-11-23T16:08:38.123456Z\",\"approvals_needed\":5,"                        \
    "\"signed_decisions\":true,\"opened_by\":" PRINCIPAL_FITS ",\"approvers\":["                   \
    "{\"principal\":" PRINCIPAL_FITS ",\"role\":\"owner\"}],\"alternate_emails\":[],"              \
    "\"decisions\":[{\"by\":" PRINCIPAL_FITS ",\"decision\":\"approve\","                          \
    "\"at\":\"2026-11-23T16:08:38.123456Z\",\"comment\":\"<2000>\"}],\"extends\":\"<128>\","       \
    "\"reason\":\"subscription_missing\",\"reason_item\":32,\"digest\":\"<"
#define REQUEST_END ">\",\"authorized_by\":" PRINCIPAL_FITS ",\"incident_id\":\"<128>\"}"

static const struct member request_changed[] = {
    WORD("previous_state", false, "not_required", STATES),
    {"request", true, REQUEST_BEGIN "64" REQUEST_END, REQUEST_BEGIN "63" REQUEST_END,
     "/digest: shorter than 64 bytes"},
    {NULL},
};
static const struct member decision_judged[] = {
    ID("request_id", true),
    ID("tenant_id", false),
    WORD("decision", true, "revoke", DECISIONS),
    WORD("verdict", true, "bad_signature",
         "applied, recorded, duplicate, late, conflict, not_an_approver, self_approval, widens, "
         "unknown_request, bad_signature"),
    PRINCIPAL("by", true),
    TIME("at", true),
    COMMENT("comment"),
    {NULL},
};
static const struct member tenant_changed[] = {
    ID("tenant_id", true),
    ID("subscription_id", false),
    NAME("name", false),
    WORD("change", true, "contacts_set", CHANGES),
    PRINCIPAL("principal", false),
    WORD("role", false, "owner", ROLES),
    PRINCIPAL("by", false),
    EMAILS(false),
    POLICY,
    ID("principal_id", false),
    {"public_key", false, JWK, "[]", ": not an object"},
    TIME("at", true),
    /* the text is cut off after 255 bytes */
    WORD("reason", false, "not_a_global_administrator", REFUSALS),
    {NULL},
};
static const struct member notification_outcome[] = {
    ID("notification_id", true),
    ID("request_id", true),
    ID("tenant_id", false),
    {"version", true, "9223372036854775807", "0", ": not between 1 and 9223372036854775807"},
    WORD("kind", true, "reminder",
         "approval_needed, reminder, outcome, emergency, emergency_reminder"),
    {"recipient", true, EMAIL_FITS, "\"a@\"", ": shorter than 3 bytes"},
    {"message_id", true, "\"<512>\"", "\"\"", ": empty"},
    {"attempts", true, "9223372036854775807", "-1", ": not between 0 and 9223372036854775807"},
    TIME("at", true),
    COMMENT("smtp_reply"),
    {NULL},
};

#define REJECTED                                                                                   \
    {"quarantine_id", true, "9223372036854775807", "0",                                            \
     ": not between 1 and 9223372036854775807"},                                                   \
        NAME("consumer", true), NAME("topic", true),                                               \
        {"partition", true, "0", "-1", ": not between 0 and 9223372036854775807"},                 \
        {"offset", true, "0", "-1", ": not between 0 and 9223372036854775807"},                    \
        REQUIRED_TEXT("rejected_for"), PRINCIPAL("by", true), ID("login", true), TIME("at", true)
static const struct member quarantine_replayed[] = {
    REJECTED,
    COMMENT("reason"),
    {"replayed_partition", true, "0", "-1", ": not between 0 and 9223372036854775807"},
    {"replayed_offset", true, "0", "-1", ": not between 0 and 9223372036854775807"},
    {NULL},
};
static const struct member quarantine_discarded[] = {
    REJECTED,
    REQUIRED_TEXT("reason"),
    {NULL},
};

static const struct {
    const char *type, *topic, *key;
    const struct member *members;
} types[] = {
    {"lockbox.ticket.opened.v1", "tickets.v1", "ticket_id", ticket_opened},
    {"lockbox.ticket.assigned.v1", "tickets.v1", "ticket_id", ticket_assigned},
    {"lockbox.ticket.escalated.v1", "tickets.v1", "ticket_id", ticket_assigned},
    {"lockbox.ticket.closed.v1", "tickets.v1", "ticket_id", ticket_comment},
    {"lockbox.ticket.reopened.v1", "tickets.v1", "ticket_id", ticket_comment},
    {"lockbox.access.requested.v1", "tickets.v1", "ticket_id", access_requested},
    {"lockbox.access.withdrawn.v1", "tickets.v1", "ticket_id", access_withdrawn},
    {"lockbox.access.emergency_declared.v1", "tickets.v1", "ticket_id", emergency_declared},
    {"lockbox.tenant.subscription_added.v1", "tenants.v1", "tenant_id", tenant_subscription},
    {"lockbox.tenant.subscription_removed.v1", "tenants.v1", "tenant_id", tenant_subscription},
    {"lockbox.tenant.role_assigned.v1", "tenants.v1", "tenant_id", tenant_role},
    {"lockbox.tenant.role_removed.v1", "tenants.v1", "tenant_id", tenant_role},
    {"lockbox.tenant.lockbox_enabled.v1", "tenants.v1", "tenant_id", tenant_switch},
    {"lockbox.tenant.lockbox_disabled.v1", "tenants.v1", "tenant_id", tenant_switch},
    {"lockbox.tenant.contacts_set.v1", "tenants.v1", "tenant_id", tenant_contacts},
    {"lockbox.tenant.policy_set.v1", "tenants.v1", "tenant_id", tenant_policy},
    {"lockbox.tenant.approver_key_set.v1", "tenants.v1", "tenant_id", tenant_approver_key},
    {"lockbox.decision.submitted.v1", "decisions.v1", "request_id", decision_submitted},
    {"lockbox.access.performed.v1", "accesses.v1", "engineer_id", access_performed},
    {"lockbox.request.created.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.refused.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.not_required.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.approved.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.denied.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.expired.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.cancelled.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.completed.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.revoked.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.approval_recorded.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.reminder_due.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.emergency_started.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.acknowledged.v1", "events.v1", NULL, request_changed},
    {"lockbox.request.unacknowledged.v1", "events.v1", NULL, request_changed},
    {"lockbox.decision.judged.v1", "events.v1", NULL, decision_judged},
    {"lockbox.tenant.changed.v1", "events.v1", NULL, tenant_changed},
    {"lockbox.tenant.change_refused.v1", "events.v1", NULL, tenant_changed},
    {"lockbox.notification.sent.v1", "events.v1", NULL, notification_outcome},
    {"lockbox.notification.failed.v1", "events.v1", NULL, notification_outcome},
    {"lockbox.quarantine.replayed.v1", "events.v1", NULL, quarantine_replayed},
    {"lockbox.quarantine.discarded.v1", "events.v1", NULL, quarantine_discarded},
};

/* The document of all members, but `other` in place of member `at`'s value; NULL leaves it out. */
static char *document(struct lbx_arena *arena, const struct member *members, size_t at,
                      const char *other) {
    struct lbx_buf out LBX_BUF = {0};
    for (size_t i = 0; members[i].name; i++) {
        const char *value = i == at ? other : members[i].fits;
        if (value)
            lbx_buf_printf(&out, "%s\"%s\":%s", out.len ? "," : "", members[i].name, value);
    }
    return expand(arena, lbx_arena_printf(arena, "{%s}", out.data ? out.data : ""));
}

/* What reading json with a type's table says: NULL for well. */
static const char *verdict(struct lbx_arena *arena, const struct lbx_table *table, const char *json,
                           void **ret_data) {
    struct lbx_reason reason;
    *ret_data = lbx_arena_alloc(arena, table->size);
    return lbx_fields_read(table, json, strlen(json), "/data", arena, *ret_data, &reason) == LBX_OK
               ? NULL
               : lbx_arena_strdup(arena, reason.text);
}

static void types_are_the_contracts(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    assert_int_equal(COUNT(types), LBX_EVENT_COUNT - 1);
    for (size_t t = 0; t < COUNT(types); t++) {
        enum lbx_event_type type = lbx_event_type_find(types[t].type);
        CHECK_ROW(&bad, types[t].type, type != LBX_EVENT_NONE, "not found");
        if (type == LBX_EVENT_NONE)
            continue;
        const struct lbx_event_type_info *info = lbx_event_type_info(type);
        CHECK_ROW(&bad, types[t].type, same(info->name, types[t].type), "named %s", info->name);
        CHECK_ROW(&bad, types[t].type, same(lbx_topic_name(info->topic), types[t].topic),
                  "topic %s", lbx_topic_name(info->topic));
        if (types[t].key)
            CHECK_ROW(&bad, types[t].type, same(lbx_topic_key(info->topic), types[t].key), "key %s",
                      lbx_topic_key(info->topic));

        const struct member *members = types[t].members;
        void *data;
        char *full = document(&arena, members, SIZE_MAX, NULL);
        const char *said = verdict(&arena, info->data, full, &data);
        CHECK_ROW(&bad, types[t].type, said == NULL, "%s", said);
        if (!said) {
            struct lbx_buf out LBX_BUF = {0};
            lbx_fields_write(info->data, data, &out);
            CHECK_ROW(&bad, types[t].type, same(out.data, full), "written as %s\nfrom %s", out.data,
                      full);
        }
        for (size_t m = 0; members[m].name; m++) {
            const char *row = lbx_arena_printf(&arena, "%s %s", types[t].type, members[m].name);
            const char *missing =
                members[m].required ? lbx_arena_printf(&arena, "/data/%s: missing", members[m].name)
                                    : NULL;
            said = verdict(&arena, info->data, document(&arena, members, m, NULL), &data);
            CHECK_ROW(&bad, row, same(said, missing), "without it: %s", said);
            said = verdict(&arena, info->data, document(&arena, members, m, "null"), &data);
            CHECK_ROW(&bad, row, same(said, members[m].nullable ? NULL : missing), "null: %s",
                      said);

            const char *reason =
                lbx_arena_printf(&arena, "/data/%s%s", members[m].name, members[m].reason);
            said =
                verdict(&arena, info->data, document(&arena, members, m, members[m].breaks), &data);
            bool cut = said && strlen(said) == sizeof(struct lbx_reason) - 1;
            CHECK_ROW(&bad, row,
                      said && (cut ? strncmp(said, reason, strlen(said)) == 0
                                   : strcmp(said, reason) == 0),
                      "broken: %s", said);
        }
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void parts(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *reason;
    } rows[] = {
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"email\":\"a@b\",\"name\":\"\"}}",
         "/data/by/id: missing"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"\",\"email\":\"a@b\","
         "\"name\":\"\"}}",
         "/data/by/id: empty"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"a\",\"name\":\"\"}}",
         "/data/by/email: missing"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"a\",\"email\":\"a@b\"}}",
         "/data/by/name: missing"},
        /* without an organization he is the customer's; a policy votes under an id alone */
        {"lockbox.ticket.opened.v1",
         "{\"ticket_id\":\"t\",\"subscription_id\":\"s\",\"title\":\"\",\"opened_by\":{\"id\":\"a\","
         "\"email\":\"a@b\",\"name\":\"\"}}",
         NULL},
        {"lockbox.request.approved.v1",
         "{\"request\":{\"request_id\":\"r\",\"state\":\"approved\",\"version\":2,\"ticket_id\":\"t\","
         "\"engineer\":{\"id\":\"e\"},\"resource_id\":\"r\",\"actions\":[{\"number\":1,"
         "\"action\":\"a\",\"kept\":true}],\"created_at\":\"2026-11-23T16:08:38Z\",\"approvers\":[],"
         "\"alternate_emails\":[],\"decisions\":[{\"by\":{\"id\":\"policy\"},"
         "\"decision\":\"approve\",\"at\":\"2026-11-23T16:08:38Z\"}]}}",
         NULL},
        {"lockbox.tenant.policy_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":" PRINCIPAL_FITS
         ",\"auto_approve\":[{\"namespace\":\"n\"}]}",
         "/data/auto_approve/0/action: missing"},
        {"lockbox.tenant.contacts_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"alternate_emails\":[]}", NULL},
        {"lockbox.tenant.contacts_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"alternate_emails\":[\"a@b\",\"a\"]}",
         "/data/alternate_emails/1: shorter than 3 bytes"},
        /* well-formed wishes, to be refused */
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"\"}],\"justification\":\"\",\"duration\":\"P20000D\"}",
         NULL},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\",\"actions\":[]}",
         "/data/actions: empty"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\",\"actions\":[{}]}",
         "/data/actions/0/action: missing"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"a\"},{\"action\":\"a\"},{\"action\":\"a\"},"
         "{\"action\":\"a\",\"kind\":\"<257>\"}]}",
         "/data/actions/3/kind: longer than 256 bytes"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"<65>\"}]}",
         "/data/actions/0/action: longer than 64 bytes"},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS ",\"actions\":[]}",
         NULL},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS
         ",\"actions\":[<31 7,>7]}",
         NULL},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS
         ",\"actions\":[<32 7,>7]}",
         "/data/actions: more than 32 items"},
        {"lockbox.ticket.assigned.v1",
         "{\"ticket_id\":\"t\",\"engineer\":{\"id\":\"e\",\"email\":\"e@v\",\"name\":\"E\","
         "\"organization\":\"<129>\"}}",
         "/data/engineer/organization: longer than 128 bytes"},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_event_type_info *info =
            lbx_event_type_info(lbx_event_type_find(rows[i].type));
        void *data;
        const char *said = verdict(&arena, info->data, expand(&arena, rows[i].json), &data);
        CHECK_ROW(&bad, rows[i].json, same(said, rows[i].reason), "%s", said);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* A table that forgot a limit, or has two rows of one place, is our bug. */
static void sound(const struct lbx_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        enum lbx_type item = field->type == LBX_T_LIST ? field->item : field->type;
        bool ok = field->offset < table->size;
        if (item == LBX_T_TEXT)
            ok = ok && field->max >= 1 && field->min <= field->max;
        if (item == LBX_T_INT)
            ok = ok && field->max >= 1 && field->min <= field->max;
        if (item == LBX_T_ENUM)
            ok = ok && field->names && !field->names[0] && field->names[1];
        if (item == LBX_T_OBJECT)
            ok = ok && field->of;
        if (field->type == LBX_T_LIST)
            ok = ok && field->max_items >= 1 && field->count_offset != field->offset;
        for (size_t j = 0; j < i; j++)
            ok = ok && strcmp(table->fields[j].name, field->name) != 0 &&
                 table->fields[j].offset != field->offset;
        if (!ok)
            fail_msg("%s: %s", table->name, field->name);
        if (field->of)
            sound(field->of);
    }
}

static void tables_are_sound(void **state) {
    (void)state;
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++)
        sound(lbx_event_type_info((enum lbx_event_type)type)->data);
    sound(&lbx_request_table);
    sound(&lbx_request_standing_table);
    sound(&lbx_request_particulars_table);
}

static void names_and_enums(void **state) {
    (void)state;
    assert_int_equal(lbx_name_index(lbx_decision_names, "revoke"), LBX_DECISION_REVOKE);
    assert_int_equal(lbx_name_index(lbx_decision_names, "Revoke"), 0);
    assert_int_equal(lbx_name_index(lbx_decision_names, ""), 0);
    assert_string_equal(lbx_state_names[LBX_STATE_NOT_REQUIRED], "not_required");
    assert_null(lbx_state_names[LBX_STATE_NONE]);
    assert_null(lbx_state_names[LBX_STATE_END]);
    assert_int_equal(lbx_event_type_find("lockbox.ticket.opened.v2"), LBX_EVENT_NONE);
    assert_int_equal(lbx_event_type_find(""), LBX_EVENT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_the_contracts),
        cmocka_unit_test(parts),
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(names_and_enums),
    };
    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}

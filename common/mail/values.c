/* The values that templates may use: a row for each name, with a small function. Cannot fail: a
 * value that the request lacks is empty, so that a section can leave it out. */
#include "core/creation.h"
#include "mail/changes.h"
#include "mail/subject.h"
#include "mail/words.h"

#include <string.h>

enum { SHORT_TITLE_CHARS = 80 };

/* ---- plain members ---- */

#define MEMBERS(X)                                                                                 \
    X(request_id, request_of(subject)->request_id)                                                 \
    X(ticket_id, request_of(subject)->ticket_id)                                                   \
    X(ticket_title, input_of(subject)->ticket_title)                                               \
    X(subscription_id, request_of(subject)->subscription_id)                                       \
    X(resource_id, request_of(subject)->resource_id)                                               \
    X(organization, request_of(subject)->engineer.organization)                                    \
    X(reason_code, request_of(subject)->reason_code)                                               \
    X(incident_id, request_of(subject)->incident_id)                                               \
    X(justification, request_of(subject)->justification)

#define MEMBER_WRITER(name, member)                                                                \
    static void write_##name(const void *subject, size_t item, struct lbx_buf *out) {              \
        (void)item;                                                                                \
        put(member, out);                                                                          \
    }
MEMBERS(MEMBER_WRITER)
#undef MEMBER_WRITER

/* ---- words ---- */

/* Whether a character ends what stands in quotes, or looks so. */
static bool is_quote(uint32_t c) {
    return c == '"' || c == 0xAB || c == 0xBB || (c >= 0x201C && c <= 0x201F) || c == 0x2033 ||
           c == 0x2036 || c == 0x301E || c == 0xFF02;
}

/* A subject has the title in quotes: what follows a quote would look like Lockbox's own words. */
static void write_short_title(const void *subject, size_t item, struct lbx_buf *out) {
    struct lbx_buf title LBX_BUF = {0};
    uint32_t c;
    (void)item;
    if (given(input_of(subject)->ticket_title))
        lbx_text_shortened(input_of(subject)->ticket_title, SHORT_TITLE_CHARS, &title);
    for (size_t at = 0, len; at < title.len; at += len) {
        len = lbx_text_character(title.data + at, &c);
        if (is_quote(c))
            lbx_buf_char(out, '\'');
        else
            lbx_buf_add(out, title.data + at, len);
    }
}

static void write_cluster(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    lbx_cluster_words(request_of(subject)->resource_id, out);
}

static void write_engineer(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    const struct lbx_engineer *e = &request_of(subject)->engineer;
    lbx_person_words(e->name, e->email, e->id, out);
}

static void write_engineer_name(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    const struct lbx_engineer *e = &request_of(subject)->engineer;
    put(given(e->name) ? e->name : given(e->email) ? e->email : e->id, out);
}

static void write_authorized_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    const struct lbx_principal *by = &request_of(subject)->authorized_by;
    lbx_person_words(by->name, by->email, by->id, out);
}

const char *const lbx_mail_state_words[LBX_STATE_END] = {
    [LBX_STATE_CUSTOMER_NOTIFIED] = "Customer Notified",
    [LBX_STATE_APPROVED] = "Approved",
    [LBX_STATE_EMERGENCY] = "Emergency",
    [LBX_STATE_DENIED] = "Denied",
    [LBX_STATE_EXPIRED] = "Lapsed",
    [LBX_STATE_CANCELLED] = "Cancelled",
    [LBX_STATE_COMPLETED] = "Completed",
    [LBX_STATE_REVOKED] = "Revoked",
    [LBX_STATE_REFUSED] = "Refused",
    [LBX_STATE_NOT_REQUIRED] = "Approval not required",
};

static void write_state(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(lbx_mail_state_words[request_of(subject)->state], out);
}

static void write_refusal(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(lbx_refusal_words((enum lbx_refusal)request_of(subject)->reason), out);
}

static void write_refusal_detail(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(request_of(subject)->detail, out);
}

static void write_refused_item(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->reason_item > 0)
        put_number(request_of(subject)->reason_item, out);
}

static void write_approvals_needed(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->approvals_needed > 1)
        put_number(request_of(subject)->approvals_needed, out);
}

/* ---- voters ---- */

/* "Ann Ng (ann@example.com) and Bo Li (bo@example.com)" */
static void put_voters(const struct lbx_request *request, enum lbx_decision decision,
                       struct lbx_buf *out) {
    for (size_t i = 0; i < request->decision_count; i++) {
        const struct lbx_vote *vote = &request->decisions[i];
        if (vote->decision != (int)decision)
            continue;
        if (out->len)
            lbx_buf_str(out, " and ");
        if (strcmp(vote->by.id, "policy") == 0 && !vote->by.email) /* a person has an e-mail */
            lbx_buf_str(out, "The policy of the subscription");
        else
            lbx_person_words(vote->by.name, vote->by.email, vote->by.id, out);
    }
}

static void write_approved_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put_voters(request_of(subject), LBX_DECISION_APPROVE, out);
}

static void write_denied_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put_voters(request_of(subject), LBX_DECISION_DENY, out);
}

static void write_revoked_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put_voters(request_of(subject), LBX_DECISION_REVOKE, out);
}

/* The comment of the last decision that has one; in an outcome only. */
static void write_comment(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = request_of(subject);
    (void)item;
    if (input_of(subject)->kind != LBX_MAIL_OUTCOME)
        return;
    for (size_t i = request->decision_count; i > 0; i--)
        if (given(request->decisions[i - 1].comment)) {
            put(request->decisions[i - 1].comment, out);
            return;
        }
}

/* ---- times ---- */

static void write_duration(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->duration)
        lbx_duration_words(request_of(subject)->duration, out);
}

static void write_granted(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = request_of(subject);
    (void)item;
    if (request->starts_at && request->expires_at)
        lbx_duration_words(request->expires_at - request->starts_at, out);
}

static void write_decide_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->state == LBX_STATE_CUSTOMER_NOTIFIED)
        lbx_deadline_words(request_of(subject)->decide_by, input_of(subject)->now, out);
}

static void write_acknowledge_by(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->acknowledge_by)
        lbx_deadline_words(request_of(subject)->acknowledge_by, input_of(subject)->now, out);
}

static void write_access_since(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->starts_at)
        lbx_moment_words(request_of(subject)->starts_at, out);
}

static void write_access_from(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (request_of(subject)->starts_at > input_of(subject)->now)
        lbx_moment_words(request_of(subject)->starts_at, out);
}

static void write_access_until(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = request_of(subject);
    (void)item;
    if (request->state == LBX_STATE_APPROVED || request->state == LBX_STATE_NOT_REQUIRED ||
        request->state == LBX_STATE_EMERGENCY)
        lbx_deadline_words(request->expires_at, input_of(subject)->now, out);
}

static void write_ended_at(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = request_of(subject);
    int64_t due = request->state == LBX_STATE_EXPIRED ? request->decide_by : request->expires_at;
    (void)item;
    if (request->ended_at || due)
        lbx_moment_words(request->ended_at ? request->ended_at : due, out);
}

/* ---- links ---- */

/* The page of a request; request_id NULL: the portal's first page. */
void lbx_mail_link(const char *portal, const char *request_id, struct lbx_buf *out) {
    if (!given(portal))
        return;
    lbx_buf_str(out, portal);
    if (!request_id)
        return;
    while (out->len > 0 && out->data[out->len - 1] == '/')
        out->data[--out->len] = '\0';
    lbx_buf_str(out, "/requests/");
    for (const char *c = request_id; *c; c++) /* unreserved characters of RFC 3986 2.3 */
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
            strchr("-._~", *c))
            lbx_buf_char(out, *c);
        else
            lbx_buf_printf(out, "%%%02X", (unsigned int)(unsigned char)*c);
}

static void write_link(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    lbx_mail_link(input_of(subject)->portal_url,
                  input_of(subject)->request ? request_of(subject)->request_id : NULL, out);
}

/* ---- items ---- */

static size_t count_items(const void *subject) {
    return request_of(subject)->action_count;
}

static void write_number(const void *subject, size_t item, struct lbx_buf *out) {
    int64_t number = request_of(subject)->actions[item].number;
    put_number(number ? number : (int64_t)item + 1, out);
}

static void write_words(const void *subject, size_t item, struct lbx_buf *out) {
    lbx_item_words(&request_of(subject)->actions[item], out);
}

static void write_changes(const void *subject, size_t item, struct lbx_buf *out) {
    lbx_changes_words(request_of(subject)->actions[item].content.changes, out);
}

/* Whether an approval kept other items, and not this one. */
static bool is_left_out(const void *subject, size_t item) {
    const struct lbx_request *request = request_of(subject);
    size_t kept = 0;
    for (size_t i = 0; i < request->action_count; i++)
        kept += request->actions[i].kept;
    return kept > 0 && !request->actions[item].kept;
}

/* ---- conditions ---- */

#define READERS(X)                                                                                 \
    X(APPROVER, approver)                                                                          \
    X(ALTERNATE, alternate) X(ENGINEER, engineer) X(CONCERNED, concerned)

#define READER_FLAG(id, name)                                                                      \
    static bool to_##name(const void *subject, size_t item) {                                      \
        (void)item;                                                                                \
        return input_of(subject)->reader == LBX_READER_##id;                                       \
    }
READERS(READER_FLAG)
#undef READER_FLAG

/* A value of its own besides to_alternate, so that lbx_mail_templates_new finds mails without it. */
static bool cannot_approve(const void *subject, size_t item) {
    return to_alternate(subject, item);
}

#define STATE_FLAG(id, name)                                                                       \
    static bool is_##id(const void *subject, size_t item) {                                        \
        (void)item;                                                                                \
        return request_of(subject)->state == LBX_STATE_##id;                                       \
    }
LBX_STATES(STATE_FLAG)
#undef STATE_FLAG

/* ---- the names ---- */

#define TEXT(name, writer)                                                                         \
    { name, LBX_VALUE_TEXT, NULL, .write = (writer) }
#define ITEM_TEXT(name, writer)                                                                    \
    { name, LBX_VALUE_TEXT, "items", .write = (writer) }

static const struct lbx_value values[] = {
    TEXT("request_id", write_request_id),
    TEXT("ticket_id", write_ticket_id),
    TEXT("ticket_title", write_ticket_title),
    TEXT("short_title", write_short_title),
    TEXT("subscription_id", write_subscription_id),
    TEXT("state", write_state),
    TEXT("cluster", write_cluster),
    TEXT("resource_id", write_resource_id),
    TEXT("engineer", write_engineer),
    TEXT("engineer_name", write_engineer_name),
    TEXT("organization", write_organization),
    TEXT("reason_code", write_reason_code),
    TEXT("duration", write_duration),
    TEXT("granted", write_granted),
    TEXT("approvals_needed", write_approvals_needed),
    TEXT("decide_by", write_decide_by),
    TEXT("access_from", write_access_from),
    TEXT("access_since", write_access_since),
    TEXT("access_until", write_access_until),
    TEXT("ended_at", write_ended_at),
    TEXT("approved_by", write_approved_by),
    TEXT("denied_by", write_denied_by),
    TEXT("revoked_by", write_revoked_by),
    TEXT("refusal", write_refusal),
    TEXT("refused_item", write_refused_item),
    TEXT("refusal_detail", write_refusal_detail),
    TEXT("incident_id", write_incident_id),
    TEXT("authorized_by", write_authorized_by),
    TEXT("acknowledge_by", write_acknowledge_by),
    TEXT("tenant_id", lbx_mail_write_tenant_id),
    TEXT("change", lbx_mail_write_change),
    TEXT("changed_by", lbx_mail_write_changed_by),
    TEXT("changed_at", lbx_mail_write_changed_at),
    TEXT("person", lbx_mail_write_person),
    TEXT("cause", lbx_mail_write_cause),
    TEXT("needed", lbx_mail_write_needed),
    TEXT("left", lbx_mail_write_left),
    {"subscriptions", LBX_VALUE_LIST, NULL, .count = lbx_mail_count_subscriptions},
    {"subscription", LBX_VALUE_TEXT, "subscriptions", .write = lbx_mail_write_subscription},
    {"justification", LBX_VALUE_LINES, NULL, .write = write_justification},
    {"comment", LBX_VALUE_LINES, NULL, .write = write_comment},
    {"link", LBX_VALUE_LINK, NULL, .write = write_link},
    {"requests", LBX_VALUE_LIST, NULL, .count = lbx_mail_count_requests},
    {"request", LBX_VALUE_TEXT, "requests", .write = lbx_mail_write_request},
    {"request_link", LBX_VALUE_LINK, "requests", .write = lbx_mail_write_request_link},
    {"items", LBX_VALUE_LIST, NULL, .count = count_items},
    ITEM_TEXT("number", write_number),
    ITEM_TEXT("words", write_words),
    {"changes", LBX_VALUE_DIFF, "items", .write = write_changes},
    {"left_out", LBX_VALUE_FLAG, "items", .holds = is_left_out},
#define READER_ROW(id, name) {"to_" #name, LBX_VALUE_FLAG, NULL, .holds = to_##name},
    READERS(READER_ROW)
#undef READER_ROW
        {"cannot_approve", LBX_VALUE_FLAG, NULL, .holds = cannot_approve},
#define STATE_ROW(id, name) {"is_" name, LBX_VALUE_FLAG, NULL, .holds = is_##id},
    LBX_STATES(STATE_ROW)
#undef STATE_ROW
};

const struct lbx_vocabulary lbx_mail_vocabulary = {values, sizeof values / sizeof *values};

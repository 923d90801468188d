/* The names that templates may use: one row a name, one small function a row. A value that the
 * request lacks is empty, so that a section can leave it out. Never fails. */
#include "mail/values.h"

#include "core/creation.h"
#include "mail/changes.h"
#include "mail/mail.h"
#include "mail/words.h"

#include <string.h>

enum { SHORT_TITLE_CHARS = 80 };

static const struct lbx_mail_input *input_of(const void *subject) {
    return subject;
}

/* A mail about a tenant has none: what it would say is empty. */
static const struct lbx_request *request_of(const void *subject) {
    static const struct lbx_request none = {.request_id = ""};
    return input_of(subject)->request ? input_of(subject)->request : &none;
}

static const struct lbx_tenant_changed *change_of(const void *subject) {
    static const struct lbx_tenant_changed none;
    return input_of(subject)->change ? input_of(subject)->change : &none;
}

static const struct lbx_approvers_missing *missing_of(const void *subject) {
    static const struct lbx_approvers_missing none;
    return input_of(subject)->missing ? input_of(subject)->missing : &none;
}

static const struct lbx_digest *digest_of(const void *subject) {
    static const struct lbx_digest none;
    return input_of(subject)->digest ? input_of(subject)->digest : &none;
}

static bool given(const char *text) {
    return text && *text;
}

static void put(const char *text, struct lbx_buf *out) {
    if (given(text))
        lbx_buf_str(out, text);
}

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

static void write_short_title(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (given(input_of(subject)->ticket_title))
        lbx_text_shortened(input_of(subject)->ticket_title, SHORT_TITLE_CHARS, out);
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

static const char *const state_words[LBX_STATE_END] = {
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
    put(state_words[request_of(subject)->state], out);
}

static void write_refusal(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(lbx_refusal_words((enum lbx_refusal)request_of(subject)->reason), out);
}

static void write_refusal_detail(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(request_of(subject)->detail, out);
}

static void put_number(int64_t number, struct lbx_buf *out) {
    lbx_buf_printf(out, "%lld", (long long)number);
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

/* ---- who decided ---- */

/* "Ann Ng (ann@example.com) and Bo Li (bo@example.com)" */
static void put_voters(const struct lbx_request *request, enum lbx_decision decision,
                       struct lbx_buf *out) {
    for (size_t i = 0; i < request->decision_count; i++) {
        const struct lbx_vote *vote = &request->decisions[i];
        if (vote->decision != (int)decision)
            continue;
        if (out->len)
            lbx_buf_str(out, " and ");
        if (strcmp(vote->by.id, "policy") == 0 && !vote->by.email) /* a person has one */
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

/* The comment of the last decision that has one; only in an outcome. */
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

/* ---- a tenant's changes ---- */

static void write_tenant_id(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(input_of(subject)->change    ? change_of(subject)->tenant_id
        : input_of(subject)->missing ? missing_of(subject)->tenant_id
        : input_of(subject)->digest  ? digest_of(subject)->tenant_id
                                     : request_of(subject)->tenant_id,
        out);
}

static void write_change(const void *subject, size_t item, struct lbx_buf *out) {
    static const char *const words[LBX_CHANGE_END] = {
        [LBX_CHANGE_SUBSCRIPTION_REMOVED] = "The subscription was removed",
        [LBX_CHANGE_ROLE_ASSIGNED] = "A role was assigned",
        [LBX_CHANGE_LOCKBOX_DISABLED] = "Lockbox was disabled",
        [LBX_CHANGE_CONTACTS_SET] = "Alternate addresses were removed",
        [LBX_CHANGE_POLICY_SET] = "The policy asks for less than before",
        [LBX_CHANGE_APPROVER_KEY_SET] = "An approver's key was set or removed",
    };
    (void)item;
    put(words[change_of(subject)->change], out);
}

static void write_changed_by(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_principal *by =
        input_of(subject)->missing ? &missing_of(subject)->by : &change_of(subject)->by;
    (void)item;
    if (by->id)
        lbx_person_words(by->name, by->email, by->id, out);
}

static void write_changed_at(const void *subject, size_t item, struct lbx_buf *out) {
    const int64_t at =
        input_of(subject)->missing ? missing_of(subject)->at : change_of(subject)->at;
    (void)item;
    if (at)
        lbx_moment_words(at, out);
}

/* Whom a role or a key is of. */
static void write_person(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_tenant_changed *change = change_of(subject);
    (void)item;
    if (change->principal.id)
        lbx_person_words(change->principal.name, change->principal.email, change->principal.id,
                         out);
    else
        put(change->principal_id, out);
}

static void write_cause(const void *subject, size_t item, struct lbx_buf *out) {
    static const char *const words[LBX_CAUSE_END] = {
        [LBX_CAUSE_ROLE_REMOVED] = "a role was removed",
        [LBX_CAUSE_KEY_REMOVED] = "a key was removed",
        [LBX_CAUSE_POLICY_SET] = "the policy was set",
        [LBX_CAUSE_LOCKBOX_ENABLED] = "Lockbox was enabled",
    };
    (void)item;
    put(words[missing_of(subject)->cause], out);
}

static void write_needed(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (input_of(subject)->missing)
        put_number(missing_of(subject)->needed, out);
}

static void write_left(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (input_of(subject)->missing)
        put_number(missing_of(subject)->left, out);
}

static size_t count_subscriptions(const void *subject) {
    return input_of(subject)->missing ? 1 : change_of(subject)->concern_count;
}

static void write_subscription(const void *subject, size_t item, struct lbx_buf *out) {
    put(input_of(subject)->missing ? missing_of(subject)->subscription_id
                                   : change_of(subject)->concerns[item],
        out);
}

/* ---- links ---- */

/* The page of a request, or without its id the portal's first. */
void lbx_mail_link(const char *portal, const char *request_id, struct lbx_buf *out) {
    if (!given(portal))
        return;
    lbx_buf_str(out, portal);
    if (!request_id)
        return;
    while (out->len > 0 && out->data[out->len - 1] == '/')
        out->data[--out->len] = '\0';
    lbx_buf_str(out, "/requests/");
    for (const char *c = request_id; *c; c++) /* RFC 3986 2.3 */
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

/* ---- a digest's requests ---- */

static size_t count_requests(const void *subject) {
    return digest_of(subject)->count;
}

static void put_items(const struct lbx_request *request, struct lbx_buf *out) {
    for (size_t i = 0; i < request->action_count; i++) {
        if (i)
            lbx_buf_str(out, "; ");
        lbx_item_words(&request->actions[i], out);
        if (request->actions[i].content.changes)
            lbx_buf_str(out, " (exactly the change that the portal shows)");
    }
}

/* "Ticket 42, cluster aro-prod, for 8 hours: Get logs …; decide by …; asked by Erin (erin@example.com) of microsoft". The
 * person last: no name can pretend to be items. */
static void write_request(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_request *request = digest_of(subject)->requests[item];
    lbx_buf_printf(out, "Ticket %s, cluster ", request->ticket_id);
    lbx_cluster_words(request->resource_id, out);
    lbx_buf_str(out, ", for ");
    lbx_duration_words(request->duration, out);
    lbx_buf_str(out, ": ");
    put_items(request, out);
    if (request->state == LBX_STATE_CUSTOMER_NOTIFIED) {
        lbx_buf_str(out, "; decide by ");
        lbx_deadline_words(request->decide_by, input_of(subject)->now, out);
    } else {
        lbx_buf_str(out, "; nothing to decide any more: ");
        lbx_buf_str(out, state_words[request->state]);
    }
    lbx_buf_str(out, "; asked by ");
    lbx_person_words(request->engineer.name, request->engineer.email, request->engineer.id, out);
    if (given(request->engineer.organization))
        lbx_buf_printf(out, " of %s", request->engineer.organization);
}

static void write_request_link(const void *subject, size_t item, struct lbx_buf *out) {
    lbx_mail_link(input_of(subject)->portal_url, digest_of(subject)->requests[item]->request_id,
                  out);
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

/* Where an approval kept some items and not this one. */
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

/* Apart from to_alternate, so that a check sees whether the words say it. */
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
    TEXT("tenant_id", write_tenant_id),
    TEXT("change", write_change),
    TEXT("changed_by", write_changed_by),
    TEXT("changed_at", write_changed_at),
    TEXT("person", write_person),
    TEXT("cause", write_cause),
    TEXT("needed", write_needed),
    TEXT("left", write_left),
    {"subscriptions", LBX_VALUE_LIST, NULL, .count = count_subscriptions},
    {"subscription", LBX_VALUE_TEXT, "subscriptions", .write = write_subscription},
    {"justification", LBX_VALUE_LINES, NULL, .write = write_justification},
    {"comment", LBX_VALUE_LINES, NULL, .write = write_comment},
    {"link", LBX_VALUE_LINK, NULL, .write = write_link},
    {"requests", LBX_VALUE_LIST, NULL, .count = count_requests},
    {"request", LBX_VALUE_TEXT, "requests", .write = write_request},
    {"request_link", LBX_VALUE_LINK, "requests", .write = write_request_link},
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

/* Encodes what a request's digest covers, and checks what a decision's signature says. Promises
 * the same bytes for the same consent, whatever was decided since (docs/signatures.md). Cannot
 * fail. */
#include "core/consent.h"

#include "base/time.h"

#include <string.h>

/* ---- signatures ---- */

static const struct lbx_field signed_decision_rows[] = {
    LBX_ROW_TEXT(lbx_signed_decision, request_id, .required = true, .max = 128),
    LBX_ROW_TEXT(lbx_signed_decision, digest, .required = true, .max = 64),
    LBX_ROW_ENUM(lbx_signed_decision, decision, .required = true, .names = lbx_decision_names),
    LBX_ROW_DURATION(lbx_signed_decision, duration, .required = false),
    LBX_ROW_INT(lbx_signed_decision, iat, .required = true, .min = 0, .max = INT64_MAX),
    LBX_ROW_INTS(lbx_signed_decision, actions, action_count, .min = 1, .max = 32, .max_items = 32),
    LBX_ROW_TEXT(lbx_signed_decision, by, .max = 128),
};
const struct lbx_table lbx_signed_decision_table =
    LBX_TABLE("signed_decision", lbx_signed_decision, signed_decision_rows);

static bool same_actions(const struct lbx_signed_decision *payload,
                         const struct lbx_decision_submitted *decision) {
    if (!payload->actions != !decision->actions || payload->action_count != decision->action_count)
        return false;
    for (size_t i = 0; i < payload->action_count; i++)
        if (payload->actions[i] != decision->actions[i])
            return false;
    return true;
}

/* Whether the payload names the signer. With digests of version 1 it may name none. */
static bool same_signer(const struct lbx_signed_decision *payload,
                        const struct lbx_decision_submitted *decision,
                        const struct lbx_request *request) {
    return payload->by ? strcmp(payload->by, decision->by.id) == 0 : request->digest_version < 2;
}

bool lbx_signed_decision_matches(const struct lbx_signed_decision *payload,
                                 const struct lbx_decision_submitted *decision,
                                 const struct lbx_request *request) {
    return strcmp(payload->request_id, request->request_id) == 0 && request->digest &&
           strcmp(payload->digest, request->digest) == 0 &&
           payload->decision == decision->decision && payload->duration == decision->duration &&
           same_actions(payload, decision) && same_signer(payload, decision, request);
}

/* ---- consent ---- */

static void add_time(struct lbx_buf *out, int64_t at_us) {
    char text[LBX_TIME_SIZE];
    if (at_us)
        lbx_time_format(at_us, text);
    lbx_buf_field_str(out, at_us ? text : NULL);
}

static void add_number(struct lbx_buf *out, int64_t number) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_printf(&text, "%lld", (long long)number);
    lbx_buf_field_str(out, text.data);
}

static void add_content(const struct lbx_item_content *content, lbx_hash_hex_fn *hash,
                        struct lbx_buf *out) {
    char changes[65];
    if (content->changes)
        hash(content->changes, strlen(content->changes), changes);
    lbx_buf_field_str(out, content->api_version);
    lbx_buf_field_str(out, content->digest);
    lbx_buf_field_str(out, content->previous_digest);
    lbx_buf_field_str(out, content->changes ? changes : NULL);
}

static void add_version_2(const struct lbx_request *request, lbx_hash_hex_fn *hash,
                          struct lbx_buf *out) {
    for (size_t i = 0; i < request->action_count; i++) {
        lbx_buf_field_str(out, request->actions[i].container);
        lbx_buf_field_str(out, request->actions[i].uid);
        add_content(&request->actions[i].content, hash, out);
    }
    if (request->approvals_needed)
        add_number(out, request->approvals_needed);
    else
        lbx_buf_field_str(out, NULL);
    lbx_buf_field_str(out, request->signed_decisions ? "true" : "false");
}

void lbx_request_consent(const struct lbx_request *request, lbx_hash_hex_fn *hash,
                         struct lbx_buf *out) {
    lbx_buf_field_str(out, request->request_id);
    lbx_buf_field_str(out, request->tenant_id);
    lbx_buf_field_str(out, request->subscription_id);
    lbx_buf_field_str(out, request->ticket_id);
    lbx_buf_field_str(out, request->engineer.id);
    lbx_buf_field_str(out, request->engineer.email);
    lbx_buf_field_str(out, request->engineer.organization);
    lbx_buf_field_str(out, request->resource_id);
    add_number(out, (int64_t)request->action_count);
    for (size_t i = 0; i < request->action_count; i++) {
        const struct lbx_item *item = &request->actions[i];
        add_number(out, item->number);
        lbx_buf_field_str(out, item->action);
        lbx_buf_field_str(out, item->namespace);
        lbx_buf_field_str(out, item->kind);
        lbx_buf_field_str(out, item->name);
    }
    lbx_buf_field_str(out, request->justification);
    lbx_buf_field_str(out, request->reason_code);
    char duration[LBX_DURATION_SIZE];
    lbx_duration_format(request->duration, duration);
    lbx_buf_field_str(out, duration);
    add_time(out, request->starts_at);
    add_time(out, request->decide_by);
    if (request->digest_version >= 2)
        add_version_2(request, hash, out);
}

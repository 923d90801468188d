/* Summaries: the text and what jansson parses of it have the same one, decoding with a summary is a
 * summary and a decoding, and whatever an event says makes rows of the read models. */
#include "event/summary.h"
#include "models/models.h"

#include "record.h"

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void are_the_same(const struct lbx_event_summary *a, const struct lbx_event_summary *b) {
    assert(same(a->event_id, b->event_id) && same(a->source, b->source));
    assert(same(a->type, b->type) && same(a->subject, b->subject));
    assert(a->event_time == b->event_time);
    assert(same(a->tenant_id, b->tenant_id) && same(a->subscription_id, b->subscription_id));
    assert(same(a->request_id, b->request_id) && same(a->ticket_id, b->ticket_id));
    assert(same(a->actor, b->actor));
}

static void project(const struct lbx_record *record, const struct lbx_event_summary *summary,
                    const struct lbx_event *event, const char *reason) {
    struct lbx_models models;
    struct lbx_pg_pipeline calls = {0};
    lbx_models_init(&models);
    lbx_models_add(&models, record, summary, event, reason);
    lbx_models_save(&models, false, &calls);
    lbx_models_done(&models);
}

/* The same object behind a member that only jansson reads has the same summary. */
static void compare_with_parsed(const struct lbx_record *record,
                                const struct lbx_event_summary *summary, struct lbx_arena *arena) {
    struct lbx_buf odd LBX_BUF = {0};
    struct lbx_event_summary parsed;
    struct lbx_record with = *record;
    if (record->value_len < 2 || memcmp(record->value, "{\"", 2) != 0)
        return;
    lbx_buf_str(&odd, "{\"an odd member\":1.5,");
    lbx_buf_add(&odd, (const char *)record->value + 1, record->value_len - 1);
    with.value = odd.data;
    with.value_len = odd.len;
    lbx_event_summary(&with, arena, &parsed);
    are_the_same(summary, &parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_record of FUZZ_RECORD;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_event_summary alone, with;
    struct lbx_event event, decoded;
    struct lbx_reason reason, decoding;
    lbx_arena_init(&arena);
    fuzz_record(data, size, &of);
    lbx_event_summary(&of.record, &arena, &alone);
    compare_with_parsed(&of.record, &alone, &arena);
    enum lbx_err err = lbx_event_decode_with_summary(&of.record, &arena, &with, &event, &reason);
    are_the_same(&with, &alone);
    assert(err == lbx_event_decode(&of.record, SIZE_MAX, &arena, &decoded, &decoding));
    assert(err == LBX_OK ? event.type == decoded.type : strcmp(reason.text, decoding.text) == 0);
    project(&of.record, &with, &event, err == LBX_OK ? NULL : reason.text);
    return 0;
}

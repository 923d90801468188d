/* What the auditor gleans: skimming sees what a parser sees, or leaves it to the parser; and a glance with
 * decoding is a glance and a decoding. Whatever an event says makes rows of the read models. */
#include "event/open.h"
#include "models/models.h"

#include "record.h"

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void see_the_same(const struct lbx_event_glance *a, const struct lbx_event_glance *b) {
    assert(same(a->event_id, b->event_id) && same(a->source, b->source));
    assert(same(a->type, b->type) && same(a->subject, b->subject));
    assert(a->event_time == b->event_time);
    assert(same(a->tenant_id, b->tenant_id) && same(a->subscription_id, b->subscription_id));
    assert(same(a->request_id, b->request_id) && same(a->ticket_id, b->ticket_id));
    assert(same(a->actor, b->actor));
}

static void project(const struct lbx_record *record, const struct lbx_event_glance *glance,
                    const struct lbx_event *event, const char *reason) {
    struct lbx_models models;
    struct lbx_calls calls = {0};
    lbx_models_init(&models);
    lbx_models_add(&models, record, glance, event, reason);
    lbx_models_save(&models, false, &calls);
    lbx_models_done(&models);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_record of FUZZ_RECORD;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_event_glance skimmed, parsed, examined;
    struct lbx_event event, decoded;
    struct lbx_reason reason, decoding;
    lbx_arena_init(&arena);
    fuzz_record(data, size, &of);
    lbx_glance_parsing(&of.record, &arena, &parsed);
    if (lbx_glance_skimming(&of.record, &arena, &skimmed))
        see_the_same(&skimmed, &parsed);
    enum lbx_err err = lbx_event_examine(&of.record, &arena, &examined, &event, &reason);
    see_the_same(&examined, &parsed);
    assert(err == lbx_event_decode(&of.record, SIZE_MAX, &arena, &decoded, &decoding));
    assert(err == LBX_OK ? event.type == decoded.type : strcmp(reason.text, decoding.text) == 0);
    project(&of.record, &examined, &event, err == LBX_OK ? NULL : reason.text);
    return 0;
}

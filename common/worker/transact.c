#include "worker/transact.h"

#include "store/clock.h"
#include "store/offsets.h"

#include <stdint.h>
#include <stdio.h>

static void decode(const struct lbx_transaction *t, struct lbx_batch *batch, bool suspect) {
    const size_t limit = (size_t)t->worker->settings.max_event_bytes;
    for (size_t i = 0; i < batch->count; i++) {
        struct lbx_input_event *input = &batch->inputs[i];
        if (t->declaration->append.write)
            continue;
        /* What we publish ourselves may be longer than what we take in: it repeats the request. */
        size_t most = input->record->topic == LBX_TOPIC_EVENTS ? SIZE_MAX : limit;
        if (lbx_event_decode(input->record, most, batch->arena, &input->event, &input->reason) !=
            LBX_OK)
            input->status = LBX_INPUT_REJECTED;
    }
    if (suspect && batch->count == 1 && batch->inputs[0].status == LBX_INPUT_NEW) {
        batch->inputs[0].status = LBX_INPUT_REJECTED;
        snprintf(batch->inputs[0].reason.text, sizeof batch->inputs[0].reason.text,
                 ": the database refuses what it leads to");
    }
}

static enum lbx_err fenced(const struct lbx_transaction *t, size_t fence_call, size_t expected) {
    if (lbx_pg_row_count(t->worker->pg, fence_call) == expected)
        return LBX_OK;
    lbx_pg_rollback(t->worker->pg);
    return LBX_ERR_FENCED;
}

static void count_outcomes(const struct lbx_transaction *t, struct lbx_batch *batch) {
    struct lbx_metrics *metrics = &t->worker->metrics;
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        if (input->status == LBX_INPUT_REJECTED)
            lbx_effects_quarantine(&batch->effects, input->record, input->reason.text);
        atomic_fetch_add(&metrics->duplicates, input->status == LBX_INPUT_DUPLICATE);
    }
    atomic_fetch_add(&metrics->quarantined, (int64_t)batch->effects.quarantined);
    atomic_fetch_add(&metrics->published, (int64_t)batch->effects.published);
}

static enum lbx_err take_step(const struct lbx_transaction *t, const struct lbx_raw_step *step,
                              struct lbx_batch *batch, size_t fence_call, size_t expected) {
    if (step->read)
        step->read(batch, t->calls);
    enum lbx_err err = lbx_pg_run(t->worker->pg, t->calls);
    if (err == LBX_OK)
        err = fenced(t, fence_call, expected);
    if (err != LBX_OK)
        return err;
    *t->calls = (struct lbx_calls){0};
    err = step->write(batch, t->calls);
    if (err != LBX_OK) {
        lbx_pg_rollback(t->worker->pg);
        return err;
    }
    lbx_calls_add(t->calls, &lbx_sql_commit, 0, NULL);
    err = lbx_pg_run(t->worker->pg, t->calls);
    if (err == LBX_OK && step->done)
        step->done(batch);
    return err;
}

static enum lbx_err handle(const struct lbx_transaction *t, struct lbx_batch *batch,
                           size_t fence_call, size_t expected) {
    struct lbx_calls *calls = t->calls;
    struct lbx_inbox inbox LBX_CLEANUP(lbx_inbox_done) = {0};
    struct lbx_pg *pg = t->worker->pg;
    lbx_inbox_add(&inbox, calls, batch->arena, batch->inputs, batch->count);
    if (t->declaration->load)
        t->declaration->load(batch, calls);
    size_t clock_call = lbx_clock_add(calls);
    enum lbx_err err = lbx_pg_run(pg, calls);
    if (err == LBX_OK)
        err = fenced(t, fence_call, expected);
    if (err != LBX_OK)
        return err;
    batch->effects.now = lbx_clock_read(pg, clock_call);
    err = lbx_inbox_read(&inbox, pg, batch->arena, batch->inputs, batch->count);
    if (err == LBX_OK)
        err = t->declaration->decide(batch);
    if (err != LBX_OK) {
        lbx_pg_rollback(pg);
        return err;
    }
    *calls = (struct lbx_calls){0};
    lbx_inbox_judged(&inbox, calls, batch->inputs, batch->count);
    count_outcomes(t, batch);
    lbx_effects_save(&batch->effects, calls);
    if (t->declaration->save)
        t->declaration->save(batch, calls);
    lbx_calls_add(calls, &lbx_sql_commit, 0, NULL);
    return lbx_pg_run(pg, calls);
}

enum lbx_err lbx_transact(const struct lbx_transaction *t, struct lbx_input_event *inputs,
                          size_t count, bool suspect) {
    struct lbx_rows fence LBX_CLEANUP(lbx_rows_done) = {0};
    size_t expected;
    struct lbx_batch batch = {
        .worker = t->worker,
        .arena = t->arena,
        .inputs = inputs,
        .count = count,
        .claims = t->claims,
        .claim_count = t->claim_count,
        .kept = t->kept,
    };
    lbx_effects_init(&batch.effects, t->arena, t->worker->source, t->group);
    *t->calls = (struct lbx_calls){0};
    decode(t, &batch, suspect);
    lbx_calls_add(t->calls, &lbx_sql_begin, 0, NULL);
    size_t fence_call =
        lbx_offsets_fence(t->calls, &fence, t->group, t->claims, t->claim_count, &expected);
    enum lbx_err err = t->declaration->append.write
                           ? take_step(t, &t->declaration->append, &batch, fence_call, expected)
                           : handle(t, &batch, fence_call, expected);
    lbx_effects_done(&batch.effects);
    return err;
}

enum lbx_err lbx_transact_tending(const struct lbx_transaction *t) {
    struct lbx_rows held LBX_CLEANUP(lbx_rows_done) = {0};
    struct lbx_batch batch = {
        .worker = t->worker,
        .arena = t->arena,
        .claims = t->claims,
        .claim_count = t->claim_count,
        .kept = t->kept,
    };
    *t->calls = (struct lbx_calls){0};
    lbx_calls_add(t->calls, &lbx_sql_begin, 0, NULL);
    size_t fence_call = lbx_offsets_hold(t->calls, &held, t->group, t->claims, t->claim_count);
    return take_step(t, &t->declaration->tend, &batch, fence_call, t->claim_count);
}

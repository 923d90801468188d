/* Nothing is too broken to be kept: what cannot be read as an event is a row with what could be gleaned of it. */
#include "auditor.h"

#include "logs.h"
#include "rows.h"
#include "sql_auditor.h"

#include "base/clock.h"
#include "base/time.h"

/* The first batch of a process asks for room, and then the first of each month. */
static bool needs_room(const struct lbx_batch *batch) {
    const struct auditor_kept *kept = batch->kept;
    return lbx_realtime_us() >= kept->room_until_us;
}

static void ask_for_room(struct lbx_batch *batch, struct lbx_calls *calls) {
    char *now = lbx_arena_alloc(batch->arena, LBX_TIME_SIZE);
    lbx_time_format(lbx_realtime_us(), now);
    LBX_CALL(calls, &sql_auditor_make_room, now);
}

struct auditor_state {
    struct auditor_logs logs;
    bool asked_for_room;
    size_t room_call;
    int64_t room_until_us; /* holds once the batch is committed */
};

void auditor_append_read(struct lbx_batch *batch, struct lbx_calls *calls) {
    struct auditor_state *state = LBX_ARENA_NEW(batch->arena, struct auditor_state);
    batch->state = state;
    state->asked_for_room = needs_room(batch);
    state->room_call = calls->count;
    if (state->asked_for_room)
        ask_for_room(batch, calls);
    auditor_logs_ask(&state->logs, batch, calls);
}

static void read_room(const struct lbx_batch *batch) {
    struct auditor_state *state = batch->state;
    if (state->asked_for_room)
        state->room_until_us = lbx_pg_cell_int(batch->worker->pg, state->room_call, 0, 0);
}

static void save_models(const struct auditor_batch *read, struct lbx_calls *last) {
    struct lbx_models *models = &((struct auditor_kept *)read->batch->kept)->models;
    lbx_models_done(models); /* of the batch before */
    lbx_models_init(models);
    for (size_t i = 0; i < read->count; i++) {
        const struct auditor_entry *entry = &read->entries[i];
        lbx_models_add(models, entry->record, &entry->glance, &entry->event, entry->reason);
    }
    lbx_models_save(models, false, last);
}

enum lbx_err auditor_append_write(struct lbx_batch *batch, struct lbx_calls *last) {
    struct auditor_state *state = batch->state;
    struct auditor_batch read = {
        .batch = batch,
        .entries = LBX_ARENA_ARRAY(batch->arena, struct auditor_entry, batch->count),
        .count = batch->count,
        .received_us = lbx_realtime_us(),
    };
    read_room(batch);
    enum lbx_err err = auditor_logs_read(&state->logs, batch);
    if (err == LBX_OK)
        err = auditor_rows_copy(&read);
    if (err == LBX_OK)
        err = auditor_logs_append(&state->logs, &read, last);
    if (err == LBX_OK)
        save_models(&read, last);
    return err;
}

void auditor_append_done(struct lbx_batch *batch) {
    const struct auditor_state *state = batch->state;
    struct auditor_kept *kept = batch->kept;
    if (state->asked_for_room)
        kept->room_until_us = state->room_until_us;
    struct lbx_metrics *metrics = &batch->worker->metrics;
    struct lbx_models_found found = lbx_models_read(&kept->models, batch->worker->pg);
    atomic_fetch_add(&metrics->violations, found.violations);
    atomic_fetch_add(&metrics->violations_resolved, found.resolved);
    atomic_fetch_add(&metrics->unreadable, found.unreadable);
}

void auditor_drop_kept(void *at) {
    struct auditor_kept *kept = at;
    lbx_rows_done(&kept->asked);
    lbx_rows_done(&kept->heads[0]);
    lbx_rows_done(&kept->heads[1]);
    lbx_models_done(&kept->models);
    lbx_rows_done(&kept->signed_heads);
    lbx_rows_done(&kept->signing_keys);
    auditor_custody_done(&kept->custody);
    lbx_buf_done(&kept->out);
    lbx_buf_done(&kept->leaf);
}

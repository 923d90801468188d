/* Stores batches of records in the audit store: rows, transparency logs, read models. Promises
 * that each record is stored once, unchanged; one that is no valid event is a row as well, with
 * the members that can be read. Fails with LBX_ERR_CONFLICT, which halts the worker, where store
 * and records contradict each other. */
#include "auditor.h"

#include "event_copy.h"
#include "sql_auditor.h"
#include "told.h"

#include "worker/spans.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/time.h"

#include <stdlib.h>

enum { BATCH_BYTES = 4 << 20, BATCH_RECORDS = 16384 };

static struct lbx_metric violations = {.name = "violations_total",
                                       .help = "Accesses found that no grant covered"};
static struct lbx_metric violations_resolved = {
    .name = "violations_resolved_total", .help = "Violations found whose grant was recorded later"};
static struct lbx_metric unreadable = {
    .name = "unreadable_total",
    .help = "Records of accesses and events that the read models cannot read"};
static struct lbx_metric *const metrics[] = {&violations, &violations_resolved, &unreadable, NULL};

/* ---- room: the partitions of audit.event, by month ---- */

/* Makes the month's partitions of audit.event: in the first batch of a process, and in the first of each month. */
static void ask_for_room(struct auditor *a, struct lbx_pg_pipeline *calls) {
    struct auditor_batch *batch = &a->batch;
    batch->asked_for_room = lbx_realtime_us() >= a->room_until_us;
    batch->room_call = calls->count;
    if (!batch->asked_for_room)
        return;
    LBX_PG_CALL(calls, auditor_make_room, .now = lbx_realtime_us());
}

static void read_room(struct auditor_batch *batch, const struct lbx_pg *pg) {
    if (batch->asked_for_room)
        batch->room_until_us =
            LBX_PG_READ(pg, batch->room_call, 0, auditor_make_room, NULL).until_us;
}

/* ---- a batch ---- */

static void read_batch(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_pg_pipeline *calls) {
    struct auditor *a = auditor_of(handler);
    a->batch = (struct auditor_batch){.records = records};
    ask_for_room(a, calls);
    auditor_logs_ask(a, calls);
}

/* Queues dead letters of accesses that cannot be read. No other worker reads that topic. */
static void queue_letters(struct auditor *a, struct lbx_pg_pipeline *last) {
    lbx_pg_arrays_done(&a->letters); /* those of the previous batch */
    a->letters = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < a->batch.records->count; i++) {
        const struct auditor_entry *entry = &a->batch.entries[i];
        if (entry->reason && entry->record->topic == LBX_TOPIC_ACCESSES)
            LBX_PG_ADD(&a->letters, auditor_queue_letters_given,
                       .topic = lbx_record_log(entry->record),
                       .partition = entry->record->partition, .offset = entry->record->offset,
                       .received_at = a->batch.received_us, .reason = entry->reason);
    }
    LBX_PG_CALL(last, auditor_queue_letters, .given = &a->letters);
}

static void save_models(struct auditor *a, struct lbx_pg_pipeline *last) {
    lbx_models_done(&a->models); /* those of the previous batch */
    lbx_models_init(&a->models);
    for (size_t i = 0; i < a->batch.records->count; i++) {
        const struct auditor_entry *entry = &a->batch.entries[i];
        lbx_models_add(&a->models, entry->record, &entry->summary, &entry->event, entry->reason);
    }
    lbx_models_save(&a->models, false, last);
    queue_letters(a, last);
}

static enum lbx_err write_batch(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *last) {
    struct auditor *a = auditor_of(handler);
    struct lbx_pg *pg = records->worker->pg;
    a->batch.entries = LBX_ARENA_ARRAY(records->arena, struct auditor_entry, records->count);
    a->batch.received_us = lbx_realtime_us();
    read_room(&a->batch, pg);
    enum lbx_err err = auditor_logs_read(a);
    if (err == LBX_OK)
        err = auditor_event_copy(&a->batch, pg, &a->copy, &a->scratch);
    if (err == LBX_OK)
        err = auditor_logs_append(a, last);
    if (err == LBX_OK)
        save_models(a, last);
    if (err == LBX_OK)
        auditor_told_save(a, last);
    return err;
}

static void send_spans(const struct auditor *a) {
    const struct auditor_batch *batch = &a->batch;
    for (size_t i = 0; lbx_spans_are_sent() && i < batch->records->count; i++) {
        const struct auditor_entry *entry = &batch->entries[i];
        struct lbx_span_of of = lbx_span_of_summary(&entry->summary);
        of.worker = "auditor";
        of.topic = entry->record->topic;
        of.start_us = batch->received_us;
        of.end_us = lbx_realtime_us();
        if (of.type)
            lbx_span_handled(&of);
    }
}

static void end_batch(struct lbx_handler *handler, const struct lbx_records *records,
                      enum lbx_err err) {
    struct auditor *a = auditor_of(handler);
    if (err != LBX_OK)
        return;
    if (a->batch.asked_for_room)
        a->room_until_us = a->batch.room_until_us;
    send_spans(a);
    struct lbx_models_found found = lbx_models_read(&a->models, records->worker->pg);
    lbx_metric_add(&violations, found.violations);
    lbx_metric_add(&violations_resolved, found.resolved);
    lbx_metric_add(&unreadable, found.unreadable);
    auditor_signer_wait(&a->signer, records->worker->lane);
}

/* ---- life ---- */

static void close_auditor(struct lbx_handler *handler) {
    struct auditor *a = auditor_of(handler);
    lbx_pg_arrays_done(&a->asked);
    lbx_pg_arrays_done(&a->old_heads);
    lbx_pg_arrays_done(&a->new_heads);
    lbx_pg_arrays_done(&a->letters);
    lbx_pg_arrays_done(&a->told);
    lbx_models_done(&a->models);
    lbx_buf_done(&a->copy);
    lbx_buf_done(&a->scratch);
    auditor_signer_done(&a->signer);
    auditor_known_heads_done(&a->known);
    free(a);
}

static enum lbx_err open_auditor(struct lbx_worker *worker, const void *declaration,
                                 void **ret_state) {
    const struct auditor_source *source = declaration;
    struct auditor *a = lbx_calloc(sizeof *a);
    a->handler = (struct lbx_handler){
        .batch_records = BATCH_RECORDS,
        .batch_bytes = BATCH_BYTES,
        .batch = {read_batch, write_batch, end_batch},
        .checkpoint = {auditor_sign_read, auditor_sign_write, auditor_sign_end},
        .more_to_checkpoint = auditor_sign_left,
        .checkpoint_every_us = worker->settings.checkpoint_interval,
        .waiting_for = auditor_sign_waiting_for,
        .hole_most = AUDITOR_HOLE_MOST,
        .conflict =
            "the audit store contradicts itself or Kafka's log: the worker's log says where",
        .close = close_auditor,
    };
    lbx_metrics_register(metrics);
    lbx_metrics_register(auditor_signer_metrics);
    return lbx_consume_open(worker, source->topics, source->queue_kb, &a->handler, ret_state);
}

const struct lbx_part auditor_part = LBX_CONSUMING_PART(open_auditor);

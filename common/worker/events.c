/* Handles records as events: decode, inbox, load, decide, save. Promises that an event has its
 * effect once, however often it comes, and that a record that cannot be read, or whose effect
 * the database refuses, is in quarantine with a reason. Fails as the database: the consuming
 * part tries the batch again. */
#include "worker/events.h"

#include "base/memory.h"
#include "base/uuid.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/metrics.h"
#include "worker/spans.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH_BYTES = 8 << 20, WRITTEN_BYTES = 16 << 20 };

struct event_handler {
    struct lbx_handler handler; /* first member: see event_handler */
    struct lbx_worker *worker;
    const struct lbx_events *events;
    /* Of the current transaction. */
    struct lbx_batch batch;
    struct lbx_inbox inbox;
    size_t clock_call;
    int64_t began_us; /* microseconds since the Unix epoch */
};

static struct lbx_metric duplicates = {.name = "duplicates_total",
                                       .help = "Events dropped because they were seen before"};
static struct lbx_metric quarantined = {.name = "quarantined_total",
                                        .help = "Records rejected into quarantine"};
static struct lbx_metric *const metrics[] = {&duplicates, &quarantined, NULL};

static struct event_handler *event_handler(struct lbx_handler *handler) {
    _Static_assert(offsetof(struct event_handler, handler) == 0, "one address");
    return (struct event_handler *)handler;
}

static void reject(struct lbx_input_event *input, const char *why) {
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text, "%s", why);
}

static void decode(struct lbx_batch *batch, const struct lbx_records *records) {
    const size_t limit = (size_t)batch->worker->settings.max_event_bytes;
    for (size_t i = 0; i < batch->count; i++) {
        struct lbx_input_event *input = &batch->inputs[i];
        input->record = records->list[i];
        /* events of ours may be longer than the limit of input: they repeat the request */
        size_t most = input->record->topic == LBX_TOPIC_EVENTS ? SIZE_MAX : limit;
        if (lbx_event_decode(input->record, most, batch->arena, &input->event, &input->reason) !=
            LBX_OK)
            input->status = LBX_INPUT_REJECTED;
        else if (records->refused)
            reject(input, ": the database refuses what it leads to");
    }
}

/* Marks rejected events that have an id: each gets an answer, unless the database refused that answer. */
static void mark_answered(struct lbx_batch *batch, const struct lbx_records *records) {
    for (size_t i = 0; !records->mute && i < batch->count; i++) {
        struct lbx_input_event *input = &batch->inputs[i];
        input->answered =
            input->status == LBX_INPUT_REJECTED && input->event.id && input->event.source;
    }
}

static void read_batch(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_pg_pipeline *calls) {
    struct event_handler *h = event_handler(handler);
    struct lbx_batch *batch = &h->batch;
    h->began_us = lbx_realtime_us();
    *batch = (struct lbx_batch){
        .worker = records->worker,
        .arena = records->arena,
        .inputs = LBX_ARENA_ARRAY(records->arena, struct lbx_input_event, records->count),
        .count = records->count,
    };
    lbx_unit_init(&batch->unit, batch->arena, batch->worker->source, records->group);
    batch->unit.most_bytes = batch->count > 1 ? WRITTEN_BYTES : SIZE_MAX;
    decode(batch, records);
    if (h->events->malformed)
        mark_answered(batch, records);
    lbx_inbox_add(&h->inbox, records->group, calls, batch->arena, batch->inputs, batch->count);
    if (h->events->load)
        h->events->load(batch, calls);
    h->clock_call = lbx_clock_add(calls);
}

/* Rejects events older than the inbox keeps ids: one that had its effect would have it again. A
 * replay is a new record, with a new time. */
static void reject_old(struct lbx_batch *batch) {
    const int64_t oldest_us = batch->unit.now - batch->worker->settings.inbox_ttl;
    for (size_t i = 0; i < batch->count; i++) {
        struct lbx_input_event *input = &batch->inputs[i];
        if (input->status == LBX_INPUT_NEW && input->record->timestamp_ms < oldest_us / 1000)
            reject(input, "too_old: Kafka has it for longer than LOCKBOX_INBOX_TTL");
    }
}

static void quarantine_rejected(struct lbx_batch *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        if (input->status == LBX_INPUT_REJECTED)
            lbx_unit_quarantine(&batch->unit, input->record, &input->event.trace,
                                input->reason.text);
        lbx_metric_add(&duplicates, input->status == LBX_INPUT_DUPLICATE);
    }
    lbx_metric_add(&quarantined, (int64_t)batch->unit.quarantined);
    lbx_metric_add(&lbx_published_metric, (int64_t)batch->unit.published);
}

static enum lbx_err write_batch(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *calls) {
    struct event_handler *h = event_handler(handler);
    struct lbx_batch *batch = &h->batch;
    const struct lbx_pg *pg = records->worker->pg;
    enum lbx_err err = lbx_unit_read_clock(&batch->unit, pg, h->clock_call);
    if (err == LBX_OK)
        err = lbx_inbox_read(&h->inbox, pg, batch->arena, batch->inputs, batch->count);
    if (err == LBX_OK)
        reject_old(batch);
    if (err == LBX_OK)
        err = h->events->decide(batch);
    for (size_t i = 0; err == LBX_OK && i < batch->count; i++)
        if (batch->inputs[i].answered)
            h->events->malformed(batch, &batch->inputs[i]);
    if (err == LBX_OK && lbx_unit_full(&batch->unit))
        err = LBX_ERR_LIMIT;
    if (err != LBX_OK)
        return err;
    lbx_inbox_judged(&h->inbox, calls, batch->inputs, batch->count);
    quarantine_rejected(batch);
    lbx_unit_save(&batch->unit, calls);
    if (h->events->save)
        h->events->save(batch, calls);
    return LBX_OK;
}

static void log_handled(const struct lbx_batch *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        const struct lbx_record *record = input->record;
        if (input->status == LBX_INPUT_NEW)
            lbx_log(LBX_LOG_DEBUG, "event handled", LBX_S("event_id", input->event.id),
                    LBX_S("topic", record->topic_name), LBX_N("partition", record->partition),
                    LBX_N("offset", record->offset), LBX_LOG_TRACE(&input->event.trace));
    }
}

/* The ids that a record's key names, for its span. */
static struct lbx_span_of span_of(const struct event_handler *h,
                                  const struct lbx_input_event *input) {
    const struct lbx_record *record = input->record;
    const struct lbx_event *event = &input->event;
    const char *key = lbx_arena_memdup(h->batch.arena, record->key, record->key_len);
    const bool is_about_request =
        record->topic == LBX_TOPIC_DECISIONS ||
        (record->topic == LBX_TOPIC_EVENTS && event->subject && lbx_uuid_valid(event->subject));
    return (struct lbx_span_of){
        .worker = h->worker->name,
        .topic = record->topic,
        .source = event->source,
        .event_id = event->id,
        .type = lbx_event_type_info(event->type)->name,
        .cause_id = event->causationid,
        .request_id = is_about_request ? key : NULL,
        .ticket_id = record->topic == LBX_TOPIC_TICKETS ? key : NULL,
        .trace = event->trace,
        .start_us = h->began_us,
        .end_us = lbx_realtime_us(),
    };
}

/* Adds the span of a step that an input caused. */
static void add_step(const struct lbx_batch *batch, const struct lbx_published_step *step,
                     struct lbx_span_of *spans) {
    for (size_t i = 0; step->cause && i < batch->count; i++)
        if (step->cause == &batch->inputs[i].event) {
            spans[i].request_id = step->request_id;
            spans[i].ticket_id = step->ticket_id;
            spans[i].version = step->version;
        }
}

static void send_spans(const struct event_handler *h) {
    const struct lbx_batch *batch = &h->batch;
    if (!lbx_spans_are_sent())
        return;
    struct lbx_span_of *spans = LBX_ARENA_ARRAY(batch->arena, struct lbx_span_of, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            spans[i] = span_of(h, &batch->inputs[i]);
    for (const struct lbx_published_step *step = batch->unit.steps; step; step = step->next)
        add_step(batch, step, spans);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            lbx_span_handled(&spans[i]);
    lbx_spans_of_time(&batch->unit, h->worker->name, h->began_us);
}

static void end_batch(struct lbx_handler *handler, const struct lbx_records *records,
                      enum lbx_err err) {
    struct event_handler *h = event_handler(handler);
    if (err == LBX_OK) {
        log_handled(&h->batch);
        send_spans(h);
    }
    lbx_inbox_done(&h->inbox);
    h->inbox = (struct lbx_inbox){0};
    lbx_unit_done(&h->batch.unit);
    if (err == LBX_OK && h->events->committed)
        h->events->committed(records->worker);
}

static void prune_inbox(struct lbx_handler *handler, struct lbx_arena *arena,
                        struct lbx_pg_pipeline *calls) {
    lbx_inbox_prune(calls, arena, event_handler(handler)->worker->settings.inbox_ttl);
}

static void close_handler(struct lbx_handler *handler) {
    free(event_handler(handler));
}

struct lbx_handler *lbx_events_handler(struct lbx_worker *worker, const struct lbx_events *events) {
    struct event_handler *h = lbx_calloc(sizeof *h);
    *h = (struct event_handler){
        .handler = {.batch_records = (size_t)worker->settings.batch_records,
                    .batch_bytes = BATCH_BYTES,
                    .batch = {read_batch, write_batch, end_batch},
                    .takes_refused = true,
                    .prune = prune_inbox,
                    .more_to_prune = lbx_inbox_more_to_prune,
                    .conflict = "the database contradicts itself: the worker's log says where",
                    .close = close_handler},
        .worker = worker,
        .events = events,
    };
    return &h->handler;
}

static enum lbx_err open_events(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    const struct lbx_events *events = declaration;
    lbx_metrics_register(metrics);
    lbx_metrics_register(lbx_store_metrics);
    return lbx_consume_open(worker, events->topics, 0, lbx_events_handler(worker, events),
                            ret_state);
}

const struct lbx_part lbx_events_part = LBX_CONSUMING_PART(open_events);

/* Collects the writes of a batch, and writes them by a fixed number of statements. Promises that
 * each changed request is written once, in its last state, and that its steps are published in
 * order. Cannot fail: the round trip returns the database's errors. */
#include "store/unit.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "core/consent.h"
#include "sql_store.h"
#include "store/metrics.h"
#include "store/outbox.h"
#include "store/quarantine.h"
#include "store/request_text.h"

const struct lbx_sql *const *const lbx_store_statements = sql_store_all;

struct lbx_unit_rows {
    struct lbx_pg_arrays rows;
    struct lbx_unit_rows *next;
};

struct lbx_pg_arrays *lbx_unit_rows(struct lbx_unit *unit) {
    struct lbx_unit_rows *added = LBX_ARENA_NEW(unit->arena, struct lbx_unit_rows);
    added->next = unit->rows;
    unit->rows = added;
    return &added->rows;
}

void lbx_unit_init(struct lbx_unit *unit, struct lbx_arena *arena, const char *source,
                   const char *consumer) {
    *unit = (struct lbx_unit){
        .arena = arena, .source = source, .consumer = consumer, .most_bytes = SIZE_MAX};
    unit->outbox = lbx_unit_rows(unit);
    unit->quarantine = lbx_unit_rows(unit);
}

void lbx_unit_done(struct lbx_unit *unit) {
    for (struct lbx_unit_rows *rows = unit->rows; rows; rows = rows->next)
        lbx_pg_arrays_done(&rows->rows);
    lbx_request_rows_done(&unit->requests);
}

enum lbx_err lbx_unit_read_clock(struct lbx_unit *unit, const struct lbx_pg *pg,
                                 size_t clock_call) {
    unit->clock = lbx_clock_read(pg, clock_call);
    unit->now = unit->clock.now;
    return lbx_clock_judge(unit->clock, lbx_realtime_us());
}

/* ---- causes and ids ---- */

static void hash_names(const char *const *names, unsigned char ret_hash[LBX_SHA256_SIZE]) {
    struct lbx_buf bytes LBX_BUF = {0};
    for (; *names; names++)
        lbx_buf_field_str(&bytes, *names);
    lbx_sha256(bytes.data, bytes.len, ret_hash);
}

void lbx_unit_cause(struct lbx_unit *unit, int64_t at_us, const char *const *names) {
    hash_names(names, unit->cause);
    unit->now = at_us;
    unit->ids = 0;
}

void lbx_unit_begin(struct lbx_unit *unit, const struct lbx_input_event *input) {
    const struct lbx_record *record = input->record;
    const int64_t most_ms = unit->clock.now / LBX_MS_US;
    char log[LBX_LOG_NUMBER_SIZE];
    lbx_log_number(lbx_record_log(record), log);
    const bool is_past = record->timestamp_ms > 0 && record->timestamp_ms <= most_ms;
    lbx_unit_cause(unit, is_past ? record->timestamp_ms * LBX_MS_US : unit->clock.now,
                   (const char *const[]){log, lbx_topic_name(record->topic), input->event.source,
                                         input->event.id, NULL});
}

static const char *uuid_of(struct lbx_unit *unit, int64_t at_us, const struct lbx_buf *bytes) {
    unsigned char hash[LBX_SHA256_SIZE];
    char *text = lbx_arena_alloc(unit->arena, LBX_UUID_SIZE);
    lbx_sha256(bytes->data, bytes->len, hash);
    lbx_uuid_v7_of(at_us / LBX_MS_US, hash, text);
    return text;
}

/* A UUID derived from the cause, name and number. */
static const char *caused_uuid(struct lbx_unit *unit, const char *name, uint64_t number) {
    struct lbx_buf bytes LBX_BUF = {0};
    lbx_buf_add(&bytes, unit->cause, sizeof unit->cause);
    lbx_buf_field_str(&bytes, name);
    lbx_buf_be64(&bytes, number);
    return uuid_of(unit, unit->now, &bytes);
}

const char *lbx_unit_uuid(struct lbx_unit *unit) {
    return caused_uuid(unit, NULL, unit->ids++);
}

/* The id of a request's version: derived from the cause, or from the request where time is the
 * cause. The order in which a cause reaches several requests does not matter. */
static const char *version_uuid(struct lbx_unit *unit, const struct lbx_request *request,
                                const struct lbx_event *cause, int64_t at_us) {
    struct lbx_buf bytes LBX_BUF = {0};
    if (cause)
        return caused_uuid(unit, request->request_id, (uint64_t)request->version);
    lbx_buf_field_str(&bytes, request->request_id);
    lbx_buf_be64(&bytes, (uint64_t)request->version);
    return uuid_of(unit, at_us, &bytes);
}

/* ---- events ---- */

/* Counts events by type, verdict and reason. A batch that is tried again counts again. */
static void count(enum lbx_event_type type, const void *data) {
    const struct lbx_decision_judged *judged = data;
    const struct lbx_request_changed *changed = data;
    lbx_metric_count(&lbx_events_metric, lbx_event_type_info(type)->name);
    if (type == LBX_EVENT_DECISION_JUDGED)
        lbx_metric_count(&lbx_verdicts_metric, lbx_verdict_names[judged->verdict]);
    if (type == LBX_EVENT_REQUEST_REFUSED)
        lbx_metric_count(&lbx_refusals_metric, lbx_refusal_names[changed->request.reason]);
}

static struct lbx_event_out event_of(struct lbx_unit *unit, enum lbx_event_type type,
                                     const char *id, int64_t at_us, const char *subject,
                                     const struct lbx_event *cause, const void *data) {
    unit->published++;
    count(type, data);
    return (struct lbx_event_out){
        .type = type,
        .id = id,
        .source = unit->source,
        .subject = subject,
        .time = at_us,
        .causationid = cause ? cause->id : NULL,
        .trace = cause ? cause->trace : (struct lbx_trace){0},
        .data = data,
    };
}

static void add_event(struct lbx_unit *unit, const struct lbx_event_out *event) {
    if (!lbx_unit_full(unit))
        unit->bytes += lbx_outbox_add(unit->outbox, event, unit->arena);
}

void lbx_unit_publish(struct lbx_unit *unit, enum lbx_event_type type, const char *subject,
                      const struct lbx_event *cause, const void *data) {
    const struct lbx_event_out event =
        event_of(unit, type, lbx_unit_uuid(unit), unit->now, subject, cause, data);
    add_event(unit, &event);
}

/* ---- requests ---- */

static const char *digest_of(const struct lbx_request *request, struct lbx_arena *arena) {
    char *hex = lbx_arena_alloc(arena, LBX_SHA256_HEX_SIZE);
    lbx_request_text_digest(request, hex);
    return hex;
}

static void note_step(struct lbx_unit *unit, const struct lbx_request *request,
                      const struct lbx_event_out *event, const struct lbx_event *cause) {
    struct lbx_published_step *step = LBX_ARENA_NEW(unit->arena, struct lbx_published_step);
    *step = (struct lbx_published_step){
        .cause = cause,
        .type = event->type,
        .event_id = event->id,
        .request_id = request->request_id,
        .ticket_id = request->ticket_id,
        .version = request->version,
        .trace = event->trace,
        .next = unit->steps,
    };
    unit->steps = step;
}

static void publish_step(struct lbx_unit *unit, const struct lbx_stored_request *stored,
                         const struct lbx_step *step, const struct lbx_request_changed *changed,
                         const struct lbx_event *cause) {
    const struct lbx_request *request = &stored->request;
    struct lbx_event_out event = event_of(unit, (enum lbx_event_type)step->event,
                                          version_uuid(unit, request, cause, step->at), step->at,
                                          request->request_id, cause, changed);
    event.sequence = request->version;
    if (!event.trace.parent)
        event.trace = stored->trace;
    note_step(unit, request, &event, cause);
    if (stored->loaded == LBX_REQUEST_CLOCK)
        lbx_request_rows_event(&unit->requests, request, &event);
    else
        add_event(unit, &event);
}

void lbx_unit_step(struct lbx_unit *unit, struct lbx_stored_request *stored,
                   const struct lbx_step *step, const struct lbx_event *cause) {
    if (step->event == LBX_EVENT_NONE)
        return;
    if (!stored->changed) {
        stored->changed = true;
        stored->next_changed = unit->changed;
        unit->changed = stored;
    }
    if (stored->loaded == LBX_REQUEST_NEW && !stored->request.digest) {
        if (cause)
            stored->trace = cause->trace;
        stored->starts_asked = stored->request.starts_at;
        stored->request.digest_version = LBX_DIGEST_VERSION;
        stored->request.digest = digest_of(&stored->request, unit->arena);
    }
    const struct lbx_request_changed changed = {.request = stored->request,
                                                .previous_state = step->previous_state};
    publish_step(unit, stored, step, &changed, cause);
}

void lbx_unit_pass_time(struct lbx_unit *unit, struct lbx_stored_request *stored,
                        const struct lbx_limits *limits) {
    struct lbx_step step;
    do {
        step = lbx_request_pass_time(&stored->request, limits, unit->now);
        lbx_unit_step(unit, stored, &step, NULL);
    } while (step.event != LBX_EVENT_NONE);
}

/* ---- records ---- */

void lbx_unit_quarantine(struct lbx_unit *unit, const struct lbx_record *record,
                         const struct lbx_trace *trace, const char *reason) {
    lbx_quarantine_add(unit->quarantine, record, trace, reason);
    unit->quarantined++;
}

/* ---- writing ---- */

void lbx_unit_save(struct lbx_unit *unit, struct lbx_pg_pipeline *calls) {
    bool due = false;
    for (struct lbx_stored_request *stored = unit->changed; stored; stored = stored->next_changed) {
        lbx_request_rows_add(&unit->requests, stored);
        due |= lbx_request_due(&stored->request) != 0;
    }
    lbx_request_rows_save(&unit->requests, calls);
    LBX_PG_CALL(calls, store_outbox, .given = unit->outbox);
    LBX_PG_CALL(calls, store_quarantine, .given = unit->quarantine, .consumer = unit->consumer);
    lbx_clock_raise(unit->clock, calls);
    if (unit->published || unit->quarantined)
        lbx_pg_call(calls, &sql_store_wake_relay, NULL);
    if (due)
        lbx_pg_call(calls, &sql_store_wake_expirer, NULL);
}

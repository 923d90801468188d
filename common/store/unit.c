/* Collects what a batch writes, and writes it as a fixed number of statements.
 * Promises that each changed request is written once, in its last state, and that each of its steps is published
 * in order. Cannot fail: errors of the database come from the round trip that runs the statements.
 */
#include "store/unit.h"

#include "base/random.h"
#include "base/uuid.h"
#include "sql_store.h"
#include "store/metrics.h"
#include "store/outbox.h"
#include "store/quarantine.h"
#include "store/request_text.h"

const struct lbx_sql *const *const lbx_store_statements = sql_store_all;

struct lbx_unit_rows {
    struct lbx_rows rows;
    struct lbx_unit_rows *next;
};

struct lbx_rows *lbx_unit_rows(struct lbx_unit *unit) {
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
        lbx_rows_done(&rows->rows);
    lbx_request_rows_done(&unit->requests);
}

const char *lbx_unit_uuid(struct lbx_unit *unit) {
    char *text = lbx_arena_alloc(unit->arena, LBX_UUID_SIZE);
    if (unit->random_left < LBX_UUID_RANDOM) {
        unit->random_left = sizeof unit->random;
        lbx_random_bytes(unit->random, unit->random_left);
    }
    unit->random_left -= LBX_UUID_RANDOM;
    lbx_uuid_v7(unit->now, unit->random + unit->random_left, text);
    return text;
}

/* ---- events ---- */

/* For /metrics: by type, verdict and reason. A batch that is tried again is counted again. */
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
                                     const char *subject, int64_t sequence,
                                     const struct lbx_event *cause, const void *data) {
    unit->published++;
    count(type, data);
    return (struct lbx_event_out){
        .type = type,
        .id = lbx_unit_uuid(unit),
        .source = unit->source,
        .subject = subject,
        .time = unit->now,
        .sequence = sequence,
        .causationid = cause ? cause->id : NULL,
        .traceparent = cause ? cause->traceparent : NULL,
        .data = data,
    };
}

static void add_event(struct lbx_unit *unit, const struct lbx_event_out *event) {
    if (!lbx_unit_full(unit))
        unit->bytes += lbx_outbox_add(unit->outbox, event, unit->arena);
}

void lbx_unit_publish(struct lbx_unit *unit, enum lbx_event_type type, const char *subject,
                      int64_t sequence, const struct lbx_event *cause, const void *data) {
    const struct lbx_event_out event = event_of(unit, type, subject, sequence, cause, data);
    add_event(unit, &event);
}

/* ---- requests ---- */

static const char *digest_of(const struct lbx_request *request, struct lbx_arena *arena) {
    char *hex = lbx_arena_alloc(arena, LBX_SHA256_HEX_SIZE);
    lbx_request_text_digest(request, hex);
    return hex;
}

static void publish_step(struct lbx_unit *unit, const struct lbx_stored_request *stored,
                         enum lbx_event_type type, const struct lbx_request_changed *changed,
                         const struct lbx_event *cause) {
    const struct lbx_request *request = &stored->request;
    const struct lbx_event_out event =
        event_of(unit, type, request->request_id, request->version, cause, changed);
    if (stored->loaded == LBX_REQUEST_CLOCK)
        lbx_request_rows_event(&unit->requests, request, &event);
    else
        add_event(unit, &event);
}

void lbx_unit_step(struct lbx_unit *unit, struct lbx_stored_request *stored,
                   const struct lbx_step *step, const struct lbx_event *cause) {
    const enum lbx_event_type type = (enum lbx_event_type)step->event;
    if (type == LBX_EVENT_NONE)
        return;
    if (!stored->changed) {
        stored->changed = true;
        stored->next_changed = unit->changed;
        unit->changed = stored;
    }
    if (stored->loaded == LBX_REQUEST_NEW && !stored->request.digest) {
        stored->starts_asked = stored->request.starts_at;
        stored->request.digest_version = LBX_DIGEST_VERSION;
        stored->request.digest = digest_of(&stored->request, unit->arena);
    }
    const struct lbx_request_changed changed = {.request = stored->request,
                                                .previous_state = step->previous_state};
    publish_step(unit, stored, type, &changed, cause);
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
                         const char *reason) {
    lbx_quarantine_add(unit->quarantine, record, reason);
    unit->quarantined++;
}

/* ---- writing ---- */

void lbx_unit_save(struct lbx_unit *unit, struct lbx_calls *calls) {
    bool due = false;
    for (struct lbx_stored_request *stored = unit->changed; stored; stored = stored->next_changed) {
        lbx_request_rows_add(&unit->requests, stored);
        due |= lbx_request_due(&stored->request) != 0;
    }
    lbx_request_rows_save(&unit->requests, calls);
    LBX_PG_CALL(calls, store_outbox, .given = unit->outbox);
    LBX_PG_CALL(calls, store_quarantine, .given = unit->quarantine, .consumer = unit->consumer);
    if (unit->published || unit->quarantined)
        lbx_pg_call(calls, &sql_store_wake_relay, NULL);
    if (due)
        lbx_pg_call(calls, &sql_store_wake_expirer, NULL);
}

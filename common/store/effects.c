#include "store/effects.h"

#include "base/log.h"
#include "base/random.h"
#include "base/tally.h"
#include "base/time.h"
#include "base/uuid.h"
#include "io/hash.h"
#include "sql_store.h"

#include <assert.h>
#include <string.h>

const struct lbx_sql *const *const lbx_store_statements = sql_store_all;

enum {
    OUTBOX_COLUMNS = 5,
    MADE_COLUMNS = 17,
    CHANGED_COLUMNS = 9,
    MOVED_COLUMNS = 6,
    TOLD_COLUMNS = 4,
    OPENED_COLUMNS = 11,
    ENDED_COLUMNS = 2,
    QUARANTINE_COLUMNS = 8
};

struct lbx_rows_kept {
    struct lbx_rows rows;
    struct lbx_rows_kept *next;
};

struct lbx_rows *lbx_effects_rows(struct lbx_effects *effects, size_t columns) {
    struct lbx_rows_kept *kept = LBX_ARENA_NEW(effects->arena, struct lbx_rows_kept);
    lbx_rows_init(&kept->rows, columns);
    kept->next = effects->kept_rows;
    effects->kept_rows = kept;
    return &kept->rows;
}

void lbx_effects_init(struct lbx_effects *effects, struct lbx_arena *arena, const char *source,
                      const char *consumer) {
    *effects = (struct lbx_effects){.arena = arena, .source = source, .consumer = consumer};
    effects->outbox = lbx_effects_rows(effects, OUTBOX_COLUMNS);
    effects->made = lbx_effects_rows(effects, MADE_COLUMNS);
    effects->changed = lbx_effects_rows(effects, CHANGED_COLUMNS);
    effects->moved = lbx_effects_rows(effects, MOVED_COLUMNS);
    effects->told = lbx_effects_rows(effects, TOLD_COLUMNS);
    effects->opened = lbx_effects_rows(effects, OPENED_COLUMNS);
    effects->ended = lbx_effects_rows(effects, ENDED_COLUMNS);
    effects->quarantine = lbx_effects_rows(effects, QUARANTINE_COLUMNS);
}

void lbx_effects_done(struct lbx_effects *effects) {
    for (struct lbx_rows_kept *kept = effects->kept_rows; kept; kept = kept->next)
        lbx_rows_done(&kept->rows);
}

const char *lbx_effects_uuid(struct lbx_effects *effects) {
    char *text = lbx_arena_alloc(effects->arena, LBX_UUID_SIZE);
    if (effects->random_left < LBX_UUID_RANDOM) {
        effects->random_left = sizeof effects->random;
        lbx_random_bytes(effects->random, effects->random_left);
    }
    effects->random_left -= LBX_UUID_RANDOM;
    lbx_uuid_v7(effects->now, effects->random + effects->random_left, text);
    return text;
}

/* ---- publishing ---- */

/* "lockbox.request.created.v1" → "request". */
static const char *aggregate_type(struct lbx_arena *arena, const char *type) {
    const char *at = strchr(type, '.') + 1;
    return lbx_arena_memdup(arena, at, strcspn(at, "."));
}

/* By what it says, for /metrics. A batch that is tried again is counted again. */
static void count(enum lbx_event_type type, const void *data) {
    const struct lbx_decision_judged *judged = data;
    const struct lbx_request_changed *changed = data;
    lbx_tally("events", "type", lbx_event_type_info(type)->name);
    if (type == LBX_EVENT_DECISION_JUDGED)
        lbx_tally("verdicts", "verdict", lbx_verdict_names[judged->verdict]);
    if (type == LBX_EVENT_REQUEST_REFUSED)
        lbx_tally("refusals", "reason", lbx_refusal_names[changed->request.reason]);
}

static struct lbx_event_out event_of(struct lbx_effects *effects, enum lbx_event_type type,
                                     const char *subject, int64_t sequence,
                                     const struct lbx_event *cause, const void *data) {
    effects->published++;
    count(type, data);
    return (struct lbx_event_out){
        .type = type,
        .id = lbx_effects_uuid(effects),
        .source = effects->source,
        .subject = subject,
        .time = effects->now,
        .sequence = sequence,
        .causationid = cause ? cause->id : NULL,
        .traceparent = cause ? cause->traceparent : NULL,
        .data = data,
    };
}

void lbx_effects_publish(struct lbx_effects *effects, enum lbx_event_type type, const char *subject,
                         int64_t sequence, const struct lbx_event *cause, const void *data) {
    struct lbx_buf payload LBX_BUF = {0};
    const struct lbx_event_out event = event_of(effects, type, subject, sequence, cause, data);
    const char *name = lbx_event_type_info(type)->name;
    lbx_event_encode(&event, &payload);
    lbx_rows_text(effects->outbox, event.id);
    lbx_rows_text(effects->outbox, aggregate_type(effects->arena, name));
    lbx_rows_text(effects->outbox, subject);
    lbx_rows_text(effects->outbox, name);
    lbx_rows_text(effects->outbox, payload.data);
}

/* What time did to a request whose particulars were not read: the database adds them. */
static void tell(struct lbx_effects *effects, enum lbx_event_type type,
                 const struct lbx_request_changed *changed) {
    struct lbx_buf head LBX_BUF = {0};
    const struct lbx_request *request = &changed->request;
    const struct lbx_event_out event =
        event_of(effects, type, request->request_id, request->version, NULL, changed);
    lbx_event_encode_head(&event, &head);
    lbx_rows_text(effects->told, event.id);
    lbx_rows_text(effects->told, request->request_id);
    lbx_rows_text(effects->told, lbx_event_type_info(type)->name);
    lbx_rows_text(effects->told, head.data);
}

static void set_digest(struct lbx_effects *effects, struct lbx_request *request) {
    struct lbx_buf consent LBX_BUF = {0};
    char *hex = lbx_arena_alloc(effects->arena, LBX_SHA256_HEX_SIZE);
    lbx_request_consent(request, &consent);
    lbx_sha256_hex(consent.data, consent.len, hex);
    request->digest = hex;
}

void lbx_effects_step(struct lbx_effects *effects, struct lbx_kept_request *kept,
                      const struct lbx_step *step, const struct lbx_event *cause) {
    const enum lbx_event_type type = (enum lbx_event_type)step->event;
    if (type == LBX_EVENT_NONE)
        return;
    struct lbx_request *request = &kept->request;
    if (!kept->dirty) {
        kept->dirty = true;
        kept->next_dirty = effects->dirty;
        effects->dirty = kept;
    }
    if (kept->kept == LBX_KEPT_NEW && !request->digest)
        set_digest(effects, request);
    const struct lbx_request_changed changed = {.request = *request,
                                                .previous_state = step->previous_state};
    if (kept->kept == LBX_KEPT_STANDING)
        tell(effects, type, &changed);
    else
        lbx_effects_publish(effects, type, request->request_id, request->version, cause, &changed);
}

void lbx_effects_pass_time(struct lbx_effects *effects, struct lbx_kept_request *kept,
                           const struct lbx_limits *limits) {
    struct lbx_step step;
    do {
        step = lbx_request_pass_time(&kept->request, limits, effects->now);
        lbx_effects_step(effects, kept, &step, NULL);
    } while (step.event != LBX_EVENT_NONE);
}

void lbx_effects_quarantine(struct lbx_effects *effects, const struct lbx_record *record,
                            const char *reason) {
    struct lbx_buf headers LBX_BUF = {0};
    struct lbx_rows *rows = effects->quarantine;
    lbx_record_headers_encode(record->headers, record->header_count, &headers);
    lbx_rows_text(rows, record->topic_name);
    lbx_rows_int(rows, record->partition);
    lbx_rows_int(rows, record->offset);
    lbx_rows_time(rows, record->timestamp_ms > 0 ? record->timestamp_ms * 1000 : 1);
    lbx_rows_bytes(rows, record->key, record->key_len);
    lbx_rows_bytes(rows, headers.data, headers.len);
    lbx_rows_bytes(rows, record->value, record->value_len);
    lbx_rows_text(rows, reason);
    effects->quarantined++;
    lbx_log(LBX_LOG_WARN, "record quarantined", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("reason", reason));
}

/* ---- writing ---- */

static void write_part(struct lbx_rows *rows, const struct lbx_table *part,
                       const struct lbx_request *request) {
    struct lbx_buf members LBX_BUF = {0};
    lbx_fields_write_members(part, request, &members);
    lbx_rows_text(rows, members.data);
}

static void write_made(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_text(rows, request->tenant_id);
    lbx_rows_text(rows, request->subscription_id);
    lbx_rows_text(rows, request->ticket_id);
    lbx_rows_text(rows, request->engineer.id);
    lbx_rows_text(rows, request->resource_id);
    lbx_rows_time(rows, request->created_at);
    lbx_rows_time(rows, request->decide_by);
    lbx_rows_time(rows, request->starts_at);
    lbx_rows_time(rows, request->expires_at);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    lbx_rows_text(rows, lbx_refusal_names[request->reason]);
    write_part(rows, &lbx_request_standing_table, request);
    write_part(rows, &lbx_request_particulars_table, request);
}

static void write_changed(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_time(rows, request->starts_at);
    lbx_rows_time(rows, request->expires_at);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    write_part(rows, &lbx_request_standing_table, request);
    write_part(rows, &lbx_request_particulars_table, request);
}

static void write_moved(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    write_part(rows, &lbx_request_standing_table, request);
}

static void open_access(struct lbx_effects *effects, const struct lbx_request *request,
                        int64_t end) {
    struct lbx_rows *rows = effects->opened;
    for (size_t i = 0; i < request->action_count; i++) {
        const struct lbx_item *item = &request->actions[i];
        if (!item->kept)
            continue;
        lbx_rows_text(rows, request->request_id);
        lbx_rows_int(rows, item->number);
        lbx_rows_text(rows, request->engineer.id);
        lbx_rows_text(rows, request->resource_id);
        lbx_rows_text(rows, item->action);
        lbx_rows_text(rows, item->namespace);
        lbx_rows_text(rows, item->kind);
        lbx_rows_text(rows, item->name);
        lbx_rows_time(rows, request->starts_at);
        lbx_rows_time(rows, end);
        lbx_rows_text(rows, lbx_request_basis(request));
    }
}

/* What was opened is never opened again: a role that may only end access needs no right to open it. */
static void write_access(struct lbx_effects *effects, const struct lbx_kept_request *kept) {
    int64_t end = lbx_request_access_end(&kept->request);
    if (!kept->access_end && end) {
        open_access(effects, &kept->request, end);
    } else if (end < kept->access_end) {
        lbx_rows_text(effects->ended, kept->request.request_id);
        lbx_rows_time(effects->ended, end);
    }
}

/* Time opens no access, and what it ends was good until then anyway: no items where time acted alone. */
static void write_request(struct lbx_effects *effects, const struct lbx_kept_request *kept) {
    const struct lbx_request *request = &kept->request;
    switch (kept->kept) {
    case LBX_KEPT_NEW:
        write_made(effects->made, request);
        write_access(effects, kept);
        return;
    case LBX_KEPT_WHOLE:
        write_changed(effects->changed, request);
        write_access(effects, kept);
        return;
    case LBX_KEPT_STANDING:
        write_moved(effects->moved, request);
        return;
    }
}

/* The requests that moved and what is told of them, in one statement: it adds their particulars. */
static void save_moved(struct lbx_effects *effects, struct lbx_calls *calls) {
    const char *told[TOLD_COLUMNS];
    for (size_t i = 0; i < TOLD_COLUMNS; i++)
        told[i] = lbx_rows_array(effects->told, i);
    lbx_rows_call(effects->moved, calls, &sql_store_move_requests, TOLD_COLUMNS, told);
}

void lbx_effects_save(struct lbx_effects *effects, struct lbx_calls *calls) {
    bool due = false;
    for (struct lbx_kept_request *kept = effects->dirty; kept; kept = kept->next_dirty) {
        write_request(effects, kept);
        due |= lbx_request_due(&kept->request) != 0;
    }
    save_moved(effects, calls);
    lbx_rows_call(effects->made, calls, &sql_store_insert_requests, 0, NULL);
    lbx_rows_call(effects->changed, calls, &sql_store_update_requests, 0, NULL);
    lbx_rows_call(effects->opened, calls, &sql_store_open_access, 0, NULL);
    lbx_rows_call(effects->ended, calls, &sql_store_end_access, 0, NULL);
    lbx_rows_call(effects->outbox, calls, &sql_store_outbox, 0, NULL);
    lbx_rows_call(effects->quarantine, calls, &sql_store_quarantine, 1, &effects->consumer);
    if (effects->published || effects->quarantined)
        lbx_calls_add(calls, &sql_store_wake_relay, 0, NULL);
    if (due)
        lbx_calls_add(calls, &sql_store_wake_expirer, 0, NULL);
}

/* ---- loading ---- */

size_t lbx_requests_load(const char *ids, const char *tickets, struct lbx_calls *calls) {
    return LBX_CALL(calls, &sql_store_load_requests, ids, tickets);
}

static enum lbx_err read_request(const struct lbx_table *table, const char *id, const char *text,
                                 struct lbx_arena *arena, struct lbx_request *request) {
    struct lbx_reason reason;
    enum lbx_err err = lbx_fields_recall(table, text, strlen(text), arena, request, &reason);
    if (err == LBX_OK)
        return LBX_OK;
    lbx_log(LBX_LOG_ERROR, "a request's row cannot be read", LBX_S("request_id", id),
            LBX_S("reason", reason.text));
    return LBX_ERR_INTERNAL;
}

enum lbx_err lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                               struct lbx_map *by_id) {
    size_t count = lbx_pg_row_count(pg, call);
    for (size_t i = 0; i < count; i++) {
        struct lbx_kept_request *kept = LBX_ARENA_NEW(arena, struct lbx_kept_request);
        enum lbx_err err = read_request(&lbx_request_table, lbx_pg_cell(pg, call, i, 0),
                                        lbx_pg_cell(pg, call, i, 1), arena, &kept->request);
        if (err != LBX_OK)
            return err;
        kept->kept = LBX_KEPT_WHOLE;
        kept->access_end = lbx_request_access_end(&kept->request);
        lbx_map_set(by_id, kept->request.request_id, kept);
    }
    return LBX_OK;
}

enum lbx_err lbx_request_read_standing(const struct lbx_pg *pg, size_t call, size_t row,
                                       struct lbx_arena *arena, struct lbx_kept_request *ret_kept) {
    *ret_kept = (struct lbx_kept_request){.kept = LBX_KEPT_STANDING};
    return read_request(&lbx_request_standing_table, lbx_pg_cell(pg, call, row, 0),
                        lbx_pg_cell(pg, call, row, 1), arena, &ret_kept->request);
}

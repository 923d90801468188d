#include "models/models.h"

#include "models/project.h"
#include "sql_models.h"

#include <string.h>

const struct lbx_sql *const *const lbx_models_statements = sql_models_all;

void lbx_models_init(struct lbx_models *models) {
#define INIT(member, columns) lbx_rows_init(&models->member, columns);
    LBX_MODELS(INIT)
#undef INIT
    models->saved_call = models->judged_call = SIZE_MAX;
}

void lbx_models_done(struct lbx_models *models) {
#define DONE(member, columns) lbx_rows_done(&models->member);
    LBX_MODELS(DONE)
#undef DONE
}

bool lbx_models_reads(enum lbx_topic topic) {
    return topic == LBX_TOPIC_EVENTS || topic == LBX_TOPIC_ACCESSES;
}

/* ---- one record ---- */

static void add_unreadable(struct lbx_models *models, const struct lbx_record *record,
                           const char *event_id, const char *reason) {
    struct lbx_rows *rows = &models->unreadable;
    lbx_project_place(rows, record);
    lbx_project_timestamp(rows, record);
    lbx_rows_text(rows, record->topic == LBX_TOPIC_ACCESSES ? "access" : "event");
    lbx_rows_text(rows, reason);
    lbx_rows_text(rows, event_id);
}

void lbx_models_add(struct lbx_models *models, const struct lbx_record *record,
                    const struct lbx_event_summary *summary, const struct lbx_event *event,
                    const char *reason) {
    if (!lbx_models_reads(record->topic))
        return;
    const struct lbx_seen seen = {models, record, summary, event};
    const char *wrong = reason;
    if (!wrong && record->topic == LBX_TOPIC_EVENTS && !event->time)
        wrong = "/time: missing";
    if (!wrong)
        wrong = lbx_project(&seen);
    if (wrong)
        add_unreadable(models, record, summary->event_id, wrong);
}

/* ---- from the store ---- */

static enum lbx_err read_stored(const struct lbx_pg *pg, size_t call, size_t row,
                                struct lbx_arena *arena, struct lbx_record *record) {
    size_t len;
    struct lbx_header *headers = NULL;
    const char *topic = lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 0));
    *record = (struct lbx_record){
        .topic = lbx_topic_of(topic, NULL),
        .topic_name = topic,
        .partition = (int32_t)lbx_pg_cell_int(pg, call, row, 1),
        .offset = lbx_pg_cell_int(pg, call, row, 2),
        .timestamp_ms = lbx_pg_cell_int(pg, call, row, 3),
    };
    record->key = lbx_pg_cell_bytes(pg, call, row, 4, arena, &record->key_len);
    record->value = lbx_pg_cell_bytes(pg, call, row, 6, arena, &record->value_len);
    const void *bytes = lbx_pg_cell_bytes(pg, call, row, 5, arena, &len);
    enum lbx_err err =
        lbx_record_headers_decode(bytes, len, arena, &headers, &record->header_count);
    record->headers = headers;
    return err;
}

enum lbx_err lbx_models_add_stored(struct lbx_models *models, const struct lbx_pg *pg, size_t call,
                                   size_t row, struct lbx_arena *arena,
                                   struct lbx_record *ret_record) {
    struct lbx_event_summary summary;
    struct lbx_event event;
    struct lbx_reason reason;
    enum lbx_err err = read_stored(pg, call, row, arena, ret_record);
    if (err != LBX_OK || !lbx_models_reads(ret_record->topic))
        return err;
    enum lbx_err wrong =
        lbx_event_decode_with_summary(ret_record, arena, &summary, &event, &reason);
    lbx_models_add(models, ret_record, &summary, &event, wrong == LBX_OK ? NULL : reason.text);
    return LBX_OK;
}

/* ---- writing ---- */

static size_t add_call(struct lbx_rows *rows, struct lbx_calls *calls, const struct lbx_sql *sql) {
    size_t call = calls->count;
    lbx_rows_call(rows, calls, sql, 0, NULL);
    return calls->count > call ? call : SIZE_MAX;
}

static bool any(const struct lbx_models *models) {
    size_t cells = 0;
#define COUNT(member, columns) cells += models->member.cells;
    LBX_MODELS(COUNT)
#undef COUNT
    return cells > 0;
}

/* What a request's record says of its other records' rows. */
static void place_activities(struct lbx_rows *requests, struct lbx_calls *calls) {
    enum { REQUEST_ID = 0, RESOURCE_ID = 10 };
    if (requests->cells)
        LBX_CALL(calls, &sql_models_place_activities, lbx_rows_array(requests, REQUEST_ID),
                 lbx_rows_array(requests, RESOURCE_ID));
}

void lbx_models_save(struct lbx_models *models, bool alone, struct lbx_calls *calls) {
    bool meet = models->accesses.cells || models->items.cells || models->owners.cells;
    if (!any(models))
        return;
    if (!alone)
        LBX_CALL(calls, &sql_models_lock, meet ? "t" : "f");
    add_call(&models->requests, calls, &sql_models_save_requests);
    add_call(&models->versions, calls, &sql_models_save_versions);
    add_call(&models->items, calls, &sql_models_save_items);
    add_call(&models->decisions, calls, &sql_models_save_decisions);
    add_call(&models->notifications, calls, &sql_models_save_notifications);
    add_call(&models->activities, calls, &sql_models_save_activities);
    place_activities(&models->requests, calls);
    add_call(&models->owners, calls, &sql_models_save_owners);
    models->saved_call = add_call(&models->accesses, calls, &sql_models_save_accesses);
    models->judged_call = add_call(&models->given, calls, &sql_models_judge_accesses);
    add_call(&models->moved, calls, &sql_models_assign_tenants);
    add_call(&models->unreadable, calls, &sql_models_save_unreadable);
}

struct lbx_models_found lbx_models_read(const struct lbx_models *models, const struct lbx_pg *pg) {
    struct lbx_models_found found = {.unreadable = (int64_t)lbx_rows_count(&models->unreadable)};
    if (models->saved_call != SIZE_MAX)
        found.violations += lbx_pg_cell_int(pg, models->saved_call, 0, 0);
    if (models->judged_call != SIZE_MAX) {
        found.violations += lbx_pg_cell_int(pg, models->judged_call, 0, 0);
        found.resolved = lbx_pg_cell_int(pg, models->judged_call, 0, 1);
    }
    return found;
}

/* Collects rows of the read models for a batch, and saves them by one statement for each model.
 * Promises the same rows whatever the order of records. A record that cannot be read becomes a
 * row of `unreadable`; cannot fail otherwise. */
#include "models/models.h"

#include "models/project.h"
#include "sql_models.h"

#include <string.h>

const struct lbx_sql *const *const lbx_models_statements = sql_models_all;

void lbx_models_init(struct lbx_models *models) {
    *models = (struct lbx_models){.saved_call = LBX_NO_CALL, .judged_call = LBX_NO_CALL};
}

void lbx_models_done(struct lbx_models *models) {
#define DONE(member) lbx_pg_arrays_done(&models->member);
    LBX_MODELS(DONE)
#undef DONE
}

bool lbx_models_reads(enum lbx_topic topic) {
    return topic == LBX_TOPIC_EVENTS || topic == LBX_TOPIC_ACCESSES;
}

/* ---- one record ---- */

static void add_unreadable(struct lbx_models *models, const struct lbx_record *record,
                           const char *event_id, const char *reason) {
    LBX_PG_ADD(&models->unreadable, models_save_unreadable_given, .topic = lbx_record_log(record),
               .partition = record->partition, .offset = record->offset,
               .kafka_ms = lbx_project_timestamp(record),
               .about = record->topic == LBX_TOPIC_ACCESSES ? "access" : "event", .reason = reason,
               .event_id = event_id);
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

/* ---- stored records ---- */

enum lbx_err lbx_models_add_stored(struct lbx_models *models, struct lbx_record record,
                                   struct lbx_bytes headers, struct lbx_arena *arena) {
    struct lbx_header *decoded = NULL;
    struct lbx_event_summary summary;
    struct lbx_event event;
    struct lbx_reason reason;
    enum lbx_err err =
        lbx_record_headers_decode(headers.data, headers.len, arena, &decoded, &record.header_count);
    record.headers = decoded;
    record.topic = lbx_topic_of(record.topic_name, NULL);
    if (err != LBX_OK || !lbx_models_reads(record.topic))
        return err;
    enum lbx_err wrong = lbx_event_decode_with_summary(&record, arena, &summary, &event, &reason);
    lbx_models_add(models, &record, &summary, &event, wrong == LBX_OK ? NULL : reason.text);
    return LBX_OK;
}

/* ---- writing ---- */

static bool any(const struct lbx_models *models) {
    size_t rows = 0;
#define COUNT(member) rows += models->member.count;
    LBX_MODELS(COUNT)
#undef COUNT
    return rows > 0;
}

/* Saves independent rows first, so that only the rest runs in one transaction at a time. The two parts write
 * different tables: a transaction that waits for the lock holds no row that the lock's holder needs. */
void lbx_models_save(struct lbx_models *models, bool alone, struct lbx_pg_pipeline *calls) {
    bool meet = models->accesses.count || models->items.count || models->owners.count;
    if (!any(models))
        return;
    if (!alone)
        lbx_pg_call(calls, &sql_models_lock, NULL);
    LBX_PG_CALL(calls, models_save_requests, &models->requests);
    LBX_PG_CALL(calls, models_save_versions, &models->versions);
    LBX_PG_CALL(calls, models_save_decisions, &models->decisions);
    LBX_PG_CALL(calls, models_save_notifications, &models->notifications);
    if (!alone && meet)
        lbx_pg_call(calls, &sql_models_meet, NULL);
    LBX_PG_CALL(calls, models_save_items, &models->items);
    LBX_PG_CALL(calls, models_save_activities, &models->activities);
    LBX_PG_CALL(calls, models_place_activities, &models->requests);
    LBX_PG_CALL(calls, models_save_owners, &models->owners);
    models->saved_call = LBX_PG_CALL(calls, models_save_accesses, &models->accesses);
    models->judged_call = LBX_PG_CALL(calls, models_judge_accesses, &models->items);
    LBX_PG_CALL(calls, models_assign_tenants, &models->owners);
    LBX_PG_CALL(calls, models_save_unreadable, &models->unreadable);
}

struct lbx_models_found lbx_models_read(const struct lbx_models *models, const struct lbx_pg *pg) {
    struct lbx_models_found found = {.unreadable =
                                         (int64_t)lbx_pg_arrays_count(&models->unreadable)};
    if (models->saved_call != LBX_NO_CALL)
        found.violations =
            LBX_PG_READ(pg, models->saved_call, 0, models_save_accesses, NULL).violations;
    if (models->judged_call != LBX_NO_CALL) {
        const struct sql_models_judge_accesses_answer judged =
            LBX_PG_READ(pg, models->judged_call, 0, models_judge_accesses, NULL);
        found.violations += judged.violations;
        found.resolved = judged.resolved;
    }
    return found;
}

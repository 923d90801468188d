/* Queries PostgreSQL for the threads of reviews: one statement for each question, by a pool of
 * connections; asking.c calls access_check for several questions at once. Fails as database.h says. */
#include "database.h"

#include "asking.h"
#include "base/base64.h"
#include "pool.h"
#include "sql_authorizer.h"

struct database {
    struct pool pool;
    struct asking asking;
};

struct database *database_open(const char *url) {
    struct database *database = lbx_calloc(sizeof *database);
    pool_init(&database->pool, url);
    asking_init(&database->asking, &database->pool);
    return database;
}

void database_close(struct database *database) {
    if (!database)
        return;
    pool_done(&database->pool);
    free(database);
}

size_t database_connect(struct database *database) {
    return pool_connect(&database->pool);
}

enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) {
    return asking_ask(&database->asking, question, arena, ret_grant);
}

static struct lbx_trace trace_of(const char *traceparent, const char *tracestate,
                                 struct lbx_arena *arena) {
    return lbx_trace_of(lbx_arena_strdup(arena, traceparent), lbx_arena_strdup(arena, tracestate));
}

static enum lbx_err show(struct lbx_pg *pg, const char *request_id, struct lbx_arena *arena,
                         struct evidence *ret_evidence) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_evidence, .request_id = request_id);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(pg, call) != 1)
        err = LBX_ERR_NOT_FOUND;
    if (err == LBX_OK) {
        const struct sql_authorizer_evidence_answer it =
            LBX_PG_READ(pg, call, 0, authorizer_evidence, arena);
        *ret_evidence = (struct evidence){
            .consent = lbx_arena_strdup(arena, it.consent),
            .decisions = lbx_arena_strdup(arena, it.decisions),
            .starts_asked = it.starts_asked,
            .decide_by = it.decide_by,
            .open = it.open,
            .trace = trace_of(it.traceparent, it.tracestate, arena),
        };
        if (!it.consent || !it.decisions)
            err = LBX_ERR_UNAVAILABLE;
    }
    lbx_pg_release(pg);
    return err;
}

enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = pool_take(&database->pool, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = show(it->pg, request_id, arena, ret_evidence);
    pool_give_back(&database->pool, it);
    return err == LBX_ERR_NOT_FOUND ? err : pool_in_time(err, since_us);
}

static enum lbx_err forbidden(struct lbx_pg *pg, const char *resource_id, struct lbx_arena *arena,
                              const char **ret_entries) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_forbidden, .resource_id = resource_id);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(pg, call) != 1)
        err = LBX_ERR_INTERNAL;
    if (err == LBX_OK) {
        const struct sql_authorizer_forbidden_answer it =
            LBX_PG_READ(pg, call, 0, authorizer_forbidden, arena);
        *ret_entries = lbx_arena_strdup(arena, it.entries);
        if (!it.entries)
            err = LBX_ERR_INTERNAL;
    }
    lbx_pg_release(pg);
    return err;
}

enum lbx_err database_forbidden(struct database *database, const char *resource_id,
                                struct lbx_arena *arena, const char **ret_entries) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = pool_take(&database->pool, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = forbidden(it->pg, resource_id, arena, ret_entries);
    pool_give_back(&database->pool, it);
    return pool_in_time(err, since_us);
}

static enum lbx_err grants(struct lbx_pg *pg, const struct question *question,
                           struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_grants, .engineer_id = question->engineer_id,
                              .resource_id = question->resource_id, .action = question->action,
                              .namespace = question->namespace, .kind = question->kind,
                              .name = question->name);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    size_t count = err == LBX_OK ? lbx_pg_row_count(pg, call) : 0;
    struct grant *list = LBX_ARENA_ARRAY(arena, struct grant, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sql_authorizer_grants_answer it =
            LBX_PG_READ(pg, call, i, authorizer_grants, arena);
        list[i] = (struct grant){
            .allowed = true,
            .request_id = lbx_arena_strdup(arena, it.request_id),
            .expires_at = it.expires_at,
            .reason = lbx_arena_strdup(arena, it.reason),
            .version = it.version,
            .is_named = it.is_named,
            .trace = trace_of(it.traceparent, it.tracestate, arena),
        };
    }
    lbx_pg_release(pg);
    *ret_list = list;
    *ret_count = count;
    return err;
}

enum lbx_err database_grants(struct database *database, const struct question *question,
                             struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = pool_take(&database->pool, since_us);
    *ret_count = 0;
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = grants(it->pg, question, arena, ret_list, ret_count);
    pool_give_back(&database->pool, it);
    return pool_in_time(err, since_us);
}

enum lbx_err database_quarantine(struct database *database,
                                 const struct unreadable_report *report) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = pool_take(&database->pool, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    struct lbx_pg_pipeline calls = {0};
    struct lbx_buf base64 LBX_BUF = {0};
    lbx_base64_encode(report->bytes, report->len, &base64);
    LBX_PG_CALL(&calls, authorizer_report, .topic = report->topic, .source = report->source,
                .base64 = base64.data ? base64.data : "", .reason = report->reason);
    enum lbx_err err = lbx_pg_run(it->pg, &calls);
    lbx_pg_release(it->pg);
    pool_give_back(&database->pool, it);
    return pool_in_time(err, since_us);
}

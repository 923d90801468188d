/* A pool of connections. The worker's loop makes them, so that a server that does not answer holds up no review; a
 * watch breaks a connection whose answer is late, which ends the wait of the thread that asked by it. */
#include "database.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/memory.h"
#include "io/pg.h"
#include "sql_authorizer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CONNECTIONS = 8 };
#define ANSWER_US (2 * LBX_SECOND_US)
#define LOOK_US (50 * LBX_MS_US)

struct connection {
    struct lbx_pg *pg; /* NULL: none */
    bool busy;
    int64_t since_us; /* while it is busy */
};

struct database {
    const char *url;
    struct connection list[CONNECTIONS];
    pthread_mutex_t lock;
    pthread_cond_t freed, taken;
    pthread_t watch;
    size_t busy;
    bool asleep; /* the watch, until somebody asks */
    bool closing;
};

static struct timespec at(int64_t us) {
    return (struct timespec){.tv_sec = us / LBX_SECOND_US, .tv_nsec = us % LBX_SECOND_US * 1000};
}

/* ---- the watch ---- */

static void break_late(struct database *database) {
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &database->list[i];
        if (it->busy && lbx_monotonic_us() - it->since_us >= ANSWER_US)
            shutdown(lbx_pg_fd(it->pg), SHUT_RDWR);
    }
}

/* Wakes when somebody asks, and then every LOOK_US until nobody does: waking for each question would cost more than some
 * of them. */
static void *watch(void *context) {
    struct database *database = context;
    pthread_mutex_lock(&database->lock);
    while (!database->closing) {
        struct timespec until = at(lbx_monotonic_us() + LOOK_US);
        if (pthread_cond_timedwait(&database->taken, &database->lock, &until) != ETIMEDOUT)
            continue;
        break_late(database);
        database->asleep = database->busy == 0;
        while (database->asleep && !database->closing)
            pthread_cond_wait(&database->taken, &database->lock);
    }
    pthread_mutex_unlock(&database->lock);
    return NULL;
}

/* ---- life ---- */

struct database *database_open(const char *url) {
    struct database *database = lbx_calloc(sizeof *database);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->freed, &monotonic);
    pthread_cond_init(&database->taken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    database->url = url;
    if (pthread_create(&database->watch, NULL, watch, database) != 0)
        abort();
    return database;
}

void database_close(struct database *database) {
    if (!database)
        return;
    pthread_mutex_lock(&database->lock);
    database->closing = true;
    pthread_cond_signal(&database->taken);
    pthread_mutex_unlock(&database->lock);
    pthread_join(database->watch, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        lbx_pg_close(database->list[i].pg);
    pthread_cond_destroy(&database->taken);
    pthread_cond_destroy(&database->freed);
    pthread_mutex_destroy(&database->lock);
    free(database);
}

/* Only the loop gives a place its connection, so a place without one stays as it is while the lock is open. */
size_t database_connect(struct database *database) {
    static const struct lbx_sql *const *const statements[] = {sql_authorizer_all, NULL};
    const struct lbx_pg_options options = {
        .url = database->url,
        .application = "lockbox-authorizer",
        .search_path = "lockbox",
        .writes = true, /* a standby may not know of a revoke yet */
        .patience_us = ANSWER_US,
    };
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &database->list[i];
        struct lbx_pg *pg = NULL;
        pthread_mutex_lock(&database->lock);
        bool missing = !it->pg;
        pthread_mutex_unlock(&database->lock);
        if (missing && lbx_pg_open(&options, statements, &pg) != LBX_OK)
            return count; /* the others would fare no better */
        pthread_mutex_lock(&database->lock);
        if (missing)
            it->pg = pg;
        pthread_cond_signal(&database->freed);
        pthread_mutex_unlock(&database->lock);
        count++;
    }
    return count;
}

/* ---- asking ---- */

static struct connection *free_one(struct database *database) {
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (database->list[i].pg && !database->list[i].busy)
            return &database->list[i];
    return NULL;
}

/* NULL: none became free in time. */
static struct connection *take(struct database *database, int64_t since_us) {
    struct timespec until = at(since_us + ANSWER_US);
    pthread_mutex_lock(&database->lock);
    struct connection *it;
    int waited = 0;
    while (!(it = free_one(database)) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&database->freed, &database->lock, &until);
    if (it) {
        it->busy = true;
        it->since_us = since_us;
        database->busy++;
        if (database->asleep)
            pthread_cond_signal(&database->taken);
        database->asleep = false;
    }
    pthread_mutex_unlock(&database->lock);
    return it;
}

static void give_back(struct database *database, struct connection *it) {
    pthread_mutex_lock(&database->lock);
    if (!lbx_pg_alive(it->pg)) {
        lbx_pg_close(it->pg);
        it->pg = NULL;
    }
    it->busy = false;
    database->busy--;
    pthread_cond_signal(&database->freed);
    pthread_mutex_unlock(&database->lock);
}

static enum lbx_err ask(struct lbx_pg *pg, const struct question *question, struct lbx_arena *arena,
                        struct grant *ret_grant) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_ask, .engineer_id = question->engineer_id,
                              .resource_id = question->resource_id, .action = question->action,
                              .namespace = question->namespace, .kind = question->kind,
                              .name = question->name, .content_digest = question->content_digest);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(pg, call) != 1)
        err = LBX_ERR_INTERNAL;
    if (err == LBX_OK) {
        const struct sql_authorizer_ask_answer it = LBX_PG_READ(pg, call, 0, authorizer_ask, arena);
        *ret_grant = (struct grant){
            .allowed = it.allowed,
            .request_id = lbx_arena_strdup(arena, it.request_id),
            .expires_at = it.expires_at,
            .reason = lbx_arena_strdup(arena, it.reason),
            .version = it.version,
        };
    }
    lbx_pg_release(pg);
    return err;
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
        };
        if (!it.consent || !it.decisions)
            err = LBX_ERR_UNAVAILABLE;
    }
    lbx_pg_release(pg);
    return err;
}

static enum lbx_err in_time(enum lbx_err err, int64_t since_us) {
    return err == LBX_OK && lbx_monotonic_us() - since_us < ANSWER_US ? LBX_OK
                                                                      : LBX_ERR_UNAVAILABLE;
}

enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = show(it->pg, request_id, arena, ret_evidence);
    give_back(database, it);
    return err == LBX_ERR_NOT_FOUND ? err : in_time(err, since_us);
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
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = forbidden(it->pg, resource_id, arena, ret_entries);
    give_back(database, it);
    return in_time(err, since_us);
}

enum lbx_err database_quarantine(struct database *database,
                                 const struct unreadable_report *report) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    struct lbx_pg_pipeline calls = {0};
    struct lbx_buf base64 LBX_BUF = {0};
    lbx_base64_encode(report->bytes, report->len, &base64);
    LBX_PG_CALL(&calls, authorizer_report, .topic = report->topic, .source = report->source,
                .base64 = base64.data ? base64.data : "", .reason = report->reason);
    enum lbx_err err = lbx_pg_run(it->pg, &calls);
    lbx_pg_release(it->pg);
    give_back(database, it);
    return in_time(err, since_us);
}

enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = ask(it->pg, question, arena, ret_grant);
    give_back(database, it);
    return in_time(err, since_us);
}

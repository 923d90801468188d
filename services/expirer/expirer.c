/* Ends due requests in batches, and sleeps until the next one is due or a new deadline is
 * notified. Promises that a request ends once, however many expirers run (SKIP LOCKED); two
 * sessions share a backlog, so that one uses the database while the other applies rules. Fails:
 * a batch is rolled back as a whole, and tried again; if the database refused it, with fewer
 * requests each time, down to the one at fault, which is skipped. */
#include "expirer.h"

#include "base/clock.h"
#include "left_out.h"

#include "base/uuid.h"
#include "sql_expirer.h"
#include "store/limits.h"
#include "store/metrics.h"
#include "store/unit.h"
#include "worker/connection.h"
#include "worker/spans.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* Requests of one transaction: enough that a flush to disk costs little, and few enough for the
 * processor's cache. */
enum { BATCH = 500 };
/* Time until the next look for a due request that another transaction locks. */
#define HELD_ELSEWHERE_US INT64_C(100000)
/* Longest sleep, as the clock may be set, and its mark is to be raised. */
#define SLEEP_MOST_US (60 * LBX_SECOND_US)

static struct lbx_metric requests_ended = {.name = "requests_ended_total",
                                           .help = "Requests that time ended"};
struct lbx_metric *const expirer_metrics[] = {
    &requests_ended,      &lbx_events_metric,    &lbx_verdicts_metric,
    &lbx_refusals_metric, &lbx_published_metric, &lbx_unreadable_metric,
    &lbx_left_out_metric, &lbx_clock_metric,     NULL};

/* The state of one session. */
struct session {
    struct lbx_worker *worker;
    struct lbx_pg *pg;
    enum lbx_err err;
    size_t most;               /* most requests of the next batch */
    size_t last;               /* requests of the last batch */
    bool full;                 /* the batch had as many as it asked for: more are due */
    bool moved;                /* a request of the batch changed */
    char first[LBX_UUID_SIZE]; /* first request of the last batch */
};

static void end_due(struct session *session, struct lbx_arena *arena, size_t call,
                    struct lbx_unit *unit) {
    const struct lbx_limits limits = lbx_limits_of(&session->worker->settings);
    size_t count = lbx_pg_row_count(session->pg, call);
    struct lbx_stored_request *due = LBX_ARENA_ARRAY(arena, struct lbx_stored_request, count);
    for (size_t i = 0; i < count; i++) {
        const struct sql_expirer_take_due_answer it =
            LBX_PG_READ(session->pg, call, i, expirer_take_due, NULL);
        if (i == 0)
            snprintf(session->first, sizeof session->first, "%s", it.request_id);
        if (lbx_request_read_clock(it.request_id, it.standing, arena, &due[i]) != LBX_OK) {
            left_out_add(it.request_id, lbx_unreadable_row());
            continue;
        }
        due[i].trace = lbx_trace_of(lbx_arena_strdup(arena, it.traceparent),
                                    lbx_arena_strdup(arena, it.tracestate));
        lbx_unit_pass_time(unit, &due[i], &limits);
    }
}

static enum lbx_err end_batch(struct session *session, struct lbx_arena *arena) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    struct lbx_unit unit;
    const int64_t began_us = lbx_realtime_us();
    left_out_array(&left_out);
    lbx_unit_init(&unit, arena, session->worker->source, session->worker->name);
    lbx_pg_call(&calls, &lbx_sql_begin, NULL);
    size_t due_call = LBX_PG_CALL(&calls, expirer_take_due, .most = (int64_t)session->most,
                                  .left_out = &left_out);
    size_t clock_call = lbx_clock_add(&calls);
    enum lbx_err err = lbx_pg_run(session->pg, &calls);
    if (err == LBX_OK && (err = lbx_unit_read_clock(&unit, session->pg, clock_call)) != LBX_OK)
        lbx_pg_rollback(session->pg);
    if (err == LBX_OK) {
        session->last = lbx_pg_row_count(session->pg, due_call);
        end_due(session, arena, due_call, &unit);
        calls = (struct lbx_pg_pipeline){0};
        lbx_unit_save(&unit, &calls);
        lbx_pg_call(&calls, &lbx_sql_commit, NULL);
        err = lbx_pg_run(session->pg, &calls);
    }
    if (err == LBX_OK) {
        lbx_metric_add(&requests_ended, (int64_t)session->last);
        lbx_metric_add(&lbx_published_metric, (int64_t)unit.published);
        session->moved = unit.published > 0;
        lbx_spans_of_time(&unit, session->worker->name, began_us);
    }
    lbx_unit_done(&unit);
    return err;
}

static bool is_stopping(const struct session *session) {
    struct lbx_worker *worker = session->worker;
    return session->pg == worker->pg ? lbx_worker_stopping(worker) : worker->stopping;
}

/* Handles a failed batch. Returns whether to try again at once. */
static bool sort_out(struct session *session) {
    if (!lbx_pg_alive(session->pg) || is_stopping(session))
        return false;
    if (session->last > 1) {
        session->most = session->last / 2;
        return true;
    }
    if (session->err != LBX_ERR_INVALID || session->last == 0 || left_out_is_full())
        return false;
    lbx_row_refused("request", session->first, lbx_pg_sqlstate(session->pg));
    left_out_add(session->first, lbx_refused_row());
    return true;
}

static void end_one(struct session *session) {
    do {
        struct lbx_arena arena LBX_CLEANUP(lbx_arena_done) = {0};
        session->last = 0;
        session->moved = false;
        session->err = end_batch(session, &arena);
    } while (session->err != LBX_OK && sort_out(session));
    session->full = session->last == session->most;
    session->most = session->most < BATCH / 2 ? session->most * 2 : BATCH;
}

/* ---- a backlog ---- */

struct helper {
    struct session session;
    atomic_bool stopping;
};

static void *help(void *argument) {
    struct helper *helper = argument;
    struct session *session = &helper->session;
    session->err = lbx_connection_open(session->worker, session->worker->settings.database_url,
                                       "lockbox-expirer", "lockbox", session->worker->statements,
                                       &session->pg);
    do
        if (session->err == LBX_OK)
            end_one(session);
    while (session->err == LBX_OK && session->full && !atomic_load(&helper->stopping));
    lbx_pg_close(session->pg);
    return NULL;
}

/* Ends batches until one is not full. Requests that the helper could not end are left to this session. */
static void end_backlog(struct session *session) {
    struct helper helper = {.session = {.worker = session->worker, .most = BATCH}};
    pthread_t thread;
    bool helped = pthread_create(&thread, NULL, help, &helper) == 0;
    do
        end_one(session);
    while (session->err == LBX_OK && session->full && !lbx_worker_stopping(session->worker));
    atomic_store(&helper.stopping, true);
    if (helped)
        pthread_join(thread, NULL);
}

/* ---- a round ---- */

static enum lbx_err until_next(struct lbx_worker *worker, int64_t *ret_wait_us) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    left_out_array(&left_out);
    size_t call = LBX_PG_CALL(&calls, expirer_next_due, .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    const struct sql_expirer_next_due_answer next =
        LBX_PG_READ(worker->pg, call, 0, expirer_next_due, NULL);
    *ret_wait_us = !next.due_at             ? SLEEP_MOST_US
                   : next.due_at > next.now ? next.due_at - next.now
                                            : HELD_ELSEWHERE_US;
    if (*ret_wait_us > SLEEP_MOST_US)
        *ret_wait_us = SLEEP_MOST_US;
    const int64_t again_us = left_out_look_again();
    if (again_us < *ret_wait_us)
        *ret_wait_us = again_us;
    return LBX_OK;
}

enum lbx_err expirer_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    (void)state;
    struct session session = {.worker = worker, .pg = worker->pg, .most = BATCH};
    (void)left_out_look_again();
    end_one(&session);
    if (session.err == LBX_OK && session.full)
        end_backlog(&session);
    if (session.err != LBX_OK)
        return session.err;
    if (!session.moved)
        return until_next(worker, ret_wait_us);
    *ret_wait_us = 0; /* further requests may be due by now */
    return LBX_OK;
}

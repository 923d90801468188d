/* Calls audit.judge, which looks for breaches in stored records, in a thread with its own
 * connection, so that storing never waits for it. Promises that one auditor at a time judges
 * each record, some seconds after it was stored. Fails: after an error the next round takes half
 * as many records, so that slow records stop no others; if errors persist the worker is not
 * ready. The database keeps the position, so that no record is missed. */
#include "judge.h"

#include "sql_auditor.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "worker/connection.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 200, ROUND_S = 2 }; /* most records of a round; seconds between rounds */
#define FAILING_MOST_US (10 * LBX_SECOND_US)

struct lbx_metric auditor_judged_metric = {
    .name = "records_judged_total", .help = "Events and accesses held against the topics of input"};

struct lbx_metric auditor_unjudged_metric = {
    .type = LBX_AGE,
    .name = "unjudged_seconds",
    .help = "How long the database has not judged all that it could; 0: it has"};

struct judge {
    struct lbx_worker *worker;
    pthread_t thread;
    bool runs;
    int32_t most;                     /* the thread's own: records of the next round, 1 to MOST */
    _Atomic int64_t failing_since_us; /* lbx_monotonic_us; 0: the last round succeeded */
    int64_t behind_since_us;          /* lbx_monotonic_us, the thread's own; 0: up to date */
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping; /* guarded by the lock */
};

static enum lbx_err judge_some(struct judge *judge, struct lbx_pg **pg, int64_t *ret_looked) {
    struct lbx_pg_pipeline calls = {0};
    enum lbx_err err = LBX_OK;
    *ret_looked = 0;
    if (!*pg)
        err = lbx_connection_open(judge->worker, judge->worker->settings.audit_database_url,
                                  "lockbox-auditor", "audit", judge->worker->statements, pg);
    if (err != LBX_OK)
        return err;
    size_t call = LBX_PG_CALL(&calls, auditor_judge, .most = judge->most);
    err = lbx_pg_run(*pg, &calls);
    judge->most = err != LBX_OK            ? (judge->most + 1) / 2
                  : judge->most > MOST / 2 ? MOST
                                           : judge->most * 2;
    if (err == LBX_OK)
        *ret_looked = LBX_PG_READ(*pg, call, 0, auditor_judge, NULL).looked;
    return err;
}

/* Waits for the next round, unless at_once. Returns whether the thread is to go on. */
static bool go_on(struct judge *judge, bool at_once) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ROUND_S;
    pthread_mutex_lock(&judge->lock);
    int waited = 0;
    while (!at_once && !judge->stopping && waited == 0)
        waited = pthread_cond_timedwait(&judge->stop, &judge->lock, &until);
    bool stopping = judge->stopping;
    pthread_mutex_unlock(&judge->lock);
    return !stopping;
}

static void note_failure(struct judge *judge, enum lbx_err err) {
    if (err == LBX_OK)
        atomic_store(&judge->failing_since_us, 0);
    else if (atomic_load(&judge->failing_since_us) == 0)
        atomic_store(&judge->failing_since_us, lbx_monotonic_us());
}

/* Notes whether judging is behind: the round took all it could, or failed. */
static void note_behind(struct judge *judge, bool behind) {
    if (!behind)
        judge->behind_since_us = 0;
    else if (judge->behind_since_us == 0)
        judge->behind_since_us = lbx_monotonic_us();
    lbx_metric_set(&auditor_unjudged_metric, judge->worker->lane, judge->behind_since_us);
}

static void *run(void *argument) {
    struct judge *judge = argument;
    struct lbx_pg *pg = NULL;
    int64_t looked = 0;
    while (go_on(judge, looked > 0)) {
        const int32_t most = judge->most;
        enum lbx_err err = judge_some(judge, &pg, &looked);
        lbx_metric_add(&auditor_judged_metric, looked);
        note_failure(judge, err);
        note_behind(judge, err != LBX_OK || looked >= most);
        if (err != LBX_OK) {
            lbx_log(LBX_LOG_WARN, "records are not judged", LBX_S("error", lbx_err_text(err)));
            lbx_pg_close(pg);
            pg = NULL;
        }
    }
    lbx_pg_close(pg);
    return NULL;
}

/* ---- life ---- */

static enum lbx_err judge_open(struct lbx_worker *worker, void **ret_state) {
    struct judge *judge = lbx_calloc(sizeof *judge);
    judge->worker = worker;
    judge->most = MOST;
    pthread_mutex_init(&judge->lock, NULL);
    pthread_condattr_t monotonic; /* a clock that is set holds up no round */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&judge->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    judge->runs = pthread_create(&judge->thread, NULL, run, judge) == 0;
    *ret_state = judge;
    return judge->runs ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

static enum lbx_err judge_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    (void)worker;
    (void)state;
    *ret_wait_us = LBX_NEVER_US;
    return LBX_OK;
}

static const char *judge_waiting_for(void *state) {
    struct judge *judge = state;
    const int64_t since_us = atomic_load(&judge->failing_since_us);
    return since_us && lbx_monotonic_us() - since_us > FAILING_MOST_US
               ? "waiting for the database to judge what is recorded: the log says what it does not do"
               : NULL;
}

static void judge_close(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct judge *judge = state;
    pthread_mutex_lock(&judge->lock);
    judge->stopping = true;
    pthread_cond_signal(&judge->stop);
    pthread_mutex_unlock(&judge->lock);
    if (judge->runs)
        pthread_join(judge->thread, NULL);
    pthread_cond_destroy(&judge->stop);
    pthread_mutex_destroy(&judge->lock);
    free(judge);
}

const struct lbx_rounds auditor_judge = {
    .open = judge_open,
    .round = judge_round,
    .waiting_for = judge_waiting_for,
    .close = judge_close,
};

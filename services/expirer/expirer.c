/* Takes due requests in batches, several expirers side by side (SKIP LOCKED), and sleeps until the next
 * is due; a new deadline is notified by whoever sets it.
 */
#include "expirer.h"

#include "event/time.h"
#include "sql_expirer.h"
#include "store/clock.h"
#include "store/effects.h"

/* Requests ended in one transaction: enough that its flush to disk weighs little. */
enum { BATCH = 2000 };
/* Rows that another transaction holds are not seen due here; look again this soon. */
#define HELD_ELSEWHERE_US INT64_C(100000)

static enum lbx_err end_due(struct lbx_worker *worker, struct lbx_arena *arena, size_t call,
                            struct lbx_effects *effects) {
    struct lbx_map requests;
    const struct lbx_limits limits = lbx_worker_limits(worker);
    lbx_map_init(&requests, arena);
    enum lbx_err err = lbx_requests_read(worker->pg, call, arena, &requests);
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(worker->pg, call); i++) {
        struct lbx_kept_request *kept = lbx_map_get(&requests, lbx_pg_cell(worker->pg, call, i, 0));
        lbx_effects_pass_time(effects, kept, &limits);
    }
    return err;
}

/* One batch; *ret_count: how many were due. */
static enum lbx_err batch(struct lbx_worker *worker, size_t limit, struct lbx_arena *arena,
                          size_t *ret_count) {
    struct lbx_calls calls = {0};
    struct lbx_effects effects;
    const char *most = lbx_arena_printf(arena, "%zu", limit);
    lbx_effects_init(&effects, arena, worker->source, worker->name);
    lbx_calls_add(&calls, &lbx_sql_begin, 0, NULL);
    size_t due_call = LBX_CALL(&calls, &sql_expirer_take_due, most);
    size_t clock_call = lbx_clock_add(&calls);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err == LBX_OK) {
        *ret_count = lbx_pg_row_count(worker->pg, due_call);
        effects.now = lbx_clock_read(worker->pg, clock_call);
        err = end_due(worker, arena, due_call, &effects);
        calls = (struct lbx_calls){0};
        lbx_effects_save(&effects, &calls);
        lbx_calls_add(&calls, &lbx_sql_commit, 0, NULL);
        if (err == LBX_OK)
            err = lbx_pg_run(worker->pg, &calls);
        else
            lbx_pg_rollback(worker->pg);
    }
    if (err == LBX_OK) {
        atomic_fetch_add(&worker->metrics.requests_ended, (int64_t)*ret_count);
        atomic_fetch_add(&worker->metrics.published, (int64_t)effects.published);
    }
    lbx_effects_done(&effects);
    return err;
}

static enum lbx_err until_next(struct lbx_worker *worker, int64_t *ret_wait_us) {
    struct lbx_calls calls = {0};
    size_t call = lbx_calls_add(&calls, &sql_expirer_next_due, 0, NULL);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    int64_t due_us, now_us;
    const char *due = lbx_pg_cell(worker->pg, call, 0, 0);
    if (!due)
        return LBX_OK;
    if (lbx_time_parse(due, &due_us) != LBX_OK ||
        lbx_time_parse(lbx_pg_cell(worker->pg, call, 0, 1), &now_us) != LBX_OK)
        return LBX_ERR_INTERNAL;
    *ret_wait_us = due_us > now_us ? due_us - now_us : HELD_ELSEWHERE_US;
    return LBX_OK;
}

enum lbx_err expirer_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    (void)state;
    size_t limit = BATCH, count = limit;
    enum lbx_err err = LBX_OK;
    while (err == LBX_OK && count == limit && !lbx_worker_stopping(worker)) {
        struct lbx_arena arena LBX_CLEANUP(lbx_arena_done) = {0};
        count = 0;
        err = batch(worker, limit, &arena, &count);
    }
    return err == LBX_OK ? until_next(worker, ret_wait_us) : err;
}

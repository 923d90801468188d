/* Reads gauges from the database by one statement. Promises the last values while it fails. A
 * failure is logged. */
#include "worker/gauges.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define ASK_EVERY_US (5 * LBX_SECOND_US)
enum { ANSWERS_MAX = 32 };

struct gauges {
    struct lbx_worker *worker;
    const struct lbx_gauges *declaration;
    int64_t next_us;
};

/* Sets a family's samples from the rows of the answer. */
static void show(struct lbx_metric *metric, const struct lbx_sql *sql, const struct lbx_pg *pg,
                 size_t call) {
    const size_t name = lbx_sql_answer(sql, "name"), value = lbx_sql_answer(sql, "value"),
                 label_value = lbx_sql_answer(sql, "label_value");
    struct lbx_metric_answer answers[ANSWERS_MAX];
    size_t count = 0;
    for (size_t row = 0; row < lbx_pg_row_count(pg, call) && count < ANSWERS_MAX; row++)
        if (strcmp(lbx_pg_cell(pg, call, row, name), metric->name) == 0)
            answers[count++] =
                (struct lbx_metric_answer){lbx_pg_cell(pg, call, row, label_value),
                                           strtod(lbx_pg_cell(pg, call, row, value), NULL)};
    lbx_metric_replace(metric, answers, count);
}

static enum lbx_err gauges_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    struct gauges *g = lbx_calloc(sizeof *g);
    *g = (struct gauges){.worker = worker, .declaration = declaration};
    lbx_metrics_register(g->declaration->metrics);
    *ret_state = g;
    return LBX_OK;
}

/* Keeps notifications that came with the answer, as the socket will not be readable for them
 * again. True: there is one, and the other parts are to be called. */
static bool heard(struct lbx_worker *worker) {
    bool any = false;
    if (lbx_pg_notified(worker->pg, &any) == LBX_OK)
        worker->notified |= any;
    return any;
}

static enum lbx_err gauges_serve(void *state, int64_t *ret_wake_us) {
    struct gauges *g = state;
    struct lbx_pg_pipeline calls = {0};
    if (g->worker->pg && lbx_monotonic_us() >= g->next_us) {
        size_t call = lbx_pg_call(&calls, g->declaration->sql, NULL);
        if (lbx_pg_run(g->worker->pg, &calls) == LBX_OK)
            for (struct lbx_metric *const *metric = g->declaration->metrics; *metric; metric++)
                show(*metric, g->declaration->sql, g->worker->pg, call);
        lbx_pg_release(g->worker->pg);
        g->next_us = lbx_monotonic_us() + ASK_EVERY_US;
    }
    *ret_wake_us = !g->worker->pg ? LBX_NEVER_US : heard(g->worker) ? 0 : g->next_us;
    return LBX_OK;
}

static void gauges_close(void *state) {
    free(state);
}

const struct lbx_part lbx_gauges_part = {
    .open = gauges_open,
    .serve = gauges_serve,
    .close = gauges_close,
    .only_shows = true,
};

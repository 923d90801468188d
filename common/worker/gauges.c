#include "worker/gauges.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_EVERY_US (5 * LBX_SECOND_US)
enum { NAME, HELP, LABEL, LABEL_VALUE, VALUE };

struct gauges {
    struct lbx_worker *worker;
    const struct lbx_sql *sql;
    int64_t next_us;
};

/* The last answer: what stands behind each metric's braces is added when it is shown. */
static struct gauge { char name[64], help[128], label[96], value[32]; } shown[32];
static size_t shown_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void copy(char *to, size_t size, const char *text) {
    size_t len = text ? strnlen(text, size - 1) : 0;
    if (len)
        memcpy(to, text, len);
    to[len] = '\0';
}

static void keep(const struct lbx_pg *pg, size_t call) {
    size_t most = sizeof shown / sizeof *shown, count = lbx_pg_row_count(pg, call);
    pthread_mutex_lock(&lock);
    shown_count = count < most ? count : most;
    for (size_t i = 0; i < shown_count; i++) {
        struct gauge *gauge = &shown[i];
        copy(gauge->name, sizeof gauge->name, lbx_pg_cell(pg, call, i, NAME));
        copy(gauge->help, sizeof gauge->help, lbx_pg_cell(pg, call, i, HELP));
        copy(gauge->value, sizeof gauge->value, lbx_pg_cell(pg, call, i, VALUE));
        *gauge->label = '\0';
        if (lbx_pg_cell(pg, call, i, LABEL))
            snprintf(gauge->label, sizeof gauge->label, ",%s=\"%s\"",
                     lbx_pg_cell(pg, call, i, LABEL), lbx_pg_cell(pg, call, i, LABEL_VALUE));
    }
    pthread_mutex_unlock(&lock);
}

void lbx_gauges_write(const char *worker, struct lbx_buf *out) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < shown_count; i++) {
        const struct gauge *gauge = &shown[i];
        if (i == 0 || strcmp(shown[i - 1].name, gauge->name) != 0)
            lbx_buf_printf(out, "# HELP lockbox_%s %s\n# TYPE lockbox_%s gauge\n", gauge->name,
                           gauge->help, gauge->name);
        lbx_buf_printf(out, "lockbox_%s{worker=\"%s\"%s} %s\n", gauge->name, worker, gauge->label,
                       gauge->value);
    }
    pthread_mutex_unlock(&lock);
}

static enum lbx_err gauges_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    struct gauges *g = lbx_calloc(sizeof *g);
    *g = (struct gauges){.worker = worker, .sql = declaration};
    *ret_state = g;
    return LBX_OK;
}

/* A notification that came with the answer does not wake the loop again: it is kept, and the parts are asked. */
static bool heard(struct lbx_worker *worker) {
    bool any = false;
    if (lbx_pg_notified(worker->pg, &any) == LBX_OK)
        worker->notified |= any;
    return any;
}

/* What fails here is logged where it fails, and is nobody's trouble but the reader's. */
static enum lbx_err gauges_serve(void *state, int64_t *ret_wake_us) {
    struct gauges *g = state;
    struct lbx_calls calls = {0};
    if (g->worker->pg && lbx_monotonic_us() >= g->next_us) {
        size_t call = lbx_calls_add(&calls, g->sql, 0, NULL);
        if (lbx_pg_run(g->worker->pg, &calls) == LBX_OK)
            keep(g->worker->pg, call);
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

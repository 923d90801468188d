/* Names of database rows that a worker skips for a minute, after PostgreSQL refused a transaction with them.
 * Promises that each is tried again within a minute, and that the worker is not ready meanwhile. Cannot fail. */
#include "worker/left_out.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/metrics.h"
#include "worker/worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_US (60 * LBX_SECOND_US)
enum { MOST = 1000 };

static atomic_size_t all; /* rows in all lists */

void lbx_left_out_began(const char *incident) {
    atomic_fetch_add(&all, 1);
    lbx_worker_incident(incident);
}

void lbx_left_out_over(size_t count) {
    if (count > 0 && atomic_fetch_sub(&all, count) == count)
        lbx_worker_incident(NULL);
}

bool lbx_left_out_full(const struct lbx_left_out *left_out) {
    return left_out->count >= MOST;
}

static void add(struct lbx_left_out *left_out, const char *name, const char *incident) {
    if (left_out->count == 0)
        left_out->again_us = lbx_monotonic_us() + AGAIN_US;
    left_out->names = lbx_realloc(left_out->names, sizeof *left_out->names * (left_out->count + 1));
    left_out->names[left_out->count++] = strdup(name);
    lbx_left_out_began(incident);
}

void lbx_left_out_refused(struct lbx_left_out *left_out, const char *table, const char *name,
                          const char *why) {
    lbx_row_refused(table, name, why);
    add(left_out, name, lbx_refused_row());
}

void lbx_left_out_unreadable(struct lbx_left_out *left_out, const char *table, const char *name,
                             const char *why) {
    lbx_row_unreadable(table, name, why);
    add(left_out, name, lbx_unreadable_row());
}

void lbx_left_out_array(const struct lbx_left_out *left_out, struct lbx_pg_arrays *ret_array) {
    *ret_array = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < left_out->count; i++)
        lbx_pg_array_text(ret_array, left_out->names[i]);
}

bool lbx_left_out_has(const struct lbx_left_out *left_out, const char *name) {
    bool has = false;
    for (size_t i = 0; !has && i < left_out->count; i++)
        has = strcmp(left_out->names[i], name) == 0;
    return has;
}

static void forget(struct lbx_left_out *left_out) {
    while (left_out->count > 0)
        free(left_out->names[--left_out->count]);
}

bool lbx_left_out_again(struct lbx_left_out *left_out) {
    if (left_out->count == 0 || lbx_monotonic_us() < left_out->again_us)
        return false;
    lbx_left_out_over(left_out->count);
    forget(left_out);
    return true;
}

void lbx_left_out_done(struct lbx_left_out *left_out) {
    forget(left_out);
    free(left_out->names);
    left_out->names = NULL;
}

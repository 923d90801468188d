/* Names of rows that are skipped for a minute, so that they block no others. Each list belongs to one thread. */
#ifndef LBX_WORKER_LEFT_OUT_H
#define LBX_WORKER_LEFT_OUT_H

#include "io/pg.h"

/* Starts zeroed. */
struct lbx_left_out {
    char **names;
    size_t count;
    int64_t again_us; /* lbx_monotonic_us: when the rows are tried again */
};

/* Whether the list is full: then the rows are hardly at fault. */
bool lbx_left_out_full(const struct lbx_left_out *left_out);

/* Skips a row that the database refuses, or that cannot be read: shows its name in log, metric
 * and /readyz. why: the SQLSTATE, or the reader's reason. */
void lbx_left_out_refused(struct lbx_left_out *left_out, const char *table, const char *name,
                          const char *why);
void lbx_left_out_unreadable(struct lbx_left_out *left_out, const char *table, const char *name,
                             const char *why);

/* The names, as a statement's parameter; the caller frees the array. */
void lbx_left_out_array(const struct lbx_left_out *left_out, struct lbx_pg_arrays *ret_array);

/* Empties the list once the minute is over. Returns whether it did. */
bool lbx_left_out_again(struct lbx_left_out *left_out);

/* Whether a row is skipped. */
bool lbx_left_out_has(const struct lbx_left_out *left_out, const char *name);

void lbx_left_out_done(struct lbx_left_out *left_out);

/* For lists kept elsewhere: the worker is not ready, for that reason, until lbx_left_out_over
 * was called for as many rows. From any thread. */
void lbx_left_out_began(const char *incident);
void lbx_left_out_over(size_t count);

#endif

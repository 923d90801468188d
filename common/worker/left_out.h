/* Names of rows that are left out for a minute, so that they hold up no other. A list is one thread's; a worker may have several. */
#ifndef LBX_WORKER_LEFT_OUT_H
#define LBX_WORKER_LEFT_OUT_H

#include "io/pg.h"

/* Starts zeroed. */
struct lbx_left_out {
    char **names;
    size_t count;
    int64_t again_us; /* monotonic: when they are tried again */
};

/* Whether there are so many that it is none of their faults. */
bool lbx_left_out_full(const struct lbx_left_out *left_out);

/* Leaves out a row of which the database takes nothing, or that cannot be read: names it in log, metric and /readyz. why: the
 * SQLSTATE, or what cannot be read. */
void lbx_left_out_refused(struct lbx_left_out *left_out, const char *table, const char *name,
                          const char *why);
void lbx_left_out_unreadable(struct lbx_left_out *left_out, const char *table, const char *name,
                             const char *why);

/* The names, for a statement; the caller's to end. */
void lbx_left_out_array(const struct lbx_left_out *left_out, struct lbx_pg_arrays *ret_array);

/* Forgets them once the minute is over. Whether it did. */
bool lbx_left_out_again(struct lbx_left_out *left_out);

/* Whether a row is left out. */
bool lbx_left_out_has(const struct lbx_left_out *left_out, const char *name);

void lbx_left_out_done(struct lbx_left_out *left_out);

/* For whoever keeps such rows otherwise: the worker is not ready, for that reason, until as many were tried again as began
 * to be left out. From any thread. */
void lbx_left_out_began(const char *incident);
void lbx_left_out_over(size_t count);

#endif

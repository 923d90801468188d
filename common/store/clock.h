/* The database's clock, by which everything is decided, read after the statements that take the
 * locks.
 *
 * A wrong clock would end access early or late. So nothing is decided if the clock differs from
 * this machine's by more than LBX_CLOCK_TOLERANCE_US, or is as far behind its mark: the latest
 * time that it has shown, kept in the database and used by access_check. Nor is anything decided
 * in a database that was restored from an older state (store/offsets.h). */
#ifndef LBX_STORE_CLOCK_H
#define LBX_STORE_CLOCK_H

#include "base/metrics.h"
#include "io/pg.h"

#include <stdint.h>

#define LBX_CLOCK_TOLERANCE_US INT64_C(30000000)

/* Microseconds since the Unix epoch. */
struct lbx_clock {
    int64_t now;
    int64_t mark;  /* 0: none */
    bool set_back; /* the database was restored from an older state */
};

/* How far the clock was off when last read, in seconds. */
extern struct lbx_metric lbx_clock_metric;

/* Adds the statement that reads the clock; returns the call's index. */
size_t lbx_clock_add(struct lbx_pg_pipeline *calls);

/* Reads the clock from that call's answer. */
struct lbx_clock lbx_clock_read(const struct lbx_pg *pg, size_t call);

/* Compares the clock with this machine's. own_us: this machine's clock when it was read.
 * LBX_ERR_UNAVAILABLE: nothing may be decided now; logged when that begins and when it ends. */
enum lbx_err lbx_clock_judge(struct lbx_clock clock, int64_t own_us) LBX_MUST_CHECK;

/* Why nothing is decided, static text; NULL: the last comparison was good. */
const char *lbx_clock_trouble(void);

/* Adds the statement that raises the mark to a good clock, if the mark is a second behind. */
void lbx_clock_raise(struct lbx_clock clock, struct lbx_pg_pipeline *calls);

#endif

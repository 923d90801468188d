/* The clock that decides: the database's, read behind the statements that take the locks.
 *
 * A clock that is set wrong ends what should stand, or lets stand what is over. So nothing is decided by a clock that
 * differs from this machine's by more than LBX_CLOCK_TOLERANCE_US, or that is so far behind its mark: the latest time
 * that it is known to have reached, which the database keeps and access_check compares itself with. Nor is anything
 * decided in a database that was set back (store/offsets.h).
 */
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
    bool set_back; /* the database is older than what it committed once */
};

/* How far off the clock was when it was last judged, in seconds. */
extern struct lbx_metric lbx_clock_metric;

/* Adds the statement; returns the call's index. */
size_t lbx_clock_add(struct lbx_pg_pipeline *calls);

struct lbx_clock lbx_clock_read(const struct lbx_pg *pg, size_t call);

/* LBX_ERR_UNAVAILABLE: nothing may be decided by this clock, or in its database; which is logged when it begins and
 * when it ends.
 * own_us: this machine's clock, of the time of reading. */
enum lbx_err lbx_clock_judge(struct lbx_clock clock, int64_t own_us) LBX_MUST_CHECK;

/* Why nothing is decided, static text; NULL: the clock was right when it was last judged. */
const char *lbx_clock_trouble(void);

/* Adds the statement that raises the mark to a clock that was judged right, once it is a second behind. */
void lbx_clock_raise(struct lbx_clock clock, struct lbx_pg_pipeline *calls);

#endif

/* The versions of requests that events.v1 has, beside those of a database. */
#ifndef LOCKBOXCTL_RECONCILE_TOLD_H
#define LOCKBOXCTL_RECONCILE_TOLD_H

#include "base/map.h"
#include "command.h"
#include "io/pg.h"

struct told {
    struct lbx_map versions; /* by request and version: struct told_version */
    struct lbx_pg_arrays ids;
};

/* Reads events.v1 from its beginning; in the run's arena. Says why not. */
enum ctl_exit told_read(struct ctl *ctl, int partitions, struct told *ret_told);
void told_done(struct told *told);

/* Prints the versions that the database does not have, or has under another id. ret_lost: how many. */
enum ctl_exit told_compare(struct ctl *ctl, struct lbx_pg *pg, const struct told *told,
                           size_t *ret_lost);

#endif

/* The versions of requests in events.v1, compared with a database's. */
#ifndef LOCKBOXCTL_RECONCILE_TOLD_H
#define LOCKBOXCTL_RECONCILE_TOLD_H

#include "base/map.h"
#include "command.h"
#include "io/pg.h"

struct told {
    struct lbx_map versions; /* by request and version: struct told_version */
    struct lbx_pg_arrays ids;
};

/* Reads events.v1 from its beginning, into the run's arena. Prints errors. */
enum ctl_exit told_read(struct ctl *ctl, int partitions, struct told *ret_told);
void told_done(struct told *told);

/* Prints the versions that the database lacks, or has with another id. ret_lost: their number. */
enum ctl_exit told_compare(struct ctl *ctl, struct lbx_pg *pg, const struct told *told,
                           size_t *ret_lost);

#endif

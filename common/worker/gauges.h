/* A part that asks the database, every few seconds, how things stand, and shows the answer on
 * /metrics. */
#ifndef LBX_WORKER_GAUGES_H
#define LBX_WORKER_GAUGES_H

#include "worker/worker.h"

/* Its declaration. */
struct lbx_gauges {
    /* Without parameters; it answers name, a family's; label_value, NULL where the family has no label;
     * and value. Rows of one family stand together. */
    const struct lbx_sql *sql;
    struct lbx_metric *const *metrics; /* the families, ended by NULL; each of them asked */
};

extern const struct lbx_part lbx_gauges_part;

#endif

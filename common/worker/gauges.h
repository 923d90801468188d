/* A part that queries the database every few seconds, and shows the result as gauges on
 * /metrics. */
#ifndef LBX_WORKER_GAUGES_H
#define LBX_WORKER_GAUGES_H

#include "worker/worker.h"

/* The part's declaration. */
struct lbx_gauges {
    /* Without parameters. Answers name (of a family), label_value (NULL where the family has no
     * label) and value. The rows of a family are consecutive. */
    const struct lbx_sql *sql;
    struct lbx_metric *const *metrics; /* the families, ended by NULL; `asked` is set in each */
};

extern const struct lbx_part lbx_gauges_part;

#endif

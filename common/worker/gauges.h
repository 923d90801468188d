/* A part that asks the database, every few seconds, how things stand, and shows the answer on /metrics.
 *
 * Its declaration is a statement (struct lbx_sql) without parameters whose rows are: the metric's name behind
 * "lockbox_", what it is, a label (or NULL), the label's value, the value. Rows of one metric stand together.
 */
#ifndef LBX_WORKER_GAUGES_H
#define LBX_WORKER_GAUGES_H

#include "worker/worker.h"

extern const struct lbx_part lbx_gauges_part;

/* Appends what was last answered; nothing before the first answer. From any thread. */
void lbx_gauges_write(const char *worker, struct lbx_buf *out);

#endif

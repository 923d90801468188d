/* The metric families of what workers write to the outbox: see base/metrics.h. */
#ifndef LBX_STORE_METRICS_H
#define LBX_STORE_METRICS_H

#include "base/metrics.h"

extern struct lbx_metric lbx_events_metric, lbx_verdicts_metric, lbx_refusals_metric;
extern struct lbx_metric lbx_published_metric; /* of those that send to Kafka too */

extern struct lbx_metric lbx_unreadable_metric, lbx_left_out_metric;

/* Tells of a row that this program cannot read, by log and metric. From any thread. */
void lbx_row_unreadable(const char *table, const char *id, const char *reason);

/* Names the last such row, for /readyz: lives as long as the process. */
const char *lbx_unreadable_row(void);

/* The same of a row of which the database takes nothing. */
void lbx_row_refused(const char *table, const char *id, const char *sqlstate);
const char *lbx_refused_row(void);

/* All of them, for whoever writes events. */
extern struct lbx_metric *const lbx_store_metrics[];

#endif

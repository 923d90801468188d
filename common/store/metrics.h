/* The metric families of events written to the outbox: see base/metrics.h. */
#ifndef LBX_STORE_METRICS_H
#define LBX_STORE_METRICS_H

#include "base/metrics.h"

extern struct lbx_metric lbx_events_metric, lbx_verdicts_metric, lbx_refusals_metric;
extern struct lbx_metric lbx_published_metric; /* for programs that publish to Kafka as well */

extern struct lbx_metric lbx_unreadable_metric, lbx_left_out_metric;

/* Logs and counts a row that this program cannot read. From any thread. */
void lbx_row_unreadable(const char *table, const char *id, const char *reason);

/* The name of the last such row, for /readyz; lives as long as the process. */
const char *lbx_unreadable_row(void);

/* Logs and counts a row that the database refuses. */
void lbx_row_refused(const char *table, const char *id, const char *sqlstate);
const char *lbx_refused_row(void);

/* All families, for workers that write events. */
extern struct lbx_metric *const lbx_store_metrics[];

#endif

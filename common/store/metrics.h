/* The metric families of what workers write to the outbox: see base/metrics.h. */
#ifndef LBX_STORE_METRICS_H
#define LBX_STORE_METRICS_H

#include "base/metrics.h"

extern struct lbx_metric lbx_events_metric, lbx_verdicts_metric, lbx_refusals_metric;
extern struct lbx_metric lbx_published_metric; /* of those that send to Kafka too */

extern struct lbx_metric lbx_unreadable_metric;

/* All of them, for whoever writes events. */
extern struct lbx_metric *const lbx_store_metrics[];

#endif

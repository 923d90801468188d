/* The decider's functions for a batch: see worker/events.h. */
#ifndef LBX_DECIDER_H
#define LBX_DECIDER_H

#include "store/offsets.h"
#include "worker/events.h"

extern const struct lbx_events decider_events;
extern struct lbx_metric *const decider_metrics[];

#endif

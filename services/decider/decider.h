/* The decider's two steps of a batch: see worker/events.h. */
#ifndef LBX_DECIDER_H
#define LBX_DECIDER_H

#include "store/offsets.h"
#include "worker/events.h"

void decider_load(struct lbx_batch *batch, struct lbx_calls *calls);
extern struct lbx_metric *const decider_metrics[];

enum lbx_err decider_decide(struct lbx_batch *batch);

#endif

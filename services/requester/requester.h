/* The requester's three steps of a batch: see worker/events.h. */
#ifndef LBX_REQUESTER_H
#define LBX_REQUESTER_H

#include "store/offsets.h"
#include "worker/events.h"

extern struct lbx_metric *const requester_metrics[];

void requester_load(struct lbx_batch *batch, struct lbx_calls *calls);
enum lbx_err requester_decide(struct lbx_batch *batch);
void requester_save(struct lbx_batch *batch, struct lbx_calls *calls);

#endif

/* The requester's three steps of a batch: see worker/events.h. */
#ifndef LBX_REQUESTER_H
#define LBX_REQUESTER_H

#include "store/offsets.h"
#include "working_set.h"

struct lbx_batch_state {
    struct working_set *set;
};

extern struct lbx_metric *const requester_metrics[];

void requester_load(struct lbx_batch *batch, struct lbx_calls *calls);
enum lbx_err requester_decide(struct lbx_batch *batch);
void requester_save(struct lbx_batch *batch, struct lbx_calls *calls);

/* Judges a tenant's change, applies it where it holds, and answers it. */
void requester_on_tenant(struct lbx_batch *batch, struct lbx_input_event *input);

/* Ends what waits or is open, because its ticket, its engineer or its subscription is gone. */
void requester_end(struct lbx_batch *batch, struct lbx_stored_request *stored,
                   const struct lbx_event *cause);

#endif

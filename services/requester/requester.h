/* The requester's functions for a batch: see worker/events.h. */
#ifndef LBX_REQUESTER_H
#define LBX_REQUESTER_H

#include "store/offsets.h"
#include "working_set.h"

struct lbx_batch_state {
    struct working_set *set;
};

extern struct lbx_metric *const requester_metrics[];

extern const struct lbx_events requester_events;

/* Judges a tenant's change, applies it if it is allowed, and answers it. */
void requester_on_tenant(struct lbx_batch *batch, struct lbx_input_event *input);

/* Ends a pending or open request, as its ticket, engineer or subscription is gone. */
void requester_end(struct lbx_batch *batch, struct lbx_stored_request *stored,
                   const struct lbx_event *cause);

#endif

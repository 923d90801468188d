/* The ids that the events of a batch name. */
#ifndef LBX_REQUESTER_NAMED_H
#define LBX_REQUESTER_NAMED_H

#include "worker/events.h"

/* One column each, of the batch's unit. */
struct named {
    struct lbx_pg_arrays *tickets, *subscriptions, *tenants, *whole_tenants, *live_tickets,
        *live_subscriptions, *requests, *asking_tickets;
};

struct named named_by(struct lbx_batch *batch);

/* ASCII lower case: what subscription ids are known by. NULL stays NULL. */
const char *named_lower(struct lbx_arena *arena, const char *id);

#endif

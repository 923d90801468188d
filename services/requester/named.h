/* The ids in the events of a batch. */
#ifndef LBX_REQUESTER_NAMED_H
#define LBX_REQUESTER_NAMED_H

#include "worker/events.h"

/* Ids as parameters, in the memory of the batch's unit. */
struct named {
    struct lbx_pg_arrays *tickets, *subscriptions, *tenants, *whole_tenants, *live_tickets,
        *live_subscriptions, *requests, *asking_tickets;
};

struct named named_by(struct lbx_batch *batch);

/* Converts a subscription id to ASCII lower case, its form in all maps. NULL stays NULL. */
const char *named_lower(struct lbx_arena *arena, const char *id);

#endif

/* What a batch of tenant and ticket events touches, in memory: loaded with locks, changed by the rules,
 * written back where it changed.
 */
#ifndef LBX_REQUESTER_WORLD_H
#define LBX_REQUESTER_WORLD_H

#include "core/creation.h"
#include "worker/events.h"

struct kept_ticket {
    struct lbx_ticket ticket;
    bool dirty;
    struct kept_ticket *next;
};

struct kept_subscription {
    struct lbx_subscription subscription;
    bool dirty;
    struct kept_subscription *next;
};

/* One role in one scope, held or not, as it was and as it is. */
struct kept_role {
    const char *tenant_id;
    const char *subscription_id; /* in lower case; "" is the tenant's scope */
    int role;                    /* enum lbx_role */
    struct lbx_principal principal;
    bool was_held, held, changed;
    struct kept_role *next;
};

/* An approver's key as set in this batch; the last one counts. */
struct kept_key {
    const char *tenant_id, *principal_id;
    struct lbx_jwk key; /* absent: removed */
    struct kept_key *next;
};

/* A live or new request, for what tickets do to them. */
struct live_request {
    struct lbx_stored_request *kept;
    struct live_request *next;
};

struct world {
    struct lbx_arena *arena;
    struct lbx_map tickets, subscriptions, roles, requests, keys;
    struct kept_key *all_keys;
    struct kept_ticket *all_tickets;
    struct kept_subscription *all_subscriptions;
    struct kept_role *all_roles, **last_role;
    struct live_request *live;
    size_t tickets_call, subscriptions_call, roles_call, requests_call;
};

/* Adds the statements that load it. */
struct world *world_load(struct lbx_batch *batch, struct lbx_calls *calls);

/* Reads their results. */
enum lbx_err world_read(struct world *world, const struct lbx_pg *pg) LBX_MUST_CHECK;

/* Adds the statements that write what changed. */
void world_save(struct world *world, struct lbx_unit *unit, struct lbx_calls *calls);

/* Found or made. A made ticket is not open and has no subscription. */
struct kept_ticket *world_ticket(struct world *world, const char *ticket_id);

/* Compared without case, as Azure does. NULL where there is none. */
struct kept_subscription *world_subscription(struct world *world, const char *subscription_id);
struct kept_subscription *world_subscription_add(struct world *world,
                                                 const struct lbx_subscription *subscription);

/* Sets or removes a role. */
void world_role_set(struct world *world, const struct lbx_tenant_event *event, bool held);

/* Sets or removes an approver's key. */
void world_key_set(struct world *world, const struct lbx_tenant_event *event);

bool world_is_administrator(const struct world *world, const char *tenant_id,
                            const struct lbx_principal *who);

/* Who may approve for a subscription now: each person once, with the role first assigned. */
struct lbx_approver *world_approvers(const struct world *world,
                                     const struct lbx_subscription *subscription,
                                     size_t *ret_count);

/* Remembers a request made in this batch. */
void world_request_add(struct world *world, struct lbx_stored_request *kept);

#endif

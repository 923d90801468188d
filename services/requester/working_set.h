/* The working set: what a batch of tenant and ticket events touches, in memory. It is loaded under locks, changed by the
 * rules, and written back where it changed.
 */
#ifndef LBX_REQUESTER_WORKING_SET_H
#define LBX_REQUESTER_WORKING_SET_H

#include "core/creation.h"
#include "emergencies.h"
#include "keyring.h"
#include "worker/events.h"

struct stored_ticket {
    struct lbx_ticket ticket;
    int64_t pending; /* its requests that wait for the customer */
    bool unreadable; /* its row: nothing but its id is known */
    bool changed;
};

struct stored_subscription {
    struct lbx_subscription *subscription; /* NULL: there is none under this id */
    int64_t pending;                       /* requests on it that wait for the customer */
    const char *
        unreadable_of; /* its row cannot be read: the tenant it is of; NULL: it can, or there is none */
    bool changed;
};

/* One role in one scope. */
struct stored_role {
    const char *tenant_id;
    const char *subscription_id; /* in lower case; "" is the tenant's scope */
    int role;                    /* enum lbx_role */
    struct lbx_principal principal;
    int64_t at; /* when it was given or taken, as it stands now */
    bool was_held, held, changed;
};

/* Each map is walked in the order in which its entries were loaded or made. */
struct working_set {
    struct lbx_arena *arena;
    struct lbx_map tickets;       /* by ticket id: struct stored_ticket */
    struct lbx_map subscriptions; /* by id in lower case: struct stored_subscription */
    struct lbx_map roles;         /* by all of its identity: struct stored_role */
    size_t unreadable;            /* rows that could not be read, and are left out */
    struct keyring keyring;
    struct emergencies emergencies;
    struct lbx_map requests; /* by request id: struct lbx_stored_request, loaded or made */
    size_t tickets_call, subscriptions_call, roles_call, requests_call, ticket_pending_call,
        subscription_pending_call;
};

/* Adds the statements that load it. */
struct working_set *working_set_load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);

/* Reads their results. A row that is not what this program writes is logged, counted and left out. */
void working_set_read(struct working_set *set, const struct lbx_pg *pg);

/* Why an event cannot be judged: a row that it is about could not be read. NULL: it can. */
const char *working_set_unreadable(struct working_set *set, const struct lbx_event *event);

/* Adds the statements that write what changed. */
void working_set_save(struct working_set *set, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls);

/* Found or made. A made ticket is not open and has no subscription. */
struct stored_ticket *working_set_ticket(struct working_set *set, const char *ticket_id);

/* Found or made, without any subscription then. Ids are compared without case, as Azure does; NULL is nobody's id. */
struct stored_subscription *working_set_subscription(struct working_set *set,
                                                     const char *subscription_id);

/* Gives or takes the role that a role_assigned or role_removed event names. */
void working_set_role(struct working_set *set, const struct lbx_tenant_event *event, bool held,
                      int64_t at_us);

bool working_set_is_administrator(const struct working_set *set, const char *tenant_id,
                                  const char *principal_id);

/* Who holds a role in a subscription that may approve: each person once, with the role that was assigned first, and first
 * assigned first; of one time, in the order of ids. */
struct lbx_approver *working_set_role_holders(const struct working_set *set,
                                              const struct lbx_subscription *subscription,
                                              size_t *ret_count);

/* Who may approve for it: the first LBX_APPROVERS_MAX of those. More stand only from before there was that limit. */
struct lbx_approver *working_set_approvers(const struct working_set *set,
                                           const struct lbx_subscription *subscription,
                                           size_t *ret_count);

#endif

/* The working set: the rows that a batch of tenant and ticket events needs, in memory. They are
 * loaded under locks, changed by the rules, and written if changed. */
#ifndef LBX_REQUESTER_WORKING_SET_H
#define LBX_REQUESTER_WORKING_SET_H

#include "core/creation.h"
#include "emergencies.h"
#include "keyring.h"
#include "worker/events.h"

struct stored_ticket {
    struct lbx_ticket ticket;
    int64_t pending; /* number of its pending requests */
    bool unreadable; /* its row cannot be read: only the id is known */
    bool changed;
};

struct stored_subscription {
    struct lbx_subscription *subscription; /* NULL: no subscription has this id */
    int64_t pending;                       /* number of its pending requests */
    const char *unreadable_of; /* tenant of a row that cannot be read; NULL: readable, or no row */
    bool changed;
};

/* One role in one scope. */
struct stored_role {
    const char *tenant_id;
    const char *subscription_id; /* in lower case; "": the whole tenant */
    int role;                    /* enum lbx_role */
    struct lbx_principal principal;
    int64_t at; /* when it was last assigned or removed */
    bool was_held, held, changed;
};

/* Each map keeps the order in which entries were loaded or made. */
struct working_set {
    struct lbx_arena *arena;
    struct lbx_map tickets;       /* by ticket id: struct stored_ticket */
    struct lbx_map subscriptions; /* by id in lower case: struct stored_subscription */
    struct lbx_map roles;         /* by its whole identity: struct stored_role */
    size_t unreadable;            /* number of rows that cannot be read */
    struct keyring keyring;
    struct emergencies emergencies;
    struct lbx_map requests; /* by request id: struct lbx_stored_request, loaded or made */
    size_t tickets_call, subscriptions_call, roles_call, requests_call, ticket_pending_call,
        subscription_pending_call;
};

/* Adds the statements that load the rows. */
struct working_set *working_set_load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);

/* Reads the rows. One that this program cannot read is logged, counted and skipped. */
void working_set_read(struct working_set *set, const struct lbx_pg *pg);

/* Why an event cannot be judged: a row that it needs cannot be read. NULL: it can. */
const char *working_set_unreadable(struct working_set *set, const struct lbx_event *event);

/* Adds the statements that write the changes. */
void working_set_save(struct working_set *set, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls);

/* Finds a ticket or makes it, not open and without a subscription. */
struct stored_ticket *working_set_ticket(struct working_set *set, const char *ticket_id);

/* Finds an entry or makes it, without a subscription. Ids are compared without case, as Azure does. NULL has no entry. */
struct stored_subscription *working_set_subscription(struct working_set *set,
                                                     const char *subscription_id);

/* Assigns or removes the role in a role_assigned or role_removed event. */
void working_set_role(struct working_set *set, const struct lbx_tenant_event *event, bool held,
                      int64_t at_us);

/* Whether the person is a Global Administrator of the tenant now. */
bool working_set_is_administrator(const struct working_set *set, const char *tenant_id,
                                  const char *principal_id);

/* The people with an approving role in a subscription: each once, with the role assigned first,
 * in the order of assignment, then of ids. */
struct lbx_approver *working_set_role_holders(const struct working_set *set,
                                              const struct lbx_subscription *subscription,
                                              size_t *ret_count);

/* The first LBX_APPROVERS_MAX of these people. There are more only if they were assigned before this limit existed. */
struct lbx_approver *working_set_approvers(const struct working_set *set,
                                           const struct lbx_subscription *subscription,
                                           size_t *ret_count);

#endif

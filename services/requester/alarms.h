/* Events that inform administrators, approvers and alternates of a tenant's change. */
#ifndef LBX_REQUESTER_ALARMS_H
#define LBX_REQUESTER_ALARMS_H

#include "working_set.h"

extern struct lbx_metric alarms_approvers_missing, alarms_approvers_left_out;

/* How many people may approve for a subscription now: where decisions are signed, those with keys. */
size_t alarms_able(const struct working_set *set, const struct lbx_subscription *subscription);

/* Called before a change that reduces protection is applied: sets the concerned subscriptions
 * and the informed people. subscription: the one that the change names; NULL: the whole tenant. */
void alarms_weakened(const struct working_set *set, const struct lbx_subscription *subscription,
                     struct lbx_tenant_changed *changed);

/* Called after a request is made: logs that some approvers were not asked, as there are too many. */
void alarms_left_out(const struct working_set *set, const struct lbx_subscription *subscription);

/* Whether subscriptions had enough approvers before a change. */
struct alarms_before {
    struct alarms_standing *list;
    size_t count;
};

/* Called before a change is applied: notes the approvers of subscriptions that it may affect. */
struct alarms_before alarms_before(const struct working_set *set, enum lbx_event_type type,
                                   const struct lbx_tenant_event *event);

/* Called after the change: publishes an event for each subscription with too few approvers. */
void alarms_raise(struct lbx_batch *batch, const struct working_set *set,
                  const struct alarms_before *before, const struct lbx_event *cause);

#endif

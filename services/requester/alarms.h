/* What administrators, approvers and alternates are told of a tenant's change. */
#ifndef LBX_REQUESTER_ALARMS_H
#define LBX_REQUESTER_ALARMS_H

#include "working_set.h"

extern struct lbx_metric alarms_approvers_missing, alarms_approvers_left_out;

/* How many people may approve for a subscription now: where its decisions are signed, those with keys. */
size_t alarms_able(const struct working_set *set, const struct lbx_subscription *subscription);

/* Before a change that gives up protection is applied: fills in the subscriptions concerned and who is to hear of it.
 * subscription: the one that it names; NULL: it is the whole tenant's. */
void alarms_weakened(const struct working_set *set, const struct lbx_subscription *subscription,
                     struct lbx_tenant_changed *changed);

/* Once a request is made: says where people who hold a role in its subscription were not asked, as there are too many. */
void alarms_left_out(const struct working_set *set, const struct lbx_subscription *subscription);

/* Whether subscriptions had enough people who may approve. */
struct alarms_before {
    struct alarms_standing *list;
    size_t count;
};

/* Before a change is applied: of the subscriptions that it may leave with too few. */
struct alarms_before alarms_before(const struct working_set *set, enum lbx_event_type type,
                                   const struct lbx_tenant_event *event);

/* Once it is applied and told: an event for each subscription that it did. */
void alarms_raise(struct lbx_batch *batch, const struct working_set *set,
                  const struct alarms_before *before, const struct lbx_event *cause);

#endif

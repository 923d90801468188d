/* From a wish to a request: the checks of creation, in their published order. Pure. */
#ifndef LBX_CORE_CREATION_H
#define LBX_CORE_CREATION_H

#include "core/request.h"
#include "core/tenant.h"
#include "core/ticket.h"

/* Everything the checks look at. */
struct lbx_creation {
    const struct lbx_access_requested *wish;
    const struct lbx_ticket *ticket;             /* NULL: unknown */
    const struct lbx_subscription *subscription; /* the ticket's; NULL: unknown, or removed */
    struct lbx_approver *approvers;              /* as the roles are now, each person once */
    size_t approver_count;
    int64_t ticket_pending, subscription_pending; /* requests that wait for the customer now */
    const struct lbx_request *extended;           /* NULL: unknown */
    const struct lbx_limits *limits;
    const char *request_id; /* UUIDv7 */
    int64_t now;
};

/* The request in its first state: customer_notified, emergency (a wish with an incident), refused (with reason and, for an action, the
 * item's number and what is wrong with it) or not_required. Texts are borrowed from the creation. Its digest is the caller's to
 * set. */
void lbx_request_create(const struct lbx_creation *creation, struct lbx_arena *arena,
                        struct lbx_request *ret_request);

/* Why a request was refused, for people: "its ticket is closed". NULL of a reason that is no request's. Static. */
const char *lbx_refusal_words(enum lbx_refusal reason);

#endif

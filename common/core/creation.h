/* From a wish to a request: the checks of creation, in their published order. Pure. */
#ifndef LBX_CORE_CREATION_H
#define LBX_CORE_CREATION_H

#include "core/request.h"
#include "core/tenant.h"
#include "core/ticket.h"

/* The emergencies of a subscription before this one. */
struct lbx_emergencies {
    int64_t today;       /* declared within 24 hours */
    bool unacknowledged; /* one was not acknowledged in time, and is not yet */
    bool revoked;        /* one of the same ticket was revoked */
};

/* Counts an emergency among those of its subscription. ticket_id: of the one to come. */
void lbx_emergencies_add(struct lbx_emergencies *earlier, const struct lbx_request *request,
                         const char *ticket_id, int64_t now_us);

/* Everything the checks look at. */
struct lbx_creation {
    const struct lbx_access_requested *wish;
    const struct lbx_ticket *ticket;             /* NULL: unknown */
    const struct lbx_subscription *subscription; /* the ticket's; NULL: unknown, or removed */
    struct lbx_approver *approvers;              /* as the roles are now, each person once */
    size_t approver_count;
    size_t
        able_count; /* of them: who may approve now, where decisions are signed those with keys */
    struct lbx_emergencies emergencies;
    bool authorizer_proved; /* of an emergency: who authorized it proved so, or need not */
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

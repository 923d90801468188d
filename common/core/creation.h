/* Makes a request of an access request: the checks, in their published order. Pure. */
#ifndef LBX_CORE_CREATION_H
#define LBX_CORE_CREATION_H

#include "core/request.h"
#include "core/tenant.h"
#include "core/ticket.h"

/* Earlier emergencies of a subscription. */
struct lbx_emergencies {
    int64_t today;       /* declared in the last 24 hours */
    bool unacknowledged; /* the time to acknowledge one passed without an acknowledgement */
    bool revoked;        /* one of the same ticket was revoked */
};

/* Counts an earlier emergency of the subscription. ticket_id: the new one's. */
void lbx_emergencies_add(struct lbx_emergencies *earlier, const struct lbx_request *request,
                         const char *ticket_id, int64_t now_us);

/* The input of the checks. */
struct lbx_creation {
    const struct lbx_access_requested *wish;
    const struct lbx_ticket *ticket;             /* NULL: unknown */
    const struct lbx_subscription *subscription; /* the ticket's; NULL: unknown or removed */
    struct lbx_approver *approvers;              /* by the roles as of now, each person once */
    size_t approver_count;
    size_t able_count; /* how many of them may approve now: with keys, where decisions are signed */
    struct lbx_emergencies emergencies;
    bool authorizer_proved; /* an emergency's authorizer signed it, or need not */
    int64_t ticket_pending, subscription_pending; /* requests that are pending now */
    const struct lbx_request *extended;           /* NULL: unknown */
    const struct lbx_limits *limits;
    const char *request_id; /* UUIDv7 */
    int64_t now;
};

/* Makes the request in its first state: customer_notified, emergency (if it has an incident),
 * refused (with the reason and, for an action, the item's number and fault) or not_required.
 * Texts are borrowed from the creation. The caller sets the digest. */
void lbx_request_create(const struct lbx_creation *creation, struct lbx_arena *arena,
                        struct lbx_request *ret_request);

/* Why a request was refused, in words: "its ticket is closed". NULL for reasons of tenant changes. Static. */
const char *lbx_refusal_words(enum lbx_refusal reason);

#endif

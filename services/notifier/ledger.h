/* The ledger's SQL: claims, settles and gives back mails. One database session, used by one thread.
 *
 * A claim ends with its database session: after ledger_close, any notifier may claim the mails.
 * Their attempts are still settled, unless a later attempt has begun. */
#ifndef LBX_NOTIFIER_LEDGER_H
#define LBX_NOTIFIER_LEDGER_H

#include "mail.h"
#include "refused.h"
#include "worker/worker.h"

/* Starts zeroed, except worker, whose metrics count attempts, and webhooks. */
struct ledger {
    struct lbx_worker *worker;
    bool webhooks;         /* its rows are webhook messages instead of mails */
    struct lbx_pg *pg;     /* NULL: no session */
    int64_t clock_ahead;   /* the database's clock minus the monotonic one, microseconds */
    int64_t look_at_us;    /* lbx_monotonic_us: when a mail may be due */
    int64_t release_at_us; /* lbx_monotonic_us: when to look for claims of ended sessions */
    /* Of the last ledger_transact: the call of its claimed rows, their number, and the call of their digests' requests. */
    size_t claim_call, claimed, digest_call;
    struct refused refused;
};

extern struct lbx_metric *const ledger_metrics[];

/* Opens the session if there is none. Errors as lbx_pg_open. */
enum lbx_err ledger_open(struct ledger *ledger) LBX_MUST_CHECK;
void ledger_close(struct ledger *ledger);

/* In one transaction: settles completed mails, gives back mails that were not begun, and claims
 * at most claim_most due mails (0: none), which begins their attempts. Either list may be NULL;
 * both stay the caller's. LBX_ERR_INVALID: the database refused a value; rolled back. Other
 * errors: the outcome is unknown. The session must be closed, and completed mails settled by
 * another. */
enum lbx_err ledger_transact(struct ledger *ledger, const struct mail *completed,
                             const struct mail *give_back, size_t claim_most) LBX_MUST_CHECK;

/* Skips the mail that is due first, as the database refuses its claim. Errors as lbx_pg_run. */
enum lbx_err ledger_leave_out_first(struct ledger *ledger) LBX_MUST_CHECK;

/* Sets look_at_us to when the next mail is due. Invalidates the claimed rows. */
enum lbx_err ledger_plan(struct ledger *ledger) LBX_MUST_CHECK;

/* Frees the rows that the functions above read. */
void ledger_release(struct ledger *ledger);

#endif

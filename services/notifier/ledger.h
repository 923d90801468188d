/* The ledger's SQL: mails are claimed, settled and given back. One database session, used by one
 * thread.
 *
 * A claim holds as long as the database session that made it lives: after ledger_close, any
 * notifier may claim the same mails. Their attempts are settled all the same where no later attempt
 * has begun.
 */
#ifndef LBX_NOTIFIER_LEDGER_H
#define LBX_NOTIFIER_LEDGER_H

#include "mail.h"
#include "refused.h"
#include "worker/worker.h"

/* Starts zeroed but for worker, whose metrics count attempts, and webhooks. */
struct ledger {
    struct lbx_worker *worker;
    bool webhooks;         /* whether its rows are those to webhooks, and no mails */
    struct lbx_pg *pg;     /* NULL: no session */
    int64_t clock_ahead;   /* the database's clock less the monotonic one, microseconds */
    int64_t look_at_us;    /* monotonic: when a mail may be due */
    int64_t release_at_us; /* monotonic: when to look again for claims of sessions that ended */
    /* Of the last ledger_transact: where its claimed rows are, how many, and where the requests of their digests. */
    size_t claim_call, claimed, digest_call;
    struct refused refused;
};

extern struct lbx_metric *const ledger_metrics[];

/* Opens the session where there is none. LBX_ERR_UNAVAILABLE and others of lbx_pg_open. */
enum lbx_err ledger_open(struct ledger *ledger) LBX_MUST_CHECK;
void ledger_close(struct ledger *ledger);

/* In one transaction: settles completed mails, gives back mails that were not begun, and claims at
 * most claim_most due mails (0: none), whose attempt begins. Either list may be NULL, and stays the
 * caller's. LBX_ERR_INVALID: the database refuses something of it, and nothing happened. After another
 * error nothing is known of the transaction: the session is to be closed, and completed mails to be
 * settled in another. */
enum lbx_err ledger_transact(struct ledger *ledger, const struct mail *completed,
                             const struct mail *give_back, size_t claim_most) LBX_MUST_CHECK;

/* Leaves out the mail that is due first: the database refuses to have it claimed. Errors of lbx_pg_run. */
enum lbx_err ledger_leave_out_first(struct ledger *ledger) LBX_MUST_CHECK;

/* Sets look_at_us by when the next mail is due. Ends the life of the rows claimed. */
enum lbx_err ledger_plan(struct ledger *ledger) LBX_MUST_CHECK;

/* Frees the rows that the functions above read. */
void ledger_release(struct ledger *ledger);

#endif

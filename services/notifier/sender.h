/* The part that sends: threads of their own, apart from Kafka.
 *
 * Clerks keep the ledger, each with a database session: they claim due mails, enter the attempt, write the
 * mail and hand it to the pool of SMTP sessions (pool.h); what comes back they settle, many in one
 * transaction, while others are on the wire. Nothing is marked sent without the server's final 250 for that
 * recipient. A crash between the 250 and the mark repeats the mail, with the same Message-ID, and the ledger
 * shows the attempt.
 */
#ifndef LBX_NOTIFIER_SENDER_H
#define LBX_NOTIFIER_SENDER_H

#include "worker/worker.h"

extern const struct lbx_part sender_part;

/* New mail may be queued. */
void sender_wake(struct lbx_worker *worker);

#endif

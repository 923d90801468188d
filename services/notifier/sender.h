/* The part that sends, on threads of its own, apart from Kafka: dispatchers (dispatcher.h), which
 * keep the ledger, and SMTP sessions (sessions.h).
 *
 * No mail is marked sent without the server's final 250 for its recipient. A crash between the 250
 * and the mark repeats the mail with the same Message-ID, and the ledger shows both attempts.
 */
#ifndef LBX_NOTIFIER_SENDER_H
#define LBX_NOTIFIER_SENDER_H

#include "worker/worker.h"

extern const struct lbx_part sender_part;

/* Mails may have been queued. */
void sender_wake(struct lbx_worker *worker);

#endif

/* The part that sends mails, on its own threads, apart from Kafka: dispatchers (dispatcher.h) with
 * the ledger, and SMTP sessions (sessions.h).
 *
 * A mail is marked as sent only after the server's final 250 for its recipient. A crash between
 * the two repeats the mail with the same Message-ID, and the ledger has both attempts. */
#ifndef LBX_NOTIFIER_SENDER_H
#define LBX_NOTIFIER_SENDER_H

#include "worker/worker.h"

extern const struct lbx_part sender_part;

/* Wakes the dispatchers, as mails may have been queued. */
void sender_wake(struct lbx_worker *worker);

#endif

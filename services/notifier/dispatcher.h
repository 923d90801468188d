/* A dispatcher: claims due mails from the ledger, composes them, submits them to the sessions, and
 * settles those that have a result. One thread and one database session; while it waits for the
 * database, another dispatcher keeps the SMTP sessions busy.
 */
#ifndef LBX_NOTIFIER_DISPATCHER_H
#define LBX_NOTIFIER_DISPATCHER_H

#include "claim.h"
#include "compose.h"
#include "sessions.h"

struct dispatcher {
    struct sessions *sessions; /* borrowed */
    struct ledger ledger;
    struct composer composer;
    struct completion_queue completions;
    size_t target;          /* so many mails may wait for a session */
    struct mail *unsettled; /* have a result that is not in the ledger yet */
    struct lbx_backoff backoff;
    pthread_t thread;
};

/* Starts the thread, for the ledger's mails or for its messages to webhooks. Everything but dispatcher itself is borrowed until dispatcher_join.
 * LBX_ERR_INTERNAL: no thread. */
enum lbx_err dispatcher_start(struct dispatcher *dispatcher, struct lbx_worker *worker,
                              struct sessions *sessions, const struct lbx_mail_templates *templates,
                              bool webhooks) LBX_MUST_CHECK;

/* Mails may have become due. From any thread. */
void dispatcher_wake(struct dispatcher *dispatcher);

/* After sessions_stop: waits until what was claimed is settled or given back, or the database is
 * down. */
void dispatcher_join(struct dispatcher *dispatcher);

#endif

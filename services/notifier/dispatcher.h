/* A dispatcher: claims due mails from the ledger, composes them, submits them to the sessions,
 * and settles those with a result. It has one thread and one database session. While one
 * dispatcher waits for the database, another keeps the SMTP sessions busy. */
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
    size_t target;          /* most mails that wait for a session */
    struct mail *unsettled; /* mails with a result that is not in the ledger yet */
    struct lbx_backoff backoff;
    pthread_t thread;
};

/* Starts the thread, for the ledger's mails or its webhook messages. All parameters but
 * dispatcher are borrowed until dispatcher_join. LBX_ERR_INTERNAL: no thread can be started. */
enum lbx_err dispatcher_start(struct dispatcher *dispatcher, struct lbx_worker *worker,
                              struct sessions *sessions, const struct lbx_mail_templates *templates,
                              bool webhooks) LBX_MUST_CHECK;

/* Wakes the dispatcher, as mails may be due. From any thread. */
void dispatcher_wake(struct dispatcher *dispatcher);

/* Waits for the thread, after sessions_stop: until the claimed mails are settled or given back,
 * or the database is down. */
void dispatcher_join(struct dispatcher *dispatcher);

#endif

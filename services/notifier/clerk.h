/* A clerk's hold on the ledger: claiming, settling, giving back. One database session, one thread. */
#ifndef LBX_NOTIFIER_CLERK_H
#define LBX_NOTIFIER_CLERK_H

#include "io/pg.h"
#include "pool.h"
#include "worker/worker.h"
#include "writer.h"

struct clerk {
    struct lbx_worker *worker;
    struct writer writer;
    struct desk desk;
    struct lbx_pg *pg;      /* NULL: none now */
    int64_t clock_ahead;    /* the database's clock less our monotonic one */
    size_t target;          /* this many may wait in the pool */
    int64_t look_at_us;     /* monotonic: when something may be due */
    int64_t release_at_us;  /* when to look for claims of the dead again */
    struct mail *unsettled; /* came back, and not yet in the ledger */
    struct lbx_backoff backoff;
};

/* Settles what came back, gives back what is not to be sent, and claims `most` mails (0: none), all in one
 * transaction; those claimed are handed to the pool. */
enum lbx_err clerk_round(struct clerk *clerk, struct mail *give_back, size_t most) LBX_MUST_CHECK;

/* Mails of a claim that no longer holds. */
void clerk_forget(struct mail *list);

#endif

/* A part that works in rounds: when its time comes, and when its channel is notified. */
#ifndef LBX_WORKER_ROUNDS_H
#define LBX_WORKER_ROUNDS_H

#include "worker/worker.h"

struct lbx_rounds {
    const char *channel; /* PostgreSQL channel that wakes it; NULL: none */
    enum lbx_err (*open)(struct lbx_worker *worker, void **ret_state); /* NULL: no state */
    /* One round, with a database connection. *ret_wait_us: microseconds until the next if nothing
     * is notified before; 0: at once; LBX_NEVER_US: none. LBX_ERR_UNAVAILABLE: again after a
     * backoff; anything else but LBX_OK is logged and waited out as well. */
    enum lbx_err (*round)(struct lbx_worker *worker, void *state, int64_t *ret_wait_us);
    /* A connection was made anew: whatever was bound to the last one is gone. NULL: nothing was. */
    void (*reconnected)(struct lbx_worker *worker, void *state);
    /* What else wakes it, readable until the round took it; -1: nothing at the moment. NULL: nothing. */
    int (*fd)(void *state);
    const char *(*waiting_for)(void *state); /* why it is not ready, static text; NULL: it is */
    void (*close)(struct lbx_worker *worker, void *state); /* NULL: nothing to do */
};

/* Its declaration is a struct lbx_rounds. */
extern const struct lbx_part lbx_rounds_part;

#endif

/* A part that works in rounds: at certain times, and when its channel is notified. */
#ifndef LBX_WORKER_ROUNDS_H
#define LBX_WORKER_ROUNDS_H

#include "worker/worker.h"

struct lbx_rounds {
    const char *channel; /* PostgreSQL channel to LISTEN on; NULL: none */
    enum lbx_err (*open)(struct lbx_worker *worker, void **ret_state); /* NULL: no state */
    /* One round, with a connection. *ret_wait_us: microseconds until the next round without a
     * notification; 0: at once; LBX_NEVER_US: none. LBX_ERR_UNAVAILABLE: tried again after a
     * backoff; so is any other error, which is also logged. */
    enum lbx_err (*round)(struct lbx_worker *worker, void *state, int64_t *ret_wait_us);
    /* Called for a new connection: state of the last session is gone. NULL: none. */
    void (*reconnected)(struct lbx_worker *worker, void *state);
    /* A further descriptor that wakes the part while readable; -1: none now. NULL: none. */
    int (*fd)(void *state);
    const char *(*waiting_for)(void *state); /* why not ready, static text; NULL: ready */
    void (*close)(struct lbx_worker *worker, void *state); /* NULL: none */
};

/* The part; its declaration is a struct lbx_rounds. */
extern const struct lbx_part lbx_rounds_part;

#endif

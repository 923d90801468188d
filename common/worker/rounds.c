/* Calls a worker's round when it is due, and when its channel is notified. Promises that no
 * notification is missed: LISTEN runs before the first round of a connection, and one that comes
 * during a round starts the next. Fails: a failed round is logged, and tried again with backoff. */
#include "worker/rounds.h"

#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <stdlib.h>

struct rounds {
    struct lbx_worker *worker;
    const struct lbx_rounds *declaration;
    void *state;
    int64_t generation; /* of the connection that runs LISTEN */
    int64_t next_us;
    struct lbx_backoff backoff;
};

static enum lbx_err rounds_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    struct rounds *r = lbx_calloc(sizeof *r);
    r->worker = worker;
    r->declaration = declaration;
    enum lbx_err err = r->declaration->open ? r->declaration->open(worker, &r->state) : LBX_OK;
    if (err != LBX_OK)
        free(r);
    else
        *ret_state = r;
    return err;
}

static void wait_out(struct rounds *r, enum lbx_err err) {
    if (err != LBX_ERR_UNAVAILABLE)
        lbx_log(LBX_LOG_ERROR, "round failed", LBX_S("error", lbx_err_text(err)));
    lbx_metric_add(&lbx_retries_metric, 1);
    r->next_us = lbx_monotonic_us() + lbx_backoff_next_us(&r->backoff);
}

/* Runs LISTEN before the first round of a connection, so that no notification falls between. */
static enum lbx_err listen_once(struct rounds *r) {
    struct lbx_worker *worker = r->worker;
    if (r->generation == worker->pg_generation)
        return LBX_OK;
    if (r->declaration->channel) {
        enum lbx_err err = lbx_pg_listen(worker->pg, r->declaration->channel);
        if (err != LBX_OK)
            return err;
    }
    r->generation = worker->pg_generation;
    r->next_us = 0;
    if (r->declaration->reconnected)
        r->declaration->reconnected(worker, r->state);
    return LBX_OK;
}

static bool is_backing_off(const struct rounds *r) {
    return r->backoff.failures > 0 && lbx_monotonic_us() < r->next_us;
}

static int rounds_fd(void *state) {
    const struct rounds *r = state;
    bool looks = r->declaration->fd && r->worker->pg && !is_backing_off(r);
    return looks ? r->declaration->fd(r->state) : -1;
}

static bool is_woken(struct rounds *r) {
    struct pollfd fd = {.fd = rounds_fd(r), .events = POLLIN};
    r->worker->told = lbx_worker_notified(r->worker);
    return r->worker->told || lbx_monotonic_us() >= r->next_us ||
           (fd.fd >= 0 && poll(&fd, 1, 0) > 0);
}

static enum lbx_err rounds_serve(void *state, int64_t *ret_wake_us) {
    struct rounds *r = state;
    if (!r->worker->pg)
        return LBX_OK; /* the loop calls again once there is a connection */
    bool backing_off = is_backing_off(r);
    enum lbx_err err = backing_off ? LBX_OK : listen_once(r);
    if (err == LBX_OK && !backing_off && is_woken(r)) {
        int64_t wait_us = LBX_NEVER_US;
        err = r->declaration->round(r->worker, r->state, &wait_us);
        lbx_pg_release(r->worker->pg);
        if (err == LBX_OK) {
            r->backoff = (struct lbx_backoff){0};
            r->next_us = wait_us == LBX_NEVER_US ? LBX_NEVER_US : lbx_monotonic_us() + wait_us;
        }
    }
    if (err != LBX_OK) {
        wait_out(r, err);
    } else if (!backing_off && lbx_worker_notified(r->worker)) {
        r->worker->notified = true; /* for the next round */
        r->next_us = 0;
    }
    *ret_wake_us = r->next_us;
    return LBX_OK;
}

static const char *rounds_waiting_for(void *state) {
    const struct rounds *r = state;
    if (r->backoff.failures)
        return "waiting for what its rounds need";
    if (r->generation != r->worker->pg_generation)
        return "waiting for its first round";
    return r->declaration->waiting_for ? r->declaration->waiting_for(r->state) : NULL;
}

static void rounds_close(void *state) {
    struct rounds *r = state;
    if (r->declaration->close)
        r->declaration->close(r->worker, r->state);
    free(r);
}

const struct lbx_part lbx_rounds_part = {
    .open = rounds_open,
    .fd = rounds_fd,
    .serve = rounds_serve,
    .waiting_for = rounds_waiting_for,
    .close = rounds_close,
};

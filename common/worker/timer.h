/* A timer for periodic work that runs only if it was wanted since the last run. In
 * lbx_monotonic_us. */
#ifndef LBX_WORKER_TIMER_H
#define LBX_WORKER_TIMER_H

#include "base/clock.h"
#include "worker/worker.h"

#include <stdbool.h>

struct lbx_timer {
    int64_t every_us, last_us;
    int64_t at_us; /* LBX_NEVER_US: not wanted */
};

static inline void lbx_timer_want(struct lbx_timer *timer) {
    if (timer->at_us == LBX_NEVER_US)
        timer->at_us = timer->last_us + timer->every_us;
}

static inline bool lbx_timer_due(const struct lbx_timer *timer) {
    return lbx_monotonic_us() >= timer->at_us;
}

static inline void lbx_timer_done(struct lbx_timer *timer) {
    timer->last_us = lbx_monotonic_us();
    timer->at_us = LBX_NEVER_US;
}

#endif

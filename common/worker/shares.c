/* Divides the partitions of the process's one group member among its lanes. Promises that each
 * partition belongs to one lane, and that a lane wakes up for a new share. A transaction of the
 * old share fails at the fence. Cannot fail. */
#include "worker/shares.h"

#include "base/memory.h"
#include "worker/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>

static struct {
    pthread_mutex_t lock;
    struct lane {
        struct lbx_consumer *consumer; /* NULL: none is open */
        enum lbx_share news;
        struct lbx_claims given;
    } lanes[LBX_LANES_MAX];
    bool asked; /* a lane asked the member to join the group anew */
} shares = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void unlock(pthread_mutex_t *const *lock) {
    pthread_mutex_unlock(*lock);
}
#define LOCKED                                                                                     \
    pthread_mutex_t *locked LBX_CLEANUP(unlock) = &shares.lock;                                    \
    pthread_mutex_lock(locked)

static void wake(const struct lane *lane) {
    if (lane->consumer)
        eventfd_write(lbx_consumer_fd(lane->consumer), 1);
}

void lbx_shares_open(size_t lane, struct lbx_consumer *consumer) {
    LOCKED;
    shares.lanes[lane] = (struct lane){.consumer = consumer};
}

void lbx_shares_close(size_t lane) {
    LOCKED;
    shares.lanes[lane].consumer = NULL;
    lbx_claims_done(&shares.lanes[lane].given);
}

/* Gives each n-th partition to a lane, so that each has about as many of each topic. */
static void share_of(const struct lbx_partition *partitions, size_t count, size_t lane,
                     size_t lanes, struct lbx_claims *ret_claims) {
    struct lbx_partition *share = lbx_calloc((count + 1) * sizeof *share);
    size_t given = 0;
    for (size_t i = lane; i < count; i += lanes)
        share[given++] = partitions[i];
    lbx_claims_set(ret_claims, share, given);
    free(share);
}

void lbx_shares_give(const struct lbx_partition *partitions, size_t count,
                     struct lbx_claims *ret_claims) {
    LOCKED;
    size_t lanes = 1;
    while (lanes < LBX_LANES_MAX && shares.lanes[lanes].consumer)
        lanes++;
    share_of(partitions, count, 0, lanes, ret_claims);
    for (size_t lane = 1; lane < lanes; lane++) {
        share_of(partitions, count, lane, lanes, &shares.lanes[lane].given);
        shares.lanes[lane].news = LBX_SHARE_GIVEN;
        wake(&shares.lanes[lane]);
    }
}

void lbx_shares_take(void) {
    LOCKED;
    for (size_t lane = 1; lane < LBX_LANES_MAX; lane++) {
        lbx_claims_done(&shares.lanes[lane].given);
        shares.lanes[lane].news = LBX_SHARE_TAKEN;
        wake(&shares.lanes[lane]);
    }
}

enum lbx_share lbx_shares_read(size_t lane, struct lbx_claims *ret_claims) {
    LOCKED;
    struct lane *mine = &shares.lanes[lane];
    const enum lbx_share news = mine->news;
    mine->news = LBX_SHARE_SAME;
    if (news == LBX_SHARE_GIVEN) {
        *ret_claims = mine->given;
        mine->given = (struct lbx_claims){0};
    }
    return news;
}

void lbx_shares_ask_anew(size_t lane) {
    LOCKED;
    if (shares.lanes[lane].news != LBX_SHARE_SAME)
        return;
    shares.asked = true;
    wake(&shares.lanes[0]);
}

bool lbx_shares_asked(void) {
    LOCKED;
    const bool asked = shares.asked;
    shares.asked = false;
    return asked;
}

void lbx_shares_report(const struct lbx_partition *partitions, size_t count) {
    LOCKED;
    if (shares.lanes[0].consumer)
        lbx_consumer_report(shares.lanes[0].consumer, partitions, count);
}

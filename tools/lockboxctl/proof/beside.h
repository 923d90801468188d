/* A log's rows beside the records that Kafka still has. */
#ifndef LOCKBOXCTL_PROOF_BESIDE_H
#define LOCKBOXCTL_PROOF_BESIDE_H

#include "check.h"

struct beside {
    struct lane *lane;
    const struct log *log;
    int64_t first; /* what Kafka still has begins here */
    struct lbx_record record;
    bool has; /* record is the next to be met */
    struct lbx_buf scratch;
};

/* Of a lane without Kafka, all of these do nothing. */
void beside_begin(struct beside *beside, struct lane *lane, const struct log *log);
void beside_done(struct beside *beside);

/* Rows come in the order of their offsets. */
void beside_meet(struct beside *beside, const struct checked *row);

/* There is no further row below this offset. */
void beside_before(struct beside *beside, int64_t offset);

#endif

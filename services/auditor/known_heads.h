/* The last known head of each log that a lane appends to: a head that somebody else changed, or a
 * store that was rolled back, is seen by it. Known as long as the lane keeps the partition (its
 * epoch); then from nothing again.
 */
#ifndef AUDITOR_KNOWN_HEADS_H
#define AUDITOR_KNOWN_HEADS_H

#include "store/offsets.h"
#include "tlog/tree.h"

struct auditor_head {
    uint64_t size;
    struct lbx_hash root;
};

struct auditor_known_head {
    char *topic;
    int32_t partition;
    int64_t epoch;
    /* After the last append, and before it: what became of that append's COMMIT may be unknown.
     * size 0: nothing is known. */
    struct auditor_head now, before;
    bool verified; /* against tiles, leaves and the last checkpoint */
};

struct auditor_known_heads {
    struct auditor_known_head *list;
    size_t count;
};

/* Never NULL; valid until the next call. */
struct auditor_known_head *auditor_known_head(struct auditor_known_heads *heads,
                                              const struct lbx_claim *claim);

/* Whether a head read from the store is the known one; where none is known, it is from now on. */
bool auditor_known_head_is(struct auditor_known_head *known, const struct auditor_head *found);

/* The lane appended: the log's head is this one once the append is committed. */
void auditor_known_head_moved(struct auditor_known_head *known, const struct auditor_head *now);

void auditor_known_heads_done(struct auditor_known_heads *heads);

#endif

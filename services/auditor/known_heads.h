/* The last head that a lane stored of each log. By it the lane notices that another program
 * changed the head, or that the store was restored from an older state. Heads are known for one
 * epoch of the partition. */
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
    /* After and before the last append, whose COMMIT may have an unknown outcome. size 0: not
     * known. */
    struct auditor_head now, before;
    bool verified; /* checked against tiles, leaves and the last checkpoint */
};

struct auditor_known_heads {
    struct auditor_known_head *list;
    size_t count;
};

/* The entry of a log, made if it is missing; valid until the next call. */
struct auditor_known_head *auditor_known_head(struct auditor_known_heads *heads,
                                              const struct lbx_claim *claim);

/* Whether a head read from the store is the known one. If none is known, it becomes so. */
bool auditor_known_head_is(struct auditor_known_head *known, const struct auditor_head *found);

/* Sets the head after an append, which is not committed yet. */
void auditor_known_head_moved(struct auditor_known_head *known, const struct auditor_head *now);

void auditor_known_heads_done(struct auditor_known_heads *heads);

#endif

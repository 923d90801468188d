/* What a lane knows of its partitions' heads: how it left them, so that one that changed in between is seen.
 * Known as long as the lane keeps the partition (its epoch); then from nothing again.
 */
#ifndef AUDITOR_CUSTODY_H
#define AUDITOR_CUSTODY_H

#include "store/offsets.h"
#include "tlog/tree.h"

struct auditor_head {
    uint64_t size;
    struct lbx_hash root;
};

struct auditor_known {
    char *topic;
    int32_t partition;
    int64_t epoch;
    /* As the last append left it, and as it was before: what became of that append's COMMIT may be
     * unknown. size 0: nothing known. */
    struct auditor_head now, before;
    bool verified; /* against tiles, leaves and the last checkpoint */
};

struct auditor_custody {
    struct auditor_known *list;
    size_t count;
};

/* Never NULL; valid until the next call. */
struct auditor_known *auditor_custody_of(struct auditor_custody *custody,
                                         const struct lbx_claim *claim);

/* Whether a head read from the store is one that this lane left; true where it knows none. */
bool auditor_custody_holds(struct auditor_known *known, const struct auditor_head *found);

void auditor_custody_done(struct auditor_custody *custody);

#endif

/* A log's checkpoints in the order of their sizes, page by page: what its tree must come by. */
#ifndef LOCKBOXCTL_PROOF_MARKS_H
#define LOCKBOXCTL_PROOF_MARKS_H

#include "check.h"

struct mark {
    int64_t number;
    uint64_t size;
    struct lbx_hash root;
    bool is_good; /* else it has a finding already */
};

struct marks {
    struct lane *lane;
    const struct log *log;
    struct mark *list;
    size_t count, at;
    int64_t last_number;
    bool all; /* no more pages */
};

void marks_init(struct marks *marks, struct lane *lane, const struct log *log);
void marks_done(struct marks *marks);

/* The next, which marks->at++ takes; NULL: there are no more. */
const struct mark *marks_next(struct marks *marks);

#endif

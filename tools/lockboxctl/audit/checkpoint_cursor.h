/* A log's checkpoints in the order of their sizes, page by page: what its tree must come by. */
#ifndef LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H
#define LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H

#include "verifier.h"

struct cursor_checkpoint {
    int64_t number;
    uint64_t size;
    struct lbx_hash root;
    bool is_good; /* else it has a finding already */
};

struct checkpoint_cursor {
    struct verifier *verifier;
    const struct log *log;
    struct cursor_checkpoint *list;
    size_t count, at;
    int64_t last_number;
    bool all; /* no more pages */
};

void checkpoint_cursor_init(struct checkpoint_cursor *cursor, struct verifier *verifier,
                            const struct log *log);
void checkpoint_cursor_done(struct checkpoint_cursor *cursor);

/* The next, which cursor->at++ takes; NULL: there are no more. */
const struct cursor_checkpoint *checkpoint_cursor_next(struct checkpoint_cursor *cursor);

#endif

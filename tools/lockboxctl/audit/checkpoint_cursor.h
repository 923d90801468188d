/* A cursor over a log's checkpoints, in the order of their sizes. The log's tree must have each
 * one's root. */
#ifndef LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H
#define LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H

#include "verifier.h"

struct cursor_checkpoint {
    int64_t number;
    uint64_t size;
    struct lbx_hash root;
    bool told;    /* read on its topic; it has no number */
    bool is_good; /* false: a finding says why not, and its root is not to be compared */
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

/* The next checkpoint, which stays the next until the caller adds 1 to cursor->at; NULL: there are
 * no more. */
const struct cursor_checkpoint *checkpoint_cursor_next(struct checkpoint_cursor *cursor);

#endif

/* A cursor over a log's checkpoints, in the order of their sizes. The caller compares each one's
 * root with the log's tree. */
#ifndef LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H
#define LOCKBOXCTL_AUDIT_CHECKPOINT_CURSOR_H

#include "verifier.h"

struct cursor_checkpoint {
    int64_t number;
    uint64_t size;
    struct lbx_hash root;
    bool told;    /* read from its topic; has no number */
    bool is_good; /* false: it has a finding, and its root must not be compared */
};

struct checkpoint_cursor {
    struct verifier *verifier;
    const struct log *log;
    struct cursor_checkpoint *list;
    size_t count, at;
    int64_t last_number;
    bool all; /* no page is left */
};

void checkpoint_cursor_init(struct checkpoint_cursor *cursor, struct verifier *verifier,
                            const struct log *log);
void checkpoint_cursor_done(struct checkpoint_cursor *cursor);

/* The next checkpoint, until the caller adds 1 to cursor->at. NULL: none is left. */
const struct cursor_checkpoint *checkpoint_cursor_next(struct checkpoint_cursor *cursor);

#endif

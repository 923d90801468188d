/* Checkpoints as they were published, from the records of their topic: each must be in the table of checkpoints.
 * Whoever takes a checkpoint away, with the records it speaks of, has to take these away, too.
 */
#ifndef LOCKBOXCTL_AUDIT_PUBLISHED_H
#define LOCKBOXCTL_AUDIT_PUBLISHED_H

#include "verifier.h"

enum { PUBLISHED_AT_ONCE = 500 };

struct published {
    struct verifier *verifier;
    const struct log *log;  /* of checkpoints */
    struct lbx_arena arena; /* the texts of those in hand */
    struct lbx_rows rows;
    struct published_one {
        const struct log *log;
        uint64_t size;
        int64_t offset; /* of the record */
    } list[PUBLISHED_AT_ONCE];
    size_t count;
};

void published_init(struct published *published, struct verifier *verifier, const struct log *log);
void published_done(struct published *published);

/* A record of the topic of checkpoints, which is as it was hashed. */
void published_note(struct published *published, const struct checked *row);
/* There are no more. */
void published_end(struct published *published);

#endif

/* Checkpoints published to Kafka: each must be in the table of checkpoints. Hence a checkpoint
 * can be removed from the table without notice only together with its published record. */
#ifndef LOCKBOXCTL_AUDIT_PUBLISHED_H
#define LOCKBOXCTL_AUDIT_PUBLISHED_H

#include "verifier.h"

enum { PUBLISHED_AT_ONCE = 500 };

struct published {
    struct verifier *verifier;
    const struct log *log;  /* of the topic of checkpoints */
    struct lbx_arena arena; /* texts of the current batch */
    struct lbx_pg_arrays rows;
    struct published_one {
        const struct log *log;
        uint64_t size;
        int64_t offset; /* of the record */
    } list[PUBLISHED_AT_ONCE];
    size_t count;
};

void published_init(struct published *published, struct verifier *verifier, const struct log *log);
void published_done(struct published *published);

/* Adds a record of the topic of checkpoints, whose leaf hash was checked. */
void published_note(struct published *published, const struct checked *row);
/* Compares the last batch. */
void published_end(struct published *published);

#endif

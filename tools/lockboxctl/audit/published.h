/* Checkpoints as the auditor published them to Kafka: each must be in the table of checkpoints. A
 * checkpoint cannot be removed from the table unnoticed unless its published record is removed,
 * too.
 */
#ifndef LOCKBOXCTL_AUDIT_PUBLISHED_H
#define LOCKBOXCTL_AUDIT_PUBLISHED_H

#include "verifier.h"

enum { PUBLISHED_AT_ONCE = 500 };

struct published {
    struct verifier *verifier;
    const struct log *log;  /* of checkpoints */
    struct lbx_arena arena; /* the texts of those in hand */
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

/* Takes a record of the topic of checkpoints; its leaf hash has been checked. */
void published_note(struct published *published, const struct checked *row);
/* Compares those not yet compared. */
void published_end(struct published *published);

#endif

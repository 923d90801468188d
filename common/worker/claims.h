/* The partitions that the group gave to this member of it, and where each stands: see struct
 * lbx_claim. */
#ifndef LBX_WORKER_CLAIMS_H
#define LBX_WORKER_CLAIMS_H

#include "event/record.h"
#include "io/consumer.h"
#include "store/offsets.h"

struct lbx_claims {
    struct lbx_claim *list;
    size_t count;
    struct lbx_claim *last; /* found; the next record is mostly of the same partition */
};

/* Copies the partitions; none is taken in the database yet (epoch 0). */
void lbx_claims_set(struct lbx_claims *claims, const struct lbx_partition *partitions,
                    size_t count);
void lbx_claims_done(struct lbx_claims *claims);

/* The claim on a record's partition. NULL: there is none. */
struct lbx_claim *lbx_claims_of(struct lbx_claims *claims, const struct lbx_record *record);

/* Sets each batch_end for a batch of these records, which are in order within each partition. */
void lbx_claims_plan(struct lbx_claims *claims, const struct lbx_record *const *records,
                     size_t count);

/* What is kept of the last record that was read. */
void lbx_claims_note(const struct lbx_record *record, struct lbx_read_record *ret_read);

/* The planned batch is committed: each partition goes on from its batch_end. */
void lbx_claims_advance(struct lbx_claims *claims);

/* The partitions and their next_offset. Returns claims->count of them, the caller's to free; topics
 * are borrowed. */
struct lbx_partition *lbx_claims_partitions(const struct lbx_claims *claims);

#endif

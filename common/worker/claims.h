/* The partitions that the group assigned to this member, with their offsets: see struct
 * lbx_claim. */
#ifndef LBX_WORKER_CLAIMS_H
#define LBX_WORKER_CLAIMS_H

#include "event/record.h"
#include "io/consumer.h"
#include "store/offsets.h"

struct lbx_claims {
    struct lbx_claim *list;
    size_t count;
    struct lbx_claim *last; /* the claim found last: the next record often has the same partition */
};

/* Copies the partitions. Their epoch is 0: they are not taken in the database yet. */
void lbx_claims_set(struct lbx_claims *claims, const struct lbx_partition *partitions,
                    size_t count);
void lbx_claims_done(struct lbx_claims *claims);

/* The claim on a record's partition. NULL: none. */
struct lbx_claim *lbx_claims_of(struct lbx_claims *claims, const struct lbx_record *record);

/* Sets batch_end of each claim for a batch of these records, which are in order within each partition. */
void lbx_claims_plan(struct lbx_claims *claims, const struct lbx_record *const *records,
                     size_t count);

/* Fills *ret_read from the record: its offset and the hash of its leaf. */
void lbx_claims_note(const struct lbx_record *record, struct lbx_read_record *ret_read);

/* Moves each claim to its batch_end, as the batch is committed. */
void lbx_claims_advance(struct lbx_claims *claims);

/* The partitions with their next_offset. Returns claims->count elements, to be freed by the
 * caller; topics are borrowed. */
struct lbx_partition *lbx_claims_partitions(const struct lbx_claims *claims);

#endif

/* A consumer's partitions, as the database has them: who reads each (by epoch) and from where.
 * The same table stands in both databases.
 */
#ifndef LBX_STORE_OFFSETS_H
#define LBX_STORE_OFFSETS_H

#include "io/pg.h"

#include <stdint.h>

struct lbx_claim {
    char *topic; /* with prefix; the holder's */
    int32_t partition;
    int64_t epoch, next_offset; /* as of the last take or commit */
    int64_t batch_end;          /* next_offset once the batch in hand is committed */
};

/* The claim on a partition, as const as claims is; NULL where there is none. */
struct lbx_claim *lbx_claim_find(const struct lbx_claim *claims, size_t count, const char *topic,
                                 int64_t partition);

extern const struct lbx_sql *const *const lbx_offsets_statements;

/* Takes partitions in a transaction of its own: raises their epochs and reads where to go on. Also the
 * way to learn what became of a COMMIT whose connection broke. */
enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) LBX_MUST_CHECK;

/* Adds the fence for the claims whose batch_end is beyond next_offset; returns the call's index. rows
 * is the caller's, to be done after the round trip. Sets *ret_expected to the rows that must come
 * back: fewer means a newer owner. */
size_t lbx_offsets_fence(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                         const struct lbx_claim *claims, size_t count, size_t *ret_expected);

/* Adds a fence that moves nothing: until the transaction ends, nobody takes these partitions. All of them
 * must come back. */
size_t lbx_offsets_hold(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                        const struct lbx_claim *claims, size_t count);

#endif

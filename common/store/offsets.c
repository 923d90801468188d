/* Takes partitions, and fences a batch by the epoch under which they were taken.
 * Promises that a consumer whose partitions another took commits nothing. Errors are the round trip's.
 */
#include "store/offsets.h"

#include "sql_offsets.h"

#include <stdlib.h>
#include <string.h>

const struct lbx_sql *const *const lbx_offsets_statements = sql_offsets_all;

struct lbx_claim *lbx_claim_find(const struct lbx_claim *claims, size_t count, const char *topic,
                                 int64_t partition) {
    for (size_t i = 0; i < count; i++)
        if (claims[i].partition == partition && strcmp(claims[i].topic, topic) == 0)
            return (struct lbx_claim *)&claims[i];
    return NULL;
}

static void taken(const struct sql_offsets_take_answer *it, struct lbx_claim *claims,
                  size_t count) {
    for (size_t i = 0; i < count; i++)
        if (claims[i].partition == it->partition && strcmp(claims[i].topic, it->topic) == 0) {
            claims[i].epoch = it->epoch;
            claims[i].next_offset = it->next_offset;
            claims[i].batch_end = it->next_offset;
        }
}

enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) {
    struct lbx_calls calls = {0};
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done) = {0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(&rows, offsets_take_given, .topic = claims[i].topic,
                   .partition = claims[i].partition);
    size_t call =
        LBX_PG_CALL(&calls, offsets_take, .given = &rows, .consumer = consumer, .owner = owner);
    if (call == LBX_NO_CALL)
        return LBX_OK;
    enum lbx_err err = lbx_pg_run(pg, &calls);
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(pg, call); row++) {
        const struct sql_offsets_take_answer it = LBX_PG_READ(pg, call, row, offsets_take, NULL);
        taken(&it, claims, count);
    }
    return err;
}

size_t lbx_offsets_fence(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                         const struct lbx_claim *claims, size_t count, size_t *ret_expected) {
    *rows = (struct lbx_rows){0};
    for (size_t i = 0; i < count; i++)
        if (claims[i].batch_end != claims[i].next_offset)
            LBX_PG_ADD(rows, offsets_fence_given, .topic = claims[i].topic,
                       .partition = claims[i].partition, .epoch = claims[i].epoch,
                       .expected = claims[i].next_offset, .next_offset = claims[i].batch_end);
    *ret_expected = lbx_rows_count(rows);
    return LBX_PG_CALL(calls, offsets_fence, .given = rows, .consumer = consumer);
}

size_t lbx_offsets_hold(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                        const struct lbx_claim *claims, size_t count) {
    *rows = (struct lbx_rows){0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(rows, offsets_hold_given, .topic = claims[i].topic,
                   .partition = claims[i].partition, .epoch = claims[i].epoch);
    return LBX_PG_CALL(calls, offsets_hold, .given = rows, .consumer = consumer);
}

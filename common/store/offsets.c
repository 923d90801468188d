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

static void taken(const struct lbx_pg *pg, size_t row, struct lbx_claim *claims, size_t count) {
    struct lbx_claim *claim =
        lbx_claim_find(claims, count, lbx_pg_cell(pg, 0, row, 0), lbx_pg_cell_int(pg, 0, row, 1));
    if (!claim)
        return;
    claim->epoch = lbx_pg_cell_int(pg, 0, row, 2);
    claim->next_offset = lbx_pg_cell_int(pg, 0, row, 3);
    claim->batch_end = claim->next_offset;
}

enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) {
    struct lbx_calls calls = {0};
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done);
    lbx_rows_init(&rows, 2);
    for (size_t i = 0; i < count; i++) {
        lbx_rows_text(&rows, claims[i].topic);
        lbx_rows_int(&rows, claims[i].partition);
    }
    if (count == 0)
        return LBX_OK;
    lbx_rows_call(&rows, &calls, &sql_offsets_take, 2, (const char *[]){consumer, owner});
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++)
        taken(pg, row, claims, count);
    return LBX_OK;
}

size_t lbx_offsets_fence(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                         const struct lbx_claim *claims, size_t count, size_t *ret_expected) {
    lbx_rows_init(rows, 5);
    for (size_t i = 0; i < count; i++) {
        if (claims[i].batch_end == claims[i].next_offset)
            continue;
        lbx_rows_text(rows, claims[i].topic);
        lbx_rows_int(rows, claims[i].partition);
        lbx_rows_int(rows, claims[i].epoch);
        lbx_rows_int(rows, claims[i].next_offset);
        lbx_rows_int(rows, claims[i].batch_end);
    }
    *ret_expected = lbx_rows_count(rows);
    size_t call = calls->count;
    lbx_rows_call(rows, calls, &sql_offsets_fence, 1, &consumer);
    return call;
}

size_t lbx_offsets_hold(struct lbx_calls *calls, struct lbx_rows *rows, const char *consumer,
                        const struct lbx_claim *claims, size_t count) {
    lbx_rows_init(rows, 3);
    for (size_t i = 0; i < count; i++) {
        lbx_rows_text(rows, claims[i].topic);
        lbx_rows_int(rows, claims[i].partition);
        lbx_rows_int(rows, claims[i].epoch);
    }
    size_t call = calls->count;
    lbx_rows_call(rows, calls, &sql_offsets_hold, 1, &consumer);
    return call;
}

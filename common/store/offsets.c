/* Takes partitions, and fences a batch by its epoch. Promises that a consumer with an older
 * epoch commits nothing. Fails as the round trip. */
#include "store/offsets.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "event/record.h"
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
    const char *topic = lbx_log_topic(it->topic);
    struct lbx_claim *claim = lbx_claim_find(claims, count, topic, it->partition);
    if (!claim)
        return;
    free(claim->log);
    claim->log = topic == it->topic ? NULL : strdup(it->topic);
    claim->epoch = it->epoch;
    claim->next_offset = claim->batch_end = it->next_offset;
    claim->last = (struct lbx_read_record){.offset = it->last_offset};
    claim->last.known =
        it->last_hash.len == sizeof claim->last.hash && it->last_offset < it->next_offset;
    if (claim->last.known)
        memcpy(claim->last.hash, it->last_hash.data, sizeof claim->last.hash);
    claim->comparing = claim->last.known;
    claim->stopped = NULL;
    claim->failures = 0;
}

enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    lbx_arena_init(&arena);
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(&rows, offsets_take_given, .topic = claims[i].topic,
                   .partition = claims[i].partition);
    size_t call =
        LBX_PG_CALL(&calls, offsets_take, .given = &rows, .consumer = consumer, .owner = owner);
    if (call == LBX_NO_CALL)
        return LBX_OK;
    enum lbx_err err = lbx_pg_run(pg, &calls);
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(pg, call); row++) {
        const struct sql_offsets_take_answer it = LBX_PG_READ(pg, call, row, offsets_take, &arena);
        taken(&it, claims, count);
    }
    return err;
}

static void log_ahead(const struct lbx_claim *claim, int64_t committed) {
    lbx_log(LBX_LOG_ERROR, "Kafka's committed offset is ahead of the database's",
            LBX_S("topic", claim->topic), LBX_N("partition", claim->partition),
            LBX_N("next_offset", claim->next_offset), LBX_N("committed", committed));
}

/* Whether Kafka's committed offset is of the replaced log, as it is until this log's first commit. */
static bool is_of_log_before(const struct lbx_claim *claim) {
    return claim->log && claim->next_offset == 0;
}

enum lbx_err lbx_offsets_compare(struct lbx_pg *pg, const char *consumer,
                                 const struct lbx_claim *claims, const int64_t *committed,
                                 size_t count, size_t *ret_ahead) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(&rows, offsets_compare_given, .topic = lbx_claim_log(&claims[i]),
                   .partition = claims[i].partition, .epoch = claims[i].epoch,
                   .next_offset = claims[i].next_offset,
                   .committed_offset = is_of_log_before(&claims[i]) ? -1 : committed[i]);
    const size_t call = LBX_PG_CALL(&calls, offsets_compare, .given = &rows, .consumer = consumer);
    *ret_ahead = 0;
    if (call == LBX_NO_CALL)
        return LBX_OK;
    const enum lbx_err err = lbx_pg_run(pg, &calls);
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(pg, call); row++) {
        const struct sql_offsets_compare_answer it =
            LBX_PG_READ(pg, call, row, offsets_compare, NULL);
        const struct lbx_claim *claim =
            lbx_claim_find(claims, count, lbx_log_topic(it.topic), it.partition);
        if (claim)
            log_ahead(claim, committed[claim - claims]);
        ++*ret_ahead;
    }
    return err;
}

/* ---- operators' orders ---- */

void lbx_skips_done(struct lbx_skips *skips) {
    for (size_t i = 0; i < skips->count; i++)
        free(skips->list[i].topic);
    free(skips->list);
    *skips = (struct lbx_skips){0};
}

static const struct lbx_skip *skip_over(const struct lbx_skips *skips, const char *topic,
                                        int32_t partition, int64_t offset) {
    for (size_t i = 0; i < skips->count; i++) {
        const struct lbx_skip *skip = &skips->list[i];
        if (skip->partition == partition && skip->first <= offset && offset <= skip->last &&
            strcmp(skip->topic, topic) == 0)
            return skip;
    }
    return NULL;
}

bool lbx_skips_hold(const struct lbx_skips *skips, const char *topic, int32_t partition,
                    int64_t offset) {
    return skip_over(skips, topic, partition, offset) != NULL;
}

int64_t lbx_skips_from(const struct lbx_skips *skips, const struct lbx_claim *claim) {
    const struct lbx_skip *skip;
    int64_t from = claim->next_offset;
    if (claim->stopped && claim->stopped_at >= from &&
        (skip = skip_over(skips, claim->topic, claim->partition, claim->stopped_at)))
        from = skip->last + 1;
    while ((skip = skip_over(skips, claim->topic, claim->partition, from)))
        from = skip->last + 1;
    return from;
}

enum lbx_err lbx_offsets_skips(struct lbx_pg *pg, const struct lbx_claim *claims, size_t count,
                               struct lbx_skips *ret_skips) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(&rows, offsets_orders_held, .topic = lbx_claim_log(&claims[i]),
                   .partition = claims[i].partition, .next_offset = claims[i].next_offset);
    if (LBX_PG_CALL(&calls, offsets_orders, .held = &rows) == LBX_NO_CALL)
        return LBX_OK;
    const size_t logs_call = LBX_PG_CALL(&calls, offsets_logs, .held = &rows);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    lbx_skips_done(ret_skips);
    ret_skips->count = lbx_pg_row_count(pg, 0);
    ret_skips->list = lbx_calloc(sizeof *ret_skips->list * (ret_skips->count + 1));
    for (size_t i = 0; i < ret_skips->count; i++) {
        const struct sql_offsets_orders_answer it = LBX_PG_READ(pg, 0, i, offsets_orders, NULL);
        ret_skips->list[i] =
            (struct lbx_skip){strdup(lbx_log_topic(it.topic)), (int32_t)it.partition,
                              it.first_offset, it.last_offset};
    }
    ret_skips->replaced = lbx_pg_row_count(pg, logs_call) > 0;
    return LBX_OK;
}

/* ---- fences ---- */

size_t lbx_offsets_fence(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                         const char *consumer, const struct lbx_claim *claims, size_t count,
                         size_t *ret_expected) {
    *rows = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < count; i++)
        if (claims[i].batch_end != claims[i].next_offset)
            LBX_PG_ADD(rows, offsets_fence_given, .topic = lbx_claim_log(&claims[i]),
                       .partition = claims[i].partition, .epoch = claims[i].epoch,
                       .expected = claims[i].next_offset, .next_offset = claims[i].batch_end,
                       .last_offset = claims[i].batch_last.offset,
                       .last_hash = {claims[i].batch_last.known ? claims[i].batch_last.hash : NULL,
                                     sizeof claims[i].batch_last.hash});
    *ret_expected = lbx_pg_arrays_count(rows);
    return LBX_PG_CALL(calls, offsets_fence, .given = rows, .consumer = consumer);
}

size_t lbx_offsets_hold(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                        const char *consumer, const struct lbx_claim *claims, size_t count) {
    *rows = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(rows, offsets_hold_given, .topic = lbx_claim_log(&claims[i]),
                   .partition = claims[i].partition, .epoch = claims[i].epoch);
    return LBX_PG_CALL(calls, offsets_hold, .given = rows, .consumer = consumer);
}

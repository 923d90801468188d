/* Runs a handler's step as one transaction of two round trips. Promises that it commits only if
 * this epoch owns every partition, and the batch begins at the committed offset; and that
 * LBX_ERR_INVALID is only returned for values that the handler writes. Fails with a rollback, or
 * with an unknown outcome where the connection broke, until partitions are taken again. */
#include "worker/transact.h"

#include "store/offsets.h"

/* A call that must return one row for each partition: fewer mean a newer epoch. */
struct fence {
    struct lbx_pg_arrays rows;
    size_t call, expected;
};

static void fence_done(struct fence *fence) {
    lbx_pg_arrays_done(&fence->rows);
}

static enum lbx_err fence_and_commit(struct lbx_handler *handler,
                                     const struct lbx_transaction *step,
                                     const struct lbx_records *records, const struct fence *fence,
                                     struct lbx_pg_pipeline *calls) {
    struct lbx_pg *pg = records->worker->pg;
    step->read(handler, records, calls);
    if (lbx_pg_run(pg, calls) != LBX_OK)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err;
    *calls = (struct lbx_pg_pipeline){0};
    err = lbx_pg_row_count(pg, fence->call) == fence->expected
              ? step->write(handler, records, calls)
              : LBX_ERR_FENCED;
    if (err != LBX_OK) {
        lbx_pg_rollback(pg);
        return err;
    }
    lbx_pg_call(calls, &lbx_sql_commit, NULL);
    err = lbx_pg_run(pg, calls);
    return err == LBX_OK || err == LBX_ERR_INVALID ? err : LBX_ERR_UNAVAILABLE;
}

static enum lbx_err transact(struct lbx_handler *handler, const struct lbx_transaction *step,
                             const struct lbx_records *records, const struct fence *fence,
                             struct lbx_pg_pipeline *calls) {
    enum lbx_err err = fence_and_commit(handler, step, records, fence, calls);
    if (step->end)
        step->end(handler, records, err);
    return err;
}

enum lbx_err lbx_transact_batch(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *calls) {
    struct fence fence LBX_CLEANUP(fence_done) = {0};
    *calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(calls, &lbx_sql_begin, NULL);
    fence.call = lbx_offsets_fence(calls, &fence.rows, records->group, records->claims,
                                   records->claim_count, &fence.expected);
    return transact(handler, &handler->batch, records, &fence, calls);
}

enum lbx_err lbx_transact_checkpoint(struct lbx_handler *handler, const struct lbx_records *records,
                                     struct lbx_pg_pipeline *calls) {
    struct fence fence LBX_CLEANUP(fence_done) = {.expected = records->claim_count};
    *calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(calls, &lbx_sql_begin, NULL);
    fence.call =
        lbx_offsets_hold(calls, &fence.rows, records->group, records->claims, records->claim_count);
    return transact(handler, &handler->checkpoint, records, &fence, calls);
}

enum lbx_err lbx_transact_control(const struct lbx_records *records,
                                  struct lbx_pg_pipeline *calls) {
    struct fence fence LBX_CLEANUP(fence_done) = {0};
    struct lbx_pg *pg = records->worker->pg;
    *calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(calls, &lbx_sql_begin, NULL);
    fence.call =
        lbx_offsets_hold(calls, &fence.rows, records->group, records->claims, records->claim_count);
    lbx_pg_call(calls, &lbx_sql_commit, NULL);
    if (lbx_pg_run(pg, calls) != LBX_OK)
        return LBX_ERR_UNAVAILABLE;
    return lbx_pg_row_count(pg, fence.call) == records->claim_count ? LBX_OK : LBX_ERR_FENCED;
}

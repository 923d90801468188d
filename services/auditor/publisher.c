/* Publishes checkpoints that are not on their topic yet, each log's in the order in which they were made.
 * Promises each checkpoint at least once, by one auditor at a time: the one that holds an advisory lock. It waits neither
 * for Kafka nor for another auditor: it looks again in its next round. What Kafka did not take is LBX_ERR_UNAVAILABLE,
 * and taken again after the loop's backoff.
 */
#include "publisher.h"

#include "sql_auditor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/outbound.h"
#include "store/metrics.h"

#include <stdlib.h>
#include <string.h>

/* Without a notification: to see whether another auditor is gone, or left something. */
#define LOOK_EVERY_US (10 * LBX_SECOND_US)
#define POLL_EVERY_US (20 * LBX_MS_US)

struct checkpoint {
    const char *topic; /* whose log it is about */
    int64_t partition, size;
};

struct publisher {
    struct lbx_outbound *outbound; /* NULL: not needed so far */
    struct lbx_arena arena;        /* of the checkpoints */
    struct checkpoint *checkpoints;
    struct lbx_outbound_row *rows; /* one for each of them */
    size_t count;
    bool leads; /* holds the lock that only one auditor has */
};

/* ---- a round ---- */

static enum lbx_err lead(struct publisher *p, struct lbx_pg *pg) {
    struct lbx_calls calls = {0};
    if (p->leads)
        return LBX_OK;
    lbx_pg_call(&calls, &sql_auditor_lead, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    p->leads = err == LBX_OK && LBX_PG_READ(pg, 0, 0, auditor_lead, NULL).leads;
    return err;
}

static void read_checkpoint(struct publisher *p, const struct lbx_pg *pg, size_t i) {
    const struct sql_auditor_take_unpublished_answer it =
        LBX_PG_READ(pg, 0, i, auditor_take_unpublished, NULL);
    const char *origin = lbx_arena_strdup(&p->arena, it.origin);
    const char *note = lbx_arena_strdup(&p->arena, it.note);
    p->checkpoints[i] = (struct checkpoint){
        .topic = lbx_arena_strdup(&p->arena, it.topic),
        .partition = it.partition,
        .size = it.size,
    };
    p->rows[i] = (struct lbx_outbound_row){
        .order_key = LBX_MAP_KEY(&p->arena, origin),
        .id = p->checkpoints[i].size,
        .topic = LBX_TOPIC_CHECKPOINTS,
        .record = {.key = origin,
                   .key_len = strlen(origin),
                   .value = note,
                   .value_len = strlen(note)},
    };
}

static enum lbx_err send_unpublished(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_calls calls = {0};
    lbx_pg_call(&calls, &sql_auditor_take_unpublished, NULL);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    size_t count = err == LBX_OK ? lbx_pg_row_count(worker->pg, 0) : 0;
    if (count == 0)
        return err;
    lbx_arena_reset(&p->arena);
    p->checkpoints = LBX_ARENA_ARRAY(&p->arena, struct checkpoint, count);
    p->rows = LBX_ARENA_ARRAY(&p->arena, struct lbx_outbound_row, count);
    for (size_t i = 0; i < count; i++)
        read_checkpoint(p, worker->pg, i);
    if (!p->outbound)
        err = lbx_outbound_open(&worker->settings, worker->name, &p->outbound);
    if (err == LBX_OK)
        err = lbx_outbound_begin(p->outbound, p->rows, count, &p->arena);
    if (err != LBX_OK)
        return err;
    p->count = count;
    (void)lbx_outbound_step(p->outbound, 0);
    return LBX_OK;
}

static enum lbx_err mark(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done) = {0};
    struct lbx_calls calls = {0};
    const size_t count = p->count;
    p->count = 0;
    for (size_t i = 0; i < count; i++)
        if (p->rows[i].state == LBX_OUTBOUND_DELIVERED)
            LBX_PG_ADD(&rows, auditor_mark_published_sent, .topic = p->checkpoints[i].topic,
                       .partition = p->checkpoints[i].partition, .size = p->checkpoints[i].size);
    const size_t delivered = lbx_rows_count(&rows);
    if (delivered == 0)
        return LBX_ERR_UNAVAILABLE;
    LBX_PG_CALL(&calls, auditor_mark_published, .sent = &rows);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    lbx_metric_add(&lbx_published_metric, (int64_t)delivered);
    return delivered == count ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

static enum lbx_err publish(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    struct publisher *p = state;
    enum lbx_err err = lead(p, worker->pg);
    *ret_wait_us = LOOK_EVERY_US;
    if (err != LBX_OK || !p->leads || lbx_worker_halted(worker))
        return err;
    bool under_way = p->outbound && lbx_outbound_step(p->outbound, 0);
    if (!under_way && p->count > 0)
        err = mark(p, worker);
    if (!under_way && err == LBX_OK)
        err = send_unpublished(p, worker);
    if (p->count > 0)
        *ret_wait_us = POLL_EVERY_US;
    return err;
}

/* ---- life ---- */

static enum lbx_err publisher_open(struct lbx_worker *worker, void **ret_state) {
    (void)worker;
    struct publisher *p = lbx_calloc(sizeof *p);
    lbx_arena_init(&p->arena);
    *ret_state = p;
    return LBX_OK;
}

static void publisher_reconnected(struct lbx_worker *worker, void *state) {
    (void)worker;
    ((struct publisher *)state)->leads = false;
}

static void publisher_close(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct publisher *p = state;
    lbx_outbound_close(p->outbound);
    lbx_arena_done(&p->arena);
    free(p);
}

const struct lbx_rounds auditor_publisher = {
    .channel = "audit_checkpoint",
    .open = publisher_open,
    .round = publish,
    .reconnected = publisher_reconnected,
    .close = publisher_close,
};

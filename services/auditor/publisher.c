/* Publishes checkpoints that are not on their topic yet, each log's in the order in which they were made, and the dead
 * letters of accesses. Promises each at least once, by one auditor at a time: the one that holds the lease. It waits neither
 * for Kafka nor for another auditor: it looks again in its next round. What Kafka did not take is LBX_ERR_UNAVAILABLE,
 * and taken again after the loop's backoff.
 */
#include "publisher.h"

#include "sql_auditor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "event/deadletter.h"
#include "io/outbound.h"
#include "store/leases.h"
#include "store/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { LETTERS_BYTES = 4 << 20 };

struct checkpoint {
    const char *topic; /* whose log it is about */
    int64_t partition, size;
};

struct letter {
    const char *topic; /* where the record stood */
    int64_t partition, offset;
};

struct publisher {
    struct lbx_outbound *outbound; /* NULL: not needed so far */
    struct lbx_arena arena;        /* of the checkpoints */
    struct checkpoint *checkpoints;
    struct letter *letters;
    struct lbx_outbound_row *rows; /* one for each checkpoint, then for each letter */
    size_t checkpoint_count, count;
    bool alone;               /* a row failed: the next go one by one */
    struct lbx_leases leases; /* one, that only one auditor has */
};

/* ---- a round ---- */

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
        .order_key = origin,
        .id = p->checkpoints[i].size,
        .topic = LBX_TOPIC_CHECKPOINTS,
        .alone = p->alone,
        .record = {.key = origin,
                   .key_len = strlen(origin),
                   .value = note,
                   .value_len = strlen(note)},
    };
}

/* i: its place among the letters. */
static enum lbx_err read_letter(struct publisher *p, const struct lbx_pg *pg, size_t i) {
    struct lbx_arena *arena = &p->arena;
    struct lbx_outbound_row *row = &p->rows[p->checkpoint_count + i];
    const struct sql_auditor_take_letters_answer it =
        LBX_PG_READ(pg, 1, i, auditor_take_letters, arena);
    const struct lbx_rejected rejected = {
        .topic = lbx_log_topic(lbx_arena_strdup(arena, it.topic)),
        .reason = lbx_arena_strdup(arena, it.reason),
        .partition = it.partition,
        .offset = it.offset,
        .record = {.key = it.key.data,
                   .key_len = it.key.len,
                   .value = it.raw.data,
                   .value_len = it.raw.len},
        .headers = it.headers.data,
        .headers_len = it.headers.len,
    };
    p->letters[i] = (struct letter){lbx_arena_strdup(arena, it.topic), it.partition, it.offset};
    *row = (struct lbx_outbound_row){
        .order_key = lbx_arena_printf(arena, "letter %zu", i),
        .id = it.offset,
        .topic = LBX_TOPIC_DEADLETTER,
        .alone = p->alone,
    };
    return lbx_dead_letter(&rejected, arena, &row->record);
}

static enum lbx_err read_unpublished(struct publisher *p, const struct lbx_pg *pg) {
    enum lbx_err err = LBX_OK;
    const size_t letter_count = lbx_pg_row_count(pg, 1);
    lbx_arena_reset(&p->arena);
    p->checkpoint_count = lbx_pg_row_count(pg, 0);
    p->checkpoints = LBX_ARENA_ARRAY(&p->arena, struct checkpoint, p->checkpoint_count);
    p->letters = LBX_ARENA_ARRAY(&p->arena, struct letter, letter_count);
    p->rows =
        LBX_ARENA_ARRAY(&p->arena, struct lbx_outbound_row, p->checkpoint_count + letter_count);
    for (size_t i = 0; i < p->checkpoint_count; i++)
        read_checkpoint(p, pg, i);
    for (size_t i = 0; err == LBX_OK && i < letter_count; i++)
        err = read_letter(p, pg, i);
    return err;
}

static enum lbx_err send_unpublished(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, auditor_take_unpublished, .holder = p->leases.holder);
    LBX_PG_CALL(&calls, auditor_take_letters, .holder = p->leases.holder,
                .most_bytes = LETTERS_BYTES);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    const size_t count = lbx_pg_row_count(worker->pg, 0) + lbx_pg_row_count(worker->pg, 1);
    if (count == 0)
        return LBX_OK;
    err = read_unpublished(p, worker->pg);
    if (err == LBX_OK && !p->outbound)
        err = lbx_outbound_open(&worker->settings, worker->name, &p->outbound);
    if (err != LBX_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        lbx_outbound_add(p->outbound, &p->rows[i]);
    p->count = count;
    return lbx_outbound_step(p->outbound, 0);
}

/* What was delivered of the first `count` rows. A letter that Kafka refuses for good holds up nothing: the store has its
 * record. */
static void collect(const struct publisher *p, size_t count, struct lbx_pg_arrays *checkpoints,
                    struct lbx_pg_arrays *letters) {
    for (size_t i = 0; i < count; i++) {
        const bool is_letter = i >= p->checkpoint_count;
        if (!is_letter && p->rows[i].state == LBX_OUTBOUND_DELIVERED) {
            LBX_PG_ADD(checkpoints, auditor_mark_published_sent, .topic = p->checkpoints[i].topic,
                       .partition = p->checkpoints[i].partition, .size = p->checkpoints[i].size);
        } else if (is_letter && (p->rows[i].state == LBX_OUTBOUND_DELIVERED ||
                                 p->rows[i].state == LBX_OUTBOUND_REFUSED)) {
            const struct letter *letter = &p->letters[i - p->checkpoint_count];
            LBX_PG_ADD(letters, auditor_mark_letters_sent, .topic = letter->topic,
                       .partition = letter->partition, .offset = letter->offset);
        }
    }
}

static enum lbx_err mark(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_arrays letters LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    const size_t count = p->count;
    p->count = 0;
    p->alone = false;
    for (size_t i = 0; i < count; i++)
        p->alone |= p->rows[i].state == LBX_OUTBOUND_FAILED;
    collect(p, count, &rows, &letters);
    const size_t delivered = lbx_pg_arrays_count(&rows) + lbx_pg_arrays_count(&letters);
    if (delivered == 0)
        return LBX_ERR_UNAVAILABLE;
    LBX_PG_CALL(&calls, auditor_mark_published, .sent = &rows, .holder = p->leases.holder);
    LBX_PG_CALL(&calls, auditor_mark_letters, .sent = &letters, .holder = p->leases.holder);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    lbx_metric_add(&lbx_published_metric, (int64_t)delivered);
    return delivered == count ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

static void take_ended(struct publisher *p) {
    while (p->outbound && lbx_outbound_ended(p->outbound))
        ;
}

/* What was to be sent is another auditor's to send. */
static void give_up(struct publisher *p) {
    if (p->outbound)
        lbx_outbound_abandon(p->outbound);
    take_ended(p);
    p->count = 0;
}

static enum lbx_err publish(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    struct publisher *p = state;
    bool lost = false;
    enum lbx_err err = lbx_leases_keep(&p->leases, worker->pg, NULL, NULL, &lost);
    *ret_wait_us = p->leases.keep_us - lbx_monotonic_us();
    if (lost || !lbx_leases_hold(&p->leases))
        give_up(p);
    if (err != LBX_OK || lbx_leases_count(&p->leases) == 0 || lbx_worker_halted(worker))
        return err;
    if (p->outbound)
        err = lbx_outbound_step(p->outbound, 0);
    take_ended(p);
    bool under_way = p->outbound && lbx_outbound_count(p->outbound) > 0;
    if (err == LBX_OK && !under_way && p->count > 0)
        err = mark(p, worker);
    if (err == LBX_OK && !under_way)
        err = send_unpublished(p, worker);
    return err;
}

/* ---- life ---- */

static enum lbx_err publisher_open(struct lbx_worker *worker, void **ret_state) {
    (void)worker;
    struct publisher *p = lbx_calloc(sizeof *p);
    lbx_arena_init(&p->arena);
    lbx_leases_init(&p->leases, "checkpoints");
    *ret_state = p;
    return LBX_OK;
}

static int publisher_fd(void *state) {
    const struct publisher *p = state;
    return p->outbound ? lbx_outbound_fd(p->outbound) : -1;
}

static void publisher_reconnected(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct publisher *p = state;
    lbx_leases_forget(&p->leases);
    give_up(p);
}

static void publisher_close(struct lbx_worker *worker, void *state) {
    struct publisher *p = state;
    if (worker->pg)
        lbx_leases_leave(&p->leases, worker->pg);
    lbx_outbound_close(p->outbound);
    lbx_arena_done(&p->arena);
    free(p);
}

const struct lbx_rounds auditor_publisher = {
    .channel = "audit_checkpoint",
    .open = publisher_open,
    .round = publish,
    .reconnected = publisher_reconnected,
    .fd = publisher_fd,
    .close = publisher_close,
};

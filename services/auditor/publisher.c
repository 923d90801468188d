/* Publishes new checkpoints, each log's in order, and dead letters of accesses. Promises each at
 * least once, by one auditor at a time, which holds the lease. It waits neither for Kafka nor
 * for another auditor, but continues in its next round. Fails with LBX_ERR_UNAVAILABLE for
 * records not delivered, which are sent again after a backoff; a row that the database refuses
 * to mark is skipped for a minute. */
#include "publisher.h"

#include "sql_auditor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "event/deadletter.h"
#include "io/outbound.h"
#include "store/leases.h"
#include "store/metrics.h"
#include "worker/left_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS_BYTES = 4 << 20 };

struct checkpoint {
    const char *topic; /* topic of the checkpoint's log */
    int64_t partition, size;
};

struct letter {
    const char *topic; /* topic of the rejected record */
    int64_t partition, offset;
};

struct publisher {
    struct lbx_outbound *outbound; /* NULL: not needed yet */
    struct lbx_arena arena;        /* for the checkpoints */
    struct checkpoint *checkpoints;
    struct letter *letters;
    struct lbx_outbound_row *rows; /* one for each checkpoint, then one for each letter */
    size_t checkpoint_count, count;
    struct lbx_left_out left_out; /* names: topic/partition, for letters topic/partition/offset */
    bool alone;                   /* a row failed: later rows are sent alone */
    struct lbx_leases leases;     /* one part, which one auditor holds */
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

static const char *letter_name(struct publisher *p, const struct letter *letter) {
    return lbx_arena_printf(&p->arena, "%s/%" PRId64 "/%" PRId64, letter->topic, letter->partition,
                            letter->offset);
}

/* Reads a letter into p->rows[p->count]. LBX_ERR_INVALID: unreadable. */
static enum lbx_err read_letter(struct publisher *p, const struct lbx_pg *pg, size_t i) {
    struct lbx_arena *arena = &p->arena;
    struct lbx_outbound_row *row = &p->rows[p->count];
    struct letter *letter = &p->letters[p->count - p->checkpoint_count];
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
    *letter = (struct letter){lbx_arena_strdup(arena, it.topic), it.partition, it.offset};
    *row = (struct lbx_outbound_row){
        .order_key = lbx_arena_printf(arena, "letter %zu", i),
        .id = it.offset,
        .topic = LBX_TOPIC_DEADLETTER,
        .alone = p->alone,
    };
    enum lbx_err err = lbx_dead_letter(&rejected, arena, &row->record);
    if (err != LBX_OK)
        lbx_left_out_unreadable(&p->left_out, "dead_letter", letter_name(p, letter), "headers");
    return err;
}

static void read_unpublished(struct publisher *p, const struct lbx_pg *pg) {
    const size_t letter_count = lbx_pg_row_count(pg, 1);
    lbx_arena_reset(&p->arena);
    p->checkpoint_count = lbx_pg_row_count(pg, 0);
    p->checkpoints = LBX_ARENA_ARRAY(&p->arena, struct checkpoint, p->checkpoint_count);
    p->letters = LBX_ARENA_ARRAY(&p->arena, struct letter, letter_count);
    p->rows =
        LBX_ARENA_ARRAY(&p->arena, struct lbx_outbound_row, p->checkpoint_count + letter_count);
    for (size_t i = 0; i < p->checkpoint_count; i++)
        read_checkpoint(p, pg, i);
    p->count = p->checkpoint_count;
    for (size_t i = 0; i < letter_count; i++)
        p->count += read_letter(p, pg, i) == LBX_OK;
}

static enum lbx_err send_unpublished(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    (void)lbx_left_out_again(&p->left_out);
    lbx_left_out_array(&p->left_out, &left_out);
    LBX_PG_CALL(&calls, auditor_take_unpublished, .holder = p->leases.holder,
                .left_out = &left_out);
    LBX_PG_CALL(&calls, auditor_take_letters, .holder = p->leases.holder,
                .most_bytes = LETTERS_BYTES, .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    read_unpublished(p, worker->pg);
    if (p->count > 0 && !p->outbound)
        err = lbx_outbound_open(&worker->settings, worker->name, &p->outbound);
    if (err != LBX_OK)
        p->count = 0;
    for (size_t i = 0; i < p->count; i++)
        lbx_outbound_add(p->outbound, &p->rows[i]);
    return p->count > 0 ? lbx_outbound_step(p->outbound, 0) : err;
}

/* Collects the delivered ones of `count` rows. A letter that Kafka refuses for good counts as
 * delivered, as the store has its record. */
static void collect(const struct publisher *p, size_t first, size_t count,
                    struct lbx_pg_arrays *checkpoints, struct lbx_pg_arrays *letters) {
    for (size_t i = first; i < first + count; i++) {
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

/* Marks delivered rows in the database; *ret_delivered: how many. */
static enum lbx_err mark_some(struct publisher *p, struct lbx_pg *pg, size_t first, size_t count,
                              size_t *ret_delivered) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_arrays letters LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    collect(p, first, count, &rows, &letters);
    *ret_delivered = lbx_pg_arrays_count(&rows) + lbx_pg_arrays_count(&letters);
    if (*ret_delivered == 0)
        return LBX_OK;
    LBX_PG_CALL(&calls, auditor_mark_published, .sent = &rows, .holder = p->leases.holder);
    LBX_PG_CALL(&calls, auditor_mark_letters, .sent = &letters, .holder = p->leases.holder);
    return lbx_pg_run(pg, &calls);
}

static void leave_out(struct publisher *p, size_t i, const char *sqlstate) {
    if (i >= p->checkpoint_count)
        lbx_left_out_refused(&p->left_out, "dead_letter",
                             letter_name(p, &p->letters[i - p->checkpoint_count]), sqlstate);
    else
        lbx_left_out_refused(&p->left_out, "publication",
                             lbx_arena_printf(&p->arena, "%s/%" PRId64, p->checkpoints[i].topic,
                                              p->checkpoints[i].partition),
                             sqlstate);
}

/* Marks all at once. If the database refuses, marks fewer each time, down to the row at fault.
 * *ret_ended: rows marked or skipped. */
static enum lbx_err mark_all(struct publisher *p, struct lbx_pg *pg, size_t count,
                             size_t *ret_ended) {
    size_t first = 0, most = count, delivered;
    *ret_ended = 0;
    while (first < count) {
        const size_t some = most < count - first ? most : count - first;
        enum lbx_err err = mark_some(p, pg, first, some, &delivered);
        if (err == LBX_OK) {
            lbx_metric_add(&lbx_published_metric, (int64_t)delivered);
            *ret_ended += delivered;
            first += some;
            most = some * 2;
        } else if (err != LBX_ERR_INVALID || lbx_left_out_full(&p->left_out)) {
            return err;
        } else if (some > 1) {
            most = some / 2;
        } else {
            leave_out(p, first++, lbx_pg_sqlstate(pg));
            ++*ret_ended;
        }
    }
    return LBX_OK;
}

static enum lbx_err mark(struct publisher *p, struct lbx_worker *worker) {
    const size_t count = p->count;
    size_t ended;
    p->count = 0;
    p->alone = false;
    for (size_t i = 0; i < count; i++)
        p->alone |= p->rows[i].state == LBX_OUTBOUND_FAILED;
    enum lbx_err err = mark_all(p, worker->pg, count, &ended);
    return err == LBX_OK && ended < count ? LBX_ERR_UNAVAILABLE : err;
}

static void take_ended(struct publisher *p) {
    while (p->outbound && lbx_outbound_ended(p->outbound))
        ;
}

/* Drops the rows to send: another auditor has the lease. */
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
    lbx_left_out_done(&p->left_out);
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

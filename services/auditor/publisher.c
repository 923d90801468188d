#include "publisher.h"

#include "sql_auditor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/producer.h"
#include "store/metrics.h"

#include <stdlib.h>
#include <string.h>

/* Without a notification: to see whether another auditor is gone, or left something. */
#define LOOK_EVERY_US (10 * LBX_SECOND_US)
#define POLL_EVERY_US (20 * LBX_MS_US)

struct note {
    struct publisher *publisher;
    const char *topic; /* whose log it is about */
    int64_t partition, size;
    enum { UNDER_WAY, DELIVERED, FAILED } state;
};

struct publisher {
    struct lbx_producer *producer; /* NULL: not needed so far, or spent */
    struct lbx_arena arena;        /* of the notes */
    struct note *notes;
    size_t count, under_way;
    bool leads; /* holds the lock that only one auditor has */
};

static void on_delivered(void *context, enum lbx_err err) {
    struct note *note = context;
    note->state = err == LBX_OK ? DELIVERED : FAILED;
    note->publisher->under_way--;
}

/* ---- a producer, as long as it is any good ---- */

static void drop_producer(struct publisher *p) {
    lbx_producer_close(p->producer);
    p->producer = NULL;
}

static enum lbx_err need_producer(struct publisher *p, struct lbx_worker *worker) {
    if (p->producer)
        return LBX_OK;
    return lbx_producer_open(&worker->settings, worker->name, on_delivered, &p->producer);
}

/* ---- a round ---- */

static enum lbx_err lead(struct publisher *p, struct lbx_pg *pg) {
    struct lbx_calls calls = {0};
    if (p->leads)
        return LBX_OK;
    lbx_calls_add(&calls, &sql_auditor_lead, 0, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    p->leads = err == LBX_OK && *lbx_pg_cell(pg, 0, 0, 0) == 't';
    return err;
}

static enum lbx_err send_note(struct publisher *p, const struct lbx_pg *pg, size_t row) {
    struct note *note = &p->notes[row];
    const char *origin = lbx_pg_cell(pg, 0, row, 3), *text = lbx_pg_cell(pg, 0, row, 4);
    const struct lbx_record record = {
        .key = origin, .key_len = strlen(origin), .value = text, .value_len = strlen(text)};
    *note = (struct note){
        .publisher = p,
        .topic = lbx_arena_strdup(&p->arena, lbx_pg_cell(pg, 0, row, 0)),
        .partition = lbx_pg_cell_int(pg, 0, row, 1),
        .size = lbx_pg_cell_int(pg, 0, row, 2),
    };
    enum lbx_err err = lbx_producer_send(p->producer, LBX_TOPIC_CHECKPOINTS, &record, note);
    p->under_way += err == LBX_OK;
    note->state = err == LBX_OK ? UNDER_WAY : FAILED;
    return err;
}

static enum lbx_err send_unpublished(struct publisher *p, struct lbx_worker *worker) {
    struct lbx_calls calls = {0};
    lbx_calls_add(&calls, &sql_auditor_take_unpublished, 0, NULL);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    size_t count = err == LBX_OK ? lbx_pg_row_count(worker->pg, 0) : 0;
    lbx_arena_reset(&p->arena);
    p->notes = LBX_ARENA_ARRAY(&p->arena, struct note, count);
    p->count = 0;
    if (count > 0)
        err = need_producer(p, worker);
    while (err == LBX_OK && p->count < count)
        err = send_note(p, worker->pg, p->count++);
    return err;
}

static bool same_log(const struct note *a, const struct note *b) {
    return a->partition == b->partition && strcmp(a->topic, b->topic) == 0;
}

/* A note counts where all of its log before it are delivered. */
static bool counts(const struct publisher *p, size_t i) {
    bool good = p->notes[i].state == DELIVERED;
    for (size_t before = 0; good && before < i; before++)
        good = p->notes[before].state == DELIVERED || !same_log(&p->notes[before], &p->notes[i]);
    return good;
}

static enum lbx_err mark(struct publisher *p, struct lbx_worker *worker, bool *ret_all) {
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done) = {0};
    struct lbx_calls calls = {0};
    size_t delivered = 0;
    lbx_rows_init(&rows, 3);
    /* One row a log, its last: from the end on. */
    for (size_t i = p->count; i-- > 0;) {
        bool known = false;
        if (!counts(p, i))
            continue;
        delivered++;
        for (size_t later = i + 1; !known && later < p->count; later++)
            known = same_log(&p->notes[i], &p->notes[later]) && counts(p, later);
        if (known)
            continue;
        lbx_rows_text(&rows, p->notes[i].topic);
        lbx_rows_int(&rows, p->notes[i].partition);
        lbx_rows_int(&rows, p->notes[i].size);
    }
    *ret_all = delivered == p->count;
    p->count = 0;
    if (delivered == 0)
        return LBX_OK;
    lbx_rows_call(&rows, &calls, &sql_auditor_mark_published, 0, NULL);
    enum lbx_err err = lbx_pg_run(worker->pg, &calls);
    if (err == LBX_OK)
        lbx_metric_add(&lbx_published_metric, (int64_t)delivered);
    return err;
}

static enum lbx_err publish(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    struct publisher *p = state;
    enum lbx_err err = lead(p, worker->pg);
    bool all = true;
    *ret_wait_us = LOOK_EVERY_US;
    if (err != LBX_OK || !p->leads || lbx_worker_halted(worker))
        return err;
    if (p->producer)
        lbx_producer_poll(p->producer, 0);
    if (p->under_way == 0 && p->count > 0)
        err = mark(p, worker, &all);
    if (err == LBX_OK && all && p->under_way == 0)
        err = send_unpublished(p, worker);
    if (err != LBX_OK || !all) {
        drop_producer(p); /* reports what is under way as failed */
        return err != LBX_OK && err != LBX_ERR_FENCED && err != LBX_ERR_LIMIT ? err
                                                                              : LBX_ERR_UNAVAILABLE;
    }
    if (p->under_way > 0)
        *ret_wait_us = POLL_EVERY_US;
    return LBX_OK;
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
    drop_producer(p);
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

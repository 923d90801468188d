#include "pipeline.h"

#include "sql_proof_copy.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 16, ROWS = 256, SLOT_BYTES = 512 * 1024, WORKERS_MAX = 16 };

/* A slot goes round: EMPTY (the reader's), READ (waits for a worker), TAKEN (a worker's), CHECKED (the
 * caller's). Slots are filled, taken and consumed in their order in the ring. */
enum slot_state { EMPTY, READ, TAKEN, CHECKED };

struct slot {
    enum slot_state state;
    struct lbx_buf bytes;
    size_t ends[ROWS], count;
    struct checked rows[ROWS];
    enum lbx_err
        last; /* LBX_OK: more slots follow; LBX_ERR_NOT_FOUND: the end; else what stopped it */
};

struct pipeline {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot slots[SLOTS];
    size_t to_read, to_take, to_consume; /* counted on, not modulo */
    bool columns, closing, reading;

    struct lbx_pg *pg;
    struct place place;
    pthread_t reader, workers[WORKERS_MAX];
    size_t worker_count;
    size_t row; /* of the slot that is being consumed */
    bool ended;
};

/* ---- reading ---- */

static void fill(struct pipeline *p, struct slot *slot) {
    lbx_buf_clear(&slot->bytes);
    slot->count = 0;
    slot->last = LBX_OK;
    while (slot->count < ROWS && slot->bytes.len < SLOT_BYTES) {
        const char *row;
        size_t len;
        slot->last = lbx_pg_copy_next(p->pg, &row, &len);
        if (slot->last != LBX_OK)
            return;
        lbx_buf_add(&slot->bytes, row, len);
        slot->ends[slot->count++] = slot->bytes.len;
    }
}

static struct slot *slot_at(struct pipeline *p, size_t number) {
    return &p->slots[number % SLOTS];
}

static void *read_rows(void *context) {
    struct pipeline *p = context;
    enum lbx_err last = LBX_OK;
    while (last == LBX_OK) {
        struct slot *slot = slot_at(p, p->to_read);
        pthread_mutex_lock(&p->lock);
        while (slot->state != EMPTY && !p->closing)
            pthread_cond_wait(&p->changed, &p->lock);
        bool closing = p->closing;
        pthread_mutex_unlock(&p->lock);
        if (closing)
            break;
        fill(p, slot);
        last = slot->last;
        pthread_mutex_lock(&p->lock);
        slot->state = READ;
        p->to_read++;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

/* ---- checking ---- */

static void check(const struct pipeline *p, struct checked *row, struct lbx_arena *arena,
                  struct lbx_buf *scratch) {
    struct row read;
    lbx_arena_reset(arena);
    row->wrong = NULL;
    bool readable = row_read(&p->place, row->bytes, row->len, arena, &read, &row->wrong);
    row->offset = read.record.offset;
    row->stored = row->computed = read.leaf_hash;
    if (!readable)
        return;
    record_leaf_hash(&read.record, scratch, &row->computed);
    if (!lbx_hash_equal(&row->computed, &row->stored))
        row->wrong = "the record is not the one that was hashed";
    else if (p->columns)
        row->wrong = row_columns_wrong(&read, arena);
}

static void *check_slots(void *context) {
    struct pipeline *p = context;
    struct lbx_arena arena;
    struct lbx_buf scratch LBX_BUF = {0};
    lbx_arena_init(&arena);
    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct slot *slot = slot_at(p, p->to_take);
        if (p->closing)
            break;
        if (slot->state != READ) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        slot->state = TAKEN;
        p->to_take++;
        pthread_mutex_unlock(&p->lock);
        for (size_t i = 0, at = 0; i < slot->count; at = slot->ends[i++]) {
            slot->rows[i].bytes = slot->bytes.data + at;
            slot->rows[i].len = slot->ends[i] - at;
            check(p, &slot->rows[i], &arena, &scratch);
        }
        pthread_mutex_lock(&p->lock);
        slot->state = CHECKED;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    lbx_arena_done(&arena);
    return NULL;
}

/* ---- the caller ---- */

struct pipeline *pipeline_open(bool columns) {
    struct pipeline *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->columns = columns;
    p->ended = true;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 1             ? 1
                    : processors > WORKERS_MAX ? WORKERS_MAX
                                               : (size_t)processors;
    while (p->worker_count < wanted &&
           pthread_create(&p->workers[p->worker_count], NULL, check_slots, p) == 0)
        p->worker_count++;
    if (p->worker_count == 0)
        abort();
    return p;
}

static void join_reader(struct pipeline *p) {
    if (p->reading)
        pthread_join(p->reader, NULL);
    p->reading = false;
}

void pipeline_close(struct pipeline *p) {
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    join_reader(p);
    for (size_t i = 0; i < p->worker_count; i++)
        pthread_join(p->workers[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        lbx_buf_done(&p->slots[i].bytes);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

enum lbx_err pipeline_begin(struct pipeline *p, struct lbx_pg *pg, const struct place *place) {
    assert(p->ended && !p->reading);
    enum lbx_err err =
        lbx_pg_copy_out(pg, p->columns ? &sql_proof_copy_records : &sql_proof_copy_leaves);
    if (err != LBX_OK)
        return err;
    p->pg = pg;
    p->place = *place;
    p->row = 0;
    p->ended = false;
    if (pthread_create(&p->reader, NULL, read_rows, p) != 0)
        abort();
    p->reading = true;
    return LBX_OK;
}

/* The slot that is next, checked. */
static struct slot *await(struct pipeline *p) {
    struct slot *slot = slot_at(p, p->to_consume);
    pthread_mutex_lock(&p->lock);
    while (slot->state != CHECKED)
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
    return slot;
}

static void hand_back(struct pipeline *p, struct slot *slot) {
    pthread_mutex_lock(&p->lock);
    slot->state = EMPTY;
    p->to_consume++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    p->row = 0;
}

enum lbx_err pipeline_next(struct pipeline *p, const struct checked **ret_row) {
    while (!p->ended) {
        struct slot *slot = await(p);
        if (p->row < slot->count) {
            *ret_row = &slot->rows[p->row++];
            return LBX_OK;
        }
        enum lbx_err last = slot->last;
        hand_back(p, slot);
        if (last != LBX_OK) {
            p->ended = true;
            join_reader(p);
            return last;
        }
    }
    return LBX_ERR_NOT_FOUND;
}

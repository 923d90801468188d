/* Appends a batch's leaves to each partition's transparency log. Promises one leaf for each
 * offset from the log's base on, and that every full tile is stored. Fails with LBX_ERR_CONFLICT
 * where a head is not at the batch's first offset, or not as this lane stored it. */
#include "logs.h"

#include "auditor.h"
#include "event_copy.h"
#include "sql_auditor.h"
#include "sql_auditor_copy.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum lbx_err auditor_contradiction(const struct lbx_claim *claim, const char *what,
                                   int64_t expected, int64_t found) {
    lbx_log(LBX_LOG_ERROR, "the audit store contradicts itself", LBX_S("what", what),
            LBX_S("topic", claim->topic), LBX_N("partition", claim->partition),
            LBX_N("expected", expected), LBX_N("found", found));
    return LBX_ERR_CONFLICT;
}

static int64_t next_offset(const struct auditor_log *log) {
    return log->base + (int64_t)log->edge.size;
}

/* ---- partitions of the batch ---- */

static bool is_of(const struct lbx_claim *claim, const struct lbx_record *record) {
    return claim->partition == record->partition && strcmp(claim->topic, record->topic_name) == 0;
}

/* The last result is tried first, as records come in runs of one partition. */
static struct auditor_log *log_of(const struct auditor_logs *logs, struct auditor_log *last,
                                  const struct lbx_record *record) {
    if (last && is_of(last->claim, record))
        return last;
    for (size_t i = 0; i < logs->count; i++)
        if (is_of(logs->list[i].claim, record))
            return &logs->list[i];
    return NULL;
}

void auditor_logs_ask(struct auditor *a, struct lbx_pg_pipeline *calls) {
    const struct lbx_records *records = a->batch.records;
    struct auditor_logs *logs = &a->batch.logs;
    struct lbx_pg_arrays *rows = &a->asked;
    struct auditor_log *last = NULL;
    lbx_pg_arrays_done(rows); /* those of the previous batch */
    logs->list = LBX_ARENA_ARRAY(records->arena, struct auditor_log, records->claim_count);
    for (size_t i = 0; i < records->count; i++) {
        const struct lbx_record *record = records->list[i];
        last = log_of(logs, last, record);
        if (last)
            continue;
        last = &logs->list[logs->count++];
        last->claim = lbx_claim_find(records->claims, records->claim_count, record->topic_name,
                                     record->partition);
        LBX_PG_ADD(rows, auditor_lock_heads_wanted, .topic = lbx_claim_log(last->claim),
                   .partition = last->claim->partition);
    }
    logs->call = LBX_PG_CALL(calls, auditor_lock_heads, .wanted = rows);
}

/* ---- heads ---- */

static struct auditor_log *find(struct auditor_logs *logs, const char *topic, int64_t partition) {
    for (size_t i = 0; i < logs->count; i++)
        if (logs->list[i].claim->partition == partition &&
            strcmp(lbx_claim_log(logs->list[i].claim), topic) == 0)
            return &logs->list[i];
    return NULL;
}

static enum lbx_err read_head(struct auditor_log *log,
                              const struct sql_auditor_lock_heads_answer *it) {
    log->exists = true;
    log->base = it->base;
    log->old_size = (uint64_t)it->size;
    log->rows = it->rows;
    if (lbx_edge_read(log->old_size, it->edge.data, it->edge.len, &log->edge) != LBX_OK)
        return auditor_contradiction(log->claim, "the head's edge does not fit its size",
                                     (int64_t)log->old_size, (int64_t)it->edge.len);
    return LBX_OK;
}

static struct auditor_head head_of(const struct auditor_log *log) {
    struct auditor_head head = {.size = log->edge.size};
    lbx_edge_root(&log->edge, &head.root);
    return head;
}

/* Checks that the log ends where the batch begins: otherwise an offset would get two leaves, or none. */
static enum lbx_err check_head(const struct auditor_log *log, struct auditor_known_heads *heads) {
    struct auditor_head found = head_of(log);
    if (next_offset(log) != log->claim->next_offset)
        return auditor_contradiction(log->claim, "the log ends elsewhere than the offsets read",
                                     log->claim->next_offset, next_offset(log));
    if (log->exists && !auditor_known_head_is(auditor_known_head(heads, log->claim), &found))
        return auditor_contradiction(log->claim, "the head is not as this auditor left it",
                                     next_offset(log), next_offset(log));
    return LBX_OK;
}

enum lbx_err auditor_logs_read(struct auditor *a) {
    const struct lbx_pg *pg = a->batch.records->worker->pg;
    struct auditor_logs *logs = &a->batch.logs;
    enum lbx_err err = LBX_OK;
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(pg, logs->call); row++) {
        const struct sql_auditor_lock_heads_answer it =
            LBX_PG_READ(pg, logs->call, row, auditor_lock_heads, a->batch.records->arena);
        struct auditor_log *log = find(logs, it.topic, it.partition);
        if (log)
            err = read_head(log, &it);
    }
    for (size_t i = 0; err == LBX_OK && i < logs->count; i++)
        err = check_head(&logs->list[i], &a->known);
    return err;
}

/* ---- leaves ---- */

static struct lbx_hash *add_leaves(struct auditor_log *log, struct lbx_arena *arena, size_t count) {
    if (log->leaf_count + count > log->leaf_cap) {
        size_t cap = (log->leaf_count + count) * 2;
        struct lbx_hash *grown = LBX_ARENA_ARRAY(arena, struct lbx_hash, cap);
        if (log->leaf_count)
            memcpy(grown, log->leaves, sizeof *grown * log->leaf_count);
        log->leaves = grown;
        log->leaf_cap = cap;
    }
    log->leaf_count += count;
    return &log->leaves[log->leaf_count - count];
}

static enum lbx_err add_entry(struct auditor_log *log, const struct auditor_entry *entry,
                              struct lbx_arena *arena) {
    int64_t offset = entry->record->offset;
    if (!log->exists && log->rows == 0)
        log->base = offset;
    int64_t hole = offset - log->base - (int64_t)(log->old_size + log->leaf_count);
    if (hole < 0 || hole > AUDITOR_HOLE_MOST)
        return auditor_contradiction(log->claim, "the next record is far from the log's end",
                                     offset - hole, offset);
    struct lbx_hash *leaves = add_leaves(log, arena, (size_t)hole + 1);
    for (int64_t i = 0; i < hole; i++)
        leaves[i] = lbx_empty_leaf;
    leaves[hole] = entry->leaf;
    log->rows++;
    return LBX_OK;
}

static enum lbx_err gather_leaves(struct auditor_batch *batch) {
    struct auditor_log *last = NULL;
    enum lbx_err err = LBX_OK;
    for (size_t i = 0; err == LBX_OK && i < batch->records->count; i++) {
        last = log_of(&batch->logs, last, batch->entries[i].record);
        err = add_entry(last, &batch->entries[i], batch->records->arena);
    }
    return err;
}

/* Appends whole tiles as subtrees, whose nodes are hashed once. */
static void grow_edge(struct auditor_log *log) {
    for (size_t i = 0; i < log->leaf_count;) {
        bool whole = log->edge.size % LBX_TILE_WIDTH == 0 && log->leaf_count - i >= LBX_TILE_WIDTH;
        if (whole) {
            struct lbx_hash root;
            lbx_tile_root(&log->leaves[i], &root);
            lbx_edge_append_subtree(&log->edge, LBX_TILE_HEIGHT, &root);
            i += LBX_TILE_WIDTH;
        } else {
            lbx_edge_append(&log->edge, &log->leaves[i++]);
        }
    }
}

/* ---- tiles ---- */

static uint64_t tiles_before(const struct auditor_log *log, unsigned level) {
    return lbx_tiles_full(log->old_size, level);
}

static uint64_t tiles_after(const struct auditor_log *log, unsigned level) {
    return lbx_tiles_full(log->edge.size, level);
}

static bool any_tile(const struct auditor_logs *logs, unsigned level) {
    bool any = false;
    for (size_t i = 0; i < logs->count; i++)
        any |= tiles_after(&logs->list[i], level) > tiles_before(&logs->list[i], level);
    return any;
}

/* Reads the stored leaves of tiles that the batch completes. */
static enum lbx_err read_pending(struct auditor *a) {
    struct lbx_pg *pg = a->batch.records->worker->pg;
    struct lbx_arena *arena = a->batch.records->arena;
    struct auditor_logs *logs = &a->batch.logs;
    struct lbx_pg_arrays *rows = &a->asked;
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_arrays_done(rows);
    for (size_t i = 0; i < logs->count; i++) {
        struct auditor_log *log = &logs->list[i];
        size_t count = log->old_size % LBX_TILE_WIDTH;
        if (count == 0 || tiles_after(log, 0) == tiles_before(log, 0))
            continue;
        log->pending = LBX_ARENA_ARRAY(arena, struct lbx_hash, count);
        for (size_t leaf = 0; leaf < count; leaf++)
            log->pending[leaf] = lbx_empty_leaf;
        int64_t end = log->base + (int64_t)log->old_size;
        LBX_PG_ADD(rows, auditor_pending_leaves_wanted, .topic = lbx_claim_log(log->claim),
                   .partition = log->claim->partition, .first = end - (int64_t)count,
                   .behind = end);
    }
    if (LBX_PG_CALL(&calls, auditor_pending_leaves, .wanted = rows) == LBX_NO_CALL)
        return LBX_OK;
    enum lbx_err err = lbx_pg_run(pg, &calls);
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_auditor_pending_leaves_answer it =
            LBX_PG_READ(pg, 0, row, auditor_pending_leaves, arena);
        const struct auditor_log *log = find(logs, it.topic, it.partition);
        if (!log || it.leaf_hash.len != LBX_HASH_SIZE)
            return LBX_ERR_INTERNAL;
        uint64_t leaf = (uint64_t)(it.offset - log->base);
        memcpy(&log->pending[leaf % LBX_TILE_WIDTH], it.leaf_hash.data, LBX_HASH_SIZE);
    }
    return err;
}

static void add_tile(struct lbx_buf *out, const struct auditor_log *log, unsigned level,
                     uint64_t index, const struct lbx_hash hashes[LBX_TILE_WIDTH]) {
    LBX_PG_COPY_ROW(out, auditor_copy_tile, .topic = lbx_claim_log(log->claim),
                    .partition = log->claim->partition, .level = level, .index = (int64_t)index,
                    .hashes = {hashes, sizeof *hashes * LBX_TILE_WIDTH});
}

static void add_leaf_tiles(struct lbx_buf *out, const struct auditor_log *log) {
    size_t pending = log->old_size % LBX_TILE_WIDTH, used = 0;
    for (uint64_t index = tiles_before(log, 0); index < tiles_after(log, 0); index++) {
        struct lbx_hash hashes[LBX_TILE_WIDTH];
        if (pending)
            memcpy(hashes, log->pending, sizeof *hashes * pending);
        memcpy(hashes + pending, log->leaves + used, sizeof *hashes * (LBX_TILE_WIDTH - pending));
        used += LBX_TILE_WIDTH - pending;
        pending = 0;
        add_tile(out, log, 0, index, hashes);
    }
}

/* Adds a tile of a higher level: the roots of 256 tiles, which are stored by now. */
static enum lbx_err add_upper_tile(struct lbx_buf *out, const struct lbx_records *records,
                                   const struct auditor_log *log, unsigned level, uint64_t index) {
    struct lbx_pg *pg = records->worker->pg;
    struct lbx_arena *arena = records->arena;
    struct lbx_hash hashes[LBX_TILE_WIDTH];
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, auditor_tiles, .topic = lbx_claim_log(log->claim),
                .partition = log->claim->partition, .level = level - 1,
                .first = (int64_t)(index * LBX_TILE_WIDTH),
                .behind = (int64_t)((index + 1) * LBX_TILE_WIDTH));
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    if (lbx_pg_row_count(pg, 0) != LBX_TILE_WIDTH)
        return auditor_contradiction(log->claim, "tiles are missing", LBX_TILE_WIDTH,
                                     (int64_t)lbx_pg_row_count(pg, 0));
    for (size_t row = 0; row < LBX_TILE_WIDTH; row++)
        lbx_tile_root(LBX_PG_READ(pg, 0, row, auditor_tiles, arena).hashes.data, &hashes[row]);
    add_tile(out, log, level, index, hashes);
    return LBX_OK;
}

static enum lbx_err write_level(struct auditor *a, unsigned level) {
    struct auditor_logs *logs = &a->batch.logs;
    struct lbx_pg *pg = a->batch.records->worker->pg;
    struct lbx_buf *out = &a->copy;
    enum lbx_err err = LBX_OK;
    lbx_buf_clear(out);
    lbx_pg_copy_header(out);
    for (size_t i = 0; i < logs->count; i++) {
        struct auditor_log *log = &logs->list[i];
        if (level == 0)
            add_leaf_tiles(out, log);
        for (uint64_t index = tiles_before(log, level);
             err == LBX_OK && level > 0 && index < tiles_after(log, level); index++)
            err = add_upper_tile(out, a->batch.records, log, level, index);
    }
    lbx_pg_copy_trailer(out);
    if (err != LBX_OK || (err = lbx_pg_copy_begin(pg, &sql_auditor_copy_tile)) != LBX_OK)
        return err;
    err = lbx_pg_copy_add(pg, out->data, out->len);
    enum lbx_err ended = lbx_pg_copy_end(pg);
    return err != LBX_OK ? err : ended;
}

/* ---- the batch ---- */

/* Updates existing heads, or inserts new ones, by two statements: the primary key refuses a head
 * that another program inserted meanwhile. */
static void save_heads(const struct auditor_logs *logs, bool existing, struct lbx_pg_arrays *rows,
                       struct lbx_pg_pipeline *last) {
    lbx_pg_arrays_done(rows);
    for (size_t i = 0; i < logs->count; i++) {
        const struct auditor_log *log = &logs->list[i];
        if (log->exists != existing)
            continue;
        LBX_PG_ADD(rows, auditor_insert_heads_head, .topic = lbx_claim_log(log->claim),
                   .partition = log->claim->partition, .base = log->base,
                   .size = (int64_t)log->edge.size, .rows = log->rows,
                   .edge = {log->edge.hashes, lbx_edge_bytes(&log->edge)});
    }
    if (existing)
        LBX_PG_CALL(last, auditor_update_heads, .head = rows);
    else
        LBX_PG_CALL(last, auditor_insert_heads, .head = rows);
}

enum lbx_err auditor_logs_append(struct auditor *a, struct lbx_pg_pipeline *last) {
    struct auditor_logs *logs = &a->batch.logs;
    enum lbx_err err = gather_leaves(&a->batch);
    for (size_t i = 0; err == LBX_OK && i < logs->count; i++)
        grow_edge(&logs->list[i]);
    if (err == LBX_OK)
        err = read_pending(a);
    for (unsigned level = 0; err == LBX_OK && level < LBX_TILE_LEVELS && any_tile(logs, level);
         level++)
        err = write_level(a, level);
    if (err != LBX_OK)
        return err;
    save_heads(logs, true, &a->old_heads, last);
    save_heads(logs, false, &a->new_heads, last);
    for (size_t i = 0; i < logs->count; i++) {
        const struct auditor_head now = head_of(&logs->list[i]);
        auditor_known_head_moved(auditor_known_head(&a->known, logs->list[i].claim), &now);
    }
    return LBX_OK;
}

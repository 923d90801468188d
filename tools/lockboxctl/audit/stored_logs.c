/* Reads heads, tiles, leaf hashes and checkpoints from the audit store. Promises nothing about
 * them: the caller verifies each. Fails by "does not fit", for the caller to report, where a
 * value is malformed, or a row is one that was not asked for. */
#include "stored_logs.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CACHED = 64 };

const struct lbx_sql *const *const proof_statements[] = {sql_proof_all, NULL};

void logs_done(struct logs *logs) {
    free(logs->list);
}

/* ---- asking ---- */

enum ctl_exit proof_connect(const struct ctl *ctl, struct lbx_pg **ret_pg) {
    return ctl_connect(ctl, &ctl_audit, sql_proof_all, ret_pg);
}

enum ctl_exit proof_ask(struct lbx_pg *pg, const struct lbx_sql *sql, const void *params) {
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, sql, params);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_audit, err);
}

/* The value of a hex digit plus 16, otherwise 0. A table, as tiles are long texts. */
static const unsigned char nibbles[256] = {
    ['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23,
    ['8'] = 24, ['9'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
};

bool from_hex(const char *hex, void *ret_bytes, size_t len) {
    unsigned char *bytes = ret_bytes, all = 16;
    if (!hex || strlen(hex) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char high = nibbles[(unsigned char)hex[2 * i]];
        unsigned char low = nibbles[(unsigned char)hex[2 * i + 1]];
        all &= high & low;
        bytes[i] = (unsigned char)(high << 4 | (low & 15));
    }
    return all & 16;
}

/* ---- heads ---- */

static void read_edge(const char *hex, struct log *log) {
    size_t len = strlen(hex) / 2;
    unsigned char bytes[LBX_EDGE_MAX * LBX_HASH_SIZE];
    log->edge_fits = len <= sizeof bytes && from_hex(hex, bytes, len) &&
                     lbx_edge_read(log->size, bytes, len, &log->edge) == LBX_OK;
}

static bool read_head(struct ctl *ctl, const struct sql_proof_heads_answer *it, struct log *log) {
    log->topic = lbx_arena_strdup(&ctl->arena, it->topic);
    log->partition = (int32_t)it->partition;
    log->has_head = it->edge != NULL;
    log->is_checkpoints = lbx_topic_of(log->topic, NULL) == LBX_TOPIC_CHECKPOINTS;
    if (log->has_head) {
        log->base = it->base;
        log->size = (uint64_t)it->size;
        log->rows = it->rows;
        read_edge(it->edge, log);
    }
    if (lbx_log_origin(ctl->settings.log_origin, log->topic, log->partition, log->base,
                       log->origin) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "LOCKBOX_LOG_ORIGIN is no name for a transparency log: %s",
             ctl->settings.log_origin);
    return false;
}

enum ctl_exit logs_load(struct ctl *ctl, struct lbx_pg *pg, struct logs *ret_logs) {
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, &sql_proof_begin, NULL);
    lbx_pg_call(&calls, &sql_proof_unbounded, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    enum ctl_exit code = proof_ask(pg, &sql_proof_heads, NULL);
    if (code != CTL_DONE)
        return code;
    size_t count = lbx_pg_row_count(pg, 0);
    ret_logs->list = lbx_calloc((count + 1) * sizeof *ret_logs->list);
    for (ret_logs->count = 0; ret_logs->count < count; ret_logs->count++) {
        const struct sql_proof_heads_answer it =
            LBX_PG_READ(pg, 0, ret_logs->count, proof_heads, NULL);
        ret_logs->last_checkpoint = it.last_checkpoint;
        ret_logs->narrowed = !it.whole;
        if (!read_head(ctl, &it, &ret_logs->list[ret_logs->count]))
            return CTL_USAGE;
    }
    return CTL_DONE;
}

enum ctl_exit logs_need_all(const struct logs *logs) {
    return logs->narrowed
               ? ctl_fail(CTL_UNREACHABLE,
                          "LOCKBOX_AUDIT_DATABASE_URL: this login sees one tenant's records "
                          "only; lockbox_auditor sees all. An export can be verified by "
                          "anybody: lockboxctl audit verify PATH")
               : CTL_DONE;
}

enum ctl_exit logs_share(struct lbx_pg *with, struct lbx_pg *pg) {
    enum ctl_exit code = proof_ask(with, &sql_proof_snapshot, NULL);
    if (code != CTL_DONE)
        return code;
    enum lbx_err err = lbx_pg_begin_at(pg, LBX_PG_READ(with, 0, 0, proof_snapshot, NULL).snapshot);
    return err == LBX_OK ? proof_ask(pg, &sql_proof_unbounded, NULL)
                         : ctl_statement_failed(&ctl_audit, err);
}

const struct log *logs_find(const struct logs *logs, const char *topic, int32_t partition) {
    for (size_t i = 0; i < logs->count; i++)
        if (logs->list[i].partition == partition && strcmp(logs->list[i].topic, topic) == 0)
            return &logs->list[i];
    return NULL;
}

const struct log *logs_by_origin(const struct logs *logs, const char *origin) {
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->list[i].origin, origin) == 0)
            return &logs->list[i];
    return NULL;
}

/* ---- hashes ---- */

struct cached_tile {
    bool filled;
    unsigned level;
    uint64_t index;
    struct lbx_hash hashes[LBX_TILE_WIDTH];
};

static enum lbx_err load_tile(struct log_hashes *from, unsigned level, uint64_t index,
                              struct cached_tile *tile) {
    tile->filled = false;
    if (PROOF_ASK(from->pg, proof_tiles, .topic = from->log->topic,
                  .partition = from->log->partition, .level = level, .first = (int64_t)index,
                  .behind = (int64_t)index + 1) != CTL_DONE)
        return LBX_ERR_UNAVAILABLE;
    if (lbx_pg_row_count(from->pg, 0) != 1)
        return LBX_ERR_NOT_FOUND;
    if (!from_hex(LBX_PG_READ(from->pg, 0, 0, proof_tiles, NULL).hashes, tile->hashes,
                  sizeof tile->hashes))
        return LBX_ERR_INVALID;
    tile->level = level;
    tile->index = index;
    tile->filled = true;
    return LBX_OK;
}

static enum lbx_err read_leaves(struct log_hashes *from, uint64_t leaf, size_t count,
                                struct lbx_hash *ret_hashes) {
    int64_t offset = from->log->base + (int64_t)leaf;
    for (size_t i = 0; i < count; i++)
        ret_hashes[i] = lbx_empty_leaf;
    if (PROOF_ASK(from->pg, proof_leaves, .topic = from->log->topic,
                  .partition = from->log->partition, .first = offset,
                  .behind = offset + (int64_t)count) != CTL_DONE)
        return LBX_ERR_UNAVAILABLE;
    for (size_t row = 0; row < lbx_pg_row_count(from->pg, 0); row++) {
        const struct sql_proof_leaves_answer it = LBX_PG_READ(from->pg, 0, row, proof_leaves, NULL);
        const uint64_t at = (uint64_t)it.offset - (uint64_t)offset;
        if (at >= count || !from_hex(it.leaf_hash, &ret_hashes[at], LBX_HASH_SIZE))
            return LBX_ERR_INVALID;
    }
    return LBX_OK;
}

/* The number of a tile's hashes in the log. */
static size_t tile_width(const struct log *log, unsigned level, uint64_t index) {
    uint64_t first = index * LBX_TILE_WIDTH;
    uint64_t all = level ? lbx_tiles_full(log->size, level - 1) : log->size;
    return all - first < LBX_TILE_WIDTH ? (size_t)(all - first) : LBX_TILE_WIDTH;
}

static enum lbx_err cached(struct log_hashes *from, unsigned level, uint64_t index,
                           const struct cached_tile **ret_tile);

/* Computes a level's last tile, which is not full and hence not stored, from leaves or from full tiles below. */
static enum lbx_err make_tile(struct log_hashes *from, unsigned level, uint64_t index,
                              struct cached_tile *tile) {
    struct lbx_hash hashes[LBX_TILE_WIDTH];
    size_t width = tile_width(from->log, level, index);
    enum lbx_err err = level ? LBX_OK : read_leaves(from, index * LBX_TILE_WIDTH, width, hashes);
    for (size_t i = 0; level && err == LBX_OK && i < width; i++) {
        const struct cached_tile *below;
        err = cached(from, level - 1, index * LBX_TILE_WIDTH + i, &below);
        if (err == LBX_OK)
            lbx_tile_root(below->hashes, &hashes[i]);
    }
    if (err != LBX_OK)
        return err;
    memcpy(tile->hashes, hashes, width * sizeof *hashes);
    tile->level = level;
    tile->index = index;
    tile->filled = true;
    return LBX_OK;
}

static enum lbx_err cached(struct log_hashes *from, unsigned level, uint64_t index,
                           const struct cached_tile **ret_tile) {
    struct cached_tile *tile = &from->cache[(level * UINT64_C(7) + index) % CACHED];
    *ret_tile = tile;
    if (tile->filled && tile->level == level && tile->index == index)
        return LBX_OK;
    return index < lbx_tiles_full(from->log->size, level) ? load_tile(from, level, index, tile)
                                                          : make_tile(from, level, index, tile);
}

static enum lbx_err read_hashes(void *context, unsigned level, uint64_t index, size_t first,
                                size_t count, struct lbx_hash *ret_hashes) {
    const struct cached_tile *tile;
    enum lbx_err err = cached(context, level, index, &tile);
    if (err == LBX_OK)
        memcpy(ret_hashes, &tile->hashes[first], count * sizeof *ret_hashes);
    return err;
}

void log_hashes_init(struct log_hashes *hashes, struct lbx_pg *pg, const struct log *log) {
    *hashes = (struct log_hashes){.pg = pg, .log = log};
    hashes->cache = lbx_calloc(CACHED * sizeof *hashes->cache);
    hashes->source = (struct lbx_hash_source){hashes, read_hashes};
}

void log_hashes_done(struct log_hashes *hashes) {
    free(hashes->cache);
}

/* ---- checkpoints ---- */

enum ctl_exit checkpoints_ask(struct lbx_pg *pg, const struct log *log, uint64_t behind_size,
                              size_t most, int64_t last_number, size_t *ret_count) {
    enum ctl_exit code =
        PROOF_ASK(pg, proof_checkpoints, .topic = log->topic, .partition = log->partition,
                  .behind = (int64_t)behind_size, .most = (int64_t)most, .last = last_number);
    *ret_count = code == CTL_DONE ? lbx_pg_row_count(pg, 0) : 0;
    return code;
}

struct stored_checkpoint checkpoint_at(const struct lbx_pg *pg, size_t row) {
    const struct sql_proof_checkpoints_answer it = LBX_PG_READ(pg, 0, row, proof_checkpoints, NULL);
    return (struct stored_checkpoint){
        .number = it.number,
        .origin = it.origin,
        .size = (uint64_t)it.size,
        .root_hex = it.root,
        .key_id = it.key_id,
        .note = it.note,
        .told = it.told,
    };
}

enum ctl_exit checkpoint_covering(struct lbx_pg *pg, const struct log *log, uint64_t size,
                                  bool *ret_any) {
    size_t count;
    enum ctl_exit code = checkpoints_ask(pg, log, size - 1, 1, INT64_MAX, &count);
    *ret_any = count > 0;
    return code;
}

enum ctl_exit checkpoint_newest(struct lbx_pg *pg, const struct log *log, bool *ret_any) {
    enum ctl_exit code =
        PROOF_ASK(pg, proof_checkpoint_newest, .topic = log->topic, .partition = log->partition);
    *ret_any = code == CTL_DONE && lbx_pg_row_count(pg, 0) > 0;
    return code;
}

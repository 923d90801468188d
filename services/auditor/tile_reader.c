/* Reads a log's hashes from the store, as the source of lbx_tree_edge and others.
 *
 * Fails with LBX_ERR_CONFLICT where full tiles are missing, which is logged; otherwise as the
 * database. */
#include "tile_reader.h"

#include "sql_auditor.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>

/* Queries tiles [first, behind) of a level. */
static enum lbx_err ask_tiles(const struct auditor_tile_reader *reader, unsigned level,
                              uint64_t first, uint64_t behind) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, auditor_tiles, .topic = reader->topic, .partition = reader->partition,
                .level = level, .first = (int64_t)first, .behind = (int64_t)behind);
    enum lbx_err err = lbx_pg_run(reader->pg, &calls);
    if (err != LBX_OK || lbx_pg_row_count(reader->pg, 0) == behind - first)
        return err;
    lbx_log(LBX_LOG_ERROR, "the audit store contradicts itself",
            LBX_S("what", "full tiles are missing"), LBX_S("topic", reader->topic),
            LBX_N("partition", reader->partition), LBX_N("level", level), LBX_N("index", first));
    return LBX_ERR_CONFLICT;
}

static const struct lbx_hash *tile(const struct auditor_tile_reader *reader, size_t row) {
    return LBX_PG_READ(reader->pg, 0, row, auditor_tiles, reader->arena).hashes.data;
}

static enum lbx_err read_full(const struct auditor_tile_reader *reader, unsigned level,
                              uint64_t index, size_t first, size_t count,
                              struct lbx_hash *ret_hashes) {
    enum lbx_err err = ask_tiles(reader, level, index, index + 1);
    if (err == LBX_OK)
        memcpy(ret_hashes, tile(reader, 0) + first, sizeof *ret_hashes * count);
    return err;
}

static enum lbx_err read_leaves(const struct auditor_tile_reader *reader, uint64_t first,
                                size_t count, struct lbx_hash *ret_hashes) {
    struct lbx_pg_pipeline calls = {0};
    int64_t offset = reader->base + (int64_t)first;
    LBX_PG_CALL(&calls, auditor_leaves, .topic = reader->topic, .partition = reader->partition,
                .first = offset, .behind = offset + (int64_t)count);
    enum lbx_err err = lbx_pg_run(reader->pg, &calls);
    for (size_t i = 0; i < count; i++)
        ret_hashes[i] = lbx_empty_leaf;
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(reader->pg, 0); row++) {
        const struct sql_auditor_leaves_answer it =
            LBX_PG_READ(reader->pg, 0, row, auditor_leaves, reader->arena);
        if (it.leaf_hash.len != LBX_HASH_SIZE)
            return LBX_ERR_CONFLICT;
        memcpy(&ret_hashes[it.offset - offset], it.leaf_hash.data, LBX_HASH_SIZE);
    }
    return err;
}

/* Reads hashes of a tile that is not full yet: the roots of full tiles below it. */
static enum lbx_err read_from_below(const struct auditor_tile_reader *reader, unsigned level,
                                    uint64_t first, size_t count, struct lbx_hash *ret_hashes) {
    enum lbx_err err = ask_tiles(reader, level - 1, first, first + count);
    for (size_t i = 0; err == LBX_OK && i < count; i++)
        lbx_tile_root(tile(reader, i), &ret_hashes[i]);
    return err;
}

static enum lbx_err read_hashes(void *context, unsigned level, uint64_t index, size_t first,
                                size_t count, struct lbx_hash *ret_hashes) {
    const struct auditor_tile_reader *reader = context;
    if (index < lbx_tiles_full(reader->size, level))
        return read_full(reader, level, index, first, count, ret_hashes);
    uint64_t at = index * LBX_TILE_WIDTH + first;
    return level == 0 ? read_leaves(reader, at, count, ret_hashes)
                      : read_from_below(reader, level, at, count, ret_hashes);
}

struct lbx_hash_source auditor_tile_source(struct auditor_tile_reader *reader) {
    return (struct lbx_hash_source){reader, read_hashes};
}

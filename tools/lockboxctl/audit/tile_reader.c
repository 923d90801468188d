/* Reads tiles ahead of the leaves, and computes tiles of higher levels from the level below.
 * Promises a finding for each tile that is missing or differs, and goes on. Fails with the
 * verifier's exit code. */
#include "tile_reader.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

enum { AHEAD = 64, LEVELS = 7 };

static int64_t offset_of(const struct tile_reader *s, uint64_t leaf) {
    return s->log->base + (int64_t)leaf;
}

/* ---- leaf hashes kept of detached months ---- */

static void load_kept(struct tile_reader *s) {
    struct lbx_pg *pg = s->verifier->rows;
    size_t count = VERIFIER_ASK(s->verifier, pg, proof_kept, .topic = s->log->topic,
                                .partition = s->log->partition, .first = INT64_MIN)
                       ? lbx_pg_row_count(pg, 0)
                       : 0;
    s->kept = lbx_calloc((count + 1) * sizeof *s->kept);
    for (; s->kept_count < count; s->kept_count++) {
        struct kept *kept = &s->kept[s->kept_count];
        const struct sql_proof_kept_answer it = LBX_PG_READ(pg, 0, s->kept_count, proof_kept, NULL);
        kept->offset = it.offset;
        if (!from_hex(it.leaf_hash, &kept->hash, sizeof kept->hash))
            FIND(s->verifier, s->log, kept->offset, "the leaf hash that was kept is none");
    }
}

static const struct lbx_hash *kept_leaf(struct tile_reader *s, int64_t offset) {
    while (s->kept_at < s->kept_count && s->kept[s->kept_at].offset < offset)
        s->kept_at++;
    return s->kept_at < s->kept_count && s->kept[s->kept_at].offset == offset
               ? &s->kept[s->kept_at].hash
               : NULL;
}

/* ---- tiles ---- */

static bool ask_tiles(struct tile_reader *s, unsigned level, uint64_t first, uint64_t count) {
    return VERIFIER_ASK(s->verifier, s->verifier->hashes, proof_tiles, .topic = s->log->topic,
                        .partition = s->log->partition, .level = level, .first = (int64_t)first,
                        .behind = (int64_t)(first + count));
}

static void load_tiles(struct tile_reader *s, uint64_t index) {
    const struct lbx_pg *pg = s->verifier->hashes;
    memset(s->has_tile, 0, AHEAD * sizeof *s->has_tile);
    s->first = index;
    s->count = AHEAD;
    if (!ask_tiles(s, 0, index, AHEAD))
        return;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_proof_tiles_answer it = LBX_PG_READ(pg, 0, row, proof_tiles, NULL);
        const uint64_t at = (uint64_t)it.index - index;
        if (at < AHEAD) /* another row was not asked for */
            s->has_tile[at] = from_hex(it.hashes, s->tiles[at], sizeof s->tiles[at]);
    }
}

static const struct lbx_hash *tile_leaf(struct tile_reader *s, uint64_t leaf) {
    uint64_t index = leaf / LBX_TILE_WIDTH;
    if (index >= lbx_tiles_full(s->log->size, 0))
        return NULL;
    if (index < s->first || index >= s->first + s->count)
        load_tiles(s, index);
    return s->has_tile[index - s->first] ? &s->tiles[index - s->first][leaf % LBX_TILE_WIDTH]
                                         : NULL;
}

const struct lbx_hash *tile_reader_leaf(struct tile_reader *s, uint64_t leaf) {
    int64_t offset = offset_of(s, leaf);
    const struct lbx_hash *tile = tile_leaf(s, leaf), *kept = kept_leaf(s, offset);
    if (tile && kept && !lbx_hash_equal(tile, kept))
        FIND(s->verifier, s->log, offset, "the leaf hash that was kept is not the one in the log");
    return tile ? tile : kept;
}

static void tile_above(struct tile_reader *s, unsigned level, const struct lbx_hash *below);

/* Compares a computed tile of a level above 0 with the stored one. */
static void meet_tile(struct tile_reader *s, unsigned level, uint64_t index) {
    const struct lbx_pg *pg = s->verifier->hashes;
    struct lbx_hash stored[LBX_TILE_WIDTH], root;
    uint64_t each = UINT64_C(1) << (LBX_TILE_HEIGHT * level), i = 0;
    if (!ask_tiles(s, level, index, 1))
        return;
    if (lbx_pg_row_count(pg, 0) != 1 ||
        !from_hex(LBX_PG_READ(pg, 0, 0, proof_tiles, NULL).hashes, stored, sizeof stored)) {
        FIND(s->verifier, s->log, offset_of(s, index * LBX_TILE_WIDTH * each),
             "tile %u/%" PRIu64 " is missing", level, index);
        i = LBX_TILE_WIDTH;
    }
    while (i < LBX_TILE_WIDTH && lbx_hash_equal(&stored[i], &s->above[level].hashes[i]))
        i++;
    if (i < LBX_TILE_WIDTH)
        FIND(s->verifier, s->log, offset_of(s, (index * LBX_TILE_WIDTH + i) * each),
             "hash %" PRIu64 " of tile %u/%" PRIu64 " is not that of the tile below it", i, level,
             index);
    lbx_tile_root(s->above[level].hashes, &root);
    tile_above(s, level + 1, &root);
}

static void tile_above(struct tile_reader *s, unsigned level, const struct lbx_hash *below) {
    if (level >= LEVELS)
        return;
    uint64_t at = s->above[level].count++;
    s->above[level].hashes[at % LBX_TILE_WIDTH] = *below;
    if (at % LBX_TILE_WIDTH == LBX_TILE_WIDTH - 1)
        meet_tile(s, level, at / LBX_TILE_WIDTH);
}

void tile_reader_tile_is_full(struct tile_reader *s, uint64_t index, const struct lbx_hash *root) {
    if (!s->has_tile[index - s->first])
        FIND(s->verifier, s->log, offset_of(s, index * LBX_TILE_WIDTH),
             "tile 0/%" PRIu64 " is missing", index);
    tile_above(s, 1, root);
}

void tile_reader_beyond(struct tile_reader *s) {
    const struct lbx_pg *pg = s->verifier->rows;
    if (!VERIFIER_ASK(s->verifier, s->verifier->rows, proof_tiles_beyond, .topic = s->log->topic,
                      .partition = s->log->partition, .size = (int64_t)s->log->size) ||
        lbx_pg_row_count(pg, 0) == 0)
        return;
    const struct sql_proof_tiles_beyond_answer it = LBX_PG_READ(pg, 0, 0, proof_tiles_beyond, NULL);
    FIND(s->verifier, s->log, -1,
         "there is a tile %" PRId64 "/%" PRId64 " that a log of this size has not", it.level,
         it.index);
}

/* ---- tiles and kept hashes ---- */

void tile_reader_init(struct tile_reader *s, struct verifier *verifier, const struct log *log) {
    *s = (struct tile_reader){.verifier = verifier, .log = log};
    s->tiles = lbx_calloc(AHEAD * sizeof *s->tiles);
    s->has_tile = lbx_calloc(AHEAD * sizeof *s->has_tile);
    s->above = lbx_calloc(LEVELS * sizeof *s->above);
    load_kept(s);
}

void tile_reader_done(struct tile_reader *s) {
    free(s->tiles);
    free(s->has_tile);
    free(s->above);
    free(s->kept);
}

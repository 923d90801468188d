/* Checks a range of offsets of a log: the computed leaf hashes of its rows, with the store's
 * other hashes, must give the signed root. Promises time that grows with the range and the
 * logarithm of the log. Cannot fail; findings are kept by findings.h. */
#include "range.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

struct range {
    struct verifier *verifier;
    const struct log *log;
    struct log_hashes under;
    uint64_t first, behind;  /* of leaves */
    struct lbx_hash *leaves; /* of [first, behind) */
    bool *has_row;
};

static void range_done(struct range *r) {
    log_hashes_done(&r->under);
    free(r->leaves);
    free(r->has_row);
}

static bool overlaps(const struct range *r, unsigned level, uint64_t hash) {
    unsigned shift = LBX_TILE_HEIGHT * level;
    return hash <= (r->behind - 1) >> shift && hash >= r->first >> shift;
}

/* Reads the store's hashes, with those computed from rows in their place. */
static enum lbx_err read_overlaid(void *context, unsigned level, uint64_t index, size_t first,
                                  size_t count, struct lbx_hash *ret_hashes) {
    struct range *r = context;
    enum lbx_err err =
        r->under.source.read(r->under.source.context, level, index, first, count, ret_hashes);
    for (size_t i = 0; err == LBX_OK && i < count; i++) {
        uint64_t hash = index * LBX_TILE_WIDTH + first + i;
        struct lbx_hash below[LBX_TILE_WIDTH];
        if (!overlaps(r, level, hash))
            continue;
        if (level == 0) {
            ret_hashes[i] = r->leaves[hash - r->first];
            continue;
        }
        err = read_overlaid(r, level - 1, hash, 0, LBX_TILE_WIDTH, below);
        if (err == LBX_OK)
            lbx_tile_root(below, &ret_hashes[i]);
    }
    return err;
}

/* ---- rows ---- */

static void take_row(void *context, const struct checked *row) {
    struct range *r = context;
    const uint64_t leaf = (uint64_t)row->offset - (uint64_t)r->log->base - r->first;
    if (leaf >= r->behind - r->first) {
        FIND(r->verifier, r->log, row->offset, "the store gave a record that was not asked for");
        return;
    }
    if (r->has_row[leaf]) {
        FIND(r->verifier, r->log, row->offset, "there is a second record at this offset");
        return;
    }
    r->has_row[leaf] = true;
    r->leaves[leaf] = row->stored;
}

/* ---- hashes of the log ---- */

/* Compares a leaf with its hash in a tile or kept hash. A difference is a finding, and the
 * store's hash is used, so that the root does not report it again. */
static void compare_leaf(struct range *r, uint64_t leaf, const struct lbx_hash *known) {
    struct lbx_hash *ours = &r->leaves[leaf - r->first];
    int64_t offset = r->log->base + (int64_t)leaf;
    if (lbx_hash_equal(ours, known))
        return;
    if (r->has_row[leaf - r->first])
        FIND(r->verifier, r->log, offset,
             lbx_hash_equal(known, &lbx_empty_leaf) ? "there is a record that the log does not have"
                                                    : "the record is not the one in the log");
    else if (!r->verifier->shared->allow_absent)
        FIND(r->verifier, r->log, offset,
             "the record is missing (--detached allows for months that were detached)");
    r->verifier->counts.absent += !r->has_row[leaf - r->first];
    *ours = *known;
}

static enum ctl_exit compare_tiles(struct range *r) {
    uint64_t full = lbx_tiles_full(r->log->size, 0) * LBX_TILE_WIDTH;
    for (uint64_t leaf = r->first; leaf < r->behind && leaf < full;) {
        struct lbx_hash tile[LBX_TILE_WIDTH];
        uint64_t index = leaf / LBX_TILE_WIDTH;
        enum lbx_err err = r->under.source.read(&r->under, 0, index, 0, LBX_TILE_WIDTH, tile);
        if (err == LBX_ERR_UNAVAILABLE)
            return CTL_UNREACHABLE;
        if (err != LBX_OK)
            FIND(r->verifier, r->log, r->log->base + (int64_t)(index * LBX_TILE_WIDTH),
                 "tile 0/%" PRIu64 " is missing", index);
        do {
            if (err == LBX_OK)
                compare_leaf(r, leaf, &tile[leaf % LBX_TILE_WIDTH]);
        } while (++leaf < r->behind && leaf % LBX_TILE_WIDTH);
    }
    return CTL_DONE;
}

static enum ctl_exit compare_root(struct range *r) {
    struct lbx_note note;
    struct lbx_checkpoint said;
    struct lbx_hash root;
    struct lbx_edge edge;
    const char *wrong;
    bool any;
    struct lbx_hash_source source = {r, read_overlaid};
    int64_t first = r->log->base + (int64_t)r->first;
    enum ctl_exit code = checkpoint_covering(r->verifier->hashes, r->log, r->behind, &any);
    if (code != CTL_DONE)
        return code;
    if (!any)
        return ctl_fail(CTL_NO, "no checkpoint covers offset %" PRId64 " of %s/%d yet",
                        r->log->base + (int64_t)r->behind - 1, r->log->topic, r->log->partition);
    struct stored_checkpoint stored = checkpoint_at(r->verifier->hashes, 0);
    r->verifier->counts.checkpoints++;
    if (!checkpoint_holds(stored.note, strlen(stored.note), r->log->origin,
                          &r->verifier->shared->trusted, &note, &said, &wrong)) {
        FIND(r->verifier, r->log, -1, "checkpoint %" PRId64 " (size %" PRIu64 "): %s",
             stored.number, stored.size, wrong);
        return CTL_DONE;
    }
    if (said.size < r->behind || said.size > r->log->size) {
        FIND(r->verifier, r->log, -1, "checkpoint %" PRId64 ": size is not what its note says",
             stored.number);
        return CTL_DONE;
    }
    if (lbx_tree_edge(&source, said.size, &edge) != LBX_OK)
        FIND(r->verifier, r->log, first, "the log's tiles are not whole");
    lbx_edge_root(&edge, &root);
    if (!lbx_hash_equal(&root, &said.root))
        FIND(r->verifier, r->log, first,
             "a record from here on, or a tile, is not the one that was hashed: a checkpoint of "
             "size %" PRIu64 " says so",
             said.size);
    return CTL_DONE;
}

void check_range(struct verifier *verifier, const struct log *log, int64_t first, int64_t behind) {
    struct range r LBX_CLEANUP(range_done) = {.verifier = verifier, .log = log};
    log_hashes_init(&r.under, verifier->hashes, log);
    if (!log->has_head || first < log->base || behind > log->base + (int64_t)log->size ||
        first >= behind) {
        verifier->code =
            ctl_fail(CTL_USAGE, "%s/%d has the offsets %" PRId64 " to %" PRId64, log->topic,
                     log->partition, log->base, log->base + (int64_t)log->size - 1);
        return;
    }
    r.first = (uint64_t)(first - log->base);
    r.behind = (uint64_t)(behind - log->base);
    r.leaves = calloc((size_t)(r.behind - r.first), sizeof *r.leaves);
    r.has_row = calloc((size_t)(r.behind - r.first), sizeof *r.has_row);
    if (!r.leaves || !r.has_row) {
        verifier->code = ctl_fail(CTL_NO, "that range is too long for this machine's memory");
        return;
    }
    for (uint64_t i = 0; i < r.behind - r.first; i++)
        r.leaves[i] = lbx_empty_leaf;
    verifier_each_row(verifier, log, first, behind, take_row, &r);
    if (verifier->code == CTL_DONE)
        verifier->code = compare_tiles(&r);
    if (verifier->code == CTL_DONE && !log->is_checkpoints)
        verifier->code = compare_root(&r);
}

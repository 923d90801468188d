/* Leaf hashes stored besides the rows: tiles, and hashes kept of detached months. */
#ifndef LOCKBOXCTL_AUDIT_TILE_READER_H
#define LOCKBOXCTL_AUDIT_TILE_READER_H

#include "verifier.h"

struct tile_reader {
    struct verifier *verifier;
    const struct log *log;

    /* tiles of level 0 from `first` on; a missing one has has_tile false */
    struct lbx_hash (*tiles)[LBX_TILE_WIDTH];
    bool *has_tile;
    uint64_t first, count;
    struct level {
        struct lbx_hash hashes[LBX_TILE_WIDTH];
        uint64_t count; /* number of tiles of the level */
    } * above;

    struct kept {
        int64_t offset;
        struct lbx_hash hash;
    } * kept;
    size_t kept_count, kept_at;
};

void tile_reader_init(struct tile_reader *reader, struct verifier *verifier, const struct log *log);
void tile_reader_done(struct tile_reader *reader);

/* The hash of a leaf: from its tile, otherwise the kept one; NULL: neither. To be called in the
 * order of leaves. */
const struct lbx_hash *tile_reader_leaf(struct tile_reader *reader, uint64_t leaf);

/* Called when all leaves of a tile of level 0 were read; root is the root of its leaves. */
void tile_reader_tile_is_full(struct tile_reader *reader, uint64_t index,
                              const struct lbx_hash *root);

/* Reports tiles beyond a log of this size. */
void tile_reader_beyond(struct tile_reader *reader);

#endif

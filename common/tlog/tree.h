/* The Merkle tree of a transparency log: RFC 6962 / RFC 9162, section 2.1, with SHA-256.
 *
 * A leaf is SHA-256(0x00 ‖ bytes), a node SHA-256(0x01 ‖ left ‖ right), the root of no leaves
 * SHA-256 of nothing. A leaf that stands for nothing, a hole, is the leaf of no bytes.
 *
 * A subtree is named by level and index: 2^level leaves from index · 2^level on. Nothing here reads or
 * writes anything: hashes come from a callback. Sizes and indexes are below 2^63.
 */
#ifndef LBX_AUDIT_TREE_H
#define LBX_AUDIT_TREE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LBX_HASH_SIZE = 32,
    LBX_EDGE_MAX = 63,    /* perfect subtrees that a tree falls into */
    LBX_PROOF_MAX = 64,   /* hashes of a proof */
    LBX_TILE_HEIGHT = 8,  /* levels of the tree in one level of tiles */
    LBX_TILE_WIDTH = 256, /* hashes of a full tile */
    LBX_TILE_LEVELS = 8,
};

struct lbx_hash {
    unsigned char bytes[LBX_HASH_SIZE];
};
_Static_assert(sizeof(struct lbx_hash) == LBX_HASH_SIZE, "arrays of hashes are bytes without gaps");

void lbx_leaf_hash(const void *bytes, size_t len, struct lbx_hash *ret_hash);
void lbx_node_hash(const struct lbx_hash *left, const struct lbx_hash *right,
                   struct lbx_hash *ret_hash);
bool lbx_hash_equal(const struct lbx_hash *a, const struct lbx_hash *b);

/* SHA-256(0x00): the leaf of an offset that holds no record. */
extern const struct lbx_hash lbx_empty_leaf;

/* ---- a tree's right edge (compact range from 0) ---- */

/* The roots of the perfect subtrees that the leaves fall into, the largest first: as many as size has
 * bits set. Enough to go on appending and to tell the root. */
struct lbx_edge {
    uint64_t size;
    struct lbx_hash hashes[LBX_EDGE_MAX];
};

void lbx_edge_init(struct lbx_edge *edge);
void lbx_edge_append(struct lbx_edge *edge, const struct lbx_hash *leaf);
/* `count` empty leaves, in logarithmic time. */
void lbx_edge_append_empty(struct lbx_edge *edge, uint64_t count);
/* A perfect subtree of 2^level leaves; size must be a multiple of that. */
void lbx_edge_append_subtree(struct lbx_edge *edge, unsigned level, const struct lbx_hash *root);
void lbx_edge_root(const struct lbx_edge *edge, struct lbx_hash *ret_root);

/* An edge as bytes: its hashes one behind the other, edge->hashes itself. */
size_t lbx_edge_bytes(const struct lbx_edge *edge);
/* The reverse; LBX_ERR_INVALID where len does not fit the size. */
enum lbx_err lbx_edge_read(uint64_t size, const void *bytes, size_t len, struct lbx_edge *ret_edge)
    LBX_MUST_CHECK;

/* ---- tiles (C2SP tlog-tiles) ---- */

/* Tile (level, index) holds the roots of 256 subtrees of height 8·level from 256·index on: at level 0
 * leaf hashes. Only full tiles are kept. */

/* How many tiles of a level are full at this size: their indexes are those below it. Those that become
 * full between two sizes are [lbx_tiles_full(old, level), lbx_tiles_full(new, level)). */
static inline uint64_t lbx_tiles_full(uint64_t size, unsigned level) {
    unsigned shift = LBX_TILE_HEIGHT * (level + 1);
    return shift < 64 ? size >> shift : 0;
}

/* The root of a full tile: one hash of the tile above it. */
void lbx_tile_root(const struct lbx_hash hashes[LBX_TILE_WIDTH], struct lbx_hash *ret_root);

/* ---- proofs ---- */

struct lbx_proof {
    size_t count;
    struct lbx_hash hashes[LBX_PROOF_MAX];
};

/* Where proofs take their hashes from. */
struct lbx_hash_source {
    void *context;
    /* Hashes [first, first + count) of tile (level, index), of which all stand in the tree. An error
     * ends the proof with it, but LBX_ERR_NOT_FOUND at a level above 0: then each hash is computed from
     * the full tile below. */
    enum lbx_err (*read)(void *context, unsigned level, uint64_t index, size_t first, size_t count,
                         struct lbx_hash *ret_hashes);
};

/* The root of a subtree, all of which stands in the tree. */
enum lbx_err lbx_tree_subtree(const struct lbx_hash_source *source, unsigned level, uint64_t index,
                              struct lbx_hash *ret_root) LBX_MUST_CHECK;
/* The right edge at a size. */
enum lbx_err lbx_tree_edge(const struct lbx_hash_source *source, uint64_t size,
                           struct lbx_edge *ret_edge) LBX_MUST_CHECK;

/* That leaf `index` stands in the tree of `size` leaves; LBX_ERR_INVALID where it cannot. */
enum lbx_err lbx_tree_inclusion(const struct lbx_hash_source *source, uint64_t index, uint64_t size,
                                struct lbx_proof *ret_proof) LBX_MUST_CHECK;

/* That the tree of old_size is a prefix of that of new_size; LBX_ERR_INVALID where it cannot be. From
 * size 0, and to the same size, the proof is empty. */
enum lbx_err lbx_tree_consistency(const struct lbx_hash_source *source, uint64_t old_size,
                                  uint64_t new_size, struct lbx_proof *ret_proof) LBX_MUST_CHECK;

/* RFC 9162, sections 2.1.3.2 and 2.1.4.2. Whatever they are given, they only return false. */
bool lbx_inclusion_holds(uint64_t index, uint64_t size, const struct lbx_hash *leaf,
                         const struct lbx_proof *proof, const struct lbx_hash *root);
bool lbx_consistency_holds(uint64_t old_size, uint64_t new_size, const struct lbx_hash *old_root,
                           const struct lbx_hash *new_root, const struct lbx_proof *proof);

#endif

/* The Merkle tree of a transparency log: RFC 6962 and RFC 9162, section 2.1, with SHA-256.
 *
 * A leaf is SHA-256(0x00 ‖ bytes), a node SHA-256(0x01 ‖ left ‖ right), the root of an empty tree
 * SHA-256 of nothing. An offset without a record has the leaf of no bytes.
 *
 * A subtree has a level and an index: 2^level leaves from index · 2^level on. No I/O: a callback
 * reads hashes. Sizes and indexes are below 2^63. */
#ifndef LBX_AUDIT_TREE_H
#define LBX_AUDIT_TREE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LBX_HASH_SIZE = 32,
    LBX_EDGE_MAX = 63,    /* most perfect subtrees of a tree */
    LBX_PROOF_MAX = 64,   /* most hashes of a proof */
    LBX_TILE_HEIGHT = 8,  /* levels of the tree for one level of tiles */
    LBX_TILE_WIDTH = 256, /* hashes of a full tile */
    LBX_TILE_LEVELS = 8,
};

struct lbx_hash {
    unsigned char bytes[LBX_HASH_SIZE];
};
_Static_assert(sizeof(struct lbx_hash) == LBX_HASH_SIZE, "arrays of hashes are bytes without gaps");

/* Hashes of leaves and nodes (RFC 6962, 2.1). */
void lbx_leaf_hash(const void *bytes, size_t len, struct lbx_hash *ret_hash);
void lbx_node_hash(const struct lbx_hash *left, const struct lbx_hash *right,
                   struct lbx_hash *ret_hash);
bool lbx_hash_equal(const struct lbx_hash *a, const struct lbx_hash *b);

/* SHA-256(0x00): the leaf of an offset without a record. */
extern const struct lbx_hash lbx_empty_leaf;

/* ---- a tree's right edge (compact range from 0) ---- */

/* The roots of the perfect subtrees of the leaves, the largest first: one for each bit set in
 * size. Sufficient to append leaves, and to compute the root. */
struct lbx_edge {
    uint64_t size;
    struct lbx_hash hashes[LBX_EDGE_MAX];
};

void lbx_edge_init(struct lbx_edge *edge);
void lbx_edge_append(struct lbx_edge *edge, const struct lbx_hash *leaf);
/* Appends `count` empty leaves, in logarithmic time. */
void lbx_edge_append_empty(struct lbx_edge *edge, uint64_t count);
/* Appends a perfect subtree of 2^level leaves; size must be a multiple of that. */
void lbx_edge_append_subtree(struct lbx_edge *edge, unsigned level, const struct lbx_hash *root);
void lbx_edge_root(const struct lbx_edge *edge, struct lbx_hash *ret_root);

/* The size of an edge in bytes: edge->hashes, without padding. */
size_t lbx_edge_bytes(const struct lbx_edge *edge);
/* Reads an edge from its bytes. LBX_ERR_INVALID: len does not fit size. */
enum lbx_err lbx_edge_read(uint64_t size, const void *bytes, size_t len, struct lbx_edge *ret_edge)
    LBX_MUST_CHECK;

/* ---- tiles (C2SP tlog-tiles) ---- */

/* Tile (level, index) has the roots of 256 subtrees of height 8·level, from 256·index on: at
 * level 0 leaf hashes. Only full tiles are stored. */

/* How many tiles of a level are full at this size: those with a lower index. Between two sizes,
 * [lbx_tiles_full(old, level), lbx_tiles_full(new, level)) become full. */
static inline uint64_t lbx_tiles_full(uint64_t size, unsigned level) {
    unsigned shift = LBX_TILE_HEIGHT * (level + 1);
    return shift < 64 ? size >> shift : 0;
}

/* The root of a full tile: one hash of a tile of the next level. */
void lbx_tile_root(const struct lbx_hash hashes[LBX_TILE_WIDTH], struct lbx_hash *ret_root);

/* ---- proofs ---- */

struct lbx_proof {
    size_t count;
    struct lbx_hash hashes[LBX_PROOF_MAX];
};

/* The source of a proof's hashes. */
struct lbx_hash_source {
    void *context;
    /* Reads hashes [first, first + count) of tile (level, index), all of them in the tree.
     * LBX_ERR_NOT_FOUND at a level above 0: each hash is computed from the full tile below. Any
     * other error ends the proof, and is returned. */
    enum lbx_err (*read)(void *context, unsigned level, uint64_t index, size_t first, size_t count,
                         struct lbx_hash *ret_hashes);
};

/* The root of a subtree that is full in the tree. */
enum lbx_err lbx_tree_subtree(const struct lbx_hash_source *source, unsigned level, uint64_t index,
                              struct lbx_hash *ret_root) LBX_MUST_CHECK;
/* The right edge of the tree at a size. */
enum lbx_err lbx_tree_edge(const struct lbx_hash_source *source, uint64_t size,
                           struct lbx_edge *ret_edge) LBX_MUST_CHECK;

/* The proof that leaf `index` is in the tree of `size` leaves. LBX_ERR_INVALID: index is not below size. */
enum lbx_err lbx_tree_inclusion(const struct lbx_hash_source *source, uint64_t index, uint64_t size,
                                struct lbx_proof *ret_proof) LBX_MUST_CHECK;

/* The proof that the tree of old_size is a prefix of the tree of new_size. LBX_ERR_INVALID:
 * old_size is larger. From size 0, and for equal sizes, the proof is empty. */
enum lbx_err lbx_tree_consistency(const struct lbx_hash_source *source, uint64_t old_size,
                                  uint64_t new_size, struct lbx_proof *ret_proof) LBX_MUST_CHECK;

/* RFC 9162, sections 2.1.3.2 and 2.1.4.2. False for any invalid input. */
bool lbx_inclusion_holds(uint64_t index, uint64_t size, const struct lbx_hash *leaf,
                         const struct lbx_proof *proof, const struct lbx_hash *root);
bool lbx_consistency_holds(uint64_t old_size, uint64_t new_size, const struct lbx_hash *old_root,
                           const struct lbx_hash *new_root, const struct lbx_proof *proof);

#endif

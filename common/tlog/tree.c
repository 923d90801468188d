/* Hashes, proofs and tiles of a Merkle tree (RFC 6962, RFC 9162). Pure: a callback reads stored
 * hashes. Fails with the callback's errors. */
#include "tlog/tree.h"

#include "io/hash.h"

#include <assert.h>
#include <string.h>

const struct lbx_hash lbx_empty_leaf = {{0x6e, 0x34, 0x0b, 0x9c, 0xff, 0xb3, 0x7a, 0x98,
                                         0x9c, 0xa5, 0x44, 0xe6, 0xbb, 0x78, 0x0a, 0x2c,
                                         0x78, 0x90, 0x1d, 0x3f, 0xb3, 0x37, 0x38, 0x76,
                                         0x85, 0x11, 0xa3, 0x06, 0x17, 0xaf, 0xa0, 0x1d}};

void lbx_leaf_hash(const void *bytes, size_t len, struct lbx_hash *ret_hash) {
    lbx_sha256_prefixed(0x00, bytes, len, ret_hash->bytes);
}

void lbx_node_hash(const struct lbx_hash *left, const struct lbx_hash *right,
                   struct lbx_hash *ret_hash) {
    struct lbx_hash both[2] = {*left, *right};
    lbx_sha256_prefixed(0x01, both, sizeof both, ret_hash->bytes);
}

bool lbx_hash_equal(const struct lbx_hash *a, const struct lbx_hash *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- edge ---- */

static size_t ones(uint64_t v) {
    return (size_t)__builtin_popcountll(v);
}

void lbx_edge_init(struct lbx_edge *edge) {
    edge->size = 0;
}

void lbx_edge_append_subtree(struct lbx_edge *edge, unsigned level, const struct lbx_hash *root) {
    size_t count = ones(edge->size);
    struct lbx_hash hash = *root;
    assert(level < 63 && (edge->size & ((UINT64_C(1) << level) - 1)) == 0);
    /* as a binary counter carries: two subtrees of equal size become one */
    for (unsigned at = level; edge->size >> at & 1; at++)
        lbx_node_hash(&edge->hashes[--count], &hash, &hash);
    edge->hashes[count] = hash;
    edge->size += UINT64_C(1) << level;
}

void lbx_edge_append(struct lbx_edge *edge, const struct lbx_hash *leaf) {
    lbx_edge_append_subtree(edge, 0, leaf);
}

void lbx_edge_append_empty(struct lbx_edge *edge, uint64_t count) {
    struct lbx_hash empty[63]; /* perfect subtrees of empty leaves only */
    unsigned known = 1;
    empty[0] = lbx_empty_leaf;
    while (count) {
        unsigned level = 63 - (unsigned)__builtin_clzll(count);
        if (edge->size && (unsigned)__builtin_ctzll(edge->size) < level)
            level = (unsigned)__builtin_ctzll(edge->size);
        for (; known <= level; known++)
            lbx_node_hash(&empty[known - 1], &empty[known - 1], &empty[known]);
        lbx_edge_append_subtree(edge, level, &empty[level]);
        count -= UINT64_C(1) << level;
    }
}

void lbx_edge_root(const struct lbx_edge *edge, struct lbx_hash *ret_root) {
    size_t count = ones(edge->size);
    struct lbx_hash root;
    if (count == 0) {
        lbx_sha256("", 0, ret_root->bytes);
        return;
    }
    root = edge->hashes[--count];
    while (count)
        lbx_node_hash(&edge->hashes[--count], &root, &root);
    *ret_root = root;
}

size_t lbx_edge_bytes(const struct lbx_edge *edge) {
    return ones(edge->size) * LBX_HASH_SIZE;
}

enum lbx_err lbx_edge_read(uint64_t size, const void *bytes, size_t len,
                           struct lbx_edge *ret_edge) {
    if (size > INT64_MAX || len != ones(size) * LBX_HASH_SIZE)
        return LBX_ERR_INVALID;
    ret_edge->size = size;
    if (len)
        memcpy(ret_edge->hashes, bytes, len);
    return LBX_OK;
}

/* ---- tiles ---- */

/* The root of 2^height hashes, which are overwritten. */
static void fold(struct lbx_hash *hashes, size_t count, struct lbx_hash *ret_root) {
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            lbx_node_hash(&hashes[2 * i], &hashes[2 * i + 1], &hashes[i]);
    *ret_root = hashes[0];
}

void lbx_tile_root(const struct lbx_hash hashes[LBX_TILE_WIDTH], struct lbx_hash *ret_root) {
    struct lbx_hash copy[LBX_TILE_WIDTH];
    memcpy(copy, hashes, sizeof copy);
    fold(copy, LBX_TILE_WIDTH, ret_root);
}

static enum lbx_err read_tile(const struct lbx_hash_source *source, unsigned level, uint64_t index,
                              size_t first, size_t count, struct lbx_hash *ret_hashes) {
    enum lbx_err err = source->read(source->context, level, index, first, count, ret_hashes);
    if (err != LBX_ERR_NOT_FOUND || level == 0)
        return err;
    err = LBX_OK;
    for (size_t i = 0; err == LBX_OK && i < count; i++) {
        struct lbx_hash below[LBX_TILE_WIDTH];
        uint64_t child = index * LBX_TILE_WIDTH + first + i;
        err = read_tile(source, level - 1, child, 0, LBX_TILE_WIDTH, below);
        if (err == LBX_OK)
            fold(below, LBX_TILE_WIDTH, &ret_hashes[i]);
    }
    return err;
}

enum lbx_err lbx_tree_subtree(const struct lbx_hash_source *source, unsigned level, uint64_t index,
                              struct lbx_hash *ret_root) {
    struct lbx_hash hashes[LBX_TILE_WIDTH];
    size_t count = (size_t)1 << level % LBX_TILE_HEIGHT;
    uint64_t at = index * count; /* index of the first hash within its level of tiles */
    enum lbx_err err = read_tile(source, level / LBX_TILE_HEIGHT, at / LBX_TILE_WIDTH,
                                 (size_t)(at % LBX_TILE_WIDTH), count, hashes);
    if (err == LBX_OK)
        fold(hashes, count, ret_root);
    return err;
}

enum lbx_err lbx_tree_edge(const struct lbx_hash_source *source, uint64_t size,
                           struct lbx_edge *ret_edge) {
    struct lbx_edge edge;
    lbx_edge_init(&edge);
    while (edge.size < size) {
        unsigned level = 63 - (unsigned)__builtin_clzll(size - edge.size);
        struct lbx_hash hash;
        enum lbx_err err = lbx_tree_subtree(source, level, edge.size >> level, &hash);
        if (err != LBX_OK)
            return err;
        lbx_edge_append_subtree(&edge, level, &hash);
    }
    *ret_edge = edge;
    return LBX_OK;
}

/* ---- proofs ---- */

/* The largest power of two below n, which is 2 or more. */
static uint64_t split(uint64_t n) {
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* MTH(D[lo:hi]). lo is a multiple of a power of two that is at least hi - lo, as where RFC 6962
 * splits a tree. */
static enum lbx_err range_root(const struct lbx_hash_source *source, uint64_t lo, uint64_t hi,
                               struct lbx_hash *ret_root) {
    struct lbx_hash roots[64];
    size_t count = 0;
    for (uint64_t at = lo; at < hi;) {
        unsigned level = 63 - (unsigned)__builtin_clzll(hi - at);
        enum lbx_err err = lbx_tree_subtree(source, level, at >> level, &roots[count++]);
        if (err != LBX_OK)
            return err;
        at += UINT64_C(1) << level;
    }
    *ret_root = roots[--count];
    while (count)
        lbx_node_hash(&roots[--count], ret_root, ret_root);
    return LBX_OK;
}

/* Reverses a proof: built from the root down, read from the leaf up. */
static void reverse(struct lbx_proof *proof) {
    for (size_t i = 0, j = proof->count; i + 1 < j; i++) {
        struct lbx_hash swap = proof->hashes[i];
        proof->hashes[i] = proof->hashes[--j];
        proof->hashes[j] = swap;
    }
}

enum lbx_err lbx_tree_inclusion(const struct lbx_hash_source *source, uint64_t index, uint64_t size,
                                struct lbx_proof *ret_proof) {
    uint64_t lo = 0, hi = size;
    if (size > INT64_MAX || index >= size)
        return LBX_ERR_INVALID;
    ret_proof->count = 0;
    while (hi - lo > 1) {
        uint64_t middle = lo + split(hi - lo);
        bool is_left = index < middle;
        struct lbx_hash *sibling = &ret_proof->hashes[ret_proof->count++];
        enum lbx_err err = is_left ? range_root(source, middle, hi, sibling)
                                   : range_root(source, lo, middle, sibling);
        if (err != LBX_OK)
            return err;
        *(is_left ? &hi : &lo) = middle;
    }
    reverse(ret_proof);
    return LBX_OK;
}

enum lbx_err lbx_tree_consistency(const struct lbx_hash_source *source, uint64_t old_size,
                                  uint64_t new_size, struct lbx_proof *ret_proof) {
    uint64_t lo = 0, hi = new_size;
    enum lbx_err err = LBX_OK;
    if (new_size > INT64_MAX || old_size > new_size)
        return LBX_ERR_INVALID;
    ret_proof->count = 0;
    if (old_size == 0)
        return LBX_OK;
    while (err == LBX_OK && old_size < hi) {
        uint64_t middle = lo + split(hi - lo);
        bool is_left = old_size <= middle;
        struct lbx_hash *other = &ret_proof->hashes[ret_proof->count++];
        err =
            is_left ? range_root(source, middle, hi, other) : range_root(source, lo, middle, other);
        *(is_left ? &hi : &lo) = middle;
    }
    /* the last subtree of the old tree; if it begins at 0 it is the old root, which the verifier
     * has */
    if (err == LBX_OK && lo > 0)
        err = range_root(source, lo, hi, &ret_proof->hashes[ret_proof->count++]);
    reverse(ret_proof);
    return err;
}

/* ---- verification ---- */

bool lbx_inclusion_holds(uint64_t index, uint64_t size, const struct lbx_hash *leaf,
                         const struct lbx_proof *proof, const struct lbx_hash *root) {
    uint64_t fn = index, sn = size - 1;
    struct lbx_hash r = *leaf;
    if (size == 0 || index >= size || proof->count > LBX_PROOF_MAX)
        return false;
    for (size_t i = 0; i < proof->count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            lbx_node_hash(&proof->hashes[i], &r, &r);
            for (; !(fn & 1) && fn; fn >>= 1)
                sn >>= 1;
        } else {
            lbx_node_hash(&r, &proof->hashes[i], &r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && lbx_hash_equal(&r, root);
}

static bool prefix_holds(uint64_t old_size, uint64_t new_size, const struct lbx_hash *old_root,
                         const struct lbx_hash *new_root, const struct lbx_proof *proof) {
    bool starts_at_old_root = (old_size & (old_size - 1)) == 0;
    uint64_t fn = old_size - 1, sn = new_size - 1;
    size_t i = 0;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    if (!starts_at_old_root && proof->count == 0)
        return false;
    struct lbx_hash fr = starts_at_old_root ? *old_root : proof->hashes[i++];
    struct lbx_hash sr = fr;
    for (; i < proof->count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            lbx_node_hash(&proof->hashes[i], &fr, &fr);
            lbx_node_hash(&proof->hashes[i], &sr, &sr);
            for (; !(fn & 1) && fn; fn >>= 1)
                sn >>= 1;
        } else {
            lbx_node_hash(&sr, &proof->hashes[i], &sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && lbx_hash_equal(&fr, old_root) && lbx_hash_equal(&sr, new_root);
}

bool lbx_consistency_holds(uint64_t old_size, uint64_t new_size, const struct lbx_hash *old_root,
                           const struct lbx_hash *new_root, const struct lbx_proof *proof) {
    struct lbx_hash nothing;
    lbx_sha256("", 0, nothing.bytes);
    if (old_size > new_size || proof->count > LBX_PROOF_MAX)
        return false;
    if (old_size == 0)
        return proof->count == 0 && lbx_hash_equal(old_root, &nothing) &&
               (new_size > 0 || lbx_hash_equal(new_root, &nothing));
    if (old_size == new_size)
        return proof->count == 0 && lbx_hash_equal(old_root, new_root);
    return prefix_holds(old_size, new_size, old_root, new_root, proof);
}

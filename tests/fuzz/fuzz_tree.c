/* Proofs of a Merkle tree from anybody: they hold or do not, and nothing else happens. Those that we make
 * hold, and only for what they were made of. */
#include "tlog/tree.h"

#include "fuzz.h"

static uint64_t number(struct fuzz_input *in) {
    uint64_t value = 0;
    for (size_t i = fuzz_byte(in) % 9; i; i--)
        value = value << 8 | fuzz_byte(in);
    return value & INT64_MAX;
}

static void hash(struct fuzz_input *in, struct lbx_hash *ret_hash) {
    memset(ret_hash, fuzz_byte(in), sizeof *ret_hash);
}

static void anybodys(struct fuzz_input in) {
    struct lbx_proof proof = {.count = fuzz_byte(&in) % (LBX_PROOF_MAX + 1)};
    struct lbx_hash a, b;
    uint64_t first = number(&in), second = number(&in);
    hash(&in, &a);
    hash(&in, &b);
    for (size_t i = 0; i < proof.count; i++)
        hash(&in, &proof.hashes[i]);
    if (lbx_inclusion_holds(first, second, &a, &proof, &b))
        assert(first == 0 && second == 1 && lbx_hash_equal(&a, &b));
    if (lbx_consistency_holds(first, second, &a, &b, &proof))
        assert(first == 0 || (first == second && lbx_hash_equal(&a, &b)));
}

/* Leaf n is that of the bytes of n; every level is computed from it. */
static enum lbx_err read_leaves(void *context, unsigned level, uint64_t index, size_t first,
                                size_t count, struct lbx_hash *ret_hashes) {
    (void)context;
    if (level)
        return LBX_ERR_NOT_FOUND;
    for (size_t i = 0; i < count; i++) {
        uint64_t leaf = index * LBX_TILE_WIDTH + first + i;
        lbx_leaf_hash(&leaf, sizeof leaf, &ret_hashes[i]);
    }
    return LBX_OK;
}

static void root_of(const struct lbx_hash_source *source, uint64_t size, struct lbx_hash *ret) {
    struct lbx_edge edge, read;
    assert(lbx_tree_edge(source, size, &edge) == LBX_OK);
    lbx_edge_root(&edge, ret);
    assert(lbx_edge_read(size, edge.hashes, lbx_edge_bytes(&edge), &read) == LBX_OK);
}

static void ours(struct fuzz_input in) {
    const struct lbx_hash_source source = {NULL, read_leaves};
    struct lbx_proof proof;
    struct lbx_hash leaf, root, old_root;
    uint64_t size = 1 + number(&in) % 1000, index = number(&in) % size;
    uint64_t old_size = number(&in) % (size + 1);
    size_t which = fuzz_byte(&in);
    lbx_leaf_hash(&index, sizeof index, &leaf);
    root_of(&source, size, &root);
    root_of(&source, old_size, &old_root);
    assert(lbx_tree_inclusion(&source, index, size, &proof) == LBX_OK);
    assert(lbx_inclusion_holds(index, size, &leaf, &proof, &root));
    if (proof.count) {
        proof.hashes[which % proof.count].bytes[which % LBX_HASH_SIZE] ^= 1;
        assert(!lbx_inclusion_holds(index, size, &leaf, &proof, &root));
    }
    assert(lbx_tree_consistency(&source, old_size, size, &proof) == LBX_OK);
    assert(lbx_consistency_holds(old_size, size, &old_root, &root, &proof));
    if (proof.count) {
        proof.hashes[which % proof.count].bytes[which % LBX_HASH_SIZE] ^= 1;
        assert(!lbx_consistency_holds(old_size, size, &old_root, &root, &proof));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    anybodys(in);
    ours(in);
    return 0;
}

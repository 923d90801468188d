/* The Merkle tree against its definition, on trees of every small size and against changed proofs. */
#include "tlog/tree.h"

#include "base/buf.h"
#include "check.h"
#include "io/hash.h"

#include <stdlib.h>

/* ---- the tree as RFC 6962, section 2.1, defines it: recursive, from the leaf hashes ---- */

static size_t below(size_t n) { /* the largest power of two below n */
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

static struct lbx_hash mth(const struct lbx_hash *leaves, size_t n) {
    struct lbx_hash hash;
    if (n == 0)
        lbx_sha256("", 0, hash.bytes);
    else if (n == 1)
        hash = leaves[0];
    else {
        unsigned char both[65] = {1};
        struct lbx_hash left = mth(leaves, below(n));
        struct lbx_hash right = mth(leaves + below(n), n - below(n));
        memcpy(both + 1, &left, 32);
        memcpy(both + 33, &right, 32);
        lbx_sha256(both, sizeof both, hash.bytes);
    }
    return hash;
}

/* PATH(m, D[n]) */
static void path(size_t m, const struct lbx_hash *leaves, size_t n, struct lbx_proof *proof) {
    size_t k = below(n);
    if (n == 1)
        return;
    if (m < k) {
        path(m, leaves, k, proof);
        proof->hashes[proof->count++] = mth(leaves + k, n - k);
    } else {
        path(m - k, leaves + k, n - k, proof);
        proof->hashes[proof->count++] = mth(leaves, k);
    }
}

/* SUBPROOF(m, D[n], b) */
static void subproof(size_t m, const struct lbx_hash *leaves, size_t n, bool b,
                     struct lbx_proof *proof) {
    size_t k = below(n);
    if (m == n) {
        if (!b)
            proof->hashes[proof->count++] = mth(leaves, m);
    } else if (m <= k) {
        subproof(m, leaves, k, b, proof);
        proof->hashes[proof->count++] = mth(leaves + k, n - k);
    } else {
        subproof(m - k, leaves + k, n - k, false, proof);
        proof->hashes[proof->count++] = mth(leaves, k);
    }
}

/* ---- leaves ---- */

enum { LEAVES = 70000 }; /* more than a full tile of level 1 */

static struct lbx_hash leaves[LEAVES];

static int make_leaves(void **state) {
    (void)state;
    for (uint32_t i = 0; i < LEAVES; i++)
        lbx_leaf_hash(&i, sizeof i, &leaves[i]);
    return 0;
}

/* Full tiles of the levels below `stored`; above it they have to be computed. Whoever reads behind the
 * tree's end fails. */
struct tiles {
    uint64_t size;
    unsigned stored;
    size_t reads;
};

static enum lbx_err read_tile(void *context, unsigned level, uint64_t index, size_t first,
                              size_t count, struct lbx_hash *ret_hashes) {
    struct tiles *tiles = context;
    size_t leaves_each = (size_t)1 << (8 * level);
    assert_true(first + count <= LBX_TILE_WIDTH);
    assert_true((index * LBX_TILE_WIDTH + first + count) * leaves_each <= tiles->size);
    tiles->reads++;
    if (level > tiles->stored || (level > 0 && index >= lbx_tiles_full(tiles->size, level)))
        return LBX_ERR_NOT_FOUND;
    for (size_t i = 0; i < count; i++)
        ret_hashes[i] =
            mth(leaves + (index * LBX_TILE_WIDTH + first + i) * leaves_each, leaves_each);
    return LBX_OK;
}

static struct lbx_hash_source source_of(struct tiles *tiles) {
    return (struct lbx_hash_source){tiles, read_tile};
}

/* ---- tests ---- */

/* The eight leaves and the roots that the Certificate Transparency implementations test with. */
static void known_trees(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *root; /* of the leaves up to this one */
    } rows[] = {
        {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct lbx_edge edge;
    struct lbx_hash root;
    struct lbx_buf hex LBX_BUF = {0};
    int bad = 0;
    lbx_edge_init(&edge);
    lbx_edge_root(&edge, &root);
    lbx_buf_hex(&hex, &root, sizeof root);
    assert_string_equal(hex.data,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_hash leaf;
        lbx_leaf_hash(rows[i].bytes, rows[i].len, &leaf);
        lbx_edge_append(&edge, &leaf);
        lbx_edge_root(&edge, &root);
        lbx_buf_clear(&hex);
        lbx_buf_hex(&hex, &root, sizeof root);
        CHECK_ROW(&bad, rows[i].root, same(hex.data, rows[i].root), "got %s", hex.data);
    }
    assert_int_equal(bad, 0);
}

static void an_empty_leaf(void **state) {
    (void)state;
    struct lbx_hash hash;
    lbx_leaf_hash("", 0, &hash);
    assert_true(lbx_hash_equal(&hash, &lbx_empty_leaf));
}

static void edges_are_the_definition(void **state) {
    (void)state;
    struct lbx_edge edge, back;
    lbx_edge_init(&edge);
    for (size_t n = 0; n <= 1100; n++) {
        struct lbx_hash root, want = mth(leaves, n);
        lbx_edge_root(&edge, &root);
        assert_true(lbx_hash_equal(&root, &want));
        assert_int_equal(lbx_edge_read(edge.size, edge.hashes, lbx_edge_bytes(&edge), &back),
                         LBX_OK);
        lbx_edge_root(&back, &root);
        assert_true(lbx_hash_equal(&root, &want));
        lbx_edge_append(&edge, &leaves[n]);
    }
}

static void edges_of_another_length(void **state) {
    (void)state;
    struct lbx_edge edge;
    char bytes[3 * LBX_HASH_SIZE] = {0};
    assert_int_equal(lbx_edge_read(7, bytes, 96, &edge), LBX_OK);
    assert_int_equal(lbx_edge_read(7, bytes, 95, &edge), LBX_ERR_INVALID);
    assert_int_equal(lbx_edge_read(7, bytes, 64, &edge), LBX_ERR_INVALID);
    assert_int_equal(lbx_edge_read(6, bytes, 96, &edge), LBX_ERR_INVALID);
    assert_int_equal(lbx_edge_read(UINT64_MAX, bytes, 96, &edge), LBX_ERR_INVALID);
}

static void holes_are_empty_leaves(void **state) {
    (void)state;
    for (int run = 0; run < 300; run++) {
        struct lbx_edge one_by_one, at_once;
        struct lbx_hash a, b;
        lbx_edge_init(&one_by_one);
        lbx_edge_init(&at_once);
        for (int i = 0; i < 4; i++) {
            uint64_t full = (uint64_t)rand() % 40, empty = (uint64_t)rand() % 700;
            for (uint64_t j = 0; j < full; j++) {
                lbx_edge_append(&one_by_one, &leaves[j]);
                lbx_edge_append(&at_once, &leaves[j]);
            }
            for (uint64_t j = 0; j < empty; j++)
                lbx_edge_append(&one_by_one, &lbx_empty_leaf);
            lbx_edge_append_empty(&at_once, empty);
        }
        lbx_edge_root(&one_by_one, &a);
        lbx_edge_root(&at_once, &b);
        assert_int_equal(one_by_one.size, at_once.size);
        assert_true(lbx_hash_equal(&a, &b));
    }
}

static void tiles_fill(void **state) {
    (void)state;
    assert_int_equal(lbx_tiles_full(255, 0), 0);
    assert_int_equal(lbx_tiles_full(256, 0), 1);
    assert_int_equal(lbx_tiles_full(511, 0), 1);
    assert_int_equal(lbx_tiles_full(65535, 1), 0);
    assert_int_equal(lbx_tiles_full(65536, 1), 1);
    assert_int_equal(lbx_tiles_full(INT64_MAX, 7), 0);
    struct lbx_hash root, want = mth(leaves + 512, 256);
    lbx_tile_root(leaves + 512, &root);
    assert_true(lbx_hash_equal(&root, &want));
}

static bool equal_proofs(const struct lbx_proof *a, const struct lbx_proof *b) {
    return a->count == b->count && memcmp(a->hashes, b->hashes, a->count * LBX_HASH_SIZE) == 0;
}

static size_t any_size(void) {
    static const size_t edges[] = {1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, LEAVES};
    size_t some = rand() % 3 ? (size_t)rand() % 2000 : (size_t)rand() % LEAVES;
    return rand() % 4 ? 1 + some : edges[(size_t)rand() % COUNT(edges)];
}

static void inclusion_is_the_definition(void **state) {
    (void)state;
    for (int run = 0; run < 400; run++) {
        struct tiles tiles = {.size = any_size(), .stored = (unsigned)rand() % 3};
        struct lbx_hash_source source = source_of(&tiles);
        size_t size = (size_t)tiles.size, index = (size_t)rand() % size;
        struct lbx_proof want = {0}, got;
        struct lbx_hash root = mth(leaves, size);
        path(index, leaves, size, &want);
        assert_int_equal(lbx_tree_inclusion(&source, index, size, &got), LBX_OK);
        assert_true(equal_proofs(&got, &want));
        assert_true(lbx_inclusion_holds(index, size, &leaves[index], &got, &root));
    }
}

static void consistency_is_the_definition(void **state) {
    (void)state;
    for (int run = 0; run < 400; run++) {
        struct tiles tiles = {.size = any_size(), .stored = (unsigned)rand() % 3};
        struct lbx_hash_source source = source_of(&tiles);
        size_t size = (size_t)tiles.size, old = 1 + (size_t)rand() % size;
        struct lbx_proof want = {0}, got;
        struct lbx_hash old_root = mth(leaves, old), new_root = mth(leaves, size);
        subproof(old, leaves, size, true, &want);
        assert_int_equal(lbx_tree_consistency(&source, old, size, &got), LBX_OK);
        assert_true(equal_proofs(&got, &want));
        assert_true(lbx_consistency_holds(old, size, &old_root, &new_root, &got));
    }
}

static void edges_from_tiles(void **state) {
    (void)state;
    for (int run = 0; run < 100; run++) {
        struct tiles tiles = {.size = any_size(), .stored = (unsigned)rand() % 3};
        struct lbx_hash_source source = source_of(&tiles);
        struct lbx_edge edge;
        struct lbx_hash root, want = mth(leaves, (size_t)tiles.size);
        assert_int_equal(lbx_tree_edge(&source, tiles.size, &edge), LBX_OK);
        lbx_edge_root(&edge, &root);
        assert_int_equal(edge.size, tiles.size);
        assert_true(lbx_hash_equal(&root, &want));
    }
}

static void proofs_read_little(void **state) {
    (void)state;
    struct tiles tiles = {.size = LEAVES, .stored = 2};
    struct lbx_hash_source source = source_of(&tiles);
    struct lbx_proof proof;
    assert_int_equal(lbx_tree_inclusion(&source, 12345, LEAVES, &proof), LBX_OK);
    assert_true(tiles.reads < 60);
}

/* One bit of anything, another index, another size: refused. */
static void what_was_changed_does_not_hold(void **state) {
    (void)state;
    for (int run = 0; run < 3000; run++) {
        size_t size = 2 + (size_t)rand() % 600, index = (size_t)rand() % size,
               old = 1 + (size_t)rand() % (size - 1);
        struct lbx_proof inclusion = {0}, consistency = {0};
        struct lbx_hash root = mth(leaves, size), old_root = mth(leaves, old), leaf = leaves[index];
        path(index, leaves, size, &inclusion);
        subproof(old, leaves, size, true, &consistency);
        struct lbx_hash *one[] = {&leaf, &root,
                                  &inclusion.hashes[(size_t)rand() % inclusion.count]};
        struct lbx_hash *two[] = {&old_root, &root,
                                  &consistency.hashes[(size_t)rand() % consistency.count]};
        struct lbx_hash *hit = one[rand() % 3];
        unsigned char bit = (unsigned char)(1U << rand() % 8);
        size_t at = (size_t)rand() % LBX_HASH_SIZE;
        hit->bytes[at] ^= bit;
        assert_false(lbx_inclusion_holds(index, size, &leaf, &inclusion, &root));
        hit->bytes[at] ^= bit;
        assert_true(lbx_inclusion_holds(index, size, &leaf, &inclusion, &root));
        assert_false(lbx_inclusion_holds(index ^ 1, size, &leaf, &inclusion, &root));
        assert_false(lbx_inclusion_holds(size, size, &leaf, &inclusion, &root));
        hit = two[rand() % 3];
        hit->bytes[at] ^= bit;
        assert_false(lbx_consistency_holds(old, size, &old_root, &root, &consistency));
        hit->bytes[at] ^= bit;
        assert_true(lbx_consistency_holds(old, size, &old_root, &root, &consistency));
        assert_false(lbx_consistency_holds(size, old, &root, &old_root, &consistency));
        inclusion.count--;
        consistency.count--;
        assert_false(lbx_inclusion_holds(index, size, &leaf, &inclusion, &root));
        assert_false(lbx_consistency_holds(old, size, &old_root, &root, &consistency));
    }
}

static void edges_of_consistency(void **state) {
    (void)state;
    struct lbx_proof none = {0}, one = {.count = 1};
    struct lbx_hash nothing = mth(leaves, 0), three = mth(leaves, 3);
    assert_true(lbx_consistency_holds(0, 0, &nothing, &nothing, &none));
    assert_true(lbx_consistency_holds(0, 3, &nothing, &three, &none));
    assert_false(lbx_consistency_holds(0, 3, &three, &three, &none));
    assert_false(lbx_consistency_holds(0, 0, &nothing, &three, &none));
    assert_false(lbx_consistency_holds(0, 3, &nothing, &three, &one));
    assert_true(lbx_consistency_holds(3, 3, &three, &three, &none));
    assert_false(lbx_consistency_holds(3, 3, &three, &nothing, &none));
    assert_false(lbx_consistency_holds(3, 3, &three, &three, &one));
    assert_false(lbx_consistency_holds(2, 3, &three, &three, &none));
    assert_false(lbx_inclusion_holds(0, 0, &leaves[0], &none, &nothing));
    assert_true(lbx_inclusion_holds(0, 1, &leaves[0], &none, &leaves[0]));
}

static void impossible_proofs(void **state) {
    (void)state;
    struct tiles tiles = {.size = 10};
    struct lbx_hash_source source = source_of(&tiles);
    struct lbx_proof proof;
    assert_int_equal(lbx_tree_inclusion(&source, 10, 10, &proof), LBX_ERR_INVALID);
    assert_int_equal(lbx_tree_inclusion(&source, 0, 0, &proof), LBX_ERR_INVALID);
    assert_int_equal(lbx_tree_consistency(&source, 11, 10, &proof), LBX_ERR_INVALID);
    assert_int_equal(lbx_tree_consistency(&source, 0, 10, &proof), LBX_OK);
    assert_int_equal(proof.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_trees),
        cmocka_unit_test(an_empty_leaf),
        cmocka_unit_test(edges_are_the_definition),
        cmocka_unit_test(edges_of_another_length),
        cmocka_unit_test(holes_are_empty_leaves),
        cmocka_unit_test(tiles_fill),
        cmocka_unit_test(inclusion_is_the_definition),
        cmocka_unit_test(consistency_is_the_definition),
        cmocka_unit_test(edges_from_tiles),
        cmocka_unit_test(proofs_read_little),
        cmocka_unit_test(what_was_changed_does_not_hold),
        cmocka_unit_test(edges_of_consistency),
        cmocka_unit_test(impossible_proofs),
    };
    srand(6962);
    return cmocka_run_group_tests_name("tree", tests, make_leaves, NULL);
}

/* Arenas: memory comes zeroed and aligned, again after a reset, and beyond a block. */
#include "base/arena.h"
#include "check.h"

static void hands_out_zeroed_aligned_memory(void **state) {
    (void)state;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (size_t size = 0; size < 200; size++) {
        char *at = lbx_arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xFF, size);
    }
    lbx_arena_done(&arena);
}

static void zeroes_again_after_reset(void **state) {
    (void)state;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    char *first = lbx_arena_alloc(&arena, 100);
    memset(first, 'x', 100);
    lbx_arena_reset(&arena);
    char *second = lbx_arena_alloc(&arena, 100);
    assert_ptr_equal(first, second); /* the first block is kept for the next batch */
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(second[i], 0);
    lbx_arena_done(&arena);
}

static void grows_beyond_a_block(void **state) {
    (void)state;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    char *small = lbx_arena_strdup(&arena, "stays");
    char *large = lbx_arena_alloc(&arena, 10 * 1024 * 1024);
    memset(large, 1, 10 * 1024 * 1024);
    for (int i = 0; i < 10000; i++)
        memset(lbx_arena_alloc(&arena, 100), 2, 100);
    assert_string_equal(small, "stays");
    lbx_arena_reset(&arena);
    assert_string_equal(lbx_arena_strdup(&arena, "again"), "again");
    lbx_arena_done(&arena);
    lbx_arena_done(&arena); /* nothing left, and no harm */
}

static void copies(void **state) {
    (void)state;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    assert_memory_equal(lbx_arena_memdup(&arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(lbx_arena_memdup(&arena, NULL, 0), "");
    assert_null(lbx_arena_strdup(&arena, NULL));
    assert_string_equal(lbx_arena_printf(&arena, "%s-%d", "n", 42), "n-42");
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_memory),
        cmocka_unit_test(zeroes_again_after_reset),
        cmocka_unit_test(grows_beyond_a_block),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}

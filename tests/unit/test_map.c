/* Maps: finding, replacing, the order of insertion, keys of several parts. */
#include "base/map.h"
#include "check.h"

static void finds_what_was_set(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_map map;
    static int values[5000];
    lbx_arena_init(&arena);
    lbx_map_init(&map, &arena);
    assert_null(lbx_map_get(&map, "nothing yet"));
    for (int i = 0; i < 5000; i++)
        lbx_map_set(&map, lbx_arena_printf(&arena, "key %d", i), &values[i]);
    for (int i = 0; i < 5000; i++)
        assert_ptr_equal(lbx_map_get(&map, lbx_arena_printf(&arena, "key %d", i)), &values[i]);
    assert_null(lbx_map_get(&map, "key 5000"));
    assert_null(lbx_map_get(&map, ""));
    assert_int_equal(map.used, 5000);
    lbx_arena_done(&arena);
}

static void replaces(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_map map;
    int one, two;
    char key[] = "k";
    lbx_arena_init(&arena);
    lbx_map_init(&map, &arena);
    lbx_map_set(&map, "k", &one);
    lbx_map_set(&map, key, &two); /* another pointer, the same text */
    assert_ptr_equal(lbx_map_get(&map, "k"), &two);
    assert_int_equal(map.used, 1);
    lbx_arena_done(&arena);
}

static void walks_in_the_order_of_insertion(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_map map;
    static int values[100];
    int i = 0;
    lbx_arena_init(&arena);
    lbx_map_init(&map, &arena);
    LBX_MAP_EACH(&map, none)
        fail_msg("an empty map has %s", none->key);
    for (i = 0; i < 100; i++)
        lbx_map_set(&map, lbx_arena_printf(&arena, "key %d", i), &values[i]);
    lbx_map_set(&map, "key 7", &values[0]); /* replaced in its place */
    i = 0;
    LBX_MAP_EACH(&map, entry) {
        assert_string_equal(entry->key, lbx_arena_printf(&arena, "key %d", i));
        assert_ptr_equal(entry->value, &values[i == 7 ? 0 : i]);
        i++;
    }
    assert_int_equal(i, 100);
    lbx_arena_done(&arena);
}

/* Separators, digits and colons in the parts make no two lists of parts the same key. */
static void keys_of_several_parts(void **state) {
    (void)state;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    const char *const keys[] = {
        LBX_MAP_KEY(&arena,
                    "a\x1f"
                    "b",
                    "c"),
        LBX_MAP_KEY(&arena, "a",
                    "b\x1f"
                    "c"),
        LBX_MAP_KEY(&arena, "a", "b"),
        LBX_MAP_KEY(&arena, "ab", ""),
        LBX_MAP_KEY(&arena, "", "ab"),
        LBX_MAP_KEY(&arena, "ab"),
        LBX_MAP_KEY(&arena, "1:a1:b"),
        LBX_MAP_KEY(&arena, "1:a", "b"),
        LBX_MAP_KEY(&arena, "a1:b"),
        LBX_MAP_KEY(&arena, "a", "1:b"),
        LBX_MAP_KEY(&arena, "a", "b", ""),
        LBX_MAP_KEY(&arena, ""),
        LBX_MAP_KEY(&arena, "", ""),
    };
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(keys[i], keys[j]);
    assert_string_equal(LBX_MAP_KEY(&arena, "a", "b"), keys[2]);
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_set),
        cmocka_unit_test(replaces),
        cmocka_unit_test(walks_in_the_order_of_insertion),
        cmocka_unit_test(keys_of_several_parts),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}

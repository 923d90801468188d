/* The order of members, the first difference, and bounds; what content is made of is in tests/schemas/test_content.py. */
#include "content/values.h"

#include "check.h"

static struct lbx_scan_text text_of(const char *text) {
    return (struct lbx_scan_text){.at = text, .len = strlen(text)};
}

static void members_stand_by_utf16(void **unused) {
    (void)unused;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"", "", 0},
        {"a", "a", 0},
        {"a", "b", -1},
        {"a", "ab", -1},
        {"B", "a", -1},
        {"\xC3\xA9", "\xE2\x82\xAC", -1},
        {"\xF0\x9F\x98\x80", "\xEF\xAC\xB3",
         -1}, /* U+1F600 begins with a surrogate, below U+FB33 */
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x81", -1},
        {"\xF0\x9F\x98\x80", "\xED\x9F\xBF", 1}, /* U+D7FF */
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct lbx_scan_text a = text_of(rows[i].a), b = text_of(rows[i].b);
        CHECK_ROW(&bad, rows[i].b, lbx_utf16_compare(&a, &b) == rows[i].order, "order");
        CHECK_ROW(&bad, rows[i].b, lbx_utf16_compare(&b, &a) == -rows[i].order, "turned round");
    }
    assert_int_equal(bad, 0);
}

static void the_first_difference_is_named(void **unused) {
    (void)unused;
    static const struct {
        const char *a, *b, *path;
    } rows[] = {
        {"[]", "[]", NULL},
        {"[{\"after\":1,\"path\":\"/a\"}]", "[{\"after\":1,\"path\":\"/a\"}]", NULL},
        {"[{\"after\":1,\"path\":\"/a\"}]", "[{\"after\":2,\"path\":\"/a\"}]", "/a"},
        {"[{\"after\":1,\"path\":\"/a\"}]", "[]", "/a"},
        {"[]", "[{\"after\":1,\"path\":\"/a\"}]", "/a"},
        {"[{\"after\":1,\"path\":\"/a\"},{\"after\":1,\"path\":\"/b\"}]",
         "[{\"after\":1,\"path\":\"/b\"}]", "/a"},
        {"[{\"after\":1,\"path\":\"/b\"}]",
         "[{\"after\":1,\"path\":\"/a\"},{\"after\":1,\"path\":\"/b\"}]", "/a"},
        {"no JSON", "[{\"after\":1,\"path\":\"/a\"}]", "/a"},
    };
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = lbx_content_difference(rows[i].a, rows[i].b, &arena);
        bool same = path && rows[i].path ? strcmp(path, rows[i].path) == 0 : path == rows[i].path;
        CHECK_ROW(&bad, rows[i].b, same, "path");
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_by_utf16),
        cmocka_unit_test(the_first_difference_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

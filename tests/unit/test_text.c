/* ASCII case: what changes, and what is the same. */
#include "base/text.h"

#include "check.h"

static void letters_alone_change(void **state) {
    (void)state;
    for (int c = -128; c < 128; c++)
        assert_int_equal(lbx_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void whole_texts(void **state) {
    (void)state;
    char text[] = "@AZ[`az{ \xC3\x89\xE2\x84\xAA"; /* É and the Kelvin sign stay */
    assert_string_equal(lbx_lower_all(text), "@az[`az{ \xC3\x89\xE2\x84\xAA");
    assert_null(lbx_lower_all(NULL));
}

static void without_case(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int order; /* of a to b */
    } rows[] = {
        {"", "", 0},
        {"a", "A", 0},
        {"aZ-1", "Az-1", 0},
        {"a", "b", -1},
        {"B", "a", 1},
        {"a", "ab", -1},
        {"@", "`", -1},
        {"[", "{", -1},
        {"k", "\xE2\x84\xAA", -1},
        {"\xC3\x89", "\xC3\xA9", -1},
        {"z", "\xC3\xA9", -1},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = lbx_compare_text(rows[i].a, rows[i].b);
        CHECK_ROW(&bad, rows[i].a, (order > 0) - (order < 0) == rows[i].order, "%d", order);
        order = lbx_compare_text(rows[i].b, rows[i].a);
        CHECK_ROW(&bad, rows[i].b, (order < 0) - (order > 0) == rows[i].order, "%d", order);
        CHECK_ROW(&bad, rows[i].a, lbx_same_text(rows[i].a, rows[i].b) == !rows[i].order, "same");
    }
    assert_int_equal(bad, 0);
    assert_true(lbx_same_start("CE_id", "ce_", 3));
    assert_false(lbx_same_start("c", "ce_", 3));
    assert_false(lbx_same_start("\xE2\x84\xAA", "k", 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_alone_change),
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* UTF-8: well formed, or not. */
#include "base/utf8.h"
#include "check.h"

/* After RFC 3629 and the table 3-7 of the Unicode standard. */
static void well_formed_or_not(void **state) {
    (void)state;
    static const struct {
        const char *what, *text;
        size_t len, chars; /* chars 0: ill-formed (or empty) */
        bool valid;
    } rows[] = {
        {"empty", "", 0, 0, true},
        {"NUL", "\0", 1, 1, true},
        {"ASCII", "abc", 3, 3, true},
        {"U+007F", "\x7F", 1, 1, true},
        {"U+0080", "\xC2\x80", 2, 1, true},
        {"U+07FF", "\xDF\xBF", 2, 1, true},
        {"U+0800", "\xE0\xA0\x80", 3, 1, true},
        {"U+D7FF", "\xED\x9F\xBF", 3, 1, true},
        {"U+E000", "\xEE\x80\x80", 3, 1, true},
        {"U+FFFF", "\xEF\xBF\xBF", 3, 1, true},
        {"U+10000", "\xF0\x90\x80\x80", 4, 1, true},
        {"U+10FFFF", "\xF4\x8F\xBF\xBF", 4, 1, true},
        {"mixed", "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\x92z", 11, 5, true},
        {"lone continuation", "\x80", 1, 0, false},
        {"overlong in 2 bytes", "\xC0\x80", 2, 0, false},
        {"overlong in 2 bytes, C1", "\xC1\xBF", 2, 0, false},
        {"overlong in 3 bytes", "\xE0\x9F\xBF", 3, 0, false},
        {"overlong in 4 bytes", "\xF0\x8F\xBF\xBF", 4, 0, false},
        {"high surrogate", "\xED\xA0\x80", 3, 0, false},
        {"low surrogate", "\xED\xBF\xBF", 3, 0, false},
        {"U+110000", "\xF4\x90\x80\x80", 4, 0, false},
        {"5 bytes", "\xF8\x88\x80\x80\x80", 5, 0, false},
        {"FF", "\xFF", 1, 0, false},
        {"cut off after 1 of 2", "\xC3", 1, 0, false},
        {"cut off after 2 of 3", "\xE2\x82", 2, 0, false},
        {"cut off after 3 of 4", "\xF0\x9F\x94", 3, 0, false},
        {"second byte no continuation", "\xE2\x28\xA1", 3, 0, false},
        {"third byte no continuation", "\xE2\x82\x28", 3, 0, false},
        {"fourth byte no continuation", "\xF0\x9F\x94\x28", 4, 0, false},
        {"good, then bad", "ab\xFF", 3, 0, false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool valid = lbx_utf8_valid(rows[i].text, rows[i].len);
        CHECK_ROW(&bad, rows[i].what, valid == rows[i].valid, "valid is %d", valid);
        if (rows[i].valid) {
            size_t chars = lbx_utf8_chars(rows[i].text, rows[i].len);
            CHECK_ROW(&bad, rows[i].what, chars == rows[i].chars, "%zu characters", chars);
        }
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(well_formed_or_not)};
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}

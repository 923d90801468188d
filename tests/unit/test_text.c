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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_alone_change),
        cmocka_unit_test(whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

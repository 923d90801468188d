/* The pool of texts: each is kept once, of a bounded length and number. */
#include "base/text_pool.h"

#include "check.h"

static void a_text_is_kept_once(void **state) {
    (void)state;
    const char *first = lbx_text_kept("partition %d", 3);
    assert_string_equal(first, "partition 3");
    assert_ptr_equal(lbx_text_kept("partition %s", "3"), first);
    assert_ptr_not_equal(lbx_text_kept("partition 4"), first);
    assert_string_equal(first, "partition 3");
}

static void what_is_too_long_is_cut_off(void **state) {
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(strlen(lbx_text_kept("%s", text)), 255);
}

static void a_bounded_number_is_kept(void **state) {
    (void)state;
    const char *last = NULL;
    for (int i = 0; i < 3000; i++)
        last = lbx_text_kept("text %d", i);
    assert_string_equal(last, "of more than can be told here: the log says what");
    assert_string_equal(lbx_text_kept("text 1"), "text 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_kept_once),
        cmocka_unit_test(what_is_too_long_is_cut_off),
        cmocka_unit_test(a_bounded_number_is_kept),
    };
    return cmocka_run_group_tests_name("text_pool", tests, NULL, NULL);
}

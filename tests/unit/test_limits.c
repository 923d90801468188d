/* What settings mean to the rules. */
#include "store/limits.h"

#include "check.h"

static void settings_as_the_rules_see_them(void **unused) {
    (void)unused;
    static char *organizations[] = {"initech", NULL};
    const struct lbx_settings settings = {.pending_ttl = 1,
                                          .grant_ttl = 2,
                                          .grant_ttl_max = 3,
                                          .emergency_ttl = 4,
                                          .acknowledge_ttl = 5,
                                          .reminders = {{7, 6}, 2},
                                          .organizations = {organizations, 1}};
    const struct lbx_limits limits = lbx_limits_of(&settings);
    assert_int_equal(limits.pending_ttl, 1);
    assert_int_equal(limits.grant_ttl, 2);
    assert_int_equal(limits.grant_ttl_max, 3);
    assert_int_equal(limits.emergency_ttl, 4);
    assert_int_equal(limits.acknowledge_ttl, 5);
    assert_int_equal(limits.reminder_count, 2);
    assert_int_equal(limits.reminders[0], 7);
    assert_int_equal(limits.reminders[1], 6);
    assert_ptr_equal(limits.organizations, organizations);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_as_the_rules_see_them),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

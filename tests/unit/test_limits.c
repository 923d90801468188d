/* What settings mean to the rules. */
#include "store/limits.h"

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

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

/* What the list is by each setting; a file that is none stops the start. */
static void what_is_forbidden(void **unused) {
    (void)unused;
    char path[] = "/tmp/test_limits-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const struct {
        const char *setting, *file;
        int count; /* -1: refused */
    } rows[] = {
        {"default", NULL, 23},
        {"none", NULL, 0},
        {NULL, "[{\"kind\": \"Secret\"}]", 1},
        {NULL, "[{\"kind\": \"secrets\"}]", -1},
        {NULL, "Secret", -1},
        {"/nowhere/at/all", NULL, -1},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].file) {
            assert_int_equal(ftruncate(fd, 0), 0);
            assert_int_equal(pwrite(fd, rows[i].file, strlen(rows[i].file), 0),
                             strlen(rows[i].file));
        }
        struct lbx_settings settings = {.forbidden =
                                            (char *)(rows[i].setting ? rows[i].setting : path)};
        enum lbx_err err = lbx_limits_check(&settings);
        CHECK_ROW(&bad, settings.forbidden, (err == LBX_OK) == (rows[i].count >= 0), "error %d",
                  err);
        CHECK_ROW(&bad, settings.forbidden,
                  err != LBX_OK ||
                      lbx_limits_of(&settings).forbidden.count == (size_t)rows[i].count,
                  "%zu entries", lbx_limits_of(&settings).forbidden.count);
    }
    close(fd);
    unlink(path);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_as_the_rules_see_them),
        cmocka_unit_test(what_is_forbidden),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

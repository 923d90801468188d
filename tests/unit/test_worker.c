/* Waiting longer with each failure in a row. */
#include "worker/worker.h"

#include "base/clock.h"

#include "check.h"

static void waits_longer_each_time(void **unused) {
    (void)unused;
    static const int64_t about_ms[] = {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000};
    int bad = 0;
    for (int round = 0; round < 1000; round++) {
        struct lbx_backoff backoff = {0};
        for (size_t i = 0; i < COUNT(about_ms); i++) {
            int64_t about = about_ms[i] * LBX_MS_US, wait = lbx_backoff_next_us(&backoff);
            char row[32] = "";
            (void)snprintf(row, sizeof row, "failure %zu", i + 1);
            CHECK_ROW(&bad, row, wait >= about * 3 / 4 && wait <= about * 5 / 4, "%lld us",
                      (long long)wait);
        }
        assert_int_equal(backoff.failures, COUNT(about_ms));
    }
    assert_int_equal(bad, 0);
}

static void never_waits_for_ever(void **unused) {
    (void)unused;
    struct lbx_backoff backoff = {.failures = UINT32_MAX - 3};
    for (int i = 0; i < 3; i++) {
        int64_t wait = lbx_backoff_next_us(&backoff);
        assert_in_range(wait, 5 * LBX_SECOND_US * 3 / 4, 5 * LBX_SECOND_US * 5 / 4);
    }
}

/* Many that fail at one moment do not come back at one moment. */
static void waits_are_spread(void **unused) {
    (void)unused;
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 1000; i++) {
        struct lbx_backoff backoff = {.failures = 10};
        int64_t wait = lbx_backoff_next_us(&backoff);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_true(most - least > 2 * LBX_SECOND_US);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_longer_each_time),
        cmocka_unit_test(never_waits_for_ever),
        cmocka_unit_test(waits_are_spread),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}

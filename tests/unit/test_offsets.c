/* What operators had stepped over: where a partition is read on. */
#include "store/offsets.h"

#include "check.h"

static char topic[] = "t.tickets.v1", other[] = "t.tenants.v1";
static struct lbx_skip list[] = {
    {topic, 3, 10, 12}, {topic, 3, 13, 13}, {topic, 3, 20, 29}, {topic, 4, 0, 99}, {other, 3, 0, 9},
};
static const struct lbx_skips skips = {list, COUNT(list)};

static void offsets_are_stepped_over_with_both_ends(void **state) {
    (void)state;
    static const struct {
        const char *topic;
        int32_t partition;
        int64_t offset;
        bool want;
    } rows[] = {
        {topic, 3, 9, false},  {topic, 3, 10, true},  {topic, 3, 12, true}, {topic, 3, 14, false},
        {topic, 3, 29, true},  {topic, 3, 30, false}, {topic, 4, 9, true},  {topic, 5, 10, false},
        {other, 3, 10, false}, {other, 3, 9, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(lbx_skips_hold(&skips, rows[i].topic, rows[i].partition, rows[i].offset),
                         rows[i].want);
}

static void a_partition_is_read_on_behind_them(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int64_t next_offset;
        const char *stopped;
        int64_t stopped_at, want;
    } rows[] = {
        {"before them", 9, NULL, 0, 9},
        {"at the first of two that touch", 10, NULL, 0, 14},
        {"within", 11, NULL, 0, 14},
        {"behind", 14, NULL, 0, 14},
        {"stopped at one, behind offsets without a record", 15, "why", 22, 30},
        {"stopped before them", 9, "why", 9, 9},
        {"stopped at one that is behind it", 15, "why", 11, 15},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_claim claim = {.topic = topic,
                                        .partition = 3,
                                        .next_offset = rows[i].next_offset,
                                        .stopped = rows[i].stopped,
                                        .stopped_at = rows[i].stopped_at};
        int64_t from = lbx_skips_from(&skips, &claim);
        CHECK_ROW(&bad, rows[i].what, from == rows[i].want, "%lld", (long long)from);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_stepped_over_with_both_ends),
        cmocka_unit_test(a_partition_is_read_on_behind_them),
    };
    return cmocka_run_group_tests_name("offsets", tests, NULL, NULL);
}

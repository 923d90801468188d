/* Waiting longer and longer, and the numbers a worker shows. */
#include "worker/worker.h"

#include "base/clock.h"

#include "check.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- backoff ---- */

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

/* ---- limits ---- */

static void settings_as_the_rules_see_them(void **unused) {
    (void)unused;
    static char *organizations[] = {"initech", NULL};
    struct lbx_worker worker = {.settings = {.pending_ttl = 1,
                                             .grant_ttl = 2,
                                             .grant_ttl_max = 3,
                                             .emergency_ttl = 4,
                                             .acknowledge_ttl = 5,
                                             .reminders = {{7, 6}, 2},
                                             .organizations = {organizations, 1}}};
    const struct lbx_limits limits = lbx_worker_limits(&worker);
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

/* ---- metrics, in Prometheus' text exposition format 0.0.4 ---- */

struct sample {
    char name[64], labels[64], value[32];
};

/* A metric is three lines: HELP, TYPE, one sample. Returns behind it, or NULL where it is none. */
static const char *read_metric(const char *at, struct sample *ret_sample, char ret_type[16]) {
    char help_name[64], type_name[64], help[2];
    int len = -1;
    memset(ret_sample, 0, sizeof *ret_sample);
    if (sscanf(at, "# HELP %63[a-z0-9_] %1[^\n]%*[^\n]\n%n", help_name, help, &len) != 2 || len < 0)
        return NULL;
    at += len;
    len = -1;
    if (sscanf(at, "# TYPE %63[a-z0-9_] %15[a-z]\n%n", type_name, ret_type, &len) != 2 || len < 0)
        return NULL;
    at += len;
    len = -1;
    if (sscanf(at, "%63[a-z0-9_]{%63[^}\n]} %31[-0-9]\n%n", ret_sample->name, ret_sample->labels,
               ret_sample->value, &len) != 3 ||
        len < 0 || at[len - 1] != '\n')
        return NULL;
    bool one_name = same(help_name, type_name) && same(type_name, ret_sample->name);
    return one_name ? at + len : NULL;
}

static bool ends_in(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int64_t seven_s_ago(void) {
    return lbx_monotonic_us() - 7 * LBX_SECOND_US - LBX_SECOND_US / 2;
}

static void lanes_are_one_worker(void **unused) {
    (void)unused;
    static struct lbx_metrics all, lanes[2];
    atomic_store(&lanes[0].records, 3);
    atomic_store(&lanes[1].records, 4);
    atomic_store(&lanes[1].unsigned_since, 20);
    for (size_t i = 0; i < COUNT(lanes); i++)
        lbx_metrics_add(&all, &lanes[i]);
    assert_int_equal(atomic_load(&all.records), 7);
    assert_int_equal(atomic_load(&all.unsigned_since), 20); /* 0 is no age */
    atomic_store(&lanes[0].unsigned_since, 30);
    atomic_store(&all.unsigned_since, 0);
    for (size_t i = 0; i < COUNT(lanes); i++)
        lbx_metrics_add(&all, &lanes[i]);
    assert_int_equal(atomic_load(&all.unsigned_since), 20); /* the oldest */
}

static void metrics_as_prometheus_reads_them(void **unused) {
    (void)unused;
    static struct lbx_metrics metrics;
    struct lbx_buf text LBX_BUF = {0};
    int64_t value = INT64_C(9000000000), shown[64], count = 0;
#define SET(member, type, name, help)                                                              \
    atomic_store(&metrics.member, same(type, "age") ? seven_s_ago() : value + count);              \
    shown[count] = same(type, "age") ? 7 : value + count;                                          \
    count++;
    LBX_METRICS(SET)
#undef SET
    lbx_metrics_write(&metrics, "requester", &text);

    static struct sample seen[64];
    size_t n = 0;
    int bad = 0;
    for (const char *at = text.data; *at; n++) {
        char type[16] = "";
        assert_true(n < COUNT(seen));
        struct sample *sample = &seen[n];
        const char *behind = read_metric(at, sample, type);
        if (!behind)
            fail_msg("no metric: %.100s", at);
        at = behind;
        CHECK_ROW(&bad, sample->name, strncmp(sample->name, "lockbox_", 8) == 0, "not ours");
        CHECK_ROW(&bad, sample->name, same(type, "counter") || same(type, "gauge"), "%s", type);
        CHECK_ROW(&bad, sample->name, same(type, "counter") == ends_in(sample->name, "_total"),
                  "a counter, and nothing else, ends in _total");
        CHECK_ROW(&bad, sample->name, same(sample->labels, "worker=\"requester\""), "{%s}",
                  sample->labels);
        CHECK_ROW(&bad, sample->name, strtoll(sample->value, NULL, 10) == shown[n], "%s",
                  sample->value);
        for (size_t i = 0; i < n; i++)
            CHECK_ROW(&bad, sample->name, !same(seen[i].name, sample->name), "given twice");
    }
    assert_int_equal(n, count);
    assert_int_equal(bad, 0);
}

static void batches_fall_into_buckets(void **unused) {
    (void)unused;
    static struct lbx_metrics sum, lanes[2];
    struct lbx_buf text LBX_BUF = {0};
    lbx_metrics_batch(&lanes[0], 1, 1000); /* a bound is in its bucket */
    lbx_metrics_batch(&lanes[0], 6, 1001);
    lbx_metrics_batch(&lanes[1], 9000, 60 * LBX_SECOND_US); /* beyond all */
    for (size_t i = 0; i < COUNT(lanes); i++)
        lbx_metrics_add(&sum, &lanes[i]);
    lbx_histograms_write(&sum, "auditor", &text);
    static const char *const lines[] = {
        "# TYPE lockbox_batch_records histogram\n",
        "\nlockbox_batch_records_bucket{worker=\"auditor\",le=\"1\"} 1\n",
        "\nlockbox_batch_records_bucket{worker=\"auditor\",le=\"5\"} 1\n",
        "\nlockbox_batch_records_bucket{worker=\"auditor\",le=\"10\"} 2\n",
        "\nlockbox_batch_records_bucket{worker=\"auditor\",le=\"2000\"} 2\n",
        "\nlockbox_batch_records_bucket{worker=\"auditor\",le=\"+Inf\"} 3\n",
        "\nlockbox_batch_records_sum{worker=\"auditor\"} 9007\n",
        "\nlockbox_batch_records_count{worker=\"auditor\"} 3\n",
        "\nlockbox_batch_seconds_bucket{worker=\"auditor\",le=\"0.001\"} 1\n",
        "\nlockbox_batch_seconds_bucket{worker=\"auditor\",le=\"0.0025\"} 2\n",
        "\nlockbox_batch_seconds_bucket{worker=\"auditor\",le=\"+Inf\"} 3\n",
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(lines); i++)
        CHECK_ROW(&bad, lines[i], strstr(text.data, lines[i]) != NULL, "is not there");
    assert_int_equal(bad, 0);
    assert_int_equal(atomic_load(&sum.records), 9007);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_longer_each_time),
        cmocka_unit_test(never_waits_for_ever),
        cmocka_unit_test(waits_are_spread),
        cmocka_unit_test(settings_as_the_rules_see_them),
        cmocka_unit_test(lanes_are_one_worker),
        cmocka_unit_test(metrics_as_prometheus_reads_them),
        cmocka_unit_test(batches_fall_into_buckets),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}

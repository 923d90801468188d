/* The registry of metrics, in Prometheus' text exposition format 0.0.4. */
#include "base/metrics.h"

#include "base/clock.h"

#include "check.h"

#include <stdlib.h>

static struct lbx_metric counter = {.name = "things_total", .help = "Things"};
static struct lbx_metric labelled = {
    .name = "outcomes_total", .help = "Outcomes, by name", .label = "outcome"};
static struct lbx_metric gauge = {.type = LBX_GAUGE, .name = "held", .help = "Held"};
static struct lbx_metric age = {.type = LBX_AGE, .name = "age_seconds", .help = "Age"};
static struct lbx_metric asked = {
    .type = LBX_GAUGE, .name = "rows", .help = "Rows, by state", .label = "state", .asked = true};
static struct lbx_metric histogram = {
    .type = LBX_HISTOGRAM,
    .name = "took_seconds",
    .help = "Time",
    .divisor = LBX_SECOND_US,
    .bounds = {1000, 2500, 50000},
};
static struct lbx_metric *const families[] = {&counter, &labelled,  &gauge, &age,
                                              &asked,   &histogram, NULL};

static char *page(void) {
    struct lbx_buf out LBX_BUF = {0};
    lbx_metrics_write("relay", &out);
    return strdup(out.data);
}

/* From the start each family has its HELP and TYPE, and what has no label a value. */
static void all_families_are_there_from_the_start(void **unused) {
    (void)unused;
    lbx_metrics_register(families);
    lbx_metrics_register(families); /* as each lane does */
    char *text = page();
    assert_string_equal(text, "# HELP lockbox_things_total Things\n"
                              "# TYPE lockbox_things_total counter\n"
                              "lockbox_things_total{worker=\"relay\"} 0\n"
                              "# HELP lockbox_outcomes_total Outcomes, by name\n"
                              "# TYPE lockbox_outcomes_total counter\n"
                              "# HELP lockbox_held Held\n"
                              "# TYPE lockbox_held gauge\n"
                              "lockbox_held{worker=\"relay\"} 0\n"
                              "# HELP lockbox_age_seconds Age\n"
                              "# TYPE lockbox_age_seconds gauge\n"
                              "lockbox_age_seconds{worker=\"relay\"} 0\n"
                              "# HELP lockbox_rows Rows, by state\n"
                              "# TYPE lockbox_rows gauge\n"
                              "# HELP lockbox_took_seconds Time\n"
                              "# TYPE lockbox_took_seconds histogram\n"
                              "lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.001\"} 0\n"
                              "lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.0025\"} 0\n"
                              "lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.05\"} 0\n"
                              "lockbox_took_seconds_bucket{worker=\"relay\",le=\"+Inf\"} 0\n"
                              "lockbox_took_seconds_sum{worker=\"relay\"} 0\n"
                              "lockbox_took_seconds_count{worker=\"relay\"} 0\n");
    free(text);
}

static void shows(const char *line) {
    char *text = page();
    if (!strstr(text, line))
        fail_msg("no %s in\n%s", line, text);
    free(text);
}

static void counters_count(void **unused) {
    (void)unused;
    lbx_metric_add(&counter, INT64_C(9000000000));
    lbx_metric_add(&counter, 1);
    lbx_metric_count(&labelled, "denied");
    lbx_metric_count(&labelled, "granted");
    lbx_metric_count(&labelled, "denied");
    assert_int_equal(lbx_metric_value(&counter), INT64_C(9000000001));
    shows("\nlockbox_things_total{worker=\"relay\"} 9000000001\n");
    shows(" counter\nlockbox_outcomes_total{worker=\"relay\",outcome=\"denied\"} 2\n"
          "lockbox_outcomes_total{worker=\"relay\",outcome=\"granted\"} 1\n#");
}

static void lanes_are_one_worker(void **unused) {
    (void)unused;
    lbx_metric_set(&gauge, 0, 3);
    lbx_metric_set(&gauge, 1, 4);
    assert_int_equal(lbx_metric_value(&gauge), 7);
    lbx_metric_set(&gauge, 0, 0);
    assert_int_equal(lbx_metric_value(&gauge), 4);
    const int64_t now = lbx_monotonic_us();
    lbx_metric_set(&age, 1, now - 7 * LBX_SECOND_US - LBX_SECOND_US / 2);
    assert_int_equal(lbx_metric_value(&age), 7); /* 0 is no age */
    lbx_metric_set(&age, 0, now - 9 * LBX_SECOND_US - LBX_SECOND_US / 2);
    assert_int_equal(lbx_metric_value(&age), 9); /* the oldest */
    lbx_metric_set(&age, 0, 0);
    lbx_metric_set(&age, 1, 0);
    assert_int_equal(lbx_metric_value(&age), 0);
}

static void an_answer_replaces_the_one_before(void **unused) {
    (void)unused;
    const struct lbx_metric_answer first[] = {{"queued", 3}, {"sent", 1}}, then[] = {{"sent", 0.5}};
    lbx_metric_replace(&asked, first, COUNT(first));
    shows("gauge\nlockbox_rows{worker=\"relay\",state=\"queued\"} 3\n"
          "lockbox_rows{worker=\"relay\",state=\"sent\"} 1\n");
    lbx_metric_replace(&asked, then, COUNT(then));
    shows("gauge\nlockbox_rows{worker=\"relay\",state=\"sent\"} 0.5\n#");
}

static void values_fall_into_buckets(void **unused) {
    (void)unused;
    lbx_metric_observe(&histogram, 1000); /* a bound is in its bucket */
    lbx_metric_observe(&histogram, 1001);
    lbx_metric_observe(&histogram, 60 * LBX_SECOND_US); /* beyond all */
    shows("lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.001\"} 1\n"
          "lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.0025\"} 2\n"
          "lockbox_took_seconds_bucket{worker=\"relay\",le=\"0.05\"} 2\n"
          "lockbox_took_seconds_bucket{worker=\"relay\",le=\"+Inf\"} 3\n"
          "lockbox_took_seconds_sum{worker=\"relay\"} 60.002001\n"
          "lockbox_took_seconds_count{worker=\"relay\"} 3\n");
    assert_int_equal(lbx_metric_value(&histogram), 3);
}

/* Label values that come without end are not kept without end. */
static void samples_have_a_limit(void **unused) {
    (void)unused;
    char value[16];
    for (int i = 0; i < 2 * LBX_METRIC_SAMPLES; i++) {
        (void)snprintf(value, sizeof value, "v%d", i);
        lbx_metric_count(&labelled, value);
    }
    assert_int_equal(labelled.count, LBX_METRIC_SAMPLES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_families_are_there_from_the_start),
        cmocka_unit_test(counters_count),
        cmocka_unit_test(lanes_are_one_worker),
        cmocka_unit_test(an_answer_replaces_the_one_before),
        cmocka_unit_test(values_fall_into_buckets),
        cmocka_unit_test(samples_have_a_limit),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

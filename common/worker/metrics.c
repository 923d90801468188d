#include "worker/metrics.h"

#include "base/clock.h"

#include <stdbool.h>
#include <string.h>

static bool is_age(const char *type) {
    return strcmp(type, "age") == 0;
}

/* As Prometheus calls it. */
static const char *prometheus_type(const char *type) {
    return is_age(type) ? "gauge" : type;
}

/* The oldest age, the sum of the others. */
static int64_t together(const char *type, int64_t a, int64_t b) {
    if (is_age(type) && a && b)
        return a < b ? a : b;
    return a + b;
}

static int64_t shown(const char *type, int64_t value) {
    return is_age(type) && value ? (lbx_monotonic_us() - value) / LBX_SECOND_US : value;
}

#define LBX_COUNT(list) (sizeof(list) / sizeof *(list))

static void observe(struct lbx_histogram *histogram, const int64_t *bounds, size_t count,
                    int64_t value) {
    size_t at = 0;
    while (at < count && value > bounds[at])
        at++;
    atomic_fetch_add(&histogram->buckets[at], 1);
    atomic_fetch_add(&histogram->sum, value);
}

static void add_histogram(struct lbx_histogram *sum, const struct lbx_histogram *lane) {
    for (size_t i = 0; i < LBX_BUCKETS_MAX; i++)
        atomic_fetch_add(&sum->buckets[i], atomic_load(&lane->buckets[i]));
    atomic_fetch_add(&sum->sum, atomic_load(&lane->sum));
}

void lbx_metrics_add(struct lbx_metrics *sum, const struct lbx_metrics *lane) {
#define ADD(member, type, name, help)                                                              \
    atomic_store(&sum->member,                                                                     \
                 together(type, atomic_load(&sum->member), atomic_load(&lane->member)));
    LBX_METRICS(ADD)
#undef ADD
#define ADD(member, ...) add_histogram(&sum->member, &lane->member);
    LBX_HISTOGRAMS(ADD)
#undef ADD
}

void lbx_metrics_batch(struct lbx_metrics *metrics, int64_t records, int64_t took_us) {
    atomic_fetch_add(&metrics->records, records);
    atomic_fetch_add(&metrics->batches, 1);
    atomic_fetch_add(&metrics->batch_us, took_us);
#define BOUNDS(member, name, help, divisor, ...)                                                   \
    static const int64_t member##_bounds[] = {__VA_ARGS__};
    LBX_HISTOGRAMS(BOUNDS)
#undef BOUNDS
    observe(&metrics->batch_size, batch_size_bounds, LBX_COUNT(batch_size_bounds), records);
    observe(&metrics->batch_time, batch_time_bounds, LBX_COUNT(batch_time_bounds), took_us);
}

static void write_histogram(const struct lbx_histogram *histogram, const char *name,
                            const char *help, int64_t divisor, const int64_t *bounds, size_t count,
                            const char *worker, struct lbx_buf *out) {
    int64_t total = 0;
    lbx_buf_printf(out, "# HELP lockbox_%s %s\n# TYPE lockbox_%s histogram\n", name, help, name);
    for (size_t i = 0; i < count; i++) {
        total += atomic_load(&histogram->buckets[i]);
        lbx_buf_printf(out, "lockbox_%s_bucket{worker=\"%s\",le=\"%g\"} %lld\n", name, worker,
                       (double)bounds[i] / (double)divisor, (long long)total);
    }
    total += atomic_load(&histogram->buckets[count]);
    lbx_buf_printf(out,
                   "lockbox_%s_bucket{worker=\"%s\",le=\"+Inf\"} %lld\n"
                   "lockbox_%s_sum{worker=\"%s\"} %.15g\nlockbox_%s_count{worker=\"%s\"} %lld\n",
                   name, worker, (long long)total, name, worker,
                   (double)atomic_load(&histogram->sum) / (double)divisor, name, worker,
                   (long long)total);
}

void lbx_metrics_write(const struct lbx_metrics *metrics, const char *worker, struct lbx_buf *out) {
#define WRITE(member, type, name, help)                                                            \
    lbx_buf_printf(out,                                                                            \
                   "# HELP lockbox_" name " " help "\n# TYPE lockbox_" name " %s"                  \
                   "\nlockbox_" name "{worker=\"%s\"} %lld\n",                                     \
                   prometheus_type(type), worker,                                                  \
                   (long long)shown(type, atomic_load(&metrics->member)));
    LBX_METRICS(WRITE)
#undef WRITE
}

void lbx_histograms_write(const struct lbx_metrics *metrics, const char *worker,
                          struct lbx_buf *out) {
#define WRITE(member, name, help, divisor, ...)                                                    \
    static const int64_t member##_bounds[] = {__VA_ARGS__};                                        \
    write_histogram(&metrics->member, name, help, divisor, member##_bounds,                        \
                    LBX_COUNT(member##_bounds), worker, out);
    LBX_HISTOGRAMS(WRITE)
#undef WRITE
}

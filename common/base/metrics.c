/* Families and samples of the process, behind one lock that is held for a few instructions.
 * Cannot fail: samples beyond the maximum are not counted. */
#include "base/metrics.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct lbx_metric_sample {
    char *label_value;                       /* NULL: no label */
    double lanes[LBX_METRIC_LANES];          /* a counter uses one; an age is in microseconds */
    int64_t buckets[LBX_METRIC_BUCKETS + 1]; /* counts of each bucket; the last one is +Inf */
};

static struct lbx_metric *families, **last = &families; /* in the order of registration */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- samples ---- */

static struct lbx_metric_sample *add_sample(struct lbx_metric *metric, const char *label_value) {
    metric->samples = lbx_realloc(metric->samples, sizeof *metric->samples * (metric->count + 1));
    struct lbx_metric_sample *sample = &metric->samples[metric->count++];
    *sample = (struct lbx_metric_sample){.label_value = label_value ? strdup(label_value) : NULL};
    return sample;
}

static struct lbx_metric_sample *sample_of(struct lbx_metric *metric, const char *label_value) {
    for (size_t i = 0; i < metric->count; i++)
        if (!label_value || strcmp(metric->samples[i].label_value, label_value) == 0)
            return &metric->samples[i];
    return metric->count < LBX_METRIC_SAMPLES ? add_sample(metric, label_value) : NULL;
}

static void drop_samples(struct lbx_metric *metric) {
    for (size_t i = 0; i < metric->count; i++)
        free(metric->samples[i].label_value);
    metric->count = 0;
}

void lbx_metric_add(struct lbx_metric *metric, int64_t n) {
    pthread_mutex_lock(&lock);
    sample_of(metric, NULL)->lanes[0] += (double)n;
    pthread_mutex_unlock(&lock);
}

void lbx_metric_count(struct lbx_metric *metric, const char *label_value) {
    pthread_mutex_lock(&lock);
    struct lbx_metric_sample *sample = sample_of(metric, label_value);
    if (sample)
        sample->lanes[0]++;
    pthread_mutex_unlock(&lock);
}

void lbx_metric_set(struct lbx_metric *metric, size_t lane, int64_t value) {
    pthread_mutex_lock(&lock);
    sample_of(metric, NULL)->lanes[lane] = (double)value;
    pthread_mutex_unlock(&lock);
}

static size_t bound_count(const struct lbx_metric *metric) {
    size_t count = 0;
    while (count < LBX_METRIC_BUCKETS && metric->bounds[count])
        count++;
    return count;
}

void lbx_metric_observe(struct lbx_metric *metric, int64_t value) {
    size_t bucket = 0, count = bound_count(metric);
    while (bucket < count && value > metric->bounds[bucket])
        bucket++;
    pthread_mutex_lock(&lock);
    struct lbx_metric_sample *sample = sample_of(metric, NULL);
    sample->buckets[bucket]++;
    sample->lanes[0] += (double)value;
    pthread_mutex_unlock(&lock);
}

void lbx_metric_replace(struct lbx_metric *metric, const struct lbx_metric_answer *answers,
                        size_t count) {
    pthread_mutex_lock(&lock);
    drop_samples(metric);
    for (size_t i = 0; i < count && i < LBX_METRIC_SAMPLES; i++)
        add_sample(metric, answers[i].label_value)->lanes[0] = answers[i].value;
    pthread_mutex_unlock(&lock);
}

/* ---- text format ---- */

/* The value for /metrics: the oldest age, otherwise the sum of the lanes. */
static double shown(const struct lbx_metric *metric, const struct lbx_metric_sample *sample) {
    double sum = 0, since = 0;
    for (size_t i = 0; i < LBX_METRIC_LANES; i++) {
        double lane = sample->lanes[i];
        sum += lane;
        if (lane > 0 && (since == 0 || lane < since))
            since = lane;
    }
    if (metric->type != LBX_AGE)
        return sum;
    const int64_t seconds = (lbx_monotonic_us() - (int64_t)since) / LBX_SECOND_US;
    return since > 0 ? (double)seconds : 0;
}

static int64_t observed(const struct lbx_metric_sample *sample, size_t buckets) {
    int64_t count = 0;
    for (size_t i = 0; i < buckets; i++)
        count += sample->buckets[i];
    return count;
}

static void write_histogram(const struct lbx_metric *metric, const char *worker,
                            struct lbx_buf *out) {
    const struct lbx_metric_sample *sample = metric->samples;
    size_t count = bound_count(metric);
    for (size_t i = 0; i < count; i++)
        lbx_buf_printf(out, "lockbox_%s_bucket{worker=\"%s\",le=\"%g\"} %lld\n", metric->name,
                       worker, (double)metric->bounds[i] / (double)metric->divisor,
                       (long long)observed(sample, i + 1));
    long long total = observed(sample, count + 1);
    lbx_buf_printf(out,
                   "lockbox_%s_bucket{worker=\"%s\",le=\"+Inf\"} %lld\n"
                   "lockbox_%s_sum{worker=\"%s\"} %.15g\nlockbox_%s_count{worker=\"%s\"} %lld\n",
                   metric->name, worker, total, metric->name, worker,
                   sample->lanes[0] / (double)metric->divisor, metric->name, worker, total);
}

static void write_samples(const struct lbx_metric *metric, const char *worker,
                          struct lbx_buf *out) {
    for (size_t i = 0; i < metric->count; i++) {
        const struct lbx_metric_sample *sample = &metric->samples[i];
        lbx_buf_printf(out, "lockbox_%s{worker=\"%s\"", metric->name, worker);
        if (metric->label)
            lbx_buf_printf(out, ",%s=\"%s\"", metric->label, sample->label_value);
        if (metric->constant)
            lbx_buf_printf(out, ",%s", metric->constant);
        lbx_buf_printf(out, "} %.15g\n", shown(metric, sample));
    }
}

static const char *type_name(enum lbx_metric_type type) {
    switch (type) {
    case LBX_COUNTER:
        return "counter";
    case LBX_GAUGE:
    case LBX_AGE:
        return "gauge";
    case LBX_HISTOGRAM:
        break;
    }
    return "histogram";
}

void lbx_metrics_write(const char *worker, struct lbx_buf *out) {
    pthread_mutex_lock(&lock);
    for (const struct lbx_metric *metric = families; metric; metric = metric->next) {
        lbx_buf_printf(out, "# HELP lockbox_%s %s\n# TYPE lockbox_%s %s\n", metric->name,
                       metric->help, metric->name, type_name(metric->type));
        if (metric->type == LBX_HISTOGRAM)
            write_histogram(metric, worker, out);
        else
            write_samples(metric, worker, out);
    }
    pthread_mutex_unlock(&lock);
}

int64_t lbx_metric_value(const struct lbx_metric *metric) {
    pthread_mutex_lock(&lock);
    const struct lbx_metric_sample *sample = metric->count ? metric->samples : NULL;
    int64_t value = !sample                         ? 0
                    : metric->type == LBX_HISTOGRAM ? observed(sample, LBX_METRIC_BUCKETS + 1)
                                                    : (int64_t)shown(metric, sample);
    pthread_mutex_unlock(&lock);
    return value;
}

/* ---- the registry ---- */

void lbx_metrics_register(struct lbx_metric *const *list) {
    pthread_mutex_lock(&lock);
    for (; *list; list++) {
        struct lbx_metric *metric = *list;
        if (metric->registered)
            continue;
        metric->registered = true;
        *last = metric;
        last = &metric->next;
        if (!metric->label && !metric->asked)
            (void)sample_of(metric, NULL); /* has the value 0 from the start */
    }
    pthread_mutex_unlock(&lock);
}

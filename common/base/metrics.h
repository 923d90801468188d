/* The registry of a process's metrics, which /metrics shows in Prometheus's text format.
 *
 * A family is a static variable of the code that counts, and is shown with HELP and TYPE once it
 * is registered. Label values are few, and never ids, addresses or text from outside. All
 * functions may be called from any thread. */
#ifndef LBX_BASE_METRICS_H
#define LBX_BASE_METRICS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lbx_metric_type {
    LBX_COUNTER,
    LBX_GAUGE,
    LBX_AGE, /* set to a start time (lbx_monotonic_us; 0: none), shown in seconds since then */
    LBX_HISTOGRAM,
};

enum { LBX_METRIC_LANES = 4, LBX_METRIC_BUCKETS = 12, LBX_METRIC_SAMPLES = 128 };

struct lbx_metric {
    enum lbx_metric_type type;
    const char *name; /* without "lockbox_" */
    const char *help;
    const char *label;    /* NULL: no label but the worker's */
    const char *constant; /* further labels in text form, name="value"; NULL: none */
    bool asked;           /* a gauge without a value until the first lbx_metric_replace */
    int64_t divisor;      /* histogram: divides observed values for display */
    int64_t bounds[LBX_METRIC_BUCKETS]; /* histogram: rising, ended by 0 */
    /* Internal to the registry: */
    struct lbx_metric_sample *samples;
    size_t count;
    struct lbx_metric *next;
    bool registered;
};

/* Registers families; the array is ended by NULL. Families that are registered already stay. */
void lbx_metrics_register(struct lbx_metric *const *families);

/* Appends all registered families, with the label worker="worker". */
void lbx_metrics_write(const char *worker, struct lbx_buf *out);

/* Adds n to a counter. */
void lbx_metric_add(struct lbx_metric *metric, int64_t n);

/* Adds one to a counter's sample with this label value, static text. A new value beyond
 * LBX_METRIC_SAMPLES is not counted. */
void lbx_metric_count(struct lbx_metric *metric, const char *label_value);

/* Sets a lane's value of a gauge or an age. A gauge is shown as the sum of the lanes, an age as
 * the oldest. */
void lbx_metric_set(struct lbx_metric *metric, size_t lane, int64_t value);

/* Adds an observation to a histogram. */
void lbx_metric_observe(struct lbx_metric *metric, int64_t value);

/* Replaces all samples of a gauge. label_values are copied; NULL where the family has no label. */
struct lbx_metric_answer {
    const char *label_value;
    double value;
};
void lbx_metric_replace(struct lbx_metric *metric, const struct lbx_metric_answer *answers,
                        size_t count);

/* The value of a counter or gauge without label, as on /metrics; a histogram's count. */
int64_t lbx_metric_value(const struct lbx_metric *metric);

#endif

/* What a process shows on /metrics, in Prometheus' text form: the one registry of its metric
 * families.
 *
 * A family is a static variable of whoever counts. It is shown, with its HELP and TYPE, from the
 * moment it is registered. Label values are for machines and few: never an id, an address or
 * anything that came from outside. All functions may be called from any thread.
 */
#ifndef LBX_BASE_METRICS_H
#define LBX_BASE_METRICS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lbx_metric_type {
    LBX_COUNTER,
    LBX_GAUGE,
    LBX_AGE, /* a gauge set to since when (lbx_monotonic_us; 0: none), and shown in seconds */
    LBX_HISTOGRAM,
};

enum { LBX_METRIC_LANES = 4, LBX_METRIC_BUCKETS = 12, LBX_METRIC_SAMPLES = 128 };

struct lbx_metric {
    enum lbx_metric_type type;
    const char *name; /* behind "lockbox_" */
    const char *help;
    const char *label;    /* NULL: none but the worker's */
    const char *constant; /* further labels as they are written, name="value"; NULL: none */
    bool asked;           /* without a value until lbx_metric_replace brings the first */
    int64_t divisor;      /* a histogram's: from the values observed to what is shown */
    int64_t bounds[LBX_METRIC_BUCKETS]; /* a histogram's, rising, ended by 0 */
    /* The registry's from here on. */
    struct lbx_metric_sample *samples;
    size_t count;
    struct lbx_metric *next;
    bool registered;
};

/* families: ended by NULL. What is registered already stays as it is. */
void lbx_metrics_register(struct lbx_metric *const *families);

/* Appends all that is registered, each sample with worker="worker". */
void lbx_metrics_write(const char *worker, struct lbx_buf *out);

/* A counter's. */
void lbx_metric_add(struct lbx_metric *metric, int64_t n);

/* Adds one to a counter's sample of this label value, which is static text. Beyond
 * LBX_METRIC_SAMPLES of them, what is new is not counted. */
void lbx_metric_count(struct lbx_metric *metric, const char *label_value);

/* A gauge's or an age's, as a lane has it. A gauge is shown as the sum of its lanes, an age as the
 * oldest. */
void lbx_metric_set(struct lbx_metric *metric, size_t lane, int64_t value);

/* A histogram's. */
void lbx_metric_observe(struct lbx_metric *metric, int64_t value);

/* All samples of a gauge at once. label_values are copied; NULL where the family has no label. */
struct lbx_metric_answer {
    const char *label_value;
    double value;
};
void lbx_metric_replace(struct lbx_metric *metric, const struct lbx_metric_answer *answers,
                        size_t count);

/* A counter or gauge as it is shown, without label; a histogram's count. */
int64_t lbx_metric_value(const struct lbx_metric *metric);

#endif

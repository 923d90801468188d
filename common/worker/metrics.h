/* A worker's counters and gauges, in Prometheus' text form. One list names them. */
#ifndef LBX_WORKER_METRICS_H
#define LBX_WORKER_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>
#include <stdint.h>

/* X(member, type, name behind "lockbox_", help). An age holds since when, on lbx_monotonic_us's clock, and 0
 * for none; it is shown in seconds. */
#define LBX_METRICS(X)                                                                             \
    X(records, "counter", "records_total", "Kafka records consumed and committed")                 \
    X(batches, "counter", "batches_total", "Transactions committed for consumed records")          \
    X(batch_us, "counter", "batch_microseconds_total", "Time in those transactions")               \
    X(duplicates, "counter", "duplicates_total", "Events dropped because they were seen before")   \
    X(quarantined, "counter", "quarantined_total", "Records rejected into quarantine")             \
    X(published, "counter", "published_total", "Events written to the outbox, or sent to Kafka")   \
    X(fenced, "counter", "fenced_total", "Batches dropped because a newer owner exists")           \
    X(retries, "counter", "retries_total", "Times something down was waited out")                  \
    X(rounds, "counter", "rounds_total", "Times it woke for work")                                 \
    X(partitions, "gauge", "partitions", "Partitions held")                                        \
    X(requests_ended, "counter", "requests_ended_total", "Requests that time ended")               \
    X(no_approvers, "counter", "no_approvers_total",                                               \
      "Requests refused because nobody may approve")                                               \
    X(mails_sent, "counter", "mails_sent_total", "Mails the server took")                          \
    X(mails_deferred, "counter", "mails_deferred_total", "Attempts that will be repeated")         \
    X(mails_failed, "counter", "mails_failed_total", "Mails given up")                             \
    X(log_leaves, "gauge", "log_leaves", "Leaves of the transparency logs held")                   \
    X(log_holes, "gauge", "log_holes", "Offsets of the logs that hold no record")                  \
    X(unsigned_since, "age", "checkpoint_age_seconds",                                             \
      "How long the oldest leaf without a checkpoint has waited for one")                          \
    X(halted, "gauge", "halted", "Whether it stopped its work and waits for somebody to look")     \
    X(violations, "counter", "violations_total", "Accesses found that no grant covered")           \
    X(violations_resolved, "counter", "violations_resolved_total",                                 \
      "Violations found whose grant was recorded later")                                           \
    X(unreadable, "counter", "unreadable_total",                                                   \
      "Records of accesses and events that the read models cannot read")                           \
    X(lag, "gauge", "lag_records", "Records in Kafka that are not consumed yet")                   \
    X(lost, "counter", "database_lost_total", "Database connections that broke")                   \
    X(database_up, "gauge", "database_up", "Database connections")

/* X(member, name behind "lockbox_", help, what the values are divided by, upper bounds of the buckets). */
#define LBX_HISTOGRAMS(X)                                                                          \
    X(batch_size, "batch_records", "Records in a transaction", 1, 1, 5, 10, 50, 100, 500, 2000)    \
    X(batch_time, "batch_seconds", "Time from a transaction's begin to its commit", 1000000, 1000, \
      2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000)

enum { LBX_BUCKETS_MAX = 12 };
struct lbx_histogram {
    _Atomic int64_t
        buckets[LBX_BUCKETS_MAX]; /* not cumulative; the last is for what is beyond all */
    _Atomic int64_t sum;
};

struct lbx_metrics {
#define LBX_METRIC_MEMBER(member, type, name, help) _Atomic int64_t member;
    LBX_METRICS(LBX_METRIC_MEMBER)
#undef LBX_METRIC_MEMBER
#define LBX_HISTOGRAM_MEMBER(member, ...) struct lbx_histogram member;
    LBX_HISTOGRAMS(LBX_HISTOGRAM_MEMBER)
#undef LBX_HISTOGRAM_MEMBER
};

/* A batch that was committed. */
void lbx_metrics_batch(struct lbx_metrics *metrics, int64_t records, int64_t took_us);

/* Adds a lane's to those of the others. */
void lbx_metrics_add(struct lbx_metrics *sum, const struct lbx_metrics *lane);

/* Append them, labelled worker="name". */
void lbx_metrics_write(const struct lbx_metrics *metrics, const char *worker, struct lbx_buf *out);
void lbx_histograms_write(const struct lbx_metrics *metrics, const char *worker,
                          struct lbx_buf *out);

#endif

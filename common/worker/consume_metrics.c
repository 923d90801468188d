/* The metrics of the consuming part. Cannot fail. */
#include "worker/consume_state.h"

#include "base/memory.h"

#include <stdlib.h>

static struct lbx_metric consumed = {.name = "records_total",
                                     .help = "Kafka records consumed and committed"};
static struct lbx_metric batches = {.name = "batches_total",
                                    .help = "Transactions committed for consumed records"};
static struct lbx_metric batch_us = {.name = "batch_microseconds_total",
                                     .help = "Time in those transactions"};
static struct lbx_metric batch_records = {
    .type = LBX_HISTOGRAM,
    .name = "batch_records",
    .help = "Records in a transaction",
    .divisor = 1,
    .bounds = {1, 5, 10, 50, 100, 500, 2000},
};
static struct lbx_metric batch_seconds = {
    .type = LBX_HISTOGRAM,
    .name = "batch_seconds",
    .help = "Time from a transaction's begin to its commit",
    .divisor = LBX_SECOND_US,
    .bounds = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000},
};
static struct lbx_metric lag = {
    .type = LBX_GAUGE, .name = "lag_records", .help = "Records in Kafka that are not consumed yet"};
static struct lbx_metric partitions = {
    .type = LBX_GAUGE, .name = "partitions", .help = "Partitions held"};
static struct lbx_metric stopped = {
    .type = LBX_GAUGE,
    .name = "partitions_stopped",
    .help = "Partitions held that cannot be read until somebody acts: /readyz names them"};
struct lbx_metric lbx_set_back_metric = {
    .type = LBX_GAUGE,
    .name = "set_back_partitions",
    .help = "Partitions of which Kafka's committed offset is ahead of the database's"};
struct lbx_metric lbx_fenced_metric = {.name = "fenced_total",
                                       .help = "Batches dropped because a newer owner exists"};
struct lbx_metric *const lbx_consume_metrics[] = {
    &lag,      &partitions,    &stopped,       &consumed,          &batches,
    &batch_us, &batch_records, &batch_seconds, &lbx_fenced_metric, &lbx_set_back_metric,
    NULL};

void lbx_consume_count_batch(int64_t records, int64_t took_us) {
    lbx_metric_add(&consumed, records);
    lbx_metric_add(&batches, 1);
    lbx_metric_add(&batch_us, took_us);
    lbx_metric_observe(&batch_records, records);
    lbx_metric_observe(&batch_seconds, took_us);
}

void lbx_consume_count_partitions(const struct lbx_consume *c) {
    int64_t count = 0;
    for (size_t i = 0; i < c->claims.count; i++)
        count += c->claims.list[i].stopped != NULL;
    lbx_metric_set(&partitions, c->worker->lane, (int64_t)c->claims.count);
    lbx_metric_set(&stopped, c->worker->lane, count);
}

void lbx_consume_ask_ends(struct lbx_consume *c) {
    if (c->state == READING || c->claims.count == 0 || lbx_consumer_away_since_us(c->consumer))
        return;
    struct lbx_partition *held = lbx_claims_partitions(&c->claims);
    int64_t *ends = lbx_calloc(c->claims.count * sizeof *ends);
    if (lbx_consumer_ends(c->consumer, held, c->claims.count, ends) == LBX_OK)
        for (size_t i = 0; i < c->claims.count; i++)
            c->claims.list[i].end = ends[i];
    free(ends);
    free(held);
}

/* Sets the lag, from the end offsets of the last fetch, or from those that were asked for while paused. */
void lbx_consume_measure_lag(const struct lbx_consume *c) {
    int64_t records = 0;
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        const int64_t heard = lbx_consumer_end(c->consumer, claim->topic, claim->partition);
        const int64_t end = heard > claim->end ? heard : claim->end;
        records += claim->epoch > 0 && end > claim->next_offset ? end - claim->next_offset : 0;
    }
    lbx_metric_set(&lag, c->worker->lane, records);
}

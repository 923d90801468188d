/* An idempotent Kafka producer with one delivery report for each record. All calls from one thread. */
#ifndef LBX_IO_PRODUCER_H
#define LBX_IO_PRODUCER_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

#include <stdbool.h>

struct lbx_producer;

/* Called from lbx_producer_poll, once for each record sent. LBX_OK: all in-sync replicas have
 * it. LBX_ERR_UNAVAILABLE: no answer within the time-out; it is unknown whether the log has it.
 * LBX_ERR_REFUSED: the broker refused it. LBX_ERR_FENCED: the client had a fatal error. */
typedef void lbx_delivered_fn(void *record_context, enum lbx_err err);

/* Makes the client, without connecting. LBX_ERR_INVALID: librdkafka refuses a setting; logged. */
enum lbx_err lbx_producer_open(const struct lbx_settings *settings, const char *worker,
                               lbx_delivered_fn *delivered, struct lbx_producer **ret_producer)
    LBX_MUST_CHECK;

/* Opens a producer for ordered rows, whose reports make fd readable, an eventfd(2). After an undelivered record it fails
 * for good before it sends a later one (enable.gapless.guarantee). one_by_one: each record is a batch of its own instead. */
enum lbx_err lbx_producer_open_ordered(const struct lbx_settings *settings, const char *worker,
                                       lbx_delivered_fn *delivered, bool one_by_one, int fd,
                                       struct lbx_producer **ret_producer) LBX_MUST_CHECK;

/* How many partitions a topic has, known once a record was sent to it; 0: not known, or LOCKBOX_KAFKA_PARTITIONER is set. */
int32_t lbx_producer_partitions(const struct lbx_producer *producer, enum lbx_topic topic);

/* The partition of a record, by its key; -1: not known. */
int32_t lbx_producer_partition(const struct lbx_record *record, int32_t partitions);

/* Since when no broker has been connected, in lbx_monotonic_us; 0: one is. An ordered producer
 * that is not one_by_one knows it every three seconds. */
int64_t lbx_producer_away_since_us(const struct lbx_producer *producer);

/* Kafka's name of the error, static text: during lbx_delivered_fn, and after lbx_producer_send failed. */
const char *lbx_producer_why(const struct lbx_producer *producer);

/* Drops the records in flight: reports each as failed before this returns. */
void lbx_producer_close(struct lbx_producer *producer);

/* Sends a copy of the record. LBX_ERR_LIMIT: the queue is full, poll and try again. LBX_ERR_FENCED: the client had a
 * fatal error (KIP-360), close it and open another. LBX_ERR_REFUSED: Kafka will never take the record (too large). */
enum lbx_err lbx_producer_send(struct lbx_producer *producer, enum lbx_topic topic,
                               const struct lbx_record *record, void *record_context)
    LBX_MUST_CHECK;

/* The partition and offset of the record, during lbx_delivered_fn with LBX_OK. */
void lbx_producer_place(const struct lbx_producer *producer, int32_t *ret_partition,
                        int64_t *ret_offset);

/* Waits up to timeout_ms for delivery reports, and calls lbx_delivered_fn for each. */
void lbx_producer_poll(struct lbx_producer *producer, int timeout_ms);

#endif

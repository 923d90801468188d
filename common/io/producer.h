/* An idempotent Kafka producer that reports every record's fate. All calls from one thread. */
#ifndef LBX_IO_PRODUCER_H
#define LBX_IO_PRODUCER_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

#include <stdbool.h>

struct lbx_producer;

/* Called from lbx_producer_poll, once for each record sent: LBX_OK: all replicas in sync have it.
 * LBX_ERR_UNAVAILABLE: not within the time-out; whether it is in the log is unknown.
 * LBX_ERR_REFUSED: the broker refuses it. LBX_ERR_FENCED: the client is spent. */
typedef void lbx_delivered_fn(void *record_context, enum lbx_err err);

enum lbx_err lbx_producer_open(const struct lbx_settings *settings, const char *worker,
                               lbx_delivered_fn *delivered, struct lbx_producer **ret_producer)
    LBX_MUST_CHECK;

/* One that never reports on a record whether it will get there later, and of which the reports make fd readable, an
 * eventfd(2). one_by_one: a record is in a batch of its own, so that what the broker refuses is that record. Otherwise a
 * record that is not delivered makes the client spent before it sends one behind (enable.gapless.guarantee). */
enum lbx_err lbx_producer_open_ordered(const struct lbx_settings *settings, const char *worker,
                                       lbx_delivered_fn *delivered, bool one_by_one, int fd,
                                       struct lbx_producer **ret_producer) LBX_MUST_CHECK;

/* How many partitions a topic has, once a record went there; 0: not known yet, or LOCKBOX_KAFKA_PARTITIONER is the user's. */
int32_t lbx_producer_partitions(const struct lbx_producer *producer, enum lbx_topic topic);

/* Where a record goes, by its key; -1: not known. */
int32_t lbx_producer_partition(const struct lbx_record *record, int32_t partitions);

/* Since when no broker has been connected, by lbx_monotonic_us, as one that is ordered and not one_by_one hears every three
 * seconds; 0: one is. */
int64_t lbx_producer_away_since_us(const struct lbx_producer *producer);

/* During a call of lbx_delivered_fn, and behind a send that failed: Kafka's name for why, static text. */
const char *lbx_producer_why(const struct lbx_producer *producer);

/* Drops what is still under way: reports it as failed, by calls made before this returns. */
void lbx_producer_close(struct lbx_producer *producer);

/* Takes copies. LBX_ERR_LIMIT: the queue is full, poll and try again. LBX_ERR_FENCED: the client is
 * spent (KIP-360), close it and open another. LBX_ERR_REFUSED: never will be taken (too large). */
enum lbx_err lbx_producer_send(struct lbx_producer *producer, enum lbx_topic topic,
                               const struct lbx_record *record, void *record_context)
    LBX_MUST_CHECK;

/* During a call of lbx_delivered_fn with LBX_OK: where the record stands. */
void lbx_producer_place(const struct lbx_producer *producer, int32_t *ret_partition,
                        int64_t *ret_offset);

/* Waits up to timeout_ms for reports, and makes their calls. */
void lbx_producer_poll(struct lbx_producer *producer, int timeout_ms);

#endif

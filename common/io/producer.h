/* An idempotent Kafka producer that reports every record's fate. All calls from one thread. */
#ifndef LBX_IO_PRODUCER_H
#define LBX_IO_PRODUCER_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

struct lbx_producer;

/* Called from lbx_producer_poll, once for each record sent: LBX_OK: all replicas in sync have it.
 * LBX_ERR_UNAVAILABLE: not within the time-out; whether it is in the log is unknown.
 * LBX_ERR_REFUSED: the broker refuses it. LBX_ERR_FENCED: the client is spent. */
typedef void lbx_delivered_fn(void *record_context, enum lbx_err err);

enum lbx_err lbx_producer_open(const struct lbx_settings *settings, const char *worker,
                               lbx_delivered_fn *delivered, struct lbx_producer **ret_producer)
    LBX_MUST_CHECK;

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

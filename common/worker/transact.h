/* One transaction of a handler: the fence, what the handler reads and writes, COMMIT.
 *
 * It knows nothing of where records come from; worker/consume.h brings them from Kafka.
 */
#ifndef LBX_WORKER_TRANSACT_H
#define LBX_WORKER_TRANSACT_H

#include "worker/consume.h"

/* Handles a batch; the caller moves each claim's next_offset on once it is committed. calls: room
 * for one round trip; large. LBX_ERR_FENCED: a newer owner exists, nothing happened.
 * LBX_ERR_UNAVAILABLE: the database did not do it, for no fault of the records; whether it was committed is unknown if
 * the connection broke.
 * LBX_ERR_INVALID: the database refuses a value that the handler writes (SQLSTATE class 22 or 23); LBX_ERR_INTERNAL:
 * the handler cannot read a row. Nothing happened.
 * LBX_ERR_CONFLICT: see struct lbx_transaction. */
enum lbx_err lbx_transact_batch(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* The handler's checkpoint, without records: no partition moves. Errors as above. */
enum lbx_err lbx_transact_checkpoint(struct lbx_handler *handler, const struct lbx_records *records,
                                     struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* Locks the partitions' rows and commits: whether the database, as it is now, commits anything on this session.
 * LBX_ERR_UNAVAILABLE, LBX_ERR_FENCED: as above. */
enum lbx_err lbx_transact_control(const struct lbx_records *records, struct lbx_pg_pipeline *calls)
    LBX_MUST_CHECK;

#endif

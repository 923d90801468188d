/* A handler's transaction: the fence, the handler's reads and writes, COMMIT.
 *
 * Independent of Kafka: worker/consume.h brings the records. */
#ifndef LBX_WORKER_TRANSACT_H
#define LBX_WORKER_TRANSACT_H

#include "worker/consume.h"

/* Handles a batch; afterwards the caller moves each claim's next_offset. calls: memory for a
 * round trip; large. LBX_ERR_FENCED: a newer epoch exists; rolled back. LBX_ERR_UNAVAILABLE: the
 * database failed for a reason of its own; if the connection broke, the outcome is unknown.
 * LBX_ERR_INVALID: the database refuses a value that the handler writes (SQLSTATE class 22 or
 * 23); rolled back. LBX_ERR_INTERNAL: the handler cannot read a row; rolled back.
 * LBX_ERR_CONFLICT: see struct lbx_transaction. */
enum lbx_err lbx_transact_batch(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* Runs the handler's checkpoint, a transaction without records: no offset moves. Errors as above. */
enum lbx_err lbx_transact_checkpoint(struct lbx_handler *handler, const struct lbx_records *records,
                                     struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* Locks the rows of the partitions, and commits: whether the database commits anything on this
 * session. LBX_ERR_UNAVAILABLE, LBX_ERR_FENCED: as above. */
enum lbx_err lbx_transact_control(const struct lbx_records *records, struct lbx_pg_pipeline *calls)
    LBX_MUST_CHECK;

#endif

/* One batch as one transaction: the fence, what the worker makes of the records, COMMIT.
 *
 * It knows nothing of where records come from; worker/consume.h brings them from Kafka.
 */
#ifndef LBX_WORKER_TRANSACT_H
#define LBX_WORKER_TRANSACT_H

#include "worker/consume.h"

struct lbx_transaction {
    struct lbx_worker *worker; /* with a connection */
    const struct lbx_consume *declaration;
    const char *group; /* the consumer, as consumer_offset names it */
    /* The partitions held. The batch goes from next_offset to batch_end in each; the caller moves
     * next_offset on once it is committed. */
    struct lbx_claim *claims;
    size_t claim_count;
    void *kept;              /* a raw consumer's: see struct lbx_consume */
    struct lbx_arena *arena; /* the batch's; the caller resets it before each */
    struct lbx_calls *calls; /* room for one round trip; large */
};

/* Handles inputs, of which only the record is set. suspect: a single record that the database refused goes to
 * quarantine. LBX_ERR_FENCED: a newer owner exists, nothing happened. LBX_ERR_UNAVAILABLE: whether it was
 * committed is unknown if the connection broke. LBX_ERR_INVALID, LBX_ERR_INTERNAL: the database or a row
 * refuses it, nothing happened. LBX_ERR_CONFLICT: see struct lbx_raw_step. */
enum lbx_err lbx_transact(const struct lbx_transaction *transaction, struct lbx_input_event *inputs,
                          size_t count, bool suspect) LBX_MUST_CHECK;

/* A raw consumer's step without records. Errors as above. */
enum lbx_err lbx_transact_tending(const struct lbx_transaction *transaction) LBX_MUST_CHECK;

#endif

/* Checks the cosignatures that the witness policy requires. Promises a finding for an invalid
 * cosignature, and for a log without a checkpoint with enough cosignatures. Fails with the
 * verifier's exit code. */
#include "witnessed.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

struct witnessed {
    bool any;
    uint64_t size; /* largest size with enough cosignatures */
};

static void take(struct verifier *verifier, const struct log *log,
                 const struct sql_proof_witnessed_answer *it, struct witnessed *ret) {
    const char *wrong = "";
    struct lbx_note note;
    uint64_t witnesses;
    size_t which;
    const struct lbx_witness_policy *policy = verifier->shared->trusted.policy;
    verifier->counts.cosigned++;
    if (lbx_note_read(it->text, strlen(it->text), &note) != LBX_OK)
        FIND(verifier, log, log->base + it->size - 1,
             "checkpoint %" PRId64 ": what witnesses signed cannot be read", it->number);
    else if (lbx_policy_witnesses(policy, &note, &witnesses, &which) != LBX_OK)
        FIND(verifier, log, log->base + it->size - 1,
             "checkpoint %" PRId64 ": the cosignature of %s does not hold", it->number,
             policy->list[which].name);
    else if (!ret->any && quorum_holds(&verifier->shared->trusted, &note, &wrong))
        *ret = (struct witnessed){true, (uint64_t)it->size};
}

/* Checks, if there is a policy, every cosignature of its witnesses, and that a checkpoint has
 * enough. */
void check_witnesses(struct verifier *verifier, const struct log *log) {
    struct witnessed witnessed = {0};
    int64_t below = INT64_MAX;
    size_t count = 0;
    if (!verifier->shared->trusted.policy || log->is_checkpoints)
        return;
    do {
        count = VERIFIER_ASK(verifier, verifier->hashes, proof_witnessed, .topic = log->topic,
                             .partition = log->partition, .below = below,
                             .last = verifier->shared->logs.last_checkpoint)
                    ? lbx_pg_row_count(verifier->hashes, 0)
                    : 0;
        for (size_t row = 0; row < count; row++) {
            const struct sql_proof_witnessed_answer it =
                LBX_PG_READ(verifier->hashes, 0, row, proof_witnessed, NULL);
            take(verifier, log, &it, &witnessed);
            below = it.size;
        }
    } while (count);
    if (verifier->shared->trusted.policy->quorum < 0)
        return;
    if (!witnessed.any)
        FIND(verifier, log, log->base,
             "no checkpoint is cosigned by as many witnesses as the policy asks for");
    else
        verifier->counts.unwitnessed += log->size - witnessed.size;
}

/* Checks the cosignatures that the witness policy asks for. A cosignature that does not hold is a
 * finding, and so is a log that no checkpoint covers with enough witnesses.
 */
#include "witnessed.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

struct witnessed {
    bool any;
    uint64_t size; /* the largest that enough witnesses saw */
};

static void take(struct verifier *verifier, const struct log *log, size_t row,
                 struct witnessed *ret) {
    const char *text = lbx_pg_cell(verifier->hashes, 0, row, 2), *wrong = "";
    int64_t number = lbx_pg_cell_int(verifier->hashes, 0, row, 0);
    int64_t size = lbx_pg_cell_int(verifier->hashes, 0, row, 1);
    struct lbx_note note;
    uint64_t witnesses;
    size_t which;
    const struct lbx_witness_policy *policy = verifier->shared->trusted.policy;
    verifier->counts.cosigned++;
    if (lbx_note_read(text, strlen(text), &note) != LBX_OK)
        FIND(verifier, log, log->base + size - 1,
             "checkpoint %" PRId64 ": what witnesses signed cannot be read", number);
    else if (lbx_policy_witnesses(policy, &note, &witnesses, &which) != LBX_OK)
        FIND(verifier, log, log->base + size - 1,
             "checkpoint %" PRId64 ": the cosignature of %s does not hold", number,
             policy->list[which].name);
    else if (!ret->any && quorum_holds(&verifier->shared->trusted, &note, &wrong))
        *ret = (struct witnessed){true, (uint64_t)size};
}

/* A policy asks for witnesses: every cosignature of theirs holds, and there is a checkpoint with
 * enough. */
void check_witnesses(struct verifier *verifier, const struct log *log) {
    struct lbx_arena *arena = &verifier->arena;
    struct witnessed witnessed = {0};
    int64_t below = INT64_MAX;
    size_t count = 0;
    if (!verifier->shared->trusted.policy || log->is_checkpoints)
        return;
    do {
        const char *params[] = {log->topic, number_text(arena, log->partition),
                                number_text(arena, below),
                                number_text(arena, verifier->shared->logs.last_checkpoint)};
        count = verifier_ask(verifier, verifier->hashes, &sql_proof_witnessed, 4, params)
                    ? lbx_pg_row_count(verifier->hashes, 0)
                    : 0;
        for (size_t row = 0; row < count; row++) {
            take(verifier, log, row, &witnessed);
            below = lbx_pg_cell_int(verifier->hashes, 0, row, 1);
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

#include "witnessed.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

struct witnessed {
    bool any;
    uint64_t size; /* the largest that enough witnesses saw */
};

static void take(struct lane *lane, const struct log *log, size_t row, struct witnessed *ret) {
    const char *text = lbx_pg_cell(lane->hashes, 0, row, 2), *wrong = "";
    int64_t number = lbx_pg_cell_int(lane->hashes, 0, row, 0);
    int64_t size = lbx_pg_cell_int(lane->hashes, 0, row, 1);
    struct lbx_note note;
    uint64_t witnesses;
    size_t which;
    const struct lbx_witness_policy *policy = lane->v->trusted.policy;
    lane->tally.cosigned++;
    if (lbx_note_read(text, strlen(text), &note) != LBX_OK)
        FIND(lane, log, log->base + size - 1,
             "checkpoint %" PRId64 ": what witnesses signed cannot be read", number);
    else if (lbx_policy_witnesses(policy, &note, &witnesses, &which) != LBX_OK)
        FIND(lane, log, log->base + size - 1,
             "checkpoint %" PRId64 ": the cosignature of %s does not hold", number,
             policy->list[which].name);
    else if (!ret->any && quorum_holds(&lane->v->trusted, &note, &wrong))
        *ret = (struct witnessed){true, (uint64_t)size};
}

/* A policy asks for witnesses: every cosignature of theirs holds, and there is a checkpoint with enough. */
void check_witnesses(struct lane *lane, const struct log *log) {
    struct lbx_arena *arena = &lane->arena;
    struct witnessed witnessed = {0};
    int64_t below = INT64_MAX;
    size_t count = 0;
    if (!lane->v->trusted.policy || log->is_checkpoints)
        return;
    do {
        const char *params[] = {log->topic, number_text(arena, log->partition),
                                number_text(arena, below),
                                number_text(arena, lane->v->logs.last_checkpoint)};
        count = lane_ask(lane, lane->hashes, &sql_proof_witnessed, 4, params)
                    ? lbx_pg_row_count(lane->hashes, 0)
                    : 0;
        for (size_t row = 0; row < count; row++) {
            take(lane, log, row, &witnessed);
            below = lbx_pg_cell_int(lane->hashes, 0, row, 1);
        }
    } while (count);
    if (lane->v->trusted.policy->quorum < 0)
        return;
    if (!witnessed.any)
        FIND(lane, log, log->base,
             "no checkpoint is cosigned by as many witnesses as the policy asks for");
    else
        lane->tally.unwitnessed += log->size - witnessed.size;
}

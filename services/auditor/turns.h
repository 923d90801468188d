/* Bounds the heads of one signing transaction. After the database refused a checkpoint, later
 * transactions take fewer, down to the log at fault, which is skipped for a minute. */
#ifndef AUDITOR_TURNS_H
#define AUDITOR_TURNS_H

#include "tlog/note.h"
#include "worker/claims.h"
#include "worker/left_out.h"

/* The state of one lane. Starts zeroed. */
struct auditor_turns {
    struct lbx_left_out left_out; /* names: topic/partition */
    size_t most;                  /* most heads of a transaction; 0: all */
    size_t count;                 /* heads of the current transaction */
    bool more;                    /* heads are left for the next transaction */
    char first[LBX_NOTE_NAME_SIZE];
};

void auditor_turns_begin(struct auditor_turns *turns);

/* Whether a head may be signed in the current transaction. */
bool auditor_turns_has(struct auditor_turns *turns, const struct lbx_claim *claim);

/* Called after the transaction, with its result. */
void auditor_turns_end(struct auditor_turns *turns, const struct lbx_pg *pg, enum lbx_err err);

#endif

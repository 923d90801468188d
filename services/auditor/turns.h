/* Which heads are signed by one transaction, where the database refuses some log's checkpoint: ever fewer, until it is alone; it is then
 * left out for a minute.
 */
#ifndef AUDITOR_TURNS_H
#define AUDITOR_TURNS_H

#include "tlog/note.h"
#include "worker/claims.h"
#include "worker/left_out.h"

/* One lane's. Starts zeroed. */
struct auditor_turns {
    struct lbx_left_out left_out; /* by topic/partition */
    size_t most;                  /* to be signed at once; 0: all */
    size_t count;                 /* are, by this one */
    bool more;                    /* are left for the next */
    char first[LBX_NOTE_NAME_SIZE];
};

void auditor_turns_begin(struct auditor_turns *turns);

/* Whether a head may be signed now, beside those that were asked for before it. */
bool auditor_turns_has(struct auditor_turns *turns, const struct lbx_claim *claim);

/* Behind the transaction. */
void auditor_turns_end(struct auditor_turns *turns, const struct lbx_pg *pg, enum lbx_err err);

#endif

/* Counts the heads of a transaction, and skips the log that is refused alone. Cannot fail. */
#include "turns.h"

#include <stdio.h>
#include <string.h>

void auditor_turns_begin(struct auditor_turns *turns) {
    (void)lbx_left_out_again(&turns->left_out);
    turns->count = 0;
    turns->more = false;
}

bool auditor_turns_has(struct auditor_turns *turns, const struct lbx_claim *claim) {
    char name[LBX_NOTE_NAME_SIZE];
    snprintf(name, sizeof name, "%s/%d", lbx_claim_log(claim), claim->partition);
    if (lbx_left_out_has(&turns->left_out, name))
        return false;
    if (turns->most > 0 && turns->count == turns->most) {
        turns->more = true;
        return false;
    }
    if (turns->count++ == 0)
        memcpy(turns->first, name, sizeof name);
    return true;
}

void auditor_turns_end(struct auditor_turns *turns, const struct lbx_pg *pg, enum lbx_err err) {
    if (err == LBX_OK)
        turns->most = turns->more ? turns->most * 2 : 0;
    else if (err == LBX_ERR_INVALID && turns->count > 1)
        turns->most = turns->count / 2;
    else if (err == LBX_ERR_INVALID && turns->count == 1 && !lbx_left_out_full(&turns->left_out))
        lbx_left_out_refused(&turns->left_out, "checkpoint", turns->first, lbx_pg_sqlstate(pg));
}

/* Mails of the ledger whose rows the database refuses, which are skipped. Promises that each is
 * logged, and tried again within a minute, and that the worker is not ready meanwhile. Cannot fail. */
#include "refused.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/metrics.h"
#include "worker/left_out.h"

#include <stdio.h>
#include <stdlib.h>

#define AGAIN_US (60 * LBX_SECOND_US)
enum { MOST = 1000 };

bool refused_is_full(const struct refused *refused) {
    return refused->count >= MOST;
}

static void count(struct refused *refused, const char *id, const char *sqlstate) {
    if (refused->count++ == 0)
        refused->again_us = lbx_monotonic_us() + AGAIN_US;
    lbx_row_refused("notification", id, sqlstate);
    lbx_left_out_began(lbx_refused_row());
}

void refused_end(struct refused *refused, struct mail *mail, const char *sqlstate) {
    count(refused, mail->id, sqlstate);
    mail->next = refused->ended;
    refused->ended = mail;
}

void refused_due(struct refused *refused, const char *id, const char *sqlstate) {
    count(refused, id, sqlstate);
    refused->due = lbx_realloc(refused->due, sizeof *refused->due * (refused->due_count + 1));
    snprintf(refused->due[refused->due_count++], LBX_UUID_SIZE, "%s", id);
}

void refused_array(const struct refused *refused, struct lbx_pg_arrays *ret_array) {
    *ret_array = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < refused->due_count; i++)
        lbx_pg_array_text(ret_array, refused->due[i]);
}

struct mail *refused_again(struct refused *refused, bool now) {
    struct mail *ended = refused->ended;
    if (refused->count == 0 || (!now && lbx_monotonic_us() < refused->again_us))
        return NULL;
    lbx_left_out_over(refused->count);
    refused->ended = NULL;
    refused->count = refused->due_count = 0;
    return ended;
}

void refused_done(struct refused *refused) {
    free(refused->due);
    refused->due = NULL;
}

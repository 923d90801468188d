/* Releases claims of ended database sessions, with fewer mails in each transaction after the database
 * refused one. Promises that only the mail at fault is logged and skipped. Fails only with the database. */
#include "void.h"

#include "sql_notifier.h"

#include <stdio.h>

enum { MOST = 1000 };

static enum lbx_err release(struct ledger *ledger, size_t most, size_t *ret_released) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    refused_array(&ledger->refused, &left_out);
    const size_t call =
        LBX_PG_CALL(&calls, notifier_release, .most = (int64_t)most, .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    if (err == LBX_OK)
        *ret_released = (size_t)LBX_PG_READ(ledger->pg, call, 0, notifier_release, NULL).released;
    return err;
}

/* Skips the mail that release.sql would release first. *ret_any: there is one. */
static enum lbx_err leave_out_first(struct ledger *ledger, bool *ret_any) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    char sqlstate[6];
    snprintf(sqlstate, sizeof sqlstate, "%s", lbx_pg_sqlstate(ledger->pg));
    refused_array(&ledger->refused, &left_out);
    const size_t call = LBX_PG_CALL(&calls, notifier_first_void, .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    *ret_any = err == LBX_OK && lbx_pg_row_count(ledger->pg, call) > 0;
    if (*ret_any)
        refused_due(&ledger->refused,
                    LBX_PG_READ(ledger->pg, call, 0, notifier_first_void, NULL).notification_id,
                    sqlstate);
    return err;
}

enum lbx_err void_release(struct ledger *ledger) {
    size_t most = MOST, released = MOST;
    bool any = true;
    enum lbx_err err = LBX_OK;
    while (err == LBX_OK && any && released == most) {
        err = release(ledger, most, &released);
        if (err == LBX_OK && released == most) {
            most = released = most < MOST / 2 ? most * 2 : MOST;
        } else if (err == LBX_ERR_INVALID && most > 1) {
            most = released = most / 2;
            err = LBX_OK;
        } else if (err == LBX_ERR_INVALID && !refused_is_full(&ledger->refused)) {
            err = leave_out_first(ledger, &any);
        }
    }
    return err == LBX_ERR_INVALID ? LBX_OK : err;
}

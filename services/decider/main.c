/* decider: applies approve, deny, revoke and acknowledge, and gives each decision a verdict. */
#include "decider.h"
#include "sql_decider.h"
#include "store/limits.h"

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_decider_all, NULL};
    const struct lbx_worker_declaration decider = {
        .name = "decider",
        .summary = "Applies approve, deny and revoke; gives every decision a verdict",
        .database = LBX_DATABASE_LOCKBOX,
        .check = lbx_limits_check,
        .statements = statements,
        .metrics = decider_metrics,
        .parts = {{&lbx_events_part, &decider_events}},
    };
    return lbx_worker_main(&decider, argc, argv);
}

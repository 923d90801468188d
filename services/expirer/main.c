/* expirer: ends what time ends. It only tells: access_check compares times by itself. */
#include "expirer.h"
#include "sql_expirer.h"
#include "store/offsets.h"
#include "store/unit.h"
#include "worker/gauges.h"

static const struct lbx_rounds rounds = {
    .channel = "lockbox_due",
    .round = expirer_round,
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_expirer_all, NULL};
    const struct lbx_worker_declaration expirer = {
        .name = "expirer",
        .summary = "Ends what time ends: requests nobody answered, and grants whose time is over",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .parts = {{&lbx_rounds_part, &rounds}, {&lbx_gauges_part, &sql_expirer_gauges}},
    };
    return lbx_worker_main(&expirer, argc, argv);
}

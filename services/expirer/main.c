/* expirer: publishes what time ends. Access itself ends without it, as access_check compares times. */
#include "expirer.h"
#include "sql_expirer.h"
#include "store/unit.h"
#include "worker/gauges.h"

static const struct lbx_rounds rounds = {
    .channel = "lockbox_due",
    .round = expirer_round,
};

static struct lbx_metric overdue = {
    .type = LBX_GAUGE,
    .name = "requests_overdue",
    .help = "Requests past a deadline that nobody has acted on",
    .asked = true,
};
static struct lbx_metric oldest = {
    .type = LBX_GAUGE,
    .name = "oldest_due_seconds",
    .help = "How long the first of these requests is past its deadline",
    .asked = true,
};
static const struct lbx_gauges gauges = {
    .sql = &sql_expirer_gauges,
    .metrics = (struct lbx_metric *const[]){&overdue, &oldest, NULL},
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_store_statements, sql_expirer_all, NULL};
    const struct lbx_worker_declaration expirer = {
        .name = "expirer",
        .summary = "Ends what time ends: requests nobody answered, and grants whose time is over",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .metrics = expirer_metrics,
        .parts = {{&lbx_rounds_part, &rounds}, {&lbx_gauges_part, &gauges}},
    };
    return lbx_worker_main(&expirer, argc, argv);
}

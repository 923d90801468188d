/* notifier: one mail for each recipient and kind, every attempt in the ledger. */
#include "notifier.h"
#include "sender.h"
#include "sql_notifier.h"
#include "worker/gauges.h"

static const struct lbx_events events = {
    .topics = {LBX_TOPIC_EVENTS, LBX_TOPIC_COUNT},
    .decide = notifier_decide,
    .save = notifier_save,
    .committed = sender_wake,
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_notifier_all, NULL};
    const struct lbx_worker_declaration notifier = {
        .name = "notifier",
        .summary = "Sends one mail for each recipient and kind, every attempt in the ledger",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .arenas = 8,
        .parts = {{&lbx_events_part, &events},
                  {&sender_part, NULL},
                  {&lbx_gauges_part, &sql_notifier_gauges}},
    };
    return lbx_worker_main(&notifier, argc, argv);
}

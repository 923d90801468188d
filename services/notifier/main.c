/* notifier: one mail for each recipient and kind, with each attempt in the ledger. */
#include "ledger.h"
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

static struct lbx_metric mails = {
    .type = LBX_GAUGE,
    .name = "mails",
    .help = "Mails that are neither sent nor given up, by state",
    .label = "state",
    .asked = true,
};
static struct lbx_metric mail_age = {
    .type = LBX_GAUGE,
    .name = "mail_age_seconds",
    .help = "How long ago the oldest mail was queued that is neither sent nor given up",
    .asked = true,
};
static const struct lbx_gauges gauges = {
    .sql = &sql_notifier_gauges,
    .metrics = (struct lbx_metric *const[]){&mails, &mail_age, NULL},
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_notifier_all, NULL};
    const struct lbx_worker_declaration notifier = {
        .name = "notifier",
        .summary = "Sends one mail for each recipient and kind, every attempt in the ledger",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .metrics = ledger_metrics,
        .arenas = 8,
        .parts = {{&lbx_events_part, &events}, {&sender_part, NULL}, {&lbx_gauges_part, &gauges}},
    };
    return lbx_worker_main(&notifier, argc, argv);
}

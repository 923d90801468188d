/* relay: publishes each row of the outbox at least once, and the rows of each request in order. */
#include "relay.h"
#include "sql_relay.h"
#include "store/leases.h"
#include "store/metrics.h"
#include "worker/gauges.h"

static const struct lbx_rounds rounds = {
    .channel = "lockbox_outbox",
    .open = relay_open,
    .round = relay_round,
    .reconnected = relay_reconnected,
    .fd = relay_fd,
    .waiting_for = relay_waiting_for,
    .close = relay_close,
};

static struct lbx_metric unpublished = {
    .type = LBX_GAUGE,
    .name = "outbox_unpublished",
    .help = "Events not yet in Kafka",
    .asked = true,
};
static struct lbx_metric age = {
    .type = LBX_GAUGE,
    .name = "outbox_age_seconds",
    .help = "How long the oldest event not yet in Kafka has waited",
    .asked = true,
};
static struct lbx_metric refused = {
    .type = LBX_GAUGE,
    .name = "outbox_refused",
    .help = "Events and dead letters that Kafka refuses, and an operator decides on",
    .asked = true,
};
static struct lbx_metric deadletters = {
    .type = LBX_GAUGE,
    .name = "deadletters_unpublished",
    .help = "Rejected records not yet in the dead-letter topic",
    .asked = true,
};
static const struct lbx_gauges gauges = {
    .sql = &sql_relay_gauges,
    .metrics = (struct lbx_metric *const[]){&unpublished, &age, &refused, &deadletters, NULL},
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {sql_relay_all, lbx_leases_statements, NULL};
    const struct lbx_worker_declaration relay = {
        .name = "relay",
        .summary = "Publishes each outbox row, in order per request, at least once",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .metrics = (struct lbx_metric *const[]){&lbx_published_metric, &lbx_unreadable_metric,
                                                &lbx_left_out_metric, NULL},
        .parts = {{&lbx_rounds_part, &rounds}, {&lbx_gauges_part, &gauges}},
    };
    return lbx_worker_main(&relay, argc, argv);
}

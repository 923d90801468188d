/* relay: publishes each outbox row, in order per request, at least once. */
#include "relay.h"
#include "sql_relay.h"
#include "worker/gauges.h"

static const struct lbx_rounds rounds = {
    .channel = "lockbox_outbox",
    .open = relay_open,
    .round = relay_round,
    .reconnected = relay_reconnected,
    .close = relay_close,
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {sql_relay_all, NULL};
    const struct lbx_worker_declaration relay = {
        .name = "relay",
        .summary = "Publishes each outbox row, in order per request, at least once",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .parts = {{&lbx_rounds_part, &rounds}, {&lbx_gauges_part, &sql_relay_gauges}},
    };
    return lbx_worker_main(&relay, argc, argv);
}

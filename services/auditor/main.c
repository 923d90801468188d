/* auditor: stores each record of each topic once, unchanged. */
#include "auditor.h"
#include "judge.h"
#include "publisher.h"
#include "signer.h"
#include "sql_auditor.h"
#include "store/leases.h"
#include "store/metrics.h"
#include "store/offsets.h"
#include "worker/gauges.h"

/* One lane works while the other waits for a COMMIT. */
enum { LANES = 2 };

static const struct auditor_source source = {
    .topics = {LBX_TOPIC_TICKETS, LBX_TOPIC_TENANTS, LBX_TOPIC_DECISIONS, LBX_TOPIC_ACCESSES,
               LBX_TOPIC_EVENTS, LBX_TOPIC_DEADLETTER, LBX_TOPIC_CHECKPOINTS, LBX_TOPIC_COUNT},
    /* More than a second's work: librdkafka 2.0.2 pauses for a second when its queue is full.
     * From 2.2 on, a twentieth would do. */
    .queue_kb = 53248 / LANES,
};

static struct lbx_metric breaches = {
    .type = LBX_GAUGE,
    .name = "breaches",
    .help = "Records of events and accesses that cannot be what happened, by why",
    .label = "why",
    .asked = true,
};
static const struct lbx_gauges gauges = {
    .sql = &sql_auditor_breaches,
    .metrics = (struct lbx_metric *const[]){&breaches, NULL},
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements,
                                                       lbx_leases_statements, sql_auditor_all,
                                                       lbx_models_statements, NULL};
    const struct lbx_worker_declaration auditor = {
        .name = "auditor",
        .summary = "Keeps every record of every topic, once each, in the audit store",
        .database = LBX_DATABASE_AUDIT,
        .statements = statements,
        .metrics = (struct lbx_metric *const[]){&lbx_published_metric, &auditor_judged_metric,
                                                &auditor_unjudged_metric, &lbx_unreadable_metric,
                                                &lbx_left_out_metric, NULL},
        .check = auditor_signer_open,
        .parts = {{&auditor_part, &source, .in_every_lane = true},
                  {&lbx_rounds_part, &auditor_publisher},
                  {&lbx_rounds_part, &auditor_judge},
                  {&lbx_gauges_part, &gauges}},
        .lanes = LANES,
    };
    return lbx_worker_main(&auditor, argc, argv);
}

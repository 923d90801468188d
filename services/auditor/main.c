/* auditor: keeps every record of every topic, once each, as it was. */
#include "auditor.h"
#include "publisher.h"
#include "signer.h"
#include "sql_auditor.h"
#include "store/offsets.h"

/* While one waits for the database's log, the other works. */
enum { LANES = 2 };

static const struct lbx_consume consume = {
    .topics = {LBX_TOPIC_TICKETS, LBX_TOPIC_TENANTS, LBX_TOPIC_DECISIONS, LBX_TOPIC_ACCESSES,
               LBX_TOPIC_EVENTS, LBX_TOPIC_DEADLETTER, LBX_TOPIC_CHECKPOINTS, LBX_TOPIC_COUNT},
    .queue_kb = 53248 / LANES, /* more than librdkafka 2.0.2 pauses for when it is full: a second */
    .append = {auditor_append_read, auditor_append_write, auditor_append_done},
    .committed = auditor_committed,
    .tend = {auditor_sign_read, auditor_sign_write},
    .tend_every_us = auditor_sign_every_us,
    .kept_size = sizeof(struct auditor_kept),
    .drop_kept = auditor_drop_kept,
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, sql_auditor_all,
                                                       lbx_models_statements, NULL};
    const struct lbx_worker_declaration auditor = {
        .name = "auditor",
        .summary = "Keeps every record of every topic, once each, in the audit store",
        .database = LBX_DATABASE_AUDIT,
        .statements = statements,
        .check = auditor_signer_open,
        .parts = {{&lbx_consume_part, &consume, .in_every_lane = true},
                  {&lbx_rounds_part, &auditor_publisher}},
        .lanes = LANES,
    };
    return lbx_worker_main(&auditor, argc, argv);
}

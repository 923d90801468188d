/* requester: turns a ticket's access request into a lockbox request, or refuses it with a reason. */
#include "requester.h"
#include "sql_requester.h"
#include "store/limits.h"

static const struct lbx_events events = {
    .topics = {LBX_TOPIC_TENANTS, LBX_TOPIC_TICKETS, LBX_TOPIC_COUNT},
    .load = requester_load,
    .decide = requester_decide,
    .save = requester_save,
};

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_requester_all, NULL};
    const struct lbx_worker_declaration requester = {
        .name = "requester",
        .summary =
            "Turns a ticket's access request into a lockbox request, or refuses it with a reason",
        .database = LBX_DATABASE_LOCKBOX,
        .check = lbx_limits_check,
        .statements = statements,
        .metrics = requester_metrics,
        .parts = {{&lbx_events_part, &events}},
    };
    return lbx_worker_main(&requester, argc, argv);
}

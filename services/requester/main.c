/* requester: makes a request of each access request of a ticket, or refuses it with a reason. */
#include "requester.h"
#include "sql_requester.h"
#include "store/limits.h"

static enum lbx_err check(const struct lbx_settings *settings) {
    enum lbx_err err = lbx_limits_check(settings);
    return err == LBX_OK ? emergencies_check(settings) : err;
}

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_requester_all, NULL};
    const struct lbx_worker_declaration requester = {
        .name = "requester",
        .summary =
            "Turns a ticket's access request into a lockbox request, or refuses it with a reason",
        .database = LBX_DATABASE_LOCKBOX,
        .check = check,
        .statements = statements,
        .metrics = requester_metrics,
        .parts = {{&lbx_events_part, &requester_events}},
    };
    return lbx_worker_main(&requester, argc, argv);
}

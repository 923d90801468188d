/* notification list: the ledger of mails. */
#include "ctl.h"

#include "sql_ctl.h"

enum ctl_exit ctl_notification_list(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"queued_at", CTL_CELL_TIME},
        {"request_id"},
        {"kind"},
        {"recipient"},
        {"state", CTL_CELL_STATE},
        {"attempts", CTL_CELL_NUMBER},
        {"finished_at", CTL_CELL_TIME},
        {"next_attempt_at", CTL_CELL_TIME, .wide = true},
        {"smtp_code", CTL_CELL_NUMBER},
        {"smtp_reply", .wide = true},
        {"notification_id", .wide = true},
        {"version", CTL_CELL_NUMBER, .wide = true},
        {"audience", .wide = true},
        {"message_id", .wide = true},
        {"tenant_id", .wide = true},
    };
    int64_t limit;
    const char *request = ctl->options[CTL_REQUEST];
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit) ||
        (request && !ctl_request_id_is_valid(request)))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, &sql_ctl_notification_list, &pg, request,
                                 lbx_arena_printf(&ctl->arena, "%lld", (long long)limit));
    if (code == CTL_DONE)
        CTL_PRINT_ANSWER(ctl, pg, columns, limit);
    return code;
}

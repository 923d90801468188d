/* notification list and notification retry: the ledger of mails. A retry makes mails due at once;
 * the notifier sends them. Nothing is sent from here.
 */
#include "commands.h"

#include "arguments.h"
#include "base/uuid.h"
#include "database.h"
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
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_notification_list, &pg,
                                 .request_id = request, .most = limit);
    if (code == CTL_DONE)
        CTL_PRINT_ANSWER(ctl, pg, ctl_notification_list, columns, limit);
    return code;
}

/* ---- retry ---- */

static bool read_ids(const struct ctl *ctl, struct lbx_rows *ids) {
    for (size_t i = 0; ctl->rest[i]; i++) {
        if (!lbx_uuid_valid(ctl->rest[i])) {
            ctl_fail(CTL_USAGE,
                     "not a notification id: %s; it is a UUID in lower case, as notification list "
                     "-o json prints it",
                     ctl->rest[i]);
            return false;
        }
        lbx_array_text(ids, ctl->rest[i]);
    }
    return true;
}

static enum ctl_exit retry(struct ctl *ctl, struct lbx_rows *ids) {
    static const struct ctl_column columns[] = {{"notification_id"}, {"recipient"}};
    const char *request = ctl->options[CTL_REQUEST];
    struct lbx_pg *pg CTL_PG = NULL;
    if (!read_ids(ctl, ids) || (request && !ctl_request_id_is_valid(request)))
        return CTL_USAGE;
    if (!ctl->rest[0] && !request)
        return ctl_fail(CTL_USAGE, "which mails? It takes ids, or --request");
    enum ctl_exit code =
        CTL_ASK(ctl, &ctl_lockbox, ctl_notification_retry, &pg, .ids = ids, .request_id = request);
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO,
                        "no mail among these was given up or waits: lockboxctl notification "
                        "list shows their states");
    CTL_PRINT_ANSWER(ctl, pg, ctl_notification_retry, columns, 0);
    return CTL_DONE;
}

enum ctl_exit ctl_notification_retry(struct ctl *ctl) {
    struct lbx_rows ids LBX_CLEANUP(lbx_rows_done) = {0};
    return retry(ctl, &ids);
}

/* notification list and notification retry: the ledger of mails. A retry makes mails due at
 * once; the notifier sends them. Fails as the database. */
#include "commands.h"

#include "arguments.h"
#include "base/uuid.h"
#include "database.h"
#include "sql_ctl.h"

#include <string.h>

static bool mail_state_is_valid(const char *state) {
    static const char *const states[] = {"queued", "sending", "sent", "deferred", "failed"};
    for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], state) == 0)
            return true;
    if (state)
        ctl_fail(CTL_USAGE, "--state takes one of queued, sending, sent, deferred, failed, not %s",
                 state);
    return !state;
}

/* Prints what to do about mails that were given up. */
static void say_given_up(const struct ctl *ctl, const struct lbx_pg *pg) {
    size_t count = 0;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++)
        count += strcmp(LBX_PG_READ(pg, 0, row, ctl_notification_list, NULL).state, "failed") == 0;
    if (count && ctl->format == CTL_TABLE)
        ctl_fail(
            CTL_DONE,
            "given up: %zu. Once smtp_reply's cause is mended, notification retry NOTIFICATION_ID or --request ID "
            "sends them",
            count);
}

enum ctl_exit ctl_notification_list(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"state", CTL_CELL_STATE},
        {"kind"},
        {"recipient"},
        {"notification_id", .fits = true},
        {"queued_at", CTL_CELL_TIME, .fits = true},
        {"attempts", CTL_CELL_NUMBER, .fits = true},
        {"next_attempt_at", CTL_CELL_TIME, .fits = true},
        {"finished_at", CTL_CELL_TIME, .fits = true},
        {"request_id", .fits = true},
        {"smtp_code", CTL_CELL_NUMBER, .wide = true},
        {"smtp_reply", .cut = true},
        {"version", CTL_CELL_NUMBER, .wide = true},
        {"audience", .wide = true},
        {"message_id", .wide = true},
        {"tenant_id", .wide = true},
    };
    int64_t limit;
    const char *request = ctl->options[CTL_REQUEST], *state = ctl->options[CTL_STATE];
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit) || !mail_state_is_valid(state) ||
        (request && !ctl_request_id_is_valid(request)))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_notification_list, &pg,
                                 .request_id = request, .state = state, .most = limit);
    if (code != CTL_DONE)
        return code;
    CTL_PRINT_ANSWER(ctl, pg, ctl_notification_list, columns, limit);
    say_given_up(ctl, pg);
    return CTL_DONE;
}

/* ---- retry ---- */

static bool read_ids(const struct ctl *ctl, struct lbx_pg_arrays *ids) {
    for (size_t i = 0; ctl->rest[i]; i++) {
        if (!lbx_uuid_valid(ctl->rest[i])) {
            ctl_fail(CTL_USAGE,
                     "not a notification id: %s; it is a UUID in lower case, as notification list "
                     "-o json prints it",
                     ctl->rest[i]);
            return false;
        }
        lbx_pg_array_text(ids, ctl->rest[i]);
    }
    return true;
}

static enum ctl_exit retry(struct ctl *ctl, struct lbx_pg_arrays *ids) {
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
    struct lbx_pg_arrays ids LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    return retry(ctl, &ids);
}

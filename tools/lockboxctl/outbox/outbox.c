/* outbox list and outbox drop: events that Kafka refuses for good. A drop is one statement of
 * the database, which stores the row, who dropped it, and why. Fails as ctl_ask. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "sql_ctl.h"

#include <stdio.h>
#include <string.h>

enum ctl_exit ctl_outbox_list(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"id"},    {"created_at", CTL_CELL_TIME}, {"key"}, {"type"}, {"refused_at", CTL_CELL_TIME},
        {"error"}, {"event_id", .wide = true},
    };
    int64_t limit;
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_outbox_list, &pg, .most = limit);
    if (code == CTL_DONE)
        CTL_PRINT_ANSWER(ctl, pg, ctl_outbox_list, columns, limit);
    return code;
}

static bool id_is_valid(const char *id) {
    if (*id && strlen(id) <= 18 && strspn(id, "0123456789") == strlen(id))
        return true;
    ctl_fail(CTL_USAGE, "not an id of the outbox: %s; see lockboxctl outbox list", id);
    return false;
}

enum ctl_exit ctl_outbox_drop(struct ctl *ctl) {
    struct lbx_principal by;
    struct lbx_pg *pg CTL_PG = NULL;
    const char *id = ctl->args[0], *reason = ctl->options[CTL_REASON];
    if (!id_is_valid(id) || !ctl_read_by(ctl, &by))
        return CTL_USAGE;
    if (!*reason)
        return ctl_fail(CTL_USAGE, "--reason takes text");
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_outbox_drop, &pg, .id = id,
                                 .operator_id = by.id, .reason = reason);
    if (code != CTL_DONE)
        return code;
    if (!LBX_PG_READ(pg, 0, 0, ctl_outbox_drop, NULL).dropped)
        return ctl_fail(CTL_NO, "Kafka refuses no event of the id %s; see lockboxctl outbox list",
                        id);
    printf("%s dropped\n", id);
    return CTL_DONE;
}

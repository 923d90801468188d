/* offsets accept: accepts what the workers found after a restore of a database, by one statement
 * in each. The databases store who accepted it and why. Fails as ctl_ask; exit code 1 where no
 * worker found anything. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "sql_ctl.h"

#include <string.h>

static bool is_chosen(const struct ctl *ctl, const struct ctl_database *database) {
    const char *only = ctl->options[CTL_ONLY];
    return !only || strcmp(only, database->name) == 0;
}

static enum ctl_exit accept_in(struct ctl *ctl, const struct ctl_database *database,
                               const struct lbx_principal *by, size_t *accepted) {
    static const struct ctl_column columns[] = {
        {"consumer"}, {"topic"}, {"partition"}, {"next_offset"}, {"committed_offset"}};
    struct lbx_pg *pg CTL_PG = NULL;
    const enum ctl_exit code = CTL_ASK(ctl, database, ctl_offsets_accept, &pg,
                                       .operator_id = by->id, .reason = ctl->options[CTL_REASON]);
    if (code != CTL_DONE)
        return code;
    *accepted += lbx_pg_row_count(pg, 0);
    if (lbx_pg_row_count(pg, 0) > 0)
        CTL_PRINT_ANSWER(ctl, pg, ctl_offsets_accept, columns, INT64_MAX);
    return CTL_DONE;
}

enum ctl_exit ctl_offsets_accept(struct ctl *ctl) {
    static const struct ctl_database *const databases[] = {&ctl_lockbox, &ctl_audit};
    struct lbx_principal by;
    size_t chosen = 0, accepted = 0;
    if (!ctl_read_by(ctl, &by))
        return CTL_USAGE;
    if (!*ctl->options[CTL_REASON])
        return ctl_fail(CTL_USAGE, "--reason takes text");
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        if (!is_chosen(ctl, databases[i]))
            continue;
        chosen++;
        const enum ctl_exit code = accept_in(ctl, databases[i], &by, &accepted);
        if (code != CTL_DONE)
            return code;
    }
    if (chosen == 0)
        return ctl_fail(CTL_USAGE, "--only takes lockbox or audit, not %s", ctl->options[CTL_ONLY]);
    return accepted > 0 ? CTL_DONE
                        : ctl_fail(CTL_NO, "no worker has found that a database was set back");
}

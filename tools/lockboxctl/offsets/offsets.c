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

/* Adds what was accepted; the cells are the answer's. */
static enum ctl_exit accept_in(struct ctl *ctl, const struct ctl_database *database,
                               const struct lbx_principal *by, struct ctl_rows *rows,
                               struct lbx_pg **ret_pg) {
    const enum ctl_exit code = CTL_ASK(ctl, database, ctl_offsets_accept, ret_pg,
                                       .operator_id = by->id, .reason = ctl->options[CTL_REASON]);
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(*ret_pg, 0); row++) {
        const char *cells[LBX_PARAMS_MAX];
        for (size_t i = 0; i < rows->column_count; i++)
            cells[i] = lbx_pg_cell(*ret_pg, 0, row,
                                   lbx_sql_answer(&sql_ctl_offsets_accept, rows->columns[i].name));
        ctl_rows_add(rows, cells);
    }
    return code;
}

/* Prints what was accepted in the first database, also if the second one fails. */
static enum ctl_exit accept_all(struct ctl *ctl, const struct lbx_principal *by) {
    static const struct ctl_column columns[] = {{"consumer"},
                                                {"topic"},
                                                {"partition", CTL_CELL_NUMBER},
                                                {"next_offset", CTL_CELL_NUMBER},
                                                {"committed_offset", CTL_CELL_NUMBER}};
    struct lbx_pg *lockbox CTL_PG = NULL, *audit CTL_PG = NULL;
    struct ctl_rows rows CTL_ROWS;
    enum ctl_exit code = CTL_DONE;
    CTL_ROWS_INIT(&rows, columns);
    if (is_chosen(ctl, &ctl_lockbox))
        code = accept_in(ctl, &ctl_lockbox, by, &rows, &lockbox);
    if (code == CTL_DONE && is_chosen(ctl, &ctl_audit))
        code = accept_in(ctl, &ctl_audit, by, &rows, &audit);
    if (rows.row_count > 0 || (code == CTL_DONE && ctl->format != CTL_TABLE))
        ctl_rows_print(&rows, ctl->format);
    return code == CTL_DONE && rows.row_count == 0
               ? ctl_fail(CTL_NO, "no worker has found that a database was set back")
               : code;
}

enum ctl_exit ctl_offsets_accept(struct ctl *ctl) {
    struct lbx_principal by;
    if (!ctl_read_by(ctl, &by))
        return CTL_USAGE;
    if (!*ctl->options[CTL_REASON])
        return ctl_fail(CTL_USAGE, "--reason takes text");
    if (!is_chosen(ctl, &ctl_lockbox) && !is_chosen(ctl, &ctl_audit))
        return ctl_fail(CTL_USAGE, "--only takes lockbox or audit, not %s", ctl->options[CTL_ONLY]);
    return accept_all(ctl, &by);
}

/* Connects to the two databases, and runs single statements. Fails with a line on standard error
 * that names the setting; exit codes distinguish an unreachable database from an error of its
 * own. */
#include "database.h"

static const char *lockbox_url(const struct lbx_settings *settings) {
    return settings->database_url;
}

static const char *audit_url(const struct lbx_settings *settings) {
    return settings->audit_database_url;
}

const struct ctl_database ctl_lockbox = {"lockbox", "LOCKBOX_DATABASE_URL", lockbox_url, "lockbox"};
const struct ctl_database ctl_audit = {"audit", "LOCKBOX_AUDIT_DATABASE_URL", audit_url, "audit"};
const struct ctl_database ctl_audit_catalogue = {"audit", "LOCKBOX_AUDIT_DATABASE_URL", audit_url,
                                                 "pg_catalog"};

enum ctl_exit ctl_connect(const struct ctl *ctl, const struct ctl_database *database,
                          const struct lbx_sql *const *statements, struct lbx_pg **ret_pg) {
    const struct lbx_sql *const *const lists[] = {statements, NULL};
    const struct lbx_pg_options options = {
        .url = database->url(&ctl->settings),
        .application = "lockboxctl",
        .search_path = database->schema,
    };
    if (lbx_pg_check(options.url) != LBX_OK)
        return ctl_fail(CTL_USAGE, "%s is no libpq connection string", database->setting);
    if (!ctl->settings.allow_plaintext && lbx_pg_check_private(options.url) != LBX_OK)
        return ctl_fail(CTL_USAGE,
                        "%s needs sslmode=verify-full for another machine, or "
                        "LOCKBOX_ALLOW_PLAINTEXT=yes",
                        database->setting);
    enum lbx_err err = lbx_pg_open(&options, lists, ret_pg);
    if (err == LBX_OK)
        return CTL_DONE;
    if (err == LBX_ERR_UNAVAILABLE)
        return ctl_fail(CTL_UNREACHABLE, "the %s database cannot be reached: check %s",
                        database->name, database->setting);
    return ctl_fail(CTL_NO,
                    "the %s database refuses the question: its schema is of another version "
                    "(lockboxctl db status), or the role in %s may not read this",
                    database->name, database->setting);
}

enum ctl_exit ctl_statement_failed(const struct ctl_database *database, enum lbx_err err) {
    if (err == LBX_ERR_UNAVAILABLE)
        return ctl_fail(CTL_UNREACHABLE,
                        "the %s database is busy, gone, or read-only as a standby is: try again",
                        database->name);
    return ctl_fail(CTL_NO, "the %s database refused a statement of %s", database->name,
                    database->setting);
}

enum ctl_exit ctl_ask(const struct ctl *ctl, const struct ctl_database *database,
                      const struct lbx_sql *question, const void *params, struct lbx_pg **ret_pg) {
    const struct lbx_sql *const statements[] = {question, NULL};
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, question, params);
    enum ctl_exit code = ctl_connect(ctl, database, statements, ret_pg);
    if (code != CTL_DONE)
        return code;
    enum lbx_err err = lbx_pg_run(*ret_pg, &calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(database, err);
}

void ctl_print_answer(const struct ctl *ctl, const struct lbx_pg *pg,
                      const struct lbx_sql *question, const struct ctl_column *columns,
                      size_t column_count, int64_t limit) {
    struct ctl_rows rows CTL_ROWS;
    ctl_rows_init(&rows, columns, column_count);
    size_t count = lbx_pg_row_count(pg, 0);
    for (size_t row = 0; row < count; row++) {
        const char *cells[LBX_PARAMS_MAX];
        for (size_t column = 0; column < column_count; column++)
            cells[column] = lbx_pg_cell(pg, 0, row, lbx_sql_answer(question, columns[column].name));
        ctl_rows_add(&rows, cells);
    }
    ctl_rows_print(&rows, ctl->format);
    if (limit && count == (size_t)limit && !ctl->options[CTL_WATCH])
        ctl_fail(CTL_DONE, "these are the newest %lld; --limit N shows more", (long long)limit);
}

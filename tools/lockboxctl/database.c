/* The two databases, as every command reaches them. */
#include "ctl.h"

static const char *lockbox_url(const struct lbx_settings *settings) {
    return settings->database_url;
}

static const char *audit_url(const struct lbx_settings *settings) {
    return settings->audit_database_url;
}

const struct ctl_database ctl_lockbox = {"lockbox", "LOCKBOX_DATABASE_URL", lockbox_url, "lockbox"};
const struct ctl_database ctl_audit = {"audit", "LOCKBOX_AUDIT_DATABASE_URL", audit_url, "audit"};

enum ctl_exit ctl_connect(const struct ctl *ctl, const struct ctl_database *database,
                          const struct lbx_sql *const *statements, struct lbx_pg **ret_pg) {
    const struct lbx_sql *const *const lists[] = {statements, NULL};
    enum lbx_err err =
        lbx_pg_open(database->url(&ctl->settings), "lockboxctl", database->schema, lists, ret_pg);
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
        return ctl_fail(CTL_UNREACHABLE, "the %s database is busy or gone: try again",
                        database->name);
    return ctl_fail(CTL_NO, "the %s database refused a statement of %s", database->name,
                    database->setting);
}

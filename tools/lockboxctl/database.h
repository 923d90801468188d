/* The two databases, for commands. */
#ifndef LOCKBOXCTL_DATABASE_H
#define LOCKBOXCTL_DATABASE_H

#include "command.h"
#include "io/pg.h"

struct ctl_database {
    const char *name;    /* as in messages and --only */
    const char *setting; /* name of the setting with its URL */
    const char *(*url)(const struct lbx_settings *settings);
    const char *schema;
};

/* ctl_audit_catalogue: the audit database with a search_path of pg_catalog only. */
extern const struct ctl_database ctl_lockbox, ctl_audit, ctl_audit_catalogue;

/* Connects, and prepares statements. Prints errors. */
enum ctl_exit ctl_connect(const struct ctl *ctl, const struct ctl_database *database,
                          const struct lbx_sql *const *statements, struct lbx_pg **ret_pg);

/* Prints that a statement failed, and returns the exit code; the library has logged why. */
enum ctl_exit ctl_statement_failed(const struct ctl_database *database, enum lbx_err err);

/* Runs one statement on a connection of its own, for commands with a single query. */
enum ctl_exit ctl_ask(const struct ctl *ctl, const struct ctl_database *database,
                      const struct lbx_sql *question, const void *params, struct lbx_pg **ret_pg);
#define CTL_ASK(ctl, database, statement, ret_pg, ...)                                             \
    ctl_ask((ctl), (database), &sql_##statement,                                                   \
            &(const struct sql_##statement##_params){__VA_ARGS__}, (ret_pg))

/* Prints the rows of ctl_ask's answer, by the columns' names. Notes if there are as many rows as
 * the limit. */
void ctl_print_answer(const struct ctl *ctl, const struct lbx_pg *pg,
                      const struct lbx_sql *question, const struct ctl_column *columns,
                      size_t column_count, int64_t limit);
#define CTL_PRINT_ANSWER(ctl, pg, statement, columns, limit)                                       \
    ctl_print_answer((ctl), (pg), &sql_##statement, (columns),                                     \
                     sizeof(columns) / sizeof *(columns), (limit))

LBX_DEFINE_CLEANUP(struct lbx_pg *, pg, lbx_pg_close)
#define CTL_PG LBX_CLEANUP(lbx_cleanup_pg)

#endif

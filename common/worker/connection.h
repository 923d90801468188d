/* A lane's database connection: opened again with backoff after it broke, and only on a schema
 * that fits. */
#ifndef LBX_WORKER_CONNECTION_H
#define LBX_WORKER_CONNECTION_H

#include "worker/worker.h"

struct lbx_connection {
    const struct lbx_worker_declaration *declaration;
    struct lbx_backoff backoff;
    int64_t retry_us;  /* when the next attempt is due, while there is no connection */
    const char *why;   /* why the last attempt failed: static text; NULL: not known */
    bool schema_older; /* at the last attempt, the schema was older than this program */
    bool bound_lower;  /* likewise: the database's bound was below LOCKBOX_GRANT_TTL_MAX */
};

extern struct lbx_metric *const lbx_connection_metrics[];

/* Checks that libpq can parse the worker's URL. LBX_ERR_INVALID: it cannot; the setting is
 * logged. Called at the start, as waiting would not help. */
enum lbx_err lbx_connection_check(const struct lbx_connection *connection,
                                  const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Opens worker->pg where it is NULL and an attempt is due. LBX_ERR_CONFLICT: the schema is newer
 * than this program, which is logged once. Any other failure is tried again later. */
enum lbx_err lbx_connection_keep(struct lbx_connection *connection, struct lbx_worker *worker)
    LBX_MUST_CHECK;

/* Opens a session with lbx_pg_open and the worker's deadlines, on a primary. Its waits end
 * within three seconds once the worker is to stop. */
enum lbx_err lbx_connection_open(const struct lbx_worker *worker, const char *url,
                                 const char *application, const char *search_path,
                                 lbx_sql_lists lists, struct lbx_pg **ret_pg) LBX_MUST_CHECK;

/* Closes the connection, which is known to be broken. */
void lbx_connection_lost(struct lbx_connection *connection, struct lbx_worker *worker);

/* Reads from the idle connection, whose socket is readable: a notification came, or the connection ended. */
void lbx_connection_readable(struct lbx_connection *connection, struct lbx_worker *worker);

#endif

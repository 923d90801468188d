/* A lane's database connection, as its loop keeps it: opened anew when it broke, with backoff, and
 * only on a schema that fits.
 */
#ifndef LBX_WORKER_CONNECTION_H
#define LBX_WORKER_CONNECTION_H

#include "worker/worker.h"

struct lbx_connection {
    const struct lbx_worker_declaration *declaration;
    struct lbx_backoff backoff;
    int64_t retry_us;  /* when to try again, while there is no connection */
    const char *why;   /* there is none, of the last try: static text; NULL: not known */
    bool schema_older; /* the database's, than this program, when last looked at */
    bool bound_lower;  /* the database's, than LOCKBOX_GRANT_TTL_MAX, likewise */
};

extern struct lbx_metric *const lbx_connection_metrics[];

/* Whether libpq can read the worker's URL: LBX_ERR_INVALID names the setting where it cannot. For
 * the start: waiting would not mend it. */
enum lbx_err lbx_connection_check(const struct lbx_connection *connection,
                                  const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Opens worker->pg where there is none and it is time to. LBX_ERR_CONFLICT: the database's schema
 * is newer than this program, which is logged once; all else is waited out. */
enum lbx_err lbx_connection_keep(struct lbx_connection *connection, struct lbx_worker *worker)
    LBX_MUST_CHECK;

/* A worker's session on a database: lbx_pg_open with its deadlines, asking for a server that writes. Its waits end soon
 * once the worker is to stop. */
enum lbx_err lbx_connection_open(const struct lbx_worker *worker, const char *url,
                                 const char *application, const char *search_path,
                                 lbx_sql_lists lists, struct lbx_pg **ret_pg) LBX_MUST_CHECK;

/* The connection is known to be broken: closes it. */
void lbx_connection_lost(struct lbx_connection *connection, struct lbx_worker *worker);

/* The idle connection is readable: that is a notification, or its end. */
void lbx_connection_readable(struct lbx_connection *connection, struct lbx_worker *worker);

#endif

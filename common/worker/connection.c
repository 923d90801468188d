/* Opens a lane's database connection, and closes it when it broke.
 *
 * Promises that no statement runs on a schema that does not fit this program. Fails: an
 * unreachable database is tried again with backoff; a schema newer than the program ends the
 * worker. */
#include "worker/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/schema.h"

#include <stdatomic.h>
#include <stdio.h>

enum { STATEMENT_TIMEOUT_S = 20 };

static atomic_bool told_newer; /* every lane finds the newer schema, and one logs it */

static struct lbx_metric database_up = {
    .type = LBX_GAUGE, .name = "database_up", .help = "Database connections"};
static struct lbx_metric database_lost = {.name = "database_lost_total",
                                          .help = "Database connections that broke"};
struct lbx_metric *const lbx_connection_metrics[] = {&database_up, &database_lost, NULL};

void lbx_connection_lost(struct lbx_connection *connection, struct lbx_worker *worker) {
    lbx_pg_close(worker->pg);
    worker->pg = NULL;
    lbx_metric_set(&database_up, worker->lane, 0);
    lbx_metric_add(&database_lost, 1);
    connection->retry_us = lbx_monotonic_us() + lbx_backoff_next_us(&connection->backoff);
}

void lbx_connection_readable(struct lbx_connection *connection, struct lbx_worker *worker) {
    bool any;
    if (lbx_pg_notified(worker->pg, &any) != LBX_OK)
        lbx_connection_lost(connection, worker);
    else
        worker->notified |= any;
}

static bool is_auditing(const struct lbx_connection *connection) {
    return connection->declaration->database == LBX_DATABASE_AUDIT;
}

static const char *url_of(const struct lbx_connection *connection,
                          const struct lbx_settings *settings) {
    return is_auditing(connection) ? settings->audit_database_url : settings->database_url;
}

/* Refuses to start where LOCKBOX_GRANT_TTL_MAX is above the database's bound, as the database would refuse single records later. */
static enum lbx_err fit_bound(struct lbx_connection *connection, const struct lbx_worker *worker,
                              struct lbx_pg *pg) {
    bool fits = true;
    enum lbx_err err = lbx_schema_bound_check(pg, worker->settings.grant_ttl_max, &fits);
    bool lower = err == LBX_OK && !fits;
    if (lower && !connection->bound_lower && worker->lane == 0)
        lbx_log(
            LBX_LOG_ERROR,
            "LOCKBOX_GRANT_TTL_MAX is longer than the database lets access last: run lockboxctl "
            "db migrate with it");
    connection->bound_lower = lower;
    return lower ? LBX_ERR_UNAVAILABLE : err;
}

static enum lbx_err fit_schema(struct lbx_connection *connection, const struct lbx_worker *worker,
                               struct lbx_pg *pg) {
    int64_t known = is_auditing(connection) ? lbx_audit_schema_version : lbx_lockbox_schema_version;
    int64_t found = 0;
    enum lbx_schema_fit fit = LBX_SCHEMA_FITS;
    enum lbx_err err = lbx_schema_check(pg, known, &fit, &found);
    bool older = err == LBX_OK && fit == LBX_SCHEMA_OLDER;
    if (older && !connection->schema_older && worker->lane == 0)
        lbx_log(LBX_LOG_ERROR,
                "the database's schema is older than this program: run lockboxctl db migrate",
                LBX_N("found", found), LBX_N("needed", known));
    connection->schema_older = older;
    if (older)
        return LBX_ERR_UNAVAILABLE;
    if (err == LBX_OK && fit == LBX_SCHEMA_NEWER) {
        if (!atomic_exchange(&told_newer, true))
            lbx_log(LBX_LOG_ERROR,
                    "the database's schema is newer, and not for this program: start the program's "
                    "version that fits",
                    LBX_N("found", found), LBX_N("known", known));
        return LBX_ERR_CONFLICT;
    }
    if (err == LBX_OK && !is_auditing(connection))
        err = fit_bound(connection, worker, pg);
    return err == LBX_OK ? lbx_pg_prepare(pg, connection->declaration->statements) : err;
}

static enum lbx_err open_saying(const struct lbx_worker *worker, const char *url,
                                const char *application, const char *search_path,
                                lbx_sql_lists lists, const char **ret_why, struct lbx_pg **ret_pg) {
    const struct lbx_pg_options options = {
        .why = ret_why,
        .url = url,
        .application = application,
        .search_path = search_path,
        .writes = true,
        .wake_fd = worker->signals,
        .patience_us = (STATEMENT_TIMEOUT_S + 5) * LBX_SECOND_US,
        .statement_timeout_s = STATEMENT_TIMEOUT_S,
    };
    return lbx_pg_open(&options, lists, ret_pg);
}

enum lbx_err lbx_connection_open(const struct lbx_worker *worker, const char *url,
                                 const char *application, const char *search_path,
                                 lbx_sql_lists lists, struct lbx_pg **ret_pg) {
    return open_saying(worker, url, application, search_path, lists, NULL, ret_pg);
}

static enum lbx_err open_pg(struct lbx_connection *connection, struct lbx_worker *worker) {
    static const struct lbx_sql *const *const none[] = {NULL};
    struct lbx_pg *pg;
    char application[64];
    snprintf(application, sizeof application, "lockbox-%s", worker->name);
    enum lbx_err err =
        open_saying(worker, url_of(connection, &worker->settings), application,
                    is_auditing(connection) ? "audit" : "lockbox", none, &connection->why, &pg);
    if (err == LBX_OK && (err = fit_schema(connection, worker, pg)) != LBX_OK)
        lbx_pg_close(pg);
    if (err == LBX_OK)
        worker->pg = pg;
    return err;
}

enum lbx_err lbx_connection_keep(struct lbx_connection *connection, struct lbx_worker *worker) {
    if (worker->pg && (!lbx_pg_alive(worker->pg) || !lbx_pg_fits(worker->pg)))
        lbx_connection_lost(connection, worker);
    if (worker->pg || lbx_monotonic_us() < connection->retry_us)
        return LBX_OK;
    enum lbx_err err = open_pg(connection, worker);
    if (err != LBX_OK) {
        connection->retry_us = lbx_monotonic_us() + lbx_backoff_next_us(&connection->backoff);
        return err;
    }
    connection->backoff = (struct lbx_backoff){0};
    worker->pg_generation++;
    lbx_metric_set(&database_up, worker->lane, 1);
    lbx_log(LBX_LOG_INFO, "database connected", LBX_N("generation", worker->pg_generation));
    return LBX_OK;
}

enum lbx_err lbx_connection_check(const struct lbx_connection *connection,
                                  const struct lbx_settings *settings) {
    const char *url = url_of(connection, settings);
    const char *setting =
        is_auditing(connection) ? "LOCKBOX_AUDIT_DATABASE_URL" : "LOCKBOX_DATABASE_URL";
    if (lbx_pg_check(url) != LBX_OK)
        return lbx_settings_refuse(setting, "takes a libpq connection URI");
    if (!settings->allow_plaintext && lbx_pg_check_private(url) != LBX_OK)
        return lbx_settings_refuse(
            setting,
            "needs sslmode=verify-full for another machine, or LOCKBOX_ALLOW_PLAINTEXT=yes");
    return LBX_OK;
}

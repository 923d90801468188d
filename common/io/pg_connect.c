/* Connects to PostgreSQL: to the first of the URL's hosts that answers in time and is of the kind asked for.
 * Promises five seconds for each host (or the URL's connect_timeout), also for one that never answers, and
 * the same options for each session. Fails with LBX_ERR_UNAVAILABLE, logged without the URL. */
#include "io/pg_session.h"

#include "base/log.h"
#include "base/text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_WITHIN_US (5 * LBX_SECOND_US)
enum { KEYS = 16, ITEM_SIZE = 512 };

static const char away[] = "there is no connection to it";
static const char silent[] = "it does not answer";
static const char read_only[] = "it is read-only";
static const char standby[] = "a standby answers, which does not write";

/* ---- notices ---- */

/* Finds the warning of a COMMIT that no standby confirmed: the server then answers as for a confirmed one. The function's name
 * identifies it (PostgreSQL, src/backend/replication/syncrep.c), as the message is in the server's language. */
static void on_notice(void *context, const PGresult *notice) {
    struct lbx_pg *pg = context;
    const char *from = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    pg->only_local |= from && strcmp(from, "SyncRepWaitForLSN") == 0;
    if (severity && strcmp(severity, "WARNING") == 0)
        lbx_log(LBX_LOG_WARN, "the database warns", LBX_S("warning", message ? message : ""));
}

/* ---- hosts ---- */

/* A connection parameter from the URL or the environment; NULL: in neither. */
static const char *option(const PQconninfoOption *options, const char *keyword) {
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : options->envvar ? getenv(options->envvar) : NULL;
    return NULL;
}

static size_t count_of(const char *list) {
    size_t count = list && *list;
    for (; list && (list = strchr(list, ',')); list++)
        count++;
    return count;
}

/* The i-th item of a comma-separated list, or its only item; "" is libpq's default. */
static const char *item_of(const char *list, size_t i, char into[ITEM_SIZE]) {
    if (count_of(list) == 1)
        i = 0;
    for (; list && i > 0; i--)
        list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    snprintf(into, ITEM_SIZE, "%.*s", list ? (int)strcspn(list, ",") : 0, list ? list : "");
    return into;
}

/* A connection parameter from the URL alone. */
static const char *explicit_option(const PQconninfoOption *options, const char *keyword) {
    while (options->keyword && strcmp(options->keyword, keyword) != 0)
        options++;
    return options->keyword ? options->val : NULL;
}

/* A service file is refused: it may name any host, and has precedence over the environment. */
enum lbx_err lbx_pg_check_private(const char *url) {
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    const char *hosts = options ? option(options, "host") : NULL;
    const bool by_service = options && option(options, "service");
    const char *mode = !options     ? NULL
                       : by_service ? explicit_option(options, "sslmode")
                                    : option(options, "sslmode");
    bool is_private = options && !by_service;
    char host[ITEM_SIZE];
    if (options && option(options, "hostaddr"))
        hosts = option(options, "hostaddr");
    for (size_t i = 0; i < count_of(hosts); i++) {
        item_of(hosts, i, host);
        is_private &= !*host || *host == '/' || lbx_is_loopback(host, strlen(host));
    }
    is_private |= mode && strcmp(mode, "verify-full") == 0;
    PQconninfoFree(options);
    return is_private ? LBX_OK : LBX_ERR_REFUSED;
}

/* ---- one host ---- */

struct parameters {
    const char *keys[KEYS], *values[KEYS];
    size_t count;
};

/* Adds a parameter. Later ones take precedence. */
static void set(struct parameters *parameters, const char *key, const char *value) {
    parameters->keys[parameters->count] = key;
    parameters->values[parameters->count++] = value;
}

static bool await_connection(struct lbx_pg *pg) {
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        if (!lbx_pg_await(pg, next == PGRES_POLLING_READING ? POLLIN : POLLOUT))
            return false;
        next = PQconnectPoll(pg->conn);
    }
    return true;
}

static bool says(const struct lbx_pg *pg, const char *parameter, const char *value) {
    const char *found = PQparameterStatus(pg->conn, parameter);
    return found && strcmp(found, value) == 0;
}

/* Why the server is not a primary; NULL: it is. Reads what libpq tests (PostgreSQL 14 and later), for the reason. */
static const char *unfit(const struct lbx_pg *pg) {
    return !pg->asks_for_writes                              ? NULL
           : says(pg, "in_hot_standby", "on")                ? standby
           : says(pg, "default_transaction_read_only", "on") ? read_only
                                                             : NULL;
}

bool lbx_pg_fits(const struct lbx_pg *pg) {
    return !unfit(pg);
}

static enum lbx_err connect_one(struct lbx_pg *pg, const struct parameters *parameters,
                                int64_t within_us, const char **ret_why) {
    lbx_pg_begin_wait(pg, false);
    const int64_t deadline_us = lbx_monotonic_us() + within_us;
    if (pg->deadline_us > deadline_us)
        pg->deadline_us = deadline_us;
    pg->conn = PQconnectStartParams(parameters->keys, parameters->values, 1);
    PQsetNoticeReceiver(pg->conn, on_notice, pg); /* before any query */
    bool answered = !pg->conn || PQstatus(pg->conn) == CONNECTION_BAD || await_connection(pg);
    if (pg->conn && answered && PQstatus(pg->conn) == CONNECTION_OK &&
        PQsetnonblocking(pg->conn, 1) == 0) {
        *ret_why = unfit(pg);
    } else {
        *ret_why = answered ? away : silent;
    }
    if (!*ret_why)
        return LBX_OK;
    lbx_log(LBX_LOG_WARN, "no database connection",
            LBX_S("error", *ret_why != away && *ret_why != silent ? *ret_why
                           : !answered                            ? "the server does not answer"
                           : pg->conn                             ? PQerrorMessage(pg->conn)
                                                                  : "out of memory"));
    PQfinish(pg->conn);
    pg->conn = NULL;
    return LBX_ERR_UNAVAILABLE;
}

/* Writes the options of each session. No sequential scans: a plan prepared on an empty table would
 * keep its sequential scan until the next ANALYZE, and all statements have an index. No JIT: no
 * statement runs for long enough. The server ends a session whose client is gone within a minute. */
static void write_options(const struct lbx_pg_options *options, char *text, size_t size) {
    snprintf(text, size,
             "-c search_path=%s -c timezone=UTC -c datestyle=ISO -c statement_timeout=%ds "
             "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s "
             "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "
             "-c tcp_user_timeout=20s -c client_connection_check_interval=10s "
             "-c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan",
             options->search_path,
             options->statement_timeout_s ? options->statement_timeout_s : 60);
}

static enum lbx_err connect_each(struct lbx_pg *pg, const PQconninfoOption *parsed,
                                 const struct parameters *parameters, const char **ret_why) {
    char host[ITEM_SIZE], address[ITEM_SIZE], port[ITEM_SIZE];
    const char *hosts = option(parsed, "host"), *addresses = option(parsed, "hostaddr"),
               *ports = option(parsed, "port"), *wanted = option(parsed, "target_session_attrs"),
               *timeout = option(parsed, "connect_timeout");
    const int64_t timeout_us = timeout ? strtoll(timeout, NULL, 10) * LBX_SECOND_US : 0;
    const size_t count = count_of(addresses) ? count_of(addresses) : count_of(hosts);
    const bool one_by_one = count > 1 && (!wanted || strcmp(wanted, "prefer-standby") != 0);
    enum lbx_err err = LBX_ERR_UNAVAILABLE;
    for (size_t i = 0; err != LBX_OK && i < (one_by_one ? count : 1); i++) {
        struct parameters with = *parameters;
        if (one_by_one) {
            set(&with, "host", item_of(hosts, i, host));
            set(&with, "hostaddr", item_of(addresses, i, address));
            set(&with, "port", item_of(ports, i, port));
        }
        const char *why = NULL;
        err = connect_one(pg, &with, timeout_us > 0 ? timeout_us : CONNECT_WITHIN_US, &why);
        if (!*ret_why || why != away) /* of two hosts, the reason of the one that answered */
            *ret_why = why;
    }
    return err;
}

enum lbx_err lbx_pg_connect(struct lbx_pg *pg, const struct lbx_pg_options *options) {
    char text[768];
    struct parameters parameters = {0};
    PQconninfoOption *parsed = PQconninfoParse(options->url, NULL);
    if (!parsed)
        return LBX_ERR_UNAVAILABLE;
    write_options(options, text, sizeof text);
    set(&parameters, "options", text);
    set(&parameters, "keepalives_idle", "30");
    set(&parameters, "keepalives_interval", "10");
    set(&parameters, "keepalives_count", "3");
    set(&parameters, "tcp_user_timeout", "20000");
    set(&parameters, "fallback_application_name", options->application);
    const char *wanted = option(parsed, "target_session_attrs"), *why = NULL;
    pg->asks_for_writes = options->writes && (!wanted || strcmp(wanted, "read-write") == 0);
    set(&parameters, "dbname", options->url); /* overrides the parameters before it */
    if (pg->asks_for_writes)
        set(&parameters, "target_session_attrs", "any"); /* unfit() names the reason */
    enum lbx_err err = connect_each(pg, parsed, &parameters, &why);
    if (options->why)
        *options->why = why;
    PQconninfoFree(parsed);
    return err;
}

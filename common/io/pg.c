/* Runs prepared statements by libpq, in pipeline mode. Promises as pg.h says; pg_session.h has the deadlines.
 *
 * Fails with an unknown outcome where the connection broke during a COMMIT, or its answer did not come in
 * time. The caller opens a new connection, takes its partitions again, and reads the offsets that were
 * committed. */
#include "base/log.h"
#include "io/pg_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct lbx_sql lbx_sql_begin = {.name = "begin",
                                      .text = "BEGIN ISOLATION LEVEL READ COMMITTED"};
const struct lbx_sql lbx_sql_commit = {.name = "commit", .text = "COMMIT"};
static const struct lbx_sql *const edges[] = {&lbx_sql_begin, &lbx_sql_commit, NULL};

/* ---- failures ---- */

static enum lbx_err classify(const char *sqlstate) {
    static const char *const passing[] = {"08", "40", "53", "57", "58", "55P03", "25P03", "25006"};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (strncmp(sqlstate, passing[i], strlen(passing[i])) == 0)
            return LBX_ERR_UNAVAILABLE;
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0)
        return LBX_ERR_INVALID;
    return LBX_ERR_INTERNAL;
}

enum lbx_err lbx_pg_failed(struct lbx_pg *pg, const PGresult *result, const char *statement) {
    const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", sqlstate ? sqlstate : "08006");
    enum lbx_err err = lbx_pg_alive(pg) ? classify(pg->sqlstate) : LBX_ERR_UNAVAILABLE;
    lbx_log(err == LBX_ERR_UNAVAILABLE ? LBX_LOG_WARN : LBX_LOG_ERROR, "database statement failed",
            LBX_S("statement", statement), LBX_S("sqlstate", pg->sqlstate),
            LBX_S("error", message    ? message
                           : pg->lost ? "no answer in time"
                                      : "connection lost"));
    pg->lost |= pg->writes && strcmp(pg->sqlstate, "25006") == 0; /* a standby by now */
    return err;
}

/* ---- connection ---- */

static enum lbx_err prepare(struct lbx_pg *pg, const struct lbx_sql *const *list) {
    for (; *list; list++) {
        if (!PQsendPrepare(pg->conn, (*list)->name, (*list)->text, (*list)->type_count,
                           (*list)->types))
            return LBX_ERR_UNAVAILABLE;
        pg->result_count++;
    }
    return LBX_OK;
}

static enum lbx_err prepare_all(struct lbx_pg *pg, const struct lbx_sql *const *first,
                                lbx_sql_lists lists) {
    lbx_pg_begin_wait(pg, false);
    enum lbx_err err = prepare(pg, first);
    for (; err == LBX_OK && *lists; lists++)
        err = prepare(pg, *lists);
    if (err != LBX_OK || !PQpipelineSync(pg->conn))
        return LBX_ERR_UNAVAILABLE;
    size_t expected = pg->result_count;
    pg->result_count = 0;
    for (size_t i = 0; i <= expected; i++) {
        PGresult *result = lbx_pg_next(pg);
        ExecStatusType status = PQresultStatus(result);
        if (err == LBX_OK && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
            err = lbx_pg_failed(pg, result, "prepare");
        PQclear(result);
        if (i < expected)
            PQclear(lbx_pg_next(pg));
        if (!lbx_pg_alive(pg))
            return LBX_ERR_UNAVAILABLE;
    }
    return err;
}

/* Whether every port is a number. A password with a slash or colon can end up as the port: libpq
 * checks ports only when it connects, and then quotes them in its message. */
static bool ports_are_numbers(const PQconninfoOption *options) {
    for (; options->keyword; options++)
        if (strcmp(options->keyword, "port") == 0 && options->val &&
            options->val[strspn(options->val, "0123456789,")])
            return false;
    return true;
}

enum lbx_err lbx_pg_check(const char *url) {
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    bool good = options && ports_are_numbers(options);
    PQfreemem(why);
    PQconninfoFree(options);
    return good ? LBX_OK : LBX_ERR_INVALID;
}

enum lbx_err lbx_pg_open(const struct lbx_pg_options *options, lbx_sql_lists lists,
                         struct lbx_pg **ret_pg) {
    if (lbx_pg_check(options->url) != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "the database's URL is no libpq connection string");
        return LBX_ERR_INVALID;
    }
    struct lbx_pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return LBX_ERR_UNAVAILABLE;
    pg->wake_fd = options->wake_fd;
    pg->patience_us = options->patience_us;
    pg->writes = options->writes;
    enum lbx_err err = lbx_pg_connect(pg, options);
    if (err == LBX_OK)
        err = PQenterPipelineMode(pg->conn) ? prepare_all(pg, edges, lists) : LBX_ERR_UNAVAILABLE;
    if (err != LBX_OK) {
        lbx_pg_close(pg);
        return err;
    }
    *ret_pg = pg;
    return LBX_OK;
}

enum lbx_err lbx_pg_prepare(struct lbx_pg *pg, lbx_sql_lists lists) {
    static const struct lbx_sql *const none[] = {NULL};
    lbx_pg_release(pg);
    return prepare_all(pg, none, lists);
}

void lbx_pg_close(struct lbx_pg *pg) {
    if (!pg)
        return;
    lbx_pg_release(pg);
    PQfreemem(pg->copy_row);
    PQfinish(pg->conn);
    free(pg);
}

int lbx_pg_fd(const struct lbx_pg *pg) {
    return PQsocket(pg->conn);
}

bool lbx_pg_alive(const struct lbx_pg *pg) {
    return !pg->lost && PQstatus(pg->conn) == CONNECTION_OK;
}

const char *lbx_pg_sqlstate(const struct lbx_pg *pg) {
    return pg->sqlstate;
}

/* ---- round trips ---- */

static bool in_transaction(const struct lbx_pg *pg) {
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

PGresult *lbx_pg_ask(struct lbx_pg *pg, const char *text) {
    PGresult *last = NULL;
    lbx_pg_begin_wait(pg, true);
    if (!lbx_pg_alive(pg) || !PQexitPipelineMode(pg->conn) || !PQsendQuery(pg->conn, text))
        return NULL;
    for (PGresult *result; (result = lbx_pg_next(pg)); last = result) {
        PQclear(last);
        if (PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT)
            return result;
    }
    if (lbx_pg_alive(pg))
        PQenterPipelineMode(pg->conn);
    return last;
}

void lbx_pg_rollback(struct lbx_pg *pg) {
    if (lbx_pg_alive(pg) && in_transaction(pg))
        PQclear(lbx_pg_ask(pg, "ROLLBACK"));
}

/* Sends arrays, integers and timestamps in binary form, and other parameters as text. */
static bool send_call(struct lbx_pg *pg, const struct lbx_call *call) {
    const char *values[LBX_PARAMS_MAX];
    int lengths[LBX_PARAMS_MAX] = {0}, binary[LBX_PARAMS_MAX] = {0};
    for (int i = 0; i < call->param_count; i++) {
        const unsigned type = i < call->sql->type_count ? call->sql->types[i] : 0;
        values[i] = call->params[i];
        if (!type || !values[i])
            continue;
        binary[i] = 1;
        lengths[i] = sizeof *call->numbers;
        if (type == LBX_PG_OID_INT8 || type == LBX_PG_OID_TIMESTAMPTZ)
            continue;
        values[i] = lbx_pg_array_bytes(values[i], &lengths[i]);
        binary[i] = lengths[i] > 0;
    }
    return PQsendQueryPrepared(pg->conn, call->sql->name, call->param_count, values, lengths,
                               binary, 0) == 1;
}

static bool commits(const struct lbx_pg_pipeline *calls) {
    return calls->count > 0 && calls->list[calls->count - 1].sql == &lbx_sql_commit;
}

enum lbx_err lbx_pg_run(struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) {
    lbx_pg_release(pg);
    pg->sqlstate[0] = '\0';
    if (!lbx_pg_alive(pg))
        return lbx_pg_failed(pg, NULL, "begin");
    lbx_pg_begin_wait(pg, !commits(calls));
    for (size_t i = 0; i < calls->count; i++)
        if (!send_call(pg, &calls->list[i]))
            return lbx_pg_failed(pg, NULL, calls->list[i].sql->name);
    if (!PQpipelineSync(pg->conn))
        return lbx_pg_failed(pg, NULL, "sync");

    enum lbx_err err = LBX_OK;
    for (size_t i = 0; i < calls->count; i++) {
        PGresult *result = lbx_pg_next(pg);
        ExecStatusType status = PQresultStatus(result);
        if (err == LBX_OK && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            err = lbx_pg_failed(pg, result, calls->list[i].sql->name);
        if (!result)
            return err;
        pg->results[i] = result;
        pg->answered[i] = calls->list[i].sql;
        pg->result_count = i + 1;
        PGresult *end = lbx_pg_next(pg);
        assert(!end || !lbx_pg_alive(pg));
        PQclear(end);
    }
    PGresult *sync = lbx_pg_next(pg);
    if (err == LBX_OK && PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
        err = lbx_pg_failed(pg, sync, "sync");
    PQclear(sync);
    if (pg->only_local && !pg->lost) {
        pg->lost = true;
        err = lbx_pg_failed(pg, NULL, "commit");
    }
    if (err != LBX_OK)
        lbx_pg_rollback(pg);
    return err;
}

void lbx_pg_release(struct lbx_pg *pg) {
    for (size_t i = 0; i < pg->result_count; i++)
        PQclear(pg->results[i]);
    pg->result_count = 0;
}

size_t lbx_pg_row_count(const struct lbx_pg *pg, size_t call) {
    if (call == LBX_NO_CALL)
        return 0;
    assert(call < pg->result_count);
    return (size_t)PQntuples(pg->results[call]);
}

const char *lbx_pg_cell(const struct lbx_pg *pg, size_t call, size_t row, size_t column) {
    assert(call < pg->result_count);
    const PGresult *result = pg->results[call];
    return PQgetisnull(result, (int)row, (int)column) ? NULL
                                                      : PQgetvalue(result, (int)row, (int)column);
}

const void *lbx_pg_cell_bytes(const struct lbx_pg *pg, size_t call, size_t row, size_t column,
                              struct lbx_arena *arena, size_t *ret_len) {
    const char *text = lbx_pg_cell(pg, call, row, column);
    *ret_len = 0;
    if (!text)
        return NULL;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, ret_len);
    void *copy = lbx_arena_memdup(arena, bytes, *ret_len);
    PQfreemem(bytes);
    return copy;
}

static bool same_columns(const struct lbx_sql_layout *a, const struct lbx_sql_layout *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && a != b && i < a->count; i++)
        same = strcmp(a->columns[i].name, b->columns[i].name) == 0 &&
               a->columns[i].kind == b->columns[i].kind;
    return same;
}

bool lbx_pg_answers(const struct lbx_pg *pg, size_t call, const struct lbx_sql *sql) {
    return call < pg->result_count && same_columns(&pg->answered[call]->answers, &sql->answers) &&
           (size_t)PQnfields(pg->results[call]) == sql->answers.count;
}

/* ---- outside the pipeline ---- */

static enum lbx_err simple(struct lbx_pg *pg, const char *text, const char *label) {
    PGresult *result LBX_CLEANUP(lbx_cleanup_result) = lbx_pg_ask(pg, text);
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
               ? LBX_OK
               : lbx_pg_failed(pg, result, label);
}

enum lbx_err lbx_pg_listen(struct lbx_pg *pg, const char *channel) {
    char text[128];
    snprintf(text, sizeof text, "LISTEN %s", channel);
    return simple(pg, text, "listen");
}

enum lbx_err lbx_pg_notified(struct lbx_pg *pg, bool *ret_any) {
    *ret_any = false;
    if (!PQconsumeInput(pg->conn))
        return lbx_pg_failed(pg, NULL, "notified");
    for (PGnotify *note; (note = PQnotifies(pg->conn)); PQfreemem(note))
        *ret_any = true;
    return LBX_OK;
}

enum lbx_err lbx_pg_begin_at(struct lbx_pg *pg, const char *snapshot) {
    char text[192];
    assert(strspn(snapshot, "0123456789ABCDEF-") ==
           strlen(snapshot)); /* SET TRANSACTION SNAPSHOT takes no parameter */
    snprintf(text, sizeof text,
             "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT '%s'",
             snapshot);
    return simple(pg, text, "begin at snapshot");
}

enum lbx_err lbx_pg_script(struct lbx_pg *pg, const char *script, char **ret_message) {
    *ret_message = NULL;
    enum lbx_err err = simple(pg, script, "script");
    if (err != LBX_OK)
        *ret_message = strdup(PQerrorMessage(pg->conn));
    return err;
}

/* libpq, in pipeline mode. See pg.h for what it promises.
 *
 * A COMMIT whose connection broke has an unknown outcome. Nobody here guesses: the caller opens a new
 * connection, takes its partitions again and reads back how far the database is.
 */
#include "io/pg.h"

#include "base/log.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LBX_DEFINE_CLEANUP(PGresult *, result, PQclear)

struct lbx_pg {
    PGconn *conn;
    PGresult *results[LBX_CALLS_MAX];
    const struct lbx_sql *answered[LBX_CALLS_MAX]; /* whose they are */
    size_t result_count;
    const char *copying; /* the name of the COPY under way */
    char sqlstate[6];
    /* COPY TO STDOUT that is under way */
    const struct lbx_sql *copy;
    char *copy_row;
    bool copy_begun;
};

const struct lbx_sql lbx_sql_begin = {.name = "begin",
                                      .text = "BEGIN ISOLATION LEVEL READ COMMITTED"};
const struct lbx_sql lbx_sql_commit = {.name = "commit", .text = "COMMIT"};
static const struct lbx_sql *const edges[] = {&lbx_sql_begin, &lbx_sql_commit, NULL};

/* ---- failures ---- */

static enum lbx_err classify(const char *sqlstate) {
    static const char *const passing[] = {"08", "40", "53", "57", "58", "55P03", "25P03"};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (strncmp(sqlstate, passing[i], strlen(passing[i])) == 0)
            return LBX_ERR_UNAVAILABLE;
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0)
        return LBX_ERR_INVALID;
    return LBX_ERR_INTERNAL;
}

/* The primary message names relations and constraints; details, which quote values, stay unlogged. */
static enum lbx_err failed(struct lbx_pg *pg, const PGresult *result, const char *statement) {
    const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", sqlstate ? sqlstate : "08006");
    enum lbx_err err =
        PQstatus(pg->conn) == CONNECTION_BAD ? LBX_ERR_UNAVAILABLE : classify(pg->sqlstate);
    lbx_log(err == LBX_ERR_UNAVAILABLE ? LBX_LOG_WARN : LBX_LOG_ERROR, "database statement failed",
            LBX_S("statement", statement), LBX_S("sqlstate", pg->sqlstate),
            LBX_S("error", message ? message : "connection lost"));
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
    enum lbx_err err = prepare(pg, first);
    for (; err == LBX_OK && *lists; lists++)
        err = prepare(pg, *lists);
    if (err != LBX_OK || !PQpipelineSync(pg->conn))
        return LBX_ERR_UNAVAILABLE;
    size_t expected = pg->result_count;
    pg->result_count = 0;
    for (size_t i = 0; i <= expected; i++) {
        PGresult *result = PQgetResult(pg->conn);
        ExecStatusType status = PQresultStatus(result);
        if (err == LBX_OK && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
            err = failed(pg, result, "prepare");
        PQclear(result);
        if (i < expected)
            PQclear(PQgetResult(pg->conn));
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            return LBX_ERR_UNAVAILABLE;
    }
    return err;
}

/* A password with a slash or colon in it can end up as the port, which libpq looks at only when it
 * connects, and then quotes. */
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

enum lbx_err lbx_pg_open(const char *url, const char *application, const char *search_path,
                         lbx_sql_lists lists, struct lbx_pg **ret_pg) {
    /* A statement prepared on an empty table would keep the sequential scan that was right for it, until
     * the next ANALYZE. All of ours are meant for an index. None runs for so long that compiling it would
     * be worth the time. */
    char options[320];
    snprintf(options, sizeof options,
             "-c search_path=%s -c timezone=UTC -c datestyle=ISO -c statement_timeout=60s "
             "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s "
             "-c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan",
             search_path);
    /* Later entries win: what the url says goes over what we would like. */
    const char *const keys[] = {"options",
                                "connect_timeout",
                                "keepalives_idle",
                                "tcp_user_timeout",
                                "dbname",
                                "fallback_application_name",
                                NULL};
    const char *const values[] = {options, "5", "30", "20000", url, application, NULL};
    if (lbx_pg_check(url) != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "the database's URL is no libpq connection string");
        return LBX_ERR_INVALID;
    }
    struct lbx_pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return LBX_ERR_UNAVAILABLE;
    pg->conn = PQconnectdbParams(keys, values, 1);
    enum lbx_err err = LBX_OK;
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        lbx_log(LBX_LOG_WARN, "no database connection",
                LBX_S("error", pg->conn ? PQerrorMessage(pg->conn) : "out of memory"));
        err = LBX_ERR_UNAVAILABLE;
    } else {
        err = PQenterPipelineMode(pg->conn) ? prepare_all(pg, edges, lists) : LBX_ERR_UNAVAILABLE;
    }
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
    return PQstatus(pg->conn) == CONNECTION_OK;
}

const char *lbx_pg_sqlstate(const struct lbx_pg *pg) {
    return pg->sqlstate;
}

bool lbx_pg_misfit(const struct lbx_pg *pg) {
    return strncmp(pg->sqlstate, "42", 2) == 0;
}

/* ---- round trips ---- */

size_t lbx_calls_add(struct lbx_calls *calls, const struct lbx_sql *sql, int param_count,
                     const char *const *params) {
    assert(calls->count < LBX_CALLS_MAX && param_count <= LBX_PARAMS_MAX);
    struct lbx_call *call = &calls->list[calls->count];
    call->sql = sql;
    call->param_count = param_count;
    call->named = false;
    if (param_count)
        memcpy(call->params, params, sizeof *params * (size_t)param_count);
    return calls->count++;
}

static bool in_transaction(const struct lbx_pg *pg) {
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void lbx_pg_rollback(struct lbx_pg *pg) {
    if (!lbx_pg_alive(pg) || !in_transaction(pg))
        return;
    PQexitPipelineMode(pg->conn);
    PQclear(PQexec(pg->conn, "ROLLBACK"));
    PQenterPipelineMode(pg->conn);
}

/* A column is what array_recv takes (PostgreSQL's array.c), behind a head of our own: its length, 0 where there
 * are no rows. */
enum { HEAD = 4, TYPE_AT = HEAD + 8, COUNT_AT = HEAD + 12 };
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_TIMESTAMPTZ = 1184 };

/* Arrays, integers and moments in binary form, and all else as text. */
static bool send_call(struct lbx_pg *pg, const struct lbx_call *call) {
    const char *values[LBX_PARAMS_MAX];
    int lengths[LBX_PARAMS_MAX] = {0}, binary[LBX_PARAMS_MAX] = {0};
    for (int i = 0; i < call->param_count; i++) {
        const unsigned type = i < call->sql->type_count ? call->sql->types[i] : 0;
        values[i] = call->params[i];
        if (!type || !values[i])
            continue;
        binary[i] = call->named;
        lengths[i] = sizeof *call->numbers;
        if (type == OID_INT8 || type == OID_TIMESTAMPTZ)
            continue;
        memcpy(&lengths[i], values[i], HEAD);
        binary[i] = lengths[i] > 0;
        values[i] = binary[i] ? values[i] + HEAD : "{}";
    }
    return PQsendQueryPrepared(pg->conn, call->sql->name, call->param_count, values, lengths,
                               binary, 0) == 1;
}

enum lbx_err lbx_pg_run(struct lbx_pg *pg, const struct lbx_calls *calls) {
    lbx_pg_release(pg);
    pg->sqlstate[0] = '\0';
    for (size_t i = 0; i < calls->count; i++)
        if (!send_call(pg, &calls->list[i]))
            return failed(pg, NULL, calls->list[i].sql->name);
    if (!PQpipelineSync(pg->conn))
        return failed(pg, NULL, "sync");

    enum lbx_err err = LBX_OK;
    for (size_t i = 0; i < calls->count; i++) {
        PGresult *result = PQgetResult(pg->conn);
        ExecStatusType status = PQresultStatus(result);
        if (err == LBX_OK && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            err = failed(pg, result, calls->list[i].sql->name);
        if (!result)
            return err;
        pg->results[i] = result;
        pg->answered[i] = calls->list[i].sql;
        pg->result_count = i + 1;
        PGresult *end = PQgetResult(pg->conn);
        assert(!end || PQstatus(pg->conn) == CONNECTION_BAD);
        PQclear(end);
    }
    PGresult *sync = PQgetResult(pg->conn);
    if (err == LBX_OK && PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
        err = failed(pg, sync, "sync");
    PQclear(sync);
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

int64_t lbx_pg_cell_int(const struct lbx_pg *pg, size_t call, size_t row, size_t column) {
    const char *text = lbx_pg_cell(pg, call, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
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

static int64_t time_of(const char *text) {
    int64_t at_us = 0;
    if (text && lbx_time_parse(text, &at_us) != LBX_OK)
        return 0;
    return at_us;
}

void *lbx_pg_read(const struct lbx_pg *pg, size_t call, size_t row, const struct lbx_sql *sql,
                  struct lbx_arena *arena, void *ret_answer) {
    assert(call < pg->result_count && pg->answered[call] == sql);
    assert((size_t)PQnfields(pg->results[call]) == sql->answers.count);
    for (size_t i = 0; i < sql->answers.count; i++) {
        const struct lbx_sql_column *column = &sql->answers.columns[i];
        const char *text = lbx_pg_cell(pg, call, row, i);
        void *member = (char *)ret_answer + column->offset;
        struct lbx_bytes bytes;
        switch (column->kind) {
        case LBX_SQL_TEXT:
            *(const char **)member = text;
            continue;
        case LBX_SQL_INT:
            *(int64_t *)member = text ? strtoll(text, NULL, 10) : 0;
            continue;
        case LBX_SQL_TIME:
            *(int64_t *)member = time_of(text);
            continue;
        case LBX_SQL_BOOL:
            *(bool *)member = text && *text == 't';
            continue;
        case LBX_SQL_BYTES:
            bytes.data = lbx_pg_cell_bytes(pg, call, row, i, arena, &bytes.len);
            *(struct lbx_bytes *)member = bytes;
            continue;
        case LBX_SQL_ROWS:
        case LBX_SQL_ARRAY:
            assert(false); /* of parameters alone */
        }
    }
    return ret_answer;
}

/* ---- outside the pipeline ---- */

static enum lbx_err simple(struct lbx_pg *pg, const char *text, const char *label) {
    PQexitPipelineMode(pg->conn);
    PGresult *result = PQexec(pg->conn, text);
    ExecStatusType status = PQresultStatus(result);
    enum lbx_err err = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
                           ? LBX_OK
                           : failed(pg, result, label);
    PQclear(result);
    PQenterPipelineMode(pg->conn);
    return err;
}

enum lbx_err lbx_pg_listen(struct lbx_pg *pg, const char *channel) {
    char text[128];
    snprintf(text, sizeof text, "LISTEN %s", channel);
    return simple(pg, text, "listen");
}

enum lbx_err lbx_pg_notified(struct lbx_pg *pg, bool *ret_any) {
    *ret_any = false;
    if (!PQconsumeInput(pg->conn))
        return failed(pg, NULL, "notified");
    for (PGnotify *note; (note = PQnotifies(pg->conn)); PQfreemem(note))
        *ret_any = true;
    return LBX_OK;
}

enum lbx_err lbx_pg_begin_at(struct lbx_pg *pg, const char *snapshot) {
    char text[192];
    assert(strspn(snapshot, "0123456789ABCDEF-") ==
           strlen(snapshot)); /* no parameter can stand there */
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

enum lbx_err lbx_pg_copy_begin(struct lbx_pg *pg, const struct lbx_sql *copy) {
    PQexitPipelineMode(pg->conn);
    PGresult *result LBX_CLEANUP(lbx_cleanup_result) = PQexec(pg->conn, copy->text);
    pg->copying = copy->name;
    if (PQresultStatus(result) == PGRES_COPY_IN)
        return LBX_OK;
    enum lbx_err err = failed(pg, result, copy->name);
    PQenterPipelineMode(pg->conn);
    lbx_pg_rollback(pg);
    return err;
}

enum lbx_err lbx_pg_copy_add(struct lbx_pg *pg, const void *bytes, size_t len) {
    return PQputCopyData(pg->conn, bytes, (int)len) == 1 ? LBX_OK : failed(pg, NULL, pg->copying);
}

enum lbx_err lbx_pg_copy_end(struct lbx_pg *pg) {
    enum lbx_err err = PQputCopyEnd(pg->conn, NULL) == 1 ? LBX_OK : failed(pg, NULL, pg->copying);
    for (PGresult *end; (end = PQgetResult(pg->conn)); PQclear(end))
        if (PQresultStatus(end) != PGRES_COMMAND_OK && err == LBX_OK)
            err = failed(pg, end, pg->copying);
    PQenterPipelineMode(pg->conn);
    if (err != LBX_OK)
        lbx_pg_rollback(pg);
    return err;
}

enum lbx_err lbx_pg_copy_out(struct lbx_pg *pg, const struct lbx_sql *copy) {
    PQexitPipelineMode(pg->conn);
    PGresult *result LBX_CLEANUP(lbx_cleanup_result) = PQexec(pg->conn, copy->text);
    if (PQresultStatus(result) != PGRES_COPY_OUT) {
        enum lbx_err err = failed(pg, result, copy->name);
        PQenterPipelineMode(pg->conn);
        return err;
    }
    pg->copy = copy;
    pg->copy_begun = false;
    return LBX_OK;
}

/* LBX_ERR_NOT_FOUND where all went well. */
static enum lbx_err end_copy_out(struct lbx_pg *pg) {
    enum lbx_err err = LBX_ERR_NOT_FOUND;
    for (PGresult *end; (end = PQgetResult(pg->conn)); PQclear(end))
        if (PQresultStatus(end) != PGRES_COMMAND_OK && err == LBX_ERR_NOT_FOUND)
            err = failed(pg, end, pg->copy->name);
    PQenterPipelineMode(pg->conn);
    return err;
}

enum lbx_err lbx_pg_copy_next(struct lbx_pg *pg, const char **ret_row, size_t *ret_len) {
    enum { HEADER = 19 }; /* in front of the first row, without an extension */
    for (;;) {
        PQfreemem(pg->copy_row);
        pg->copy_row = NULL;
        int len = PQgetCopyData(pg->conn, &pg->copy_row, 0);
        if (len == -1)
            return end_copy_out(pg);
        int skip = pg->copy_begun ? 0 : HEADER;
        if (len < skip + 2)
            return failed(pg, NULL, pg->copy->name);
        pg->copy_begun = true;
        *ret_row = pg->copy_row + skip;
        *ret_len = (size_t)(len - skip);
        if (memcmp(*ret_row, "\xFF\xFF", 2) != 0) /* the trailer is no row */
            return LBX_OK;
    }
}

/* ---- binary form ---- */

void lbx_pg_put_int16(struct lbx_buf *out, int16_t value) {
    lbx_buf_be32(out, sizeof value);
    lbx_buf_be16(out, (uint16_t)value);
}

void lbx_pg_put_int32(struct lbx_buf *out, int32_t value) {
    lbx_buf_be32(out, sizeof value);
    lbx_buf_be32(out, (uint32_t)value);
}

void lbx_pg_put_int64(struct lbx_buf *out, int64_t value) {
    lbx_buf_be32(out, sizeof value);
    lbx_buf_be64(out, (uint64_t)value);
}

void lbx_pg_put_time(struct lbx_buf *out, int64_t at_us) {
    lbx_pg_put_int64(out, at_us - LBX_PG_EPOCH_US);
}

/* ---- sets ---- */

void lbx_rows_init(struct lbx_rows *rows, size_t columns) {
    assert(columns > 0 && columns <= LBX_PARAMS_MAX);
    *rows = (struct lbx_rows){.columns = columns};
}

void lbx_rows_done(struct lbx_rows *rows) {
    for (size_t i = 0; i < rows->columns; i++)
        lbx_buf_done(&rows->column[i]);
    *rows = (struct lbx_rows){0};
}

const char *const lbx_no_rows = "\0\0\0\0";

static struct lbx_buf *next_cell(struct lbx_rows *rows, uint32_t type) {
    assert(!rows->closed);
    struct lbx_buf *column = &rows->column[rows->cells++ % rows->columns];
    if (column->len == 0) {
        lbx_buf_be32(column, 0); /* HEAD: how long it is */
        lbx_buf_be32(column, 1); /* dimensions */
        lbx_buf_be32(column, 1); /* NULLs may come */
        lbx_buf_be32(column, type);
        lbx_buf_be32(column, 0); /* how many elements */
        lbx_buf_be32(column, 1); /* the first one's number */
    }
    assert(memcmp(column->data + TYPE_AT, &(uint32_t){htonl(type)}, sizeof type) == 0);
    return column;
}

void lbx_rows_text(struct lbx_rows *rows, const char *text) {
    lbx_buf_field_str(next_cell(rows, OID_TEXT), text);
}

void lbx_rows_int(struct lbx_rows *rows, int64_t value) {
    lbx_pg_put_int64(next_cell(rows, OID_INT8), value);
}

static void add_int(struct lbx_rows *rows, int64_t value, bool optional) {
    if (optional && !value)
        lbx_buf_field(next_cell(rows, OID_INT8), NULL, 0);
    else
        lbx_rows_int(rows, value);
}

void lbx_rows_time(struct lbx_rows *rows, int64_t at_us) {
    struct lbx_buf *cell = next_cell(rows, OID_TIMESTAMPTZ);
    if (at_us)
        lbx_pg_put_time(cell, at_us);
    else
        lbx_buf_field(cell, NULL, 0);
}

void lbx_rows_bytes(struct lbx_rows *rows, const void *bytes, size_t len) {
    lbx_buf_field(next_cell(rows, OID_BYTEA), bytes, len);
}

void lbx_rows_add(struct lbx_rows *rows, const struct lbx_sql_layout *layout, const void *row) {
    assert(!rows->layout || rows->layout == layout);
    rows->layout = layout;
    rows->columns = layout->count;
    for (size_t i = 0; i < layout->count; i++) {
        const struct lbx_sql_column *column = &layout->columns[i];
        const void *member = (const char *)row + column->offset;
        const struct lbx_bytes *bytes = member;
        switch (column->kind) {
        case LBX_SQL_TEXT:
            lbx_rows_text(rows, *(const char *const *)member);
            continue;
        case LBX_SQL_INT:
            add_int(rows, *(const int64_t *)member, column->optional);
            continue;
        case LBX_SQL_TIME:
            lbx_rows_time(rows, *(const int64_t *)member);
            continue;
        case LBX_SQL_BOOL:
            lbx_rows_text(rows, *(const bool *)member ? "t" : "f");
            continue;
        case LBX_SQL_BYTES:
            lbx_rows_bytes(rows, bytes->data, bytes->len);
            continue;
        case LBX_SQL_ROWS:
        case LBX_SQL_ARRAY:
            assert(false); /* of parameters alone */
        }
    }
}

static void close_column(struct lbx_buf *column, size_t cells) {
    const uint32_t len = (uint32_t)(column->len - HEAD), count = htonl((uint32_t)cells);
    memcpy(column->data, &len, HEAD);
    memcpy(column->data + COUNT_AT, &count, sizeof count);
}

const char *lbx_rows_array(struct lbx_rows *rows, size_t column) {
    if (rows->cells == 0)
        return lbx_no_rows;
    assert(rows->cells % rows->columns == 0);
    for (size_t i = 0; !rows->closed && i < rows->columns; i++)
        close_column(&rows->column[i], lbx_rows_count(rows));
    rows->closed = true;
    return rows->column[column].data;
}

void lbx_rows_call(struct lbx_rows *rows, struct lbx_calls *calls, const struct lbx_sql *sql,
                   int more_count, const char *const *more) {
    assert(rows->cells % rows->columns == 0);
    if (rows->cells == 0)
        return;
    const char *params[LBX_PARAMS_MAX];
    int count = 0;
    for (size_t i = 0; i < rows->columns; i++)
        params[count++] = lbx_rows_array(rows, i);
    for (int i = 0; i < more_count; i++)
        params[count++] = more[i];
    lbx_calls_add(calls, sql, count, params);
}

/* ---- calls by name ---- */

/* Where a statement's column stands among those of the rows: its own set's, or by its name in a wider one. */
static size_t column_of(const struct lbx_rows *rows, const struct lbx_sql_layout *wanted,
                        size_t at) {
    if (rows->layout == wanted)
        return at;
    const struct lbx_sql_column *column = &wanted->columns[at];
    for (size_t i = 0; i < rows->layout->count; i++)
        if (strcmp(rows->layout->columns[i].name, column->name) == 0 &&
            rows->layout->columns[i].kind == column->kind)
            return i;
    assert(false); /* the rows are of another statement */
    abort();
}

static void add_columns(struct lbx_call *call, struct lbx_rows *rows,
                        const struct lbx_sql_layout *wanted) {
    for (size_t i = 0; i < wanted->count; i++)
        call->params[call->param_count++] = lbx_rows_array(rows, column_of(rows, wanted, i));
}

/* An array is passed under the parameter's name: that of its own column is nothing to the statement. */
static void add_array(struct lbx_call *call, struct lbx_rows *rows,
                      const struct lbx_sql_layout *wanted) {
    const bool any = rows && lbx_rows_count(rows);
    assert(!any ||
           (rows->columns == 1 && rows->layout->columns[0].kind == wanted->columns[0].kind));
    (void)wanted;
    call->params[call->param_count++] = any ? lbx_rows_array(rows, 0) : lbx_no_rows;
}

static void add_number(struct lbx_call *call, uint64_t value, size_t *numbers) {
    assert(*numbers < sizeof call->numbers / sizeof *call->numbers);
    unsigned char *number = call->numbers[(*numbers)++];
    for (size_t i = 0; i < sizeof *call->numbers; i++)
        number[i] = (unsigned char)(value >> (56 - 8 * i));
    call->params[call->param_count++] = (const char *)number;
}

static void add_time(struct lbx_call *call, int64_t at_us, size_t *numbers) {
    if (at_us)
        add_number(call, (uint64_t)(at_us - LBX_PG_EPOCH_US), numbers);
    else
        call->params[call->param_count++] = NULL;
}

static bool any_rows(const struct lbx_sql *sql, const void *params) {
    for (size_t i = 0; i < sql->takes.count; i++) {
        const struct lbx_sql_column *column = &sql->takes.columns[i];
        const void *member = (const char *)params + column->offset;
        const struct lbx_rows *rows =
            column->kind == LBX_SQL_ROWS ? *(struct lbx_rows *const *)member : NULL;
        if (column->kind == LBX_SQL_ROWS && (!rows || lbx_rows_count(rows) == 0))
            return false;
    }
    return true;
}

size_t lbx_pg_call(struct lbx_calls *calls, const struct lbx_sql *sql, const void *params) {
    size_t numbers = 0;
    if (!any_rows(sql, params))
        return LBX_NO_CALL;
    assert(calls->count < LBX_CALLS_MAX);
    struct lbx_call *call = &calls->list[calls->count];
    call->sql = sql;
    call->named = true;
    call->param_count = 0;
    for (size_t i = 0; i < sql->takes.count; i++) {
        const struct lbx_sql_column *column = &sql->takes.columns[i];
        const void *member = (const char *)params + column->offset;
        switch (column->kind) {
        case LBX_SQL_TEXT:
            call->params[call->param_count++] = *(const char *const *)member;
            continue;
        case LBX_SQL_BOOL:
            call->params[call->param_count++] = *(const bool *)member ? "t" : "f";
            continue;
        case LBX_SQL_INT:
            add_number(call, (uint64_t) * (const int64_t *)member, &numbers);
            continue;
        case LBX_SQL_TIME:
            add_time(call, *(const int64_t *)member, &numbers);
            continue;
        case LBX_SQL_ROWS:
            add_columns(call, *(struct lbx_rows *const *)member, column->rows);
            continue;
        case LBX_SQL_ARRAY:
            add_array(call, *(struct lbx_rows *const *)member, column->rows);
            continue;
        case LBX_SQL_BYTES:
            assert(false); /* no single one is sent: cmake/embed_sql.cmake */
        }
    }
    return calls->count++;
}

/* A PostgreSQL connection: prepared statements, many in one round trip.
 *
 * Single values are sent as text, and sets as one array for each column (struct lbx_pg_arrays)
 * in binary form, as escaping and parsing an array's text costs time. No value is ever pasted
 * into SQL. Results stay valid until lbx_pg_release. Not thread-safe. */
#ifndef LBX_IO_PG_H
#define LBX_IO_PG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "io/sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lbx_pg;

/* PostgreSQL's epoch: binary timestamps are microseconds since 2000-01-01. */
#define LBX_PG_EPOCH_US (INT64_C(946684800) * LBX_SECOND_US)

/* Types of parameters that are sent in binary form: oids of pg_type. */
enum {
    LBX_PG_OID_BYTEA = 17,
    LBX_PG_OID_INT8 = 20,
    LBX_PG_OID_TEXT = 25,
    LBX_PG_OID_TIMESTAMPTZ = 1184,
};

/* A list of lists of statements; each list is ended by NULL. */
typedef const struct lbx_sql *const *const *lbx_sql_lists;

/* Checks that libpq can parse url. LBX_ERR_INVALID: it cannot. libpq's own message would quote
 * the url with its password, so callers name the setting only. */
enum lbx_err lbx_pg_check(const char *url) LBX_MUST_CHECK;

/* Checks that traffic to each of url's hosts is private: TLS with a verified host name
 * (sslmode=verify-full), a loopback host, or a Unix socket. LBX_ERR_REFUSED: it is not. */
enum lbx_err lbx_pg_check_private(const char *url) LBX_MUST_CHECK;

struct lbx_pg_options {
    const char *url; /* libpq URI or key=value string; PG* variables are its defaults */
    const char *application;
    const char *search_path; /* schema of all tables in the statements */
    bool writes;             /* connects to a primary only (target_session_attrs=read-write) */
    const char **why;        /* set where the connection fails: static text; may be NULL */
    int wake_fd;             /* while readable, waits end within three seconds; 0: none */
    int64_t patience_us;     /* longest time of a round trip; 0: no bound */
    int statement_timeout_s; /* statement_timeout of the session; 0: 60 */
};

/* Connects, within five seconds for each host, and prepares the statements. LBX_ERR_INVALID: url
 * cannot be parsed. LBX_ERR_UNAVAILABLE: no connection now, try again. LBX_ERR_INTERNAL: the
 * server refused a statement, as the schema is older or newer than this program. Errors are
 * logged, without the url. */
enum lbx_err lbx_pg_open(const struct lbx_pg_options *options, lbx_sql_lists lists,
                         struct lbx_pg **ret_pg) LBX_MUST_CHECK;
void lbx_pg_close(struct lbx_pg *pg);

/* Prepares more statements, for callers that check the schema first. Invalidates all results.
 * Errors as lbx_pg_open. */
enum lbx_err lbx_pg_prepare(struct lbx_pg *pg, lbx_sql_lists lists) LBX_MUST_CHECK;

/* The connection's socket, for poll(2). */
int lbx_pg_fd(const struct lbx_pg *pg);

/* Whether the connection can be used. After a time-out it cannot. */
bool lbx_pg_alive(const struct lbx_pg *pg);

/* Whether the server still is what options asked for, as of its last message: a primary may become read-only. */
bool lbx_pg_fits(const struct lbx_pg *pg);

/* BEGIN and COMMIT, as calls of a round trip. */
extern const struct lbx_sql lbx_sql_begin, lbx_sql_commit;

enum { LBX_PG_PIPELINE_MAX = 48 };

struct lbx_pg_arrays;

/* The calls of one round trip, in order. */
struct lbx_pg_pipeline {
    struct lbx_call {
        const struct lbx_sql *sql;
        const char *params[LBX_PARAMS_MAX]; /* NULL: SQL NULL */
        int param_count;
        unsigned char
            numbers[8][8]; /* text of integer and timestamp parameters, in the order of the calls */
    } list[LBX_PG_PIPELINE_MAX];
    size_t count;
};

/* Adds a call of a statement, and returns its index for LBX_PG_READ. Parameters are given by name,
 * and borrowed until the round trip is over; those left out are NULL, 0 or false:
 *
 *     size_t call = LBX_PG_CALL(&calls, offsets_fence, .given = &rows, .consumer = consumer);
 *
 * LBX_NO_CALL: a set has no rows, so no call was added. */
#define LBX_NO_CALL SIZE_MAX
#define LBX_PG_CALL(calls, statement, ...)                                                         \
    lbx_pg_call((calls), &sql_##statement, &(const struct sql_##statement##_params){__VA_ARGS__})
size_t lbx_pg_call(struct lbx_pg_pipeline *calls, const struct lbx_sql *sql, const void *params);

/* Runs all calls in one round trip (libpq pipeline mode). After the first failed call the rest is
 * skipped, and an open transaction is rolled back. LBX_ERR_UNAVAILABLE: the connection broke; the
 * server is shutting down, read-only or out of disk or memory; a deadlock or a time-out. The same
 * calls may succeed later. A round trip past its deadline is cancelled. If it ends in COMMIT, the
 * connection is closed instead, as it is for a COMMIT that no standby confirmed: the outcome is
 * unknown. LBX_ERR_INVALID: the server refused a value (SQLSTATE class 22 or 23), and would refuse it
 * again. LBX_ERR_INTERNAL: any other error. Errors are logged with their SQLSTATE. */
enum lbx_err lbx_pg_run(struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* Rolls back the open transaction, if there is one. */
void lbx_pg_rollback(struct lbx_pg *pg);

/* SQLSTATE of the last error, "" if there was none. */
const char *lbx_pg_sqlstate(const struct lbx_pg *pg);

/* How many rows a call of the last lbx_pg_run returned; 0 for LBX_NO_CALL. */
size_t lbx_pg_row_count(const struct lbx_pg *pg, size_t call);

/* One of these rows by its columns' names: the struct that the statement's line `-- answers:` makes.
 *
 *     const struct sql_store_received_answer it = LBX_PG_READ(pg, call, i, store_received, arena);
 *     … it.source, it.identity.data …
 *
 * Text lives until lbx_pg_release, bytes as long as the arena (which may be NULL where there are none). */
#define LBX_PG_READ(pg, call, row, statement, arena)                                               \
    (*(const struct sql_##statement##_answer *)lbx_pg_read(                                        \
        (pg), (call), (row), &sql_##statement, (arena), &(struct sql_##statement##_answer){0}))
void *lbx_pg_read(const struct lbx_pg *pg, size_t call, size_t row, const struct lbx_sql *sql,
                  struct lbx_arena *arena, void *ret_answer);

/* Whether a call is of that statement, or of one with the same answer columns. */
bool lbx_pg_answers(const struct lbx_pg *pg, size_t call, const struct lbx_sql *sql);

/* The index of an answer column by its name, which the statement must have. */
size_t lbx_sql_answer(const struct lbx_sql *sql, const char *name);

/* A cell as text; NULL: SQL NULL. column: SQL_<STATEMENT>_<COLUMN>, or of lbx_sql_answer. */
const char *lbx_pg_cell(const struct lbx_pg *pg, size_t call, size_t row, size_t column);
/* The bytes of a bytea cell, copied into the arena. SQL NULL: NULL, with *ret_len 0. */
const void *lbx_pg_cell_bytes(const struct lbx_pg *pg, size_t call, size_t row, size_t column,
                              struct lbx_arena *arena, size_t *ret_len);

/* Invalidates all results since the last release. */
void lbx_pg_release(struct lbx_pg *pg);

/* LISTENs on a channel. lbx_pg_notified then reads notifications without blocking; *ret_any:
 * whether there was one, on any channel of this connection. */
enum lbx_err lbx_pg_listen(struct lbx_pg *pg, const char *channel) LBX_MUST_CHECK;
enum lbx_err lbx_pg_notified(struct lbx_pg *pg, bool *ret_any) LBX_MUST_CHECK;

/* Runs a script of several statements, such as a migration, outside the pipeline. *ret_message,
 * malloc'd: the server's message where the script fails. */
enum lbx_err lbx_pg_script(struct lbx_pg *pg, const char *script, char **ret_message)
    LBX_MUST_CHECK;

/* Begins a read-only transaction with a snapshot that another session exported (pg_export_snapshot). */
enum lbx_err lbx_pg_begin_at(struct lbx_pg *pg, const char *snapshot) LBX_MUST_CHECK;

/* COPY … FROM STDIN in binary form. Its bytes are a header, rows by their columns' names as LBX_PG_ADD has them, and a
 * trailer:
 *
 *     LBX_PG_COPY_ROW(&bytes, auditor_copy_tile, .topic = topic, .level = 0, …); */
#define LBX_PG_COPY_ROW(out, statement, ...)                                                       \
    lbx_pg_copy_row((out), &sql_##statement##_row,                                                 \
                    &(const struct sql_##statement##_row){__VA_ARGS__})
void lbx_pg_copy_header(struct lbx_buf *out);
void lbx_pg_copy_row(struct lbx_buf *out, const struct lbx_sql_layout *layout, const void *row);
void lbx_pg_copy_trailer(struct lbx_buf *out);

/* Sends the bytes of a COPY in pieces: begin, add, end. end must follow also where add failed.
 * No other call may come in between. Errors as lbx_pg_run. */
enum lbx_err lbx_pg_copy_begin(struct lbx_pg *pg, const struct lbx_sql *copy) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_add(struct lbx_pg *pg, const void *bytes, size_t len) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_end(struct lbx_pg *pg) LBX_MUST_CHECK;

/* COPY … TO STDOUT in binary form. lbx_pg_copy_next returns one row a call (int16 count, then each
 * field behind its int32 length, -1 for NULL), valid until the next call, and LBX_ERR_NOT_FOUND at the
 * end. No other call may come before the end; to stop earlier, close the connection. */
enum lbx_err lbx_pg_copy_out(struct lbx_pg *pg, const struct lbx_sql *copy) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_next(struct lbx_pg *pg, const char **ret_row, size_t *ret_len)
    LBX_MUST_CHECK;

/* ---- sets as parameters ---- */

/* The rows of a set parameter, kept as one PostgreSQL array for each column. {0} is an empty set. */
struct lbx_pg_arrays {
    const struct lbx_sql_layout *layout; /* layout of the set; NULL: no rows yet */
    size_t count;
    bool closed;
    struct lbx_buf column[LBX_PARAMS_MAX];
};

void lbx_pg_arrays_done(struct lbx_pg_arrays *rows); /* also makes it an empty set again */
static inline size_t lbx_pg_arrays_count(const struct lbx_pg_arrays *rows) {
    return rows->count;
}

/* Adds a row to a set that a statement takes, by its columns' names; what is left out is NULL, 0 or false. All
 * rows are of one set:
 *
 *     LBX_PG_ADD(&rows, offsets_fence_given, .topic = claim->topic, .partition = claim->partition, …);
 *
 * A statement takes rows of its own set, or of one that has all columns of its own. Text and bytes are copied. */
#define LBX_PG_ADD(rows, set, ...)                                                                 \
    lbx_pg_arrays_add((rows), &sql_##set, &(const struct sql_##set){__VA_ARGS__})
void lbx_pg_arrays_add(struct lbx_pg_arrays *rows, const struct lbx_sql_layout *layout,
                       const void *row);

/* Adds an element to an array parameter, which begins as {0}. A set with a column of the array's
 * name may be given instead. NULL: SQL NULL. */
void lbx_pg_array_text(struct lbx_pg_arrays *array, const char *text);
void lbx_pg_array_int(struct lbx_pg_arrays *array, int64_t value);

/* A column as a parameter in binary form. Borrowed from rows, to which nothing may be added afterwards. */
const char *lbx_pg_arrays_column(struct lbx_pg_arrays *rows, size_t column);

/* The bytes of such a parameter; *ret_len 0: the parameter is text. */
const char *lbx_pg_array_bytes(const char *array, int *ret_len);

/* The array of a set without rows. */
extern const char *const lbx_pg_no_rows;

#endif

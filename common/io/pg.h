/* One PostgreSQL connection: prepared statements, many of them in one round trip.
 *
 * Values go in as text parameters and sets as one array for each column (struct lbx_pg_arrays), in binary form:
 * an array's text would be escaped here and parsed there, a character at a time. Nothing is
 * ever pasted into SQL. Results stay valid until lbx_pg_release. Not for several threads at once.
 */
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

/* In its binary forms PostgreSQL counts microseconds from 2000-01-01. */
#define LBX_PG_EPOCH_US (INT64_C(946684800) * LBX_SECOND_US)

/* What the server takes in binary form: oids of pg_type. */
enum {
    LBX_PG_OID_BYTEA = 17,
    LBX_PG_OID_INT8 = 20,
    LBX_PG_OID_TEXT = 25,
    LBX_PG_OID_TIMESTAMPTZ = 1184,
};

/* Lists of statements, each ended by NULL, the list of lists too. */
typedef const struct lbx_sql *const *const *lbx_sql_lists;

/* Whether libpq can read url: LBX_ERR_INVALID where not. Its own message would quote the url, with its
 * password: say only which setting it is. */
enum lbx_err lbx_pg_check(const char *url) LBX_MUST_CHECK;

/* Whether what goes to each of url's hosts is for that host alone: TLS with a certificate that is checked against its name
 * (sslmode=verify-full), this machine, or a socket. LBX_ERR_REFUSED where not. */
enum lbx_err lbx_pg_check_private(const char *url) LBX_MUST_CHECK;

struct lbx_pg_options {
    const char *url; /* libpq URI or key=value string; PG* variables fill what it leaves out */
    const char *application;
    const char *search_path; /* the schema all statements mean */
    bool writes;             /* asks for a server that does (target_session_attrs=read-write) */
    const char **why;        /* set where there is no connection: static text; NULL: nobody asks */
    int wake_fd;             /* readable: waits end within three seconds; 0: none */
    int64_t patience_us;     /* with a round trip; 0: without end */
    int statement_timeout_s; /* the server's; 0: 60 */
};

/* Connects, within five seconds a host, and prepares. LBX_ERR_INVALID: no such url can be read;
 * LBX_ERR_UNAVAILABLE: no connection now, try again;
 * LBX_ERR_INTERNAL: a statement was refused (a schema older or newer than this program). Both are
 * logged, without the url. */
enum lbx_err lbx_pg_open(const struct lbx_pg_options *options, lbx_sql_lists lists,
                         struct lbx_pg **ret_pg) LBX_MUST_CHECK;
void lbx_pg_close(struct lbx_pg *pg);

/* Prepares more, for whoever has to look at the schema before. Ends the life of all results. Errors as
 * lbx_pg_open's. */
enum lbx_err lbx_pg_prepare(struct lbx_pg *pg, lbx_sql_lists lists) LBX_MUST_CHECK;

/* The connection's socket for poll(2). */
int lbx_pg_fd(const struct lbx_pg *pg);

/* Whether the connection is known to be usable. Whatever was not answered in time made it unusable. */
bool lbx_pg_alive(const struct lbx_pg *pg);

/* Whether the server, as it said last, still does what was asked for: it may turn read-only under a session. */
bool lbx_pg_fits(const struct lbx_pg *pg);

/* A transaction's edges, to stand in a round trip. */
extern const struct lbx_sql lbx_sql_begin, lbx_sql_commit;

enum { LBX_PG_PIPELINE_MAX = 48 };

struct lbx_pg_arrays;

/* One round trip's statements, in order. */
struct lbx_pg_pipeline {
    struct lbx_call {
        const struct lbx_sql *sql;
        const char *params[LBX_PARAMS_MAX]; /* NULL: SQL NULL */
        int param_count;
        unsigned char
            numbers[8][8]; /* integers and moments among them, in the order in which they come */
    } list[LBX_PG_PIPELINE_MAX];
    size_t count;
};

/* Adds a call of a statement and returns its index, for LBX_PG_READ. Parameters are given by name and borrowed until
 * the round trip is over; what is left out is NULL, 0 or false:
 *
 *     size_t call = LBX_PG_CALL(&calls, offsets_fence, .given = &rows, .consumer = consumer);
 *
 * LBX_NO_CALL: a set that it takes has no rows, and no call was added. */
#define LBX_NO_CALL SIZE_MAX
#define LBX_PG_CALL(calls, statement, ...)                                                         \
    lbx_pg_call((calls), &sql_##statement, &(const struct sql_##statement##_params){__VA_ARGS__})
size_t lbx_pg_call(struct lbx_pg_pipeline *calls, const struct lbx_sql *sql, const void *params);

/* Runs all calls in one round trip (libpq pipeline mode). The first that fails stops the rest; an open
 * transaction is then rolled back. LBX_ERR_UNAVAILABLE: the connection broke, the server is shutting
 * down, read-only or out of room, a deadlock or a time-out: the same round may succeed later. A round
 * that passes its deadline is cancelled; one that ends in COMMIT is given up with the connection, as is a COMMIT that
 * no standby has: whether it happened is unknown.
 * LBX_ERR_INVALID: the server refused a value (SQLSTATE class 22 or 23): the same round will fail
 * again. LBX_ERR_INTERNAL: anything else. Failures are logged with their SQLSTATE. */
enum lbx_err lbx_pg_run(struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) LBX_MUST_CHECK;

/* Rolls back whatever transaction is open. */
void lbx_pg_rollback(struct lbx_pg *pg);

/* SQLSTATE of the last failure, "" if none. */
const char *lbx_pg_sqlstate(const struct lbx_pg *pg);

/* Rows that a call of the last lbx_pg_run answered; LBX_NO_CALL answered none. */
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

/* Whether a call's answer is that statement's, or another's with the same columns. */
bool lbx_pg_answers(const struct lbx_pg *pg, size_t call, const struct lbx_sql *sql);

/* Which column of an answer has that name; its statement has one. */
size_t lbx_sql_answer(const struct lbx_sql *sql, const char *name);

/* A cell as text, NULL: SQL NULL. column: SQL_<STATEMENT>_<COLUMN>, or lbx_sql_answer. */
const char *lbx_pg_cell(const struct lbx_pg *pg, size_t call, size_t row, size_t column);
/* Bytes of a bytea cell, copied into the arena; NULL is NULL with *ret_len 0. */
const void *lbx_pg_cell_bytes(const struct lbx_pg *pg, size_t call, size_t row, size_t column,
                              struct lbx_arena *arena, size_t *ret_len);

/* Ends the life of all results since the last release. */
void lbx_pg_release(struct lbx_pg *pg);

/* Starts listening on a channel; lbx_pg_notified then takes what has arrived, never blocking.
 * *ret_any says whether there was a notification, on any channel that this connection listens to. */
enum lbx_err lbx_pg_listen(struct lbx_pg *pg, const char *channel) LBX_MUST_CHECK;
enum lbx_err lbx_pg_notified(struct lbx_pg *pg, bool *ret_any) LBX_MUST_CHECK;

/* Runs a script of several statements (a migration) outside of any pipeline. *ret_message, malloc'd,
 * is the server's message where it fails. */
enum lbx_err lbx_pg_script(struct lbx_pg *pg, const char *script, char **ret_message)
    LBX_MUST_CHECK;

/* Begins a read-only transaction that sees what the one sees that exported this snapshot (pg_export_snapshot). */
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

/* Sends them in pieces: begin, then the bytes, then the end, also after LBX_ERR_* of an add. No other call in between.
 * Errors as lbx_pg_run's. */
enum lbx_err lbx_pg_copy_begin(struct lbx_pg *pg, const struct lbx_sql *copy) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_add(struct lbx_pg *pg, const void *bytes, size_t len) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_end(struct lbx_pg *pg) LBX_MUST_CHECK;

/* COPY … TO STDOUT in binary form. Nothing else can be asked until lbx_pg_copy_next has said
 * LBX_ERR_NOT_FOUND, the end; who does not want it closes the connection. *ret_row is one row (int16 count,
 * then each field behind its int32 length, -1 for NULL), and lives until the next call. */
enum lbx_err lbx_pg_copy_out(struct lbx_pg *pg, const struct lbx_sql *copy) LBX_MUST_CHECK;
enum lbx_err lbx_pg_copy_next(struct lbx_pg *pg, const char **ret_row, size_t *ret_len)
    LBX_MUST_CHECK;

/* ---- sets as parameters ---- */

/* Rows under construction, kept as one PostgreSQL array a column. They begin as {0}. */
struct lbx_pg_arrays {
    const struct lbx_sql_layout *layout; /* of the first row; NULL: no rows yet */
    size_t count;
    bool closed;
    struct lbx_buf column[LBX_PARAMS_MAX];
};

void lbx_pg_arrays_done(struct lbx_pg_arrays *rows); /* and begins anew */
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

/* Adds an element to an array that a statement takes; it begins as {0} too. A set whose columns have one of the
 * array's name will do as well. NULL: SQL NULL. */
void lbx_pg_array_text(struct lbx_pg_arrays *array, const char *text);
void lbx_pg_array_int(struct lbx_pg_arrays *array, int64_t value);

/* One column as a parameter, no text; no cells may be added after. Borrowed from rows. */
const char *lbx_pg_arrays_column(struct lbx_pg_arrays *rows, size_t column);

/* Such a parameter as it is sent; *ret_len 0: as text. */
const char *lbx_pg_array_bytes(const char *array, int *ret_len);

/* As the array of no rows is. */
extern const char *const lbx_pg_no_rows;

#endif

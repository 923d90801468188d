/* Writes rows and parameters in PostgreSQL's binary forms, and reads answers into structs, by
 * the names of columns. Promises that a value goes to its column in the form of the column's
 * type. Cannot fail: a bug of the caller is an assert. */
#include "io/pg.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A column is the bytes that array_recv reads (PostgreSQL's array.c), behind a header of our
 * own: their length, 0 for an empty set. */
enum { HEAD = 4, TYPE_AT = HEAD + 8, COUNT_AT = HEAD + 12 };

/* ---- cells ---- */

/* Appends an integer of `bytes` bytes: 8 in an array, the column's width in a row of COPY. */
static void put_number(struct lbx_buf *out, int64_t value, unsigned char bytes) {
    lbx_buf_be32(out, bytes);
    if (bytes == 2)
        lbx_buf_be16(out, (uint16_t)value);
    else if (bytes == 4)
        lbx_buf_be32(out, (uint32_t)value);
    else
        lbx_buf_be64(out, (uint64_t)value);
}

static void put_int(struct lbx_buf *out, int64_t value, bool optional) {
    if (optional && !value)
        lbx_buf_field(out, NULL, 0);
    else
        put_number(out, value, 8);
}

static void put_time(struct lbx_buf *out, int64_t at_us) {
    if (at_us)
        put_number(out, lbx_time_since_epoch(at_us) - LBX_PG_EPOCH_US, 8);
    else
        lbx_buf_field(out, NULL, 0);
}

static void put_cell(struct lbx_buf *out, const struct lbx_sql_column *column, const void *member) {
    const struct lbx_bytes *bytes = member;
    switch (column->kind) {
    case LBX_SQL_TEXT:
        lbx_buf_field_str(out, *(const char *const *)member);
        return;
    case LBX_SQL_INT:
        put_int(out, *(const int64_t *)member, column->optional);
        return;
    case LBX_SQL_TIME:
        put_time(out, *(const int64_t *)member);
        return;
    case LBX_SQL_BOOL:
        lbx_buf_field_str(out, *(const bool *)member ? "t" : "f");
        return;
    case LBX_SQL_BYTES:
        lbx_buf_field(out, bytes->data, bytes->len);
        return;
    case LBX_SQL_ROWS:
    case LBX_SQL_ARRAY:
        assert(false); /* for parameters only */
    }
}

void lbx_pg_copy_header(struct lbx_buf *out) {
    static const char signature[11] = "PGCOPY\n\377\r\n"; /* its last byte is the NUL */
    lbx_buf_add(out, signature, sizeof signature);
    lbx_buf_be32(out, 0); /* flags */
    lbx_buf_be32(out, 0); /* no extension */
}

void lbx_pg_copy_trailer(struct lbx_buf *out) {
    lbx_buf_be16(out, UINT16_MAX);
}

void lbx_pg_copy_row(struct lbx_buf *out, const struct lbx_sql_layout *layout, const void *row) {
    lbx_buf_be16(out, (uint16_t)layout->count);
    for (size_t i = 0; i < layout->count; i++) {
        const struct lbx_sql_column *column = &layout->columns[i];
        const void *member = (const char *)row + column->offset;
        if (column->kind == LBX_SQL_INT)
            put_number(out, *(const int64_t *)member, column->bytes);
        else
            put_cell(out, column, member);
    }
}

/* ---- sets ---- */

void lbx_pg_arrays_done(struct lbx_pg_arrays *rows) {
    for (size_t i = 0; rows->layout && i < rows->layout->count; i++)
        lbx_buf_done(&rows->column[i]);
    *rows = (struct lbx_pg_arrays){0};
}

const char *lbx_pg_array_bytes(const char *array, int *ret_len) {
    memcpy(ret_len, array, HEAD);
    return *ret_len > 0 ? array + HEAD : "{}";
}

const char *const lbx_pg_no_rows = "\0\0\0\0";

static uint32_t type_of(enum lbx_sql_kind kind) {
    switch (kind) {
    case LBX_SQL_INT:
        return LBX_PG_OID_INT8;
    case LBX_SQL_TIME:
        return LBX_PG_OID_TIMESTAMPTZ;
    case LBX_SQL_BYTES:
        return LBX_PG_OID_BYTEA;
    case LBX_SQL_TEXT:
    case LBX_SQL_BOOL:
    case LBX_SQL_ROWS: /* for parameters only */
    case LBX_SQL_ARRAY:
        break;
    }
    return LBX_PG_OID_TEXT;
}

static void begin_column(struct lbx_buf *out, enum lbx_sql_kind kind) {
    lbx_buf_be32(out, 0); /* HEAD: length */
    lbx_buf_be32(out, 1); /* dimensions */
    lbx_buf_be32(out, 1); /* has NULLs */
    lbx_buf_be32(out, type_of(kind));
    lbx_buf_be32(out, 0); /* number of elements */
    lbx_buf_be32(out, 1); /* lower bound */
}

void lbx_pg_arrays_add(struct lbx_pg_arrays *rows, const struct lbx_sql_layout *layout,
                       const void *row) {
    assert(!rows->closed && (!rows->layout || rows->layout == layout));
    rows->layout = layout;
    for (size_t i = 0; i < layout->count; i++) {
        const struct lbx_sql_column *column = &layout->columns[i];
        if (rows->count == 0)
            begin_column(&rows->column[i], column->kind);
        put_cell(&rows->column[i], column, (const char *)row + column->offset);
    }
    rows->count++;
}

const struct lbx_sql_layout lbx_sql_array_TEXT = {
    1, &(const struct lbx_sql_column){"element", LBX_SQL_TEXT}};
const struct lbx_sql_layout lbx_sql_array_INT = {
    1, &(const struct lbx_sql_column){"element", LBX_SQL_INT}};

void lbx_pg_array_text(struct lbx_pg_arrays *array, const char *text) {
    lbx_pg_arrays_add(array, &lbx_sql_array_TEXT, &text);
}

void lbx_pg_array_int(struct lbx_pg_arrays *array, int64_t value) {
    lbx_pg_arrays_add(array, &lbx_sql_array_INT, &value);
}

static void close_column(struct lbx_buf *column, size_t cells) {
    const uint32_t len = (uint32_t)(column->len - HEAD), count = htonl((uint32_t)cells);
    memcpy(column->data, &len, HEAD);
    memcpy(column->data + COUNT_AT, &count, sizeof count);
}

const char *lbx_pg_arrays_column(struct lbx_pg_arrays *rows, size_t column) {
    if (rows->count == 0)
        return lbx_pg_no_rows;
    for (size_t i = 0; !rows->closed && i < rows->layout->count; i++)
        close_column(&rows->column[i], rows->count);
    rows->closed = true;
    return rows->column[column].data;
}

/* ---- calls by name ---- */

/* The column of a set for a statement's column: the same one in the statement's own set, else by name. */
static size_t column_of(const struct lbx_pg_arrays *rows, const struct lbx_sql_layout *wanted,
                        size_t at) {
    if (rows->layout == wanted)
        return at;
    const struct lbx_sql_column *column = &wanted->columns[at];
    for (size_t i = 0; i < rows->layout->count; i++)
        if (strcmp(rows->layout->columns[i].name, column->name) == 0 &&
            rows->layout->columns[i].kind == column->kind)
            return i;
    assert(false); /* the rows are another statement's */
    abort();
}

static void add_columns(struct lbx_call *call, struct lbx_pg_arrays *rows,
                        const struct lbx_sql_layout *wanted) {
    for (size_t i = 0; i < wanted->count; i++)
        call->params[call->param_count++] = lbx_pg_arrays_column(rows, column_of(rows, wanted, i));
}

/* Adds an array: the only column of an array's rows, or the column of a set with the parameter's name. */
static void add_array(struct lbx_call *call, struct lbx_pg_arrays *rows,
                      const struct lbx_sql_column *wanted) {
    const struct lbx_sql_column named = {wanted->name, wanted->rows->columns->kind};
    const struct lbx_sql_layout by_name = {1, &named};
    if (!rows || lbx_pg_arrays_count(rows) == 0)
        call->params[call->param_count++] = lbx_pg_no_rows;
    else if (rows->layout->count == 1 && rows->layout->columns->kind == named.kind)
        call->params[call->param_count++] = lbx_pg_arrays_column(rows, 0);
    else
        add_columns(call, rows, &by_name);
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
        add_number(call, (uint64_t)(lbx_time_since_epoch(at_us) - LBX_PG_EPOCH_US), numbers);
    else
        call->params[call->param_count++] = NULL;
}

static bool any_rows(const struct lbx_sql *sql, const void *params) {
    for (size_t i = 0; i < sql->takes.count; i++) {
        const struct lbx_sql_column *column = &sql->takes.columns[i];
        const void *member = (const char *)params + column->offset;
        const struct lbx_pg_arrays *rows =
            column->kind == LBX_SQL_ROWS ? *(struct lbx_pg_arrays *const *)member : NULL;
        if (column->kind == LBX_SQL_ROWS && (!rows || lbx_pg_arrays_count(rows) == 0))
            return false;
    }
    return true;
}

size_t lbx_pg_call(struct lbx_pg_pipeline *calls, const struct lbx_sql *sql, const void *params) {
    size_t numbers = 0;
    if (!any_rows(sql, params))
        return LBX_NO_CALL;
    assert(calls->count < LBX_PG_PIPELINE_MAX);
    struct lbx_call *call = &calls->list[calls->count];
    call->sql = sql;
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
            add_columns(call, *(struct lbx_pg_arrays *const *)member, column->rows);
            continue;
        case LBX_SQL_ARRAY:
            add_array(call, *(struct lbx_pg_arrays *const *)member, column);
            continue;
        case LBX_SQL_BYTES:
            assert(false); /* cmake/embed_sql.cmake refuses a single one */
        }
    }
    return calls->count++;
}

/* ---- answers by name ---- */

size_t lbx_sql_answer(const struct lbx_sql *sql, const char *name) {
    size_t i = 0;
    while (i < sql->answers.count && strcmp(sql->answers.columns[i].name, name) != 0)
        i++;
    assert(i < sql->answers.count);
    return i;
}

static int64_t time_of(const char *text) {
    int64_t at_us = 0;
    if (text && lbx_time_parse(text, &at_us) != LBX_OK)
        return 0;
    return at_us;
}

void *lbx_pg_read(const struct lbx_pg *pg, size_t call, size_t row, const struct lbx_sql *sql,
                  struct lbx_arena *arena, void *ret_answer) {
    assert(lbx_pg_answers(pg, call, sql));
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
            assert(false); /* for parameters only */
        }
    }
    return ret_answer;
}

/* The cells of rows that were gathered for a statement, by the names of their columns. */
#ifndef LBX_TESTS_ROWS_H
#define LBX_TESTS_ROWS_H

#include "io/pg.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { ROWS_HEAD = 24 }; /* what stands before an array's elements: pg_values.c */

static inline uint32_t rows_be32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

static inline const struct lbx_sql_column *rows_column(const struct lbx_pg_arrays *rows,
                                                       const char *name, size_t *ret_number) {
    for (size_t i = 0; i < rows->layout->count; i++) {
        *ret_number = i;
        if (strcmp(rows->layout->columns[i].name, name) == 0)
            return &rows->layout->columns[i];
    }
    fail_msg("no column %s", name);
    return NULL;
}

/* A cell's bytes; NULL: SQL NULL. */
static inline const char *rows_cell(const struct lbx_pg_arrays *rows, size_t row, const char *name,
                                    uint32_t *ret_len) {
    size_t number = 0;
    assert_true(row < rows->count);
    (void)rows_column(rows, name, &number);
    const char *at = rows->column[number].data + ROWS_HEAD;
    for (; row > 0; row--)
        at += 4 + (rows_be32(at) == UINT32_MAX ? 0 : rows_be32(at));
    *ret_len = rows_be32(at);
    return *ret_len == UINT32_MAX ? NULL : at + 4;
}

/* Whether a cell holds this text; NULL: SQL NULL. Of integers their decimal digits; of moments, the microseconds since
 * 1970. */
static inline bool row_has(const struct lbx_pg_arrays *rows, size_t row, const char *name,
                           const char *text) {
    size_t number = 0;
    uint32_t len;
    char digits[32];
    const enum lbx_sql_kind kind = rows_column(rows, name, &number)->kind;
    const char *cell = rows_cell(rows, row, name, &len);
    if (cell && (kind == LBX_SQL_INT || kind == LBX_SQL_TIME)) {
        int64_t value = (int64_t)((uint64_t)rows_be32(cell) << 32 | rows_be32(cell + 4));
        (void)snprintf(digits, sizeof digits, "%lld",
                       (long long)(kind == LBX_SQL_TIME ? value + LBX_PG_EPOCH_US : value));
        cell = digits;
        len = (uint32_t)strlen(digits);
    }
    if (!cell || !text)
        return !cell && !text;
    return len == strlen(text) && memcmp(cell, text, len) == 0;
}

#endif

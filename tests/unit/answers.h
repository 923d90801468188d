/* What a database answered, as a test tells it: the linker puts these functions in the place of those that read
 * libpq's results (CMakeLists.txt, lbx_answers). What PostgreSQL itself does is tested end to end. */
#ifndef LBX_TESTS_ANSWERS_H
#define LBX_TESTS_ANSWERS_H

#include "io/pg.h"

#include "check.h"

#include <stdlib.h>

enum { ANSWER_CALLS = 16, ANSWER_ROWS = 16, ANSWER_COLUMNS = 20 };

/* By the call's index. A cell that was not set is NULL. */
static struct answer {
    size_t rows;
    const char *cells[ANSWER_ROWS][ANSWER_COLUMNS];
    size_t bytes; /* of each cell that is read as bytea */
} answers[ANSWER_CALLS];

#define ANSWER(call, ...)                                                                          \
    answer((call), sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                   \
           (const char *[]){__VA_ARGS__})

static inline void answer(size_t call, size_t count, const char *const *cells) {
    assert_true(call < ANSWER_CALLS && answers[call].rows < ANSWER_ROWS && count <= ANSWER_COLUMNS);
    memcpy(answers[call].cells[answers[call].rows++], cells, count * sizeof *cells);
}

bool __wrap_lbx_pg_answers(const struct lbx_pg *pg, size_t call, const struct lbx_sql *sql);
size_t __wrap_lbx_pg_row_count(const struct lbx_pg *pg, size_t call);
const char *__wrap_lbx_pg_cell(const struct lbx_pg *pg, size_t call, size_t row, size_t column);
const void *__wrap_lbx_pg_cell_bytes(const struct lbx_pg *pg, size_t call, size_t row,
                                     size_t column, struct lbx_arena *arena, size_t *ret_len);

bool __wrap_lbx_pg_answers(const struct lbx_pg *pg, size_t call, const struct lbx_sql *sql) {
    (void)pg;
    return call < ANSWER_CALLS && sql->answers.count <= ANSWER_COLUMNS;
}

size_t __wrap_lbx_pg_row_count(const struct lbx_pg *pg, size_t call) {
    (void)pg;
    assert_true(call < ANSWER_CALLS);
    return answers[call].rows;
}

const char *__wrap_lbx_pg_cell(const struct lbx_pg *pg, size_t call, size_t row, size_t column) {
    (void)pg;
    assert_true(call < ANSWER_CALLS && row < answers[call].rows && column < ANSWER_COLUMNS);
    return answers[call].cells[row][column];
}

const void *__wrap_lbx_pg_cell_bytes(const struct lbx_pg *pg, size_t call, size_t row,
                                     size_t column, struct lbx_arena *arena, size_t *ret_len) {
    const char *cell = __wrap_lbx_pg_cell(pg, call, row, column);
    *ret_len = cell ? answers[call].bytes : 0;
    return cell ? lbx_arena_memdup(arena, cell, *ret_len) : NULL;
}

#endif

/* cmocka, and what tests over a table of rows need: every row that fails is named, then the test
 * fails, so that one run shows them all. */
#ifndef LBX_TESTS_CHECK_H
#define LBX_TESTS_CHECK_H

/* cmocka.h wants these before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* CHECK_ROW(&bad, row->name, got == row->want, "got %d", got); at the end assert_int_equal(bad, 0). */
#define CHECK_ROW(bad, row, ok, ...)                                                               \
    do {                                                                                           \
        if (!(ok)) {                                                                               \
            print_error("row \"%s\": ", (row));                                                    \
            print_error(__VA_ARGS__);                                                              \
            print_error("\n");                                                                     \
            ++*(bad);                                                                              \
        }                                                                                          \
    } while (0)

/* Equal texts, NULL only equals NULL. */
static inline bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

#endif

/* Golden files: text that people read and a test compares, in tests/unit/golden. Tests run in tests/unit.
 * LBX_GOLDEN=update writes the files anew. */
#ifndef LBX_TESTS_GOLDEN_H
#define LBX_TESTS_GOLDEN_H

#include "base/buf.h"
#include "check.h"

#include <stdlib.h>

/* Fails with the first line that differs. */
static inline void check_lines(const char *name, const char *actual, const char *golden) {
    for (int line = 1; *actual || *golden; line++) {
        size_t got = strcspn(actual, "\n"), want = strcspn(golden, "\n");
        if (got != want || memcmp(actual, golden, got) != 0)
            fail_msg("%s, line %d is\n  %.*s\nnot\n  %.*s", name, line, (int)got, actual, (int)want,
                     golden);
        actual += got + (actual[got] != '\0');
        golden += want + (golden[want] != '\0');
    }
}

/* Compares actual with tests/unit/golden/name. */
static inline void check_golden(const char *name, const struct lbx_buf *actual) {
    char path[512];
    (void)snprintf(path, sizeof path, "golden/%s", name);
    const char *mode = getenv("LBX_GOLDEN");
    bool update = mode && strcmp(mode, "update") == 0;
    FILE *file = fopen(path, update ? "we" : "re");
    if (!file)
        fail_msg("cannot open %s: unit tests run in tests/unit", path);
    struct lbx_buf golden LBX_BUF = {0};
    char chunk[4096];
    if (update)
        assert_int_equal(fwrite(actual->data, 1, actual->len, file), actual->len);
    else
        for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
            lbx_buf_add(&golden, chunk, n);
    fclose(file);
    if (!update)
        check_lines(name, actual->data, golden.data ? golden.data : "");
}

#endif

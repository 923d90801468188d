/* What was freed goes back to the system. */
#include "base/memory.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 64 << 10, SIZE = 1 << 10, MB = 1 << 20 };
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

static size_t resident(void) {
    size_t all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &all, &pages), 2);
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_freed_memory_is_given_back(void **state) {
    (void)state;
    static char *list[COUNT];
    const size_t before = resident();
    for (size_t i = 0; i < COUNT; i++)
        list[i] = memset(lbx_malloc(SIZE), 1, SIZE);
    for (size_t i = 0; i + 1 < COUNT; i++) /* the youngest stays */
        free(list[i]);
    lbx_memory_give_back();
    if (!SANITIZED) /* they keep what is freed */
        assert_true(resident() < before + 16 * (size_t)MB);
    assert_int_equal(list[COUNT - 1][SIZE - 1], 1);
    free(list[COUNT - 1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_freed_memory_is_given_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

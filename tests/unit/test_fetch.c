/* Requests on a machine that has no libcurl. */
#include "io/fetch.h"

#include "check.h"

#include <string.h>

static const char *opened;

void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags) {
    (void)flags;
    opened = name;
    return NULL;
}

static void test_without_the_library(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    const struct lbx_fetch_tls tls = {.ca_file = "/nonexistent"};
    const struct lbx_fetch_hook hook = {
        .url = "https://x.example", .content_type = "application/json", .headers = none};
    const struct lbx_buf body = {0};
    struct lbx_answer answer = {0};
    const char *why = NULL;
    assert_int_equal(lbx_fetch_load(&why), LBX_ERR_UNAVAILABLE);
    assert_string_equal(opened, "libcurl.so.4");
    assert_string_equal(why, "needs libcurl.so.4, which cannot be loaded");
    why = NULL;
    assert_int_equal(lbx_fetch_get("https://x.example", "*/*", &tls, 10, 1, &answer, &why),
                     LBX_ERR_UNAVAILABLE);
    assert_non_null(why);
    assert_int_equal(
        lbx_fetch_post("https://x.example", "text/plain", NULL, &body, 10, 1, &answer, &why),
        LBX_ERR_UNAVAILABLE);
    assert_int_equal(lbx_fetch_hook(&hook, &body, 10, &answer, &why), LBX_ERR_UNAVAILABLE);
    assert_int_equal(answer.status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_the_library)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which URLs a webhook may have. */
#include "base/webhook.h"

#include "base/arena.h"

#include "check.h"
#include "expand.h"

static void test_urls(void **state) {
    (void)state;
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"https://hooks.example", NULL},
        {"https://hooks.example/services/T0/B0/x?y=%20z@;", NULL},
        {"https://hooks.example:8443/", NULL},
        {"https://hooks.example?x", NULL},
        {"https://127.0.0.1:1/x", NULL},
        {"http://hooks.example/", "it does not begin with https://"},
        {"HTTPS://hooks.example/", "it does not begin with https://"},
        {"", "it does not begin with https://"},
        {"https://", "its host is no name"},
        {"https:///x", "its host is no name"},
        {"https://ann@hooks.example/", "its host is no name"},
        {"https://ann:pw@hooks.example/", "something else stands behind its host"},
        {"https://[::1]/", "its host is no name"},
        {"https://hooks.example:0/", "something else stands behind its host"},
        {"https://hooks.example:/", "something else stands behind its host"},
        {"https://hooks.example:123456/", "something else stands behind its host"},
        {"https://hooks.example\\@evil.example/", "its host is no name"},
        {"https://hooks.example/#x", "it has a character that no URL has, or a fragment"},
        {"https://hooks.example/a b", "it has a character that no URL has, or a fragment"},
        {"https://hooks.example/\r\nx: y", "it has a character that no URL has, or a fragment"},
        {"https://hooks.example/\xC3\xA4", "it has a character that no URL has, or a fragment"},
        {"https://<63>.<63>.<63>.<9>/", "its host is no name"},
        {"https://<63>.<63>.<63>.<8>/", NULL},
    };
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *url = expand(&arena, rows[i].url);
        const char *why = lbx_webhook_check(url, strlen(url));
        if (rows[i].why ? !why || strcmp(why, rows[i].why) != 0 : why != NULL)
            fail_msg("%s: %s", rows[i].url, why ? why : "taken");
    }
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

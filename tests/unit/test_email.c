/* Which addresses there are. */
#include "base/email.h"

#include "base/arena.h"

#include "check.h"
#include "expand.h"

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *address, *why;
    } rows[] = {
        {"ann@contoso.example", NULL},
        {"Ann.Ng+lockbox@CONTOSO.example", NULL},
        {"a@b", NULL},
        {"!#$%&'*+-/=?^_`{|}~@b.example", NULL},
        {"{{name}}@b.example", NULL},
        {"1@1.2", NULL},
        {"ann@xn--bcher-kva.example", NULL},
        {"<64>@b.example", NULL},
        {"a@<63>.example", NULL},
        {"<64>@<63>.<63>.<61>", NULL},
        {"", "empty"},
        {"<64>@<63>.<63>.<62>", "longer than 254 characters"},
        {"<65>@b.example", "longer than 64 characters before the @"},
        {"a@<64>.example", "not a domain after the @"},
        {"ann", "no @"},
        {"@b.example", "not a plain name before the @"},
        {"ann@", "not a domain after the @"},
        {"ann@.example", "not a domain after the @"},
        {"ann@b..example", "not a domain after the @"},
        {"ann@b.example.", "not a domain after the @"},
        {"ann@-b.example", "not a domain after the @"},
        {"ann@b-.example", "not a domain after the @"},
        {"ann@b_c.example", "not a domain after the @"},
        {"ann@[127.0.0.1]", "not a domain after the @"},
        {".ann@b.example", "not a plain name before the @"},
        {"ann.@b.example", "not a plain name before the @"},
        {"a..b@b.example", "not a plain name before the @"},
        {"\"ann\"@b.example", "not a plain name before the @"},
        {"\"a@b\"@c.example", "not a plain name before the @"},
        {"ann(comment)@b.example", "not a plain name before the @"},
        {"a@b@c.example", "not a plain name before the @"},
        {"ann,bo@b.example", "not a plain name before the @"},
        {"<ann@b.example>", "not a plain name before the @"},
        {"ann@b.example>", "not a domain after the @"},
        {"ann ng@b.example", "a space or control character"},
        {" ann@b.example", "a space or control character"},
        {"ann@b.example\n", "a space or control character"},
        {"ann@b.example\r\nBcc: evil@c.example", "a space or control character"},
        {"ann\x7f@b.example", "a space or control character"},
        {"ann@b\xC3\xBC"
         "cher.example",
         "not ASCII"},
        {"\xC3\xA4nn@b.example", "not ASCII"},
        {"ann\xE2\x80\xAE@b.example", "not ASCII"},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *address = strcmp(rows[i].address, "<ann@b.example>") == 0
                                  ? rows[i].address
                                  : expand(&arena, rows[i].address);
        const char *why = lbx_email_check(address, strlen(address));
        CHECK_ROW(&bad, rows[i].address, same(why, rows[i].why), "%s", why ? why : "taken");
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* A NUL and what stands behind it belong to the address, and to no other part of a program. */
static void test_nul(void **state) {
    (void)state;
    static const char address[] = "ann@b.example\0evil";
    assert_string_equal(lbx_email_check(address, sizeof address - 1),
                        "a space or control character");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_nul),
    };
    return cmocka_run_group_tests_name("email", tests, NULL, NULL);
}

/* base64url, strict and unpadded, and base64 with padding: texts, bytes, and what is neither. */
#include "base/base64.h"

#include "check.h"

static void strict_base64url(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
    } rows[] = {
        /* RFC 4648, section 10, without padding */
        {"", ""},
        {"Zg", "f"},
        {"Zm8", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg", "foob"},
        {"Zm9vYmE", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"-_-_", "\xFB\xFF\xBF"},
        /* another alphabet, padding, white space */
        {"+/+/", NULL},
        {"Zg==", NULL},
        {"Zm9v\n", NULL},
        {" Zm9v", NULL},
        {"Zm9\xC3", NULL},
        /* an impossible length */
        {"Z", NULL},
        {"A", NULL},
        {"Zm9vA", NULL},
        /* bits left over: another text of the same bytes */
        {"Zh", NULL},
        {"Zm9", NULL},
        /* no room */
        {"Zm9vYmFyZg", NULL},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char bytes[7] = {0};
        size_t len = 0;
        bool ok = lbx_base64url_decode(rows[i].text, strlen(rows[i].text), bytes, 6, &len);
        CHECK_ROW(&bad, rows[i].text, ok == (rows[i].want != NULL), "%d", ok);
        if (ok && rows[i].want)
            CHECK_ROW(&bad, rows[i].text,
                      len == strlen(rows[i].want) && memcmp(bytes, rows[i].want, len) == 0,
                      "%zu bytes", len);
        CHECK_ROW(&bad, rows[i].text, bytes[6] == 0, "wrote behind the room");
    }
    assert_int_equal(bad, 0);
}

static void padded(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xFB\xFF\xBF"},
        {"-_-_", NULL},
        {"Zg", NULL},
        {"Zg=", NULL},
        {"Zg===", NULL},
        {"Z===", NULL},
        {"====", NULL},
        {"=Zg=", NULL},
        {"Zg==Zg==", NULL},
        {"Zh==", NULL},
        {"Zm9=", NULL},
        {"Zm9vYmFyZg==", NULL}, /* no room */
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char bytes[7] = {0};
        size_t len = 0;
        struct lbx_buf back LBX_BUF = {0};
        bool ok = lbx_base64_decode(rows[i].text, strlen(rows[i].text), bytes, 6, &len);
        CHECK_ROW(&bad, rows[i].text, ok == (rows[i].want != NULL), "%d", ok);
        if (!ok || !rows[i].want)
            continue;
        CHECK_ROW(&bad, rows[i].text,
                  len == strlen(rows[i].want) && memcmp(bytes, rows[i].want, len) == 0, "%zu bytes",
                  len);
        lbx_base64_encode(bytes, len, &back);
        CHECK_ROW(&bad, rows[i].text, same(back.data ? back.data : "", rows[i].text), "got %s",
                  back.data);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(strict_base64url),
                                       cmocka_unit_test(padded)};
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}

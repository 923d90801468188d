/* LOCKBOX_SMTP_URL: what is understood, and what stops the start. */
#include "smtp/url.h"

#include "check.h"

static void test_understood(void **state) {
    (void)state;
    static const struct {
        const char *url;
        struct lbx_smtp_url parts;
    } rows[] = {
        {"smtp://mail.example.com", {"", "mail.example.com", 587, true, true, false}},
        {"smtp://mail.example.com/", {"", "mail.example.com", 587, true, true, false}},
        {"SMTP://mail.example.com:25?tls=off", {"", "mail.example.com", 25, false, false, false}},
        {"smtp://mail.example.com?tls=required", {"", "mail.example.com", 587, true, true, false}},
        {"smtp://localhost:2525", {"", "localhost", 2525, false, true, false}},
        {"smtp://127.0.0.1:2525", {"", "127.0.0.1", 2525, false, true, false}},
        {"smtp://127.9.9.9:1", {"", "127.9.9.9", 1, false, true, false}},
        {"smtp://localhost?tls=required", {"", "localhost", 587, true, true, false}},
        {"smtp://10.0.0.1", {"", "10.0.0.1", 587, true, true, false}},
        {"smtp://localhost.example.com", {"", "localhost.example.com", 587, true, true, false}},
        {"smtp://127.0.0.1.example.com", {"", "127.0.0.1.example.com", 587, true, true, false}},
        {"smtp://mail_pit:1025?tls=off", {"", "mail_pit", 1025, false, false, false}},
        {"smtp://ann@mail.example.com", {"ann", "mail.example.com", 587, true, true, false}},
        {"smtp://ann%40example.com@mail:65535",
         {"ann@example.com", "mail", 65535, true, true, false}},
        {"smtp://a@b.example@mail", {"a@b.example", "mail", 587, true, true, false}},
        {"smtp://ann@localhost:25", {"ann", "localhost", 25, true, true, false}},
        {"smtp://ann@localhost?tls=off", {"ann", "localhost", 587, false, true, false}},
        {"smtps://mail.example.com", {"", "mail.example.com", 465, true, true, true}},
        {"SMTPS://mail.example.com:587/", {"", "mail.example.com", 587, true, true, true}},
        {"smtps://ann@localhost?tls=required", {"ann", "localhost", 465, true, true, true}},
        {"smtps://127.0.0.1:2465", {"", "127.0.0.1", 2465, true, true, true}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_smtp_url parts;
        char why[LBX_SMTP_WHY_SIZE] = "";
        if (lbx_smtp_url_parse(rows[i].url, &parts, why))
            fail_msg("%s: %s", rows[i].url, why);
        assert_string_equal(parts.user, rows[i].parts.user);
        assert_string_equal(parts.host, rows[i].parts.host);
        assert_int_equal(parts.port, rows[i].parts.port);
        assert_int_equal(parts.tls, rows[i].parts.tls);
        assert_int_equal(parts.is_private, rows[i].parts.is_private);
        assert_int_equal(parts.implicit, rows[i].parts.implicit);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"", "not an smtp:// URL"},
        {"mail.example.com:25", "not an smtp:// URL"},
        {"http://mail.example.com", "not an smtp:// URL"},
        {"smtps://mail.example.com?tls=off", "TLS from the first byte"},
        {"smtps://ann:secret@mail", "LOCKBOX_SMTP_PASSWORD"},
        {"smtps://", "host name"},
        {"smtpss://mail", "not an smtp:// URL"},
        {"smtp://", "host name"},
        {"smtp://-x", "host name"},
        {"smtp://a b", "host name"},
        {"smtp://a\r\nb", "host name"},
        {"smtp://a/b", "host name"},
        {"smtp://[::1]:25", "IPv6"},
        {"smtp://mail:0", "port"},
        {"smtp://mail:65536", "port"},
        {"smtp://mail:", "port"},
        {"smtp://mail:25x", "port"},
        {"smtp://mail:1:2", "port"},
        {"smtp://mail?tls=on", "tls=required or tls=off"},
        {"smtp://mail?tls=off&x=1", "tls=required or tls=off"},
        {"smtp://mail?", "tls=required or tls=off"},
        {"smtp://ann:secret@mail", "LOCKBOX_SMTP_PASSWORD"},
        {"smtp://@mail", "the user"},
        {"smtp://a%@mail", "the user"},
        {"smtp://a%0Ab@mail", "the user"},
        {"smtp://a%zz@mail", "the user"},
        {"smtp://ann@mail?tls=off", "under TLS only"},
        {"smtp://ann@localhost.example.com?tls=off", "under TLS only"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_smtp_url parts;
        char why[LBX_SMTP_WHY_SIZE] = "";
        assert_int_equal(lbx_smtp_url_parse(rows[i].url, &parts, why), LBX_ERR_INVALID);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].url, why, rows[i].why);
        assert_null(strstr(why, "secret"));
    }
}

static void test_lengths(void **state) {
    (void)state;
    char url[2048], why[LBX_SMTP_WHY_SIZE];
    struct lbx_smtp_url parts;
    (void)snprintf(url, sizeof url, "smtp://%0*d", 255, 0);
    assert_int_equal(lbx_smtp_url_parse(url, &parts, why), LBX_OK);
    (void)snprintf(url, sizeof url, "smtp://%0*d", 256, 0);
    assert_int_equal(lbx_smtp_url_parse(url, &parts, why), LBX_ERR_INVALID);
    (void)snprintf(url, sizeof url, "smtp://%0*d@mail", 255, 0);
    assert_int_equal(lbx_smtp_url_parse(url, &parts, why), LBX_OK);
    (void)snprintf(url, sizeof url, "smtp://%0*d@mail", 256, 0);
    assert_int_equal(lbx_smtp_url_parse(url, &parts, why), LBX_ERR_INVALID);
    (void)snprintf(url, sizeof url, "smtp://%0*d", 2000, 0);
    assert_int_equal(lbx_smtp_url_parse(url, &parts, why), LBX_ERR_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_understood),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests_name("smtp_url", tests, NULL, NULL);
}

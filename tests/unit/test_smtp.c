/* What of mail transfer needs no server: addresses, settings, and what is refused before
 * connecting. The rest is in tests/mail. */
#include "smtp/smtp.h"

#include "check.h"

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *address, *why; /* NULL: accepted */
    } rows[] = {
        {"ann@example.com", NULL},
        {"ann.b+tag@sub.example.com", NULL},
        {"!#$%&'*+-/=?^_`{|}~@example.com", NULL},
        {"root@localhost", NULL},
        {SIXTY "0123@example.com", NULL},
        {SIXTY "01234@example.com", "longer than 64"},
        {"a@" SIXTY "012.com", NULL},
        {"a@" SIXTY "0123.com", "not a domain"},
        {"a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefgh", NULL},
        {"a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefghi", "longer than 254"},
        {NULL, "empty"},
        {"", "empty"},
        {"ann", "no @"},
        {"@example.com", "before the @"},
        {"ann@", "not a domain"},
        {"ann@example..com", "not a domain"},
        {"ann@.example.com", "not a domain"},
        {"ann@example.com.", "not a domain"},
        {"ann@-example.com", "not a domain"},
        {"ann@exam_ple.com", "not a domain"},
        {"ann@[127.0.0.1]", "not a domain"},
        {".ann@example.com", "before the @"},
        {"ann.@example.com", "before the @"},
        {"a..b@example.com", "before the @"},
        {"a@b@example.com", "before the @"},
        {"\"a b\"@example.com", "space or control"},
        {"\"ab\"@example.com", "before the @"},
        {"<ann@example.com>", "before the @"},
        {"ann@example.com>", "not a domain"},
        {"ann,bo@example.com", "before the @"},
        {"ann@example.com\r\nRCPT TO:<evil@example.com>", "space or control"},
        {"ann@example.com\n", "space or control"},
        {"ann\x7F@example.com", "space or control"},
        {"ann @example.com", "space or control"},
        {"ann\t@example.com", "space or control"},
        {"\xC3\xA9@example.com", "not ASCII"},
        {"ann@b\xC3\xBC"
         "cher.example",
         "not ASCII"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = lbx_smtp_address_check(rows[i].address);
        if (!rows[i].why && why)
            fail_msg("%s: %s", rows[i].address, why);
        if (rows[i].why && (!why || !strstr(why, rows[i].why)))
            fail_msg("%s: %s", rows[i].address ? rows[i].address : "NULL", why ? why : "accepted");
    }
}

static void test_settings(void **state) {
    (void)state;
    char long_password[400];
    memset(long_password, 'p', sizeof long_password - 1);
    long_password[sizeof long_password - 1] = '\0';
    const struct {
        struct lbx_smtp_config config;
        const char *why; /* NULL: accepted */
    } rows[] = {
        {{.url = "smtp://localhost:25"}, NULL},
        {{.url = "smtp://mail.example.com"}, NULL},
        {{.url = "smtp://ann@mail.example.com", .password = "secret"}, NULL},
        {{.url = "smtp://ann@mail.example.com"}, "a user without a password"},
        {{.url = "smtp://ann@mail.example.com", .password = ""}, "a user without a password"},
        {{.url = "smtp://mail.example.com", .password = "secret"}, "a password without a user"},
        {{.url = "smtp://ann@mail", .password = long_password}, "longer than 255"},
        {{.url = "smtp://mail.example.com", .ca_file = "/nonexistent/ca"}, "/nonexistent/ca"},
        {{.url = "ftp://mail.example.com"}, "not an smtp:// URL"},
        {{.url = "smtp://mail.example.com?tls=off"}, "LOCKBOX_ALLOW_PLAINTEXT"},
        {{.url = "smtp://mail.example.com?tls=off", .plaintext_too = true}, NULL},
        {{.url = "smtp://localhost?tls=off"}, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_smtp *smtp LBX_CLEANUP(lbx_cleanup_smtp) = NULL;
        char why[LBX_SMTP_WHY_SIZE] = "";
        enum lbx_err err = lbx_smtp_new(&rows[i].config, &smtp, why);
        assert_int_equal(err, rows[i].why ? LBX_ERR_INVALID : LBX_OK);
        if (rows[i].why && !strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].config.url, why);
        assert_null(strstr(why, "secret"));
    }
}

/* A source of an array, in order. */
struct list {
    struct lbx_smtp_message *messages;
    size_t taken, done, count;
};

static struct lbx_smtp_message *next(void *context) {
    struct list *list = context;
    return list->taken < list->count ? &list->messages[list->taken++] : NULL;
}

static void done(void *context, struct lbx_smtp_message *message) {
    struct list *list = context;
    assert_ptr_equal(message, &list->messages[list->done++]);
}

static struct lbx_smtp_end send_list(const struct lbx_smtp *smtp, struct list *list) {
    struct lbx_smtp_session *session = lbx_smtp_session_new();
    const struct lbx_smtp_source source = {next, done, list};
    struct lbx_smtp_end end = lbx_smtp_session_run(smtp, session, next(list), &source);
    lbx_smtp_session_free(session);
    return end;
}

/* Port 1 of the loopback answers nobody: a connection tried would make the outcome temporary. */
static void test_refused_before_connecting(void **state) {
    (void)state;
    const struct lbx_smtp_config config = {.url = "smtp://127.0.0.1:1"};
    struct lbx_smtp *smtp LBX_CLEANUP(lbx_cleanup_smtp) = NULL;
    char why[LBX_SMTP_WHY_SIZE], long_line[1200];
    assert_int_equal(lbx_smtp_new(&config, &smtp, why), LBX_OK);
    memset(long_line, 'x', sizeof long_line);
    memcpy(long_line + 1000, "\r\n", 2);
    static const char ok[] = "Subject: x\r\n\r\nbody\r\n";
    struct {
        struct lbx_smtp_message message;
        const char *reply;
    } rows[] = {
        {{"a@b.example", "x\r\n@b.example", ok, sizeof ok - 1},
         "address refused: a space or control character"},
        {{"x y@b.example", "a@b.example", ok, sizeof ok - 1},
         "sender's address refused: a space or control character"},
        {{"a@b.example", "a@b.example", ok, sizeof ok - 2},
         "message refused: it does not end in CRLF"},
        {{"a@b.example", "a@b.example", NULL, 0}, "message refused: it does not end in CRLF"},
        {{"a@b.example", "a@b.example", "a\n.\r\n", 5},
         "message refused: a NUL, or a CR or LF alone"},
        {{"a@b.example", "a@b.example", "a\r.\r\n", 5},
         "message refused: a NUL, or a CR or LF alone"},
        {{"a@b.example", "a@b.example", "a\0b\r\n", 5},
         "message refused: a NUL, or a CR or LF alone"},
        {{"a@b.example", "a@b.example", long_line, 1002},
         "message refused: a line of more than 998 bytes"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct list list = {.messages = &rows[i].message, .count = 1};
        struct lbx_smtp_end end = send_list(smtp, &list);
        assert_null(end.left);
        assert_false(end.failed);
        assert_int_equal(list.done, 1);
        assert_string_equal(rows[i].message.result.reply, rows[i].reply);
        assert_int_equal(rows[i].message.result.outcome, LBX_SMTP_PERMANENT);
        assert_int_equal(rows[i].message.result.code, 0);
    }
    struct list none = {0};
    assert_null(send_list(smtp, &none).left);
}

static void test_nobody_listens(void **state) {
    (void)state;
    const struct lbx_smtp_config config = {.url = "smtp://127.0.0.1:1"};
    struct lbx_smtp *smtp LBX_CLEANUP(lbx_cleanup_smtp) = NULL;
    char why[LBX_SMTP_WHY_SIZE];
    assert_int_equal(lbx_smtp_new(&config, &smtp, why), LBX_OK);
    static const char ok[] = "Subject: x\r\n\r\nbody\r\n";
    struct lbx_smtp_message messages[] = {
        {"a@b.example", "bad address", ok, sizeof ok - 1},
        {"a@b.example", "a@b.example", ok, sizeof ok - 1},
        {"a@b.example", "c@b.example", ok, sizeof ok - 1},
    };
    struct list list = {.messages = messages, .count = COUNT(messages)};
    struct lbx_smtp_end end = send_list(smtp, &list);
    assert_int_equal(messages[0].result.outcome, LBX_SMTP_PERMANENT);
    assert_int_equal(messages[1].result.outcome, LBX_SMTP_TEMPORARY);
    assert_string_equal(messages[1].result.reply,
                        "no connection to the server: Connection refused");
    assert_string_equal(messages[1].result.relay, "127.0.0.1:1");
    assert_ptr_equal(end.left, &messages[1]);
    assert_true(end.failed);
    assert_false(end.left_unheard);
    assert_int_equal(list.done, 1);
    assert_int_equal(list.taken, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_refused_before_connecting),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}

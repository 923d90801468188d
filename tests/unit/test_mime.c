/* A mail's bytes: the exact form once, and that nothing from outside becomes a header. How other
 * readers take it is in tests/mail. */
#include "smtp/mime.h"

#include "smtp/smtp.h"

#include "check.h"

#include <stdio.h>

static struct lbx_mime example(void) {
    static const char text[] = ".one\n\nFrom two\n", html[] = "<p>one = \xC3\xA9</p>\n";
    return (struct lbx_mime){
        .from = "lockbox@contoso.example",
        .from_name = "Lockbox",
        .to = "ann@contoso.example",
        .subject = "Approval needed: ticket 1",
        .date = INT64_C(1795450118000000),
        .message_id = "<019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77@contoso.example>",
        .text = text,
        .text_len = sizeof text - 1,
        .html = html,
        .html_len = sizeof html - 1,
    };
}

static void test_exact_form(void **state) {
    (void)state;
    struct lbx_mime mime = example();
    struct lbx_buf out LBX_BUF = {0};
    mime.in_reply_to = "<r1@contoso.example>";
    mime.references = "<r0@contoso.example> <r1@contoso.example>";
    mime.list_id = "lockbox.contoso.example";
    mime.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    mime.tracestate = "a=1,b=\"2\"";
    assert_int_equal(lbx_mime_write(&mime, &out), LBX_OK);
    assert_string_equal(
        out.data, "From: Lockbox <lockbox@contoso.example>\r\n"
                  "To: ann@contoso.example\r\n"
                  "Subject: Approval needed: ticket 1\r\n"
                  "Date: Mon, 23 Nov 2026 16:08:38 +0000\r\n"
                  "Message-ID: <019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77@contoso.example>\r\n"
                  "In-Reply-To: <r1@contoso.example>\r\n"
                  "References: <r0@contoso.example> <r1@contoso.example>\r\n"
                  "List-Id: <lockbox.contoso.example>\r\n"
                  "Auto-Submitted: auto-generated\r\n"
                  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                  "tracestate: a=1,b=\"2\"\r\n"
                  "MIME-Version: 1.0\r\n"
                  "Content-Type: multipart/alternative; boundary=\"=_lockbox_alternative\"\r\n"
                  "\r\n"
                  "--=_lockbox_alternative\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n"
                  "\r\n"
                  ".one\r\n"
                  "\r\n"
                  "From two\r\n"
                  "\r\n"
                  "--=_lockbox_alternative\r\n"
                  "Content-Type: text/html; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n"
                  "\r\n"
                  "<p>one =3D =C3=A9</p>\r\n"
                  "\r\n"
                  "--=_lockbox_alternative--\r\n");
}

/* Field names in order, a space behind each. */
static void field_names(const char *message, struct lbx_buf *out) {
    lbx_buf_clear(out);
    lbx_buf_str(out, "");
    for (const char *line = message; *line && strncmp(line, "\r\n", 2) != 0;) {
        if (*line != ' ' && *line != '\t') {
            lbx_buf_add(out, line, strcspn(line, ":"));
            lbx_buf_char(out, ' ');
        }
        line = strchr(line, '\n') + 1;
    }
}

static void test_nothing_becomes_a_header(void **state) {
    (void)state;
    char long_word[10001];
    memset(long_word, 'w', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    const char *const words[] = {
        "x\r\nBcc: evil@example.com",
        "x\nBcc: evil@example.com",
        "x\rBcc: evil@example.com",
        "x\r\n Bcc: folded",
        "\r\n\r\nbody",
        "x\xE2\x80\xA8"
        "Bcc: y",
        "x\xC2\x85"
        "Bcc: y",
        "=?utf-8?q?=0D=0ABcc:_evil?=",
        "\"quoted\" <a@b.example>, c@d.example",
        "name (comment) [x] \\ \"",
        "\xF0\x9F\x94\x90 \xD7\x90",
        "\xFF\xFE",
        "",
        " ",
        long_word,
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        struct lbx_mime mime = example();
        struct lbx_buf out LBX_BUF = {0}, names LBX_BUF = {0};
        mime.subject = mime.from_name = mime.to_name = words[i];
        mime.text = mime.html = words[i];
        mime.text_len = mime.html_len = strlen(words[i]);
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_OK);
        field_names(out.data, &names);
        assert_string_equal(names.data, "From To Subject Date Message-ID Auto-Submitted "
                                        "MIME-Version Content-Type ");
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const ids[] = {"",        "a@b", "<a>",    "<a@b",  "<a@b>\r\nX: y",
                                      "<a b@c>", "<>",  "<a@b> ", " <a@b>"};
    struct lbx_buf out LBX_BUF = {0};
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct lbx_mime mime = example();
        mime.message_id = ids[i];
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.in_reply_to = ids[i];
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.references = ids[i];
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.list_id = "a b";
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.traceparent = "00\r\nBcc: x@y";
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.tracestate = "a=\xC3\xA9";
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.to = "ann@contoso.example\r\nBcc: x@y";
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
        mime = example();
        mime.from = "lockbox";
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_ERR_INVALID);
    }
    assert_int_equal(out.len, 0);
}

/* "aaa…@b.example" of so many characters, in labels that a domain may have. */
static void address_of(size_t len, char *ret_address) {
    memset(ret_address, 'a', len);
    ret_address[len] = '\0';
    for (size_t i = 4; i < len - 1; i += 40)
        ret_address[i] = i == 4 ? '@' : '.';
}

static void test_copies_are_what_is_written_for_each(void **state) {
    (void)state;
    struct lbx_mime_letter letter = {0};
    struct lbx_mime mime = example();
    char to[LBX_SMTP_ADDRESS_MAX + 1], id[sizeof to + 2];
    address_of(200, to);
    mime.to = to;
    mime.subject = "To: and Date: \xC3\xA9";
    assert_int_equal(lbx_mime_letter_write(&mime, &letter), LBX_OK);
    for (size_t len = 6; len < sizeof to; len++) {
        struct lbx_buf copy LBX_BUF = {0}, whole LBX_BUF = {0};
        address_of(len, to);
        (void)snprintf(id, sizeof id, "<%s>", to);
        mime.message_id = id;
        mime.date = (int64_t)len * 9876543 * 1000000;
        assert_int_equal(lbx_mime_letter_copy(&letter, to, mime.date, id, &copy), LBX_OK);
        assert_int_equal(lbx_mime_write(&mime, &whole), LBX_OK);
        assert_string_equal(copy.data, whole.data);
    }
    lbx_mime_letter_done(&letter);
}

static void test_dates(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *field;
    } rows[] = {
        {INT64_C(0), "\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n"},
        {INT64_C(1709210096), "\r\nDate: Thu, 29 Feb 2024 12:34:56 +0000\r\n"},
        {INT64_C(1748736000), "\r\nDate: Sun, 01 Jun 2025 00:00:00 +0000\r\n"},
        {INT64_C(1767225599), "\r\nDate: Wed, 31 Dec 2025 23:59:59 +0000\r\n"},
        {INT64_C(4102444800), "\r\nDate: Fri, 01 Jan 2100 00:00:00 +0000\r\n"},
        {INT64_C(253402300799), "\r\nDate: Fri, 31 Dec 9999 23:59:59 +0000\r\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_mime mime = example();
        struct lbx_buf out LBX_BUF = {0};
        mime.date = rows[i].seconds * 1000000 + 999999;
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_OK);
        assert_non_null(strstr(out.data, rows[i].field));
    }
}

/* Up to 78 characters to a line, as GMime has it; what is longer stands on the next alone. */
static void test_where_an_address_is_folded(void **state) {
    (void)state;
    char to[LBX_SMTP_ADDRESS_MAX + 1], field[sizeof to + 16];
    for (size_t len = 70; len < 80; len++) {
        struct lbx_mime mime = example();
        struct lbx_buf out LBX_BUF = {0};
        address_of(len, to);
        mime.to = to;
        (void)snprintf(field, sizeof field, "\r\nTo:%s%s\r\n", len <= 74 ? " " : "\r\n\t", to);
        assert_int_equal(lbx_mime_write(&mime, &out), LBX_OK);
        assert_non_null(strstr(out.data, field));
    }
}

static void test_a_letter_refuses_what_a_mail_refuses(void **state) {
    (void)state;
    struct lbx_mime_letter letter = {0};
    struct lbx_mime mime = example();
    struct lbx_buf copy LBX_BUF = {0};
    assert_int_equal(lbx_mime_letter_write(&mime, &letter), LBX_OK);
    assert_int_equal(
        lbx_mime_letter_copy(&letter, "ann@b.example\r\nBcc: x@y", 0, mime.message_id, &copy),
        LBX_ERR_INVALID);
    assert_int_equal(lbx_mime_letter_copy(&letter, mime.to, 0, "<a@b>\r\nX: y", &copy),
                     LBX_ERR_INVALID);
    assert_int_equal(copy.len, 0);
    mime.from = "lockbox";
    assert_int_equal(lbx_mime_letter_write(&mime, &letter), LBX_ERR_INVALID);
    lbx_mime_letter_done(&letter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_form),
        cmocka_unit_test(test_nothing_becomes_a_header),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_copies_are_what_is_written_for_each),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_where_an_address_is_folded),
        cmocka_unit_test(test_a_letter_refuses_what_a_mail_refuses),
    };
    return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}

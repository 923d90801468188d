/* An operator's templates in place of those built in: which are taken, and what is said of the others. */
#include "mail/templates.h"

#include "mail/example.h"
#include "mail/mail.h"

#include "check.h"

static struct lbx_file file(const char *name, const char *text) {
    return (struct lbx_file){name, text, strlen(text)};
}

/* The reasons, one a line; "" where all is well. */
static void check(const struct lbx_file *files, size_t count, const char *expected) {
    struct lbx_mail_templates *templates = NULL;
    struct lbx_buf reasons LBX_BUF = {0};
    enum lbx_err err = lbx_mail_templates_new(files, count, &templates, &reasons);
    assert_string_equal(reasons.data ? reasons.data : "", expected);
    assert_int_equal(err, *expected ? LBX_ERR_INVALID : LBX_OK);
    assert_true((templates != NULL) == (err == LBX_OK));
    lbx_mail_templates_free(templates);
}

static void test_examples_are_whole(void **state) {
    (void)state;
    struct lbx_mail_templates *templates;
    struct lbx_buf reasons LBX_BUF = {0};
    struct lbx_mail_input input;
    bool kinds[LBX_MAIL_END] = {false}, states[LBX_STATE_END] = {false};
    assert_int_equal(lbx_mail_templates_new(NULL, 0, &templates, &reasons), LBX_OK);
    for (size_t i = 0; lbx_mail_example(i, &input); i++) {
        struct lbx_mail mail = {0};
        assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
        kinds[input.kind] = true;
        if (input.request)
            states[input.request->state] |= input.kind == LBX_MAIL_OUTCOME;
        lbx_mail_done(&mail);
    }
    for (int kind = LBX_MAIL_NONE + 1; kind < LBX_MAIL_END; kind++)
        assert_true(kinds[kind]);
    for (int s = LBX_STATE_NONE + 1; s < LBX_STATE_END; s++)
        assert_true(states[s] == (s != LBX_STATE_CUSTOMER_NOTIFIED && s != LBX_STATE_EMERGENCY));
    lbx_mail_templates_free(templates);
}

#define BODY                                                                                                                  \
    "{{#cannot_approve}}{{/cannot_approve}}{{ticket_id}} {{request_id}} {{cluster}} {{engineer}} {{organization}} {{link}}\n" \
    "> {{justification}}\n{{#items}}{{words}}{{/items}}\n"

static void test_replaced(void **state) {
    (void)state;
    const struct lbx_file files[] = {
        file("outcome.txt",
             "Subject: {{ticket_id}} {{cluster}} {{request_id}}\n\n{{state}}\n" BODY),
        file("head.html", "<html><body>"),
    };
    struct lbx_mail_templates *templates;
    struct lbx_buf reasons LBX_BUF = {0};
    struct lbx_mail mail = {0};
    struct lbx_mail_input input;
    size_t i = 0;
    assert_int_equal(lbx_mail_templates_new(files, COUNT(files), &templates, &reasons), LBX_OK);
    while (lbx_mail_example(i++, &input) && input.kind != LBX_MAIL_OUTCOME)
        continue;
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_string_equal(mail.subject.data,
                        "2611230040001 aro-prod 019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77");
    assert_int_equal(strncmp(mail.text.data, "Approved\n2611230040001", 22), 0);
    assert_int_equal(strncmp(mail.html.data, "<html><body><h1>", 16), 0);
    lbx_mail_done(&mail);
    lbx_mail_templates_free(templates);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *reasons;
    } rows[] = {
        {"outcom.txt", "x", "outcom.txt:1: no template has this name\n"},
        {"outcome.txt", "x", "outcome.txt:1: does not begin with a line \"Subject: …\"\n"},
        {"outcome.txt", "a\n\nx", "outcome.txt:1: does not begin with a line \"Subject: …\"\n"},
        {"outcome.txt", "Something else\n\nx",
         "outcome.txt:1: does not begin with a line \"Subject: …\"\n"},
        {"outcome.txt", "", "outcome.txt:1: does not begin with a line \"Subject: …\"\n"},
        {"outcome.txt", "Subject: x\ny\n", "outcome.txt:2: not an empty line below the subject\n"},
        {"outcome.txt", "Subject: x\n", "outcome.txt:2: not an empty line below the subject\n"},
        {"outcome.txt", "Subject: {{x}}\n\n\n{{y}}\n",
         "outcome.txt:1: no such value: {{x}}\noutcome.txt:4: no such value: {{y}}\n"},
        {"head.html", "<p>\n{{colour}}\n", "head.html:2: no such value: {{colour}}\n"},
        {"items.txt", "none",
         "approval_needed.txt:1: leaves out {{items}} in the mail to an approver "
         "(customer_notified)\n"},
        {"question.html", "<p>{{decide_by}} {{duration}}</p>",
         "approval_needed.html:1: leaves out {{cannot_approve}} in the mail to an approver "
         "(customer_notified)\n"},
        {"question.html",
         "<p>{{duration}}{{#cannot_approve}}you are informed{{/cannot_approve}}"
         "{{#to_approver}}{{decide_by}}{{/to_approver}}</p>",
         NULL},
        {"request.html",
         "<p>{{ticket_id}} {{request_id}} {{engineer}} {{organization}}</p>"
         "{{#to_engineer}}<p>{{justification}}</p>{{/to_engineer}}",
         "outcome.html:1: leaves out {{justification}} in the mail to an alternate (denied)\n"},
        {"request.html", "<p>{{ticket_id}} {{request_id}} {{engineer}}</p>",
         "approval_needed.html:1: leaves out {{justification}} in the mail to an approver "
         "(customer_notified)\n"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_file replaced = file(rows[i].name, rows[i].text);
        struct lbx_mail_templates *templates = NULL;
        struct lbx_buf reasons LBX_BUF = {0};
        enum lbx_err err = lbx_mail_templates_new(&replaced, 1, &templates, &reasons);
        if (!rows[i].reasons) {
            CHECK_ROW(&bad, rows[i].text, err == LBX_OK, "%s", reasons.data);
        } else {
            CHECK_ROW(&bad, rows[i].text, err == LBX_ERR_INVALID, "taken");
            CHECK_ROW(&bad, rows[i].text, reasons.data && strstr(reasons.data, rows[i].reasons),
                      "%s", reasons.data ? reasons.data : "no reason");
        }
        lbx_mail_templates_free(templates);
    }
    assert_int_equal(bad, 0);
}

static void test_all_that_is_wrong_is_named_once(void **state) {
    (void)state;
    const struct lbx_file files[] = {file("head.html", "<script>"), file("items.txt", "{{x}}"),
                                     file("a.txt", "")};
    check(files, COUNT(files),
          "a.txt:1: no template has this name\n"
          "items.txt:1: no such value: {{x}}\n"
          "head.html:1: an element that a mail may not have\n");
    check(NULL, 0, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_are_whole),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_all_that_is_wrong_is_named_once),
    };
    return cmocka_run_group_tests_name("mail_templates", tests, NULL, NULL);
}

/* Mail content: every kind, state and reader as golden files, and hostile text in every field.
 * LBX_GOLDEN=update writes the golden files anew. */
#include "mail/mail.h"

#include "base/time.h"
#include "base/utf8.h"
#include "mail/templates.h"

#include "golden.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define NOW INT64_C(1795450118000000) /* 2026-11-23 16:08:38 UTC */

static struct lbx_mail_templates *templates;

static int make_templates(void **state) {
    struct lbx_buf reasons LBX_BUF = {0};
    (void)state;
    return lbx_mail_templates_new(NULL, 0, &templates, &reasons) != LBX_OK;
}

static int free_templates(void **state) {
    (void)state;
    lbx_mail_templates_free(templates);
    return 0;
}

static const char resource[] =
    "/subscriptions/5f3e/resourceGroups/rg-prod/providers/Microsoft.RedHatOpenShift/"
    "openShiftClusters/aro-prod";

static struct lbx_item items[] = {
    {1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
    {2, "list_or_get_objects", NULL, "ConfigMap", NULL, .kept = true},
    {3, "delete_object", "openshift-ingress", "Deployment.apps", "router-default", .kept = true},
    {4, "create_object", NULL, "Namespace", NULL, .kept = true},
};

static struct lbx_item items_partly[] = {
    {1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
    {2, "list_or_get_objects", NULL, "ConfigMap", NULL, .kept = false},
};

static struct lbx_vote ann_approves[] = {
    {{"u-ann", "ann@contoso.example", "Ann Ng"}, LBX_DECISION_APPROVE, NOW - HOUR, NULL},
};
static struct lbx_vote policy_approves[] = {
    {{"policy", NULL, NULL}, LBX_DECISION_APPROVE, NOW, NULL},
};
static struct lbx_vote ann_denies[] = {
    {{"u-ann", "ann@contoso.example", "Ann Ng"},
     LBX_DECISION_DENY,
     NOW,
     "Not today.\nAsk again on Monday & call first <please>."},
};
static struct lbx_vote bo_revokes[] = {
    {{"u-ann", "ann@contoso.example", "Ann Ng"}, LBX_DECISION_APPROVE, NOW - 2 * HOUR, NULL},
    {{"u-bo", "bo@contoso.example", "Bo Li"}, LBX_DECISION_REVOKE, NOW, NULL},
};

static struct lbx_request pending(void) {
    return (struct lbx_request){
        .request_id = "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77",
        .state = LBX_STATE_CUSTOMER_NOTIFIED,
        .version = 1,
        .tenant_id = "t-contoso",
        .subscription_id = "5f3e",
        .ticket_id = "2611230040001",
        .engineer = {"e-erin", "erin@microsoft.example", "Erin Example", "microsoft"},
        .resource_id = resource,
        .actions = items,
        .action_count = COUNT(items),
        .justification = "Routers restart every hour.\nI need their logs.",
        .duration = 8 * HOUR,
        .created_at = NOW,
        .decide_by = NOW + 4 * DAY,
        .approvals_needed = 1,
    };
}

static struct lbx_request in_state(enum lbx_state state, struct lbx_vote *votes, size_t count) {
    struct lbx_request request = pending();
    request.state = (int)state;
    request.version = 2;
    request.decisions = votes;
    request.decision_count = count;
    request.starts_at = NOW - HOUR;
    request.expires_at = NOW + 7 * HOUR;
    if (state != LBX_STATE_APPROVED && state != LBX_STATE_NOT_REQUIRED)
        request.ended_at = NOW;
    return request;
}

static struct lbx_mail_input input_of(const struct lbx_request *request, enum lbx_mail_kind kind) {
    return (struct lbx_mail_input){
        .request = request,
        .kind = kind,
        .reader = LBX_READER_APPROVER,
        .portal_url = "https://portal.contoso.example/lockbox/",
        .ticket_title = "Ingress routers restart",
        .now = NOW,
    };
}

/* ---- golden files ---- */

static void check_mail(const char *name, const struct lbx_mail_input *input) {
    struct lbx_mail mail = {0};
    struct lbx_buf text LBX_BUF = {0};
    assert_int_equal(lbx_mail_write(templates, input, &mail), LBX_OK);
    lbx_buf_printf(&text, "Subject: %s\n\n%s", mail.subject.data, mail.text.data);
    char file[128];
    (void)snprintf(file, sizeof file, "mail-%s.txt", name);
    check_golden(file, &text);
    (void)snprintf(file, sizeof file, "mail-%s.html", name);
    check_golden(file, &mail.html);
    lbx_mail_done(&mail);
}

static void test_golden_question(void **state) {
    (void)state;
    struct lbx_request request = pending();
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_APPROVAL_NEEDED);
    check_mail("approval-needed-approver", &input);
    input.reader = LBX_READER_ALTERNATE;
    check_mail("approval-needed-alternate", &input);

    request.approvals_needed = 2;
    input = input_of(&request, LBX_MAIL_REMINDER);
    input.now = request.decide_by - 4 * HOUR;
    input.ticket_title = NULL;
    check_mail("reminder-approver", &input);
}

static void test_golden_outcome(void **state) {
    (void)state;
    static struct {
        const char *name;
        enum lbx_state state;
        enum lbx_mail_reader reader;
        struct lbx_vote *votes;
        size_t count;
    } rows[] = {
        {"outcome-approved-engineer", LBX_STATE_APPROVED, LBX_READER_ENGINEER, ann_approves, 1},
        {"outcome-approved-approver", LBX_STATE_APPROVED, LBX_READER_APPROVER, ann_approves, 1},
        {"outcome-approved-policy", LBX_STATE_APPROVED, LBX_READER_ALTERNATE, policy_approves, 1},
        {"outcome-denied-engineer", LBX_STATE_DENIED, LBX_READER_ENGINEER, ann_denies, 1},
        {"outcome-expired-approver", LBX_STATE_EXPIRED, LBX_READER_APPROVER, NULL, 0},
        {"outcome-cancelled-approver", LBX_STATE_CANCELLED, LBX_READER_APPROVER, NULL, 0},
        {"outcome-completed-approver", LBX_STATE_COMPLETED, LBX_READER_APPROVER, ann_approves, 1},
        {"outcome-revoked-engineer", LBX_STATE_REVOKED, LBX_READER_ENGINEER, bo_revokes, 2},
        {"outcome-revoked-by-ticket", LBX_STATE_REVOKED, LBX_READER_APPROVER, ann_approves, 1},
        {"outcome-not-required", LBX_STATE_NOT_REQUIRED, LBX_READER_ENGINEER, NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request request = in_state(rows[i].state, rows[i].votes, rows[i].count);
        struct lbx_mail_input input = input_of(&request, LBX_MAIL_OUTCOME);
        input.reader = rows[i].reader;
        check_mail(rows[i].name, &input);
    }
}

static void test_golden_refused(void **state) {
    (void)state;
    struct lbx_item asked[] = {
        {1, "get_pod_logs", "openshift-ingress", NULL, "router-default-1", .kept = false},
        {2, "exec_in_pod", "openshift-ingress", NULL, "router default \"1\"", .kept = false},
    };
    struct lbx_request request = in_state(LBX_STATE_REFUSED, NULL, 0);
    request.actions = asked;
    request.action_count = COUNT(asked);
    request.reason = LBX_REFUSAL_ACTION_NOT_PERMITTED;
    request.reason_item = 2;
    request.engineer = (struct lbx_engineer){.id = "e-erin"};
    request.subscription_id = NULL;
    request.justification = NULL;
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_OUTCOME);
    input.reader = LBX_READER_ENGINEER;
    input.portal_url = NULL;
    check_mail("outcome-refused-engineer", &input);
}

static void test_golden_partly(void **state) {
    (void)state;
    struct lbx_request request = in_state(LBX_STATE_APPROVED, ann_approves, 1);
    request.actions = items_partly;
    request.action_count = COUNT(items_partly);
    request.starts_at = NOW + HOUR;
    request.expires_at = NOW + 9 * HOUR;
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_OUTCOME);
    check_mail("outcome-approved-partly", &input);
}

static struct lbx_request declared(void) {
    struct lbx_request request = in_state(LBX_STATE_EMERGENCY, NULL, 0);
    request.duration = HOUR;
    request.starts_at = NOW;
    request.expires_at = NOW + HOUR;
    request.ended_at = 0;
    request.incident_id = "INC-77 <sev 1>";
    request.authorized_by = (struct lbx_principal){"m-max", "max@microsoft.example", "Max Muster"};
    request.acknowledge_by = NOW + DAY;
    return request;
}

static void test_golden_emergency(void **state) {
    (void)state;
    struct lbx_request request = declared();
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_EMERGENCY);
    check_mail("emergency-approver", &input);
    input.reader = LBX_READER_ALTERNATE;
    check_mail("emergency-alternate", &input);

    request.state = LBX_STATE_COMPLETED;
    request.ended_at = NOW + HOUR;
    input = input_of(&request, LBX_MAIL_EMERGENCY_REMINDER);
    input.now = NOW + DAY;
    check_mail("emergency-reminder-approver", &input);
}

/* ---- mails about a tenant ---- */

static void test_golden_digest(void **state) {
    (void)state;
    struct lbx_request waits = pending(), other = pending(),
                       over = in_state(LBX_STATE_DENIED, ann_denies, 1);
    other.request_id = "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b78";
    other.ticket_id = "2611230040002";
    other.engineer.name = "Erin <b>; asked by\r\nnobody";
    const struct lbx_request *requests[] = {&waits, &other, &over};
    const struct lbx_digest digest = {"contoso <b>", requests, COUNT(requests)};
    struct lbx_mail_input input = input_of(NULL, LBX_MAIL_DIGEST);
    input.digest = &digest;
    check_mail("digest-approver", &input);
    input.reader = LBX_READER_ALTERNATE;
    check_mail("digest-alternate", &input);

    const struct lbx_digest none = {"contoso", NULL, 0};
    struct lbx_mail mail = {0};
    input.digest = &none;
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_ERR_INVALID);
    lbx_mail_done(&mail);
}

static void test_golden_tenants(void **state) {
    (void)state;
    static const char *concerns[] = {"sub-1", "sub <2>"};
    const struct lbx_tenant_changed changed = {
        .tenant_id = "contoso <b>",
        .change = LBX_CHANGE_POLICY_SET,
        .by = {"u-gwen", "gwen@contoso.example", "Gwen\r\nBcc: x"},
        .at = NOW,
        .weakens = true,
        .concerns = concerns,
        .concern_count = 2,
    };
    struct lbx_mail_input input = input_of(NULL, LBX_MAIL_SECURITY_CHANGE);
    input.reader = LBX_READER_CONCERNED;
    input.change = &changed;
    check_mail("security-change", &input);

    const struct lbx_approvers_missing missing = {.tenant_id = "contoso",
                                                  .subscription_id = "sub-1",
                                                  .cause = LBX_CAUSE_KEY_REMOVED,
                                                  .needed = 2,
                                                  .left = 0,
                                                  .at = NOW};
    input = input_of(NULL, LBX_MAIL_APPROVERS_MISSING);
    input.reader = LBX_READER_CONCERNED;
    input.missing = &missing;
    check_mail("approvers-missing", &input);
    struct lbx_mail mail = {0};
    input.missing = NULL;
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_ERR_INVALID);
    lbx_mail_done(&mail);
}

static void test_golden_informed(void **state) {
    (void)state;
    struct lbx_request request = in_state(LBX_STATE_NOT_REQUIRED, NULL, 0);
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_INFORMED);
    check_mail("informed-approver", &input);
}

/* An approver may be called anything: the policy has no address. */
static void test_an_approver_is_never_the_policy(void **state) {
    (void)state;
    struct lbx_vote votes[] = {
        {{"policy", "p.olicy@contoso.example", ""}, LBX_DECISION_APPROVE, NOW, NULL}};
    struct lbx_request request = in_state(LBX_STATE_APPROVED, votes, 1);
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_OUTCOME);
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_null(strstr(mail.text.data, "The policy"));
    assert_non_null(strstr(mail.text.data, "p.olicy@contoso.example approved the request"));
    lbx_mail_done(&mail);
}

/* ---- kinds and states ---- */

static void test_kind_goes_with_state(void **state) {
    (void)state;
    for (int s = LBX_STATE_NONE; s <= LBX_STATE_END; s++)
        for (int k = LBX_MAIL_NONE; k <= LBX_MAIL_END; k++) {
            struct lbx_request request = in_state(LBX_STATE_APPROVED, NULL, 0);
            request.state = s;
            struct lbx_mail_input input = input_of(&request, (enum lbx_mail_kind)k);
            bool asks = k == LBX_MAIL_APPROVAL_NEEDED || k == LBX_MAIL_REMINDER;
            bool waits = s == LBX_STATE_CUSTOMER_NOTIFIED;
            bool over =
                s > LBX_STATE_NONE && s < LBX_STATE_END && !waits && s != LBX_STATE_EMERGENCY;
            bool emergency = s == LBX_STATE_EMERGENCY;
            bool ended = s == LBX_STATE_COMPLETED || s == LBX_STATE_REVOKED;
            bool fits = (asks && waits) || (k == LBX_MAIL_OUTCOME && over) ||
                        (k == LBX_MAIL_EMERGENCY && emergency) ||
                        (k == LBX_MAIL_EMERGENCY_REMINDER && (emergency || ended)) ||
                        (k == LBX_MAIL_INFORMED && s == LBX_STATE_NOT_REQUIRED);
            struct lbx_mail mail = {0};
            assert_int_equal(lbx_mail_write(templates, &input, &mail),
                             fits ? LBX_OK : LBX_ERR_INVALID);
            lbx_mail_done(&mail);
        }
}

static const enum lbx_mail_reader readers[] = {LBX_READER_ENGINEER, LBX_READER_APPROVER,
                                               LBX_READER_ALTERNATE};

/* Whoever gets mails of several clusters knows of which one each is. */
static void test_subjects_name_the_cluster(void **state) {
    (void)state;
    for (int s = LBX_STATE_NONE + 1; s < LBX_STATE_END; s++)
        for (int k = LBX_MAIL_NONE + 1; k < LBX_MAIL_END; k++) {
            struct lbx_request request = in_state((enum lbx_state)s, NULL, 0);
            struct lbx_mail_input input = input_of(&request, (enum lbx_mail_kind)k);
            struct lbx_mail mail = {0};
            if (lbx_mail_write(templates, &input, &mail) == LBX_OK)
                assert_non_null(strstr(mail.subject.data, "cluster aro-prod"));
            lbx_mail_done(&mail);
        }
}

/* How long access was asked for is no promise where none is given. */
static void test_no_access_is_told_of_where_none_is_given(void **state) {
    (void)state;
    static const enum lbx_state without[] = {LBX_STATE_DENIED, LBX_STATE_EXPIRED,
                                             LBX_STATE_CANCELLED, LBX_STATE_REFUSED};
    for (size_t s = 0; s < COUNT(without); s++)
        for (size_t r = 0; r < COUNT(readers); r++) {
            struct lbx_request request = in_state(without[s], NULL, 0);
            struct lbx_mail_input input = input_of(&request, LBX_MAIL_OUTCOME);
            input.reader = readers[r];
            struct lbx_mail mail = {0};
            assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
            assert_null(strstr(mail.text.data, "for 8 hours"));
            assert_null(strstr(mail.html.data, "for 8 hours"));
            assert_non_null(strstr(mail.text.data, "\nAsked for: 8 hours\n"));
            lbx_mail_done(&mail);
        }
}

static void test_mail_is_rewritten(void **state) {
    (void)state;
    struct lbx_request request = pending();
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_APPROVAL_NEEDED);
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    char *first LBX_FREE = strdup(mail.html.data);
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_string_equal(mail.html.data, first);
    lbx_mail_done(&mail);
}

/* ---- hostile text in every field ---- */

static size_t occurrences(const char *in, const char *of) {
    size_t n = 0;
    for (const char *at = in; (at = strstr(at, of)); at += strlen(of))
        n++;
    return n;
}

/* Whatever a field holds, the HTML has the elements it has with harmless words, and none of the
 * three has a character that steers. */
static void check_same_shape(const char *hostile, const char *plain_html,
                             const struct lbx_mail *mail) {
    for (size_t i = 0; i < mail->subject.len; i++)
        assert_true((unsigned char)mail->subject.data[i] >= ' ');
    assert_true(lbx_utf8_valid(mail->subject.data, mail->subject.len));
    assert_true(lbx_utf8_valid(mail->text.data, mail->text.len));
    assert_true(lbx_utf8_valid(mail->html.data, mail->html.len));
    const char *const outputs[] = {mail->subject.data, mail->text.data, mail->html.data};
    for (size_t i = 0; i < COUNT(outputs); i++) {
        assert_null(strstr(outputs[i], "\xE2\x80\xAE"));
        assert_null(strpbrk(outputs[i], "\r\t\x01\x1B\x7F"));
    }
    static const char *const marks[] = {"<", ">", "\"", "<script", "<a ", "<img", "style", "</"};
    for (size_t i = 0; i < COUNT(marks); i++)
        if (occurrences(mail->html.data, marks[i]) != occurrences(plain_html, marks[i]) &&
            !(strchr(hostile, '\n') && (!strcmp(marks[i], "<") || !strcmp(marks[i], ">"))))
            fail_msg("%s: another number of %s", hostile, marks[i]);
}

static struct lbx_mail hostile_mail(const char *word, enum lbx_mail_kind kind) {
    struct lbx_item asked[] = {
        {1, word, word, word, word, .kept = true},
        {2, "get_pod_logs", word, NULL, word, .kept = true},
        {3, "delete_object", word, word, word, .kept = true},
    };
    struct lbx_vote votes[] = {{{word, word, word}, LBX_DECISION_APPROVE, NOW, word}};
    struct lbx_request request = in_state(LBX_STATE_APPROVED, votes, 1);
    if (kind == LBX_MAIL_APPROVAL_NEEDED)
        request.state = LBX_STATE_CUSTOMER_NOTIFIED;
    if (kind == LBX_MAIL_EMERGENCY)
        request.state = LBX_STATE_EMERGENCY;
    request.incident_id = word;
    request.authorized_by = (struct lbx_principal){word, word, word};
    request.request_id = request.ticket_id = request.subscription_id = word;
    request.resource_id = request.justification = word;
    request.engineer = (struct lbx_engineer){word, word, word, word};
    request.actions = asked;
    request.action_count = COUNT(asked);
    struct lbx_mail_input input = input_of(&request, kind);
    input.ticket_title = word;
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    return mail;
}

static void test_hostile(void **state) {
    (void)state;
    char *long_word LBX_FREE = malloc(10001);
    memset(long_word, 'w', 10000);
    long_word[10000] = '\0';
    const char *const words[] = {
        "x\r\nBcc: evil@example.com\r\n\r\nbody",
        "x\nSubject: other",
        "<script>alert(1)</script>",
        "</td></table><h1>Approved</h1>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "<!-- -->&lt;b&gt;&amp;",
        "{{7*7}} ${x} <%= y %> %s %n %1$s",
        "\xE2\x80\xAEgpj.exe\xE2\x80\xAC \xE2\x81\xA6x\xE2\x81\xA9",
        "\x01\x02\x1B[31m\x7F",
        "\xFF\xFE\xC0\x80\xED\xA0\x80",
        "\xF0\x9F\x94\x90\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x92",
        "=?utf-8?q?encoded?=",
        "https://evil.example/approve",
        ".\r\n.\r\nQUIT",
        "/////",
        "",
        long_word,
    };
    static const enum lbx_mail_kind kinds[] = {LBX_MAIL_APPROVAL_NEEDED, LBX_MAIL_OUTCOME,
                                               LBX_MAIL_EMERGENCY};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct lbx_mail plain = hostile_mail("word", kinds[k]);
        struct lbx_mail empty = hostile_mail("", kinds[k]);
        for (size_t i = 0; i < COUNT(words); i++) {
            struct lbx_mail mail = hostile_mail(words[i], kinds[k]);
            check_same_shape(words[i], *words[i] ? plain.html.data : empty.html.data, &mail);
            lbx_mail_done(&mail);
        }
        lbx_mail_done(&plain);
        lbx_mail_done(&empty);
    }
}

/* What follows a quote would look like Lockbox's own words. */
static void test_title_cannot_end_its_quotes(void **state) {
    (void)state;
    struct lbx_request request = pending();
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_APPROVAL_NEEDED);
    input.ticket_title = "Restart\", cluster aro-dev, request 0\xE2\x80\x9D, \xEF\xBC\x82";
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_int_equal(occurrences(mail.subject.data, "\""), 2);
    assert_non_null(
        strstr(mail.subject.data, " \"Restart', cluster aro-dev, request 0', '\", cluster "));
    assert_non_null(strstr(mail.text.data, input.ticket_title));
    lbx_mail_done(&mail);
}

static void test_title_is_cut_in_subject(void **state) {
    (void)state;
    char *title LBX_FREE = malloc(2 * 200 + 1);
    for (size_t i = 0; i < 200; i++)
        memcpy(title + 2 * i, "\xC3\xA9", 2);
    title[400] = '\0';
    struct lbx_request request = pending();
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_APPROVAL_NEEDED);
    input.ticket_title = title;
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_int_equal(occurrences(mail.subject.data, "\xC3\xA9"), 80);
    assert_non_null(strstr(mail.subject.data, request.request_id));
    assert_int_equal(occurrences(mail.text.data, "\xC3\xA9"), 200);
    lbx_mail_done(&mail);
}

static void test_link_is_encoded(void **state) {
    (void)state;
    struct lbx_request request = pending();
    request.request_id = "a/b?c#d e\"\xC3\xA9";
    struct lbx_mail_input input = input_of(&request, LBX_MAIL_APPROVAL_NEEDED);
    struct lbx_mail mail = {0};
    assert_int_equal(lbx_mail_write(templates, &input, &mail), LBX_OK);
    assert_non_null(
        strstr(mail.text.data,
               "\nhttps://portal.contoso.example/lockbox/requests/a%2Fb%3Fc%23d%20e%22%C3%A9\n"));
    lbx_mail_done(&mail);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_question),
        cmocka_unit_test(test_golden_outcome),
        cmocka_unit_test(test_golden_refused),
        cmocka_unit_test(test_golden_partly),
        cmocka_unit_test(test_golden_emergency),
        cmocka_unit_test(test_golden_digest),
        cmocka_unit_test(test_golden_tenants),
        cmocka_unit_test(test_golden_informed),
        cmocka_unit_test(test_an_approver_is_never_the_policy),
        cmocka_unit_test(test_kind_goes_with_state),
        cmocka_unit_test(test_subjects_name_the_cluster),
        cmocka_unit_test(test_no_access_is_told_of_where_none_is_given),
        cmocka_unit_test(test_mail_is_rewritten),

        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_title_cannot_end_its_quotes),
        cmocka_unit_test(test_title_is_cut_in_subject),
        cmocka_unit_test(test_link_is_encoded),
    };
    return cmocka_run_group_tests_name("mail", tests, make_templates, free_templates);
}

/* What templates may say: each value where there is something to say, and where there is not. What mails make of
 * them is in test_mail.c. */
#include "mail/values.h"

#include "mail/mail.h"

#include "check.h"

#define HOUR INT64_C(3600000000)
#define NOW INT64_C(1795450118000000) /* 2026-11-23 16:08:38 UTC */

struct subject {
    struct lbx_request request;
    struct lbx_mail_input input;
};

static struct lbx_vote votes[] = {
    {{"u-ann", "ann@contoso.example", "Ann Ng"}, LBX_DECISION_APPROVE, NOW, NULL},
    {{"u-bo", "bo@contoso.example", NULL}, LBX_DECISION_APPROVE, NOW, "Go on."},
    {{"policy", NULL, NULL}, LBX_DECISION_DENY, NOW, NULL},
};

static void no_name(struct subject *s) {
    s->request.engineer.name = NULL;
}
static void no_email(struct subject *s) {
    s->request.engineer.name = s->request.engineer.email = "";
}
static void no_reason(struct subject *s) {
    s->request.reason = LBX_REFUSAL_NONE;
}
static void no_times(struct subject *s) {
    s->request.duration = s->request.starts_at = s->request.expires_at = s->request.ended_at = 0;
}
static void no_end(struct subject *s) {
    s->request.expires_at = 0;
}
static void no_end_told(struct subject *s) {
    s->request.ended_at = 0;
}
static void lapsed(struct subject *s) {
    s->request.state = LBX_STATE_EXPIRED;
    s->request.ended_at = 0;
}
static void only_slashes(struct subject *s) {
    s->input.portal_url = "//";
}
static void a_slash_behind(struct subject *s) {
    s->input.portal_url = "https://portal.example/";
}
static void no_number(struct subject *s) {
    s->request.actions[0].number = 0;
}
static void as_it_is(struct subject *s) {
    (void)s;
}

static void values_of_a_request(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*change)(struct subject *s);
        const char *text;
    } rows[] = {
        {"engineer_name", as_it_is, "Erin"},
        {"engineer_name", no_name, "erin@microsoft.example"},
        {"engineer_name", no_email, "e-erin"},
        {"refusal", as_it_is, "its ticket is closed"},
        {"refusal", no_reason, ""},
        {"approved_by", as_it_is, "Ann Ng (ann@contoso.example) and bo@contoso.example"},
        {"denied_by", as_it_is, "The policy of the subscription"},
        {"revoked_by", as_it_is, ""},
        {"duration", as_it_is, "8 hours"},
        {"duration", no_times, ""},
        {"granted", as_it_is, "2 hours"},
        {"granted", no_times, ""},
        {"granted", no_end, ""},
        {"access_since", as_it_is, "2026-11-23 16:08:38 UTC"},
        {"access_since", no_times, ""},
        {"ended_at", as_it_is, "2026-11-23 17:08:38 UTC"},
        {"ended_at", no_end_told, "2026-11-23 18:08:38 UTC"},
        {"ended_at", lapsed, "2026-11-23 19:08:38 UTC"},
        {"ended_at", no_times, ""},
        {"link", as_it_is, "https://portal.example/requests/R-1"},
        {"link", a_slash_behind, "https://portal.example/requests/R-1"},
        {"link", only_slashes, "/requests/R-1"},
        {"number", as_it_is, "7"},
        {"number", no_number, "1"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_item item = {7, "get_pod_logs", "ns", NULL, NULL, .kept = true};
        struct subject s = {
            .request = {.request_id = "R-1",
                        .state = LBX_STATE_REFUSED,
                        .reason = LBX_REFUSAL_TICKET_CLOSED,
                        .engineer = {"e-erin", "erin@microsoft.example", "Erin", "microsoft"},
                        .decisions = votes,
                        .decision_count = COUNT(votes),
                        .actions = &item,
                        .action_count = 1,
                        .duration = 8 * HOUR,
                        .starts_at = NOW,
                        .ended_at = NOW + HOUR,
                        .expires_at = NOW + 2 * HOUR,
                        .decide_by = NOW + 3 * HOUR},
            .input = {
                .portal_url = "https://portal.example", .kind = LBX_MAIL_OUTCOME, .now = NOW}};
        struct lbx_buf out LBX_BUF = {0};
        s.input.request = &s.request;
        rows[i].change(&s);
        int found = lbx_vocabulary_find(&lbx_mail_vocabulary, rows[i].name, strlen(rows[i].name));
        assert_true(found >= 0);
        lbx_mail_vocabulary.values[found].write(&s.input, 0, &out);
        lbx_buf_str(&out, "");
        CHECK_ROW(&bad, rows[i].name, same(out.data, rows[i].text), "%zu: %s", i, out.data);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_of_a_request)};
    return cmocka_run_group_tests_name("mail_values", tests, NULL, NULL);
}

/* The ledger's transactions: which statements an end of an attempt leads to, and what a claimed row becomes. What the
 * database answers is the test's own. */
#include "notifier/claim.h"

#include "answers.h"

#include "base/clock.h"

#define HOUR_US (3600 * LBX_SECOND_US)

static struct lbx_worker worker = {.name = "notifier",
                                   .source = "/lockbox/notifier",
                                   .settings = {.mail_retry = 60 * LBX_SECOND_US}};
static struct ledger ledger;

/* ---- the round trips ---- */

static struct {
    char names[1024]; /* of the statements, in order */
    size_t trips;
    const char *taken_over; /* the mail whose row takes its attempt's end over; NULL: none */
    const char *carried;    /* what finish_digests ends of the digest n-1; NULL: nothing */
    const char *wait_us;    /* until the next mail is due; NULL: there is none */
    const char
        *refused; /* the mail whose release is refused, whatever is released with it; NULL: none */
    size_t releases;
    enum lbx_err err; /* of all of them */
} seen;

enum lbx_err __wrap_lbx_pg_run(struct lbx_pg *pg, struct lbx_pg_pipeline *calls);

static void answer_call(size_t call, const char *statement) {
    if (strcmp(statement, "store_clock") == 0)
        ANSWER(call, "1795450118123456", "1795450118123456");
    else if (strcmp(statement, "notifier_release") == 0)
        ANSWER(call, "0");
    else if (strcmp(statement, "notifier_first_void") == 0)
        ANSWER(call, seen.refused);
    else if (strcmp(statement, "notifier_finish") == 0 && seen.taken_over)
        ANSWER(call, seen.taken_over);
    else if (strcmp(statement, "notifier_finish_digests") == 0 && seen.carried)
        ANSWER(call, "n-1", seen.carried, "01a20d0d-39ea-7b23-80d5-f35d1b11f9b6", "1",
               "approval_needed", "ann@contoso.example", "01a20d0d-39ea-7b23-80d5-f35d1b11f9b7",
               NULL);
    else if (strcmp(statement, "notifier_until_next") == 0)
        ANSWER(call, seen.wait_us);
}

enum lbx_err __wrap_lbx_pg_run(struct lbx_pg *pg, struct lbx_pg_pipeline *calls) {
    (void)pg;
    seen.trips++;
    memset(answers, 0, sizeof answers);
    for (size_t i = 0; i < calls->count; i++) {
        const size_t at = strlen(seen.names);
        (void)snprintf(seen.names + at, sizeof seen.names - at, "%s ", calls->list[i].sql->name);
        answer_call(i, calls->list[i].sql->name);
        if (strcmp(calls->list[i].sql->name, "notifier_release") == 0) {
            seen.releases++;
            if (seen.refused && ledger.refused.due_count == 0)
                return LBX_ERR_INVALID;
        }
    }
    return seen.err;
}

const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg);

const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg) {
    (void)pg;
    return "23514";
}

static bool ran(const char *statement) {
    char word[64];
    (void)snprintf(word, sizeof word, "%s ", statement);
    return strstr(seen.names, word) != NULL;
}

static int begin(void **unused) {
    (void)unused;
    memset(answers, 0, sizeof answers);
    memset(&seen, 0, sizeof seen);
    ledger = (struct ledger){.worker = &worker, .look_at_us = INT64_MAX};
    return 0;
}

/* ---- settling ---- */

static struct mail attempted(const char *id, enum lbx_smtp_outcome outcome) {
    return (struct mail){.id = id,
                         .request_id = "01a20d0d-39ea-7b23-80d5-f35d1b11f9b6",
                         .tenant_id = "contoso",
                         .recipient = "ann@contoso.example",
                         .message_id = "m@lockbox.example",
                         .version = 2,
                         .attempts = 1,
                         .ended_us = lbx_monotonic_us(),
                         .give_up_at = lbx_monotonic_us() + 24 * HOUR_US,
                         .message.result = {.outcome = outcome, .code = 250, .reply = "250 ok"}};
}

static void a_delivered_mail_is_published(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_DELIVERED);
    seen.taken_over = "n-1";
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_true(ran("notifier_finish"));
    assert_false(ran("notifier_finish_earlier"));
    assert_true(ran("store_outbox"));
    assert_false(ran("notifier_claim"));
    assert_int_equal(ledger.look_at_us, INT64_MAX);
}

static void a_deferred_mail_is_tried_again(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_TEMPORARY);
    seen.taken_over = "n-1";
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_false(ran("store_outbox"));
    assert_in_range(ledger.look_at_us - mail.ended_us, worker.settings.mail_retry * 3 / 4,
                    worker.settings.mail_retry * 5 / 4);
}

/* The next attempt would come after the mail's time. */
static void a_late_mail_is_given_up(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_TEMPORARY);
    mail.give_up_at = mail.ended_us + LBX_SECOND_US;
    seen.taken_over = "n-1";
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_true(ran("store_outbox"));
    assert_int_equal(ledger.look_at_us, INT64_MAX);
}

/* The rows that a digest carried end in the transaction that ends it, and once it is final. */
static void what_a_digest_carried_ends_with_it(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_DELIVERED);
    mail.kind = LBX_MAIL_DIGEST;
    mail.request_id = NULL;
    seen.taken_over = "n-1";
    seen.carried = "n-2";
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_string_equal(seen.names, "begin notifier_finish notifier_finish_digests store_outbox "
                                    "store_wake_relay store_clock commit ");
    seen.names[0] = '\0';
    mail.message.result.outcome = LBX_SMTP_TEMPORARY;
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_false(ran("notifier_finish_digests"));
}

/* Another notifier has begun a later attempt: this one's end is noted, and nobody is told. */
static void an_attempt_that_was_followed_is_noted(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_DELIVERED);
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 0), LBX_OK);
    assert_true(ran("notifier_finish_earlier"));
    assert_false(ran("store_outbox"));
}

static void what_the_database_refuses_is_not_committed(void **unused) {
    (void)unused;
    struct mail mail = attempted("n-1", LBX_SMTP_DELIVERED);
    seen.err = LBX_ERR_UNAVAILABLE;
    assert_int_equal(ledger_transact(&ledger, &mail, NULL, 8), LBX_ERR_UNAVAILABLE);
    assert_int_equal(seen.trips, 1);
    assert_int_equal(ledger.claimed, 0);
}

/* ---- claiming ---- */

static void claims_of_ended_sessions_are_looked_for_now_and_then(void **unused) {
    (void)unused;
    assert_int_equal(ledger_transact(&ledger, NULL, NULL, 8), LBX_OK);
    assert_true(ran("notifier_release"));
    assert_true(ran("notifier_claim"));
    seen.names[0] = '\0';
    assert_int_equal(ledger_transact(&ledger, NULL, NULL, 8), LBX_OK);
    assert_false(ran("notifier_release"));
    assert_true(ran("notifier_claim"));
}

/* By halves, until it is alone: it is left out, and what else there is is released and claimed. */
static void a_claim_whose_release_is_refused_is_left_out(void **unused) {
    (void)unused;
    seen.refused = "01a20d0d-39ea-7b23-80d5-f35d1b11f9b6";
    assert_int_equal(ledger_transact(&ledger, NULL, NULL, 8), LBX_OK);
    assert_int_equal(ledger.refused.due_count, 1);
    assert_string_equal(ledger.refused.due[0], seen.refused);
    assert_in_range(seen.releases, 10, 14);
    assert_true(ran("notifier_claim"));
    assert_null(refused_again(&ledger.refused, true));
    refused_done(&ledger.refused);
}

static void what_was_not_begun_is_given_back(void **unused) {
    (void)unused;
    struct mail second = attempted("n-2", LBX_SMTP_TEMPORARY),
                first = attempted("n-1", LBX_SMTP_TEMPORARY);
    first.next = &second;
    assert_int_equal(ledger_transact(&ledger, NULL, &first, 0), LBX_OK);
    assert_string_equal(seen.names, "begin notifier_give_back store_clock commit ");
}

/* The request of an example: from its brace to the one that closes it. */
static const char *snapshot_of(struct lbx_buf *file) {
    FILE *from =
        fopen("../../schemas/examples/lockbox.request.created.v1/valid-three-actions.json", "re");
    char chunk[4096];
    int depth = 0;
    assert_non_null(from);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, from)) > 0;)
        lbx_buf_add(file, chunk, n);
    fclose(from);
    char *start = strstr(file->data, "\"request\": {") + strlen("\"request\": ");
    for (char *at = start;; at++) {
        depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        if (depth == 0) {
            at[1] = '\0';
            return start;
        }
    }
}

static void row(const char *id, const char *kind, const char *audience, const char *shared) {
    ANSWER(0, id, "01a20d0d-39ea-7b23-80d5-f35d1b11f9b6", "01a20d0d-39ea-7b23-80d5-f35d1b11f9b6",
           "1", kind, "ann@contoso.example", audience, "contoso", "1", "1795450118123456",
           "1795450118123456", "m@lockbox.example", shared, "A title", "e-1", NULL, NULL, NULL);
}

/* The snapshot comes with the first mail of a request, and is all the others'. */
static void mails_of_a_request_share_it(void **unused) {
    (void)unused;
    struct lbx_buf file LBX_BUF = {0};
    row("n-1", "approval_requested", "approver", snapshot_of(&file));
    row("n-2", "approval_requested", "alternate", NULL);
    row("n-3", "approval_requested", "engineer", "{\"state\":7}");
    struct claim *claim = claim_new();
    struct mail *first = claim_read(&ledger, 0, claim, NULL);
    struct mail *second = claim_read(&ledger, 1, claim, first);
    struct mail *third = claim_read(&ledger, 2, claim, second);
    assert_non_null(first->request);
    assert_ptr_equal(second->request, first->request);
    assert_null(third->request); /* cannot be read */
    assert_int_equal(first->reader, LBX_READER_APPROVER);
    assert_int_equal(second->reader, LBX_READER_ALTERNATE);
    assert_int_equal(third->reader, LBX_READER_ENGINEER);
    assert_string_equal(second->id, "n-2");
    first->next = second;
    second->next = third;
    claim_release(first);
}

/* ---- planning ---- */

static int64_t planned(const char *wait_us) {
    seen.wait_us = wait_us;
    const int64_t now_us = lbx_monotonic_us();
    assert_int_equal(ledger_plan(&ledger), LBX_OK);
    return ledger.look_at_us - now_us;
}

/* It looks again within seconds though nothing is due: an operator may have queued a mail again. */
static void it_looks_again_whatever_is_due(void **unused) {
    (void)unused;
    const int64_t nothing = planned(NULL), far = planned("86400000000"), near = planned("1000000");
    assert_true(nothing >= LBX_SECOND_US && nothing < HOUR_US);
    assert_true(far >= LBX_SECOND_US && far < HOUR_US);
    assert_true(near >= LBX_SECOND_US && planned("0") > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_delivered_mail_is_published, begin),
        cmocka_unit_test_setup(a_deferred_mail_is_tried_again, begin),
        cmocka_unit_test_setup(a_late_mail_is_given_up, begin),
        cmocka_unit_test_setup(what_a_digest_carried_ends_with_it, begin),
        cmocka_unit_test_setup(an_attempt_that_was_followed_is_noted, begin),
        cmocka_unit_test_setup(what_the_database_refuses_is_not_committed, begin),
        cmocka_unit_test_setup(claims_of_ended_sessions_are_looked_for_now_and_then, begin),
        cmocka_unit_test_setup(a_claim_whose_release_is_refused_is_left_out, begin),
        cmocka_unit_test_setup(what_was_not_begun_is_given_back, begin),
        cmocka_unit_test_setup(mails_of_a_request_share_it, begin),
        cmocka_unit_test_setup(it_looks_again_whatever_is_due, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sessions' threads around the queue: each mail is sent once, and its result goes to the dispatcher that submitted
 * it. The relay is pretended: it takes each mail, or holds it until the test lets go. */
#include "notifier/sessions.h"

#include "notifier/pace.h"

#include "check.h"

#include "smtp/relays.h"

#include <stdlib.h>

enum { LIMIT = 3, MAILS = LIMIT * (PACE_GROWTH + 2) };

static struct sessions *sessions;
static struct completion_queue ours, theirs;
static struct mail mails[MAILS];

/* ---- the relay ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool holds; /* no mail gets a result */
    size_t under_way, sent;
} relay = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void take(struct lbx_smtp_message *message) {
    pthread_mutex_lock(&relay.lock);
    relay.under_way++;
    pthread_cond_broadcast(&relay.changed);
    while (relay.holds)
        pthread_cond_wait(&relay.changed, &relay.lock);
    relay.under_way--;
    relay.sent++;
    pthread_mutex_unlock(&relay.lock);
    message->result = (struct lbx_smtp_result){.outcome = LBX_SMTP_DELIVERED, .code = 250};
}

void __wrap_lbx_relays_send(struct lbx_relays *relays, struct lbx_smtp_session *session,
                            const struct lbx_smtp_source *source);

void __wrap_lbx_relays_send(struct lbx_relays *relays, struct lbx_smtp_session *session,
                            const struct lbx_smtp_source *source) {
    (void)relays;
    (void)session;
    for (struct lbx_smtp_message *message; (message = source->next(source->context));) {
        take(message);
        source->done(source->context, message);
    }
}

static void hold(bool holds) {
    pthread_mutex_lock(&relay.lock);
    relay.holds = holds;
    pthread_cond_broadcast(&relay.changed);
    pthread_mutex_unlock(&relay.lock);
}

static void await_under_way(size_t count) {
    pthread_mutex_lock(&relay.lock);
    while (relay.under_way < count)
        pthread_cond_wait(&relay.changed, &relay.lock);
    pthread_mutex_unlock(&relay.lock);
}

/* ---- before and after each ---- */

static int open_all(void **unused) {
    (void)unused;
    memset(mails, 0, sizeof mails);
    relay.sent = 0;
    completion_open(&ours);
    completion_open(&theirs);
    return sessions_open(NULL, LIMIT, &sessions) != LBX_OK;
}

static int close_all(void **unused) {
    (void)unused;
    hold(false);
    sessions_stop(sessions);
    sessions_close(sessions);
    return relay.under_way != 0;
}

static size_t take_results(struct completion_queue *completions) {
    size_t count = 0;
    for (struct mail *mail = sessions_take_completed(sessions, completions); mail;
         mail = mail->next, count++) {
        assert_ptr_equal(mail->completions, completions);
        assert_int_equal(mail->message.result.code, 250);
    }
    return count;
}

static void await_results(struct completion_queue *completions, size_t count) {
    bool woken;
    for (size_t come = take_results(completions); come < count; come += take_results(completions))
        (void)sessions_await(sessions, completions, 0, INT64_MAX, &woken);
    assert_true(sessions_is_empty(sessions, completions));
}

/* ---- the tests ---- */

static void each_result_goes_to_its_dispatcher(void **unused) {
    (void)unused;
    for (size_t i = 0; i < MAILS; i++)
        sessions_submit(sessions, i % 4 == 0 ? &theirs : &ours, &mails[i]);
    await_results(&theirs, MAILS / 4);
    await_results(&ours, MAILS - MAILS / 4);
    assert_int_equal(relay.sent, MAILS);
}

static size_t withdraw(void) {
    size_t count = 0;
    for (struct mail *mail = sessions_withdraw(sessions, &ours, INT64_MAX); mail; mail = mail->next)
        count++;
    return count;
}

/* On a slow machine more than the limit may be under way: those held longest count as slow. */
static void what_is_not_begun_is_taken_back(void **unused) {
    (void)unused;
    hold(true);
    for (size_t i = 0; i < MAILS; i++)
        sessions_submit(sessions, &ours, &mails[i]);
    await_under_way(LIMIT);
    assert_false(sessions_is_empty(sessions, &ours));
    const size_t withdrawn = withdraw();
    assert_in_range(withdrawn, 1, MAILS - LIMIT);
    hold(false);
    await_results(&ours, MAILS - withdrawn);
    assert_int_equal(relay.sent, MAILS - withdrawn);
}

static void nothing_is_begun_once_it_stops(void **unused) {
    (void)unused;
    hold(true);
    for (size_t i = 0; i < MAILS; i++)
        sessions_submit(sessions, &ours, &mails[i]);
    await_under_way(LIMIT);
    sessions_stop(sessions);
    assert_true(sessions_stopping(sessions));
    hold(false);
    bool woken;
    const size_t todo = sessions_await(sessions, &ours, 0, INT64_MAX, &woken);
    assert_in_range(todo, 1, MAILS - LIMIT);
    assert_int_equal(withdraw(), todo);
    await_results(&ours, MAILS - todo);
    assert_int_equal(relay.sent, MAILS - todo);
}

static void a_result_of_its_own_is_not_sent(void **unused) {
    (void)unused;
    mails[0].message.result.code = 250;
    mails[0].completions = &ours;
    sessions_complete(sessions, &ours, &mails[0]);
    await_results(&ours, 1);
    assert_int_equal(relay.sent, 0);
}

static void a_dispatcher_is_woken(void **unused) {
    (void)unused;
    bool woken = false;
    sessions_wake(sessions, &ours);
    assert_int_equal(sessions_await(sessions, &ours, 0, INT64_MAX, &woken), 0);
    assert_true(woken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_result_goes_to_its_dispatcher, open_all, close_all),
        cmocka_unit_test_setup_teardown(what_is_not_begun_is_taken_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(nothing_is_begun_once_it_stops, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_result_of_its_own_is_not_sent, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_dispatcher_is_woken, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

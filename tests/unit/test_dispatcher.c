/* A dispatcher's round: what is claimed is composed and submitted, what has a result is settled, and nothing is lost
 * while the database is down. The ledger and the sessions are pretended: a mail has its result as soon as it is
 * submitted. */
#include "notifier/dispatcher.h"

#include "check.h"

#include <stdlib.h>

enum { DUE_MOST = 600 };

struct claim {
    struct mail mails[DUE_MOST];
    size_t held;
};

/* ---- the ledger ---- */

static struct {
    size_t due;               /* mails that wait to be claimed */
    enum lbx_err next_err[4]; /* of the next transactions; LBX_OK behind them */
    int err_at;
    size_t transactions, opened, closed, most; /* most: claimed at once */
    size_t settled, given_back, claims;
    bool only_withdraws; /* the sessions begin no mail */
    int64_t numbered,
        bad_end;  /* mails so far; the number of the one whose end is refused, 0: none */
    bool bad_due; /* the first that is due cannot be claimed */
    size_t left_out, refused; /* transactions that were refused */
} world;

enum lbx_err ledger_open(struct ledger *ledger) {
    world.opened += ledger->pg == NULL;
    ledger->pg = (struct lbx_pg *)&world; /* only ever compared with NULL */
    return LBX_OK;
}

void ledger_close(struct ledger *ledger) {
    world.closed += ledger->pg != NULL;
    ledger->pg = NULL;
}

static size_t count(const struct mail *list) {
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

static bool is_refused(const struct mail *completed, size_t claim_most) {
    bool refused = world.bad_due && claim_most > 0;
    for (; completed; completed = completed->next)
        refused |= completed->version == world.bad_end;
    world.refused += refused;
    return refused;
}

const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg);

const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg) {
    (void)pg;
    return "23514";
}

enum lbx_err ledger_leave_out_first(struct ledger *ledger) {
    (void)ledger;
    world.left_out++;
    world.bad_due = false;
    return LBX_OK;
}

enum lbx_err ledger_transact(struct ledger *ledger, const struct mail *completed,
                             const struct mail *give_back, size_t claim_most) {
    world.transactions++;
    ledger->claimed = 0;
    enum lbx_err err =
        world.err_at < (int)COUNT(world.next_err) ? world.next_err[world.err_at++] : LBX_OK;
    if (err == LBX_OK && is_refused(completed, claim_most))
        err = LBX_ERR_INVALID;
    if (err != LBX_OK)
        return err;
    world.settled += count(completed);
    world.given_back += count(give_back);
    world.due += count(give_back);
    ledger->claimed = claim_most < world.due ? claim_most : world.due;
    world.most = ledger->claimed > world.most ? ledger->claimed : world.most;
    world.due -= ledger->claimed;
    return LBX_OK;
}

struct mail *claim_read(const struct ledger *ledger, size_t i, struct claim *claim,
                        const struct mail *before) {
    (void)ledger;
    assert_ptr_equal(before, i > 0 ? &claim->mails[i - 1] : NULL);
    claim->held++;
    claim->mails[i].claim = claim;
    claim->mails[i].version = ++world.numbered;
    claim->mails[i].id = "one";
    return &claim->mails[i];
}

/* Nothing is due before somebody wakes the dispatcher. */
enum lbx_err ledger_plan(struct ledger *ledger) {
    ledger->look_at_us = INT64_MAX;
    return LBX_OK;
}

void ledger_release(struct ledger *ledger) {
    (void)ledger;
}

struct claim *claim_new(void) {
    world.claims++;
    struct claim *claim = calloc(1, sizeof *claim);
    assert_non_null(claim);
    return claim;
}

void claim_release(struct mail *list) {
    for (struct mail *next; list; list = next) {
        struct claim *claim = list->claim;
        next = list->next;
        if (--claim->held > 0)
            continue;
        world.claims--;
        free(claim);
    }
}

/* ---- the composer ---- */

static size_t composed, uncomposable;

void composer_begin(struct composer *composer, int64_t now_us) {
    (void)composer;
    (void)now_us;
}

void composer_done(struct composer *composer) {
    (void)composer;
}

bool compose(struct composer *composer, struct mail *mail) {
    (void)composer;
    (void)mail;
    return ++composed > uncomposable;
}

/* ---- the sessions ---- */

struct sessions {
    struct mail *queued, *done;
    size_t submitted, completed;
    bool stopping;
};

static struct sessions sessions;

void completion_open(struct completion_queue *completions) {
    *completions = (struct completion_queue){0};
}

static void push(struct mail **list, struct mail *mail) {
    mail->next = *list;
    *list = mail;
}

static struct mail *take_all(struct mail **list) {
    struct mail *all = *list;
    *list = NULL;
    return all;
}

void sessions_submit(struct sessions *s, struct completion_queue *completions, struct mail *mail) {
    (void)completions;
    s->submitted++;
    push(world.only_withdraws ? &s->queued : &s->done, mail);
}

void sessions_complete(struct sessions *s, struct completion_queue *completions,
                       struct mail *mail) {
    (void)completions;
    s->completed++;
    push(&s->done, mail);
}

struct mail *sessions_withdraw(struct sessions *s, struct completion_queue *completions,
                               int64_t before_us) {
    (void)completions;
    return before_us == INT64_MAX ? take_all(&s->queued) : NULL;
}

struct mail *sessions_take_completed(struct sessions *s, struct completion_queue *completions) {
    (void)completions;
    return take_all(&s->done);
}

bool sessions_is_empty(struct sessions *s, struct completion_queue *completions) {
    (void)completions;
    return !s->queued && !s->done;
}

bool sessions_stopping(struct sessions *s) {
    return s->stopping;
}

void sessions_wake(struct sessions *s, struct completion_queue *completions) {
    (void)s;
    (void)completions;
}

/* Once there is nothing to do, the notifier stops. */
size_t sessions_await(struct sessions *s, struct completion_queue *completions,
                      size_t low_watermark, int64_t until_us, bool *ret_woken) {
    (void)completions;
    (void)low_watermark;
    (void)until_us;
    *ret_woken = false;
    s->stopping |= !s->done && world.due == 0;
    return count(s->queued);
}

void sessions_pause(struct sessions *s, struct completion_queue *completions, int64_t until_us) {
    (void)s;
    (void)completions;
    assert_true(until_us > 0);
}

/* ---- the tests ---- */

static int begin(void **unused) {
    (void)unused;
    memset(&world, 0, sizeof world);
    sessions = (struct sessions){0};
    composed = uncomposable = 0;
    return 0;
}

/* Until it has nothing left to do. */
static void run(size_t due) {
    static struct lbx_worker worker;
    struct dispatcher dispatcher;
    world.due = due;
    assert_int_equal(dispatcher_start(&dispatcher, &worker, &sessions, NULL, false), LBX_OK);
    dispatcher_join(&dispatcher);
    assert_int_equal(world.claims, 0); /* what was claimed is released, settled or given back */
    assert_int_equal(world.opened, world.closed);
}

static void all_that_is_due_is_settled(void **unused) {
    (void)unused;
    run(500);
    assert_int_equal(world.settled, 500);
    assert_int_equal(sessions.submitted, 500);
    assert_int_equal(world.opened, 1);
}

/* A few at first, and more where results come as fast. */
static void more_is_claimed_ahead_where_results_come(void **unused) {
    (void)unused;
    run(2000);
    assert_in_range(world.most, 9, 256);
    assert_in_range(world.transactions, 2000 / 256, 2000 / 8);
}

static void what_cannot_be_composed_is_settled_unsent(void **unused) {
    (void)unused;
    uncomposable = 3;
    run(10);
    assert_int_equal(sessions.completed, 3);
    assert_int_equal(sessions.submitted, 7);
    assert_int_equal(world.settled, 10);
}

/* Results that a transaction could not write are settled by the next session. */
static void results_outlive_the_database_session(void **unused) {
    (void)unused;
    world.next_err[1] = world.next_err[2] = LBX_ERR_UNAVAILABLE;
    run(8);
    assert_int_equal(world.settled, 8);
    assert_int_equal(world.opened, 3);
    assert_int_equal(sessions.submitted, 8);
}

/* What no session has begun goes back to the ledger. */
static void what_was_not_begun_is_given_back(void **unused) {
    (void)unused;
    world.only_withdraws = true;
    run(5);
    assert_int_equal(world.given_back, 5);
    assert_int_equal(world.settled, 0);
}

/* The others are settled by ever fewer at once, and by the same session. */
static void a_mail_whose_end_is_refused_holds_up_no_other(void **unused) {
    (void)unused;
    world.bad_end = 77;
    run(300);
    assert_int_equal(world.settled, 299);
    assert_int_equal(sessions.submitted, 300);
    assert_int_equal(world.opened, 1);
    assert_in_range(world.refused, 2, 20);
}

static void a_mail_whose_claim_is_refused_holds_up_no_other(void **unused) {
    (void)unused;
    world.bad_due = true;
    run(300);
    assert_int_equal(world.left_out, 1);
    assert_int_equal(world.settled, 300);
    assert_int_equal(world.opened, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_that_is_due_is_settled, begin),
        cmocka_unit_test_setup(more_is_claimed_ahead_where_results_come, begin),
        cmocka_unit_test_setup(what_cannot_be_composed_is_settled_unsent, begin),
        cmocka_unit_test_setup(results_outlive_the_database_session, begin),
        cmocka_unit_test_setup(what_was_not_begun_is_given_back, begin),
        cmocka_unit_test_setup(a_mail_whose_end_is_refused_holds_up_no_other, begin),
        cmocka_unit_test_setup(a_mail_whose_claim_is_refused_holds_up_no_other, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a round is told of notifications, whenever they come. */
#include "worker/rounds.h"

#include "base/clock.h"
#include "io/pg.h"

#include "check.h"

enum lbx_err __wrap_lbx_pg_listen(struct lbx_pg *pg, const char *channel);
enum lbx_err __wrap_lbx_pg_notified(struct lbx_pg *pg, bool *ret_any);
void __wrap_lbx_pg_release(struct lbx_pg *pg);

static bool notified; /* a notification waits in the session */

enum lbx_err __wrap_lbx_pg_listen(struct lbx_pg *pg, const char *channel) {
    (void)pg;
    assert_string_equal(channel, "a_channel");
    return LBX_OK;
}

enum lbx_err __wrap_lbx_pg_notified(struct lbx_pg *pg, bool *ret_any) {
    (void)pg;
    *ret_any = notified;
    notified = false;
    return LBX_OK;
}

void __wrap_lbx_pg_release(struct lbx_pg *pg) {
    (void)pg;
}

/* ---- a part that keeps what its rounds were told ---- */

static int rounds, told;
static bool notify_meanwhile;

static enum lbx_err count_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    (void)state;
    rounds++;
    told += worker->told;
    notified = notify_meanwhile;
    notify_meanwhile = false;
    *ret_wait_us = 3600 * LBX_SECOND_US;
    return LBX_OK;
}

static struct lbx_worker worker;
static void *part;

/* *ret_wake_us: when the loop comes again by itself. */
static int64_t serve(void) {
    int64_t wake_us = LBX_NEVER_US;
    assert_int_equal(lbx_rounds_part.serve(part, &wake_us), LBX_OK);
    return wake_us;
}

static int open_part(void **unused) {
    (void)unused;
    static const struct lbx_rounds declaration = {.channel = "a_channel", .round = count_round};
    static char session;
    worker = (struct lbx_worker){.pg = (struct lbx_pg *)&session, .pg_generation = 1};
    rounds = told = 0;
    notified = notify_meanwhile = false;
    return lbx_rounds_part.open(&worker, &declaration, &part) == LBX_OK ? 0 : -1;
}

static int close_part(void **unused) {
    (void)unused;
    lbx_rounds_part.close(part);
    return 0;
}

/* ---- tests ---- */

static void a_notification_makes_a_round(void **unused) {
    (void)unused;
    serve();
    assert_int_equal(rounds, 1);
    assert_int_equal(told, 0);
    serve();
    assert_int_equal(rounds, 1);
    notified = true;
    serve();
    assert_int_equal(rounds, 2);
    assert_int_equal(told, 1);
}

/* Of a commit that came while the round asked: what it wrote may stand before what the round has seen. */
static void one_that_comes_during_a_round_is_told_to_the_next(void **unused) {
    (void)unused;
    notify_meanwhile = true;
    assert_true(serve() <= lbx_monotonic_us());
    assert_int_equal(told, 0);
    assert_true(serve() > lbx_monotonic_us());
    assert_int_equal(rounds, 2);
    assert_int_equal(told, 1);
    serve();
    assert_int_equal(rounds, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_notification_makes_a_round, open_part, close_part),
        cmocka_unit_test_setup_teardown(one_that_comes_during_a_round_is_told_to_the_next,
                                        open_part, close_part),
    };
    return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}

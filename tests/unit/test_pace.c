/* The policy as tables of scripts: a time, an event, and what is to be done.
 *
 * Sessions are numbered. Events: "queue", "withdraw N", "start S", "start failed", "ask S" ("ask S
 * first": without a connection), "done S" ("done S cut"), "close S", "look", "stop". What a case is
 * to begin with: "usual MS", "slow N" (N sessions have a slow mail, session 0 the oldest, each the
 * next one a millisecond later), "others N" (mails went through), "in body S", "out of body S".
 * Actions in the order of struct pace_actions; "rest": no look is due. */
#include "notifier/pace.h"

#include "base/buf.h"
#include "base/clock.h"
#include "check.h"

#define BEGIN_US (1000 * LBX_SECOND_US)
enum { SESSIONS = 24, STEPS = 12 };

struct test_case {
    const char *name;
    size_t limit; /* so many sessions are started at 0 */
    struct {
        double ms;
        const char *event, *actions; /* actions NULL: of no interest */
    } steps[STEPS];
};

struct test {
    struct pace pace;
    struct pace_session sessions[SESSIONS];
    int64_t now_us;
};

static struct pace_actions step(struct test *test, struct pace_event event) {
    return pace_step(&test->pace, &event, test->now_us);
}

static void start_sessions(struct test *test, size_t count) {
    while (test->pace.running < count)
        (void)step(test, (struct pace_event){.type = PACE_STARTED,
                                             .session = &test->sessions[test->pace.running]});
}

static void begin_slow(struct test *test, size_t count) {
    start_sessions(test, count);
    for (size_t i = 0; i < count; i++) {
        test->sessions[i].phase = PACE_SLOW;
        test->sessions[i].since_us = test->now_us + (int64_t)i * LBX_MS_US;
    }
    test->pace.slow = count;
}

/* Events that only prepare a case. */
static bool prepare(struct test *test, const char *text) {
    size_t n;
    double ms;
    if (sscanf(text, "usual %lf", &ms) == 1)
        test->pace.usual_us = test->pace.usual_first_us = ms * (double)LBX_MS_US;
    else if (sscanf(text, "slow %zu", &n) == 1)
        begin_slow(test, n);
    else if (sscanf(text, "others %zu", &n) == 1)
        test->pace.mails_done += n;
    else if (sscanf(text, "in body %zu", &n) == 1)
        test->sessions[n].in_body = true;
    else if (sscanf(text, "out of body %zu", &n) == 1)
        test->sessions[n].in_body = false;
    else
        return false;
    return true;
}

static struct pace_event event_of(struct test *test, const char *text) {
    static const struct {
        const char *format;
        enum pace_event_type type;
    } kinds[] = {
        {"queue", PACE_QUEUED},
        {"withdraw %zu", PACE_WITHDRAWN},
        {"start failed", PACE_START_FAILED},
        {"start %zu", PACE_STARTED},
        {"ask %zu", PACE_ASKED},
        {"done %zu", PACE_DONE},
        {"close %zu", PACE_CLOSED},
        {"look", PACE_LOOK},
        {"stop", PACE_STOP},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t n = 0;
        const char *number = strchr(kinds[i].format, '%');
        if (number ? sscanf(text, kinds[i].format, &n) == 1 : same(text, kinds[i].format))
            return (struct pace_event){.type = kinds[i].type,
                                       .session = &test->sessions[n],
                                       .count = n,
                                       .is_first = strstr(text, "first") != NULL,
                                       .was_cut = strstr(text, "cut") != NULL};
    }
    fail_msg("no such event: %s", text);
    abort();
}

static void put_time(struct lbx_buf *out, const char *words, int64_t at_us) {
    lbx_buf_printf(out, ", %s %.10g", words, (double)(at_us - BEGIN_US) / (double)LBX_MS_US);
}

static void put_next(const struct pace_actions *actions, struct lbx_buf *out) {
    switch (actions->next) {
    case PACE_BEGIN:
        lbx_buf_str(out, ", begin");
        break;
    case PACE_WAIT:
        if (actions->wait_until_us == PACE_NEVER_US)
            lbx_buf_str(out, ", wait");
        else
            put_time(out, "wait until", actions->wait_until_us);
        break;
    case PACE_GO_ON:
        lbx_buf_str(out, ", go on");
        break;
    case PACE_END:
        lbx_buf_str(out, ", end");
        break;
    }
}

static void put_cut(const struct test *test, const struct pace_session *cut, struct lbx_buf *out) {
    static const char *const reasons[] = {
        [PACE_TOO_LONG] = "too long", [PACE_STOPPED] = "stopped", [PACE_PREEMPTED] = "preempted"};
    for (; cut; cut = cut->next_cut)
        lbx_buf_printf(out, ", cut %td %s%s", cut - test->sessions, reasons[cut->reason],
                       cut->even_in_body ? " even in body" : "");
}

/* What a step says, as the tables write it. */
static const char *text_of(const struct test *test, enum pace_event_type type,
                           const struct pace_actions *actions, struct lbx_buf *out) {
    lbx_buf_clear(out);
    lbx_buf_str(out, "");
    if (type == PACE_ASKED || type == PACE_CLOSED)
        put_next(actions, out);
    if (actions->wake)
        lbx_buf_printf(out, ", wake %zu", actions->wake);
    if (actions->start)
        lbx_buf_printf(out, ", start %zu", actions->start);
    put_cut(test, actions->cut, out);
    if (actions->look)
        lbx_buf_str(out, ", look");
    if (actions->look_at_us != PACE_NEVER_US)
        put_time(out, "look at", actions->look_at_us);
    else if (type == PACE_LOOK)
        lbx_buf_str(out, ", rest");
    return out->len ? out->data + 2 : "";
}

static void run_case(const struct test_case *row, int *bad) {
    struct test test = {.now_us = BEGIN_US};
    struct lbx_buf text LBX_BUF = {0};
    pace_init(&test.pace, row->limit);
    start_sessions(&test, row->limit);
    for (size_t i = 0; i < STEPS && row->steps[i].event; i++) {
        test.now_us = BEGIN_US + (int64_t)(row->steps[i].ms * (double)LBX_MS_US);
        if (prepare(&test, row->steps[i].event))
            continue;
        const struct pace_event event = event_of(&test, row->steps[i].event);
        const struct pace_actions actions = step(&test, event);
        const char *got = text_of(&test, event.type, &actions, &text);
        CHECK_ROW(bad, row->name, !row->steps[i].actions || same(got, row->steps[i].actions),
                  "%g ms, %s: \"%s\" instead of \"%s\"", row->steps[i].ms, row->steps[i].event, got,
                  row->steps[i].actions);
    }
}

static void run_cases(const struct test_case *rows, size_t count) {
    int bad = 0;
    for (size_t i = 0; i < count; i++)
        run_case(&rows[i], &bad);
    assert_int_equal(bad, 0);
}

static void mails_are_begun(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"the first of several mails wakes a session, and the watchdog",
         2,
         {{0, "ask 0", "wait"},
          {0, "ask 1", "wait"},
          {5, "queue", "wake 1, look"},
          {5, "queue", "wake 1"},
          {5, "ask 0 first", "begin"},
          {5, "ask 1 first", "begin"}}},
        {"no more than the limit are under way",
         1,
         {{0, "queue", "look"},
          {0, "queue", ""},
          {0, "ask 0 first", "begin"},
          {0, "start 1", ""},
          {0, "ask 1 first", "wait until 1000"},
          {5, "done 0", ""},
          {5, "ask 1 first", "begin"},
          {5, "ask 0", "wait until 1005"}}},
        {"a woken session that comes too late waits on, as long as before",
         1,
         {{0, "start 1", ""},
          {0, "ask 0", "wait until 1000"},
          {0, "ask 1", "wait until 1000"},
          {7, "queue", "wake 1, look"},
          {7, "ask 0 first", "begin"},
          {8, "ask 1", "wait until 1000"}}},
        {"mails that were withdrawn are not begun",
         1,
         {{0, "queue", "look"},
          {0, "queue", ""},
          {0, "withdraw 2", ""},
          {0, "ask 0", "wait"},
          {0, "queue", "wake 1, look"}}},
    };
    run_cases(rows, COUNT(rows));
}

static void sessions_end(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"a connection is kept for a second without a mail",
         1,
         {{0, "queue", "look"},
          {0, "ask 0 first", "begin"},
          {2, "done 0", ""},
          {2, "ask 0", "wait until 1002"},
          {1001.9, "ask 0", "wait until 1002"},
          {1002, "ask 0", "end"},
          {1002, "close 0", "go on"},
          {1002, "ask 0", "wait"}}},
        {"a session beyond the limit ends with it",
         1,
         {{0, "start 1", ""},
          {0, "ask 1", "wait until 1000"},
          {1000, "ask 1", "end"},
          {1000, "close 1", "end"},
          {1000, "ask 0", "wait"}}},
        {"a session beyond the limit goes on where its connection broke",
         1,
         {{0, "start 1", ""},
          {0, "queue", "look"},
          {0, "ask 1 first", "begin"},
          {3, "done 1", ""},
          {3, "close 1", "go on"}}},
        {"a mail that comes with the second's end is begun",
         1,
         {{0, "start 1", ""},
          {0, "ask 1", "wait until 1000"},
          {1000, "queue", "wake 1, look"},
          {1000, "ask 1", "begin"}}},
    };
    run_cases(rows, COUNT(rows));
}

static void slow_mails_make_room(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"a mail is slow at eight times the usual, and another session takes the next",
         1,
         {{0, "queue", "look"},
          {0, "queue", ""},
          {0, "ask 0 first", "begin"},
          {399, "look", "look at 400"},
          {400, "look", "start 1, look at 600"}}},
        {"no mail is slow before 5 ms",
         1,
         {{0, "usual 0.1", NULL},
          {0, "queue", "look"},
          {0, "queue", ""},
          {0, "ask 0 first", "begin"},
          {3, "look", "look at 5"},
          {4.9, "look", "look at 5.9"},
          {5, "look", "start 1, look at 10"}}},
        {"one more than the limit is under way while any is slow",
         1,
         {{0, "slow 1", NULL},
          {0, "queue", "look"},
          {0, "queue", ""},
          {0, "queue", ""},
          {0, "queue", ""},
          {0, "look", "start 2, look at 200"},
          {0, "start 1", ""},
          {0, "start 2", ""},
          {0, "start 3", ""},
          {0, "ask 1 first", "begin"},
          {0, "ask 2 first", "begin"},
          {0, "ask 3 first", "wait until 1000"}}},
        {"a session that was slow competes for its next mail",
         1,
         {{0, "slow 1", NULL},
          {0, "start 1", ""},
          {0, "queue", "look"},
          {0, "ask 1 first", "begin"},
          {1, "queue", "look"},
          {1, "done 0", ""},
          {1, "ask 0", "wait until 1001"},
          {2, "done 1", ""},
          {2, "ask 0", "begin"}}},
        {"sessions that wait are woken before others are started",
         2,
         {{0, "slow 1", NULL},
          {0, "ask 1", "wait"},
          {0, "queue", "wake 1, look"},
          {0, "queue", "wake 1"},
          {0, "look", "wake 1, start 1, look at 200"}}},
        {"a session between two mails is expected for 250 ms",
         1,
         {{0, "queue", "look"},
          {249, "look", "look at 449"},
          {250, "look", "start 1, look at 450"}}},
        {"mails within the limit that nobody waits for start nothing",
         1,
         {{0, "queue", "look"}, {0, "ask 0 first", "begin"}, {500, "look", "look at 700"}}},
    };
    run_cases(rows, COUNT(rows));
}

static void the_watchdog_looks_in_time(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"it rests while there is nothing to do",
         2,
         {{0, "ask 0", "wait"}, {0, "ask 1", "wait"}, {0, "look", "rest"}}},
        {"five times a second while a session has a mail, or is about to ask for one",
         1,
         {{0, "look", "look at 200"},
          {200, "queue", "look"},
          {200, "ask 0 first", "begin"},
          {200, "look", "look at 400"}}},
        /* No session has a mail at the time of the look: a mail that is begun at once is slow after
         * 8 ms. */
        {"before a mail that is begun in the next moment may have become slow",
         1,
         {{0, "usual 1", NULL},
          {0, "queue", "look"},
          {0, "queue", ""},
          {0, "look", "look at 8"},
          {0.1, "ask 0 first", "begin"},
          {8, "look", "look at 9"},
          {9, "look", "start 1, look at 17"}}},
        {"when the first of several mails may have become slow",
         2,
         {{0, "queue", "look"},
          {0, "queue", ""},
          {0, "queue", ""},
          {0, "ask 0 first", "begin"},
          {50, "ask 1 first", "begin"},
          {350, "look", "look at 400"}}},
        {"at most once in a millisecond",
         1,
         {{0, "usual 1", NULL},
          {0, "queue", "look"},
          {0, "queue", ""},
          {0, "ask 0 first", "begin"},
          {7.5, "look", "look at 8.5"}}},
    };
    run_cases(rows, COUNT(rows));
}

static void mails_are_preempted(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"the oldest, after a second, where no session may be started and mails wait",
         1,
         {{0, "slow 10", NULL},
          {0, "queue", "look"},
          {500, "look", "look at 700"},
          {999, "look", "look at 1000"},
          {1000, "look", "cut 0 preempted, look at 1001"},
          {1001, "look", "look at 1201"}}},
        {"after twenty times the usual, where that is longer",
         1,
         {{0, "usual 100", NULL},
          {0, "slow 10", NULL},
          {0, "queue", "look"},
          {1999, "look", "look at 2000"},
          {2000, "look", "cut 0 preempted, look at 2001"}}},
        {"after 300 ms where fifty others went through: it is the recipient, not the relay",
         1,
         {{0, "usual 1", NULL},
          {0, "slow 10", NULL},
          {0, "queue", "look"},
          {0, "others 49", NULL},
          {300, "look", "look at 308"},
          {300, "others 1", NULL},
          {300, "look", "cut 0 preempted, look at 301"}}},
        {"not while its body is under way",
         1,
         {{0, "slow 10", NULL},
          {0, "in body 0", NULL},
          {0, "queue", "look"},
          {1000, "look", "look at 1001"},
          {1001, "look", "cut 1 preempted, look at 1002"}}},
        {"none while no mail waits", 1, {{0, "slow 10", NULL}, {5000, "look", "look at 5200"}}},
        {"where a session cannot be started",
         1,
         {{0, "slow 3", NULL},
          {0, "queue", "look"},
          {1000, "look", "start 1, look at 1200"},
          {1000, "start failed", "cut 0 preempted, look at 1001"}}},
        {"one at a time, where one of two sessions may be started, and cannot",
         2,
         {{0, "slow 19", NULL},
          {0, "queue", "look"},
          {0, "queue", ""},
          {1000, "look", "start 1, cut 0 preempted, look at 1001"},
          {1000, "start failed", ""}}},
    };
    run_cases(rows, COUNT(rows));
}

static void mails_are_cut(void **state) {
    (void)state;
    static const struct test_case rows[] = {
        {"after a quarter of an hour, whatever they are doing",
         1,
         {{0, "slow 1", NULL},
          {0, "in body 0", NULL},
          {900000, "look", "look at 900200"},
          {900001, "look", "cut 0 too long even in body, look at 900201"},
          {900201, "look", "look at 900401"}}},
        {"three seconds after a stop, six in the body",
         2,
         {{0, "slow 2", NULL},
          {0, "in body 1", NULL},
          {10, "stop", "look"},
          {3010, "look", "look at 3210"},
          {3011, "look", "cut 0 stopped, look at 3211"},
          {6010, "look", "look at 6210"},
          {6011, "look", "cut 1 stopped even in body, look at 6211"}}},
        {"a stop wakes every session, and begins no mail",
         2,
         {{0, "ask 0", "wait"},
          {0, "ask 1", "wait"},
          {0, "queue", "wake 1, look"},
          {0, "stop", "wake 2, look"},
          {0, "ask 0", "end"},
          {0, "close 0", "end"},
          {0, "look", "look at 200"},
          {0, "ask 1", "end"},
          {0, "close 1", "end"},
          {0, "withdraw 1", ""},
          {0, "look", "rest"}}},
    };
    run_cases(rows, COUNT(rows));
}

/* What a mail took moves what is usual: of the first of a connection and of later ones apart. */
static void the_usual_is_learnt(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool is_first, was_cut;
        double took_ms, first_ms, later_ms;
    } rows[] = {
        {"as long as usual: a small step down", false, false, 50, 50, 50 / 1.05},
        {"longer: a step up", false, false, 51, 50, 60},
        {"longer, but it was cut: a small step up", false, true, 1000, 50, 52.5},
        {"shorter, though it was cut", false, true, 1, 50, 50 / 1.05},
        {"the first of a connection", true, false, 51, 60, 50},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct test test = {.now_us = BEGIN_US};
        pace_init(&test.pace, 1);
        start_sessions(&test, 1);
        (void)step(&test, event_of(&test, "queue"));
        (void)step(&test, event_of(&test, rows[i].is_first ? "ask 0 first" : "ask 0"));
        test.now_us += (int64_t)(rows[i].took_ms * (double)LBX_MS_US);
        (void)step(&test, event_of(&test, rows[i].was_cut ? "done 0 cut" : "done 0"));
        const double first_off = test.pace.usual_first_us / (double)LBX_MS_US - rows[i].first_ms;
        const double later_off = test.pace.usual_us / (double)LBX_MS_US - rows[i].later_ms;
        CHECK_ROW(&bad, rows[i].name,
                  first_off * first_off < 1e-12 && later_off * later_off < 1e-12,
                  "first %g µs, later %g µs", test.pace.usual_first_us, test.pace.usual_us);
    }
    assert_int_equal(bad, 0);
}

/* The estimate moves about the time that four of five mails take less than. */
static void the_usual_settles_at_four_of_five(void **state) {
    (void)state;
    struct test test = {.now_us = BEGIN_US};
    double sum_us = 0;
    pace_init(&test.pace, 1);
    start_sessions(&test, 1);
    for (int i = 0; i < 2000; i++) {
        (void)step(&test, event_of(&test, "queue"));
        (void)step(&test, event_of(&test, "ask 0"));
        test.now_us += (1 + i % 10) * LBX_MS_US; /* 1 to 10 ms */
        (void)step(&test, event_of(&test, "done 0"));
        sum_us += i < 1000 ? 0 : test.pace.usual_us;
    }
    assert_in_range((uintmax_t)(sum_us / 1000), 7000, 9500);
}

static void sessions_are_bounded(void **state) {
    (void)state;
    static const struct {
        size_t limit, want_limit, want_max;
    } rows[] = {{1, 1, 10}, {4, 4, 40}, {40, 40, 400}, {100, 100, 400}, {500, 400, 400}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pace pace;
        pace_init(&pace, rows[i].limit);
        assert_int_equal(pace.limit, rows[i].want_limit);
        assert_int_equal(pace.sessions_max, rows[i].want_max);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mails_are_begun),      cmocka_unit_test(sessions_end),
        cmocka_unit_test(slow_mails_make_room), cmocka_unit_test(the_watchdog_looks_in_time),
        cmocka_unit_test(mails_are_preempted),  cmocka_unit_test(mails_are_cut),
        cmocka_unit_test(the_usual_is_learnt),  cmocka_unit_test(the_usual_settles_at_four_of_five),
        cmocka_unit_test(sessions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The notifier's queues: order, low watermark, withdrawal, and results that come back. */
#include "notifier/queue.h"

#include "check.h"

#include <stdlib.h>

enum { MAILS = COMPLETION_BATCH + 2 };

static struct mail mails[MAILS];
static struct mail_queue queue;
static struct completion_queue ours, theirs;

static int begin(void **state) {
    (void)state;
    memset(mails, 0, sizeof mails);
    ours = theirs = (struct completion_queue){0};
    queue_init(&queue);
    return 0;
}

static void put(struct completion_queue *completions, size_t mail, int64_t now_us) {
    queue_put(&queue, completions, &mails[mail], now_us);
}

/* The mail's number. */
static ptrdiff_t take(bool *ret_wake) {
    return queue_take(&queue, ret_wake) - mails;
}

static void first_in_first_out(void **state) {
    (void)state;
    bool wake;
    put(&ours, 0, 1);
    put(&theirs, 1, 2);
    assert_int_equal(take(&wake), 0);
    put(&ours, 2, 3);
    assert_int_equal(take(&wake), 1);
    assert_int_equal(take(&wake), 2);
    assert_null(queue.first);
    put(&ours, 3, 4);
    assert_int_equal(take(&wake), 3);
    assert_int_equal(ours.busy, 3);
    assert_int_equal(theirs.busy, 1);
    assert_int_equal(ours.todo + theirs.todo, 0);
}

static void the_low_watermark_wakes_once(void **state) {
    (void)state;
    bool wake;
    ours.low_watermark = 2;
    for (size_t i = 0; i < 4; i++)
        put(&ours, i, 1);
    static const bool wakes[] = {false, false, true, false};
    for (size_t i = 0; i < COUNT(wakes); i++) {
        (void)take(&wake);
        assert_int_equal(wake, wakes[i]);
    }
}

static void mails_are_withdrawn_by_owner_and_age(void **state) {
    (void)state;
    bool wake;
    size_t count;
    put(&ours, 0, 10);
    put(&theirs, 1, 11);
    put(&ours, 2, 12);
    put(&ours, 3, 20);
    struct mail *list = queue_withdraw(&queue, &ours, 20, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(list, &mails[2]);
    assert_ptr_equal(list->next, &mails[0]);
    assert_null(list->next->next);
    assert_int_equal(ours.todo, 1);
    assert_null(queue_withdraw(&queue, &ours, 20, &count));
    assert_int_equal(count, 0);
    /* The last of the queue goes: what is put afterwards is found. */
    assert_ptr_equal(queue_withdraw(&queue, &ours, INT64_MAX, &count), &mails[3]);
    put(&ours, 4, 30);
    assert_int_equal(take(&wake), 1);
    assert_int_equal(take(&wake), 4);
}

static void results_come_back(void **state) {
    (void)state;
    bool wake;
    put(&ours, 0, 1);
    put(&ours, 1, 1);
    (void)take(&wake);
    (void)take(&wake);
    assert_true(completion_add(&ours, &mails[1], true, 50)); /* the first of several */
    assert_int_equal(mails[1].ended_us, 50);
    assert_true(completion_add(&ours, &mails[0], true, 60)); /* the last that was under way */
    assert_int_equal(ours.done_since_us, 50);                /* of the oldest */
    assert_true(
        completion_add(&theirs, &mails[2], false, 70)); /* never queued: none is under way */
    assert_int_equal(theirs.busy, 0);
    assert_ptr_equal(mails[2].completions, &theirs);
    assert_false(completion_is_empty(&ours));
    struct mail *list = completion_take(&ours);
    assert_ptr_equal(list, &mails[0]);
    assert_ptr_equal(list->next, &mails[1]);
    assert_true(completion_is_empty(&ours));
    assert_false(completion_is_empty(&theirs));
}

static void a_batch_wakes_once(void **state) {
    (void)state;
    ours.busy = MAILS + 1;
    for (size_t i = 0; i < MAILS; i++)
        assert_int_equal(completion_add(&ours, &mails[i], true, 1),
                         i == 0 || i == COMPLETION_BATCH - 1);
}

static void a_dispatcher_has_work(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct completion_queue completions;
        bool stopping;
        bool is_ready; /* at 0 */
        int64_t at_us; /* to ask again, of 1 s at the latest */
    } rows[] = {
        {"nothing", {0}, false, false, 1000000},
        {"mails under way", {.todo = 3, .busy = 2}, false, false, 1000000},
        {"a result, and more to come",
         {.busy = 1, .done_count = 1, .done_since_us = -1000},
         false,
         false,
         39000},
        {"a result that waited for others",
         {.busy = 1, .done_count = 1, .done_since_us = -40000},
         false,
         true,
         0},
        {"as many results as are settled at once",
         {.busy = 1, .done_count = COMPLETION_BATCH},
         false,
         true,
         40000},
        {"a result, and none to come",
         {.done_count = 1, .done_since_us = -1000},
         false,
         true,
         39000},
        {"at the low watermark", {.todo = 4, .low_watermark = 4}, false, false, 1000000},
        {"below it", {.todo = 3, .low_watermark = 4}, false, true, 1000000},
        {"woken", {.busy = 1, .woken = true}, false, true, 1000000},
        {"stopping, with mails to give back", {.todo = 1, .busy = 1}, true, true, 1000000},
        {"stopping, with mails under way", {.busy = 1}, true, false, 1000000},
        {"stopping, with nothing left", {0}, true, true, 1000000},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const bool is_ready = completion_is_ready(&rows[i].completions, rows[i].stopping, 0);
        const int64_t at_us = completion_ready_at_us(&rows[i].completions, 1000000);
        CHECK_ROW(&bad, rows[i].name, is_ready == rows[i].is_ready && at_us == rows[i].at_us,
                  "ready %d, again at %lld", is_ready, (long long)at_us);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_in_first_out, begin),
        cmocka_unit_test_setup(the_low_watermark_wakes_once, begin),
        cmocka_unit_test_setup(mails_are_withdrawn_by_owner_and_age, begin),
        cmocka_unit_test_setup(results_come_back, begin),
        cmocka_unit_test_setup(a_batch_wakes_once, begin),
        cmocka_unit_test_setup(a_dispatcher_has_work, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

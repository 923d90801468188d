/* The inbox: what is entered of a batch, and what becomes of each event by what the inbox then holds. */
#include "store/inbox.h"

#include "answers.h"

enum { EVENTS_MAX = 4, IDENTITY = 32 };

struct batch {
    struct lbx_arena arena;
    struct lbx_pg_pipeline calls;
    struct lbx_inbox inbox;
    struct lbx_record records[EVENTS_MAX];
    struct lbx_input_event events[EVENTS_MAX];
    size_t count;
};

static int begin(void **ret_state) {
    static struct batch batch;
    batch = (struct batch){0};
    memset(answers, 0, sizeof answers);
    lbx_arena_init(&batch.arena);
    *ret_state = &batch;
    return 0;
}

static int end(void **state) {
    struct batch *batch = *state;
    lbx_inbox_done(&batch->inbox);
    lbx_arena_done(&batch->arena);
    return 0;
}

static void add(struct batch *batch, const char *source, const char *id, const char *value) {
    const size_t i = batch->count++;
    batch->records[i] =
        (struct lbx_record){.topic_name = "t", .value = value, .value_len = strlen(value)};
    batch->events[i] = (struct lbx_input_event){.record = &batch->records[i],
                                                .event = {.source = source, .id = id}};
}

static void enter(struct batch *batch) {
    lbx_inbox_add(&batch->inbox, "group", &batch->calls, &batch->arena, batch->events,
                  batch->count);
    if (batch->calls.count > 0) /* else no event is looked up */
        answers[batch->inbox.read_call].bytes = IDENTITY;
}

/* The inbox holds this event's id, with the identity of the event numbered `as`. */
static void holds(struct batch *batch, size_t event, size_t as) {
    const struct lbx_event *e = &batch->events[event].event;
    ANSWER(batch->inbox.read_call, batch->records[event].topic_name, e->source, e->id,
           (const char *)batch->events[as].identity);
}

/* It was entered by this batch, or was rejected when it came before. */
static void fresh(struct batch *batch, size_t event, const char *rejected) {
    const struct lbx_event *e = &batch->events[event].event;
    ANSWER(batch->inbox.enter_call, batch->records[event].topic_name, e->source, e->id, rejected);
}

static void read_back(struct batch *batch) {
    assert_int_equal(
        lbx_inbox_read(&batch->inbox, NULL, &batch->arena, batch->events, batch->count), LBX_OK);
}

static void check(const struct batch *batch, size_t event, enum lbx_input_status status) {
    assert_int_equal(batch->events[event].status, status);
}

/* An id of another topic is another event. */
static void topics_keep_their_ids_apart(void **state) {
    struct batch *batch = *state;
    add(batch, "s", "1", "one");
    add(batch, "s", "1", "other");
    batch->records[1].topic_name = "u";
    enter(batch);
    assert_int_equal(batch->inbox.count, 2);
    for (size_t i = 0; i < 2; i++) {
        holds(batch, i, i);
        fresh(batch, i, "f");
    }
    read_back(batch);
    check(batch, 0, LBX_INPUT_NEW);
    check(batch, 1, LBX_INPUT_NEW);
}

/* Source and id are any text, so that no separator tells them apart. */
static void ids_that_hold_separators_are_two(void **state) {
    struct batch *batch = *state;
    add(batch,
        "a\x1f"
        "b",
        "c", "one");
    add(batch, "a",
        "b\x1f"
        "c",
        "other");
    enter(batch);
    assert_int_equal(batch->inbox.count, 2);
    for (size_t i = 0; i < 2; i++) {
        holds(batch, i, i);
        fresh(batch, i, "f");
    }
    read_back(batch);
    check(batch, 0, LBX_INPUT_NEW);
    check(batch, 1, LBX_INPUT_NEW);
}

static void the_same_bytes_again_are_a_duplicate(void **state) {
    struct batch *batch = *state;
    add(batch, "s", "1", "one");
    add(batch, "s", "1", "one");
    add(batch, "s", "2", "of an earlier batch");
    enter(batch);
    assert_int_equal(batch->inbox.count, 2);
    holds(batch, 0, 0);
    holds(batch, 2, 2);
    fresh(batch, 0, "f");
    read_back(batch);
    check(batch, 0, LBX_INPUT_NEW);
    check(batch, 1, LBX_INPUT_DUPLICATE);
    check(batch, 2, LBX_INPUT_DUPLICATE);
    assert_ptr_equal(batch->events[1].first, &batch->events[0]);
    assert_null(batch->events[2].first);
}

static void other_bytes_under_the_same_id_are_rejected(void **state) {
    struct batch *batch = *state;
    add(batch, "s", "1", "one");
    add(batch, "s", "1", "two");
    add(batch, "t", "1", "another source's");
    enter(batch);
    for (size_t i = 0; i < 3; i += 2) {
        holds(batch, i, i);
        fresh(batch, i, "f");
    }
    read_back(batch);
    check(batch, 0, LBX_INPUT_NEW);
    check(batch, 1, LBX_INPUT_REJECTED);
    check(batch, 2, LBX_INPUT_NEW);
    assert_non_null(strstr(batch->events[1].reason.text, "/id"));
}

/* Rejected when it came before: judged again where its bytes are the same, and the duplicate behind it shares its fate. */
static void a_rejected_event_is_judged_again(void **state) {
    struct batch *batch = *state;
    add(batch, "s", "1", "one");
    add(batch, "s", "1", "one");
    add(batch, "s", "2", "rejected for the first time");
    enter(batch);
    holds(batch, 0, 0);
    holds(batch, 2, 2);
    fresh(batch, 0, "t");
    fresh(batch, 2, "f");
    read_back(batch);
    check(batch, 0, LBX_INPUT_NEW);
    check(batch, 1, LBX_INPUT_DUPLICATE);
    assert_true(batch->events[0].was_rejected);

    batch->events[0].status = batch->events[2].status = LBX_INPUT_REJECTED;
    lbx_inbox_judged(&batch->inbox, &batch->calls, batch->events, batch->count);
    check(batch, 1, LBX_INPUT_REJECTED);
    assert_int_equal(lbx_pg_arrays_count(&batch->inbox.judged),
                     1); /* the first was so marked before */
}

/* An id that neither statement answered with: nothing is known of it, so nothing may be done. */
/* Malformed, and answered: once for its id, whatever comes under that id before or after. */
static void what_cannot_be_read_is_answered_once(void **state) {
    static const struct {
        const char *what;
        bool differs; /* the inbox holds other bytes under its id */
        const char
            *rejected; /* of the row that this batch entered, or touched; NULL: there is none */
        bool answered;
    } rows[] = {
        {"the first of its id", false, "f", true},
        {"the same bytes again", false, "t", false},
        {"other bytes were rejected before", true, "t", false},
        {"another event had an effect before", true, NULL, false},
        {"a program that could read it", false, NULL, false},
    };
    struct batch *batch = *state;
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(answers, 0, sizeof answers);
        batch->calls.count = batch->count = 0;
        add(batch, "s", "1", "malformed");
        add(batch, "s", "1", "malformed");
        add(batch, "s", "2", "other");
        for (size_t e = 0; e < 2; e++) {
            batch->events[e].status = LBX_INPUT_REJECTED;
            batch->events[e].answered = true;
        }
        enter(batch);
        holds(batch, 0, rows[i].differs ? 2 : 0);
        holds(batch, 2, 2);
        if (rows[i].rejected)
            fresh(batch, 0, rows[i].rejected);
        read_back(batch);
        CHECK_ROW(&bad, rows[i].what, batch->events[0].answered == rows[i].answered, "answered");
        CHECK_ROW(&bad, rows[i].what, !batch->events[1].answered, "answered twice");
        check(batch, 0, LBX_INPUT_REJECTED);
        check(batch, 1, LBX_INPUT_REJECTED);
        lbx_inbox_done(&batch->inbox);
    }
    assert_int_equal(bad, 0);
}

static void an_answer_that_lacks_an_id_is_an_error(void **state) {
    struct batch *batch = *state;
    add(batch, "s", "1", "one");
    enter(batch);
    assert_int_equal(
        lbx_inbox_read(&batch->inbox, NULL, &batch->arena, batch->events, batch->count),
        LBX_ERR_INTERNAL);
}

static void what_could_not_be_decoded_is_not_entered(void **state) {
    struct batch *batch = *state;
    add(batch, NULL, NULL, "no event");
    batch->events[0].status = LBX_INPUT_REJECTED;
    enter(batch);
    assert_int_equal(batch->inbox.count, 0);
    assert_int_equal(batch->calls.count, 0);
    read_back(batch);
    check(batch, 0, LBX_INPUT_REJECTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(topics_keep_their_ids_apart),
        TEST(ids_that_hold_separators_are_two),
        TEST(the_same_bytes_again_are_a_duplicate),
        TEST(other_bytes_under_the_same_id_are_rejected),
        TEST(a_rejected_event_is_judged_again),
        TEST(what_cannot_be_read_is_answered_once),
        TEST(an_answer_that_lacks_an_id_is_an_error),
        TEST(what_could_not_be_decoded_is_not_entered),
    };
    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}

/* When a partition is stopped, and what goes on meanwhile. */
#include "worker/consume_state.h"

#include "check.h"

static char topic[] = "t.tickets.v1";
static struct lbx_trouble trouble = {.topic = "t.tickets.v1", .code = "_BAD_COMPRESSION"};

const struct lbx_trouble *__wrap_lbx_consumer_trouble(const struct lbx_consumer *consumer);

const struct lbx_trouble *__wrap_lbx_consumer_trouble(const struct lbx_consumer *consumer) {
    (void)consumer;
    return &trouble;
}

static struct lbx_fetching fetching[2];
static int64_t ends[2];

const struct lbx_fetching *__wrap_lbx_consumer_fetching(const struct lbx_consumer *consumer,
                                                        const char *name, int32_t partition);
const struct lbx_fetching *__wrap_lbx_consumer_fetching(const struct lbx_consumer *consumer,
                                                        const char *name, int32_t partition) {
    (void)consumer, (void)name;
    return &fetching[partition];
}

static size_t assigned;

enum lbx_err __wrap_lbx_consumer_assign(struct lbx_consumer *consumer,
                                        const struct lbx_partition *partitions, size_t count);

enum lbx_err __wrap_lbx_consumer_assign(struct lbx_consumer *consumer,
                                        const struct lbx_partition *partitions, size_t count) {
    (void)consumer, (void)partitions, (void)count;
    assigned++;
    return LBX_OK;
}

int64_t __wrap_lbx_consumer_end(const struct lbx_consumer *consumer, const char *name,
                                int32_t partition);
int64_t __wrap_lbx_consumer_end(const struct lbx_consumer *consumer, const char *name,
                                int32_t partition) {
    (void)consumer, (void)name;
    return ends[partition];
}

static struct lbx_worker worker = {.name = "test"};
static struct lbx_handler handler = {.hole_most = 5};
static struct lbx_claim claims[2];
static struct lbx_consume consume;

static int begin(void **state) {
    (void)state;
    claims[0] = (struct lbx_claim){.topic = topic, .partition = 0, .epoch = 1, .next_offset = 10};
    claims[1] = (struct lbx_claim){.topic = topic, .partition = 1, .epoch = 1, .next_offset = 0};
    consume = (struct lbx_consume){
        .worker = &worker, .handler = &handler, .claims = {.list = claims, .count = 2}};
    for (int i = 0; i < 2; i++) {
        fetching[i] = (struct lbx_fetching){i, true, claims[i].next_offset, 0};
        ends[i] = claims[i].next_offset;
    }
    consume.state = READING;
    assigned = 0;
    return 0;
}

static bool wants(int claim, int64_t offset) {
    const struct lbx_record record = {.topic_name = topic, .partition = claim, .offset = offset};
    claims[claim].handed++;
    return lbx_consume_wants(&consume, &claims[claim], &record);
}

static void a_hole_stops_its_own_partition(void **state) {
    (void)state;
    assert_true(wants(0, 10));
    assert_true(wants(0, 16)); /* 11 to 15 hold no record: as many as may */
    assert_null(lbx_consume_stopped(&consume));
    assert_false(wants(0, 23));
    assert_string_equal(
        lbx_consume_stopped(&consume),
        "partition t.tickets.v1/0 is stopped at offset 17: too many offsets hold no record there");
    assert_false(wants(0, 24));
    assert_true(wants(1, 1000)); /* where a log begins is its own choice */
}

static void fails_at(int64_t offset, enum lbx_err kind) {
    trouble.partition = 0;
    trouble.offset = offset;
    lbx_consume_trouble(&consume, kind);
}

static void an_offset_out_of_the_log_stops_at_once(void **state) {
    (void)state;
    fails_at(10, LBX_ERR_LIMIT);
    assert_non_null(strstr(lbx_consume_stopped(&consume), "is not in Kafka's log"));
    assert_false(wants(0, 10));
}

/* A new leader, a broker on its way down: errors that pass. */
static void an_error_stops_once_it_stays(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++)
        fails_at(12, LBX_ERR_INVALID);
    assert_null(lbx_consume_stopped(&consume));
    assert_true(wants(0, 10));
    claims[0].failing_since_us = 0;
    fails_at(12, LBX_ERR_INVALID);
    claims[0].failing_since_us -= 3600 * LBX_SECOND_US;
    fails_at(12, LBX_ERR_INVALID);
    assert_null(lbx_consume_stopped(&consume)); /* long ago, and only twice */
    fails_at(12, LBX_ERR_INVALID);
    assert_string_equal(
        lbx_consume_stopped(&consume),
        "partition t.tickets.v1/0 is stopped at offset 12: its records cannot be read");
    assert_true(wants(0, 12)); /* somebody mended it */
    assert_null(lbx_consume_stopped(&consume));
}

static struct lbx_record record_of(int64_t offset, const char *value) {
    return (struct lbx_record){.topic_name = topic,
                               .partition = 0,
                               .offset = offset,
                               .timestamp_ms = 1,
                               .value = value,
                               .value_len = strlen(value)};
}

static void a_log_that_was_replaced_stops_its_partition(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int64_t offset;
        const char *value;
        bool stops;
    } rows[] = {
        {"as it was read", 9, "a", false},
        {"another record", 9, "b", true},
        {"gone by retention", 10, "b", false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_record read = record_of(9, "a"),
                                found = record_of(rows[i].offset, rows[i].value);
        begin(NULL);
        lbx_claims_note(&read, &claims[0].last);
        claims[0].comparing = true;
        lbx_consume_compare(&consume, &claims[0], &found);
        const char *why = lbx_consume_stopped(&consume);
        CHECK_ROW(&bad, rows[i].what, (why != NULL) == rows[i].stops, "%s", why ? why : "goes on");
        assert_false(claims[0].comparing);
    }
    assert_int_equal(bad, 0);
}

/* What a batch ends with in each partition is kept with its COMMIT. */
static void the_last_record_of_a_batch_is_kept(void **state) {
    (void)state;
    const struct lbx_record first = record_of(10, "a"), second = record_of(12, "b");
    const struct lbx_record *const batch[] = {&first, &second};
    struct lbx_read_record want;
    lbx_claims_note(&second, &want);
    lbx_claims_plan(&consume.claims, batch, COUNT(batch));
    assert_false(claims[0].last.known);
    lbx_claims_advance(&consume.claims);
    assert_int_equal(claims[0].next_offset, 13);
    assert_true(claims[0].last.known);
    assert_int_equal(claims[0].last.offset, 12);
    assert_memory_equal(claims[0].last.hash, want.hash, sizeof want.hash);
    assert_false(claims[1].last.known);
}

/* As if so many seconds went by before the next look. */
static const char *named_later(int seconds) {
    lbx_consume_look_for_still(&consume);
    for (int i = 0; i < 2; i++)
        if (claims[i].still_since_us)
            claims[i].still_since_us -= seconds * LBX_SECOND_US;
    lbx_consume_look_for_still(&consume);
    return lbx_consume_still(&consume);
}

static const char *named_a_minute_later(void) {
    return named_later(60);
}

static void a_partition_that_does_not_move_is_named(void **state) {
    (void)state;
    assert_null(named_a_minute_later()); /* there is nothing to read */
    ends[0] = 12;
    lbx_consume_look_for_still(&consume);
    assert_null(lbx_consume_still(
        &consume)); /* it has five seconds, the next look may come after as many */
    assert_non_null(named_later(6));
    assert_int_equal(assigned, 0);
    assert_string_equal(
        named_a_minute_later(),
        "partition t.tickets.v1/0 does not move: Kafka hands out nothing from offset 10 on");
    assert_int_equal(assigned, 1); /* the client is asked anew */
    lbx_consume_look_for_still(&consume);
    assert_int_equal(assigned, 1);
    claims[0].next_offset = 11;
    lbx_consume_look_for_still(&consume);
    assert_null(lbx_consume_still(&consume)); /* it moved */
    fetching[0].next_offset = 12;
    assert_null(named_a_minute_later()); /* what is left holds no record */
    ends[0] = 13;
    claims[0].held_end = 13;
    assert_null(named_a_minute_later()); /* this worker has it in hand */
    fetching[1].has_leader = false;
    assert_non_null(strstr(named_a_minute_later(), "t.tickets.v1/1 does not move"));
    assert_int_equal(assigned, 1); /* nobody is there to ask */
    consume.state = PAUSED;        /* something else is waited for, and named */
    assert_null(named_a_minute_later());
}

/* The client says that it fetched them, and hands out none. */
static void records_that_the_client_drops_are_read_again(void **state) {
    (void)state;
    lbx_consume_look_for_still(&consume);
    fetching[0] = (struct lbx_fetching){0, true, 13, 3};
    ends[0] = 13;
    assert_string_equal(
        named_a_minute_later(),
        "partition t.tickets.v1/0 does not move: Kafka hands out nothing from offset 10 on");
    assert_int_equal(assigned, 1);
    for (int64_t offset = 10; offset < 13; offset++)
        assert_true(wants(0, offset));
    fetching[0].received = 6;
    claims[0].next_offset = 13;
    claims[0].held_end = 0;
    assert_null(named_a_minute_later());
    ends[0] = fetching[0].next_offset = 14; /* the end of a transaction: nothing came of it */
    assert_null(named_a_minute_later());
    ends[0] = fetching[0].next_offset = 16; /* another transaction, whose record is handed out */
    fetching[0].received = 7;
    assert_true(wants(0, 14));
    claims[0].next_offset = 15;
    claims[0].held_end = 0;
    assert_null(named_a_minute_later());
    assert_int_equal(assigned, 1);
    ends[0] = fetching[0].next_offset = 17;
    fetching[0].received = 8;
    claims[0].read_again_us = 0;
    assert_non_null(named_a_minute_later()); /* and a second time */
    assert_int_equal(assigned, 2);
}

static void look_after(int64_t seconds) {
    claims[0].still_since_us -= seconds * LBX_SECOND_US;
    claims[0].read_again_us -= seconds * LBX_SECOND_US;
    lbx_consume_look_for_still(&consume);
}

/* What is under way, and slow, is not cut off each time; a lost fetch costs little more than ten seconds. */
static void it_is_read_again_ever_more_seldom(void **state) {
    (void)state;
    ends[0] = 12;
    lbx_consume_look_for_still(&consume);
    for (size_t count = 0; count < 3; count++) {
        look_after((10 << count) - 1);
        assert_int_equal(assigned, count);
        look_after(2);
        assert_int_equal(assigned, count + 1);
    }
    claims[0].next_offset = 11;
    lbx_consume_look_for_still(&consume); /* it moved */
    lbx_consume_look_for_still(&consume);
    claims[0].read_again_us = 0;
    look_after(11);
    assert_int_equal(assigned, 4);
    look_after(21);
    assert_int_equal(assigned, 5);
}

/* What another member's turn received is nothing that this one lacks. */
static void what_came_before_the_partition_was_given_is_not_missed(void **state) {
    (void)state;
    ends[0] = fetching[0].next_offset = 11;
    fetching[0].received = 100;
    assert_null(named_a_minute_later());
    assert_int_equal(assigned, 0);
}

/* A connection that stays up, and brings nothing: counted from when the broker fell silent. */
static void a_partition_whose_broker_is_silent_is_named(void **state) {
    (void)state;
    fetching[0].has_leader = false;
    fetching[0].silent_since_us = lbx_monotonic_us() - 4 * LBX_SECOND_US;
    lbx_consume_look_for_still(&consume);
    assert_null(lbx_consume_still(&consume));
    claims[0].still_since_us -= 2 * LBX_SECOND_US;
    assert_non_null(lbx_consume_still(&consume));
    assert_int_equal(assigned, 0); /* the client makes the connection anew */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hole_stops_its_own_partition, begin),
        cmocka_unit_test_setup(an_offset_out_of_the_log_stops_at_once, begin),
        cmocka_unit_test_setup(an_error_stops_once_it_stays, begin),
        cmocka_unit_test_setup(a_partition_that_does_not_move_is_named, begin),
        cmocka_unit_test_setup(a_partition_whose_broker_is_silent_is_named, begin),
        cmocka_unit_test_setup(records_that_the_client_drops_are_read_again, begin),
        cmocka_unit_test_setup(it_is_read_again_ever_more_seldom, begin),
        cmocka_unit_test_setup(what_came_before_the_partition_was_given_is_not_missed, begin),
        cmocka_unit_test_setup(a_log_that_was_replaced_stops_its_partition, begin),
        cmocka_unit_test_setup(the_last_record_of_a_batch_is_kept, begin),
    };
    return cmocka_run_group_tests_name("consume_stop", tests, NULL, NULL);
}

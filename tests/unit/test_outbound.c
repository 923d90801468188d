/* Outbound, against a pretended broker: what arrives in which order, and what becomes of rows that do not. */
#include "io/outbound.h"

#include "broker.h"

#include <poll.h>

enum { ROWS_MAX = 64 };

struct sending {
    struct broker broker;
    struct lbx_arena arena;
    struct lbx_outbound *outbound;
    struct lbx_outbound_row rows[ROWS_MAX];
    size_t count;
};

static struct sending sending;

static int begin_on(void **ret_state, int brokers) {
    sending = (struct sending){0};
    brokers_start(&sending.broker, brokers);
    lbx_arena_init(&sending.arena);
    assert_int_equal(lbx_outbound_open(&sending.broker.settings, "test", &sending.outbound),
                     LBX_OK);
    *ret_state = &sending;
    return 0;
}

static int begin(void **ret_state) {
    return begin_on(ret_state, 1);
}

static int begin_on_two(void **ret_state) {
    return begin_on(ret_state, 2);
}

static int end(void **state) {
    struct sending *s = *state;
    lbx_outbound_close(s->outbound);
    lbx_arena_done(&s->arena);
    broker_stop(&s->broker);
    return 0;
}

static struct lbx_outbound_row *add(struct sending *s, const char *key, const char *value) {
    struct lbx_outbound_row *row = &s->rows[s->count++];
    *row = (struct lbx_outbound_row){
        .order_key = key,
        .id = (int64_t)s->count,
        .topic = LBX_TOPIC_EVENTS,
        .record = {.key = key, .key_len = strlen(key), .value = value, .value_len = strlen(value)}};
    lbx_outbound_add(s->outbound, row);
    return row;
}

static void step(struct sending *s, int timeout_ms) {
    assert_int_equal(lbx_outbound_step(s->outbound, timeout_ms), LBX_OK);
}

static void take_ended(struct sending *s) {
    while (lbx_outbound_ended(s->outbound))
        ;
}

static void finish(struct sending *s) {
    UNTIL(lbx_outbound_count(s->outbound) == 0, step(s, 100); take_ended(s));
}

static void check_state(const struct sending *s, size_t row, enum lbx_outbound_state state) {
    assert_int_equal(s->rows[row].state, state);
}

/* The values on the topic's one partition, in order. */
static void check_topic(const struct sending *s, const char *const *values, size_t count) {
    rd_kafka_t *reader = reader_new(&s->broker, "t.events.v1");
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = reader_next(reader);
        assert_int_equal(message->len, strlen(values[i]));
        assert_memory_equal(message->payload, values[i], message->len);
        rd_kafka_message_destroy(message);
    }
    reader_free(reader);
}

static void a_keys_rows_arrive_in_order(void **state) {
    struct sending *s = *state;
    static const char *const values[] = {"a1", "b1", "a2", "a3", "b2"};
    for (size_t i = 0; i < COUNT(values); i++)
        add(s, values[i][0] == 'a' ? "a" : "b", values[i]);
    finish(s);
    for (size_t i = 0; i < COUNT(values); i++)
        check_state(s, i, LBX_OUTBOUND_DELIVERED);
    rd_kafka_t *reader = reader_new(&s->broker, "t.events.v1");
    char last_a = '0', last_b = '0';
    for (size_t i = 0; i < COUNT(values); i++) {
        rd_kafka_message_t *message = reader_next(reader);
        const char *value = message->payload;
        char *last = value[0] == 'a' ? &last_a : &last_b;
        assert_int_equal(value[1], ++*last);
        rd_kafka_message_destroy(message);
    }
    reader_free(reader);
}

/* A leader takes any first batch of a producer that it does not know, so that a second one in flight could overtake the first. */
static void a_producers_first_row_in_a_partition_is_waited_for(void **state) {
    struct sending *s = *state;
    for (int producers = 0; producers < 2; producers++) {
        const size_t first = s->count;
        add(s, "a", "a1");
        add(s, "a", "a2");
        add(s, "b", "b1");
        step(s, 0);
        size_t under_way = 0;
        for (size_t i = first; i < s->count; i++)
            under_way += s->rows[i].state == LBX_OUTBOUND_UNDER_WAY;
        assert_int_equal(under_way, 1);
        finish(s);
        for (size_t i = first; i < first + 3; i++)
            check_state(s, i, LBX_OUTBOUND_DELIVERED);
        rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
        add(s, "a", "a3");
        add(s, "a", "a4");
        add(s, "b", "b2");
        step(s, 0);
        for (size_t i = first + 3; i < s->count; i++)
            check_state(s, i, LBX_OUTBOUND_UNDER_WAY);
        lbx_outbound_abandon(s->outbound);
        take_ended(s);
        rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    }
}

static bool is_readable(const struct sending *s) {
    struct pollfd fd = {.fd = lbx_outbound_fd(s->outbound), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* A step may take the report that would have woken whoever waits. */
static void what_ended_and_was_not_taken_wakes(void **state) {
    struct sending *s = *state;
    add(s, "a", "a1");
    UNTIL(s->rows[0].state == LBX_OUTBOUND_DELIVERED, step(s, 100));
    assert_true(is_readable(s));
    step(s, 0);
    assert_true(is_readable(s));
    take_ended(s);
    step(s, 0);
    assert_false(is_readable(s));
}

/* The client refuses what is longer than it takes, by itself: that is the row's fault for sure. */
static void a_row_that_is_too_long_holds_up_its_key_alone(void **state) {
    struct sending *s = *state;
    enum { TOO_LONG = 3 << 20 };
    char *value = lbx_arena_alloc(&s->arena, TOO_LONG);
    memset(value, 'x', TOO_LONG - 1);
    add(s, "a", "a1");
    add(s, "a", value);
    add(s, "a", "a3");
    add(s, "b", "b1");
    finish(s);
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
    check_state(s, 1, LBX_OUTBOUND_REFUSED);
    check_state(s, 2, LBX_OUTBOUND_RELEASED);
    check_state(s, 3, LBX_OUTBOUND_DELIVERED);
}

/* The broker refuses a batch: whose fault it was is not known, and nothing is sent behind. Then each row goes alone, and
 * what is refused is refused for good. */
static void what_is_refused_among_others_goes_alone(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_push_request_errors(s->broker.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    add(s, "a", "a1");
    step(s, 0);
    UNTIL(lbx_outbound_fd(s->outbound) >= 0 && s->rows[0].state != LBX_OUTBOUND_UNDER_WAY,
          step(s, 100));
    check_state(s, 0, LBX_OUTBOUND_FAILED);
    assert_string_equal(s->rows[0].why, "MSG_SIZE_TOO_LARGE");
    add(s, "a", "a2"); /* before its owner knows */
    check_state(s, 1, LBX_OUTBOUND_RELEASED);
    take_ended(s);
    rd_kafka_mock_push_request_errors(s->broker.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    struct lbx_outbound_row *again = add(s, "a", "a1");
    finish(s);
    assert_true(again->alone);
    assert_int_equal(again->state, LBX_OUTBOUND_REFUSED);
    add(s, "b", "b1");
    finish(s);
    check_topic(s, (const char *const[]){"b1"}, 1);
}

static void nothing_goes_behind_a_row_that_goes_alone(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
    s->rows[0] = (struct lbx_outbound_row){
        .order_key = "a",
        .topic = LBX_TOPIC_EVENTS,
        .alone = true,
        .record = {.key = "a", .key_len = 1, .value = "a1", .value_len = 2}};
    lbx_outbound_add(s->outbound, &s->rows[s->count++]);
    add(s, "a", "a2");
    step(s, 0);
    check_state(s, 0, LBX_OUTBOUND_UNDER_WAY);
    check_state(s, 1, LBX_OUTBOUND_WAITING);
    rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    finish(s);
    check_topic(s, (const char *const[]){"a1", "a2"}, 2);
}

/* Rows under way stay there; what comes behind, once nothing moves, is put off rather than kept. */
static void a_partition_that_does_not_move_takes_no_more(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
    add(s, "a", "a1");
    UNTIL(lbx_outbound_away_since_us(s->outbound), step(s, 100));
    add(s, "b", "b1");
    check_state(s, 1, LBX_OUTBOUND_PUT_OFF);
    check_state(s, 0, LBX_OUTBOUND_UNDER_WAY);
    rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    finish(s);
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
    UNTIL(!lbx_outbound_away_since_us(s->outbound), step(s, 100));
    add(s, "b", "b1");
    finish(s);
    check_state(s, 2, LBX_OUTBOUND_DELIVERED);
}

/* What ended is its owner's again, who frees it: nothing of it is read or written, though its key has a row under way. */
static void what_was_returned_is_not_touched(void **state) {
    struct sending *s = *state;
    const struct lbx_outbound_row *last;
    rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
    add(s, "a", "a1");
    UNTIL(lbx_outbound_away_since_us(s->outbound), step(s, 100));
    struct lbx_outbound_row *returned = add(s, "a", "a2");
    assert_ptr_equal(lbx_outbound_ended(s->outbound), returned);
    check_state(s, 1, LBX_OUTBOUND_PUT_OFF);
    assert_int_equal(lbx_outbound_count_of(s->outbound, "a", &last), 1);
    assert_null(last);
    add(s, "a", "a3");
    assert_null(returned->next_of_key);
    check_state(s, 2, LBX_OUTBOUND_RELEASED);
    rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    finish(s);
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
}

/* One of two brokers is away: the rows of its partition wait, and no others. */
static void a_broker_that_is_away_delays_its_own_partition(void **state) {
    struct sending *s = *state;
    static const char *const keys[] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
    size_t on_second[COUNT(keys)], count = 0, delivered = 0;
    for (size_t i = 0; i < COUNT(keys); i++)
        add(s, keys[i], "first");
    finish(s);
    for (size_t i = 0; i < COUNT(keys); i++)
        if (rd_kafka_msg_partitioner_murmur2(NULL, keys[i], 2, 2, NULL, NULL) == 1)
            on_second[count++] = i;
    assert_in_range(count, 1, COUNT(keys) - 1);
    rd_kafka_mock_broker_set_down(s->broker.cluster, 2);
    for (size_t i = 0; i < COUNT(keys); i++)
        add(s, keys[i], "second");
    UNTIL(delivered == COUNT(keys) - count, step(s, 100); delivered = 0;
          for (size_t i = COUNT(keys); i < s->count; i++) delivered +=
          s->rows[i].state == LBX_OUTBOUND_DELIVERED);
    size_t bytes;
    UNTIL(lbx_outbound_away_since_us(s->outbound), step(s, 100));
    assert_int_equal(lbx_outbound_stuck(s->outbound, &bytes), count);
    assert_int_equal(bytes, count * strlen("k0second"));
    for (size_t i = 0; i < COUNT(keys); i++)
        add(s, keys[i], "third");
    for (size_t i = 0; i < count; i++) {
        check_state(s, COUNT(keys) + on_second[i], LBX_OUTBOUND_UNDER_WAY);
        check_state(s, 2 * COUNT(keys) + on_second[i], LBX_OUTBOUND_PUT_OFF);
    }
    UNTIL(delivered == 2 * (COUNT(keys) - count), step(s, 100); delivered = 0;
          for (size_t i = COUNT(keys); i < s->count; i++) delivered +=
          s->rows[i].state == LBX_OUTBOUND_DELIVERED);
    rd_kafka_mock_broker_set_up(s->broker.cluster, 2);
    finish(s);
    for (size_t i = 0; i < count; i++)
        check_state(s, COUNT(keys) + on_second[i], LBX_OUTBOUND_DELIVERED);
}

static void what_is_given_up_is_released(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
    add(s, "a", "a1");
    add(s, "b", "b1");
    step(s, 0);
    lbx_outbound_abandon(s->outbound);
    check_state(s, 0, LBX_OUTBOUND_RELEASED);
    check_state(s, 1, LBX_OUTBOUND_RELEASED);
    take_ended(s);
    assert_int_equal(lbx_outbound_count(s->outbound), 0);

    /* Taken again, with another producer. */
    rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    add(s, "a", "a1");
    add(s, "b", "b1");
    finish(s);
    check_state(s, 2, LBX_OUTBOUND_DELIVERED);
    check_state(s, 3, LBX_OUTBOUND_DELIVERED);
}

static void held_rows_are_released(void **state) {
    struct sending *s = *state;
    add(s, "a", "a1");
    step(s, 0);
    lbx_outbound_hold(s->outbound);
    add(s, "a", "a2");
    finish(s);
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
    check_state(s, 1, LBX_OUTBOUND_RELEASED);
    check_topic(s, (const char *const[]){"a1"}, 1);
}

/* An idempotent producer whose sequence numbers no longer match can do nothing any more (KIP-360): the rows get another. */
static void a_spent_producer_is_replaced(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_push_request_errors(s->broker.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    add(s, "a", "a1");
    add(s, "a", "a2");
    finish(s);
    assert_int_not_equal(s->rows[0].state, LBX_OUTBOUND_DELIVERED);
    add(s, "a", "a1");
    finish(s);
    check_state(s, 2, LBX_OUTBOUND_DELIVERED);
    check_topic(s, (const char *const[]){"a1"}, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_keys_rows_arrive_in_order),
        TEST(a_producers_first_row_in_a_partition_is_waited_for),
        TEST(what_ended_and_was_not_taken_wakes),
        TEST(a_row_that_is_too_long_holds_up_its_key_alone),
        TEST(what_is_refused_among_others_goes_alone),
        TEST(nothing_goes_behind_a_row_that_goes_alone),
        TEST(a_partition_that_does_not_move_takes_no_more),
        TEST(what_was_returned_is_not_touched),
        cmocka_unit_test_setup_teardown(a_broker_that_is_away_delays_its_own_partition,
                                        begin_on_two, end),
        TEST(what_is_given_up_is_released),
        TEST(held_rows_are_released),
        TEST(a_spent_producer_is_replaced),
    };
    return cmocka_run_group_tests_name("outbound", tests, NULL, NULL);
}

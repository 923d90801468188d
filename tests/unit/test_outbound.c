/* Outbound, against a pretended broker: what arrives in which order, and what becomes of rows that do not. */
#include "io/outbound.h"

#include "broker.h"

enum { ROWS_MAX = 64 };

struct sending {
    struct broker broker;
    struct lbx_arena arena;
    struct lbx_outbound *outbound;
    struct lbx_outbound_row rows[ROWS_MAX];
    size_t count;
};

static struct sending sending;

static int begin(void **ret_state) {
    sending = (struct sending){0};
    broker_start(&sending.broker);
    lbx_arena_init(&sending.arena);
    assert_int_equal(lbx_outbound_open(&sending.broker.settings, "test", &sending.outbound),
                     LBX_OK);
    *ret_state = &sending;
    return 0;
}

static int end(void **state) {
    struct sending *s = *state;
    lbx_outbound_close(s->outbound);
    lbx_arena_done(&s->arena);
    broker_stop(&s->broker);
    return 0;
}

static void add(struct sending *s, const char *key, const char *value) {
    s->rows[s->count++] = (struct lbx_outbound_row){
        .order_key = key,
        .topic = LBX_TOPIC_EVENTS,
        .record = {.key = key, .key_len = strlen(key), .value = value, .value_len = strlen(value)}};
}

static void start(struct sending *s) {
    assert_int_equal(lbx_outbound_begin(s->outbound, s->rows, s->count, &s->arena), LBX_OK);
}

static void finish(struct sending *s) {
    start(s);
    UNTIL(!lbx_outbound_step(s->outbound, 100), );
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

/* One row of a key is under way at most, so that a lost one has none behind it on the topic. */
static void a_keys_rows_go_one_after_the_other(void **state) {
    struct sending *s = *state;
    static const char *const values[] = {"a1", "b1", "a2", "a3", "b2"};
    for (size_t i = 0; i < COUNT(values); i++)
        add(s, values[i][0] == 'a' ? "a" : "b", values[i]);
    start(s);
    assert_true(lbx_outbound_step(s->outbound, 0));
    check_state(s, 2, LBX_OUTBOUND_WAITING);
    check_state(s, 3, LBX_OUTBOUND_WAITING);
    check_state(s, 4, LBX_OUTBOUND_WAITING);
    UNTIL(!lbx_outbound_step(s->outbound, 100), );
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

/* A row that Kafka refuses for good holds up its key, and no other. */
static void a_refused_row_holds_up_its_key_alone(void **state) {
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
    check_state(s, 2, LBX_OUTBOUND_WAITING);
    check_state(s, 3, LBX_OUTBOUND_DELIVERED);
}

static void what_is_given_up_has_failed(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_broker_set_down(s->broker.cluster, BROKER);
    add(s, "a", "a1");
    add(s, "a", "a2");
    add(s, "b", "b1");
    start(s);
    assert_true(lbx_outbound_step(s->outbound, 0));
    lbx_outbound_abandon(s->outbound);
    check_state(s, 0, LBX_OUTBOUND_FAILED);
    check_state(s, 1, LBX_OUTBOUND_WAITING);
    check_state(s, 2, LBX_OUTBOUND_FAILED);
    assert_false(lbx_outbound_step(s->outbound, 0));

    /* Taken again, with another producer. */
    rd_kafka_mock_broker_set_up(s->broker.cluster, BROKER);
    for (size_t i = 0; i < s->count; i++)
        s->rows[i].state = LBX_OUTBOUND_WAITING;
    finish(s);
    for (size_t i = 0; i < s->count; i++)
        check_state(s, i, LBX_OUTBOUND_DELIVERED);
}

static void held_rows_wait(void **state) {
    struct sending *s = *state;
    add(s, "a", "a1");
    add(s, "a", "a2");
    start(s);
    assert_true(lbx_outbound_step(s->outbound, 0));
    lbx_outbound_hold(s->outbound);
    UNTIL(!lbx_outbound_step(s->outbound, 100), );
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
    check_state(s, 1, LBX_OUTBOUND_WAITING);
    check_topic(s, (const char *const[]){"a1"}, 1);
}

/* An idempotent producer whose sequence numbers no longer match can do nothing any more (KIP-360). It says so when the next
 * row is sent, and the rows behind that get another. */
static void a_spent_producer_is_replaced(void **state) {
    struct sending *s = *state;
    rd_kafka_mock_push_request_errors(s->broker.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    add(s, "a", "a1");
    add(s, "a", "a2");
    for (int attempt = 0; attempt < 2; attempt++) {
        finish(s);
        check_state(s, 0, LBX_OUTBOUND_FAILED);
        check_state(s, 1, LBX_OUTBOUND_WAITING);
        s->rows[0].state = LBX_OUTBOUND_WAITING;
    }
    finish(s);
    check_state(s, 0, LBX_OUTBOUND_DELIVERED);
    check_state(s, 1, LBX_OUTBOUND_DELIVERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_keys_rows_go_one_after_the_other), TEST(a_refused_row_holds_up_its_key_alone),
        TEST(what_is_given_up_has_failed),        TEST(held_rows_wait),
        TEST(a_spent_producer_is_replaced),
    };
    return cmocka_run_group_tests_name("outbound", tests, NULL, NULL);
}

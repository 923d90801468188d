/* The producer, against a pretended broker: what arrives, and that each record's fate is told once. */
#include "io/producer.h"

#include "broker.h"

struct sent {
    int told;
    enum lbx_err err;
};

static void on_delivered(void *context, enum lbx_err err) {
    struct sent *sent = context;
    sent->told++;
    sent->err = err;
}

static struct lbx_producer *producer_of(const struct broker *broker) {
    struct lbx_producer *producer = NULL;
    assert_int_equal(lbx_producer_open(&broker->settings, "test", on_delivered, &producer), LBX_OK);
    assert_non_null(producer);
    return producer;
}

static const struct lbx_record small = {.key = "k", .key_len = 1, .value = "v", .value_len = 1};

/* ---- what arrives ---- */

static void check_header(const rd_kafka_headers_t *headers, size_t i, const char *name,
                         const char *value, size_t len) {
    const char *got_name;
    const void *got;
    size_t got_len;
    assert_int_equal(rd_kafka_header_get_all(headers, i, &got_name, &got, &got_len), 0);
    assert_string_equal(got_name, name);
    assert_int_equal(got == NULL, value == NULL);
    assert_int_equal(got_len, len);
    if (value)
        assert_memory_equal(got, value, len);
}

static void records_arrive_as_they_are(void **unused) {
    (void)unused;
    struct broker broker;
    struct sent sent[3] = {0};
    broker_start(&broker);
    struct lbx_producer *producer = producer_of(&broker);
    const struct lbx_header headers[] = {
        {"content-type", "application/json", 16},
        {"bytes", "\0\xFF", 2},
        {"empty", "", 0},
        {"null", NULL, 0},
        {"content-type", "again", 5},
    };
    const struct lbx_record records[] = {
        {.key = "key\0",
         .key_len = 4,
         .value = "val\0ue",
         .value_len = 6,
         .headers = headers,
         .header_count = COUNT(headers)},
        {.key = NULL, .value = NULL}, /* a dead letter may have neither */
        {.key = "", .key_len = 0, .value = "", .value_len = 0},
    };
    for (size_t i = 0; i < COUNT(records); i++)
        assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &records[i], &sent[i]),
                         LBX_OK);
    UNTIL(sent[0].told && sent[1].told && sent[2].told, lbx_producer_poll(producer, 100));
    for (size_t i = 0; i < COUNT(sent); i++) {
        assert_int_equal(sent[i].err, LBX_OK);
        assert_int_equal(sent[i].told, 1);
    }
    lbx_producer_close(producer);

    rd_kafka_t *reader = reader_new(&broker, "t.events.v1");
    rd_kafka_message_t *message = reader_next(reader);
    rd_kafka_headers_t *got = NULL;
    assert_int_equal(message->key_len, 4);
    assert_memory_equal(message->key, "key\0", 4);
    assert_int_equal(message->len, 6);
    assert_memory_equal(message->payload, "val\0ue", 6);
    assert_int_equal(rd_kafka_message_headers(message, &got), 0);
    assert_int_equal(rd_kafka_header_cnt(got), COUNT(headers));
    for (size_t i = 0; i < COUNT(headers); i++)
        check_header(got, i, headers[i].name, headers[i].value, headers[i].len);
    rd_kafka_message_destroy(message);

    message = reader_next(reader);
    assert_null(message->key);
    assert_null(message->payload);
    assert_int_equal(message->offset, 1);
    rd_kafka_message_destroy(message);

    message = reader_next(reader);
    assert_non_null(message->key);
    assert_int_equal(message->key_len, 0);
    assert_non_null(message->payload);
    assert_int_equal(message->len, 0);
    rd_kafka_message_destroy(message);
    reader_free(reader);
    broker_stop(&broker);
}

/* A broker that stumbles changes neither their number nor their order. */
static void stumbles_are_retried_in_order(void **unused) {
    (void)unused;
    enum { RECORDS = 300 };
    static struct sent sent[RECORDS];
    struct broker broker;
    memset(sent, 0, sizeof sent);
    broker_start(&broker);
    rd_kafka_mock_push_request_errors(
        broker.cluster, API_PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    struct lbx_producer *producer = producer_of(&broker);
    for (int i = 0; i < RECORDS; i++) {
        struct lbx_record record = {.key = "k", .key_len = 1, .value = &i, .value_len = sizeof i};
        assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &record, &sent[i]), LBX_OK);
    }
    UNTIL(sent[RECORDS - 1].told, lbx_producer_poll(producer, 100));
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(sent[i].told, 1);
        assert_int_equal(sent[i].err, LBX_OK);
    }
    lbx_producer_close(producer);
    rd_kafka_t *reader = reader_new(&broker, "t.events.v1");
    for (int i = 0; i < RECORDS; i++) {
        rd_kafka_message_t *message = reader_next(reader);
        assert_int_equal(message->offset, i);
        assert_memory_equal(message->payload, &i, sizeof i);
        rd_kafka_message_destroy(message);
    }
    reader_free(reader);
    broker_stop(&broker);
}

/* ---- what does not ---- */

static void too_large_is_refused_at_once(void **unused) {
    (void)unused;
    struct broker broker;
    struct sent sent = {0};
    broker_start(&broker);
    struct lbx_producer *producer = producer_of(&broker);
    const size_t len = 3 << 20;
    char *value = malloc(len);
    assert_non_null(value);
    memset(value, 'x', len);
    const struct lbx_header header = {"h", "v", 1};
    const struct lbx_record record = {.key = "k",
                                      .key_len = 1,
                                      .value = value,
                                      .value_len = len,
                                      .headers = &header,
                                      .header_count = 1};
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &record, &sent),
                     LBX_ERR_REFUSED);
    free(value);
    struct sent next = {0};
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &next), LBX_OK);
    UNTIL(next.told, lbx_producer_poll(producer, 100));
    assert_int_equal(next.err, LBX_OK);
    assert_int_equal(sent.told, 0); /* the return value said it */
    lbx_producer_close(producer);
    broker_stop(&broker);
}

static void refusals_of_the_broker(void **unused) {
    (void)unused;
    static const rd_kafka_resp_err_t refusals[] = {
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_RECORD,
    };
    struct broker broker;
    int bad = 0;
    broker_start(&broker);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct sent sent = {0};
        rd_kafka_mock_push_request_errors_array(broker.cluster, API_PRODUCE, 1, &refusals[i]);
        struct lbx_producer *producer = producer_of(&broker);
        assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent), LBX_OK);
        UNTIL(sent.told, lbx_producer_poll(producer, 100));
        CHECK_ROW(&bad, rd_kafka_err2name(refusals[i]), sent.err == LBX_ERR_REFUSED, "%s",
                  lbx_err_text(sent.err));
        lbx_producer_close(producer);
    }
    broker_stop(&broker);
    assert_int_equal(bad, 0);
}

static void a_full_queue_is_told(void **unused) {
    (void)unused;
    struct broker broker;
    struct sent sent[2] = {0};
    broker_start(&broker);
    rd_kafka_mock_broker_set_down(broker.cluster, BROKER);
    broker.properties[0] = (char *)"queue.buffering.max.messages";
    broker.properties[1] = (char *)"1";
    struct lbx_producer *producer = producer_of(&broker);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent[0]), LBX_OK);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent[1]),
                     LBX_ERR_LIMIT);
    rd_kafka_mock_broker_set_up(broker.cluster, BROKER);
    UNTIL(sent[0].told, lbx_producer_poll(producer, 100));
    assert_int_equal(sent[0].err, LBX_OK);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent[1]), LBX_OK);
    UNTIL(sent[1].told, lbx_producer_poll(producer, 100));
    lbx_producer_close(producer);
    broker_stop(&broker);
}

static void a_broker_that_is_away(void **unused) {
    (void)unused;
    struct broker broker;
    struct sent sent = {0};
    broker_start(&broker);
    rd_kafka_mock_broker_set_down(broker.cluster, BROKER);
    broker.properties[0] = (char *)"message.timeout.ms";
    broker.properties[1] = (char *)"1000";
    struct lbx_producer *producer = producer_of(&broker);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent), LBX_OK);
    UNTIL(sent.told, lbx_producer_poll(producer, 100));
    assert_int_equal(sent.err, LBX_ERR_UNAVAILABLE);
    lbx_producer_close(producer);
    broker_stop(&broker);
}

/* KIP-360: a client whose sequence numbers no longer match can do nothing any more. */
static void a_spent_client_says_so(void **unused) {
    (void)unused;
    struct broker broker;
    struct sent sent = {0};
    broker_start(&broker);
    rd_kafka_mock_push_request_errors(broker.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    struct lbx_producer *producer = producer_of(&broker);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent), LBX_OK);
    UNTIL(sent.told, lbx_producer_poll(producer, 100));
    assert_int_not_equal(sent.err, LBX_OK);
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent), LBX_ERR_FENCED);
    lbx_producer_close(producer);

    producer = producer_of(&broker);
    struct sent again = {0};
    assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &again), LBX_OK);
    UNTIL(again.told, lbx_producer_poll(producer, 100));
    assert_int_equal(again.err, LBX_OK);
    lbx_producer_close(producer);
    broker_stop(&broker);
}

/* A worker that ends does not wait for a broker that is away; what was under way is told as failed. */
static void closing_drops_what_is_under_way(void **unused) {
    (void)unused;
    static struct sent sent[100];
    struct broker broker;
    broker_start(&broker);
    rd_kafka_mock_broker_set_down(broker.cluster, BROKER);
    struct lbx_producer *producer = producer_of(&broker);
    for (size_t i = 0; i < COUNT(sent); i++)
        assert_int_equal(lbx_producer_send(producer, LBX_TOPIC_EVENTS, &small, &sent[i]), LBX_OK);
    int64_t before_us = lbx_monotonic_us();
    lbx_producer_close(producer);
    assert_true(lbx_monotonic_us() - before_us < 5 * LBX_SECOND_US);
    for (size_t i = 0; i < COUNT(sent); i++)
        assert_true(sent[i].told == 1 && sent[i].err == LBX_ERR_UNAVAILABLE);
    lbx_producer_close(NULL);
    broker_stop(&broker);
}

static void a_property_that_is_none(void **unused) {
    (void)unused;
    struct broker broker;
    struct lbx_producer *producer = NULL;
    broker_start(&broker);
    broker.properties[0] = (char *)"sasl.mechanizm";
    broker.properties[1] = (char *)"PLAIN";
    assert_int_equal(lbx_producer_open(&broker.settings, "test", on_delivered, &producer),
                     LBX_ERR_INVALID);
    broker.properties[0] = (char *)"acks"; /* not to be weakened */
    broker.properties[1] = (char *)"1";
    assert_int_equal(lbx_producer_open(&broker.settings, "test", on_delivered, &producer), LBX_OK);
    lbx_producer_close(producer);
    broker_stop(&broker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_as_they_are),
        cmocka_unit_test(stumbles_are_retried_in_order),
        cmocka_unit_test(too_large_is_refused_at_once),
        cmocka_unit_test(refusals_of_the_broker),
        cmocka_unit_test(a_full_queue_is_told),
        cmocka_unit_test(a_broker_that_is_away),
        cmocka_unit_test(a_spent_client_says_so),
        cmocka_unit_test(closing_drops_what_is_under_way),
        cmocka_unit_test(a_property_that_is_none),
    };
    return cmocka_run_group_tests_name("producer", tests, NULL, NULL);
}

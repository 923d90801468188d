/* The consumer, against a pretended broker: it reads from where it is told to, whole and in order, and
 * its descriptor is quiet when there is nothing. Joining a group takes the broker three seconds, so that
 * one member serves all tests, each with a topic of its own. */
#include "io/consumer.h"

#include "broker.h"

#include <poll.h>
#include <sys/prctl.h>

static struct broker broker;
static rd_kafka_t *writer;

/* ---- the member of a group ---- */

static struct {
    struct lbx_consumer *consumer;
    size_t count; /* partitions given */
    int given, taken;
    char names[256]; /* of their topics */
} member;

static void on_given(void *context, const struct lbx_partition *partitions, size_t count) {
    assert_ptr_equal(context, &member);
    member.names[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(member.names);
        (void)snprintf(member.names + len, sizeof member.names - len, "%s/%d ", partitions[i].topic,
                       partitions[i].id);
    }
    member.count = count;
    member.given++;
}

static void on_taken(void *context) {
    assert_ptr_equal(context, &member);
    member.count = 0;
    member.taken++;
}

/* Sleeps on the descriptor, as a worker does, then polls once. NULL: nothing. */
static struct lbx_message *wait_and_poll(void) {
    struct lbx_message *message = NULL;
    struct pollfd fd = {.fd = lbx_consumer_fd(member.consumer), .events = POLLIN};
    (void)poll(&fd, 1, 100);
    enum lbx_err err = lbx_consumer_poll(member.consumer, &message);
    assert_true(err == LBX_OK || err == LBX_ERR_NOT_FOUND || err == LBX_ERR_UNAVAILABLE);
    return err == LBX_OK ? message : NULL;
}

static struct lbx_message *next_message(void) {
    struct lbx_message *message = NULL;
    UNTIL(message, message = wait_and_poll());
    return message;
}

static void next_is(int64_t offset) {
    struct lbx_message *message = next_message();
    assert_int_equal(lbx_message_record(message)->offset, offset);
    lbx_message_free(message);
}

static void assign(const char *topic, int64_t next_offset) {
    const struct lbx_partition partition = {topic, 0, next_offset};
    assert_int_equal(lbx_consumer_assign(member.consumer, &partition, 1), LBX_OK);
}

/* ---- what is in the log ---- */

static void produce(const char *topic, const char *key, const void *value, size_t len,
                    rd_kafka_headers_t *headers) {
    assert_int_equal(rd_kafka_producev(writer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                       RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
                                       RD_KAFKA_V_VALUE((void *)value, len),
                                       RD_KAFKA_V_HEADERS(headers),
                                       RD_KAFKA_V_TIMESTAMP(INT64_C(1795450118123)),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     0);
}

static void produced(void) {
    assert_int_equal(rd_kafka_flush(writer, PATIENCE_S * 1000), 0);
}

/* Values 0, 1, 2, … */
static void produce_numbers(const char *topic, int count) {
    for (int i = 0; i < count; i++)
        produce(topic, "k", &i, sizeof i, NULL);
    produced();
}

/* ---- before and after all ---- */

/* The client's threads have the timer slack of the thread that starts them. */
static int slack_ns;
rd_kafka_t *__real_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why,
                                size_t size);
rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why,
                                size_t size);

rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why,
                                size_t size) {
    slack_ns = prctl(PR_GET_TIMERSLACK);
    return __real_rd_kafka_new(type, conf, why, size);
}

static const char *const fast[] = {
    /* the group's timers, and an empty fetch: as LOCKBOX_KAFKA_* may set them */
    "session.timeout.ms", "4000", "heartbeat.interval.ms", "500", "fetch.wait.max.ms", "100",
};

static int start(void **unused) {
    (void)unused;
    static const enum lbx_topic topics[] = {
        LBX_TOPIC_TICKETS, LBX_TOPIC_TENANTS,    LBX_TOPIC_DECISIONS,   LBX_TOPIC_ACCESSES,
        LBX_TOPIC_EVENTS,  LBX_TOPIC_DEADLETTER, LBX_TOPIC_CHECKPOINTS, LBX_TOPIC_COUNT};
    static const struct lbx_consumer_events events = {on_given, on_taken};
    broker_start(&broker);
    for (size_t i = 0; i < COUNT(fast); i++)
        broker.properties[i] = (char *)fast[i];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.settings.kafka_bootstrap_servers, NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(writer);
    return lbx_consumer_open(&broker.settings, "test", topics, 1024, &events, &member,
                             &member.consumer) != LBX_OK;
}

static int end(void **unused) {
    (void)unused;
    lbx_consumer_close(member.consumer);
    rd_kafka_destroy(writer);
    broker_stop(&broker);
    return 0;
}

/* ---- the tests, in this order ---- */

/* librdkafka turns for what is left of a millisecond before each timer: with a slack it has slept by then. */
static void sleeps_until_its_timers(void **unused) {
    (void)unused;
    assert_true(slack_ns >= 1000000);
    assert_true(prctl(PR_GET_TIMERSLACK) < 1000000); /* of our own threads nothing is changed */
}

/* Partitions are given with their topics' full names, and nothing is read before they are assigned. */
static void joins_its_group(void **unused) {
    (void)unused;
    produce_numbers("t.tickets.v1", 3);
    UNTIL(member.given, assert_null(wait_and_poll()));
    assert_int_equal(member.given, 1);
    assert_int_equal(member.count, LBX_TOPIC_COUNT);
    assert_non_null(strstr(member.names, "t.tickets.v1/0 "));
    assert_non_null(strstr(member.names, "t.checkpoints.v1/0 "));
    for (int i = 0; i < 5; i++)
        assert_null(wait_and_poll());
    assign("t.tickets.v1", 0);
    for (int i = 0; i < 3; i++)
        next_is(i);
}

static void check_header(const struct lbx_header *header, const char *name, const void *value,
                         size_t len) {
    assert_string_equal(header->name, name);
    assert_int_equal(header->value == NULL, value == NULL);
    assert_int_equal(header->len, len);
    if (value)
        assert_memory_equal(header->value, value, len);
}

static void records_come_as_they_are(void **unused) {
    (void)unused;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(6);
    rd_kafka_header_add(headers, "content-type", -1, "application/json", -1);
    rd_kafka_header_add(headers, "bytes", -1, "\0\xFF", 2);
    rd_kafka_header_add(headers, "null", -1, NULL, 0);
    rd_kafka_header_add(headers, "content-type", -1, "", 0);
    rd_kafka_header_add(headers, "ce_id\0x", 7, "1", 1);
    rd_kafka_header_add(headers, "\0", 1, "", 0);
    produce("t.tenants.v1", "key", "val\0ue", 6, headers);
    produce("t.tenants.v1", NULL, NULL, 0, NULL);
    produce("t.tenants.v1", "", "", 0, NULL);
    produced();
    assign("t.tenants.v1", 0);

    struct lbx_message *messages[3]; /* each lives until it is freed */
    for (size_t i = 0; i < COUNT(messages); i++)
        messages[i] = next_message();
    const struct lbx_record *r = lbx_message_record(messages[0]);
    assert_int_equal(r->topic, LBX_TOPIC_TENANTS);
    assert_string_equal(r->topic_name, "t.tenants.v1");
    assert_int_equal(r->partition, 0);
    assert_int_equal(r->offset, 0);
    assert_int_equal(r->timestamp_ms, INT64_C(1795450118123));
    assert_int_equal(r->key_len, 3);
    assert_memory_equal(r->key, "key", 3);
    assert_int_equal(r->value_len, 6);
    assert_memory_equal(r->value, "val\0ue", 6);
    assert_int_equal(r->header_count, 6);
    check_header(&r->headers[0], "content-type", "application/json", 16);
    check_header(&r->headers[1], "bytes", "\0\xFF", 2);
    check_header(&r->headers[2], "null", NULL, 0);
    check_header(&r->headers[3], "content-type", "", 0);
    assert_int_equal(r->headers[3].name_len, 0);
    assert_int_equal(r->headers[4].name_len, 7);
    assert_memory_equal(r->headers[4].name, "ce_id\0x", 7);
    assert_int_equal(r->headers[5].name_len, 1);
    r = lbx_message_record(messages[1]);
    assert_int_equal(r->offset, 1);
    assert_null(r->key);
    assert_null(r->value);
    assert_int_equal(r->header_count, 0);
    r = lbx_message_record(messages[2]);
    assert_int_equal(r->offset, 2);
    assert_non_null(r->key);
    assert_int_equal(r->key_len, 0);
    assert_non_null(r->value);
    assert_int_equal(r->value_len, 0);
    for (size_t i = 0; i < COUNT(messages); i++)
        lbx_message_free(messages[i]);
    lbx_message_free(NULL);
}

/* Every offset once, in order, from the one it is told; and again from there where it is told again, as
 * after a lost connection to the database. */
static void reads_from_where_it_is_told(void **unused) {
    (void)unused;
    enum { RECORDS = 3000, FROM = 1234 };
    produce_numbers("t.decisions.v1", RECORDS);
    assign("t.decisions.v1", FROM);
    for (int i = FROM; i < RECORDS; i++) {
        struct lbx_message *message = next_message();
        const struct lbx_record *r = lbx_message_record(message);
        assert_int_equal(r->offset, i);
        assert_memory_equal(r->value, &i, sizeof i);
        lbx_message_free(message);
    }
    assign("t.decisions.v1", RECORDS - 2);
    next_is(RECORDS - 2);
    next_is(RECORDS - 1);
    assert_null(wait_and_poll());
}

/* A partition that is told to stop before it has stopped ends the process, in librdkafka up to 2.15. */
static void an_assignment_may_follow_another_at_once(void **unused) {
    (void)unused;
    enum { ROUNDS = 20 };
    for (int i = 0; i < ROUNDS; i++) {
        assign("t.decisions.v1", 0);
        next_is(0);
        assign("t.decisions.v1", 0);
        assert_int_equal(lbx_consumer_assign(member.consumer, NULL, 0), LBX_OK);
    }
}

static void is_quiet_when_there_is_nothing(void **unused) {
    (void)unused;
    produce_numbers("t.accesses.v1", 100);
    assign("t.accesses.v1", 0);
    for (int i = 0; i < 100; i++)
        next_is(i);
    struct pollfd fd = {.fd = lbx_consumer_fd(member.consumer), .events = POLLIN};
    struct lbx_message *message;
    int wakes = 0;
    for (int64_t end_us = lbx_monotonic_us() + LBX_SECOND_US; lbx_monotonic_us() < end_us;) {
        wakes += poll(&fd, 1, 250) > 0;
        assert_int_equal(lbx_consumer_poll(member.consumer, &message), LBX_ERR_NOT_FOUND);
    }
    assert_true(wakes < 20);

    produce("t.accesses.v1", "k", "v", 1, NULL);
    produced();
    UNTIL(poll(&fd, 1, 1000) > 0); /* and it wakes */
    next_is(100);
}

static void pauses_and_goes_on(void **unused) {
    (void)unused;
    produce_numbers("t.events.v1", 10);
    assign("t.events.v1", 0);
    next_is(0);
    lbx_consumer_pause(member.consumer, true);
    for (int i = 0; i < 5; i++)
        assert_null(wait_and_poll());
    const struct lbx_partition partition = {"t.events.v1", 0, 1};
    int64_t end = 0;
    produce_numbers("t.events.v1", 5);
    UNTIL(lbx_consumer_ends(member.consumer, &partition, 1, &end) == LBX_OK);
    assert_int_equal(end, 15);
    assert_int_equal(lbx_consumer_end(member.consumer, "t.events.v1", 0), 10);
    lbx_consumer_pause(member.consumer, false);
    for (int i = 1; i < 15; i++)
        next_is(i);
}

static void reports_how_far_the_database_is(void **unused) {
    (void)unused;
    const struct lbx_partition done = {"t.events.v1", 0, 7};
    lbx_consumer_report(member.consumer, &done, 1);
    lbx_consumer_report(member.consumer, NULL, 0);

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.settings.kafka_bootstrap_servers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "g.test", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    rd_kafka_t *tool = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    assert_non_null(tool);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "t.events.v1", 0);
    UNTIL(list->elems[0].offset == 7, assert_null(wait_and_poll());
          (void)rd_kafka_committed(tool, list, 1000));
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(tool);
}

/* An offset that the log does not have is no place to guess another from. */
static void an_offset_that_is_not_there(void **unused) {
    (void)unused;
    produce_numbers("t.deadletter.v1", 10);
    assign("t.deadletter.v1", 1000);
    struct pollfd fd = {.fd = lbx_consumer_fd(member.consumer), .events = POLLIN};
    struct lbx_message *message;
    enum lbx_err err = LBX_ERR_NOT_FOUND;
    UNTIL(err == LBX_ERR_LIMIT, (void)poll(&fd, 1, 100);
          err = lbx_consumer_poll(member.consumer, &message); assert_int_not_equal(err, LBX_OK));
}

static void asks_the_group_anew(void **unused) {
    (void)unused;
    produce_numbers("t.checkpoints.v1", 3);
    assign("t.checkpoints.v1", 0);
    next_is(0);
    assert_int_equal(member.taken, 0); /* through all that was before */
    lbx_consumer_rejoin(member.consumer);
    UNTIL(member.given == 2, lbx_message_free(wait_and_poll())); /* fetched before it let go */
    assert_int_equal(member.taken, 1);
    assert_int_equal(member.count, LBX_TOPIC_COUNT);
    assign("t.checkpoints.v1", 1);
    next_is(1);
    next_is(2);
}

static const struct lbx_fetching *polled(struct lbx_consumer *consumer) {
    struct lbx_message *message = NULL;
    struct pollfd fd = {.fd = lbx_consumer_fd(consumer), .events = POLLIN};
    (void)poll(&fd, 1, 100);
    if (lbx_consumer_poll(consumer, &message) == LBX_OK)
        lbx_message_free(message);
    return lbx_consumer_fetching(consumer, "t.events.v1", 0);
}

/* A reader that is no member: the group would be given anew meanwhile. */
static void says_what_it_fetches_and_whether_kafka_is_there(void **unused) {
    (void)unused;
    static const enum lbx_topic topics[] = {LBX_TOPIC_EVENTS, LBX_TOPIC_COUNT};
    const struct lbx_partition partition = {"t.events.v1", 0, 0};
    const struct lbx_fetching *it = NULL;
    struct lbx_consumer *reader;
    broker.properties[0] = (char *)"statistics.interval.ms";
    broker.properties[1] = (char *)"200";
    assert_int_equal(
        lbx_consumer_open(&broker.settings, "reader", topics, 1024, NULL, NULL, &reader), LBX_OK);
    assert_int_equal(lbx_consumer_assign(reader, &partition, 1), LBX_OK);
    UNTIL(it && it->has_leader && it->next_offset == 15, it = polled(reader));
    assert_null(lbx_consumer_fetching(reader, "t.events.v1", 1));
    assert_int_equal(lbx_consumer_away_since_us(reader), 0);
    rd_kafka_mock_partition_set_leader(broker.cluster, "t.events.v1", 0, -1);
    UNTIL(it && !it->has_leader, it = polled(reader));
    rd_kafka_mock_partition_set_leader(broker.cluster, "t.events.v1", 0, BROKER);
    UNTIL(it && it->has_leader, it = polled(reader));
    rd_kafka_mock_broker_set_down(broker.cluster, BROKER);
    UNTIL(lbx_consumer_away_since_us(reader) > 0, (void)polled(reader));
    rd_kafka_mock_broker_set_up(broker.cluster, BROKER);
    UNTIL(lbx_consumer_away_since_us(reader) == 0, (void)polled(reader));
    lbx_consumer_close(reader);
}

static void leaves_its_group(void **unused) {
    (void)unused;
    lbx_consumer_close(member.consumer);
    member.consumer = NULL;
    assert_int_equal(member.taken, 2); /* told while it closes */
    assert_int_equal(member.given, 2);
    lbx_consumer_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_until_its_timers),
        cmocka_unit_test(joins_its_group),
        cmocka_unit_test(records_come_as_they_are),
        cmocka_unit_test(reads_from_where_it_is_told),
        cmocka_unit_test(an_assignment_may_follow_another_at_once),
        cmocka_unit_test(is_quiet_when_there_is_nothing),
        cmocka_unit_test(pauses_and_goes_on),
        cmocka_unit_test(reports_how_far_the_database_is),
        cmocka_unit_test(an_offset_that_is_not_there),
        cmocka_unit_test(asks_the_group_anew),
        cmocka_unit_test(leaves_its_group),
        cmocka_unit_test(says_what_it_fetches_and_whether_kafka_is_there),
    };
    return cmocka_run_group_tests_name("consumer", tests, start, end);
}

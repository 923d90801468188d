/* librdkafka's own pretended broker, for what needs one to talk to. It proves how our code uses the
 * client; what Kafka itself does is proved on the real one. */
#ifndef LBX_TESTS_BROKER_H
#define LBX_TESTS_BROKER_H

#include "base/clock.h"
#include "event/record.h"
#include "io/settings.h"

#include "check.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <syslog.h>

enum { API_PRODUCE = 0, API_FETCH = 1, BROKER = 1, PATIENCE_S = 30 };

struct broker {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct lbx_settings settings;
    char *properties[9]; /* name, value, …, NULL: as LOCKBOX_KAFKA_* would set them */
};

/* Brokers 1 to `count` with all our topics behind the prefix "t.", as many partitions of each, each led by the broker of its
 * number plus one. */
static inline void brokers_start(struct broker *broker, int count) {
    *broker = (struct broker){0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    broker->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(broker->client);
    broker->cluster = rd_kafka_mock_cluster_new(broker->client, count);
    assert_non_null(broker->cluster);
    /* From version 16 on the pretended broker of 2.8 names the leader, and crashes where there is none. */
    assert_int_equal(rd_kafka_mock_set_apiversion(broker->cluster, API_FETCH, 4, 11), 0);
    for (int topic = 0; topic < LBX_TOPIC_COUNT; topic++) {
        char name[64] = "";
        (void)snprintf(name, sizeof name, "t.%s", lbx_topic_name((enum lbx_topic)topic));
        assert_int_equal(rd_kafka_mock_topic_create(broker->cluster, name, count, 1), 0);
        for (int i = 0; i < count; i++)
            assert_int_equal(rd_kafka_mock_partition_set_leader(broker->cluster, name, i, i + 1),
                             0);
    }
    broker->settings = (struct lbx_settings){
        .kafka_bootstrap_servers = (char *)rd_kafka_mock_cluster_bootstraps(broker->cluster),
        .topic_prefix = (char *)"t.",
        .group_prefix = (char *)"g.",
        .instance = (char *)"",
        .kafka_properties = broker->properties,
    };
}

static inline void broker_start(struct broker *broker) {
    brokers_start(broker, 1);
}

static inline void broker_stop(struct broker *broker) {
    rd_kafka_mock_cluster_destroy(broker->cluster);
    rd_kafka_destroy(broker->client);
}

static inline int64_t soon(void) {
    return lbx_monotonic_us() + PATIENCE_S * LBX_SECOND_US;
}

/* Does `step` until `done`, or fails. */
#define UNTIL(done, ...)                                                                           \
    do {                                                                                           \
        const int64_t until_us = soon();                                                           \
        while (!(done)) {                                                                          \
            if (lbx_monotonic_us() > until_us)                                                     \
                fail_msg("waited %d s for %s", PATIENCE_S, #done);                                 \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)

/* A plain reader of one partition from its beginning, by the client's own functions. */
static inline rd_kafka_t *reader_new(const struct broker *broker, const char *topic) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker->settings.kafka_bootstrap_servers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "reader", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    assert_non_null(reader);
    rd_kafka_poll_set_consumer(reader);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(reader, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return reader;
}

static inline rd_kafka_message_t *reader_next(rd_kafka_t *reader) {
    rd_kafka_message_t *message = NULL;
    UNTIL(message, message = rd_kafka_consumer_poll(reader, 100));
    assert_int_equal(message->err, 0);
    return message;
}

static inline void reader_free(rd_kafka_t *reader) {
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
}

#endif

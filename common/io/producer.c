/* Wraps librdkafka's idempotent producer.
 * Promises one report for each record that it took. A record of which it is not known whether Kafka has it is
 * LBX_ERR_UNAVAILABLE; one that Kafka will never take LBX_ERR_REFUSED; a client that is spent LBX_ERR_FENCED (KIP-360).
 */
#include "io/producer.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/kafka.h"

#include <stdio.h>
#include <stdlib.h>

struct lbx_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topics[LBX_TOPIC_COUNT];
    char *prefix;
    lbx_delivered_fn *delivered;
    int64_t quiet_until_us;
    int32_t partition; /* of the record reported on last */
    int64_t offset;
};

static enum lbx_err meaning(rd_kafka_resp_err_t err) {
    switch ((int)err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return LBX_OK;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return LBX_ERR_LIMIT;
    case RD_KAFKA_RESP_ERR__FATAL:
        return LBX_ERR_FENCED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return LBX_ERR_REFUSED;
    default:
        return LBX_ERR_UNAVAILABLE;
    }
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    struct lbx_producer *producer = opaque;
    bool ours = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (message->err && !ours && lbx_monotonic_us() >= producer->quiet_until_us) {
        /* An outage fails hundreds at once: one line a second says it. */
        producer->quiet_until_us = lbx_monotonic_us() + LBX_SECOND_US;
        lbx_log(LBX_LOG_WARN, "record not delivered",
                LBX_S("code", rd_kafka_err2name(message->err)),
                LBX_S("topic", rd_kafka_topic_name(message->rkt)));
    }
    producer->partition = message->partition;
    producer->offset = message->offset;
    producer->delivered(message->_private, meaning(message->err));
}

enum lbx_err lbx_producer_open(const struct lbx_settings *settings, const char *worker,
                               lbx_delivered_fn *delivered, struct lbx_producer **ret_producer) {
    char client[256], why[512];
    snprintf(client, sizeof client, "lockbox-%s", worker);
    static const struct lbx_kafka_property defaults[] = {
        {"linger.ms", "0"},
        /* As Kafka's own clients do it: a key keeps its partition whoever publishes in our place. */
        {"partitioner", "murmur2_random"},
        {"message.timeout.ms", "30000"},
        {"message.max.bytes", "2097152"},
        {NULL, NULL},
    };
    static const struct lbx_kafka_property fixed[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf;
    enum lbx_err err = lbx_kafka_conf(settings, client, defaults, fixed, &conf);
    if (err != LBX_OK)
        return err;
    struct lbx_producer *producer = lbx_calloc(sizeof *producer);
    if (asprintf(&producer->prefix, "%s", settings->topic_prefix) < 0)
        abort();
    producer->delivered = delivered;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, producer);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!producer->client) {
        rd_kafka_conf_destroy(conf);
        lbx_log(LBX_LOG_ERROR, "no kafka producer", LBX_S("error", why));
        lbx_producer_close(producer);
        return LBX_ERR_INVALID;
    }
    *ret_producer = producer;
    return LBX_OK;
}

void lbx_producer_close(struct lbx_producer *producer) {
    if (!producer)
        return;
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++)
        if (producer->topics[i])
            rd_kafka_topic_destroy(producer->topics[i]);
    if (producer->client) {
        rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->client, 0);
        rd_kafka_destroy(producer->client);
    }
    free(producer->prefix);
    free(producer);
}

/* A topic handle kept for good: produceva by name on an unknown partition frees headers twice. */
static rd_kafka_topic_t *handle(struct lbx_producer *producer, enum lbx_topic topic) {
    if (!producer->topics[topic]) {
        char name[256];
        snprintf(name, sizeof name, "%s%s", producer->prefix, lbx_topic_name(topic));
        producer->topics[topic] = rd_kafka_topic_new(producer->client, name, NULL);
    }
    return producer->topics[topic];
}

enum lbx_err lbx_producer_send(struct lbx_producer *producer, enum lbx_topic topic,
                               const struct lbx_record *record, void *record_context) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count + 1);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct lbx_header *h = &record->headers[i];
        rd_kafka_header_add(headers, h->name, -1, h->value, h->value ? (ssize_t)h->len : 0);
    }
    rd_kafka_vu_t what[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = handle(producer, topic)},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)record->key, record->key_len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)record->value, record->value_len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = record_context},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->client, what, sizeof what / sizeof *what);
    if (!error)
        return LBX_OK;
    /* The code of a fatal error is its cause's. */
    enum lbx_err err =
        rd_kafka_error_is_fatal(error) ? LBX_ERR_FENCED : meaning(rd_kafka_error_code(error));
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return err;
}

void lbx_producer_place(const struct lbx_producer *producer, int32_t *ret_partition,
                        int64_t *ret_offset) {
    *ret_partition = producer->partition;
    *ret_offset = producer->offset;
}

void lbx_producer_poll(struct lbx_producer *producer, int timeout_ms) {
    rd_kafka_poll(producer->client, timeout_ms);
}

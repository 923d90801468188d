/* Wraps librdkafka's idempotent producer. Promises one delivery report for each record that was
 * sent: LBX_ERR_UNAVAILABLE where it is unknown whether Kafka has the record, LBX_ERR_REFUSED
 * where Kafka will never take it, LBX_ERR_FENCED where the client had a fatal error (KIP-360). */
#include "io/producer.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/kafka.h"
#include "io/statistics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lbx_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topics[LBX_TOPIC_COUNT];
    char *prefix;
    lbx_delivered_fn *delivered;
    int64_t quiet_until_us;
    int32_t partition; /* partition of the last report */
    int64_t offset;
    const char *why; /* why the last record failed; static text */
    _Atomic int32_t
        partition_counts[LBX_TOPIC_COUNT]; /* as the partitioner was last called with; 0: not yet */
    bool own_partitioner;
    int64_t away_since_us; /* since when no broker is connected; 0: one is */
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
        /* an outage fails hundreds of records at once: one line of log a second */
        producer->quiet_until_us = lbx_monotonic_us() + LBX_SECOND_US;
        lbx_log(LBX_LOG_WARN, "record not delivered",
                LBX_S("code", rd_kafka_err2name(message->err)),
                LBX_S("topic", rd_kafka_topic_name(message->rkt)));
    }
    lbx_kafka_note_denied(message->err);
    producer->partition = message->partition;
    producer->offset = message->offset;
    producer->why = rd_kafka_err2name(message->err);
    producer->delivered(message->_private, meaning(message->err));
}

/* The Java client's default partitioner, so that a key keeps its partition if another client publishes. */
#define PARTITIONER "murmur2_random"

static bool partitions_itself(const struct lbx_settings *settings) {
    for (char **at = settings->kafka_properties; at && *at; at += 2)
        if (strcmp(at[0], "partitioner") == 0)
            return strcmp(at[1], PARTITIONER) == 0;
    return true;
}

/* Makes the descriptor readable whenever the queue has an event. */
static void show_reports(rd_kafka_t *client, int fd) {
    static const uint64_t one = 1; /* eventfd(2) adds 8 bytes */
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(client);
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
    rd_kafka_queue_destroy(queue);
}

/* Reads the client's statistics, which have the state of each broker. */
static int on_statistics(rd_kafka_t *client, char *json, size_t len, void *opaque) {
    (void)client;
    struct lbx_producer *producer = opaque;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_statistics statistics;
    lbx_arena_init(&arena);
    if (lbx_statistics_read(json, len, &arena, &statistics))
        producer->away_since_us = lbx_statistics_away_since(&statistics, producer->away_since_us);
    return 0;
}

static enum lbx_err open_client(const struct lbx_settings *settings, const char *worker,
                                const struct lbx_kafka_property *fixed, lbx_delivered_fn *delivered,
                                struct lbx_producer **ret_producer) {
    char client[256];
    snprintf(client, sizeof client, "lockbox-%s", worker);
    static const struct lbx_kafka_property defaults[] = {
        {"linger.ms", "0"},
        {"partitioner", PARTITIONER},
        {"message.timeout.ms", "30000"},
        {"message.max.bytes", "2097152"},
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
    producer->own_partitioner = partitions_itself(settings);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    rd_kafka_conf_set_opaque(conf, producer);
    err = lbx_kafka_client(RD_KAFKA_PRODUCER, conf, &producer->client);
    if (err != LBX_OK)
        lbx_producer_close(producer);
    else
        *ret_producer = producer;
    return err;
}

enum lbx_err lbx_producer_open(const struct lbx_settings *settings, const char *worker,
                               lbx_delivered_fn *delivered, struct lbx_producer **ret_producer) {
    static const struct lbx_kafka_property fixed[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {NULL, NULL},
    };
    return open_client(settings, worker, fixed, delivered, ret_producer);
}

enum lbx_err lbx_producer_open_ordered(const struct lbx_settings *settings, const char *worker,
                                       lbx_delivered_fn *delivered, bool one_by_one, int fd,
                                       struct lbx_producer **ret_producer) {
    static const struct lbx_kafka_property together[] = {
        {"enable.idempotence", "true"},     {"acks", "all"},
        {"message.timeout.ms", "0"},        {"enable.gapless.guarantee", "true"},
        {"statistics.interval.ms", "3000"}, {NULL, NULL},
    };
    static const struct lbx_kafka_property each[] = {
        {"enable.idempotence", "true"}, {"acks", "all"}, {"message.timeout.ms", "0"},
        {"batch.num.messages", "1"},    {NULL, NULL},
    };
    enum lbx_err err =
        open_client(settings, worker, one_by_one ? each : together, delivered, ret_producer);
    if (err == LBX_OK)
        show_reports((*ret_producer)->client, fd);
    return err;
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

/* Calls librdkafka's partitioner, and notes the number of partitions. Runs on any of its threads. */
static int32_t partition_of(const rd_kafka_topic_t *topic, const void *key, size_t len,
                            int32_t count, void *topic_context, void *record_context) {
    *(_Atomic int32_t *)topic_context = count;
    return rd_kafka_msg_partitioner_murmur2_random(topic, key, len, count, topic_context,
                                                   record_context);
}

/* Keeps a topic handle for the life of the client: produceva by name frees headers twice where the partition is unknown. */
static rd_kafka_topic_t *handle(struct lbx_producer *producer, enum lbx_topic topic) {
    if (!producer->topics[topic]) {
        char name[256];
        snprintf(name, sizeof name, "%s%s", producer->prefix, lbx_topic_name(topic));
        rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer->client);
        if (producer->own_partitioner)
            rd_kafka_topic_conf_set_partitioner_cb(conf, partition_of);
        rd_kafka_topic_conf_set_opaque(conf, &producer->partition_counts[topic]);
        producer->topics[topic] = rd_kafka_topic_new(producer->client, name, conf);
    }
    return producer->topics[topic];
}

int32_t lbx_producer_partitions(const struct lbx_producer *producer, enum lbx_topic topic) {
    return producer->own_partitioner ? producer->partition_counts[topic] : 0;
}

int32_t lbx_producer_partition(const struct lbx_record *record, int32_t partitions) {
    return partitions > 0 && record->key_len > 0
               ? rd_kafka_msg_partitioner_murmur2(NULL, record->key, record->key_len, partitions,
                                                  NULL, NULL)
               : -1;
}

int64_t lbx_producer_away_since_us(const struct lbx_producer *producer) {
    return producer->away_since_us;
}

const char *lbx_producer_why(const struct lbx_producer *producer) {
    return producer->why;
}

enum lbx_err lbx_producer_send(struct lbx_producer *producer, enum lbx_topic topic,
                               const struct lbx_record *record, void *record_context) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count + 1);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct lbx_header *h = &record->headers[i];
        rd_kafka_header_add(headers, h->name, (ssize_t)lbx_header_name_len(h), h->value,
                            h->value ? (ssize_t)h->len : 0);
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
    /* a fatal error has the code of its cause */
    enum lbx_err err =
        rd_kafka_error_is_fatal(error) ? LBX_ERR_FENCED : meaning(rd_kafka_error_code(error));
    producer->why = rd_kafka_err2name(rd_kafka_error_code(error));
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

/* Reads a range of offsets of one partition, in order, by librdkafka's consumer without a group.
 * Promises every record of the range that Kafka still has. Fails with LBX_ERR_UNAVAILABLE where
 * brokers do not answer. */
#include "io/reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/kafka.h"

#include <stdlib.h>

enum { ENDS_MS = 10000, SILENCE_MS = 30000, POLL_MS = 200 };

struct lbx_reader {
    rd_kafka_t *client;
    rd_kafka_topic_partition_list_t *assigned;
    rd_kafka_message_t *message;
    struct lbx_header *headers;
    const char *topic;
    int64_t behind;
    bool ended;
    int ends_ms, silence_ms; /* longest wait for the offsets, and for a record */
};

enum lbx_err lbx_reader_open(const struct lbx_settings *settings, const char *client,
                             const char *group, struct lbx_reader **ret_reader) {
    static const struct lbx_kafka_property defaults[] = {{"queued.max.messages.kbytes", "65536"},
                                                         {"fetch.message.max.bytes", "4194304"},
                                                         {"fetch.wait.max.ms", "20"},
                                                         {NULL}};
    const struct lbx_kafka_property fixed[] = {{"group.id", group},
                                               {"enable.auto.commit", "false"},
                                               {"enable.auto.offset.store", "false"},
                                               {"auto.offset.reset", "error"},
                                               {"enable.partition.eof", "true"},
                                               {"check.crcs", "true"},
                                               {"isolation.level", "read_committed"},
                                               {NULL}};
    rd_kafka_conf_t *conf;
    enum lbx_err err = lbx_kafka_conf(settings, client, defaults, fixed, &conf);
    if (err != LBX_OK)
        return err;
    rd_kafka_t *handle;
    err = lbx_kafka_client(RD_KAFKA_CONSUMER, conf, &handle);
    if (err != LBX_OK)
        return err;
    struct lbx_reader *reader = lbx_calloc(sizeof *reader);
    reader->client = handle;
    reader->ends_ms = ENDS_MS;
    reader->silence_ms = SILENCE_MS;
    rd_kafka_poll_set_consumer(reader->client);
    *ret_reader = reader;
    return LBX_OK;
}

void lbx_reader_wait(struct lbx_reader *reader, int most_ms) {
    reader->ends_ms = reader->silence_ms = most_ms;
}

static void drop_message(struct lbx_reader *reader) {
    if (reader->message)
        rd_kafka_message_destroy(reader->message);
    reader->message = NULL;
}

void lbx_reader_close(struct lbx_reader *reader) {
    if (!reader)
        return;
    drop_message(reader);
    free(reader->headers);
    if (reader->assigned)
        rd_kafka_topic_partition_list_destroy(reader->assigned);
    rd_kafka_consumer_close(reader->client);
    rd_kafka_destroy(reader->client);
    free(reader);
}

/* Whether a partition does not exist, by the brokers' metadata. librdkafka reports the same for a topic without permission. */
static enum lbx_err is_gone(struct lbx_reader *reader, const char *topic, int32_t partition) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *named = rd_kafka_topic_new(reader->client, topic, NULL);
    rd_kafka_resp_err_t err =
        rd_kafka_metadata(reader->client, 0, named, &metadata, reader->ends_ms);
    rd_kafka_topic_destroy(named);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return LBX_ERR_UNAVAILABLE;
    err = metadata->topics[0].err;
    const bool gone = err == RD_KAFKA_RESP_ERR_NO_ERROR
                          ? partition >= metadata->topics[0].partition_cnt
                          : err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(metadata);
    lbx_kafka_note_denied(err);
    return gone ? LBX_ERR_NOT_FOUND : LBX_ERR_UNAVAILABLE;
}

enum lbx_err lbx_reader_ends(struct lbx_reader *reader, const char *topic, int32_t partition,
                             int64_t *ret_first, int64_t *ret_behind) {
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
        reader->client, topic, partition, ret_first, ret_behind, reader->ends_ms);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LBX_OK;
    lbx_kafka_note_denied(err);
    return err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                   err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
               ? is_gone(reader, topic, partition)
               : LBX_ERR_UNAVAILABLE;
}

enum lbx_err lbx_reader_begin(struct lbx_reader *reader, const char *topic, int32_t partition,
                              int64_t first, int64_t behind) {
    drop_message(reader);
    if (reader->assigned)
        rd_kafka_topic_partition_list_destroy(reader->assigned);
    reader->assigned = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(reader->assigned, topic, partition)->offset = first;
    reader->topic = topic;
    reader->behind = behind;
    reader->ended = first >= behind;
    return rd_kafka_assign(reader->client, reader->assigned) == RD_KAFKA_RESP_ERR_NO_ERROR
               ? LBX_OK
               : LBX_ERR_UNAVAILABLE;
}

static void fill(struct lbx_reader *reader, struct lbx_record *record) {
    free(reader->headers);
    reader->headers =
        lbx_calloc((lbx_kafka_header_count(reader->message) + 1) * sizeof *reader->headers);
    *record = lbx_kafka_record(reader->message, reader->headers);
    record->topic_name = reader->topic;
}

enum lbx_err lbx_reader_next(struct lbx_reader *reader, struct lbx_record *ret_record) {
    int64_t deadline = lbx_monotonic_us() + reader->silence_ms * INT64_C(1000);
    while (!reader->ended) {
        drop_message(reader);
        reader->message = rd_kafka_consumer_poll(reader->client, POLL_MS);
        if (!reader->message) {
            if (lbx_monotonic_us() > deadline)
                return LBX_ERR_UNAVAILABLE;
            continue;
        }
        if (reader->message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
            (!reader->message->err && reader->message->offset >= reader->behind)) {
            reader->ended = true;
        } else if (lbx_kafka_note_denied(reader->message->err) ||
                   reader->message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
            return LBX_ERR_UNAVAILABLE; /* or the records were deleted meanwhile */
        } else if (!reader->message->err) {
            reader->ended = reader->message->offset + 1 == reader->behind;
            fill(reader, ret_record);
            return LBX_OK;
        }
    }
    drop_message(reader);
    return LBX_ERR_NOT_FOUND;
}

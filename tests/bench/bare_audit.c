/* A baseline for the auditor: two threads, each with its partitions and its connection, write
 * records into audit.event by COPY BINARY. No fence, offsets, hashes, trees or read models. "copy"
 * takes every column but the record's own from the first record; "parse" also reads each value with
 * jansson; "lean" fills bench_lean (partition, offset, raw). Ends after COUNT records.
 * bare_audit DATABASE_URL BOOTSTRAP TOPIC PARTITIONS COUNT copy|parse|lean */
#include <endian.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 2, BATCH_BYTES = 4 << 20, CHUNK = 1 << 16 };

static struct {
    const char *database, *bootstrap, *topic;
    int partitions;
    long count;
    int parse, lean;
    atomic_long done;
} job;

static void check(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bare_audit: %s\n", what);
    exit(1);
}

/* ---- rows ---- */

struct row_buffer {
    char data[CHUNK * 4];
    size_t len;
};

static void add(struct row_buffer *out, const void *bytes, size_t len) {
    check(out->len + len <= sizeof out->data, "row too long");
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

static void add_field(struct row_buffer *out, const void *bytes, size_t len) {
    uint32_t size = htobe32(bytes ? (uint32_t)len : UINT32_MAX);
    add(out, &size, sizeof size);
    if (bytes)
        add(out, bytes, len);
}

static void add_text(struct row_buffer *out, const char *text) {
    add_field(out, text, text ? strlen(text) : 0);
}

static void add_int64(struct row_buffer *out, int64_t value) {
    uint64_t bytes = htobe64((uint64_t)value);
    add_field(out, &bytes, sizeof bytes);
}

struct found {
    json_t *value;
    const char *id, *source, *type, *ticket;
};

static void find(const void *value, size_t len, struct found *found) {
    json_error_t error;
    found->value = json_loadb(value, len, JSON_REJECT_DUPLICATES, &error);
    check(found->value != NULL, "no JSON");
    found->id = json_string_value(json_object_get(found->value, "id"));
    found->source = json_string_value(json_object_get(found->value, "source"));
    found->type = json_string_value(json_object_get(found->value, "type"));
    found->ticket =
        json_string_value(json_object_get(json_object_get(found->value, "data"), "ticket_id"));
}

static void add_lean_row(struct row_buffer *out, const rd_kafka_message_t *message) {
    const uint16_t columns = htobe16(3);
    const uint32_t partition = htobe32((uint32_t)message->partition);
    add(out, &columns, sizeof columns);
    add_field(out, &partition, sizeof partition);
    add_int64(out, message->offset);
    add_field(out, message->payload, message->len);
}

static void add_row(struct row_buffer *out, const rd_kafka_message_t *message,
                    const struct found *found) {
    static const char headers[40] = "\0\0\0\1\0\0\0\x0c"
                                    "content-type";
    static const char hash[32] = "";
    const uint16_t columns = htobe16(20);
    const uint32_t partition = htobe32((uint32_t)message->partition);
    const int64_t written_ms = rd_kafka_message_timestamp(message, NULL);
    const int64_t now = (int64_t)time(NULL) * 1000000 - INT64_C(946684800000000);
    add(out, &columns, sizeof columns);
    add_text(out, job.topic);
    add_field(out, &partition, sizeof partition);
    add_int64(out, message->offset);
    add_int64(out, written_ms * 1000 - INT64_C(946684800000000));
    add_int64(out, now);
    add_field(out, message->key, message->key_len);
    add_field(out, headers, sizeof headers);
    add_field(out, message->payload, message->len);
    add_text(out, found->id);
    add_text(out, found->source);
    add_text(out, found->type);
    add_text(out, NULL);
    add_int64(out, now);
    add_text(out, NULL);
    add_text(out, NULL);
    add_text(out, NULL);
    add_field(out, message->key, message->key_len); /* the key is the ticket's id */
    add_text(out, NULL);
    add_field(out, hash, sizeof hash);
    add_int64(out, written_ms);
}

/* ---- a thread ---- */

static rd_kafka_t *consume(int lane) {
    char why[256], group[32];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    snprintf(group, sizeof group, "bare-%d", lane);
    const char *const settings[][2] = {
        {"bootstrap.servers", job.bootstrap},    {"group.id", group},
        {"enable.auto.commit", "false"},         {"check.crcs", "true"},
        {"queued.max.messages.kbytes", "32768"}, {"socket.nagle.disable", "true"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        check(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) == 0, why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    check(client != NULL, why);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(job.partitions);
    for (int p = lane; p < job.partitions; p += LANES)
        rd_kafka_topic_partition_list_add(list, job.topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    check(rd_kafka_assign(client, list) == 0, "assign");
    rd_kafka_topic_partition_list_destroy(list);
    return client;
}

static void put(PGconn *pg, struct row_buffer *out, size_t least) {
    if (out->len < least)
        return;
    check(PQputCopyData(pg, out->data, (int)out->len) == 1, "copy");
    out->len = 0;
}

static const char copy_event[] =
    "COPY audit.event (topic, \"partition\", \"offset\", kafka_timestamp, received_at, key, headers, raw,"
    " event_id, source, type, subject, event_time, tenant_id, subscription_id, request_id, ticket_id,"
    " actor, leaf_hash, kafka_timestamp_ms) FROM STDIN (FORMAT binary)";

static void begin(PGconn *pg, struct row_buffer *out) {
    static const char signature[19] = "PGCOPY\n\377\r\n";
    PQclear(PQexec(pg, "BEGIN"));
    PGresult *result =
        PQexec(pg, job.lean ? "COPY bench_lean FROM STDIN (FORMAT binary)" : copy_event);
    check(PQresultStatus(result) == PGRES_COPY_IN, PQerrorMessage(pg));
    PQclear(result);
    add(out, signature, sizeof signature);
}

static void end(PGconn *pg, struct row_buffer *out, long count) {
    add(out, "\xff\xff", 2);
    put(pg, out, 0);
    check(PQputCopyEnd(pg, NULL) == 1, "end");
    for (PGresult *result; (result = PQgetResult(pg)); PQclear(result))
        check(PQresultStatus(result) == PGRES_COMMAND_OK, PQerrorMessage(pg));
    if (job.lean) {
        char done[64];
        snprintf(done, sizeof done, "INSERT INTO bench_done VALUES (%ld)", count);
        PQclear(PQexec(pg, done));
    }
    PQclear(PQexec(pg, "COMMIT"));
    job.done += count;
}

static void *run(void *context) {
    const int lane = (int)(intptr_t)context;
    rd_kafka_t *client = consume(lane);
    PGconn *pg = PQconnectdb(job.database);
    struct row_buffer *out = calloc(1, sizeof *out);
    struct found first = {0};
    check(out && PQstatus(pg) == CONNECTION_OK, "connect");
    while (job.done < job.count) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
        size_t bytes = 0;
        long count = 0;
        if (!message)
            continue;
        begin(pg, out);
        for (; message; message = bytes < BATCH_BYTES ? rd_kafka_consumer_poll(client, 0) : NULL) {
            struct found found = first;
            check(message->err == 0, "consume");
            if (!first.value)
                find(message->payload, message->len, &first);
            if (job.parse)
                find(message->payload, message->len, &found);
            if (job.lean)
                add_lean_row(out, message);
            else
                add_row(out, message, job.parse ? &found : &first);
            if (job.parse)
                json_decref(found.value);
            bytes += message->len;
            count++;
            rd_kafka_message_destroy(message);
            put(pg, out, CHUNK);
        }
        end(pg, out, count);
    }
    return NULL;
}

int main(int argc, char **argv) {
    check(argc == 7,
          "usage: bare_audit DATABASE_URL BOOTSTRAP TOPIC PARTITIONS COUNT copy|parse|lean");
    job.database = argv[1];
    job.bootstrap = argv[2];
    job.topic = argv[3];
    job.partitions = atoi(argv[4]);
    job.count = atol(argv[5]);
    job.parse = strcmp(argv[6], "parse") == 0;
    job.lean = strcmp(argv[6], "lean") == 0;
    pthread_t threads[LANES];
    for (int lane = 0; lane < LANES; lane++)
        check(pthread_create(&threads[lane], NULL, run, (void *)(intptr_t)lane) == 0, "thread");
    for (int lane = 0; lane < LANES; lane++)
        pthread_join(threads[lane], NULL);
    for (;;)
        pause(); /* the benchmark ends this process */
}

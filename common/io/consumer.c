/* A librdkafka consumer without its own commits: the database has the offsets, and Kafka gets a copy. Promises that a record
 * is handed out only between lbx_consumer_assign of its partition and the next rebalance. An error of the client is kept with
 * its topic and offset, and does not end the client. */
#include "io/consumer.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/kafka.h"
#include "io/statistics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lbx_consumer {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_partition_list_t *subscription;
    char *prefix;
    bool member; /* joined the group; else events is empty */
    struct lbx_consumer_events events;
    void *context;
    int fd;
    struct lbx_trouble trouble;
    int64_t away_since_us; /* since when no broker is connected and answers; 0: one does */
    struct seen {
        char topic[256];
        struct lbx_fetching fetching;
    } * seen; /* of each fetched partition, from the last statistics */
    size_t seen_count;
    struct lbx_statistics_asked asked;
};

struct lbx_message {
    struct lbx_record record;
    rd_kafka_message_t *message;
    struct lbx_header headers[];
};

/* ---- rebalancing ---- */

enum { COMMITTED_WITHIN_MS = 3000 };

/* Returns once the client no longer fetches what it fetched before: librdkafka up to 2.15 ends the process if a partition is
 * assigned and taken again before it stopped. What is asked here is answered by the same thread, behind the stop. */
static rd_kafka_resp_err_t assign(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list) {
    rd_kafka_topic_partition_list_t *now;
    rd_kafka_resp_err_t err = rd_kafka_assign(client, list);
    if (!rd_kafka_assignment(client, &now))
        rd_kafka_topic_partition_list_destroy(now);
    return err;
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct lbx_consumer *consumer = opaque;
    if (err != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        consumer->events.taken(consumer->context);
        assign(client, NULL);
        return;
    }
    struct lbx_partition *given = lbx_calloc(((size_t)list->cnt + 1) * sizeof *given);
    for (int i = 0; i < list->cnt; i++)
        given[i] =
            (struct lbx_partition){.topic = list->elems[i].topic, .id = list->elems[i].partition};
    consumer->events.given(consumer->context, given, (size_t)list->cnt);
    free(given);
}

static rd_kafka_topic_partition_list_t *list_of(const struct lbx_partition *partitions,
                                                size_t count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, partitions[i].topic, partitions[i].id)->offset =
            partitions[i].next_offset ? partitions[i].next_offset : RD_KAFKA_OFFSET_BEGINNING;
    return list;
}

enum lbx_err lbx_consumer_assign(struct lbx_consumer *consumer,
                                 const struct lbx_partition *partitions, size_t count) {
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count);
    /* First, as a pause lasts beyond it. A later resume may overtake the start offset: fetched records are outdated then. */
    rd_kafka_resume_partitions(consumer->client, list);
    rd_kafka_resp_err_t err = assign(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

void lbx_consumer_rejoin(struct lbx_consumer *consumer) {
    rd_kafka_unsubscribe(consumer->client);
    rd_kafka_subscribe(consumer->client, consumer->subscription);
}

void lbx_consumer_pause(struct lbx_consumer *consumer, bool pause) {
    rd_kafka_topic_partition_list_t *list;
    if (rd_kafka_assignment(consumer->client, &list))
        return;
    if (pause)
        rd_kafka_pause_partitions(consumer->client, list);
    else
        rd_kafka_resume_partitions(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
}

enum lbx_err lbx_consumer_committed(struct lbx_consumer *consumer,
                                    const struct lbx_partition *partitions, size_t count,
                                    int64_t *ret_committed) {
    if (count == 0)
        return LBX_OK;
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count);
    rd_kafka_resp_err_t err = rd_kafka_committed(consumer->client, list, COMMITTED_WITHIN_MS);
    for (size_t i = 0; !err && i < count; i++) { /* the list's order is that of partitions */
        err = list->elems[i].err;
        ret_committed[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return err ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

void lbx_consumer_report(struct lbx_consumer *consumer, const struct lbx_partition *partitions,
                         size_t count) {
    if (count == 0)
        return;
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count);
    rd_kafka_commit(consumer->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- statistics ---- */

static void see_partition(struct lbx_consumer *consumer, const struct lbx_statistics *statistics,
                          const char *topic, const struct lbx_statistics_partition *it) {
    if (!topic || it->partition < 0)
        return;
    consumer->seen =
        lbx_realloc(consumer->seen, (consumer->seen_count + 1) * sizeof *consumer->seen);
    struct seen *seen = &consumer->seen[consumer->seen_count++];
    const struct lbx_statistics_broker *broker = lbx_statistics_connected(statistics, it->broker);
    const bool is_silent = broker && broker->is_silent;
    *seen = (struct seen){
        .fetching = {.partition = (int32_t)it->partition,
                     .has_leader = it->leader >= 0 && broker && !is_silent,
                     .silent_since_us = is_silent ? lbx_monotonic_us() - broker->rxidle : 0,
                     .next_offset = it->next_offset,
                     .received = it->rxmsgs}};
    snprintf(seen->topic, sizeof seen->topic, "%s", topic);
}

static int on_statistics(rd_kafka_t *client, char *json, size_t len, void *opaque) {
    (void)client;
    struct lbx_consumer *consumer = opaque;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_statistics statistics;
    lbx_arena_init(&arena);
    if (!lbx_statistics_read(json, len, &arena, &statistics))
        return 0;
    lbx_statistics_compare(&statistics, &consumer->asked);
    consumer->away_since_us = lbx_statistics_away_since(&statistics, consumer->away_since_us);
    consumer->seen_count = 0;
    for (size_t i = 0; i < statistics.topic_count; i++)
        for (size_t j = 0; j < statistics.topics[i].partition_count; j++)
            see_partition(consumer, &statistics, statistics.topics[i].topic,
                          &statistics.topics[i].partitions[j]);
    return 0;
}

int64_t lbx_consumer_away_since_us(const struct lbx_consumer *consumer) {
    return consumer->away_since_us;
}

const struct lbx_fetching *lbx_consumer_fetching(const struct lbx_consumer *consumer,
                                                 const char *topic, int32_t partition) {
    for (size_t i = 0; i < consumer->seen_count; i++)
        if (consumer->seen[i].fetching.partition == partition &&
            strcmp(consumer->seen[i].topic, topic) == 0)
            return &consumer->seen[i].fetching;
    return NULL;
}

/* ---- messages ---- */

static struct lbx_message *message_new(const struct lbx_consumer *consumer,
                                       rd_kafka_message_t *from) {
    size_t count = lbx_kafka_header_count(from);
    struct lbx_message *message = lbx_calloc(sizeof *message + count * sizeof *message->headers);
    message->message = from;
    message->record = lbx_kafka_record(from, message->headers);
    message->record.topic = lbx_topic_of(message->record.topic_name, consumer->prefix);
    assert(message->record.topic != LBX_TOPIC_COUNT); /* the subscription names topics exactly */
    return message;
}

const struct lbx_record *lbx_message_record(const struct lbx_message *message) {
    return &message->record;
}

void lbx_message_set_log(struct lbx_message *message, const char *log) {
    message->record.log_name = log;
}

void lbx_message_free(struct lbx_message *message) {
    if (message)
        rd_kafka_message_destroy(message->message);
    free(message);
}

static void keep_trouble(struct lbx_trouble *trouble, const rd_kafka_message_t *message) {
    const bool placed = message->rkt && message->partition >= 0;
    *trouble = (struct lbx_trouble){.partition = placed ? message->partition : -1,
                                    .offset = message->offset >= 0 ? message->offset : -1,
                                    .code = rd_kafka_err2name(message->err)};
    if (placed)
        snprintf(trouble->topic, sizeof trouble->topic, "%s", rd_kafka_topic_name(message->rkt));
}

const struct lbx_trouble *lbx_consumer_trouble(const struct lbx_consumer *consumer) {
    return &consumer->trouble;
}

static enum lbx_err trouble(struct lbx_consumer *consumer, const rd_kafka_message_t *message) {
    rd_kafka_resp_err_t err = message->err;
    keep_trouble(&consumer->trouble, message);
    char why[512] = "";
    if (err == RD_KAFKA_RESP_ERR__FATAL)
        err = rd_kafka_fatal_error(consumer->client, why, sizeof why);
    enum lbx_err ours =
        err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ? LBX_ERR_LIMIT
        : err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || message->err == RD_KAFKA_RESP_ERR__FATAL
            ? LBX_ERR_FENCED
        : consumer->trouble.partition >= 0 ? LBX_ERR_INVALID
                                           : LBX_ERR_UNAVAILABLE;
    lbx_log(ours == LBX_ERR_UNAVAILABLE ? LBX_LOG_WARN
            : ours == LBX_ERR_INVALID   ? LBX_LOG_DEBUG
                                        : LBX_LOG_ERROR,
            "consumer trouble", LBX_S("code", rd_kafka_err2name(err)),
            LBX_S("text", rd_kafka_message_errstr(message)));
    return ours;
}

enum lbx_err lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret_message) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->client, 0);
    if (!message) {
        /* The queue is empty: clear the eventfd, then poll once more, as a record may have come between the two. */
        uint64_t wakes;
        ssize_t cleared = read(consumer->fd, &wakes, sizeof wakes);
        (void)cleared;
        message = rd_kafka_consumer_poll(consumer->client, 0);
    }
    if (!message)
        return LBX_ERR_NOT_FOUND;
    if (message->err) {
        enum lbx_err err = trouble(consumer, message);
        rd_kafka_message_destroy(message);
        return err;
    }
    *ret_message = message_new(consumer, message);
    return LBX_OK;
}

int64_t lbx_consumer_end(const struct lbx_consumer *consumer, const char *topic,
                         int32_t partition) {
    int64_t low = 0, high = 0;
    rd_kafka_resp_err_t err =
        rd_kafka_get_watermark_offsets(consumer->client, topic, partition, &low, &high);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR && high > 0 ? high : 0;
}

enum lbx_err lbx_consumer_ends(struct lbx_consumer *consumer,
                               const struct lbx_partition *partitions, size_t count,
                               int64_t *ret_ends) {
    enum { ASK_MS = 1000 };
    if (count == 0)
        return LBX_OK;
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count);
    for (size_t i = 0; i < count; i++) /* the timestamp that stands for the log's end */
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(consumer->client, list, ASK_MS);
    for (size_t i = 0; !err && i < count; i++) { /* the list's order is that of partitions */
        err = list->elems[i].err;
        ret_ends[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return err ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

enum lbx_err lbx_consumer_first(const struct lbx_consumer *consumer, const char *topic,
                                int32_t partition, int64_t *ret_first) {
    enum { ASK_MS = 5000 };
    int64_t behind = 0;
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(consumer->client, topic, partition,
                                                               ret_first, &behind, ASK_MS);
    return err ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

/* ---- life ---- */

int lbx_consumer_fd(const struct lbx_consumer *consumer) {
    return consumer->fd;
}

static void subscribe_to(struct lbx_consumer *consumer, enum lbx_topic topic) {
    struct lbx_buf name LBX_BUF = {0};
    lbx_buf_printf(&name, "%s%s", consumer->prefix, lbx_topic_name(topic));
    rd_kafka_topic_partition_list_add(consumer->subscription, name.data, RD_KAFKA_PARTITION_UA);
}

static enum lbx_err start(struct lbx_consumer *consumer, rd_kafka_conf_t *conf) {
    if (consumer->member)
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    rd_kafka_conf_set_opaque(conf, consumer);
    enum lbx_err err = lbx_kafka_client(RD_KAFKA_CONSUMER, conf, &consumer->client);
    if (err != LBX_OK)
        return err;
    rd_kafka_poll_set_consumer(consumer->client);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->client);
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(consumer->queue, consumer->fd, &one, sizeof one);
    if (!consumer->member)
        return LBX_OK;
    return rd_kafka_subscribe(consumer->client, consumer->subscription) ? LBX_ERR_INVALID : LBX_OK;
}

/* How long fetching pauses once the queue is full. librdkafka 2.0.2 pauses for a second, whatever is set. */
static const char *queue_backoff(void) {
    return rd_kafka_version() >= 0x020200ff ? "fetch.queue.backoff.ms" : NULL;
}

enum lbx_err lbx_consumer_open(const struct lbx_settings *settings, const char *worker,
                               const enum lbx_topic *topics, int queue_kb,
                               const struct lbx_consumer_events *events, void *context,
                               struct lbx_consumer **ret_consumer) {
    char group[256], client[256], instance[256], queue[16];
    snprintf(group, sizeof group, "%s%s", settings->group_prefix, worker);
    snprintf(client, sizeof client, "lockbox-%s", worker);
    snprintf(instance, sizeof instance, "%s%s-%s", settings->group_prefix, worker,
             settings->instance);
    snprintf(queue, sizeof queue, "%d", queue_kb);
    const struct lbx_kafka_property defaults[] = {
        {"session.timeout.ms", "10000"},
        {"queued.max.messages.kbytes", queue},
        {"fetch.wait.max.ms", "1000"},
        {"statistics.interval.ms", "5000"},
        {"socket.timeout.ms", "10000"}, /* a connection that lost answers is made anew */
        {"topic.metadata.refresh.interval.ms", "5000"}, /* finds added partitions within 5 s */
        {queue_backoff(), "50"},
        {NULL, NULL},
    };
    const struct lbx_kafka_property fixed[] = {
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"check.crcs", "true"},
        {"partition.assignment.strategy", "range"},
        {events && settings->instance[0] ? "group.instance.id" : NULL, instance},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf;
    enum lbx_err err = lbx_kafka_conf(settings, client, defaults, fixed, &conf);
    if (err != LBX_OK)
        return err;
    struct lbx_consumer *consumer = lbx_calloc(sizeof *consumer);
    consumer->member = events != NULL;
    if (events)
        consumer->events = *events;
    consumer->context = context;
    consumer->prefix = strdup(settings->topic_prefix);
    consumer->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    consumer->subscription = rd_kafka_topic_partition_list_new(LBX_TOPIC_COUNT);
    for (; *topics != LBX_TOPIC_COUNT; topics++)
        subscribe_to(consumer, *topics);
    err = start(consumer, conf);
    if (err != LBX_OK) {
        lbx_consumer_close(consumer);
        return err;
    }
    *ret_consumer = consumer;
    return LBX_OK;
}

void lbx_consumer_close(struct lbx_consumer *consumer) {
    if (!consumer)
        return;
    if (consumer->queue)
        rd_kafka_queue_destroy(consumer->queue);
    if (consumer->client) {
        rd_kafka_consumer_close(consumer->client);
        rd_kafka_destroy(consumer->client);
    }
    rd_kafka_topic_partition_list_destroy(consumer->subscription);
    free(consumer->prefix);
    free(consumer->seen);
    free(consumer->asked.nodes);
    close(consumer->fd);
    free(consumer);
}

/* Reads librdkafka's statistics by tables. Promises 0 or NULL for members that the client leaves
 * out. Fails where the text is no JSON object. */
#include "io/statistics.h"

#include "base/clock.h"
#include "base/memory.h"
#include "json/read.h"

#include <stdlib.h>
#include <string.h>

#define SILENT_US (5 * LBX_SECOND_US)
#define ANY_NUMBER .min = INT64_MIN, .max = INT64_MAX
#define NAME .min = 0, .max = 255
#define ALL .by_name = true, .min_items = 0, .max_items = INT64_MAX

static const struct lbx_field partition_rows[] = {
    LBX_ROW_INT(lbx_statistics_partition, partition, ANY_NUMBER),
    LBX_ROW_INT(lbx_statistics_partition, leader, ANY_NUMBER),
    LBX_ROW_INT(lbx_statistics_partition, broker, ANY_NUMBER),
    LBX_ROW_INT(lbx_statistics_partition, next_offset, ANY_NUMBER),
    LBX_ROW_INT(lbx_statistics_partition, rxmsgs, ANY_NUMBER),
};
static const struct lbx_table partition_table =
    LBX_TABLE("partition", lbx_statistics_partition, partition_rows);

static const struct lbx_field topic_rows[] = {
    LBX_ROW_TEXT(lbx_statistics_topic, topic, NAME),
    LBX_ROW_OBJECTS(lbx_statistics_topic, partitions, partition_count,
                    struct lbx_statistics_partition, ALL, .of = &partition_table),
};
static const struct lbx_table topic_table = LBX_TABLE("topic", lbx_statistics_topic, topic_rows);

static const struct lbx_field broker_rows[] = {
    LBX_ROW_INT(lbx_statistics_broker, nodeid, ANY_NUMBER),
    LBX_ROW_TEXT(lbx_statistics_broker, source, NAME),
    LBX_ROW_TEXT(lbx_statistics_broker, state, NAME),
    LBX_ROW_INT(lbx_statistics_broker, rxidle, ANY_NUMBER),
    LBX_ROW_INT(lbx_statistics_broker, waitresp_cnt, ANY_NUMBER),
};
static const struct lbx_table broker_table =
    LBX_TABLE("broker", lbx_statistics_broker, broker_rows);

static const struct lbx_field statistics_rows[] = {
    LBX_ROW_OBJECTS(lbx_statistics, brokers, broker_count, struct lbx_statistics_broker, ALL,
                    .of = &broker_table),
    LBX_ROW_OBJECTS(lbx_statistics, topics, topic_count, struct lbx_statistics_topic, ALL,
                    .of = &topic_table),
};
static const struct lbx_table statistics_table =
    LBX_TABLE("statistics", lbx_statistics, statistics_rows);

bool lbx_statistics_read(const char *json, size_t len, struct lbx_arena *arena,
                         struct lbx_statistics *ret_statistics) {
    return lbx_json_read_partial(&statistics_table, json, len, arena, ret_statistics);
}

static bool is_up(const struct lbx_statistics_broker *broker) {
    return broker->state && strcmp(broker->state, "UP") == 0;
}

/* The group's coordinator has a connection of its own, by which nothing is fetched. */
static bool is_fetched_from(const struct lbx_statistics_broker *broker) {
    return broker->nodeid >= 0 && !(broker->source && strcmp(broker->source, "logical") == 0);
}

static bool was_asked(const struct lbx_statistics_asked *asked, int64_t node) {
    size_t i = 0;
    while (i < asked->count && asked->nodes[i] != node)
        i++;
    return i < asked->count;
}

void lbx_statistics_compare(struct lbx_statistics *statistics, struct lbx_statistics_asked *asked) {
    const struct lbx_statistics_asked before = *asked;
    *asked = (struct lbx_statistics_asked){
        .nodes = lbx_calloc((statistics->broker_count + 1) * sizeof *asked->nodes)};
    for (size_t i = 0; i < statistics->broker_count; i++) {
        struct lbx_statistics_broker *broker = &statistics->brokers[i];
        if (!is_fetched_from(broker) || broker->waitresp_cnt <= 0)
            continue;
        broker->is_silent = broker->rxidle > SILENT_US && was_asked(&before, broker->nodeid);
        asked->nodes[asked->count++] = broker->nodeid;
    }
    free(before.nodes);
}

int64_t lbx_statistics_away_since(const struct lbx_statistics *statistics, int64_t since_us) {
    for (size_t i = 0; i < statistics->broker_count; i++)
        if (is_up(&statistics->brokers[i]) && !statistics->brokers[i].is_silent)
            return 0;
    return since_us ? since_us : lbx_monotonic_us();
}

const struct lbx_statistics_broker *
lbx_statistics_connected(const struct lbx_statistics *statistics, int64_t node) {
    for (size_t i = 0; i < statistics->broker_count; i++) {
        const struct lbx_statistics_broker *broker = &statistics->brokers[i];
        if (broker->nodeid == node && is_fetched_from(broker) && is_up(broker))
            return broker;
    }
    return NULL;
}

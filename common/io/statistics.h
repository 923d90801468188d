/* librdkafka's statistics (its STATISTICS.md), as far as workers use them. */
#ifndef LBX_IO_STATISTICS_H
#define LBX_IO_STATISTICS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lbx_statistics_broker {
    int64_t nodeid;       /* -1: not known yet */
    const char *source;   /* "logical": the connection to the group coordinator */
    const char *state;    /* "UP": connected, until one side closes */
    int64_t rxidle;       /* microseconds since the last bytes arrived; -1: none did */
    int64_t waitresp_cnt; /* requests without an answer */
    bool is_silent;       /* set by lbx_statistics_compare */
};

/* The brokers that had a request to answer when the statistics before were made. */
struct lbx_statistics_asked {
    int64_t *nodes;
    size_t count;
};

struct lbx_statistics_partition {
    int64_t partition; /* -1: for records of unknown partition */
    int64_t leader;    /* -1: none */
    int64_t broker;    /* the broker that is fetched from; -1: none */
    int64_t next_offset;
    int64_t rxmsgs; /* records received, handed out or not */
};

struct lbx_statistics_topic {
    const char *topic;
    struct lbx_statistics_partition *partitions;
    size_t partition_count;
};

struct lbx_statistics {
    struct lbx_statistics_broker *brokers;
    struct lbx_statistics_topic *topics;
    size_t broker_count, topic_count;
};

/* Reads the statistics' text; the result lives in the arena. False: the text is no JSON object. */
bool lbx_statistics_read(const char *json, size_t len, struct lbx_arena *arena,
                         struct lbx_statistics *ret_statistics);

/* Marks each broker that had a request to answer when the statistics before were made, and has answered none since, for five
 * seconds at least: a broker answers a fetch within fetch.wait.max.ms. asked is then of these statistics; the caller frees
 * its nodes. */
void lbx_statistics_compare(struct lbx_statistics *statistics, struct lbx_statistics_asked *asked);

/* Since when no broker is connected and answers, in lbx_monotonic_us; 0: one does. since_us: the result for the statistics before. */
int64_t lbx_statistics_away_since(const struct lbx_statistics *statistics, int64_t since_us);

/* The connection for fetching from the broker of that node id; NULL: it is not connected. */
const struct lbx_statistics_broker *
lbx_statistics_connected(const struct lbx_statistics *statistics, int64_t node);

#endif

/* What librdkafka says of itself every few seconds (its STATISTICS.md), as far as workers ask. */
#ifndef LBX_IO_STATISTICS_H
#define LBX_IO_STATISTICS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lbx_statistics_broker {
    int64_t nodeid;     /* -1: not known yet */
    const char *source; /* "logical": the group's coordinator, whichever broker that is */
    const char *state;  /* "UP": connected */
};

struct lbx_statistics_partition {
    int64_t partition; /* -1: rows that no partition is known of */
    int64_t leader;    /* -1: none */
    int64_t broker;    /* that it is fetched from; -1: none */
    int64_t next_offset;
    int64_t rxmsgs; /* records that came, whether or not they were handed out */
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

/* Reads the text that the client gives; all of it lives in the arena. False: it is no JSON object. */
bool lbx_statistics_read(const char *json, size_t len, struct lbx_arena *arena,
                         struct lbx_statistics *ret_statistics);

/* Since when, by lbx_monotonic_us, no broker is connected; 0: one is. since_us: what the statistics before said. */
int64_t lbx_statistics_away_since(const struct lbx_statistics *statistics, int64_t since_us);

/* Whether the broker of that number is connected, for what is fetched from it. */
bool lbx_statistics_connected(const struct lbx_statistics *statistics, int64_t node);

#endif

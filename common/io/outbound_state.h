/* The state of outbound*.c: a list of rows for each order key, and counts for each partition. */
#ifndef LBX_IO_OUTBOUND_STATE_H
#define LBX_IO_OUTBOUND_STATE_H

#include "io/outbound.h"

enum { LBX_OUTBOUND_BUCKETS = 4096, LBX_OUTBOUND_PARTITIONS = 256 };

/* A partition, or the rows of a topic whose partition is not known. */
struct lbx_outbound_lane {
    size_t rows, bytes; /* added, and not ended */
    size_t under_way;
    int64_t moved_us; /* time of the last report, or of the first row in flight since then */
    int64_t known_us; /* when the producer of many delivered a row last; 0: none yet */
    bool troubled;    /* a row failed, and none was delivered since: rows are sent alone */
};

struct lbx_outbound_key {
    struct lbx_outbound_key *next_in_bucket, *next;
    struct lbx_outbound_key **link;  /* the pointer to this key in the list of all keys */
    struct lbx_outbound_row *last;   /* NULL: returned, with earlier rows in flight */
    struct lbx_outbound_row *unsent; /* the first row that waits */
    size_t count, under_way;
    bool alone;   /* its row in flight was sent alone */
    bool stopped; /* one of its rows ended otherwise than DELIVERED */
    char name[];
};

struct lbx_outbound {
    const struct lbx_settings *settings;
    const char *worker;
    struct lbx_outbound_sender {
        struct lbx_producer *producer; /* NULL: to be opened */
        bool spent;
    } many, single; /* single: each record is a batch of its own */
    struct lbx_outbound_key *buckets[LBX_OUTBOUND_BUCKETS], *keys;
    /* Each topic's last element is for rows of unknown partition. */
    struct lbx_outbound_lane lanes[LBX_TOPIC_COUNT][LBX_OUTBOUND_PARTITIONS + 1];
    int32_t partitions[LBX_TOPIC_COUNT]; /* 0: not known */
    struct lbx_outbound_row *ended, **last_ended;
    size_t count, waiting;
    size_t stuck_rows, stuck_bytes;
    int64_t polled_us, look_us, away_since_us;
    int fd;
    bool held, giving_up;
};

struct lbx_outbound_key *lbx_outbound_key_find(const struct lbx_outbound *outbound,
                                               const char *name); /* NULL: no such key */
struct lbx_outbound_key *lbx_outbound_key_make(struct lbx_outbound *outbound, const char *name);
void lbx_outbound_key_drop(struct lbx_outbound *outbound, struct lbx_outbound_key *key);

/* The partition that a row is sent to. */
struct lbx_outbound_lane *lbx_outbound_lane_of(struct lbx_outbound *outbound,
                                               const struct lbx_outbound_row *row);
bool lbx_outbound_lane_stuck(const struct lbx_outbound *outbound,
                             const struct lbx_outbound_lane *lane);

/* Whether the partition's leader knows the producer of many, and refuses what leaves a gap. A leader takes any first batch of a
 * producer that it does not know, also the second one in flight (KIP-360): the first row goes by itself, and is waited for. */
bool lbx_outbound_lane_knows(const struct lbx_outbound *outbound,
                             const struct lbx_outbound_lane *lane);
void lbx_outbound_lanes_forget(struct lbx_outbound *outbound); /* there is another producer */
bool lbx_outbound_lane_full(const struct lbx_outbound *outbound,
                            const struct lbx_outbound_lane *lane);

/* Counts the rows of stuck partitions. Returns since when the first of them has been stuck; 0: none is. */
int64_t lbx_outbound_lanes_count_stuck(struct lbx_outbound *outbound);

#endif

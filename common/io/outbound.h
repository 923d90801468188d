/* Publishes rows of a database table to Kafka: at least once, and each order key's rows in order.
 *
 * Rows end one by one: a slow key, partition or broker delays no other. Several rows of a key
 * are in flight at once, once the producer has delivered one in their partition: before, a leader may
 * refuse a row and take the next one. The producer fails for good before it would leave a gap
 * (enable.gapless.guarantee): then it is replaced, and its rows in flight are RELEASED, to be
 * added again. A row that failed in a batch is sent alone, with no later row of its key in
 * flight. Behind a row that ended otherwise than DELIVERED, its key's rows are RELEASED. No call
 * waits longer than its time-out. All calls from one thread. */
#ifndef LBX_IO_OUTBOUND_H
#define LBX_IO_OUTBOUND_H

#include "io/producer.h"

enum lbx_outbound_state {
    LBX_OUTBOUND_WAITING,
    LBX_OUTBOUND_UNDER_WAY,
    LBX_OUTBOUND_DELIVERED,
    LBX_OUTBOUND_RELEASED, /* not sent, or outcome unknown, by no fault of the row: to be added again */
    LBX_OUTBOUND_PUT_OFF, /* its partition is stuck or full: to be added again later */
    LBX_OUTBOUND_FAILED,  /* `why` says what failed: to be added again later, alone */
    LBX_OUTBOUND_REFUSED, /* Kafka will never take it, as `why` says: a person has to act */
};

struct lbx_outbound;
struct lbx_outbound_key;

struct lbx_outbound_row {
    const char *order_key;
    int64_t id; /* its id in the table, for the log */
    enum lbx_topic topic;
    struct lbx_record record; /* borrowed until the row ended, as order_key is */
    bool alone;               /* an earlier attempt failed */
    enum lbx_outbound_state state;
    const char *why; /* static text; NULL unless FAILED or REFUSED */
    /* Internal to outbound.c: */
    struct lbx_outbound *outbound;
    struct lbx_outbound_key *key;
    struct lbx_outbound_row *next_of_key, *next_ended;
    struct lbx_outbound_lane *lane;
};

enum {
    LBX_OUTBOUND_OF_KEY = 512,        /* most rows of one key at a time */
    LBX_OUTBOUND_OF_PARTITION = 1000, /* most rows of a slow partition at a time */
    LBX_OUTBOUND_BYTES = 4 << 20,     /* most bytes of a slow partition at a time */
};

/* Opens a producer. Errors as lbx_producer_open. */
enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) LBX_MUST_CHECK;
void lbx_outbound_close(struct lbx_outbound *outbound); /* abandons all rows first */

/* An eventfd, readable while reports wait for the next step, or ended rows wait for lbx_outbound_ended. */
int lbx_outbound_fd(const struct lbx_outbound *outbound);

/* Adds a row, WAITING, behind those of its key. The row is borrowed until lbx_outbound_ended returned it. */
void lbx_outbound_add(struct lbx_outbound *outbound, struct lbx_outbound_row *row);

/* Takes delivery reports, waits up to timeout_ms for the first, and sends rows. Errors as
 * lbx_producer_open, where a producer had to be replaced: a later step tries again. */
enum lbx_err lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms) LBX_MUST_CHECK;

/* Returns a row that ended to its owner; each key's rows in order. NULL: none. */
struct lbx_outbound_row *lbx_outbound_ended(struct lbx_outbound *outbound);

/* How many rows were added and not returned: of all keys, and of one key. The latter also gives
 * the row that was added last, or NULL where that one was returned. */
size_t lbx_outbound_count(const struct lbx_outbound *outbound);
size_t lbx_outbound_count_of(const struct lbx_outbound *outbound, const char *order_key,
                             const struct lbx_outbound_row **ret_last);

/* Since when, in lbx_monotonic_us, a partition takes no rows, or no broker answers; 0: neither. At most a second old. */
int64_t lbx_outbound_away_since_us(const struct lbx_outbound *outbound);

/* How many rows are in partitions that are stuck, and their bytes; at most a second old. These
 * rows do not count against the room for other rows. */
size_t lbx_outbound_stuck(const struct lbx_outbound *outbound, size_t *ret_bytes);

/* Sends no more rows, for good: waiting rows are RELEASED, rows in flight are still reported. */
void lbx_outbound_hold(struct lbx_outbound *outbound);

/* Releases waiting rows and rows in flight: all have ended when this returns. Rows added later go by a new producer. */
void lbx_outbound_abandon(struct lbx_outbound *outbound);

#endif

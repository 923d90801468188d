/* Publishes rows of a database table on Kafka, at least once and each order key's rows in order.
 *
 * Rows are added as they are found, and end one by one, whatever others wait for: a key, a partition, a broker. Several rows
 * of a key are under way at once, by a producer that stops for good before it would leave a gap (enable.gapless.guarantee):
 * when it does, it is replaced, and what it had under way is RELEASED, to be taken again. A row that Kafka refused among
 * others goes alone, in a batch of its own with nothing of its key behind it. Of a key that has a row which ended
 * otherwise than DELIVERED, the rows behind it are RELEASED. No call waits longer than it is told to. All from one thread.
 */
#ifndef LBX_IO_OUTBOUND_H
#define LBX_IO_OUTBOUND_H

#include "io/producer.h"

enum lbx_outbound_state {
    LBX_OUTBOUND_WAITING,
    LBX_OUTBOUND_UNDER_WAY,
    LBX_OUTBOUND_DELIVERED,
    LBX_OUTBOUND_RELEASED, /* not sent, or not known to be, by no fault of its own: to be taken again */
    LBX_OUTBOUND_PUT_OFF, /* its partition does not move, or has enough to do: to be taken again later */
    LBX_OUTBOUND_FAILED,  /* why says what failed: to be taken again later, alone */
    LBX_OUTBOUND_REFUSED, /* Kafka will never take it: why says so, and somebody has to look at it */
};

struct lbx_outbound;
struct lbx_outbound_key;

struct lbx_outbound_row {
    const char *order_key;
    int64_t id; /* in its table, for the log */
    enum lbx_topic topic;
    struct lbx_record record; /* borrowed until the row ends, as order_key is */
    bool alone;               /* it failed before */
    enum lbx_outbound_state state;
    const char *why; /* static text; NULL unless FAILED or REFUSED */
    /* Outbound's own: */
    struct lbx_outbound *outbound;
    struct lbx_outbound_key *key;
    struct lbx_outbound_row *next_of_key, *next_ended;
    struct lbx_outbound_lane *lane;
};

enum {
    LBX_OUTBOUND_OF_KEY = 512,        /* rows of one key at once */
    LBX_OUTBOUND_OF_PARTITION = 1000, /* rows of a partition at once, where it is slow */
    LBX_OUTBOUND_BYTES = 4 << 20,     /* of one partition, likewise */
};

/* Opens a producer. Errors as lbx_producer_open's. */
enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) LBX_MUST_CHECK;
void lbx_outbound_close(struct lbx_outbound *outbound); /* every row is given up before */

/* Readable when a report waits for the next step, or when a step left rows that ended and were not taken. */
int lbx_outbound_fd(const struct lbx_outbound *outbound);

/* Adds a row, WAITING, behind those of its key; it is borrowed until lbx_outbound_ended returned it. */
void lbx_outbound_add(struct lbx_outbound *outbound, struct lbx_outbound_row *row);

/* Takes the reports that there are, waiting up to timeout_ms for the first, and sends what may go out. Errors as
 * lbx_producer_open's, where a producer had to be replaced: a later step tries again. */
enum lbx_err lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms) LBX_MUST_CHECK;

/* A row that ended, which is its owner's again; each key's in order. NULL: none. */
struct lbx_outbound_row *lbx_outbound_ended(struct lbx_outbound *outbound);

/* How many rows were added and not returned; of all, and of a key, with the one that was added to it last; NULL where that
 * was returned. */
size_t lbx_outbound_count(const struct lbx_outbound *outbound);
size_t lbx_outbound_count_of(const struct lbx_outbound *outbound, const char *order_key,
                             const struct lbx_outbound_row **ret_last);

/* Since when, by lbx_monotonic_us, a partition takes no rows, or no broker answers; 0: neither. As of a second ago. */
int64_t lbx_outbound_away_since_us(const struct lbx_outbound *outbound);

/* How many of the rows added are those of partitions that do not move, and their bytes, as of a second ago: they take no room
 * from others. */
size_t lbx_outbound_stuck(const struct lbx_outbound *outbound, size_t *ret_bytes);

/* Sends no more: what waits is RELEASED, what is under way is still reported on. For good. */
void lbx_outbound_hold(struct lbx_outbound *outbound);

/* Gives up what waits and what is under way: all has ended when this returns. Rows added after go by another producer. */
void lbx_outbound_abandon(struct lbx_outbound *outbound);

#endif

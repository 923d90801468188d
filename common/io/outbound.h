/* Publishes rows of a database table on Kafka, at least once and each order key's rows in order.
 *
 * A row goes out once the row of its key before it is delivered. Where a row is not delivered, the later ones of its key
 * stay WAITING, so that the delivered rows of a key are always its first. The owner marks those in its table, and
 * takes the others again. Nothing here waits longer than it is told to. All calls from one thread.
 */
#ifndef LBX_IO_OUTBOUND_H
#define LBX_IO_OUTBOUND_H

#include "base/map.h"
#include "io/producer.h"

enum lbx_outbound_state {
    LBX_OUTBOUND_WAITING,
    LBX_OUTBOUND_UNDER_WAY,
    LBX_OUTBOUND_DELIVERED,
    LBX_OUTBOUND_FAILED,  /* whether Kafka has it is unknown: to be sent again */
    LBX_OUTBOUND_REFUSED, /* Kafka will never take it: somebody has to look at it */
};

struct lbx_outbound_row {
    const char *order_key; /* as lbx_map_key's, so that two keys are never one by chance */
    int64_t id;            /* in its table, for the log */
    enum lbx_topic topic;
    struct lbx_record record; /* borrowed until it is copied when it goes out */
    enum lbx_outbound_state state;
    /* Outbound's own: */
    struct lbx_outbound *outbound;
    struct lbx_outbound_row *next_of_key, *next_ready;
};

struct lbx_outbound;

/* Opens a producer. Errors as lbx_producer_open's. */
enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) LBX_MUST_CHECK;
void lbx_outbound_close(struct lbx_outbound *outbound);

/* Begins with rows, all WAITING and in order; they are borrowed until nothing is under way. Of rows before none may be
 * under way. Keys are found in a map in arena. Errors as lbx_producer_open's, where the producer was spent. */
enum lbx_err lbx_outbound_begin(struct lbx_outbound *outbound, struct lbx_outbound_row *rows,
                                size_t count, struct lbx_arena *arena) LBX_MUST_CHECK;

/* Sends what may go out, waits up to timeout_ms for reports, and sends what these release. Returns whether rows are
 * under way: once none is, no row changes any more. */
bool lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms);

/* Sends no more of these rows; what is under way is still reported on. */
void lbx_outbound_hold(struct lbx_outbound *outbound);

/* Gives up what is under way: it is FAILED when this returns. The next rows get another producer. */
void lbx_outbound_abandon(struct lbx_outbound *outbound);

#endif

/* Keeps for each order key a list of its rows, and a queue of the rows that may go out: the first of each key.
 * Promises that of one key at most one row is under way, and none behind a row that was not delivered.
 * A spent producer (LBX_ERR_FENCED, KIP-360) fails its rows and is replaced when the next rows begin.
 */
#include "io/outbound.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>

struct lbx_outbound {
    const struct lbx_settings *settings;
    const char *worker;
    struct lbx_producer *producer; /* NULL: to be opened */
    struct lbx_outbound_row *ready, *last_ready;
    size_t under_way;
    bool held, spent;
};

/* ---- reports ---- */

static void make_ready(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    if (!row || outbound->held)
        return;
    if (outbound->ready)
        outbound->last_ready->next_ready = row;
    else
        outbound->ready = row;
    outbound->last_ready = row;
}

static void ended(struct lbx_outbound_row *row, enum lbx_err err) {
    row->state = err == LBX_OK            ? LBX_OUTBOUND_DELIVERED
                 : err == LBX_ERR_REFUSED ? LBX_OUTBOUND_REFUSED
                                          : LBX_OUTBOUND_FAILED;
    row->outbound->spent |= err == LBX_ERR_FENCED;
    if (err == LBX_OK)
        make_ready(row->outbound, row->next_of_key);
}

static void on_delivered(void *context, enum lbx_err err) {
    struct lbx_outbound_row *row = context;
    row->outbound->under_way--;
    ended(row, err);
}

/* ---- life ---- */

enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) {
    struct lbx_producer *producer;
    enum lbx_err err = lbx_producer_open(settings, worker, on_delivered, &producer);
    if (err != LBX_OK)
        return err;
    struct lbx_outbound *outbound = lbx_calloc(sizeof *outbound);
    outbound->settings = settings;
    outbound->worker = worker;
    outbound->producer = producer;
    *ret_outbound = outbound;
    return LBX_OK;
}

void lbx_outbound_abandon(struct lbx_outbound *outbound) {
    lbx_outbound_hold(outbound);
    lbx_producer_close(outbound->producer); /* reports what is under way as failed */
    outbound->producer = NULL;
}

void lbx_outbound_close(struct lbx_outbound *outbound) {
    if (!outbound)
        return;
    lbx_outbound_abandon(outbound);
    free(outbound);
}

/* ---- rows ---- */

static void line_up(struct lbx_outbound *outbound, struct lbx_outbound_row *rows, size_t count,
                    struct lbx_arena *arena) {
    struct lbx_map last; /* order key → its last row so far */
    lbx_map_init(&last, arena);
    for (size_t i = 0; i < count; i++) {
        struct lbx_outbound_row *before = lbx_map_get(&last, rows[i].order_key);
        rows[i].outbound = outbound;
        rows[i].next_of_key = rows[i].next_ready = NULL;
        if (before)
            before->next_of_key = &rows[i];
        else
            make_ready(outbound, &rows[i]);
        lbx_map_set(&last, rows[i].order_key, &rows[i]);
    }
}

enum lbx_err lbx_outbound_begin(struct lbx_outbound *outbound, struct lbx_outbound_row *rows,
                                size_t count, struct lbx_arena *arena) {
    outbound->ready = NULL;
    outbound->held = false;
    line_up(outbound, rows, count, arena);
    if (outbound->producer && !outbound->spent)
        return LBX_OK;
    lbx_producer_close(outbound->producer);
    outbound->producer = NULL;
    outbound->spent = false;
    return lbx_producer_open(outbound->settings, outbound->worker, on_delivered,
                             &outbound->producer);
}

/* ---- sending ---- */

static enum lbx_err send_row(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    enum lbx_err err = lbx_producer_send(outbound->producer, row->topic, &row->record, row);
    if (err == LBX_OK) {
        row->state = LBX_OUTBOUND_UNDER_WAY;
        outbound->under_way++;
    } else if (err != LBX_ERR_LIMIT) {
        lbx_log(LBX_LOG_ERROR, "row cannot be sent", LBX_S("topic", lbx_topic_name(row->topic)),
                LBX_N("id", row->id), LBX_S("error", lbx_err_text(err)));
        ended(row, err);
    }
    return err;
}

/* Until the producer's queue is full (LBX_ERR_LIMIT): the row goes out in a later step. */
static void send_ready(struct lbx_outbound *outbound) {
    while (outbound->ready && !outbound->spent) {
        struct lbx_outbound_row *row = outbound->ready;
        if (send_row(outbound, row) == LBX_ERR_LIMIT)
            return;
        outbound->ready = row->next_ready;
    }
}

bool lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms) {
    if (!outbound->producer)
        return false;
    send_ready(outbound);
    lbx_producer_poll(outbound->producer, outbound->under_way > 0 ? timeout_ms : 0);
    send_ready(outbound);
    return outbound->under_way > 0;
}

void lbx_outbound_hold(struct lbx_outbound *outbound) {
    outbound->held = true;
    outbound->ready = NULL;
}

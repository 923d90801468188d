/* Sends rows: a list of rows for each order key, and counts for each partition. Promises that
 * Kafka has a prefix of each key's rows, in order: no row is sent behind a failed one. A
 * producer with a fatal error (LBX_ERR_FENCED, KIP-360), or one that has delivered nothing to a
 * partition for a minute, is replaced. Fails only where a producer cannot be opened. */
#include "base/clock.h"
#include "base/memory.h"
#include "io/outbound_state.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_EVERY_US (LBX_SECOND_US / 2)
#define REPLACED_AFTER_US (60 * LBX_SECOND_US)

/* ---- ended rows ---- */

static size_t bytes_of(const struct lbx_outbound_row *row) {
    return row->record.key_len + row->record.value_len;
}

static void end_row(struct lbx_outbound_row *row, enum lbx_outbound_state state, const char *why) {
    row->state = state;
    row->why = why;
    row->next_ended = NULL;
    row->lane->rows--;
    row->lane->bytes -= bytes_of(row);
    *row->outbound->last_ended = row;
    row->outbound->last_ended = &row->next_ended;
}

/* Releases the rows of a key that wait behind one that was not delivered. */
static void release_waiting(struct lbx_outbound_key *key, enum lbx_outbound_state state) {
    key->stopped |= key->unsent != NULL;
    for (; key->unsent; key->unsent = key->unsent->next_of_key) {
        key->unsent->outbound->waiting--;
        end_row(key->unsent, state, NULL);
    }
}

static enum lbx_outbound_state meaning(const struct lbx_outbound_row *row, enum lbx_err err) {
    switch ((int)err) {
    case LBX_OK:
        return LBX_OUTBOUND_DELIVERED;
    case LBX_ERR_REFUSED:
        return row->alone ? LBX_OUTBOUND_REFUSED : LBX_OUTBOUND_FAILED;
    case LBX_ERR_FENCED:
        return LBX_OUTBOUND_RELEASED;
    default:
        return row->outbound->giving_up ? LBX_OUTBOUND_RELEASED : LBX_OUTBOUND_FAILED;
    }
}

static void on_delivered(void *context, enum lbx_err err) {
    struct lbx_outbound_row *row = context;
    struct lbx_outbound *outbound = row->outbound;
    struct lbx_outbound_sender *sender = row->alone ? &outbound->single : &outbound->many;
    row->key->under_way--;
    row->lane->under_way--;
    row->lane->moved_us = lbx_monotonic_us();
    enum lbx_outbound_state state = meaning(row, err);
    end_row(row, state,
            state == LBX_OUTBOUND_FAILED || state == LBX_OUTBOUND_REFUSED
                ? lbx_producer_why(sender->producer)
                : NULL);
    row->lane->troubled =
        state == LBX_OUTBOUND_FAILED || (row->lane->troubled && state != LBX_OUTBOUND_DELIVERED);
    if (state == LBX_OUTBOUND_DELIVERED) {
        if (!row->alone)
            row->lane->known_us = row->lane->moved_us;
        return;
    }
    row->key->stopped = true;
    release_waiting(row->key, LBX_OUTBOUND_RELEASED);
    /* later rows of this key may be in flight */
    sender->spent |= err == LBX_ERR_FENCED || !row->alone;
}

struct lbx_outbound_row *lbx_outbound_ended(struct lbx_outbound *outbound) {
    struct lbx_outbound_row *row = outbound->ended;
    if (!row)
        return NULL;
    outbound->ended = row->next_ended;
    if (!outbound->ended)
        outbound->last_ended = &outbound->ended;
    outbound->count--;
    row->key->count--;
    if (row->key->last == row) /* the row ended before earlier ones that are in flight */
        row->key->last = NULL;
    if (row->key->count == 0)
        lbx_outbound_key_drop(outbound, row->key);
    row->key = NULL;
    return row;
}

size_t lbx_outbound_count(const struct lbx_outbound *outbound) {
    return outbound->count;
}

size_t lbx_outbound_count_of(const struct lbx_outbound *outbound, const char *order_key,
                             const struct lbx_outbound_row **ret_last) {
    const struct lbx_outbound_key *key = lbx_outbound_key_find(outbound, order_key);
    *ret_last = key ? key->last : NULL;
    return key ? key->count : 0;
}

/* ---- life ---- */

static enum lbx_err open_sender(struct lbx_outbound *outbound, struct lbx_outbound_sender *sender) {
    if (sender->producer)
        return LBX_OK;
    sender->spent = false;
    return lbx_producer_open_ordered(outbound->settings, outbound->worker, on_delivered,
                                     sender == &outbound->single, outbound->fd, &sender->producer);
}

/* Closes a producer. Its rows are reported before this returns. */
static void close_sender(struct lbx_outbound *outbound, struct lbx_outbound_sender *sender) {
    outbound->giving_up = true;
    lbx_producer_close(sender->producer);
    outbound->giving_up = false;
    sender->producer = NULL;
    if (sender == &outbound->many)
        lbx_outbound_lanes_forget(outbound);
}

enum lbx_err lbx_outbound_open(const struct lbx_settings *settings, const char *worker,
                               struct lbx_outbound **ret_outbound) {
    struct lbx_outbound *outbound = lbx_calloc(sizeof *outbound);
    outbound->settings = settings;
    outbound->worker = worker;
    outbound->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    outbound->last_ended = &outbound->ended;
    enum lbx_err err = open_sender(outbound, &outbound->many);
    if (err != LBX_OK)
        lbx_outbound_close(outbound);
    else
        *ret_outbound = outbound;
    return err;
}

static void release_all(struct lbx_outbound *outbound) {
    for (struct lbx_outbound_key *key = outbound->keys; key; key = key->next)
        release_waiting(key, LBX_OUTBOUND_RELEASED);
}

void lbx_outbound_hold(struct lbx_outbound *outbound) {
    outbound->held = true;
    release_all(outbound);
}

void lbx_outbound_abandon(struct lbx_outbound *outbound) {
    release_all(outbound);
    close_sender(outbound, &outbound->many);
    close_sender(outbound, &outbound->single);
}

void lbx_outbound_close(struct lbx_outbound *outbound) {
    if (!outbound)
        return;
    lbx_outbound_abandon(outbound);
    while (outbound->keys)
        lbx_outbound_key_drop(outbound, outbound->keys);
    close(outbound->fd);
    free(outbound);
}

int lbx_outbound_fd(const struct lbx_outbound *outbound) {
    return outbound->fd;
}

int64_t lbx_outbound_away_since_us(const struct lbx_outbound *outbound) {
    return outbound->away_since_us;
}

/* ---- sending ---- */

/* Moves a row that waits to its partition, once that is known. */
static void find_lane(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    if (row->lane != &outbound->lanes[row->topic][LBX_OUTBOUND_PARTITIONS])
        return;
    row->lane->rows--;
    row->lane->bytes -= bytes_of(row);
    row->lane = lbx_outbound_lane_of(outbound, row);
    row->lane->rows++;
    row->lane->bytes += bytes_of(row);
}

/* Whether the key's next row may be sent. A row that goes alone waits for earlier rows of its key, and blocks later ones.
 * Others wait where the partition's leader does not know the producer yet. */
static bool may_go(const struct lbx_outbound *outbound, const struct lbx_outbound_key *key) {
    const struct lbx_outbound_row *row = key->unsent;
    if (key->under_way > 0 && (key->alone || row->alone))
        return false;
    return row->alone || lbx_outbound_lane_knows(outbound, row->lane) ||
           (key->under_way == 0 && row->lane->under_way == 0);
}

/* Sends a row. False: the producer's queue is full, and the row waits. */
static bool send_row(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    struct lbx_outbound_sender *sender = row->alone ? &outbound->single : &outbound->many;
    struct lbx_outbound_key *key = row->key;
    enum lbx_err err = open_sender(outbound, sender);
    if (err == LBX_OK)
        err = lbx_producer_send(sender->producer, row->topic, &row->record, row);
    if (err == LBX_ERR_LIMIT)
        return false;
    key->unsent = row->next_of_key;
    outbound->waiting--;
    if (err == LBX_OK) {
        row->state = LBX_OUTBOUND_UNDER_WAY;
        key->alone = row->alone;
        key->under_way++;
        if (row->lane->under_way++ == 0)
            row->lane->moved_us = lbx_monotonic_us();
        return true;
    }
    /* librdkafka refused the record by itself, before any batch */
    key->stopped = true;
    sender->spent |= err == LBX_ERR_FENCED;
    end_row(row,
            err == LBX_ERR_REFUSED  ? LBX_OUTBOUND_REFUSED
            : err == LBX_ERR_FENCED ? LBX_OUTBOUND_RELEASED
                                    : LBX_OUTBOUND_FAILED,
            err == LBX_ERR_FENCED ? NULL
            : sender->producer    ? lbx_producer_why(sender->producer)
                                  : lbx_err_text(err));
    release_waiting(key, LBX_OUTBOUND_RELEASED);
    return true;
}

static void send_key(struct lbx_outbound *outbound, struct lbx_outbound_key *key) {
    while (key->unsent && !outbound->held) {
        find_lane(outbound, key->unsent);
        const struct lbx_outbound_sender *sender =
            key->unsent->alone ? &outbound->single : &outbound->many;
        if (lbx_outbound_lane_stuck(outbound, key->unsent->lane)) {
            release_waiting(key, LBX_OUTBOUND_PUT_OFF);
            return;
        }
        if (!may_go(outbound, key) || sender->spent || !send_row(outbound, key->unsent))
            return;
    }
}

static void send_all(struct lbx_outbound *outbound) {
    for (struct lbx_outbound_key *key = outbound->keys; key; key = key->next)
        if (key->unsent)
            send_key(outbound, key);
}

void lbx_outbound_add(struct lbx_outbound *outbound, struct lbx_outbound_row *row) {
    struct lbx_outbound_key *key = lbx_outbound_key_find(outbound, row->order_key);
    if (!key)
        key = lbx_outbound_key_make(outbound, row->order_key);
    row->outbound = outbound;
    row->key = key;
    row->next_of_key = NULL;
    row->lane = lbx_outbound_lane_of(outbound, row);
    row->alone |= row->lane->troubled;
    if (key->last)
        key->last->next_of_key = row;
    key->count++;
    key->last = row;
    outbound->count++;
    outbound->waiting++;
    row->lane->rows++;
    row->lane->bytes += bytes_of(row);
    if (!key->unsent)
        key->unsent = row;
    if (outbound->held || key->stopped)
        release_waiting(key, LBX_OUTBOUND_RELEASED);
    else if (lbx_outbound_lane_full(outbound, row->lane) ||
             lbx_outbound_lane_stuck(outbound, row->lane))
        release_waiting(key, LBX_OUTBOUND_PUT_OFF);
}

/* Replaces a producer that has delivered nothing to a partition for a minute, as the client itself may be at fault. */
static void look_for_stuck(struct lbx_outbound *outbound) {
    if (lbx_monotonic_us() < outbound->look_us)
        return;
    int64_t since_us = lbx_outbound_lanes_count_stuck(outbound);
    outbound->away_since_us = since_us ? since_us
                              : outbound->many.producer
                                  ? lbx_producer_away_since_us(outbound->many.producer)
                                  : 0;
    outbound->look_us = lbx_monotonic_us() + LOOK_EVERY_US;
    outbound->many.spent |= since_us && lbx_monotonic_us() - since_us > REPLACED_AFTER_US;
    outbound->single.spent |= since_us && lbx_monotonic_us() - since_us > REPLACED_AFTER_US;
}

enum lbx_err lbx_outbound_step(struct lbx_outbound *outbound, int timeout_ms) {
    eventfd_t reports;
    struct lbx_outbound_sender *senders[] = {&outbound->many, &outbound->single};
    (void)eventfd_read(outbound->fd, &reports);
    for (size_t i = 0; i < 2; i++)
        if (senders[i]->producer)
            lbx_producer_poll(senders[i]->producer,
                              i == 0 && outbound->count > 0 && !outbound->ended ? timeout_ms : 0);
    outbound->polled_us = lbx_monotonic_us();
    look_for_stuck(outbound);
    for (size_t i = 0; i < 2; i++)
        if (senders[i]->producer && senders[i]->spent)
            close_sender(outbound, senders[i]);
    enum lbx_err err = open_sender(outbound, &outbound->many);
    if (err == LBX_OK && outbound->waiting > 0)
        send_all(outbound);
    if (outbound->ended) /* the owner may wait on the descriptor next */
        (void)eventfd_write(outbound->fd, 1);
    return err;
}

/* The keys of which the outbox has more rows than the relay has in hand: those are taken next, key by key. */
#ifndef RELAY_MORE_H
#define RELAY_MORE_H

#include "io/outbound.h"
#include "io/pg.h"
#include "sql_relay.h"

enum { RELAY_MORE_KEYS = 256, RELAY_MORE_ASKED = 16, RELAY_MORE_ROWS = LBX_OUTBOUND_OF_KEY / 2 };

struct relay_more {
    struct relay_more_key {
        char *key, *order_key;
        size_t answered; /* rows, of the question under way; SIZE_MAX: not asked */
    } list[RELAY_MORE_KEYS];
    size_t count;
    size_t next; /* of the list, to be asked for first */
    size_t most; /* rows of a key, of the question under way */
};

/* Notes a key. Where there are too many, its rows are found as the first of their key once those in hand are gone. */
void relay_more_note(struct relay_more *more, const char *key);

/* Some keys that are to be asked for, each with the last row in hand, as take_more takes them; the caller's to end. The
 * rows of each are to be more->most. */
void relay_more_ask(struct relay_more *more, const struct lbx_outbound *outbound,
                    struct lbx_pg_arrays *ret_keys);

/* Counts a row of an answer, and then forgets the keys that had no more than came. */
void relay_more_answered(struct relay_more *more, const char *key);
void relay_more_settle(struct relay_more *more);
void relay_more_done(struct relay_more *more);

#endif

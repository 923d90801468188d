/* Order keys with more rows in the outbox than the relay has taken: their next rows are queried by key. */
#ifndef RELAY_MORE_H
#define RELAY_MORE_H

#include "io/outbound.h"
#include "io/pg.h"
#include "sql_relay.h"

enum { RELAY_MORE_KEYS = 256, RELAY_MORE_ASKED = 16, RELAY_MORE_ROWS = LBX_OUTBOUND_OF_KEY / 2 };

struct relay_more {
    struct relay_more_key {
        char *key, *order_key;
        size_t answered; /* rows in the current answer; SIZE_MAX: not queried */
    } list[RELAY_MORE_KEYS];
    size_t count;
    size_t next; /* index of the first key to query */
    size_t most; /* most rows of a key in the current query */
};

/* Adds a key. If the list is full, the key's rows are found later, by take_heads.sql. */
void relay_more_note(struct relay_more *more, const char *key);

/* Chooses keys to query, each with the last row taken, as parameters of take_more.sql; the
 * caller frees them. Each key may have more->most rows. */
void relay_more_ask(struct relay_more *more, const struct lbx_outbound *outbound,
                    struct lbx_pg_arrays *ret_keys);

/* Counts a row of an answer. Keys that had fewer rows than the maximum are removed later. */
void relay_more_answered(struct relay_more *more, const char *key);
void relay_more_settle(struct relay_more *more);
void relay_more_done(struct relay_more *more);

#endif

/* A short list of order keys. It only saves time: take_heads.sql finds rows of other keys, too. Cannot fail. */
#include "more.h"

#include "rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct relay_more_key *find(struct relay_more *more, const char *key) {
    for (size_t i = 0; i < more->count; i++)
        if (strcmp(more->list[i].key, key) == 0)
            return &more->list[i];
    return NULL;
}

static void forget(struct relay_more *more, size_t i) {
    free(more->list[i].key);
    free(more->list[i].order_key);
    more->list[i] = more->list[--more->count];
}

void relay_more_note(struct relay_more *more, const char *key) {
    if (more->count == RELAY_MORE_KEYS || find(more, key))
        return;
    more->list[more->count++] =
        (struct relay_more_key){strdup(key), relay_order_key(key), SIZE_MAX};
}

void relay_more_ask(struct relay_more *more, const struct lbx_outbound *outbound,
                    struct lbx_pg_arrays *ret_keys) {
    *ret_keys = (struct lbx_pg_arrays){0};
    const size_t first = more->next;
    for (size_t i = 0; i < more->count; i++)
        more->list[i].answered = SIZE_MAX;
    for (size_t i = 0; i < more->count && lbx_pg_arrays_count(ret_keys) < RELAY_MORE_ASKED; i++) {
        struct relay_more_key *it = &more->list[(first + i) % more->count];
        const struct lbx_outbound_row *last;
        if (lbx_outbound_count_of(outbound, it->order_key, &last) >
            LBX_OUTBOUND_OF_KEY - RELAY_MORE_ROWS)
            continue;
        it->answered = 0;
        more->next = first + i + 1;
        LBX_PG_ADD(ret_keys, relay_take_more_keys, .key = it->key, .seq = last ? last->id : 0);
    }
    more->most = lbx_pg_arrays_count(ret_keys) > RELAY_MORE_ASKED / 4
                     ? RELAY_MORE_ROWS / RELAY_MORE_ASKED
                     : RELAY_MORE_ROWS;
}

void relay_more_answered(struct relay_more *more, const char *key) {
    struct relay_more_key *found = find(more, key);
    if (found)
        found->answered++;
}

void relay_more_settle(struct relay_more *more) {
    for (size_t i = more->count; i-- > 0;)
        if (more->list[i].answered < more->most)
            forget(more, i);
}

void relay_more_done(struct relay_more *more) {
    while (more->count > 0)
        forget(more, more->count - 1);
}

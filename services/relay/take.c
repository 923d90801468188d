/* Takes unpublished rows, and adds them to lbx_outbound: new ones, the first of each key,
 * further ones of keys, and dead letters. Promises that a row is added only after all
 * unpublished rows of its key, and not beyond the room. Fails only with the database. */
#include "take.h"

#include "base/clock.h"
#include "rows.h"
#include "store/metrics.h"
#include "store/outbox_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAKE_ROWS = 500,
    TAKE_BYTES = 8 << 20,
    IN_HAND_ROWS = 4000,
    IN_HAND_BYTES = 48 << 20,
    RECENT = 5000, /* number of seqs in which rows may commit out of order */
    LOOK_AT = 2000,
};

static void add(struct relay *relay, struct relay_row *row) {
    row->taken_us = lbx_realtime_us();
    relay->of_shard[row->shard]++;
    relay->bytes += row->bytes;
    lbx_outbound_add(relay->outbound, &row->row);
}

/* Whether the payload is of the row's event. Otherwise the row waits for an operator, and is not published as another event. */
static bool is_its_payload(struct relay *relay, const struct sql_relay_take_fresh_answer *it) {
    if (lbx_outbox_holds(it->event_id, it->type, it->key, it->value))
        return true;
    relay_marks_refused(&relay->marks, &(struct relay_row){.row = {.id = it->seq,
                                                                   .topic = LBX_TOPIC_EVENTS,
                                                                   .why = "NOT_ITS_PAYLOAD"}});
    return false;
}

/* Adds a row, if the relay has taken all earlier unpublished rows of its key. */
static void take_event(struct relay *relay, const struct sql_relay_take_fresh_answer *it) {
    const struct lbx_outbound_row *last;
    char *order_key = relay_order_key(it->key);
    size_t count = lbx_outbound_count_of(relay->outbound, order_key, &last);
    free(order_key);
    if (it->waits || relay_marks_leave(&relay->marks, false, it->seq) ||
        it->earlier != (last ? last->id : 0))
        return;
    if (count >= LBX_OUTBOUND_OF_KEY)
        relay_more_note(&relay->more, it->key);
    else if (is_its_payload(relay, it))
        add(relay, relay_row_event(it));
}

/* Adds the rows of take_fresh.sql. Returns whether there may be more. */
static bool take_fresh(struct relay *relay, size_t call) {
    const struct lbx_pg *pg = relay->worker->pg;
    size_t count = call == LBX_NO_CALL ? 0 : lbx_pg_row_count(pg, call), bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sql_relay_take_fresh_answer it =
            LBX_PG_READ(pg, call, i, relay_take_fresh, NULL);
        take_event(relay, &it);
        relay->seen = it.seq;
        bytes += strlen(it.value);
    }
    return count == TAKE_ROWS || bytes >= TAKE_BYTES;
}

/* Adds the rows of take_heads.sql. *ret_last: the last seq that was looked at; 0: the sweep is complete. */
static void take_heads(struct relay *relay, size_t call, int64_t *ret_last) {
    const struct lbx_pg *pg = relay->worker->pg;
    *ret_last = 0;
    for (size_t i = 0; call != LBX_NO_CALL && i < lbx_pg_row_count(pg, call); i++) {
        const struct sql_relay_take_fresh_answer it =
            LBX_PG_READ(pg, call, i, relay_take_fresh, NULL);
        if (it.key) {
            take_event(relay, &it);
            relay_more_note(&relay->more, it.key);
        } else if (it.earlier == LOOK_AT)
            *ret_last = it.seq;
    }
}

static void take_more(struct relay *relay, size_t call) {
    const struct lbx_pg *pg = relay->worker->pg;
    for (size_t i = 0; call != LBX_NO_CALL && i < lbx_pg_row_count(pg, call); i++) {
        const struct sql_relay_take_fresh_answer it =
            LBX_PG_READ(pg, call, i, relay_take_fresh, NULL);
        relay_more_answered(&relay->more, it.key);
        take_event(relay, &it);
    }
    relay_more_settle(&relay->more);
}

/* Skips a dead letter with malformed headers. */
static void leave_letter(struct relay *relay, int64_t id) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, id);
    lbx_row_unreadable("quarantine", text, "headers");
    relay_marks_leave_out(&relay->marks, true, id);
}

static void take_letters(struct relay *relay, size_t call) {
    const struct lbx_pg *pg = relay->worker->pg;
    for (size_t i = 0; call != LBX_NO_CALL && i < lbx_pg_row_count(pg, call); i++) {
        struct relay_row *row = NULL;
        const struct lbx_outbound_row *last;
        if (relay_row_letter(pg, call, i, &row) != LBX_OK)
            leave_letter(relay, row->row.id);
        relay->letters_seen = row->row.id;
        if (relay_marks_leave(&relay->marks, true, row->row.id) ||
            lbx_outbound_count_of(relay->outbound, row->row.order_key, &last) > 0)
            relay_row_free(row);
        else
            add(relay, row);
    }
}

/* ---- calls and answers ---- */

void relay_asked_done(struct relay_asked *asked) {
    lbx_pg_arrays_done(&asked->parts);
    lbx_pg_arrays_done(&asked->keys);
}

/* Rows of stuck partitions do not count: they were limited when taken, and new ones are put off. */
bool relay_has_room(const struct relay *relay) {
    size_t stuck_bytes, stuck = lbx_outbound_stuck(relay->outbound, &stuck_bytes);
    return lbx_outbound_count(relay->outbound) + TAKE_ROWS <= IN_HAND_ROWS + stuck &&
           relay->bytes < IN_HAND_BYTES + stuck_bytes && !relay_marks_are_full(&relay->marks);
}

/* Adds the calls that take rows. Recent rows that committed out of order are looked for when there is time. */
void relay_ask(struct relay *relay, struct relay_asked *asked, bool recent) {
    struct lbx_pg_pipeline *calls = &asked->calls;
    const char *holder = relay->leases.holder;
    struct lbx_pg_arrays *parts = &asked->parts;
    asked->fresh = asked->recent = asked->sweep = asked->more = asked->letters = LBX_NO_CALL;
    for (size_t i = 0; i < LBX_LEASE_PARTS_MAX; i++)
        if (relay->leases.held[i] && !relay->leases.giving[i])
            lbx_pg_array_int(parts, (int64_t)i);
    if (!relay_has_room(relay) || lbx_pg_arrays_count(parts) == 0)
        return;
    if (relay->from_outbox) {
        asked->fresh =
            LBX_PG_CALL(calls, relay_take_fresh, .holder = holder, .parts = parts,
                        .after = relay->seen, .most = TAKE_ROWS, .most_bytes = TAKE_BYTES);
        relay_more_ask(&relay->more, relay->outbound, &asked->keys);
        asked->more = LBX_PG_CALL(calls, relay_take_more, .keys = &asked->keys, .holder = holder,
                                  .parts = parts, .most = (int64_t)relay->more.most,
                                  .most_bytes = TAKE_BYTES);
    }
    if (relay->from_outbox && recent)
        asked->recent = LBX_PG_CALL(calls, relay_take_heads, .holder = holder, .parts = parts,
                                    .after = relay->seen > RECENT ? relay->seen - RECENT : 0,
                                    .upto = relay->seen, .scan = LOOK_AT, .most = TAKE_ROWS,
                                    .most_bytes = TAKE_BYTES);
    if (relay->from_outbox && relay->sweeping)
        asked->sweep = LBX_PG_CALL(calls, relay_take_heads, .holder = holder, .parts = parts,
                                   .after = relay->swept, .upto = relay->seen, .scan = LOOK_AT,
                                   .most = TAKE_ROWS, .most_bytes = TAKE_BYTES);
    if (relay->from_quarantine)
        asked->letters =
            LBX_PG_CALL(calls, relay_take_letters, .holder = holder, .after = relay->letters_seen,
                        .most = TAKE_ROWS / 5, .most_bytes = TAKE_BYTES);
}

void relay_take(struct relay *relay, const struct relay_asked *asked, bool *ret_more) {
    int64_t last;
    *ret_more = relay->behind = take_fresh(relay, asked->fresh);
    take_more(relay, asked->more);
    take_heads(relay, asked->recent, &last);
    if (asked->sweep != LBX_NO_CALL) {
        take_heads(relay, asked->sweep, &last);
        relay->swept = last;
        relay->sweeping = last > 0;
        *ret_more |= relay->sweeping;
    }
    take_letters(relay, asked->letters);
}

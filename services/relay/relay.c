/* Takes unpublished rows, gives them to lbx_outbound, and marks each when it ends. Promises each
 * row at least once, and each key's rows in order; a slow key or partition delays no other. It
 * keeps no state: after a crash rows are published again, with the same event id. Fails: an
 * undelivered row is put off; a row that Kafka refuses even alone, or that cannot be marked,
 * blocks its key until an operator drops it. */
#include "relay.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/time.h"
#include "rows.h"
#include "take.h"
#include "worker/spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_EVERY_US (3 * LBX_SECOND_US)
#define SWEEP_SOON_US (LBX_SECOND_US / 2)
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)
#define LAST_REPORTS_US (3 * LBX_SECOND_US)

/* ---- ended rows ---- */

static void sweep_soon(struct relay *relay) {
    int64_t soon_us = lbx_monotonic_us() + SWEEP_SOON_US;
    if (relay->sweep_us > soon_us)
        relay->sweep_us = soon_us;
}

static void send_span(const struct relay_row *row) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done) = {0};
    struct lbx_record record = row->row.record;
    struct lbx_event_summary it;
    if (row->is_letter || !lbx_spans_are_sent())
        return;
    lbx_arena_init(&arena);
    record.topic = LBX_TOPIC_EVENTS;
    lbx_event_summary(&record, &arena, &it);
    struct lbx_span_of of = lbx_span_of_summary(&it);
    of.worker = "relay";
    of.start_us = row->taken_us;
    of.end_us = lbx_realtime_us();
    lbx_span_published(&of);
}

static void note_end(struct relay *relay, const struct relay_row *row) {
    switch (row->row.state) {
    case LBX_OUTBOUND_DELIVERED:
        relay_marks_delivered(&relay->marks, row);
        send_span(row);
        return;
    case LBX_OUTBOUND_PUT_OFF:
    case LBX_OUTBOUND_FAILED:
        relay_marks_put_off(&relay->marks, row);
        sweep_soon(relay);
        return;
    case LBX_OUTBOUND_REFUSED:
        relay_marks_refused(&relay->marks, row);
        return;
    case LBX_OUTBOUND_RELEASED:
        sweep_soon(relay);
        return;
    case LBX_OUTBOUND_WAITING:
    case LBX_OUTBOUND_UNDER_WAY:
        return;
    }
}

static void take_ended(struct relay *relay) {
    for (struct lbx_outbound_row *ended; (ended = lbx_outbound_ended(relay->outbound));) {
        struct relay_row *row = (struct relay_row *)ended;
        note_end(relay, row);
        relay->of_shard[row->shard]--;
        relay->bytes -= row->bytes;
        relay_row_free(row);
    }
}

/* Drops all rows: another relay has them, or they will be found again. */
static void give_up(struct relay *relay) {
    lbx_outbound_abandon(relay->outbound);
    take_ended(relay);
    relay->seen = relay->letters_seen = 0;
    relay->sweeping = false;
}

/* ---- round trips ---- */

/* Handles a refused mark. No rows were taken. */
static enum lbx_err sort_out(struct relay *relay) {
    return relay_marks_sort_out(&relay->marks, relay->leases.holder, relay->worker->pg);
}

/* Runs one round trip: writes results, and takes rows. */
static enum lbx_err exchange(struct relay *relay, bool recent, bool *ret_more) {
    struct relay_asked asked LBX_CLEANUP(relay_asked_done) = {0};
    take_ended(relay);
    recent |= relay_marks_any(&relay->marks);
    recent &= relay->unsure && !relay->behind;
    relay_marks_tell(&relay->marks, relay->leases.holder, &asked.calls);
    relay_ask(relay, &asked, recent);
    enum lbx_err err = asked.calls.count ? lbx_pg_run(relay->worker->pg, &asked.calls) : LBX_OK;
    if (err == LBX_ERR_INVALID && relay_marks_any(&relay->marks)) {
        *ret_more = true;
        return sort_out(relay);
    }
    if (err != LBX_OK)
        return err;
    relay_marks_told(&relay->marks, relay->worker->pg);
    relay_why_held(&relay->why, relay_marks_held_since_us(&relay->marks));
    relay->unsure &= asked.recent == LBX_NO_CALL;
    relay_take(relay, &asked, ret_more);
    return LBX_OK;
}

/* ---- a round ---- */

static bool is_idle(const void *context, size_t shard) {
    const struct relay *relay = context;
    return relay->of_shard[shard] == 0;
}

static enum lbx_err keep_leases(struct relay *relay) {
    bool lost = false;
    size_t before = lbx_leases_count(&relay->leases);
    enum lbx_err err = lbx_leases_keep(&relay->leases, relay->worker->pg, is_idle, relay, &lost);
    if (lost || !lbx_leases_hold(&relay->leases))
        give_up(relay);
    if (lbx_leases_count(&relay->leases) > before)
        relay->seen = relay->letters_seen = 0;
    return err;
}

static enum lbx_err prune(struct relay *relay) {
    struct lbx_pg_pipeline calls = {0};
    char ttl[LBX_DURATION_SIZE];
    if (lbx_monotonic_us() < relay->prune_us)
        return LBX_OK;
    lbx_duration_format(relay->worker->settings.outbox_ttl, ttl);
    LBX_PG_CALL(&calls, relay_prune_outbox, .ttl = ttl);
    relay->prune_us = lbx_monotonic_us() + PRUNE_EVERY_US;
    enum lbx_err err = lbx_pg_run(relay->worker->pg, &calls);
    if (err == LBX_OK && LBX_PG_READ(relay->worker->pg, 0, 0, relay_prune_outbox, NULL).more)
        relay->prune_us = lbx_monotonic_us() + LBX_SECOND_US;
    return err;
}

/* Starts a new sweep: all of the outbox, and the rows that are put off. */
static enum lbx_err begin_sweep(struct relay *relay) {
    struct lbx_pg_pipeline calls = {0};
    if (relay->sweeping || lbx_monotonic_us() < relay->sweep_us)
        return LBX_OK;
    if (!relay->lazy)
        lbx_pg_call(&calls, &sql_relay_do_not_wait_for_disk, NULL);
    size_t call = lbx_pg_call(&calls, &sql_relay_held_up, NULL);
    enum lbx_err err = lbx_pg_run(relay->worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    const struct sql_relay_held_up_answer it =
        LBX_PG_READ(relay->worker->pg, call, 0, relay_held_up, NULL);
    relay_why_held_up(&relay->why, it.refused, it.failing_since);
    relay->lazy = relay->sweeping = true;
    relay->swept = relay->letters_seen = 0;
    relay->sweep_us = lbx_monotonic_us() + (it.failing_since ? 2 * SWEEP_SOON_US : SWEEP_EVERY_US);
    return LBX_OK;
}

static enum lbx_err step(struct relay *relay) {
    enum lbx_err err = lbx_outbound_step(relay->outbound, 0);
    relay_why_kafka(&relay->why, lbx_outbound_away_since_us(relay->outbound));
    return err;
}

enum lbx_err relay_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    struct relay *relay = state;
    bool more = false;
    relay->unsure |= worker->told;
    enum lbx_err err = keep_leases(relay);
    if (err == LBX_OK)
        err = prune(relay);
    if (err == LBX_OK)
        err = begin_sweep(relay);
    if (err == LBX_OK)
        err = step(relay);
    const size_t before = lbx_outbound_count(relay->outbound);
    if (err == LBX_OK)
        err = exchange(relay, false, &more);
    if (err == LBX_OK && relay->unsure && lbx_outbound_count(relay->outbound) <= before)
        err = exchange(relay, true, &more);
    if (err == LBX_OK)
        err = step(relay);
    /* a sweep that waits for room, or for a shard, needs no timer */
    int64_t until_us = relay->leases.keep_us;
    if (!relay->sweeping && relay->sweep_us < until_us)
        until_us = relay->sweep_us;
    *ret_wait_us = more && relay_has_room(relay) ? 0 : until_us - lbx_monotonic_us();
    if (*ret_wait_us < 0)
        *ret_wait_us = 0;
    return err;
}

/* ---- life ---- */

/* Parses the names of tables; duplicates count once. An unknown name stops the start. */
static enum lbx_err read_sources(struct relay *relay) {
    for (char *const *from = relay->worker->settings.relay_from.list; *from; from++) {
        bool outbox = strcmp(*from, "outbox") == 0, quarantine = strcmp(*from, "quarantine") == 0;
        if (!outbox && !quarantine) {
            lbx_log(LBX_LOG_ERROR, "setting takes outbox and quarantine",
                    LBX_S("setting", "LOCKBOX_RELAY_FROM"));
            return LBX_ERR_INVALID;
        }
        relay->from_outbox |= outbox;
        relay->from_quarantine |= quarantine;
    }
    return LBX_OK;
}

enum lbx_err relay_open(struct lbx_worker *worker, void **ret_state) {
    struct relay *relay = lbx_calloc(sizeof *relay);
    relay->worker = worker;
    relay->prune_us = lbx_monotonic_us() + PRUNE_EVERY_US;
    lbx_leases_init(&relay->leases, "relay");
    relay->marks.topic_prefix = worker->settings.topic_prefix;
    *ret_state = relay;
    enum lbx_err err = read_sources(relay);
    if (err == LBX_OK)
        err = lbx_outbound_open(&worker->settings, worker->name, &relay->outbound);
    if (err != LBX_OK)
        free(relay);
    return err;
}

/* Handles a new session: the leases ended with the old one. Results are still written, if this relay gets the leases again. */
void relay_reconnected(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct relay *relay = state;
    give_up(relay);
    lbx_leases_forget(&relay->leases);
    relay->lazy = false;
    relay->sweep_us = 0;
}

int relay_fd(void *state) {
    const struct relay *relay = state;
    return lbx_outbound_fd(relay->outbound);
}

const char *relay_waiting_for(void *state) {
    const struct relay *relay = state;
    return relay_why(&relay->why);
}

/* Waits for delivery reports before the end: rows without a report would be published again by the next relay. */
static void await_reports(struct relay *relay) {
    const int64_t until_us = lbx_monotonic_us() + LAST_REPORTS_US;
    enum lbx_err err = LBX_OK;
    lbx_outbound_hold(relay->outbound);
    take_ended(relay);
    while (err == LBX_OK && lbx_outbound_count(relay->outbound) > 0 &&
           lbx_monotonic_us() < until_us && lbx_leases_hold(&relay->leases)) {
        err = lbx_outbound_step(relay->outbound, 100);
        take_ended(relay);
    }
}

static enum lbx_err tell_all(struct relay *relay) {
    enum lbx_err err = LBX_OK;
    while (err == LBX_OK && relay_marks_any(&relay->marks)) {
        struct lbx_pg_pipeline calls = {0};
        relay_marks_tell(&relay->marks, relay->leases.holder, &calls);
        err = lbx_pg_run(relay->worker->pg, &calls);
        if (err == LBX_OK)
            relay_marks_told(&relay->marks, relay->worker->pg);
        else if (err == LBX_ERR_INVALID)
            err = sort_out(relay);
    }
    return err;
}

void relay_close(struct lbx_worker *worker, void *state) {
    struct relay *relay = state;
    if (worker->pg) {
        await_reports(relay);
        if (tell_all(relay) == LBX_OK)
            lbx_leases_leave(&relay->leases, worker->pg);
    }
    give_up(relay);
    lbx_outbound_close(relay->outbound);
    relay_more_done(&relay->more);
    relay_marks_done(&relay->marks);
    free(relay);
}

/* Takes unpublished rows, hands them to Outbound, and marks each as it ends.
 * Promises each row at least once, and each key's rows in order: a row goes out where the key's unpublished row before it is in
 * hand, or there is none. Nothing in hand waits for another key's or partition's. It keeps nothing: after a crash rows are
 * published again, under the same event id. What fails is tried again later, which the row says; what Kafka refuses, sent
 * alone, is marked, and holds up its key, and no other, until an operator drops it. So does a row that cannot be marked.
 */
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

/* ---- what ended ---- */

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

/* What was in hand is another relay's, or will be found again. */
static void give_up(struct relay *relay) {
    lbx_outbound_abandon(relay->outbound);
    take_ended(relay);
    relay->seen = relay->letters_seen = 0;
    relay->sweeping = false;
}

/* ---- an exchange with the database ---- */

/* The database refuses a mark. Nothing was taken. */
static enum lbx_err sort_out(struct relay *relay) {
    return relay_marks_sort_out(&relay->marks, relay->leases.holder, relay->worker->pg);
}

/* One round trip: tells what ended, and takes what there is. */
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

/* Begins to look through the whole outbox again, and at what is held up. */
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
    /* A sweep that is under way waits for room, or for a shard: no time brings either. */
    int64_t until_us = relay->leases.keep_us;
    if (!relay->sweeping && relay->sweep_us < until_us)
        until_us = relay->sweep_us;
    *ret_wait_us = more && relay_has_room(relay) ? 0 : until_us - lbx_monotonic_us();
    if (*ret_wait_us < 0)
        *ret_wait_us = 0;
    return err;
}

/* ---- life ---- */

/* What is named twice counts once; what is no such table stops the start. */
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

/* The leases went with the session. What ended meanwhile is told all the same, where this relay gets them again. */
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

/* Waits for Kafka's delivery reports for a while: what Kafka has but did not report, whoever relays next publishes again. */
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

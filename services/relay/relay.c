/* Takes unpublished rows, sends them, waits for the delivery reports, marks what was delivered.
 * Promises each row at least once, and each key's rows in order (io/outbound.h). It keeps nothing in between: after a
 * crash rows are published again, under the same event id. A row that Kafka refuses alone is marked, and holds up its
 * key, and no other, until an operator drops it. One round trip marks the last rows and takes the next.
 */
#include "relay.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/time.h"
#include "io/outbound.h"
#include "shards.h"
#include "sql_relay.h"
#include "store/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND_ROWS = 500, ROUND_BYTES = 8 << 20 };
#define BALANCE_EVERY_US (10 * LBX_SECOND_US)
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)
#define LAST_REPORTS_US (3 * LBX_SECOND_US)
#define CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

struct relay {
    struct lbx_worker *worker;
    struct lbx_outbound *outbound;
    struct shards shards;
    struct lbx_arena arena;
    int64_t balance_us, prune_us;
    bool from_outbox, from_quarantine;
    bool any_refused; /* rows wait for an operator */
};

/* ---- rows as records ---- */

static void read_event(struct lbx_outbound_row *row,
                       const struct sql_relay_take_unpublished_answer *it,
                       struct lbx_arena *arena) {
    static const struct lbx_header content_type = {"content-type", CONTENT_TYPE,
                                                   sizeof CONTENT_TYPE - 1};
    row->topic = LBX_TOPIC_EVENTS;
    row->order_key = LBX_MAP_KEY(arena, it->key);
    row->record = (struct lbx_record){
        .key = it->key,
        .key_len = strlen(it->key),
        .value = it->value,
        .value_len = strlen(it->value),
        .headers = &content_type,
        .header_count = 1,
    };
}

static struct lbx_header text_header(const char *name, const char *value) {
    return (struct lbx_header){name, value, strlen(value)};
}

/* Kafka Connect's names for what a dead letter says of its origin (KIP-298). */
static enum lbx_err read_dead_letter(struct lbx_outbound_row *row,
                                     const struct sql_relay_take_unpublished_answer *it,
                                     struct lbx_arena *arena) {
    const struct lbx_header origin[] = {
        text_header("__connect.errors.topic", it->topic),
        text_header("__connect.errors.partition",
                    lbx_arena_printf(arena, "%" PRId64, it->partition)),
        text_header("__connect.errors.offset", lbx_arena_printf(arena, "%" PRId64, it->offset)),
        text_header("__connect.errors.exception.message", it->reason),
    };
    enum { ORIGIN = sizeof origin / sizeof *origin };
    struct lbx_header *original, *headers;
    size_t count;
    enum lbx_err err =
        lbx_record_headers_decode(it->headers.data, it->headers.len, arena, &original, &count);
    if (err != LBX_OK)
        return err;
    headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count + ORIGIN);
    if (count)
        memcpy(headers, original, sizeof *headers * count);
    memcpy(headers + count, origin, sizeof origin);
    row->topic = LBX_TOPIC_DEADLETTER;
    row->order_key = LBX_MAP_KEY(arena, "quarantine", lbx_arena_printf(arena, "%" PRId64, row->id));
    row->record = (struct lbx_record){
        .key = it->raw_key.data,
        .key_len = it->raw_key.len,
        .value = it->raw_value.data,
        .value_len = it->raw_value.len,
        .headers = headers,
        .header_count = count + ORIGIN,
    };
    return LBX_OK;
}

static enum lbx_err read_rows(struct relay *relay, size_t call, struct lbx_outbound_row **ret_rows,
                              size_t *ret_count) {
    const struct lbx_pg *pg = relay->worker->pg;
    size_t count = lbx_pg_row_count(pg, call);
    struct lbx_outbound_row *rows = LBX_ARENA_ARRAY(&relay->arena, struct lbx_outbound_row, count);
    for (size_t i = 0; i < count; i++) {
        const struct sql_relay_take_unpublished_answer it =
            LBX_PG_READ(pg, call, i, relay_take_unpublished, &relay->arena);
        enum lbx_err err = LBX_OK;
        rows[i].id = it.id;
        if (it.is_dead_letter)
            err = read_dead_letter(&rows[i], &it, &relay->arena);
        else
            read_event(&rows[i], &it, &relay->arena);
        if (err != LBX_OK)
            return err;
    }
    *ret_rows = rows;
    *ret_count = count;
    return LBX_OK;
}

/* ---- sending ---- */

/* Until no row is under way. Once the relay is to stop it sends no more and waits for a while; what is not reported by
 * then, whoever relays next publishes again. */
static void publish(struct relay *relay) {
    int64_t until_us = LBX_NEVER_US;
    while (lbx_outbound_step(relay->outbound, 100) && lbx_monotonic_us() < until_us)
        if (until_us == LBX_NEVER_US && lbx_worker_stopping(relay->worker)) {
            lbx_outbound_hold(relay->outbound);
            until_us = lbx_monotonic_us() + LAST_REPORTS_US;
        }
    if (relay->worker->stopping)
        lbx_outbound_abandon(relay->outbound);
}

/* ---- a round ---- */

/* Rows of one round. They borrow from the database's last result. */
struct taken {
    struct lbx_outbound_row *rows;
    size_t count;
};

/* What the next round trip marks: ids as text, since the rows go with the results before it. */
struct marks {
    struct lbx_rows events, letters, refused;
};

static void marks_done(struct marks *marks) {
    lbx_rows_done(&marks->events);
    lbx_rows_done(&marks->letters);
    lbx_rows_done(&marks->refused);
}

static size_t collect_marks(const struct taken *taken, struct marks *ret_marks) {
    for (size_t i = 0; i < taken->count; i++) {
        const struct lbx_outbound_row *row = &taken->rows[i];
        bool is_letter = row->topic == LBX_TOPIC_DEADLETTER;
        if (row->state == LBX_OUTBOUND_DELIVERED)
            lbx_array_int(is_letter ? &ret_marks->letters : &ret_marks->events, row->id);
        else if (row->state == LBX_OUTBOUND_REFUSED && !is_letter)
            lbx_array_int(&ret_marks->refused, row->id);
    }
    return lbx_rows_count(&ret_marks->events) + lbx_rows_count(&ret_marks->letters);
}

/* One round trip: marks what was delivered of *taken and takes what is unpublished now. */
static enum lbx_err mark_and_take(struct relay *relay, struct taken *taken) {
    struct marks marks LBX_CLEANUP(marks_done) = {0};
    struct lbx_rows shards LBX_CLEANUP(lbx_rows_done);
    struct lbx_calls calls = {0};
    size_t delivered = collect_marks(taken, &marks);
    lbx_arena_reset(&relay->arena);
    *taken = (struct taken){0};
    if (lbx_rows_count(&marks.events))
        LBX_PG_CALL(&calls, relay_mark_outbox, .seqs = &marks.events);
    if (lbx_rows_count(&marks.letters))
        LBX_PG_CALL(&calls, relay_mark_quarantine, .ids = &marks.letters);
    if (lbx_rows_count(&marks.refused)) {
        LBX_PG_CALL(&calls, relay_mark_refused, .seqs = &marks.refused);
        relay->any_refused = true;
    }
    shards_held(&relay->shards, &shards);
    size_t take =
        LBX_PG_CALL(&calls, relay_take_unpublished, .shards = relay->from_outbox ? &shards : NULL,
                    .most = ROUND_ROWS, .most_bytes = ROUND_BYTES,
                    .held = relay->from_quarantine ? &shards : NULL);
    enum lbx_err err = lbx_pg_run(relay->worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    lbx_metric_add(&lbx_published_metric, (int64_t)delivered);
    return read_rows(relay, take, &taken->rows, &taken->count);
}

static bool any_failed(const struct taken *taken) {
    for (size_t i = 0; i < taken->count; i++)
        if (taken->rows[i].state == LBX_OUTBOUND_FAILED)
            return true;
    return false;
}

/* Kafka refuses a whole batch for one record: each row that it refused goes once more, alone. What is REFUSED then is
 * refused for good. */
static enum lbx_err publish_alone(struct relay *relay, const struct taken *taken) {
    enum lbx_err err = LBX_OK;
    for (size_t i = 0; i < taken->count; i++) {
        struct lbx_outbound_row *row = &taken->rows[i];
        if (row->state != LBX_OUTBOUND_REFUSED)
            continue;
        row->state = LBX_OUTBOUND_WAITING;
        if (err == LBX_OK && !lbx_worker_stopping(relay->worker))
            err = lbx_outbound_begin(relay->outbound, row, 1, &relay->arena);
        if (err != LBX_OK || lbx_worker_stopping(relay->worker))
            continue;
        publish(relay);
        if (row->state == LBX_OUTBOUND_REFUSED)
            lbx_log(LBX_LOG_ERROR, "kafka refuses a row for good",
                    LBX_S("topic", lbx_topic_name(row->topic)), LBX_N("id", row->id));
    }
    return err;
}

/* Whether rows are out of the way: the next ones can be taken at once. */
static bool any_ended(const struct taken *taken) {
    for (size_t i = 0; i < taken->count; i++)
        if (taken->rows[i].state == LBX_OUTBOUND_DELIVERED ||
            (taken->rows[i].state == LBX_OUTBOUND_REFUSED &&
             taken->rows[i].topic != LBX_TOPIC_DEADLETTER))
            return true;
    return false;
}

static enum lbx_err publish_taken(struct relay *relay, struct taken *taken, bool *ret_go_on) {
    enum lbx_err err =
        lbx_outbound_begin(relay->outbound, taken->rows, taken->count, &relay->arena);
    if (err != LBX_OK)
        return err;
    publish(relay);
    err = publish_alone(relay, taken);
    if (err != LBX_OK)
        return err;
    bool failed = any_failed(taken);
    *ret_go_on = any_ended(taken) && !relay->worker->stopping;
    err = mark_and_take(relay, taken);
    return err == LBX_OK && failed ? LBX_ERR_UNAVAILABLE : err;
}

static enum lbx_err publish_unpublished(struct relay *relay) {
    struct taken taken = {0};
    bool go_on = true;
    enum lbx_err err = mark_and_take(relay, &taken);
    while (err == LBX_OK && go_on && taken.count > 0)
        err = publish_taken(relay, &taken, &go_on);
    return err;
}

static enum lbx_err look_for_refused(struct relay *relay) {
    struct lbx_calls calls = {0};
    size_t call = lbx_pg_call(&calls, &sql_relay_any_refused, NULL);
    enum lbx_err err = lbx_pg_run(relay->worker->pg, &calls);
    if (err == LBX_OK)
        relay->any_refused =
            LBX_PG_READ(relay->worker->pg, call, 0, relay_any_refused, NULL).any_refused;
    return err;
}

static enum lbx_err prune(struct relay *relay) {
    struct lbx_calls calls = {0};
    char ttl[LBX_DURATION_SIZE];
    lbx_duration_format(relay->worker->settings.outbox_ttl, ttl);
    LBX_PG_CALL(&calls, relay_prune_outbox, .ttl = ttl);
    relay->prune_us = lbx_monotonic_us() + PRUNE_EVERY_US;
    return lbx_pg_run(relay->worker->pg, &calls);
}

enum lbx_err relay_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us) {
    struct relay *relay = state;
    enum lbx_err err = LBX_OK;
    lbx_arena_reset(&relay->arena);
    if (lbx_monotonic_us() >= relay->balance_us) {
        err = shards_balance(&relay->shards, worker->pg);
        relay->balance_us = lbx_monotonic_us() + BALANCE_EVERY_US;
    }
    if (err == LBX_OK && lbx_monotonic_us() >= relay->prune_us)
        err = prune(relay);
    if (err == LBX_OK)
        err = look_for_refused(relay);
    *ret_wait_us = BALANCE_EVERY_US;
    if (err == LBX_OK && shards_count(&relay->shards) > 0)
        err = publish_unpublished(relay);
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
    lbx_arena_init(&relay->arena);
    *ret_state = relay;
    enum lbx_err err = read_sources(relay);
    if (err == LBX_OK)
        err = lbx_outbound_open(&worker->settings, worker->name, &relay->outbound);
    if (err != LBX_OK)
        relay_close(worker, relay);
    return err;
}

/* The locks went with the session. */
void relay_reconnected(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct relay *relay = state;
    relay->shards = (struct shards){0};
    relay->balance_us = 0;
}

const char *relay_waiting_for(void *state) {
    const struct relay *relay = state;
    return relay->any_refused
               ? "Kafka refuses an event for good: lockboxctl outbox list shows it, an operator drops it"
               : NULL;
}

void relay_close(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct relay *relay = state;
    lbx_outbound_close(relay->outbound);
    lbx_arena_done(&relay->arena);
    free(relay);
}

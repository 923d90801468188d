/* Takes unpublished rows, sends them, waits for every delivery report, marks them. In between it keeps
 * nothing: a crash publishes again, under the same event id. One round trip marks the last rows and takes
 * the next.
 *
 * Order per key: rows go in waves, of which each holds one row of a key at most. Where a row is not
 * delivered, the later rows of its key wait for it.
 */
#include "relay.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "io/producer.h"
#include "shards.h"
#include "sql_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND_ROWS = 500 };
#define BALANCE_EVERY_US (10 * LBX_SECOND_US)
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)
#define LAST_REPORTS_US (3 * LBX_SECOND_US)
#define CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

struct row {
    bool dead_letter;
    int64_t id;
    const char *order_key; /* rows of one key go one after the other */
    struct lbx_record record;
    enum { WAITING, UNDER_WAY, DELIVERED, FAILED, REFUSED } state;
    struct relay *relay;
};

struct relay {
    struct lbx_worker *worker;
    struct lbx_producer *producer;
    struct shards shards;
    struct lbx_arena arena;
    int64_t balance_us, prune_us;
    size_t under_way;
    bool refused;
    bool from_outbox, from_quarantine;
};

/* ---- rows as records ---- */

static void read_event(struct row *row, const struct lbx_pg *pg, size_t call, size_t at,
                       struct lbx_arena *arena) {
    static const struct lbx_header content_type = {"content-type", CONTENT_TYPE,
                                                   sizeof CONTENT_TYPE - 1};
    const char *key = lbx_pg_cell(pg, call, at, 2), *value = lbx_pg_cell(pg, call, at, 3);
    row->order_key = LBX_MAP_KEY(arena, key);
    row->record = (struct lbx_record){
        .key = key,
        .key_len = strlen(key),
        .value = value,
        .value_len = strlen(value),
        .headers = &content_type,
        .header_count = 1,
    };
}

static struct lbx_header text_header(const char *name, const char *value) {
    return (struct lbx_header){name, value, strlen(value)};
}

/* Kafka Connect's names for what a dead letter says of its origin (KIP-298). */
static enum lbx_err read_dead_letter(struct row *row, const struct lbx_pg *pg, size_t call,
                                     size_t at, struct lbx_arena *arena) {
    struct lbx_header *original, *headers;
    size_t count, len;
    const void *encoded = lbx_pg_cell_bytes(pg, call, at, 7, arena, &len);
    enum lbx_err err = lbx_record_headers_decode(encoded, len, arena, &original, &count);
    if (err != LBX_OK)
        return err;
    headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count + 4);
    if (count)
        memcpy(headers, original, sizeof *headers * count);
    headers[count] = text_header("__connect.errors.topic", lbx_pg_cell(pg, call, at, 8));
    headers[count + 1] = text_header("__connect.errors.partition", lbx_pg_cell(pg, call, at, 9));
    headers[count + 2] = text_header("__connect.errors.offset", lbx_pg_cell(pg, call, at, 10));
    headers[count + 3] =
        text_header("__connect.errors.exception.message", lbx_pg_cell(pg, call, at, 4));
    row->order_key =
        LBX_MAP_KEY(arena, "quarantine", lbx_arena_printf(arena, "%lld", (long long)row->id));
    row->record.key = lbx_pg_cell_bytes(pg, call, at, 5, arena, &row->record.key_len);
    row->record.value = lbx_pg_cell_bytes(pg, call, at, 6, arena, &row->record.value_len);
    row->record.headers = headers;
    row->record.header_count = count + 4;
    return LBX_OK;
}

static enum lbx_err read_rows(struct relay *relay, size_t call, struct row **ret_rows,
                              size_t *ret_count) {
    const struct lbx_pg *pg = relay->worker->pg;
    size_t count = lbx_pg_row_count(pg, call);
    struct row *rows = LBX_ARENA_ARRAY(&relay->arena, struct row, count);
    for (size_t i = 0; i < count; i++) {
        rows[i].relay = relay;
        rows[i].id = lbx_pg_cell_int(pg, call, i, 1);
        rows[i].dead_letter = *lbx_pg_cell(pg, call, i, 0) == 'q';
        enum lbx_err err = LBX_OK;
        if (rows[i].dead_letter)
            err = read_dead_letter(&rows[i], pg, call, i, &relay->arena);
        else
            read_event(&rows[i], pg, call, i, &relay->arena);
        if (err != LBX_OK)
            return err;
    }
    *ret_rows = rows;
    *ret_count = count;
    return LBX_OK;
}

/* ---- sending ---- */

static void on_delivered(void *context, enum lbx_err err) {
    struct row *row = context;
    row->state = err == LBX_OK ? DELIVERED : err == LBX_ERR_REFUSED ? REFUSED : FAILED;
    row->relay->under_way--;
}

static enum lbx_err send_row(struct relay *relay, struct row *row) {
    enum lbx_topic topic = row->dead_letter ? LBX_TOPIC_DEADLETTER : LBX_TOPIC_EVENTS;
    enum lbx_err err;
    while ((err = lbx_producer_send(relay->producer, topic, &row->record, row)) == LBX_ERR_LIMIT &&
           !lbx_worker_stopping(relay->worker))
        lbx_producer_poll(relay->producer, 50);
    if (err == LBX_OK) {
        row->state = UNDER_WAY;
        relay->under_way++;
    } else {
        row->state = err == LBX_ERR_REFUSED ? REFUSED : FAILED;
        lbx_log(LBX_LOG_ERROR, "row cannot be sent", LBX_N("id", row->id),
                LBX_S("error", lbx_err_text(err)));
    }
    return err;
}

/* Sends the first waiting row of every key none of whose rows failed; returns how many. */
static size_t send_wave(struct relay *relay, struct row *rows, size_t count) {
    struct lbx_map busy;
    size_t sent = 0;
    lbx_map_init(&busy, &relay->arena);
    for (size_t i = 0; i < count && !relay->worker->stopping; i++) {
        if (rows[i].state == DELIVERED || lbx_map_get(&busy, rows[i].order_key))
            continue;
        lbx_map_set(&busy, rows[i].order_key, &rows[i]);
        if (rows[i].state == FAILED || rows[i].state == REFUSED)
            continue;
        enum lbx_err err = send_row(relay, &rows[i]);
        relay->refused |= err == LBX_ERR_FENCED;
        sent += err == LBX_OK;
    }
    return sent;
}

/* Waits for the reports on what is under way; not for long once the relay is to stop. What is not
 * reported by then, whoever relays next publishes again. */
static void await_reports(struct relay *relay) {
    int64_t until_us = LBX_NEVER_US;
    while (relay->under_way > 0 && lbx_monotonic_us() < until_us) {
        lbx_producer_poll(relay->producer, 100);
        if (until_us == LBX_NEVER_US && lbx_worker_stopping(relay->worker))
            until_us = lbx_monotonic_us() + LAST_REPORTS_US;
    }
}

static void publish(struct relay *relay, struct row *rows, size_t count) {
    while (send_wave(relay, rows, count) > 0)
        await_reports(relay);
}

/* ---- a round ---- */

static enum lbx_err renew_producer(struct relay *relay) {
    lbx_producer_close(relay->producer);
    relay->producer = NULL;
    relay->under_way = 0;
    relay->refused = false;
    return lbx_producer_open(&relay->worker->settings, relay->worker->name, on_delivered,
                             &relay->producer);
}

/* Rows of one round. They borrow from the database's last result. */
struct taken {
    struct row *rows;
    size_t count;
};

/* What the next round trip marks: ids as text, since the rows go with the results before it. */
struct marks {
    struct lbx_rows events, letters;
};

static void marks_done(struct marks *marks) {
    lbx_rows_done(&marks->events);
    lbx_rows_done(&marks->letters);
}

static size_t collect_marks(const struct taken *taken, struct marks *ret_marks) {
    lbx_rows_init(&ret_marks->events, 1);
    lbx_rows_init(&ret_marks->letters, 1);
    for (size_t i = 0; i < taken->count; i++)
        if (taken->rows[i].state == DELIVERED)
            lbx_rows_int(taken->rows[i].dead_letter ? &ret_marks->letters : &ret_marks->events,
                         taken->rows[i].id);
    return lbx_rows_count(&ret_marks->events) + lbx_rows_count(&ret_marks->letters);
}

/* One round trip: marks what was delivered of *taken and takes what is unpublished now. */
static enum lbx_err mark_and_take(struct relay *relay, struct taken *taken) {
    struct marks marks LBX_CLEANUP(marks_done);
    struct lbx_rows shards LBX_CLEANUP(lbx_rows_done);
    struct lbx_calls calls = {0};
    char limit[16];
    size_t delivered = collect_marks(taken, &marks);
    lbx_arena_reset(&relay->arena);
    *taken = (struct taken){0};
    snprintf(limit, sizeof limit, "%d", ROUND_ROWS);
    lbx_rows_call(&marks.events, &calls, &sql_relay_mark_outbox, 0, NULL);
    lbx_rows_call(&marks.letters, &calls, &sql_relay_mark_quarantine, 0, NULL);
    shards_held(&relay->shards, &shards);
    const char *held = lbx_rows_array(&shards, 0);
    size_t take =
        LBX_CALL(&calls, &sql_relay_take_unpublished, relay->from_outbox ? held : lbx_no_rows,
                 limit, relay->from_quarantine ? held : lbx_no_rows);
    enum lbx_err err = lbx_pg_run(relay->worker->pg, &calls);
    if (err != LBX_OK)
        return err;
    atomic_fetch_add(&relay->worker->metrics.published, (int64_t)delivered);
    return read_rows(relay, take, &taken->rows, &taken->count);
}

/* A row that Kafka refuses for good holds up its key, which an operator has to look at, and no other. */
static bool any_in(const struct taken *taken, int state) {
    for (size_t i = 0; i < taken->count; i++)
        if ((int)taken->rows[i].state == state)
            return true;
    return false;
}

static enum lbx_err publish_unpublished(struct relay *relay) {
    struct taken taken = {0};
    enum lbx_err err = mark_and_take(relay, &taken);
    while (err == LBX_OK && taken.count > 0) {
        publish(relay, taken.rows, taken.count);
        if (relay->refused || (relay->worker->stopping && relay->under_way > 0))
            err = renew_producer(relay); /* reports what is still under way as failed */
        bool failed = any_in(&taken, FAILED), delivered = any_in(&taken, DELIVERED);
        if (err == LBX_OK)
            err = mark_and_take(relay, &taken);
        if (err == LBX_OK && failed)
            err = LBX_ERR_UNAVAILABLE;
        if (!delivered || relay->worker->stopping)
            break;
    }
    return err;
}

static enum lbx_err prune(struct relay *relay) {
    struct lbx_calls calls = {0};
    char ttl[LBX_DURATION_SIZE];
    lbx_duration_format(relay->worker->settings.outbox_ttl, ttl);
    LBX_CALL(&calls, &sql_relay_prune_outbox, ttl);
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
        err = renew_producer(relay);
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

void relay_close(struct lbx_worker *worker, void *state) {
    (void)worker;
    struct relay *relay = state;
    lbx_producer_close(relay->producer);
    lbx_arena_done(&relay->arena);
    free(relay);
}

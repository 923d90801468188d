/* A PostgreSQL of the outbox and of leases, as io/pg.h shows it: rows whose numbers are no order of commits, round trips of which
 * nobody knows the outcome. Each answer is what services/relay/sql says.
 */
#include "relays.h"

#include "sql_leases.h" /* made at build */
#include "sql_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)
enum { IDLE_LEAST = 1000, TOLD_MOST = 4 };

struct row {
    enum { WRITTEN = 1, COMMITTED, ABORTED } state;
    int key, attempts;
    bool bad;  /* Kafka will never take it */
    bool hurt; /* the database takes nothing of it, until it is mended */
    bool held; /* a stranger's transaction holds it until then */
    int told_in_calm;
    bool published, refused, dropped, told;
    int64_t next_attempt_us;
    char key_text[4], value[8];
};

static struct {
    struct row rows[ROWS];
    int count;
    int commits; /* each tells who listens */
    int idle;    /* so many times nothing but what is hurt was left */
} outbox;

void outbox_begin(void) {
    memset(&outbox, 0, sizeof outbox);
    leases_begin();
}

/* ---- who writes and who operates ---- */

/* A key's row is locked until its writer commits. */
static bool is_being_written(int key) {
    for (int i = 0; i < outbox.count; i++)
        if (outbox.rows[i].key == key && outbox.rows[i].state == WRITTEN)
            return true;
    return false;
}

void outbox_write(void) {
    const int key = (int)pick(KEYS);
    if (outbox.count == ROWS || is_being_written(key))
        return;
    struct row *row = &outbox.rows[outbox.count];
    *row = (struct row){.state = WRITTEN,
                        .key = key,
                        .bad = pick(12) == 0,
                        .hurt = pick(60) == 0,
                        .held = pick(40) == 0};
    snprintf(row->key_text, sizeof row->key_text, "%d", key);
    snprintf(row->value, sizeof row->value, "%d", outbox.count++);
}

void outbox_commit(void) {
    const int from = (int)pick(ROWS);
    for (int i = 0; i < ROWS; i++) {
        struct row *row = &outbox.rows[(from + i) % ROWS];
        if (row->state != WRITTEN)
            continue;
        row->state = breaks(5) ? ABORTED : COMMITTED;
        outbox.commits += row->state == COMMITTED;
        tell("row %s of key %d %s", row->value, row->key,
             row->state == COMMITTED ? "commits" : "aborts");
        return;
    }
}

void outbox_operate(void) {
    for (int i = 0; i < outbox.count; i++)
        if (outbox.rows[i].refused && !outbox.rows[i].published) {
            tell("row %d is dropped", i);
            outbox.rows[i].published = outbox.rows[i].dropped = true;
            return;
        }
}

/* Once nothing else is left: all others must have been published, whatever is hurt or held. */
void outbox_mend(void) {
    bool hurt[KEYS] = {0};
    for (int i = 0; i < outbox.count; i++) {
        const struct row *row = &outbox.rows[i];
        hurt[row->key] |= (row->hurt || row->held) && row->state == COMMITTED && !row->published;
        if (!hurt[row->key] && row->state != ABORTED && !row->published)
            return;
    }
    if (outbox.idle++ < IDLE_LEAST)
        return;
    for (int i = 0; i < outbox.count; i++)
        outbox.rows[i].hurt = outbox.rows[i].held = false;
}

bool outbox_is_bad(int row) {
    return outbox.rows[row].bad;
}

bool outbox_is_empty(void) {
    for (int i = 0; i < outbox.count; i++)
        if (outbox.rows[i].state == WRITTEN ||
            (outbox.rows[i].state == COMMITTED && !outbox.rows[i].published))
            return false;
    return true;
}

void outbox_told(int number) {
    struct row *row = &outbox.rows[number];
    if (row->state != COMMITTED)
        broken("Kafka has a row that was never committed");
    for (int i = 0; !row->told && i < number; i++) {
        const struct row *before = &outbox.rows[i];
        if (before->key == row->key && before->state == COMMITTED && !before->told &&
            !before->dropped)
            broken("Kafka has a row, and not the one of its key before it");
    }
    row->told = true;
    if (sim.calm && (row->hurt || row->held) && ++row->told_in_calm > TOLD_MOST)
        broken("a row that cannot be marked is published over and over");
}

/* ---- rows ---- */

/* A statement asks the table alone: whoever is written there. */
static bool has_lease(const struct row *row, const char *holder) {
    return leases_has(row->key, holder);
}

static bool is_unpublished(const struct row *row) {
    return row->state == COMMITTED && !row->published;
}

/* The key's last unpublished row before this one; -1: none. */
static int before(int number) {
    for (int i = number; i-- > 0;)
        if (outbox.rows[i].key == outbox.rows[number].key && is_unpublished(&outbox.rows[i]))
            return i;
    return -1;
}

/* seq is a place in the outbox and one. */
static void answer(struct answer *ret, int row, int64_t earlier) {
    ret->rows[ret->count].row = row;
    ret->rows[ret->count++].first = earlier;
}

static void take_fresh(const struct lbx_call *call, struct answer *ret) {
    for (int i = atoi(call->params[2]); i < outbox.count; i++)
        if (is_unpublished(&outbox.rows[i]) && has_lease(&outbox.rows[i], call->params[0]) &&
            contains(call->params[1], outbox.rows[i].key))
            answer(ret, i, before(i) + 1);
}

static void take_heads(const struct lbx_call *call, struct answer *ret) {
    int64_t last = 0, looked_at = 0;
    for (int i = atoi(call->params[2]); i < outbox.count && i < atoi(call->params[3]); i++) {
        const struct row *row = &outbox.rows[i];
        if (!is_unpublished(row))
            continue;
        last = i + 1;
        looked_at++;
        if (row->next_attempt_us <= sim.now_us && has_lease(row, call->params[0]) &&
            contains(call->params[1], row->key) && before(i) < 0)
            answer(ret, i, 0);
    }
    ret->rows[ret->count].second = last;
    answer(ret, -1, looked_at);
}

static void take_more(const struct lbx_call *call, struct answer *ret) {
    for (size_t asked = 0; asked < count_of(call->params[0]); asked++) {
        int len;
        const int key = element(call->params[0], asked, &len)[0] - '0';
        int64_t earlier = integer(call->params[1], asked);
        for (int i = (int)earlier; i < outbox.count; i++) {
            const struct row *row = &outbox.rows[i];
            if (row->key != key || !is_unpublished(row) || !has_lease(row, call->params[2]) ||
                !contains(call->params[3], key) || ret->count > ROWS)
                continue;
            answer(ret, i, earlier);
            earlier = i + 1;
        }
    }
}

/* Answers a row that is held. */
static bool is_held(int64_t seq, struct answer *ret) {
    const bool held = outbox.rows[seq - 1].held;
    if (held)
        answer(ret, -1, seq);
    return held;
}

static void mark(const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[0]); i++) {
        const int64_t seq = integer(call->params[0], i);
        struct row *row = &outbox.rows[seq - 1];
        if (!row->told)
            broken("a row is marked as published that Kafka has not got");
        if (has_lease(row, call->params[1]) && !is_held(seq, ret)) {
            row->published = true;
            row->refused = false;
        }
    }
}

static void put_off(const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[0]); i++) {
        const int64_t seq = integer(call->params[0], i);
        struct row *row = &outbox.rows[seq - 1];
        int len;
        (void)element(call->params[1], i, &len);
        if (is_held(seq, ret) || !has_lease(row, call->params[2]))
            continue;
        const int64_t wait =
            len < 0 ? 3 : (INT64_C(1) << (row->attempts < 6 ? row->attempts : 6)) - 1;
        row->next_attempt_us = sim.now_us + (wait < 60 ? wait : 60) * SECOND;
        row->attempts += len >= 0;
    }
}

static void refuse(const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[0]); i++) {
        const int64_t seq = integer(call->params[0], i);
        struct row *row = &outbox.rows[seq - 1];
        if (!row->bad)
            broken("a row is refused for good, and Kafka would take it");
        if (is_held(seq, ret) || !is_unpublished(row) || !has_lease(row, call->params[3]))
            continue;
        tell("row %s is refused", row->value);
        row->refused = true;
        row->attempts++;
        row->next_attempt_us = sim.now_us + 300 * SECOND;
    }
}

/* ---- io/pg.h ---- */

static bool is_of_rows(const struct lbx_call *call) {
    return call->sql == &sql_relay_mark_outbox || call->sql == &sql_relay_put_off_outbox ||
           call->sql == &sql_relay_refuse_outbox;
}

/* One row for which the database takes nothing, and nothing of the round trip happens. */
static bool is_refused(const struct lbx_pg_pipeline *calls) {
    for (size_t i = 0; i < calls->count; i++) {
        const struct lbx_call *call = &calls->list[i];
        for (size_t row = 0; is_of_rows(call) && row < count_of(call->params[0]); row++)
            if (outbox.rows[integer(call->params[0], row) - 1].hurt)
                return true;
    }
    return false;
}

static void execute(struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret) {
    if (call->sql == &sql_leases_keep)
        leases_keep(pg, call, ret);
    else if (call->sql == &sql_leases_leave)
        leases_leave(call);
    else if (call->sql == &sql_relay_take_fresh)
        take_fresh(call, ret);
    else if (call->sql == &sql_relay_take_heads)
        take_heads(call, ret);
    else if (call->sql == &sql_relay_take_more)
        take_more(call, ret);
    else if (call->sql == &sql_relay_mark_outbox)
        mark(call, ret);
    else if (call->sql == &sql_relay_put_off_outbox)
        put_off(call, ret);
    else if (call->sql == &sql_relay_refuse_outbox)
        refuse(call, ret);
}

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* One transaction, that happens or does not; and its answer comes, or does not. */
WRAPPED(enum lbx_err, lbx_pg_run, struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) {
    give_way();
    pg->asked = true;
    const bool ends = breaks(40);
    memset(pg->answers, 0, calls->count * sizeof pg->answers[0]);
    if (!pg->alive || breaks(60) || (ends && pick(2) == 0)) {
        pg->alive &= !ends;
        return LBX_ERR_UNAVAILABLE;
    }
    if (is_refused(calls)) {
        give_way();
        return LBX_ERR_INVALID;
    }
    for (size_t i = 0; i < calls->count; i++)
        execute(pg, &calls->list[i], &pg->answers[i]);
    pg->alive = !ends;
    give_way();
    return pg->alive ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

WRAPPED(size_t, lbx_pg_row_count, const struct lbx_pg *pg, size_t call) {
    return call == LBX_NO_CALL ? 0 : pg->answers[call].count;
}

WRAPPED(void *, lbx_pg_read, const struct lbx_pg *pg, size_t call, size_t row,
        const struct lbx_sql *sql, struct lbx_arena *arena, void *ret_answer) {
    (void)arena;
    if (sql == &sql_leases_keep) {
        struct sql_leases_keep_answer *it = ret_answer;
        *it = (struct sql_leases_keep_answer){.part = pg->answers[call].rows[row].first,
                                              .share = pg->answers[call].rows[row].second};
    } else if (sql == &sql_relay_prune_outbox) {
        *(struct sql_relay_prune_outbox_answer *)ret_answer =
            (struct sql_relay_prune_outbox_answer){.more = breaks(2)};
    } else if (sql == &sql_relay_mark_outbox) {
        *(struct sql_relay_mark_outbox_answer *)ret_answer =
            (struct sql_relay_mark_outbox_answer){.held = pg->answers[call].rows[row].first};
    } else if (sql == &sql_relay_held_up) {
        *(struct sql_relay_held_up_answer *)ret_answer = (struct sql_relay_held_up_answer){0};
    } else {
        struct sql_relay_take_fresh_answer *it = ret_answer;
        const int number = pg->answers[call].rows[row].row;
        const struct row *at = number < 0 ? NULL : &outbox.rows[number];
        *it = (struct sql_relay_take_fresh_answer){.seq = at ? number + 1
                                                             : pg->answers[call].rows[row].second,
                                                   .shard = at ? at->key : 0,
                                                   .key = at ? at->key_text : NULL,
                                                   .value = at ? at->value : NULL,
                                                   .attempts = at ? at->attempts : 0,
                                                   .earlier = pg->answers[call].rows[row].first,
                                                   .waits = at && at->next_attempt_us > sim.now_us};
    }
    return ret_answer;
}

WRAPPED(bool, lbx_pg_alive, const struct lbx_pg *pg) {
    return pg && pg->alive;
}

WRAPPED(const char *, lbx_pg_sqlstate, const struct lbx_pg *pg) {
    (void)pg;
    return "23514";
}

/* What a row says of itself is not what this is about. */
bool __wrap_lbx_outbox_holds(const char *id, const char *type, const char *key,
                             const char *payload);

bool __wrap_lbx_outbox_holds(const char *id, const char *type, const char *key,
                             const char *payload) {
    (void)id, (void)type, (void)key, (void)payload;
    return true;
}

/* ---- notifications ---- */

WRAPPED(enum lbx_err, lbx_pg_listen, struct lbx_pg *pg, const char *channel) {
    (void)channel;
    give_way();
    pg->listens = pg->alive;
    pg->asked = false;
    pg->heard = outbox.commits;
    give_way();
    return pg->alive ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

bool outbox_is_readable(const struct lbx_pg *pg) {
    return !pg->alive || (pg->listens && pg->heard < outbox.commits);
}

bool outbox_was_asked(const struct lbx_pg *pg) {
    return !pg->alive || !pg->listens || pg->asked;
}

WRAPPED(enum lbx_err, lbx_pg_notified, struct lbx_pg *pg, bool *ret_any) {
    *ret_any = pg->alive && pg->listens && pg->heard < outbox.commits;
    pg->heard = outbox.commits;
    return pg->alive ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

WRAPPED(void, lbx_pg_release, struct lbx_pg *pg) {
    (void)pg;
}

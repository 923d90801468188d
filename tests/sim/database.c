/* A PostgreSQL of consumer_offset and of effects, as io/pg.h shows it: row locks until a transaction ends, a condition looked
 * at again behind a lock (READ COMMITTED), a COMMIT whose answer is lost, transactions that nobody waits for any more.
 */
#include "members.h"

#include "sql_offsets.h" /* made at build */

#include <string.h>

enum { TRANSACTIONS = 64 };

struct row {
    bool there, hashed;
    int64_t epoch, next_offset, last_offset;
    unsigned char hash[32];
};

static struct {
    struct row rows[PARTITIONS];
    int locked_by[PARTITIONS]; /* a transaction; -1: none */
    int64_t done[PARTITIONS];  /* records that had their effect */
    struct transaction {
        enum {
            FREE,
            OPEN,
            ORPHAN,
            UNKNOWN
        } state; /* of an orphan nobody committed; unknown: perhaps */
        bool changed[PARTITIONS];
        struct row rows[PARTITIONS];
        struct effect effects[STAGED_MAX];
        size_t effect_count;
    } transactions[TRANSACTIONS];
} database;

const struct lbx_sql sim_effect = {.name = "sim_effect"};

void database_begin(void) {
    memset(&database, 0, sizeof database);
    for (int i = 0; i < PARTITIONS; i++)
        database.locked_by[i] = -1;
}

int64_t database_done(int partition) {
    return database.done[partition];
}

/* ---- transactions ---- */

static int begin(void) {
    for (int i = 0; i < TRANSACTIONS; i++)
        if (database.transactions[i].state == FREE) {
            database.transactions[i] = (struct transaction){.state = OPEN};
            return i;
        }
    broken("the simulation has too many transactions");
    return 0;
}

static void end(int number) {
    for (int i = 0; i < PARTITIONS; i++)
        if (database.locked_by[i] == number)
            database.locked_by[i] = -1;
    database.transactions[number].state = FREE;
}

static void look_at_effect(const struct effect *effect) {
    if (database.done[effect->partition] != effect->offset)
        broken("a record had its effect twice, or before the one in front of it");
    if (effect->rejected && !kafka_is_bad(effect->partition, effect->offset))
        broken("a record was rejected for no fault of its own");
    database.done[effect->partition]++;
}

static void commit(int number) {
    struct transaction *it = &database.transactions[number];
    tell("transaction %d commits %zu effects", number, it->effect_count);
    for (size_t i = 0; i < it->effect_count; i++)
        look_at_effect(&it->effects[i]);
    for (int i = 0; i < PARTITIONS; i++) {
        if (it->changed[i])
            database.rows[i] = it->rows[i];
        if (database.rows[i].next_offset != database.done[i])
            broken("an offset is not where the effects are");
    }
    end(number);
}

void database_break(struct lbx_pg *session) {
    session->alive = false;
    if (session->transaction >= 0)
        database.transactions[session->transaction].state = ORPHAN;
    session->transaction = -1;
}

void database_settle(void) {
    const int from = (int)pick(TRANSACTIONS);
    for (int i = 0; i < TRANSACTIONS; i++) {
        const int number = (from + i) % TRANSACTIONS;
        const struct transaction *it = &database.transactions[number];
        if (it->state != ORPHAN && it->state != UNKNOWN)
            continue;
        if (it->state == UNKNOWN && pick(2) == 0)
            commit(number);
        else
            end(number);
        return;
    }
}

/* ---- statements ---- */

static bool waits_for_another(const char *partitions, int number) {
    for (size_t i = 0; i < count_of(partitions); i++) {
        const int by = database.locked_by[integer(partitions, i)];
        if (by >= 0 && by != number)
            return true;
    }
    return false;
}

static enum lbx_err await_locks(struct lbx_pg *pg, const char *partitions) {
    while (waits_for_another(partitions, pg->transaction)) {
        give_way();
        if (!pg->alive || breaks(20))
            return LBX_ERR_UNAVAILABLE; /* a time-out */
    }
    return LBX_OK;
}

static void answer(struct answer *ret, int partition, const struct row *row) {
    ret->rows[ret->count].partition = partition;
    ret->rows[ret->count].epoch = row->epoch;
    ret->rows[ret->count].next_offset = row->next_offset;
    ret->rows[ret->count].last_offset = row->last_offset;
    ret->rows[ret->count].hashed = row->hashed;
    memcpy(ret->rows[ret->count].hash, row->hash, sizeof row->hash);
    ret->count++;
}

static void take(const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[1]); i++) {
        const int partition = (int)integer(call->params[1], i);
        struct row *row = &database.rows[partition];
        row->epoch = row->there ? row->epoch + 1 : 1;
        row->there = true;
        answer(ret, partition, row);
    }
}

/* Of all but take.sql alike: topic, partition, epoch. */
static bool is_owner(const struct lbx_call *call, size_t i, int partition) {
    return database.rows[partition].there &&
           database.rows[partition].epoch == integer(call->params[2], i);
}

static void fence(struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret) {
    struct transaction *it = &database.transactions[pg->transaction];
    for (size_t i = 0; i < count_of(call->params[1]); i++) {
        const int partition = (int)integer(call->params[1], i);
        struct row row = database.rows[partition];
        if (!is_owner(call, i, partition) || row.next_offset != integer(call->params[3], i))
            continue;
        int len;
        const char *hash = element(call->params[6], i, &len);
        row.next_offset = integer(call->params[4], i);
        row.last_offset = integer(call->params[5], i);
        row.hashed = len == sizeof row.hash;
        if (row.hashed)
            memcpy(row.hash, hash, sizeof row.hash);
        it->rows[partition] = row;
        it->changed[partition] = true;
        database.locked_by[partition] = pg->transaction;
        answer(ret, partition, &row);
    }
}

static void hold(struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[1]); i++) {
        const int partition = (int)integer(call->params[1], i);
        if (!is_owner(call, i, partition))
            continue;
        database.locked_by[partition] = pg->transaction;
        answer(ret, partition, &database.rows[partition]);
    }
}

static void compare(const struct lbx_call *call, struct answer *ret) {
    for (size_t i = 0; i < count_of(call->params[1]); i++) {
        const int partition = (int)integer(call->params[1], i);
        if (!is_owner(call, i, partition) ||
            integer(call->params[4], i) <= integer(call->params[3], i))
            continue;
        broken("the database is said to be set back");
        answer(ret, partition, &database.rows[partition]);
    }
}

static enum lbx_err write_effects(struct lbx_pg *pg) {
    const struct own *own = sim.running->own;
    struct transaction *it = &database.transactions[pg->transaction];
    for (size_t i = 0; i < own->staged_count; i++) {
        const struct effect *effect = &own->staged[i];
        if (kafka_is_bad(effect->partition, effect->offset) && !effect->rejected)
            return LBX_ERR_INVALID;
        it->effects[it->effect_count++] = *effect;
    }
    return LBX_OK;
}

/* Committed and told, or not told, or nobody knows; or refused for a reason of the server's. */
static enum lbx_err end_transaction(struct lbx_pg *pg) {
    if (breaks(15))
        return LBX_ERR_UNAVAILABLE;
    if (breaks(10)) {
        database.transactions[pg->transaction].state = UNKNOWN;
        pg->transaction = -1;
        pg->alive = false;
        tell("a COMMIT of process %d is unknown", sim.running->number);
        return LBX_ERR_UNAVAILABLE;
    }
    commit(pg->transaction);
    pg->transaction = -1;
    return LBX_OK;
}

static enum lbx_err execute(struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret) {
    const bool of_rows = call->sql == &sql_offsets_take || call->sql == &sql_offsets_fence ||
                         call->sql == &sql_offsets_hold;
    if (of_rows && await_locks(pg, call->params[1]) != LBX_OK)
        return LBX_ERR_UNAVAILABLE;
    if (call->sql == &lbx_sql_begin)
        pg->transaction = begin();
    else if (call->sql == &lbx_sql_commit)
        return end_transaction(pg);
    else if (call->sql == &sql_offsets_take)
        take(call, ret);
    else if (call->sql == &sql_offsets_fence)
        fence(pg, call, ret);
    else if (call->sql == &sql_offsets_hold)
        hold(pg, call, ret);
    else if (call->sql == &sql_offsets_compare)
        compare(call, ret);
    else if (call->sql == &sim_effect)
        return write_effects(pg);
    return LBX_OK;
}

/* ---- io/pg.h ---- */

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(void, lbx_pg_rollback, struct lbx_pg *pg) {
    if (pg->transaction >= 0)
        end(pg->transaction);
    pg->transaction = -1;
}

/* A statement's way there and its answer's way back are two moments at which anything else may happen. */
WRAPPED(enum lbx_err, lbx_pg_run, struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) {
    give_way();
    if (breaks(40))
        database_break(pg);
    memset(pg->answers, 0, calls->count * sizeof pg->answers[0]);
    for (size_t i = 0; i < calls->count; i++) {
        enum lbx_err err =
            pg->alive ? execute(pg, &calls->list[i], &pg->answers[i]) : LBX_ERR_UNAVAILABLE;
        if (err != LBX_OK) {
            __wrap_lbx_pg_rollback(pg);
            return err;
        }
    }
    give_way();
    return pg->alive ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

WRAPPED(size_t, lbx_pg_row_count, const struct lbx_pg *pg, size_t call) {
    return call == LBX_NO_CALL ? 0 : pg->answers[call].count;
}

WRAPPED(void *, lbx_pg_read, const struct lbx_pg *pg, size_t call, size_t row,
        const struct lbx_sql *sql, struct lbx_arena *arena, void *ret_answer) {
    (void)arena;
    if (sql == &sql_offsets_take) {
        struct sql_offsets_take_answer *it = ret_answer;
        *it = (struct sql_offsets_take_answer){
            .topic = "t.tickets.v1",
            .partition = pg->answers[call].rows[row].partition,
            .epoch = pg->answers[call].rows[row].epoch,
            .next_offset = pg->answers[call].rows[row].next_offset,
            .last_offset = pg->answers[call].rows[row].last_offset,
            .last_hash = {pg->answers[call].rows[row].hash,
                          pg->answers[call].rows[row].hashed ? 32 : 0}};
    } else if (sql == &sql_offsets_compare) {
        struct sql_offsets_compare_answer *it = ret_answer;
        *it = (struct sql_offsets_compare_answer){.topic = "t.tickets.v1"};
    }
    return ret_answer;
}

WRAPPED(void, lbx_pg_release, struct lbx_pg *pg) {
    (void)pg;
}

WRAPPED(bool, lbx_pg_alive, const struct lbx_pg *pg) {
    return pg && pg->alive;
}

WRAPPED(const char *, lbx_pg_sqlstate, const struct lbx_pg *pg) {
    (void)pg;
    return "23514";
}

WRAPPED(enum lbx_err, lbx_pg_notified, struct lbx_pg *pg, bool *ret_any) {
    *ret_any = false;
    return pg->alive ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

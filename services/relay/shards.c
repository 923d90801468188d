/* Takes and gives back advisory locks until this relay holds its share of the shards.
 * Promises that a shard has one relay at most. Errors are the round trip's; the locks end with the session.
 */
#include "shards.h"

#include "sql_relay.h"

size_t shards_count(const struct shards *shards) {
    size_t count = 0;
    for (int i = 0; i < SHARD_COUNT; i++)
        count += shards->held[i];
    return count;
}

void shards_held(const struct shards *shards, struct lbx_rows *ret_rows) {
    *ret_rows = (struct lbx_rows){0};
    for (int i = 0; i < SHARD_COUNT; i++)
        if (shards->held[i])
            lbx_array_int(ret_rows, i);
}

static enum lbx_err count_relays(struct shards *shards, struct lbx_pg *pg, size_t *ret_count) {
    struct lbx_calls calls = {0};
    if (!shards->joined)
        lbx_pg_call(&calls, &sql_relay_join, NULL);
    size_t call = lbx_pg_call(&calls, &sql_relay_count_relays, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    shards->joined = true;
    *ret_count = (size_t)LBX_PG_READ(pg, call, 0, relay_count_relays, NULL).relays;
    return LBX_OK;
}

static enum lbx_err give_back(struct shards *shards, struct lbx_pg *pg, size_t count) {
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done) = {0};
    struct lbx_calls calls = {0};
    for (int i = 0; i < SHARD_COUNT && count > 0; i++)
        if (shards->held[i]) {
            shards->held[i] = false;
            LBX_PG_ADD(&rows, relay_release_shards_given, .shard = i);
            count--;
        }
    LBX_PG_CALL(&calls, relay_release_shards, .given = &rows);
    return lbx_pg_run(pg, &calls);
}

/* Tries one after the other: a lock taken beyond the share would have to be given back. */
static enum lbx_err take(struct shards *shards, struct lbx_pg *pg, size_t count) {
    for (int i = 0; i < SHARD_COUNT && count > 0; i++) {
        if (shards->held[i])
            continue;
        struct lbx_calls calls = {0};
        LBX_PG_CALL(&calls, relay_take_shard, .shard = i);
        enum lbx_err err = lbx_pg_run(pg, &calls);
        if (err != LBX_OK)
            return err;
        shards->held[i] = LBX_PG_READ(pg, 0, 0, relay_take_shard, NULL).taken;
        count -= shards->held[i];
    }
    return LBX_OK;
}

enum lbx_err shards_balance(struct shards *shards, struct lbx_pg *pg) {
    size_t relays = 1, held = shards_count(shards);
    enum lbx_err err = count_relays(shards, pg, &relays);
    if (err != LBX_OK)
        return err;
    size_t share = (SHARD_COUNT + relays - 1) / (relays ? relays : 1);
    if (held > share)
        return give_back(shards, pg, held - share);
    return held < share ? take(shards, pg, share - held) : LBX_OK;
}

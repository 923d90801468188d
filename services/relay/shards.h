/* Which shards of the outbox's keys this relay publishes: an advisory lock each, shared out evenly among
 * the relays that run. The locks go with the session, so that a dead relay's shards are free at once.
 */
#ifndef LBX_RELAY_SHARDS_H
#define LBX_RELAY_SHARDS_H

#include "io/pg.h"

enum { SHARD_COUNT = 16 }; /* as in outbox.shard */

struct shards {
    bool held[SHARD_COUNT];
    bool joined;
};

/* Joins where it has not, takes up to its share, and gives back what is over it. Nothing may be under
 * way. */
enum lbx_err shards_balance(struct shards *shards, struct lbx_pg *pg) LBX_MUST_CHECK;

/* The held ones as an array, which the caller ends. */
void shards_held(const struct shards *shards, struct lbx_rows *ret_rows);

size_t shards_count(const struct shards *shards);

#endif

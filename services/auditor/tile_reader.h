/* A log's hashes from the store: full tiles, and leaf hashes behind them. */
#ifndef AUDITOR_TILE_READER_H
#define AUDITOR_TILE_READER_H

#include "io/pg.h"
#include "tlog/tree.h"

struct auditor_tile_reader {
    struct lbx_pg *pg; /* each read is a round trip, and invalidates results */
    struct lbx_arena *arena;
    const char *topic;
    int32_t partition;
    int64_t base;
    uint64_t size;
};

struct lbx_hash_source auditor_tile_source(struct auditor_tile_reader *reader);

#endif

/* The transparency log of each partition: its head in audit.log, and its full tiles in audit.tile.
 *
 * Each batch reads and locks the heads, after the fence. If a head is not where the batch
 * begins, the store contradicts itself: LBX_ERR_CONFLICT. */
#ifndef AUDITOR_LOGS_H
#define AUDITOR_LOGS_H

#include "store/offsets.h"
#include "tlog/tree.h"

struct auditor;

/* The most consecutive offsets without a record. Kafka leaves a few (transaction markers,
 * compaction); more are an error, and each would be a leaf. */
enum { AUDITOR_HOLE_MOST = 1 << 20 };

struct auditor_log {
    const struct lbx_claim *claim;
    bool exists;             /* in the database */
    int64_t base, rows;      /* offset of leaf 0; leaves of records */
    uint64_t old_size;       /* size before the batch */
    struct lbx_edge edge;    /* after the leaves so far */
    struct lbx_hash *leaves; /* the leaves that the batch appends */
    size_t leaf_count, leaf_cap;
    struct lbx_hash *pending; /* stored leaves of a tile that the batch completes */
};

struct auditor_logs {
    struct auditor_log *list; /* of the batch's partitions */
    size_t count;
    size_t call; /* that reads the heads */
};

/* Logs a contradiction and its place. Returns LBX_ERR_CONFLICT. */
enum lbx_err auditor_contradiction(const struct lbx_claim *claim, const char *what,
                                   int64_t expected, int64_t found);

/* Adds the statement that reads and locks the heads of the batch's partitions. */
void auditor_logs_ask(struct auditor *auditor, struct lbx_pg_pipeline *calls);
enum lbx_err auditor_logs_read(struct auditor *auditor) LBX_MUST_CHECK;

/* Appends a leaf for each offset, an empty one if it has no record; writes tiles that become
 * full, and adds the statements that save the heads. */
enum lbx_err auditor_logs_append(struct auditor *auditor, struct lbx_pg_pipeline *last)
    LBX_MUST_CHECK;

#endif

/* Each partition's transparency log: its head and its full tiles, in audit.log and audit.tile.
 *
 * Heads are read and locked behind the fence, in each batch anew. A head must stand where the batch
 * begins: if it does not, the store contradicts itself, and the answer is LBX_ERR_CONFLICT.
 */
#ifndef AUDITOR_LOGS_H
#define AUDITOR_LOGS_H

#include "store/offsets.h"
#include "tlog/tree.h"

struct auditor;

/* The most offsets without a record that may follow each other. Kafka leaves a few (transaction
 * markers, compaction); more are a fault, and each would be a leaf. */
enum { AUDITOR_HOLE_MOST = 1 << 20 };

struct auditor_log {
    const struct lbx_claim *claim;
    bool exists;             /* in the database */
    int64_t base, rows;      /* offset of leaf 0; leaves that are records */
    uint64_t old_size;       /* before the batch */
    struct lbx_edge edge;    /* as of now */
    struct lbx_hash *leaves; /* those that the batch appends */
    size_t leaf_count, leaf_cap;
    struct lbx_hash *pending; /* stored leaves that no full tile holds, where the batch fills one */
};

struct auditor_logs {
    struct auditor_log *list; /* of the partitions in the batch */
    size_t count;
    size_t call; /* that reads the heads */
};

/* Logs what contradicts what, and where; always LBX_ERR_CONFLICT. */
enum lbx_err auditor_contradiction(const struct lbx_claim *claim, const char *what,
                                   int64_t expected, int64_t found);

/* Adds the statement that reads and locks the heads of the batch's partitions. */
void auditor_logs_ask(struct auditor *auditor, struct lbx_pg_pipeline *calls);
enum lbx_err auditor_logs_read(struct auditor *auditor) LBX_MUST_CHECK;

/* Appends the entries' leaves, and an empty one for each offset without a record; writes the tiles
 * that become full, and adds the statements that save the heads. */
enum lbx_err auditor_logs_append(struct auditor *auditor, struct lbx_pg_pipeline *last)
    LBX_MUST_CHECK;

#endif

/* A consumer's partitions in the database: the epoch of the owner, and the next offset. Both
 * databases have the table. */
#ifndef LBX_STORE_OFFSETS_H
#define LBX_STORE_OFFSETS_H

#include "io/pg.h"

#include <stdbool.h>
#include <stdint.h>

struct lbx_claim {
    char *topic; /* with prefix; owned by the claims */
    char *log;   /* name of the log, NULL for the topic's first; owned by the claims */
    int32_t partition;
    int64_t epoch, next_offset; /* as of the last take or commit */
    int64_t batch_end;          /* next_offset after the current batch */
    /* The last record before next_offset, where known, and the last record of the batch. Hashes
     * are of their leaves. */
    struct lbx_read_record {
        bool known;
        int64_t offset;
        unsigned char hash[32];
    } last, batch_last;
    bool comparing; /* `last` is to be compared with Kafka's record at its offset */
    /* Why the partition is stopped: static text, NULL: it is not; the offset, and the errors in a row. */
    const char *stopped;
    int64_t held_end; /* next offset behind the held records; 0: none is held */
    int64_t stopped_at, failing_since_us;
    unsigned failures;
    int64_t
        still_since_us; /* since when it makes no progress, in lbx_monotonic_us; 0: it does, or is done */
    int64_t still_at;      /* next_offset at that time */
    int64_t read_again_us; /* earliest time of the next new assignment, in lbx_monotonic_us */
    unsigned read_again;   /* new assignments since the last progress */
    /* Records handed out since the assignment; and how many more the client had received when no
     * record was left. */
    int64_t handed, dropped;
    bool dropped_known;
    int64_t end; /* end offset, asked for while nothing was fetched; 0: never */
};

/* The name of the claim's log, borrowed from the claim. */
static inline const char *lbx_claim_log(const struct lbx_claim *claim) {
    return claim->log ? claim->log : claim->topic;
}

/* A range of offsets that an operator ordered to skip, both ends included. */
struct lbx_skip {
    char *topic; /* owned by the list */
    int32_t partition;
    int64_t first, last;
};

struct lbx_skips {
    struct lbx_skip *list;
    size_t count;
    bool replaced; /* an operator accepted another log for one of the claims: to be taken again */
};

void lbx_skips_done(struct lbx_skips *skips);

/* Whether an offset is to be skipped. */
bool lbx_skips_hold(const struct lbx_skips *skips, const char *topic, int32_t partition,
                    int64_t offset);

/* The offset to read a claim from: next_offset, or the end of a skip there. A stopped partition
 * goes on behind the skip that has its offset. */
int64_t lbx_skips_from(const struct lbx_skips *skips, const struct lbx_claim *claim);

/* The claim on a partition, const if claims is; NULL: none. */
struct lbx_claim *lbx_claim_find(const struct lbx_claim *claims, size_t count, const char *topic,
                                 int64_t partition);

extern const struct lbx_sql *const *const lbx_offsets_statements;

/* Takes partitions in a transaction of its own: raises their epochs, and reads the next offsets.
 * After a COMMIT with unknown outcome, this shows whether it committed. */
enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) LBX_MUST_CHECK;

/* Compares Kafka's committed offsets (in the order of claims; below 0: none) with the database's. Where
 * Kafka's is ahead, the database was restored from an older state: this is logged, and recorded in the
 * database, where all workers see it and an operator accepts it. *ret_ahead: number of such partitions. */
enum lbx_err lbx_offsets_compare(struct lbx_pg *pg, const char *consumer,
                                 const struct lbx_claim *claims, const int64_t *committed,
                                 size_t count, size_t *ret_ahead) LBX_MUST_CHECK;

/* Reads the operators' orders about the claims' partitions; replaces *ret_skips. */
enum lbx_err lbx_offsets_skips(struct lbx_pg *pg, const struct lbx_claim *claims, size_t count,
                               struct lbx_skips *ret_skips) LBX_MUST_CHECK;

/* Adds the fence, for the claims with batch_end beyond next_offset; returns the call's index.
 * rows: freed by the caller after the round trip. *ret_expected: rows that the fence must
 * return; fewer mean a newer epoch. */
size_t lbx_offsets_fence(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                         const char *consumer, const struct lbx_claim *claims, size_t count,
                         size_t *ret_expected);

/* Adds a fence that moves no offset: it locks the rows until the transaction ends. It must
 * return all claims. */
size_t lbx_offsets_hold(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                        const char *consumer, const struct lbx_claim *claims, size_t count);

#endif

/* A consumer's partitions, as the database has them: who reads each (by epoch) and from where.
 * The same table stands in both databases.
 */
#ifndef LBX_STORE_OFFSETS_H
#define LBX_STORE_OFFSETS_H

#include "io/pg.h"

#include <stdbool.h>
#include <stdint.h>

struct lbx_claim {
    char *topic; /* with prefix; the holder's */
    char *
        log; /* the name of the log that is read, where it is not the topic's first; the holder's */
    int32_t partition;
    int64_t epoch, next_offset; /* as of the last take or commit */
    int64_t batch_end;          /* next_offset once the batch in hand is committed */
    /* The last record before next_offset, where it is known, and the last of the batch in hand. Hashes are of their
     * leaves. */
    struct lbx_read_record {
        bool known;
        int64_t offset;
        unsigned char hash[32];
    } last, batch_last;
    bool comparing; /* last is to be compared with what Kafka has there */
    /* What keeps it from being read: static text, NULL: nothing; where, and the errors in a row. */
    const char *stopped;
    int64_t held_end; /* behind the last record that is held and not committed; 0: none is */
    int64_t stopped_at, failing_since_us;
    unsigned failures;
    int64_t
        still_since_us; /* it does not move, by lbx_monotonic_us; 0: it does, or has nothing to */
    int64_t still_at;   /* next_offset when that was looked at */
    int64_t read_again_us; /* until when it is not asked for anew, by lbx_monotonic_us */
    unsigned read_again;   /* so often, since it moved last */
    /* Records that the client handed out since the partition was given; and how many more it received, as of when nothing
     * was behind. */
    int64_t handed, dropped;
    bool dropped_known;
    int64_t end; /* of the partition, as it was asked for while nothing was fetched; 0: never */
};

static inline const char *lbx_claim_log(const struct lbx_claim *claim) {
    return claim->log ? claim->log : claim->topic;
}

/* Offsets that an operator has stepped over, both included. */
struct lbx_skip {
    char *topic; /* the list's */
    int32_t partition;
    int64_t first, last;
};

struct lbx_skips {
    struct lbx_skip *list;
    size_t count;
    bool
        replaced; /* an operator accepted another log for one of the claims: it is to be taken again */
};

void lbx_skips_done(struct lbx_skips *skips);

/* Whether an offset is stepped over. */
bool lbx_skips_hold(const struct lbx_skips *skips, const char *topic, int32_t partition,
                    int64_t offset);

/* Where a claim's partition is read on: at next_offset, or behind what is stepped over there. A partition that is
 * stopped goes on behind what covers the offset that it is stopped at. */
int64_t lbx_skips_from(const struct lbx_skips *skips, const struct lbx_claim *claim);

/* The claim on a partition, as const as claims is; NULL where there is none. */
struct lbx_claim *lbx_claim_find(const struct lbx_claim *claims, size_t count, const char *topic,
                                 int64_t partition);

extern const struct lbx_sql *const *const lbx_offsets_statements;

/* Takes partitions in a transaction of its own: raises their epochs and reads where to go on. Also the
 * way to learn what became of a COMMIT whose connection broke. */
enum lbx_err lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                              struct lbx_claim *claims, size_t count) LBX_MUST_CHECK;

/* Compares Kafka's committed offsets (in the order of claims; below 0: none) with those that were taken. Where one is
 * ahead, the database is older than what it committed once: that is kept in it, where an operator accepts it and all
 * workers see it, and logged. *ret_ahead: of how many partitions. */
enum lbx_err lbx_offsets_compare(struct lbx_pg *pg, const char *consumer,
                                 const struct lbx_claim *claims, const int64_t *committed,
                                 size_t count, size_t *ret_ahead) LBX_MUST_CHECK;

/* Reads what operators ordered of the claims' partitions; *ret_skips is replaced. */
enum lbx_err lbx_offsets_skips(struct lbx_pg *pg, const struct lbx_claim *claims, size_t count,
                               struct lbx_skips *ret_skips) LBX_MUST_CHECK;

/* Adds the fence for the claims whose batch_end is beyond next_offset; returns the call's index. rows
 * is the caller's, to be done after the round trip. Sets *ret_expected to the rows that must come
 * back: fewer means a newer owner. */
size_t lbx_offsets_fence(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                         const char *consumer, const struct lbx_claim *claims, size_t count,
                         size_t *ret_expected);

/* Adds a fence that moves nothing: until the transaction ends, nobody takes these partitions. All of them
 * must come back. */
size_t lbx_offsets_hold(struct lbx_pg_pipeline *calls, struct lbx_pg_arrays *rows,
                        const char *consumer, const struct lbx_claim *claims, size_t count);

#endif

/* A part that consumes topics: batches, fencing, inbox, quarantine.
 *
 * Each batch is one transaction: the fence first (this epoch still owns the partitions, and the batch
 * begins where the last one ended), then the effects, then COMMIT. Kafka's own offset follows, for lag
 * tools. When the connection breaks, the partitions are taken anew, which tells how far the database
 * is: a record is never handled twice, and none is skipped.
 */
#ifndef LBX_WORKER_CONSUME_H
#define LBX_WORKER_CONSUME_H

#include "store/effects.h"
#include "store/inbox.h"
#include "store/offsets.h"
#include "worker/worker.h"

struct lbx_batch {
    struct lbx_worker *worker;
    struct lbx_arena *arena;        /* lives as long as the batch */
    struct lbx_input_event *inputs; /* in order within each partition */
    size_t count;
    const struct lbx_claim *claims; /* the partitions held, as before the batch */
    size_t claim_count;
    struct lbx_effects effects; /* not used by a raw consumer */
    void *state;                /* the handler's, for this batch; allocated by load */
    void *kept;                 /* a raw consumer's, from batch to batch: see kept_size */
};

/* One transaction of a raw consumer. read adds what is to be read behind the fence, in its round trip;
 * write reads that, writes, and adds the statements that go with the COMMIT. LBX_ERR_CONFLICT: what is
 * stored contradicts itself or the records: nothing is committed, and the worker halts. */
struct lbx_raw_step {
    void (*read)(struct lbx_batch *batch, struct lbx_calls *calls); /* NULL: nothing */
    enum lbx_err (*write)(struct lbx_batch *batch, struct lbx_calls *last);
    /* Called once it is committed, with the results of its last round trip. NULL: nothing to do. */
    void (*done)(struct lbx_batch *batch);
};

/* What a worker does with a batch of events: three steps, of which the middle one is the rules.
 * decide acts on inputs whose status is LBX_INPUT_NEW. */
struct lbx_consume {
    enum lbx_topic topics[LBX_TOPIC_COUNT + 1]; /* ended by LBX_TOPIC_COUNT */
    int queue_kb;                               /* fetched ahead by the client; 0: 16 MB */
    /* Adds the statements that lock and read what the events touch. NULL: none. */
    void (*load)(struct lbx_batch *batch, struct lbx_calls *calls);
    /* Reads the results, applies the rules, fills effects. */
    enum lbx_err (*decide)(struct lbx_batch *batch);
    /* Adds statements beside those of effects. NULL: none. */
    void (*save)(struct lbx_batch *batch, struct lbx_calls *calls);
    /* Called after a commit. NULL: nothing to do. */
    void (*committed)(struct lbx_worker *worker);
    /* A raw consumer takes records as they are, without decoding, inbox or effects, in batches that
     * LBX_RAW_BATCH_BYTES bounds. It has none of the functions above but committed. */
    struct lbx_raw_step append;
    /* Without records: every tend_every_us(settings) while there is something new in the partitions. */
    struct lbx_raw_step tend;
    int64_t (*tend_every_us)(const struct lbx_settings *settings);
    size_t kept_size; /* of batch->kept, zeroed at start */
    void (*drop_kept)(void *kept);
};

enum { LBX_RAW_BATCH_BYTES = 4 << 20, LBX_RAW_BATCH_RECORDS = 16384 };

/* Its declaration is a struct lbx_consume. */
extern const struct lbx_part lbx_consume_part;

#endif

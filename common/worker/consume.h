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
#include "worker/worker.h"

struct lbx_batch {
    struct lbx_worker *worker;
    struct lbx_arena *arena;        /* lives as long as the batch */
    struct lbx_input_event *inputs; /* in order within each partition */
    size_t count;
    struct lbx_effects effects; /* not used by a raw consumer */
    void *state;                /* the handler's, for this batch; allocated by load */
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
    /* A raw consumer takes records as they are, without decoding, inbox or effects: it writes them
     * here, between the fence and the commit, and has none of the functions above but committed. */
    enum lbx_err (*write_raw)(struct lbx_batch *batch);
};

/* Its declaration is a struct lbx_consume. */
extern const struct lbx_part lbx_consume_part;

#endif

/* The part of a worker that acts on events: a handler of the consuming part (worker/consume.h) that
 * decodes records, knows those seen before by the inbox, and rejects into quarantine what no rule
 * can act on.
 */
#ifndef LBX_WORKER_EVENTS_H
#define LBX_WORKER_EVENTS_H

#include "store/inbox.h"
#include "store/unit.h"
#include "worker/consume.h"

/* What a worker keeps for one batch: each worker defines the struct, in the batch's arena. */
struct lbx_batch_state;

struct lbx_batch {
    struct lbx_worker *worker;
    struct lbx_arena *arena;        /* lives as long as the batch */
    struct lbx_input_event *inputs; /* in order within each partition */
    size_t count;
    struct lbx_unit unit;
    struct lbx_batch_state *state; /* allocated by load, or by decide */
};

/* What a worker does with a batch of events: three steps, of which the middle one is the rules.
 * decide acts on inputs whose status is LBX_INPUT_NEW. */
struct lbx_events {
    enum lbx_topic topics[LBX_TOPIC_COUNT + 1]; /* ended by LBX_TOPIC_COUNT */
    /* Adds the statements that lock and read what the events touch. NULL: none. */
    void (*load)(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);
    /* Reads the results, applies the rules, fills the unit of work. */
    enum lbx_err (*decide)(struct lbx_batch *batch);
    /* Answers a record that cannot be read but whose id can be, the first of that id; or one whose effects the database
     * refuses. NULL: its dead letter is the only answer. */
    void (*malformed)(struct lbx_batch *batch, const struct lbx_input_event *input);
    /* Adds statements beside those of the unit of work. NULL: none. */
    void (*save)(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);
    /* Called after a commit. NULL: nothing is to be done then. */
    void (*committed)(struct lbx_worker *worker);
};

/* Its declaration is a struct lbx_events. */
extern const struct lbx_part lbx_events_part;

/* The handler alone, for whoever brings records from elsewhere; handler->close frees it. */
struct lbx_handler *lbx_events_handler(struct lbx_worker *worker, const struct lbx_events *events);

#endif
